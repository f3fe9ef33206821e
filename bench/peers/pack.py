"""Packs each function as it would be deployed: `dist/<job>.zip`, of Python with boto3 in it, and `dist/<job>-bare.zip`,
of Python without, for Lambda's own image has it."""

import ast
import pathlib
import sys
import zipfile

HERE = pathlib.Path(__file__).parent
PYTHON = HERE / "python"
# What `pip install --target` would bring of boto3 and what it needs; the client of the runtime is Lambda's own.
SDK = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")
# One time for all files, so that the same files are the same package.
WHEN = (2026, 1, 1, 0, 0, 0)


def add(archive: zipfile.ZipFile, name: str, path: pathlib.Path):
    info = zipfile.ZipInfo(name, WHEN)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, path.read_bytes(), compresslevel=9)


def modules(name: str, found: set[str]) -> set[str]:
    """The function's own modules, as they import each other; without `runtime`, whose place Lambda's own takes."""
    path = PYTHON / f"{name}.py"
    if name in found or name == "runtime" or not path.exists():
        return found
    found.add(name)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                modules(alias.name, found)
        elif isinstance(node, ast.ImportFrom):
            modules(node.module, found)
    return found


def sdk():
    site = next((PYTHON / ".venv/lib").glob("python3.*/site-packages"))
    for name in SDK:
        top = site / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield str(path.relative_to(site)), path


def main(jobs: list[str]):
    for job in jobs:
        with zipfile.ZipFile(HERE / f"node/dist/{job}.zip", "w") as archive:
            add(archive, f"{job}.mjs", HERE / f"node/dist/{job}.mjs")
        own = sorted(modules(job.replace("-", "_"), set()))
        for suffix, more in (("-bare", ()), ("", list(sdk()))):
            with zipfile.ZipFile(PYTHON / f"dist/{job}{suffix}.zip", "w") as archive:
                for name in own:
                    add(archive, f"{name}.py", PYTHON / f"{name}.py")
                for name, path in more:
                    add(archive, name, path)


main(sys.argv[1:])
