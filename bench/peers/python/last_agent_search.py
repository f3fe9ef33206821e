"""Who spoke with this caller last? SearchContacts by a searchable contact attribute, the newest contact with an agent."""

import json
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from answer import fields_of, log
from caller import NoCaller, caller_of, tenant_of
from settings import number, text

ATTRIBUTE = text("CALLER_ATTRIBUTE", "CustomerPhoneNumber")
DAYS = number("SEARCH_DAYS", 7)
MODE = text("STICKY_MODE", "same-first")
PATIENCE = number("SEARCH_TIMEOUT_MS", 1000) / 1000

# Never repeated: a second attempt would be a second request against the quota, which is one in two seconds.
connect = boto3.client(
    "connect",
    config=Config(
        connect_timeout=PATIENCE,
        read_timeout=PATIENCE,
        retries={"mode": "standard", "total_max_attempts": 1},
        tcp_keepalive=True,
    ),
)


def plain(reason: str) -> dict:
    return {"reason": reason, "source": "none", "mode": MODE}


def reason_of(error: Exception) -> str:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    if code in ("ThrottlingException", "TooManyRequestsException"):
        return "search-throttled"
    if code in ("AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException"):
        return "search-refused"
    # Where an answer is no JSON, boto3 has one without contacts.
    return "search-malformed" if isinstance(error, KeyError) else "search-unavailable"


def newest(instance_arn: str, spellings: list[str], now: float) -> dict | None:
    answer = connect.search_contacts(
        InstanceId=tenant_of(instance_arn),
        TimeRange={
            "Type": "CONNECTED_TO_AGENT_TIMESTAMP",
            "StartTime": int(now) - DAYS * 24 * 3600,
            "EndTime": int(now),
        },
        SearchCriteria={
            "SearchableContactAttributes": {
                "Criteria": [{"Key": ATTRIBUTE, "Values": spellings}],
                "MatchType": "MATCH_ALL",
            }
        },
        Sort={"FieldName": "CONNECTED_TO_AGENT_TIMESTAMP", "Order": "DESCENDING"},
        MaxResults=25,
    )
    for contact in answer["Contacts"]:
        agent = contact.get("AgentInfo", {})
        if agent.get("Id") and agent.get("ConnectedToAgentTimestamp"):
            return contact
    return None


def offer_of(found: dict, instance_arn: str, now: float) -> dict:
    agent = found["AgentInfo"]
    connected = agent["ConnectedToAgentTimestamp"].timestamp()
    offer = {
        "agentId": agent["Id"],
        "agentArn": f"{instance_arn}/agent/{agent['Id']}",
        "contactId": found["Id"],
        "contactAgeSeconds": int(now) - int(connected),
        "channel": found.get("Channel", "VOICE"),
    }
    queue = found.get("QueueInfo", {}).get("Id")
    # The queue of an agent's own has the agent's id.
    if queue and queue != agent["Id"]:
        offer.update(queueId=queue, queueArn=f"{instance_arn}/queue/{queue}")
    return offer


def answer_to(event: dict, contact: dict, now: float) -> dict:
    instance_arn = contact["InstanceARN"]
    try:
        _, _, spellings = caller_of(event, ATTRIBUTE)
        found = newest(instance_arn, spellings, now)
    except NoCaller as reason:
        return plain(reason.args[0])
    except (BotoCoreError, ClientError, KeyError) as error:
        print(json.dumps({"level": "ERROR", "message": "The search failed", "code": type(error).__name__}))
        return plain(reason_of(error))
    if not found:
        return plain("first-contact")
    return {**plain("last-agent"), "source": "search", "offer": offer_of(found, instance_arn, now)}


def handler(event: dict, _context) -> dict[str, str]:
    contact = (event.get("Details") or {}).get("ContactData") or {}
    if not contact.get("ContactId") or not contact.get("InstanceARN"):
        return fields_of(plain("bad-event"))
    answer = answer_to(event, contact, time.time())
    log(contact["ContactId"], answer)
    return fields_of(answer)


if __name__ == "__main__":
    import runtime

    runtime.serve("last_agent_search")
