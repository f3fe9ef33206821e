"""A carrier that has recordings of any size, as its own process.

`GET …/RE<bytes in 32 digits>.wav` gives a WAV file of so many bytes, always the same. Nothing is checked: who asks, with
which credentials and by which name of a host is another's test. Run as a script it prints its port.
"""

import hashlib
import re
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = re.compile(r"/RE(\d{32})(?:\.\w+)?$")
BLOCK = bytes(range(256)) * 4096  # 1 MiB


def name(size: int) -> str:
    """The carrier's id of a recording of so many bytes."""
    return f"RE{size:032d}"


def header(size: int) -> bytes:
    """The head of a WAV file of one channel, 16 bits and 8 kHz that has so many bytes in all."""
    data = size - 44
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", data + 36, b"WAVE") + form + struct.pack("<4sI", b"data", data)


def pieces(size: int):
    """The file, piece by piece."""
    head = header(size)
    yield head
    left = size - len(head)
    block = memoryview(BLOCK)
    while left > 0:
        piece = block[: min(left, len(block))]
        left -= len(piece)
        yield piece


def sha256(size: int) -> str:
    """Its digest."""
    digest = hashlib.sha256()
    for piece in pieces(size):
        digest.update(piece)
    return digest.hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        found = NAME.search(self.path.split("?")[0])
        if not found:
            self.send_error(404)
            return
        size = int(found.group(1))
        self.send_response(200)
        self.send_header("content-type", "audio/x-wav")
        self.send_header("content-length", str(size))
        self.end_headers()
        self.wfile.flush()
        for piece in pieces(size):
            self.connection.sendall(piece)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()
