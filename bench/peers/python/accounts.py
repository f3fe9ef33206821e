"""Carrier accounts and their secrets, each kept as long as ours keeps them: crates/accounts, crates/lambda/src/secrets.rs."""

import re
import time

import boto3
from boto3.dynamodb.types import TypeDeserializer

from clients import PATIENT

ACCOUNT_FRESH = 60
SECRET_FRESH = 300
PAUSE = 60
SLUG = re.compile(r"[A-Za-z0-9_-]{8,64}")
LONG_AGO = float("-inf")

unmarshalled = TypeDeserializer().deserialize
secrets_manager = boto3.client("secretsmanager", config=PATIENT)

accounts: dict[str, tuple[float, dict | None]] = {}
secrets: dict[str, dict] = {}


def account_of(dynamo, table: str, carrier: str, slug: str) -> dict | None:
    """The account with that slug, if it is one of that carrier."""
    if not SLUG.fullmatch(slug):
        return None
    now = time.monotonic()
    read_at, account = accounts.get(slug, (LONG_AGO, None))
    if now - read_at >= ACCOUNT_FRESH:
        found = dynamo.get_item(TableName=table, Key={"id": {"S": f"account#{slug}"}, "part": {"S": "-"}}).get("Item")
        account = found and {name: unmarshalled(value) for name, value in found.items()}
        # Whoever tries slugs must not fill the memory.
        if len(accounts) < 1000:
            accounts[slug] = (now, account)
    return account if account and account["carrier"] == carrier else None


def secret(arn: str, refused: bool) -> str:
    now = time.monotonic()
    known = secrets.setdefault(arn, {"read_at": LONG_AGO, "refused_at": LONG_AGO})
    fresh = now - known["refused_at"] < PAUSE if refused else now - known["read_at"] < SECRET_FRESH
    if fresh:
        return known["value"]
    if refused:
        known["refused_at"] = now
    known["value"] = secrets_manager.get_secret_value(SecretId=arn)["SecretString"]
    known["read_at"] = now
    return known["value"]


def signing_secrets(account: dict, refused: bool = False) -> list[str]:
    """The secrets that an account's carrier signs with: the current one, then the next. `refused`: because a signature did
    not match what they were, though not more than once a minute."""
    arns = account.get("secretArns", {})
    return [secret(arns[which], refused) for which in ("current", "next") if which in arns]


def api_secret(account: dict) -> str:
    """The secret with which its carrier is asked."""
    arns = account["secretArns"]
    return secret(arns.get("api") or arns["current"], False)
