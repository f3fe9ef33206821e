"""A place for objects that speaks as much of S3 as the contenders do, as its own process.

It does per byte what S3 does while a client waits, and no more: it writes what comes, and has CRC-64/NVME of it, for objects
in one piece and for parts alike. Putting parts together touches no byte: an object is a list of files, and its checksum is
combined from those of the parts. So whoever sends in parts is not charged for what a server on this machine does afterwards,
and S3 does elsewhere. Signatures are not checked, and there is no MD5: objects that are encrypted with KMS have none in S3
either. Run as a script it prints its port.
"""

import base64
import itertools
import pathlib
import re
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from awscrt.checksums import combine_crc64nvme, crc32, crc64nvme

PIECE = 1 << 20


def written(crc: int) -> str:
    return base64.b64encode(crc.to_bytes(8, "big")).decode()


class Store:
    def __init__(self, folder: pathlib.Path):
        self.folder, self.count = folder, itertools.count()
        self.objects, self.uploads = {}, {}

    def file(self) -> pathlib.Path:
        return self.folder / f"{next(self.count):08d}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    store: Store

    def do_PUT(self):
        key, query = self._asked()
        part = self._take()
        if "uploadId" in query:
            self.store.uploads[query["uploadId"]][int(query["partNumber"])] = part
        else:
            self._replace(key, [part])
        self._answer(200, headers={"etag": '"part"', "x-amz-checksum-crc64nvme": written(part[1])})

    def do_POST(self):
        key, query = self._asked()
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        if "uploads" in query:
            upload = uuid.uuid4().hex
            self.store.uploads[upload] = {}
            answer = f"<UploadId>{upload}</UploadId>"
            self._answer(200, f"<InitiateMultipartUploadResult>{answer}</InitiateMultipartUploadResult>")
            return
        parts = self.store.uploads.pop(query["uploadId"])
        numbers = [int(number) for number in re.findall(r"<PartNumber>(\d+)</PartNumber>", body)]
        self._replace(key, [parts[number] for number in numbers])
        crc = written(self._crc(key))
        told = self.headers.get("x-amz-checksum-crc64nvme")
        if told not in (None, crc):
            self._answer(400, "<Error><Code>BadDigest</Code></Error>")
            return
        answer = f"<ChecksumCRC64NVME>{crc}</ChecksumCRC64NVME><ChecksumType>FULL_OBJECT</ChecksumType>"
        self._answer(200, f"<CompleteMultipartUploadResult>{answer}</CompleteMultipartUploadResult>")

    def do_DELETE(self):
        key, query = self._asked()
        for path, _, _ in self.store.uploads.pop(query.get("uploadId"), {}).values():
            path.unlink()
        if "uploadId" not in query:
            self._replace(key, [])
            del self.store.objects[key]
        self._answer(204)

    def do_GET(self):
        key, _ = self._asked()
        parts = self.store.objects.get(key)
        if parts is None:
            self._answer(404, "<Error><Code>NoSuchKey</Code></Error>")
            return
        self._answer(200, length=sum(size for _, _, size in parts))
        for path, _, _ in parts:
            with open(path, "rb") as file:
                self.connection.sendfile(file)

    def do_HEAD(self):
        key, _ = self._asked()
        parts = self.store.objects.get(key)
        headers = {"x-amz-checksum-crc64nvme": written(self._crc(key)), "x-amz-checksum-type": "FULL_OBJECT"}
        self._answer(200, length=sum(size for _, _, size in parts), headers=headers)

    def _asked(self) -> tuple[str, dict]:
        url = urlsplit(self.path)
        query = parse_qs(url.query, keep_blank_values=True)
        return unquote(url.path), {name: values[0] for name, values in query.items()}

    def _crc(self, key: str) -> int:
        crc = 0
        for _, of_part, size in self.store.objects[key]:
            crc = combine_crc64nvme(crc, of_part, size)
        return crc

    def _replace(self, key: str, parts: list):
        for path, _, _ in self.store.objects.get(key, []):
            path.unlink()
        self.store.objects[key] = parts

    def _take(self) -> tuple[pathlib.Path, int, int]:
        """The body, in a file: its path, checksum and size. What its sender says of its checksum must be so."""
        size = left = int(self.headers["content-length"])
        told64, told32 = (self.headers.get(f"x-amz-checksum-{name}") for name in ("crc64nvme", "crc32"))
        path, crc, other = self.store.file(), 0, 0
        buffer = memoryview(bytearray(PIECE))
        with open(path, "wb", buffering=0) as file:
            while left:
                got = self.rfile.readinto1(buffer[: min(left, PIECE)])
                if not got:
                    raise ConnectionError("the body broke off")
                left -= got
                piece = buffer[:got]
                crc = crc64nvme(piece, crc)
                if told32:
                    other = crc32(piece, other)
                file.write(piece)
        good = told64 in (None, written(crc))
        good = good and told32 in (None, base64.b64encode(other.to_bytes(4, "big")).decode())
        if not good or "aws-chunked" in self.headers.get("content-encoding", ""):
            raise ConnectionError("a checksum does not match, or the body comes in a form that is not taken")
        return path, crc, size

    def _answer(self, status: int, body: str = "", length: int | None = None, headers: dict | None = None):
        data = body.encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    Handler.store = Store(pathlib.Path(sys.argv[1]))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()
