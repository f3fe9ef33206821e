"""What a flow is told: flat texts, as functions/last-agent/README.md has them."""

import json

UNAVAILABLE = {
    "index-unavailable",
    "search-throttled",
    "search-refused",
    "search-malformed",
    "search-unavailable",
    "bad-event",
}


def status_of(reason: str) -> str:
    if reason == "last-agent":
        return "found"
    return "unavailable" if reason in UNAVAILABLE else "none"


def fields_of(answer: dict) -> dict[str, str]:
    """The answer as a flow reads it; what is not known is left out, except the rating."""
    fields = {"status": status_of(answer["reason"])}
    fields.update((name, answer[name]) for name in ("reason", "source", "mode"))
    if offer := answer.get("offer"):
        fields.update((name, str(value)) for name, value in offer.items())
        fields.setdefault("rating", "unknown")
    return fields


def log(contact: str, answer: dict):
    status = status_of(answer["reason"])
    level = "WARN" if status == "unavailable" else "INFO"
    line = {"level": level, "message": "Answered a flow", "contact": contact, "status": status}
    print(json.dumps({**line, "reason": answer["reason"], "source": answer["source"]}))
