"""The items of the calls table: crates/calls/src/item.rs and id.rs."""

import hashlib
from datetime import datetime, timezone

from boto3.dynamodb.types import TypeSerializer

DAY = 24 * 3600

marshalled = TypeSerializer().serialize


def digest(*parts: str) -> str:
    """Half of a SHA-256; every part counts its length in."""
    hash = hashlib.sha256()
    for part in parts:
        data = part.encode()
        hash.update(len(data).to_bytes(8, "big"))
        hash.update(data)
    return hash.hexdigest()[:32]


def written(time: datetime) -> str:
    """A time as ours writes it: without a fraction where there is none."""
    return time.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def put(client, table: str, call: str, entry: dict, now: float, retention_days: int) -> bool:
    """Puts an event into a call, unless it is there; whether it was new. `entry` has tenant, carrier, account and event."""
    item = {
        "id": f"call#{entry['tenant']}#{call}",
        "part": f"event#{entry['event']['id']}",
        # One expiry for the events of a day.
        "expiresAt": (int(now) // DAY + 1 + retention_days) * DAY,
        "receivedAt": written(datetime.fromtimestamp(now, timezone.utc)),
        **entry,
    }
    try:
        client.put_item(
            TableName=table,
            Item={name: marshalled(value) for name, value in item.items()},
            ConditionExpression="attribute_not_exists(#id)",
            ExpressionAttributeNames={"#id": "id"},
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True
