"""Runs a function as Lambda's Python runtime does: by its own client, awslambdaric."""

import os
import sys


def serve(name: str):
    """Hands every invocation to `handler` of the script that was started, whose module has that name in Lambda."""
    from awslambdaric import bootstrap
    from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

    # The script is loaded already; Lambda would load it by its name, and so once.
    sys.modules[name] = sys.modules["__main__"]
    bootstrap.run(f"{name}.handler", LambdaRuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"]))
