"""A queue tells that a carrier has a recording: it is fetched, and streamed into the owner's bucket."""

import hashlib
import json
import time
from datetime import datetime, timezone
from urllib.parse import quote

import boto3
import urllib3
from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from accounts import account_of, api_secret
from calls import digest, put, written
from clients import PATIENT
from recording import NotYet, is_audio, key_of, media, recording_of, seconds_of
from settings import number, required, text

CALLS_TABLE = required("CALLS_TABLE")
CARRIERS_TABLE = required("CARRIERS_TABLE")
BUCKET = required("RECORDINGS_BUCKET")
RETENTION_DAYS = number("CALL_RETENTION_DAYS", 1095)
RETENTION_CLASS = text("RETENTION_CLASS", "standard")
STALL = number("STALL_SECONDS", 20)
# For local runs: where requests to a carrier go, with the real host in a header.
SIMULATED = text("SIMULATED_CARRIERS", "none") if text("ALLOW_HTTP", "off") == "on" else "none"

dynamo = boto3.client("dynamodb", config=PATIENT)
s3 = boto3.client(
    "s3",
    config=Config(
        retries={"mode": "standard", "total_max_attempts": 3},
        # What goes over TLS need not be digested once more for the signature; ours does not either.
        s3={"addressing_style": "path", "payload_signing_enabled": False},
        tcp_keepalive=True,
    ),
)
# As ours: parts of 8 MiB, of which two are sent while the next is gathered. On two processors more are slower.
parts = TransferConfig(multipart_chunksize=8 * 1024 * 1024, max_concurrency=2)
parts.max_in_memory_upload_chunks = 3
carriers = urllib3.PoolManager(timeout=urllib3.Timeout(connect=5, read=STALL), retries=False)


class Counted:
    """A stream that counts and digests what is read of it, and keeps its first bytes."""

    def __init__(self, stream, format: str):
        self.stream, self.format = stream, format
        self.sha256, self.bytes, self.head = hashlib.sha256(), 0, b""

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size if size >= 0 else None)
        if not self.bytes:
            self.head = data[:64]
            if not is_audio(self.head, self.format):
                raise NotYet("not-audio")
        self.sha256.update(data)
        self.bytes += len(data)
        return data


def get(host: str, path: str, credentials: str) -> urllib3.BaseHTTPResponse:
    headers = urllib3.make_headers(basic_auth=credentials, user_agent="ringback bench")
    base = f"https://{host}"
    if SIMULATED != "none":
        base, headers["x-forwarded-host"] = SIMULATED.rstrip("/"), host
    return carriers.request("GET", base + path, headers=headers, preload_content=False, redirect=False)


def stored(wanted: dict, told: dict, account: dict) -> tuple[dict, int | None]:
    host, path, format = media(told, account["settings"])
    secret = api_secret(account)
    # The Auth Token is the account's password; an API key brings its own user.
    credentials = secret if ":" in secret else f"{account['settings']['accountSid']}:{secret}"
    response = get(host, path, credentials)
    try:
        if response.status != 200:
            raise NotYet(str(response.status))
        key = key_of(wanted, told["began"], format)
        content_type = "audio/mpeg" if format == "mp3" else "audio/wav"
        counted = Counted(response, format)
        extra = {
            "ContentType": content_type,
            "Metadata": {"call-id": wanted["callId"], "recording-id": wanted["recordingId"]},
            "Tagging": f"retention={quote(RETENTION_CLASS)}",
        }
        s3.upload_fileobj(counted, BUCKET, key, ExtraArgs=extra, Config=parts)
    finally:
        response.release_conn()
    archived = {"bucket": BUCKET, "key": key, "bytes": counted.bytes, "contentType": content_type}
    archived["sha256"] = counted.sha256.hexdigest()
    seconds = told.get("seconds")
    return archived, seconds_of(counted.head, counted.bytes, format) if seconds is None else seconds


def archive(wanted: dict) -> str:
    told = recording_of(dynamo, CALLS_TABLE, wanted)
    if "archived" in told:
        return "repeated"
    account = account_of(dynamo, CARRIERS_TABLE, "tw", told["account"]) if "account" in told else None
    if not account or account["tenant"] != wanted["tenant"]:
        raise NotYet("no-account")
    archived, seconds = stored(wanted, told, account)
    now = time.time()
    at = written(datetime.fromtimestamp(now, timezone.utc))
    recording = {"archived": archived, "archivedAt": at}
    if seconds is not None:
        recording["seconds"] = seconds
    event = {
        "id": digest("own", "archived", wanted["recordingId"], BUCKET, archived["key"], archived["sha256"]),
        "kind": "archived",
        "evidence": "own",
        "at": at,
        "facts": {"recordings": {wanted["recordingId"]: recording}},
    }
    entry = {"tenant": wanted["tenant"], "carrier": "own", "account": "", "event": event}
    put(dynamo, CALLS_TABLE, wanted["callId"], entry, now, RETENTION_DAYS)
    return "archived"


def handler(event: dict, _context) -> dict:
    failures = []
    for record in event["Records"]:
        try:
            outcome = archive(json.loads(record["body"]))
            print(json.dumps({"level": "INFO", "message": "Done with a recording", "outcome": outcome}))
        except (NotYet, BotoCoreError, ClientError, S3UploadFailedError, urllib3.exceptions.HTTPError) as error:
            code = error.args[0] if isinstance(error, NotYet) else type(error).__name__
            print(json.dumps({"level": "WARN", "message": "A recording cannot be had yet", "code": code}))
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


if __name__ == "__main__":
    import runtime

    runtime.serve("archive_recording")
