"""The answer that a contact was given, stored on its interaction's item; an offer moves the caps' counters in the same
transaction: crates/contacts/src/offers.rs."""

import time
from dataclasses import dataclass
from datetime import datetime, timezone

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

import policy

DAY = 24 * 3600

marshalled = TypeSerializer().serialize
unmarshalled = TypeDeserializer().deserialize


@dataclass
class Asker:
    """The contact that asks."""

    contact: str
    root: str
    key: str


class Capped(Exception):
    """A cap is reached: the answer's reason."""


def values(plain: dict) -> dict:
    return {name: marshalled(value) for name, value in plain.items()}


def link_to(table: str, asker: Asker, expires: int) -> dict:
    return {
        "TableName": table,
        "Key": values({"id": f"contact#{asker.root}"}),
        # The first contact of a chain says who is calling; a later leg only if the first could not.
        "UpdateExpression": (
            "SET #caller = :caller" if asker.contact == asker.root else "SET #caller = if_not_exists(#caller, :caller)"
        )
        + ", #expires = if_not_exists(#expires, :expires)",
        "ExpressionAttributeNames": {"#caller": "caller", "#expires": "expiresAt"},
        "ExpressionAttributeValues": values({":caller": asker.key, ":expires": expires}),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def storing(table: str, asker: Asker, answer: dict, expires: int) -> dict:
    update = link_to(table, asker, expires)
    update["UpdateExpression"] += ", #answer = :answer"
    update["ConditionExpression"] = "(attribute_not_exists(#answer) OR #answer.#for <> :caller)"
    update["ExpressionAttributeNames"].update({"#answer": f"answer#{asker.contact}", "#for": "for"})
    update["ExpressionAttributeValues"][":answer"] = marshalled({"for": asker.key, **answer})
    return update


def before(item: dict | None, asker: Asker) -> dict | None:
    """The answer that the contact had before about this caller."""
    stored = (item or {}).get(f"answer#{asker.contact}")
    answer = unmarshalled(stored) if stored else {}
    return answer if answer.pop("for", None) == asker.key else None


def counter(table: str, id: str, limit: int, expires: int) -> dict:
    return {
        "TableName": table,
        "Key": values({"id": id}),
        "UpdateExpression": "ADD #offers :one SET #expires = :expires",
        "ConditionExpression": "attribute_not_exists(#offers) OR #offers < :limit",
        "ExpressionAttributeNames": {"#offers": "offers", "#expires": "expiresAt"},
        "ExpressionAttributeValues": values({":one": 1, ":limit": limit, ":expires": expires}),
    }


def pause(contact: str, attempt: int):
    """Growing pauses that differ between contacts, so that those who met on a counter do not meet again."""
    step = 5 * min(attempt, 8)
    time.sleep((step + sum(contact.encode()) % (2 * step)) / 1000)


def link(client, table: str, asker: Asker, expires: int) -> dict | None:
    """Links the contact to its caller, without an answer: the one it had before."""
    old = client.update_item(**link_to(table, asker, expires), ReturnValues="ALL_OLD")
    return before(old.get("Attributes"), asker)


def keep(client, table: str, asker: Asker, answer: dict, now: float, expires: int) -> dict | None:
    """Links the contact to its caller and stores its answer, unless it has one: that one is returned."""
    contact = storing(table, asker, answer, expires)
    if "offer" not in answer:
        try:
            client.update_item(**contact, ReturnValues="ALL_OLD")
        except client.exceptions.ConditionalCheckFailedException as refused:
            return before(refused.response.get("Item"), asker)
        return None
    day = datetime.fromtimestamp(now, timezone.utc)
    # A counter lives a day longer than the longest thing it counts.
    until = int(now) + 2 * DAY
    agent = f"cap#agent#{answer['offer']['agentId']}#{day:%Y-%m-%dT%H}"
    caller = f"cap#caller#{asker.key}#{day:%Y-%m-%d}"
    caps = [("agent-cap", agent, policy.PER_AGENT_AND_HOUR), ("caller-cap", caller, policy.PER_CALLER_AND_DAY)]
    caps = [cap for cap in caps if cap[2] > 0]
    updates = [contact, *(counter(table, id, limit, until) for _, id, limit in caps)]
    attempt = 0
    while True:
        try:
            client.transact_write_items(TransactItems=[{"Update": update} for update in updates])
            return None
        except client.exceptions.TransactionCanceledException as cancelled:
            reasons = cancelled.response.get("CancellationReasons", [])
            codes = [reason.get("Code") for reason in reasons]
            if codes[:1] == ["ConditionalCheckFailed"]:
                return before(reasons[0].get("Item"), asker)
            for (reason, _, _), code in zip(caps, codes[1:]):
                if code == "ConditionalCheckFailed":
                    raise Capped(reason) from None
            if "TransactionConflict" not in codes:
                raise
        attempt += 1
        pause(asker.contact, attempt)
