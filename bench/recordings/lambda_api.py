"""What a function finds around it in Lambda: the Runtime API, and Secrets Manager with one secret.

The Runtime API is that of https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html: the function asks for the next
invocation, and waits as long as there is none.
"""

import json
import queue
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TIMEOUT = 900  # seconds, as in infra/template.yaml


class LambdaApi:
    def __init__(self):
        self.invocations = queue.Queue()
        self.answers = queue.Queue()
        self.waits = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    def invoke(self, event: dict, patience: float) -> dict:
        """Hands an event over and waits for the answer."""
        self.invocations.put(event)
        kind, answer = self.answers.get(timeout=patience)
        if kind != "response":
            raise RuntimeError(f"the function answered with an error: {answer}")
        return answer

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def _handler(self):
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                api.waits.set()
                event = api.invocations.get()
                api.waits.clear()
                deadline = int((time.time() + TIMEOUT) * 1000)
                self._answer(
                    200,
                    event,
                    {
                        "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
                        "Lambda-Runtime-Deadline-Ms": str(deadline),
                        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-2:111122223333:function:bench",
                        "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000",
                    },
                )

            def do_POST(self):
                body = self._body()
                if self.headers.get("x-amz-target") == "secretsmanager.GetSecretValue":
                    arn = json.loads(body)["SecretId"]
                    self._answer(200, {"ARN": arn, "Name": arn, "SecretString": "bench-token"})
                    return
                kind = self.path.rsplit("/", 1)[-1]
                self._answer(202, {"status": "OK"})
                if kind in ("response", "error"):
                    api.answers.put((kind, json.loads(body or b"null")))

            def _body(self) -> bytes:
                length = self.headers.get("content-length")
                if length is not None:
                    return self.rfile.read(int(length))
                body = b""
                while (size := int(self.rfile.readline().split(b";")[0], 16)) > 0:
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def _answer(self, status: int, body, headers=None):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        return Handler
