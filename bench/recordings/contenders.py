"""Who brings a recording from the carrier into the bucket: the function, curl, and boto3."""

import hashlib
import json
import pathlib
import subprocess
import sys
import time
import urllib.request

import source
from lambda_api import LambdaApi
from stack import Stack

PATIENCE = 1800  # seconds for one recording, however slow the machine


def path_of(size: int) -> str:
    return f"/2010-04-01/Accounts/AC00000000000000000000000000000001/Recordings/{source.name(size)}.wav"


class Function:
    """`archive-recording` as Lambda runs it: a process of its own that asks for invocations."""

    name = "archive-recording"

    def __init__(self, stack: Stack, binary: pathlib.Path, carrier: str, log: pathlib.Path):
        self.stack = stack
        self.api = LambdaApi()
        self.log = open(log, "wb")
        self.process = subprocess.Popen(
            [binary], env=stack.of_function(self.api.address, carrier), stdout=self.log, stderr=subprocess.STDOUT
        )
        if not self.api.waits.wait(timeout=30):
            raise RuntimeError(f"archive-recording did not ask for an invocation; {log} says why")

    def bring(self, size: int) -> tuple[float, str, str]:
        """Seconds, digest and key."""
        wanted = self.stack.add_recording(size)
        record = {
            "messageId": f"message-{wanted['callId']}",
            "receiptHandle": "receipt",
            "body": json.dumps(wanted),
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(int(time.time() * 1000))},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-2:111122223333:recordings",
            "awsRegion": "eu-west-2",
        }
        began = time.monotonic()
        answer = self.api.invoke({"Records": [record]}, PATIENCE)
        took = time.monotonic() - began
        if answer["batchItemFailures"]:
            raise RuntimeError(f"archive-recording did not archive; {self.log.name} says why")
        archived = self.stack.archived(wanted)
        if int(archived["bytes"]) != size:
            raise RuntimeError(f"archived {archived['bytes']} bytes of {size}")
        return took, archived["sha256"], archived["key"]

    def peak(self) -> int:
        """The most memory it was ever resident with, in bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.api.close()
        self.log.close()


class Curl:
    """`curl` from the carrier into a presigned PUT: a plain copy that checks nothing and keeps no digest."""

    name = "curl | curl -T -"

    def __init__(self, stack: Stack, carrier: str):
        self.stack, self.carrier = stack, carrier

    def bring(self, size: int) -> tuple[float, None, str]:
        key = "curl.wav"
        place = {"Bucket": self.stack.bucket, "Key": key}
        url = self.stack.s3.generate_presigned_url("put_object", Params=place, ExpiresIn=3600)
        # S3 takes no chunked body, so the length that curl cannot know is said.
        put = [
            "curl", "--silent", "--show-error", "--fail", "--noproxy", "*", "--output", "/dev/null",
            "--header", "transfer-encoding:", "--header", f"content-length: {size}", "--header", "expect:",
            "--upload-file", "-", url,
        ]  # fmt: skip
        get = ["curl", "--silent", "--show-error", "--fail", "--noproxy", "*", self.carrier + path_of(size)]
        began = time.monotonic()
        reader = subprocess.Popen(get, stdout=subprocess.PIPE)
        writer = subprocess.Popen(put, stdin=reader.stdout)
        reader.stdout.close()
        failed = writer.wait() or reader.wait()
        took = time.monotonic() - began
        if failed:
            raise RuntimeError(f"curl ended with {failed}")
        return took, None, key

    def close(self):
        pass


class Boto3:
    """boto3's `upload_fileobj` from a stream whose SHA-256 is taken on the way, in a process that stays."""

    name = "boto3 upload_fileobj"

    def __init__(self, stack: Stack, carrier: str):
        self.carrier = carrier
        signed = "unsigned" if stack.store else "signed"
        self.process = subprocess.Popen(
            [sys.executable, __file__, stack.bucket, json.dumps(stack.of_client("s3")), signed],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._line()  # it is ready

    def _line(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the process with boto3 has ended")
        return json.loads(line)

    def bring(self, size: int) -> tuple[float, str, str]:
        key = "boto3.wav"
        self.process.stdin.write(json.dumps({"url": self.carrier + path_of(size), "key": key}) + "\n")
        self.process.stdin.flush()
        answer = self._line()
        return answer["seconds"], answer["sha256"], key

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Hashed:
    """A stream whose SHA-256 is taken while it is read."""

    def __init__(self, stream):
        self.stream, self.digest = stream, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size if size >= 0 else None)
        self.digest.update(data)
        return data


def boto3_process():
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    # Over http, and only there, boto3 would have a SHA-256 of every part for its signature.
    version = UNSIGNED if sys.argv[3] == "unsigned" else "s3v4"
    config = Config(signature_version=version, s3={"addressing_style": "path"})
    client = boto3.client("s3", config=config, **json.loads(sys.argv[2]))
    print("{}", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        began = time.monotonic()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(asked["url"]) as response:
            hashed = Hashed(response)
            client.upload_fileobj(hashed, sys.argv[1], asked["key"], ExtraArgs={"ContentType": "audio/wav"})
        answer = {"seconds": time.monotonic() - began, "sha256": hashed.digest.hexdigest()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    boto3_process()
