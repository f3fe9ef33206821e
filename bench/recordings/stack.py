"""The stack that all contenders use: `ringback serve`, with tables of the benchmark's own in it, and a place for objects.

The tables are its own, because serve would archive a recording of its own calls table itself.
"""

import datetime
import os
import pathlib
import subprocess
import sys
import time

import boto3
from botocore.config import Config

import source

CALLS, CARRIERS = "bench-calls", "bench-carriers"
TENANT, ACCOUNT, SLUG = "bench", "AC00000000000000000000000000000001", "bench-account-tw"
SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:ringback/carriers/bench"


class Stack:
    def __init__(self, ringback: pathlib.Path, work: pathlib.Path, s3: str):
        self.store = None
        env_file = work / "local.env"
        env_file.unlink(missing_ok=True)
        self.log = open(work / "serve.log", "wb")
        self.process = subprocess.Popen(
            [ringback, "serve", "--port", "0", "--empty", "--env-file", env_file],
            stdout=self.log,
            stderr=subprocess.STDOUT,
            # Where serve keeps objects.
            env={**os.environ, "TMPDIR": str(work)},
        )
        self.environment = self._environment(env_file)
        self.bucket = self.environment["RECORDINGS_BUCKET"]
        if s3 == "store":
            objects = work / "objects"
            objects.mkdir()
            script = pathlib.Path(__file__).parent / "object_store.py"
            self.store = subprocess.Popen([sys.executable, script, objects], stdout=subprocess.PIPE, text=True)
            self.environment["AWS_ENDPOINT_URL_S3"] = f"http://127.0.0.1:{int(self.store.stdout.readline())}"
        self.calls = 0
        self.dynamodb = self._client("dynamodb")
        self.s3 = self._client("s3", signature_version="s3v4", s3={"addressing_style": "path"})
        for table in (CALLS, CARRIERS):
            self.dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("id", "part")],
                KeySchema=[
                    {"AttributeName": "id", "KeyType": "HASH"},
                    {"AttributeName": "part", "KeyType": "RANGE"},
                ],
            )
        self._add_account()

    def close(self):
        for process in filter(None, (self.process, self.store)):
            process.terminate()
            process.wait()
        self.log.close()

    def _environment(self, env_file: pathlib.Path) -> dict:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"`ringback serve` ended at once; {self.log.name} says why")
            lines = env_file.read_text().splitlines() if env_file.exists() else []
            found = dict(line.split("=", 1) for line in lines if "=" in line)
            if "AWS_ENDPOINT_URL_S3" in found:
                return found
            time.sleep(0.05)
        raise RuntimeError("`ringback serve` did not write its environment within a minute")

    def _client(self, service: str, **config):
        return boto3.client(service, config=Config(retries={"max_attempts": 0}, **config), **self.of_client(service))

    def of_client(self, service: str) -> dict:
        """What a client of boto3 is made with."""
        return {
            "endpoint_url": self.environment[f"AWS_ENDPOINT_URL_{service.upper()}"],
            "region_name": self.environment["AWS_REGION"],
            "aws_access_key_id": self.environment["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": self.environment["AWS_SECRET_ACCESS_KEY"],
        }

    def of_function(self, lambda_api: str, carrier: str) -> dict:
        """The environment of the function."""
        return {
            **self.environment,
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": f"http://{lambda_api}",
            "AWS_LAMBDA_RUNTIME_API": lambda_api,
            "AWS_LAMBDA_FUNCTION_NAME": "archive-recording",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "CALLS_TABLE": CALLS,
            "CARRIERS_TABLE": CARRIERS,
            "ALLOW_HTTP": "on",
            "SIMULATED_CARRIERS": carrier,
        }

    def _add_account(self):
        """As `ringback account add` writes it: crates/accounts/src/store.rs."""
        self.dynamodb.put_item(
            TableName=CARRIERS,
            Item={
                "id": {"S": f"account#{SLUG}"},
                "part": {"S": "-"},
                "slug": {"S": SLUG},
                "tenant": {"S": TENANT},
                "carrier": {"S": "tw"},
                "secretArns": {"M": {"current": {"S": SECRET}}},
                "numbers": {"L": []},
                "priority": {"N": "100"},
                "prefixes": {"L": []},
                "settings": {"M": {"accountSid": {"S": ACCOUNT}}},
                "allowedIps": {"L": []},
                "createdAt": {"S": "2026-01-01T00:00:00Z"},
                "revision": {"N": "1"},
            },
        )

    def add_recording(self, size: int) -> dict:
        """A call with one recording that can be fetched, as carrier-webhook and project-calls write it
        (crates/calls/src/item.rs); the message about it."""
        self.calls += 1
        call, recording = f"bench-{self.calls:08d}", source.name(size)
        now = datetime.datetime.now(datetime.timezone.utc)
        at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        of_call = {
            "id": {"S": f"call#{TENANT}#{call}"},
            "expiresAt": {"N": str(int(now.timestamp()) + 86400)},
            "tenant": {"S": TENANT},
        }
        url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/{recording}"
        event = {
            "id": {"S": "0" * 32},
            "kind": {"S": "recording"},
            "evidence": {"S": "event"},
            "at": {"S": at},
            "facts": {"M": {"recordings": {"M": {recording: {"M": {"state": {"S": "ready"}, "atCarrier": {"S": url}}}}}}},
        }
        told = {
            **of_call,
            "part": {"S": f"event#{'0' * 32}"},
            "carrier": {"S": "tw"},
            "account": {"S": SLUG},
            "receivedAt": {"S": at},
            "event": {"M": event},
        }
        wanted = {
            **of_call,
            "part": {"S": f"recording#{recording}"},
            "callId": {"S": call},
            "recordingId": {"S": recording},
            "version": {"N": "1"},
        }
        for item in (told, wanted):
            self.dynamodb.put_item(TableName=CALLS, Item=item)
        return {"tenant": TENANT, "callId": call, "recordingId": recording, "version": "1"}

    def archived(self, wanted: dict) -> dict:
        """What the call says of its recording: bucket, key, bytes, sha256, contentType."""
        items = self.dynamodb.query(
            TableName=CALLS,
            KeyConditionExpression="id = :id AND begins_with(part, :event)",
            ExpressionAttributeValues={
                ":id": {"S": f"call#{wanted['tenant']}#{wanted['callId']}"},
                ":event": {"S": "event#"},
            },
        )["Items"]
        for item in items:
            told = item["event"]["M"]["facts"]["M"].get("recordings", {}).get("M", {})
            archived = told.get(wanted["recordingId"], {}).get("M", {}).get("archived")
            if archived:
                return {name: next(iter(value.values())) for name, value in archived["M"].items()}
        raise RuntimeError("the call does not say that its recording is archived; the function's log says why")

    def delete(self, key: str):
        self.s3.delete_object(Bucket=self.bucket, Key=key)
