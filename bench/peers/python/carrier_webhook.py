"""A carrier tells that something happened to a call: it is verified, kept, and acknowledged."""

import base64
import ipaddress
import json
import re
import time
from urllib.parse import parse_qsl

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from accounts import account_of, signing_secrets
from calls import digest, put
from clients import PATIENT
from settings import number, required
from twilio import is_signed, status_of

CARRIERS_TABLE = required("CARRIERS_TABLE")
CALLS_TABLE = required("CALLS_TABLE")
PUBLIC_BASE = required("PUBLIC_BASE_URL")
RETENTION_DAYS = number("CALL_RETENTION_DAYS", 1095)

dynamo = boto3.client("dynamodb", config=PATIENT)

PATH = re.compile(r"/carriers/([\w.~-]+)/([\w.~-]+)(?:/calls/([A-Za-z0-9_-]{8,64}))?/events", re.ASCII)
LARGEST_BODY = 1024 * 1024
FORM = "application/x-www-form-urlencoded"
EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


def reply(status: int, content_type: str, body: str) -> dict:
    headers = {"cache-control": "no-store", "content-type": content_type}
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": False}


def refused(status: int, message: str) -> tuple[str, dict]:
    return "refused", reply(status, "application/json", json.dumps({"message": message}, separators=(",", ":")))


UNAUTHORISED = refused(401, "Unauthorized")


def allows(account: dict, source: str) -> bool:
    nets = account.get("allowedIps") or []
    return not nets or any(ipaddress.ip_address(source) in ipaddress.ip_network(net) for net in nets)


def is_genuine(account: dict, headers: dict, url: str, form: list[tuple[str, str]]) -> bool:
    signature = headers.get("x-twilio-signature")
    if not is_signed(signature, url, form, signing_secrets(account)):
        # It may be made with a secret that has just changed.
        if not is_signed(signature, url, form, signing_secrets(account, refused=True)):
            return False
    own = account.get("settings", {}).get("accountSid")
    return not own or dict(form).get("AccountSid", own) == own


def take(event: dict, now: float) -> tuple[str, dict]:
    route = PATH.fullmatch(event["rawPath"])
    if not route:
        return refused(404, "There is no such path.")
    carrier, slug, call = route.groups()
    http = event["requestContext"]["http"]
    if http["method"] != "POST":
        return refused(405, "Use POST.")
    body = event.get("body") or ""
    body = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    if len(body) > LARGEST_BODY:
        return refused(413, "The body is larger than 1 MB.")
    account = account_of(dynamo, CARRIERS_TABLE, carrier, slug) if carrier == "tw" else None
    if not account or not allows(account, http["sourceIp"]):
        return UNAUTHORISED
    headers = event.get("headers") or {}
    if headers.get("content-type", FORM).split(";")[0].strip() != FORM:
        return UNAUTHORISED
    form = parse_qsl(body.decode(), keep_blank_values=True)
    query = event.get("rawQueryString")
    url = f"{PUBLIC_BASE}{event['rawPath']}{'?' + query if query else ''}"
    if not is_genuine(account, headers, url, form):
        return UNAUTHORISED
    heard = status_of(form)
    if not heard or not (call or heard[0]):
        return refused(501, "Only status callbacks of a known call.")
    session, happened = heard
    call = call or digest("session", carrier, slug, session)
    entry = {"tenant": account["tenant"], "carrier": carrier, "account": slug, "event": happened}
    is_new = put(dynamo, CALLS_TABLE, call, entry, now, RETENTION_DAYS)
    return "stored" if is_new else "repeated", reply(200, "text/xml", EMPTY_TWIML)


def handler(event: dict, _context) -> dict:
    try:
        outcome, answer = take(event, time.time())
    except (BotoCoreError, ClientError) as error:
        code = type(error).__name__
        print(json.dumps({"level": "ERROR", "message": "A carrier's event was not stored", "code": code}))
        outcome, answer = "failed", refused(503, "Unavailable")[1]
    print(json.dumps({"level": "INFO", "message": "Answered a carrier", "outcome": outcome}))
    return answer


if __name__ == "__main__":
    import runtime

    runtime.serve("carrier_webhook")
