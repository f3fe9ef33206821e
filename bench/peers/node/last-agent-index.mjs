// Who spoke with this caller last, and should they again? One Query of the table's index, then one write.

import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";

import { fieldsOf, log } from "./answer.mjs";
import { callerOf, tenantOf } from "./caller.mjs";
import { keep, link } from "./offers.mjs";
import { interactionOf, judge, policy } from "./policy.mjs";
import { serve } from "./runtime.mjs";
import { number, required, text } from "./settings.mjs";

const table = required("CONTACTS_TABLE");
const attribute = text("CALLER_ATTRIBUTE", "CustomerPhoneNumber");
const windowDays = number("STICKY_WINDOW_DAYS", 7);
const retention = number("RETENTION_DAYS", Math.max(windowDays, 14)) * 24 * 3600;
const attempt = number("ATTEMPT_TIMEOUT_MS", 400);

// A caller hears silence: two attempts of 400 ms each, as the Rust function has.
const dynamo = new DynamoDBClient({
  maxAttempts: 2,
  requestHandler: { connectionTimeout: attempt, requestTimeout: attempt, throwOnRequestTimeout: true },
});

const plain = (reason, source = "none") => ({ reason, source, mode: policy.mode });

async function known(key, now) {
  const since = new Date(now - policy.windowSeconds * 1000).toISOString().slice(0, 19);
  const { Items = [] } = await dynamo.send(
    new QueryCommand({
      TableName: table,
      IndexName: "by-caller",
      KeyConditionExpression: "#caller = :caller AND #agentAt >= :since",
      ExpressionAttributeNames: { "#caller": "caller", "#agentAt": "agentAt" },
      ExpressionAttributeValues: marshall({ ":caller": key, ":since": `${since}Z` }),
      ScanIndexForward: false,
      Limit: 20,
    }),
  );
  return Items.map((item) => interactionOf(unmarshall(item)));
}

function offerOf(spoke, now) {
  return {
    agentId: spoke.agentId,
    agentArn: spoke.agentArn,
    queueId: spoke.queueId,
    queueArn: spoke.queueArn,
    contactId: spoke.contact,
    contactAgeSeconds: Math.floor(now / 1000) - Math.floor(spoke.at / 1000),
    channel: spoke.channel,
    rating: spoke.rating,
  };
}

async function decide(asker, channel, now) {
  if (policy.mode === "off") return plain("off");
  if (!policy.channels.includes(channel)) return plain("channel");
  let interactions;
  try {
    interactions = await known(asker.key, now);
  } catch (error) {
    console.error(JSON.stringify({ level: "ERROR", message: "Reading the table failed", code: error.name }));
    return plain("index-unavailable");
  }
  // Where ours would ask SearchContacts, with SEARCH_CONTACTS on.
  if (!interactions.some((interaction) => interaction.root !== asker.root)) return plain("first-contact");
  const { reason, spoke } = judge(interactions, asker.root, now);
  return { ...plain(reason, "index"), offer: spoke && offerOf(spoke, now) };
}

async function answerTo(asker, channel, now) {
  const expires = Math.floor(now / 1000) + retention;
  const answer = await decide(asker, channel, now);
  try {
    if (answer.reason === "index-unavailable") {
      return (await link(dynamo, table, asker, expires)).before ?? answer;
    }
    const kept = await keep(dynamo, table, asker, answer, now, expires);
    if (!kept.capped) return kept.before ?? answer;
    const capped = plain(kept.capped, answer.source);
    return (await keep(dynamo, table, asker, capped, now, expires)).before ?? capped;
  } catch (error) {
    // The caller does not wait for our memory: the decision stands, uncounted.
    console.warn(JSON.stringify({ level: "WARN", message: "The answer was given but not stored", code: error.name }));
    return answer;
  }
}

export async function handler(event) {
  const contact = event.Details?.ContactData;
  if (!contact?.ContactId || !contact.InstanceARN || !contact.Channel) return fieldsOf(plain("bad-event"));
  const caller = callerOf(event, attribute);
  const root = contact.InitialContactId || contact.PreviousContactId || contact.ContactId;
  const key = `${tenantOf(contact.InstanceARN)}#${caller.kind}#${caller.value}`;
  const answer = caller.problem
    ? plain(caller.problem)
    : await answerTo({ contact: contact.ContactId, root, key }, contact.Channel.toUpperCase(), Date.now());
  log(contact.ContactId, answer);
  return fieldsOf(answer);
}

await serve(handler);
