"""A carrier that is Twilio as far as the stories need one: it takes calls on, keeps one recording, and signs."""

import base64
import hashlib
import hmac
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

AUTH_TOKEN = "sample-auth-token"
ACCOUNT_SID = "AC00000000000000000000000000000001"
CALL_SID = "CA00000000000000000000000000000001"
# An MPEG audio frame's header, and bytes that are no two alike.
RECORDING = b"".join(b"\xff\xfb\x90\x00" + hashlib.sha256(bytes([n % 251, n // 251])).digest() * 13 for n in range(500))


def signed(url, body):
    """The signature of a form over a URL, as https://www.twilio.com/docs/usage/webhooks/webhooks-security has it."""
    pairs = sorted(set(urllib.parse.parse_qsl(body, keep_blank_values=True)))
    text = url + "".join(name + value for name, value in pairs)
    digest = hmac.new(AUTH_TOKEN.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


class Carrier:
    """The carrier's host, on a free port of loopback. Functions find it by SIMULATED_CARRIERS."""

    def __init__(self):
        carrier = self
        self.placed = []
        expected = "Basic " + base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(200, "audio/mpeg", RECORDING) if self.known() else self.answer(401)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if not self.known():
                    return self.answer(401)
                carrier.placed.append(dict(urllib.parse.parse_qsl(body.decode())))
                self.answer(201, "application/json", b'{"sid":"%s","status":"queued"}' % CALL_SID.encode())

            def known(self):
                return self.headers.get("authorization") == expected

            def answer(self, status, content_type="text/plain", body=b""):
                self.send_response(status)
                self.send_header("content-type", content_type)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
