"""Who is calling, as a key: crates/connect/src/caller.rs."""

import re

KINDS = ("phone", "email", "customer", "chat")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
PHONE_LIKE = re.compile(r"[0-9 ()\-./]*")
WITHHELD = {
    "anonymous",
    "restricted",
    "private",
    "unknown",
    "unavailable",
    "266696687",
    "7378742833",
    "86282452253",
    "8656696",
}
ENDPOINTS = {
    "TELEPHONE_NUMBER": "phone",
    "EMAIL_ADDRESS": "email",
    "CONTACT_FLOW": None,
    "CONNECT_PHONENUMBER_ARN": None,
}


class NoCaller(Exception):
    """Why there is nobody to look up: the answer's reason."""


def is_withheld(address: str) -> bool:
    text = address.strip().lower()
    if "<" in text:
        text = text.split("<", 1)[1]
    text = re.split("[>;]", text, maxsplit=1)[0]
    text = re.sub("^(sips|sip|tel):", "", text)
    user, _, host = text.partition("@")
    user = user.strip().lstrip("+")
    return not user or host.strip() == "anonymous.invalid" or user in WITHHELD


def point(kind: str, text: str) -> tuple[str, str]:
    value = text.strip()
    if not value:
        raise NoCaller("no-caller")
    if is_withheld(value):
        raise NoCaller("withheld")
    if kind == "phone" and not E164.fullmatch(value):
        raise NoCaller("bad-number")
    if len(value.encode()) > 512:
        raise NoCaller("bad-number")
    return kind, value.lower() if kind == "email" else value


def told(text: str) -> tuple[str, str]:
    """What a flow says of the caller: the kind before a colon, else seen from the form."""
    value = text.strip()
    kind, colon, rest = value.partition(":")
    if colon and kind in KINDS:
        return point(kind, rest)
    if not value:
        raise NoCaller("no-caller")
    if value.startswith("+") or is_withheld(value):
        return point("phone", value)
    if PHONE_LIKE.fullmatch(value):
        raise NoCaller("bad-number")
    return point("email" if "@" in value else "customer", value)


def of_endpoint(endpoint: dict) -> tuple[str, str] | None:
    kind = endpoint.get("Type")
    kind = ENDPOINTS.get(kind, "chat") if kind else "phone"
    return kind and point(kind, endpoint["Address"])


def parameter(value) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else None


def caller_of(event: dict, attribute: str) -> tuple[str, str, list[str]]:
    """The caller of a flow's event: kind, value, and the texts in which an attribute may hold it."""
    contact = event["Details"]["ContactData"]
    named = parameter((event["Details"].get("Parameters") or {}).get("caller"))
    written = (contact.get("Attributes") or {}).get(attribute)
    endpoint = contact.get("CustomerEndpoint")
    tries = [
        (told, named, None),
        (told, written, written),
        (of_endpoint, endpoint if endpoint and endpoint.get("Address") else None, None),
        (lambda id: point("customer", id), contact.get("CustomerId"), None),
    ]
    problem = NoCaller("no-caller")
    for read, source, text in tries:
        if not source:
            continue
        try:
            found = read(source)
        except NoCaller as worse:
            if worse.args[0] != "no-caller":
                problem = worse
            continue
        if found:
            kind, value = found
            return kind, value, list(dict.fromkeys([value, (text or value).strip()]))
    raise problem


def tenant_of(instance_arn: str) -> str:
    """The id of the instance."""
    return instance_arn.split(":instance/")[1]
