// The answer that a contact was given, stored on its interaction's item; an offer moves the caps' counters in the same
// transaction: crates/contacts/src/offers.rs.

import { setTimeout as sleep } from "node:timers/promises";

import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";

import { policy } from "./policy.mjs";

const DAY = 24 * 3600;

// `asker` is `{ contact, root, key }`.
function linkTo(table, asker, expires) {
  return {
    TableName: table,
    Key: marshall({ id: `contact#${asker.root}` }),
    sets: [
      // The first contact of a chain says who is calling; a later leg only if the first could not.
      asker.contact === asker.root ? "#caller = :caller" : "#caller = if_not_exists(#caller, :caller)",
      "#expires = if_not_exists(#expires, :expires)",
    ],
    names: { "#caller": "caller", "#expires": "expiresAt" },
    values: { ":caller": asker.key, ":expires": expires },
  };
}

function update({ TableName, Key, sets, names, values, ...rest }) {
  return {
    TableName,
    Key,
    UpdateExpression: `SET ${sets.join(", ")}`,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: marshall(values, { removeUndefinedValues: true }),
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    ...rest,
  };
}

function storing(table, asker, answer, expires) {
  const link = linkTo(table, asker, expires);
  return update({
    ...link,
    sets: [...link.sets, "#answer = :answer"],
    names: { ...link.names, "#answer": `answer#${asker.contact}`, "#for": "for" },
    values: { ...link.values, ":answer": { for: asker.key, ...answer } },
    ConditionExpression: "(attribute_not_exists(#answer) OR #answer.#for <> :caller)",
  });
}

// The answer that the contact had before about this caller.
function before(item, asker) {
  const stored = item && unmarshall(item)[`answer#${asker.contact}`];
  if (stored?.for !== asker.key) return null;
  const { for: _, ...answer } = stored;
  return answer;
}

const counter = (table, id, limit, expires) => ({
  TableName: table,
  Key: marshall({ id }),
  UpdateExpression: "ADD #offers :one SET #expires = :expires",
  ConditionExpression: "attribute_not_exists(#offers) OR #offers < :limit",
  ExpressionAttributeNames: { "#offers": "offers", "#expires": "expiresAt" },
  ExpressionAttributeValues: marshall({ ":one": 1, ":limit": limit, ":expires": expires }),
});

// Growing pauses that differ between contacts, so that those who met on a counter do not meet again.
function pause(contact, attempt) {
  const own = [...contact].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  const step = 5 * Math.min(attempt, 8);
  return sleep(step + (own % (2 * step)));
}

// Links the contact to its caller, without an answer: `{ before }` if it had one.
export async function link(client, table, asker, expires) {
  const { Attributes } = await client.send(
    new UpdateItemCommand(update({ ...linkTo(table, asker, expires), ReturnValues: "ALL_OLD" })),
  );
  return { before: before(Attributes, asker) };
}

// Links the contact to its caller and stores its answer, unless it has one: `{}`, `{ before }`, or `{ capped }` with a
// reason.
export async function keep(client, table, asker, answer, now, expires) {
  const contact = storing(table, asker, answer, expires);
  if (!answer.offer) {
    try {
      await client.send(new UpdateItemCommand({ ...contact, ReturnValues: "ALL_OLD" }));
      return {};
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { before: before(error.Item, asker) };
      throw error;
    }
  }
  const time = new Date(now).toISOString();
  // A counter lives a day longer than the longest thing it counts.
  const until = Math.floor(now / 1000) + 2 * DAY;
  const caps = [
    ["agent-cap", `cap#agent#${answer.offer.agentId}#${time.slice(0, 13)}`, policy.perAgentAndHour],
    ["caller-cap", `cap#caller#${asker.key}#${time.slice(0, 10)}`, policy.perCallerAndDay],
  ].filter(([, , limit]) => limit > 0);
  const updates = [contact, ...caps.map(([, id, limit]) => counter(table, id, limit, until))];
  const request = { TransactItems: updates.map((one) => ({ Update: one })) };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.send(new TransactWriteItemsCommand(request));
      return {};
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const [own, ...others] = error.CancellationReasons ?? [];
      if (own?.Code === "ConditionalCheckFailed") return { before: before(own.Item, asker) };
      const cap = others.findIndex((reason) => reason.Code === "ConditionalCheckFailed");
      if (cap >= 0) return { capped: caps[cap][0] };
      if (!error.CancellationReasons?.some((reason) => reason.Code === "TransactionConflict")) throw error;
      await pause(asker.contact, attempt);
    }
  }
}
