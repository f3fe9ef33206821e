"""Twilio's requests: crates/carriers/src/twilio/signature.rs and read.rs."""

import base64
import binascii
import hmac
import re
from email.utils import parsedate_to_datetime

from calls import digest, written

STEPS = {
    "queued": "dialled",
    "initiated": "dialled",
    "ringing": "ringing",
    "in-progress": "answered",
    "answered": "answered",
}
DIGITS = re.compile(r"[1-9][0-9]{6,14}")
HOST = re.compile(r"^(https://[^/:]+)/")


def is_signed(header: str | None, url: str, form: list[tuple[str, str]], secrets: list[str]) -> bool:
    """Whether the header is the signature of the URL and the form, by any of the secrets."""
    try:
        signature = base64.b64decode(header or "", validate=True)
    except binascii.Error:
        return False
    tail = "".join(name + value for name, value in sorted(set(form)))
    # Twilio signs with or without the port, as its own libraries know.
    for base in (url, HOST.sub(r"\1:443/", url)):
        for secret in secrets:
            if hmac.compare_digest(hmac.digest(secret.encode(), (base + tail).encode(), "sha1"), signature):
                return True
    return False


def international(text: str | None) -> str | None:
    number = (text or "").strip()
    if DIGITS.fullmatch(number):
        return f"+{number}"
    return number[:128] or None


def whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def told(facts: dict) -> dict:
    """Without what is not told."""
    return {name: value for name, value in facts.items() if value is not None}


def sip_class(code: int) -> str:
    if code in (486, 600, 603):
        return "busy"
    if code in (404, 408, 410, 480, 484, 487, 604):
        return "unreachable"
    if code in (503, 504):
        return "network"
    if 500 <= code < 600:
        return "server"
    return "unreachable" if 200 <= code < 300 else "other"


def ending(form: dict, status: str, seconds: int | None) -> dict | None:
    """How a leg ended; nothing if it goes on."""
    sip = whole(form.get("SipResponseCode"))
    sip = sip if sip and 100 <= sip < 700 else None
    known = {
        "completed": "ok" if seconds else "cleared",
        "busy": "busy",
        "no-answer": "unreachable",
        "canceled": "unreachable",
        "failed": sip_class(sip) if sip else "unreachable",
    }
    kind = known.get(status)
    if kind is None and (status in STEPS or seconds is None):
        return None
    error = form.get("ErrorCode")
    return told({"class": kind or "other", "word": status, "code": error if error != "0" else None, "sip": sip})


def time_of(text: str | None) -> str | None:
    try:
        return written(parsedate_to_datetime(text)) if text else None
    except ValueError:
        return None


def status_of(pairs: list[tuple[str, str]]) -> tuple[str | None, dict] | None:
    """A status callback as the carrier's id of the call and an event; None for anything else, which the benchmark does not
    send."""
    form = {name: value for name, value in reversed(pairs) if value}
    id, status = form.get("CallSid"), form.get("CallStatus")
    if not id or not status or "DialCallStatus" in form or "RecordingStatus" in form:
        return None
    parent, direction = form.get("ParentCallSid"), form.get("Direction")
    leg = "b" if parent or direction == "outbound-dial" else "a"
    session = parent or (id if leg == "a" else None)
    at = time_of(form.get("Timestamp"))
    when = at or "unreported"
    facts = told({"carrierCallId": session})
    numbers = {"number": international(form.get("To")), "shown": international(form.get("From"))}
    if session:
        facts["a"] = {"id": session}
    if direction == "inbound" and leg == "a":
        facts.update(told({"direction": "inbound", "mainNumber": numbers["number"]}))
        facts["a"].update(told({"number": numbers["shown"]}))
    else:
        facts[leg] = told({"id": session if leg == "a" else id, **numbers})
    seconds = whole(form.get("CallDuration"))
    step, cause = STEPS.get(status), ending(form, status, seconds)
    if step:
        facts[leg][step] = when
    if cause:
        answered = "unreported" if seconds else None
        facts[leg].update(told({"ended": when, "cause": cause, "seconds": seconds, "answered": answered}))
        if leg == "b" and seconds:
            facts["talkSeconds"] = seconds
    event = {
        "id": digest("tw", "status", id, form.get("SequenceNumber", ""), status),
        "kind": step or ("ended" if cause else "progress"),
        "leg": leg,
        "evidence": "event",
        "at": at,
        "sequence": whole(form.get("SequenceNumber")),
        "word": status,
        "facts": facts,
    }
    return session, told(event)
