"""Where a recording of Twilio's is, at the carrier and in the bucket: crates/carriers/src/twilio/recording.rs,
functions/archive-recording/src/key.rs and length.rs."""

import re
from datetime import datetime, timezone
from urllib.parse import quote, urlsplit

from boto3.dynamodb.types import TypeDeserializer

HOST = re.compile(r"api\.twilio\.com|[\w.-]+\.(us1|ie1|au1)\.twilio\.com")
NAMED = re.compile(r"(.*?)(?:\.(wav|mp3|json))?")

unmarshalled = TypeDeserializer().deserialize


class NotYet(Exception):
    """Why a recording cannot be had."""


def recording_of(client, table: str, wanted: dict) -> dict:
    """What the events of a call say of the recording: account, began, atCarrier, channels, seconds, archived."""
    told = {"began": datetime.max.replace(tzinfo=timezone.utc)}
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="#id = :id AND begins_with(#part, :event)",
        ExpressionAttributeNames={"#id": "id", "#part": "part"},
        ExpressionAttributeValues={
            ":id": {"S": f"call#{wanted['tenant']}#{wanted['callId']}"},
            ":event": {"S": "event#"},
        },
        ConsistentRead=True,
    )
    for item in (item for page in pages for item in page["Items"]):
        event = unmarshalled(item["event"])
        at = event.get("at") or item["receivedAt"]["S"]
        told["began"] = min(told["began"], datetime.fromisoformat(at))
        recording = event["facts"].get("recordings", {}).get(wanted["recordingId"], {})
        if "atCarrier" in recording:
            told["account"] = item["account"]["S"]
        told.update(recording)
    return told


def media(told: dict, settings: dict) -> tuple[str, str, str]:
    """Host, path and format of a recording; only ever at the carrier's own hosts."""
    url = urlsplit(told["atCarrier"])
    if url.scheme != "https" or not HOST.fullmatch(url.netloc):
        raise NotYet("place-not-allowed")
    if not url.path.startswith(f"/2010-04-01/Accounts/{settings['accountSid']}/"):
        raise NotYet("place-not-allowed")
    path, named = NAMED.fullmatch(url.path).groups()
    format = settings.get("recordingFormat") or ("mp3" if named == "mp3" else "wav")
    query = "?RequestedChannels=2" if told.get("channels") == 2 else ""
    return url.netloc, f"{path}.{format}{query}", format


def escaped(text: str) -> str:
    return quote(text, safe="").replace("~", "%7E").replace("%", "!")


def key_of(wanted: dict, began: datetime, format: str) -> str:
    day = began.astimezone(timezone.utc)
    recording = escaped(wanted["recordingId"])
    return f"{escaped(wanted['tenant'])}/{day:%Y/%m/%d}/{wanted['callId']}/{recording}.{format}"


def is_audio(head: bytes, format: str) -> bool:
    if format == "mp3":
        return head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1] >= 0xE0)
    return head[:4] == b"RIFF" and head[8:12] == b"WAVE"


def seconds_of(head: bytes, size: int, format: str) -> int | None:
    """How long a WAV lasts, by its header and its size."""
    if format != "wav" or len(head) < 32 or head[12:16] != b"fmt ":
        return None
    number = lambda at: int.from_bytes(head[at : at + 4], "little")
    return (size - (20 + number(16) + 8)) // number(28)
