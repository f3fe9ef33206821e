"""Who spoke with this caller last, and should they again? One Query of the table's index, then one write."""

import json
import time
from datetime import datetime, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import policy
from answer import fields_of, log
from caller import NoCaller, caller_of, tenant_of
from offers import Asker, Capped, keep, link, unmarshalled, values
from settings import number, required, text

TABLE = required("CONTACTS_TABLE")
ATTRIBUTE = text("CALLER_ATTRIBUTE", "CustomerPhoneNumber")
RETENTION = number("RETENTION_DAYS", max(number("STICKY_WINDOW_DAYS", 7), 14)) * 24 * 3600
ATTEMPT = number("ATTEMPT_TIMEOUT_MS", 400) / 1000

# A caller hears silence: two attempts of 400 ms each, as the Rust function has.
dynamo = boto3.client(
    "dynamodb",
    config=Config(
        connect_timeout=ATTEMPT,
        read_timeout=ATTEMPT,
        retries={"mode": "standard", "total_max_attempts": 2},
        tcp_keepalive=True,
    ),
)


def plain(reason: str, source: str = "none") -> dict:
    return {"reason": reason, "source": source, "mode": policy.MODE}


def known(key: str, now: float) -> list[policy.Interaction]:
    since = datetime.fromtimestamp(now - policy.WINDOW_SECONDS, timezone.utc)
    found = dynamo.query(
        TableName=TABLE,
        IndexName="by-caller",
        KeyConditionExpression="#caller = :caller AND #agentAt >= :since",
        ExpressionAttributeNames={"#caller": "caller", "#agentAt": "agentAt"},
        ExpressionAttributeValues=values({":caller": key, ":since": f"{since:%Y-%m-%dT%H:%M:%SZ}"}),
        ScanIndexForward=False,
        Limit=20,
    )
    items = ({name: unmarshalled(value) for name, value in item.items()} for item in found["Items"])
    return [policy.interaction_of(item) for item in items]


def offer_of(spoke: policy.Spoke, now: float) -> dict:
    offer = {
        "agentId": spoke.agent_id,
        "agentArn": spoke.agent_arn,
        "queueId": spoke.queue_id,
        "queueArn": spoke.queue_arn,
        "contactId": spoke.contact,
        "contactAgeSeconds": int(now) - int(spoke.at),
        "channel": spoke.channel,
        "rating": spoke.rating,
    }
    return {name: value for name, value in offer.items() if value is not None}


def decide(asker: Asker, channel: str, now: float) -> dict:
    if policy.MODE == "off":
        return plain("off")
    if channel not in policy.CHANNELS:
        return plain("channel")
    try:
        interactions = known(asker.key, now)
    except (BotoCoreError, ClientError) as error:
        print(json.dumps({"level": "ERROR", "message": "Reading the table failed", "code": type(error).__name__}))
        return plain("index-unavailable")
    # Where ours would ask SearchContacts, with SEARCH_CONTACTS on.
    if all(interaction.root == asker.root for interaction in interactions):
        return plain("first-contact")
    reason, spoke = policy.judge(interactions, asker.root, now)
    answer = plain(reason, "index")
    if spoke:
        answer["offer"] = offer_of(spoke, now)
    return answer


def answer_to(asker: Asker, channel: str, now: float) -> dict:
    expires = int(now) + RETENTION
    answer = decide(asker, channel, now)
    try:
        if answer["reason"] == "index-unavailable":
            return link(dynamo, TABLE, asker, expires) or answer
        try:
            return keep(dynamo, TABLE, asker, answer, now, expires) or answer
        except Capped as cap:
            answer = plain(cap.args[0], answer["source"])
            return keep(dynamo, TABLE, asker, answer, now, expires) or answer
    except (BotoCoreError, ClientError) as error:
        # The caller does not wait for our memory: the decision stands, uncounted.
        code = type(error).__name__
        print(json.dumps({"level": "WARN", "message": "The answer was given but not stored", "code": code}))
        return answer


def handler(event: dict, _context) -> dict[str, str]:
    contact = (event.get("Details") or {}).get("ContactData") or {}
    if not all(contact.get(name) for name in ("ContactId", "InstanceARN", "Channel")):
        return fields_of(plain("bad-event"))
    id = contact["ContactId"]
    root = contact.get("InitialContactId") or contact.get("PreviousContactId") or id
    try:
        kind, value, _ = caller_of(event, ATTRIBUTE)
        key = f"{tenant_of(contact['InstanceARN'])}#{kind}#{value}"
        answer = answer_to(Asker(id, root, key), contact["Channel"].upper(), time.time())
    except NoCaller as reason:
        answer = plain(reason.args[0])
    log(id, answer)
    return fields_of(answer)


if __name__ == "__main__":
    import runtime

    runtime.serve("last_agent_index")
