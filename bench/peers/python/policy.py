"""Whom to offer, of everybody the caller spoke with: crates/contacts/src/leg.rs and policy.rs."""

import re
from dataclasses import dataclass
from datetime import datetime

from settings import number, text

DAY = 24 * 3600

MODE = text("STICKY_MODE", "same-first")
WINDOW_SECONDS = number("STICKY_WINDOW_DAYS", 7) * DAY
MINIMUM_TALK_SECONDS = number("STICKY_MINIMUM_TALK_SECONDS", 10)
CHANNELS = text("STICKY_CHANNELS", "VOICE,CHAT").split(",")
OUTBOUND = text("STICKY_OUTBOUND", "off") == "on"
MINIMUM_RATING = number("STICKY_MINIMUM_RATING", 3)
PER_AGENT_AND_HOUR = number("STICKY_PER_AGENT_AND_HOUR", 6)
PER_CALLER_AND_DAY = number("STICKY_PER_CALLER_AND_DAY", 3)

# Who tells of a leg, the least trusted first.
SOURCES = ("search", "completed", "ended", "connected", "record")

NOT_REACHED = {
    "TELECOM_BUSY",
    "TELECOM_NUMBER_INVALID",
    "TELECOM_POTENTIAL_BLOCKING",
    "TELECOM_UNANSWERED",
    "TELECOM_TIMEOUT",
    "TELECOM_ORIGINATOR_CANCEL",
    "CUSTOMER_NEVER_ARRIVED",
    "DISCARDED",
}

STANDARD_QUEUE = re.compile(r":instance/[^/]+/queue/([^/]+)$")


@dataclass
class Interaction:
    """All legs of one interaction."""

    root: str
    legs: list[dict]


@dataclass
class Spoke:
    """Somebody who spoke with the caller."""

    contact: str
    agent_arn: str
    queue_arn: str | None
    queue_id: str | None
    at: float
    channel: str
    rating: int | None
    talk_seconds: int
    outbound: bool

    @property
    def agent_id(self) -> str:
        return self.agent_arn.split("/agent/")[1]


def interaction_of(item: dict) -> Interaction:
    """An item of the table as an interaction."""
    told: dict[str, list] = {}
    for name, facts in item.items():
        source, hash, leg = name.partition("#")
        if hash and source in SOURCES:
            told.setdefault(leg, [None] * len(SOURCES))[SOURCES.index(source)] = facts
    legs = []
    for leg, by_trust in told.items():
        merged = {}
        for facts in filter(None, by_trust):
            merged.update(facts)
        merged["supervised"] = any(facts.get("supervised") for facts in by_trust if facts)
        merged["id"] = leg
        legs.append(merged)
    return Interaction(item["id"].removeprefix("contact#"), legs)


def time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def is_outbound(leg: dict) -> bool:
    method = leg.get("method")
    return method in ("OUTBOUND", "EXTERNAL_OUTBOUND") or (
        method == "API" and leg.get("channel", "VOICE") == "VOICE"
    )


def took_over(interaction: Interaction, leg: dict) -> bool:
    """Whether a colleague who was called in took the customer over."""
    before = leg.get("previous", interaction.root)
    for previous in interaction.legs:
        if previous["id"] == before and previous["id"] != leg["id"]:
            break
    else:
        return False
    if "transferredAt" in previous and previous.get("next", leg["id"]) == leg["id"]:
        return True
    if "endedAt" not in previous:
        return False
    return "endedAt" not in leg or time(leg["endedAt"]) > time(previous["endedAt"])


def counts(interaction: Interaction, leg: dict) -> bool:
    if leg["supervised"] or leg.get("method") == "MONITOR" or leg.get("disconnectReason") in NOT_REACHED:
        return False
    return leg.get("method") != "TRANSFER" or took_over(interaction, leg)


def rating_of(interaction: Interaction, leg: dict) -> int | None:
    if leg.get("rating"):
        return int(leg["rating"])
    for other in interaction.legs:
        # A survey may be a contact of its own, without an agent.
        if not other.get("agent") and other.get("previous") == leg["id"] and other.get("rating"):
            return int(other["rating"])
    return None


def spoke_in(interaction: Interaction, leg: dict, now: float) -> Spoke:
    outbound = is_outbound(leg)
    queue = None if outbound else STANDARD_QUEUE.search(leg.get("queue", ""))
    at = time(leg["connectedAt"])
    talked = leg.get("talkSeconds")
    if talked is None:
        talked = int(time(leg["endedAt"]) if "endedAt" in leg else now) - int(at)
    return Spoke(
        contact=leg["id"],
        agent_arn=leg["agent"],
        queue_arn=leg["queue"] if queue else None,
        queue_id=queue[1] if queue else None,
        at=at,
        channel=leg.get("channel", "VOICE"),
        rating=rating_of(interaction, leg),
        talk_seconds=talked,
        outbound=outbound,
    )


def judge(interactions: list[Interaction], own: str, now: float) -> tuple[str, Spoke | None]:
    """The reason, and whom to offer to a caller of the interaction `own`."""
    acquaintances = [
        spoke_in(interaction, leg, now)
        for interaction in interactions
        if interaction.root != own
        for leg in interaction.legs
        if leg.get("agent") and leg.get("connectedAt") and counts(interaction, leg)
    ]
    acquaintances = [
        spoke
        for spoke in acquaintances
        if spoke.at >= now - WINDOW_SECONDS
        and (OUTBOUND or not spoke.outbound)
        and spoke.channel in CHANNELS
        and spoke.talk_seconds >= MINIMUM_TALK_SECONDS
    ]
    if not acquaintances:
        return "first-contact", None
    acquaintances.sort(key=lambda spoke: (spoke.at, spoke.contact), reverse=True)
    newest = acquaintances[0]
    # A later call without a survey does not make a bad one good.
    for spoke in acquaintances:
        if spoke.agent_arn == newest.agent_arn and spoke.rating:
            if spoke.rating < MINIMUM_RATING:
                return "low-rating", None
            break
    return "last-agent", newest
