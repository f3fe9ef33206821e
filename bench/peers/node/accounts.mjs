// Carrier accounts and their secrets, each kept as long as ours keeps them: crates/accounts, crates/lambda/src/secrets.rs.

import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";

import { patient } from "./clients.mjs";

const ACCOUNT_FRESH = 60_000;
const SECRET_FRESH = 300_000;
const PAUSE = 60_000;

const secretsManager = new SecretsManagerClient(patient);

const accounts = new Map();
const secrets = new Map();

// The account with that slug, if it is one of that carrier.
export async function accountOf(dynamo, table, carrier, slug) {
  if (!/^[A-Za-z0-9_-]{8,64}$/.test(slug)) return null;
  const now = Date.now();
  let known = accounts.get(slug);
  if (!known || now - known.readAt >= ACCOUNT_FRESH) {
    const { Item } = await dynamo.send(
      new GetItemCommand({ TableName: table, Key: marshall({ id: `account#${slug}`, part: "-" }) }),
    );
    known = { readAt: now, account: Item ? unmarshall(Item) : null };
    // Whoever tries slugs must not fill the memory.
    if (accounts.size < 1000) accounts.set(slug, known);
  }
  return known.account?.carrier === carrier ? known.account : null;
}

async function secret(arn, refused) {
  const now = Date.now();
  const known = secrets.get(arn) ?? { readAt: -Infinity, refusedAt: -Infinity };
  secrets.set(arn, known);
  if (refused ? now - known.refusedAt < PAUSE : now - known.readAt < SECRET_FRESH) return known.value;
  if (refused) known.refusedAt = now;
  const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId: arn }));
  Object.assign(known, { value: SecretString, readAt: now });
  return known.value;
}

// The secrets that an account's carrier signs with: the current one, then the next. `refused`: because a signature did not
// match what they were, though not more than once a minute.
export function signingSecrets(account, refused = false) {
  const { current, next } = account.secretArns ?? {};
  return Promise.all([current, next].filter(Boolean).map((arn) => secret(arn, refused)));
}

// The secret with which its carrier is asked.
export const apiSecret = ({ secretArns }) => secret(secretArns.api ?? secretArns.current, false);
