// The items of the calls table: crates/calls/src/item.rs and id.rs.

import { createHash } from "node:crypto";

import { ConditionalCheckFailedException, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";

const DAY = 24 * 3600;

// Half of a SHA-256; every part counts its length in.
export function digest(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = Buffer.from(part);
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(bytes.length));
    hash.update(length).update(bytes);
  }
  return hash.digest("hex").slice(0, 32);
}

// A time as ours writes it: without a fraction where there is none.
export const time = (ms) => new Date(ms).toISOString().replace(".000Z", "Z");

// Puts an event into a call, unless it is there; whether it was new. `entry` is `{ tenant, carrier, account, event }`.
export async function put(client, table, call, entry, now, retentionDays) {
  const item = {
    id: `call#${entry.tenant}#${call}`,
    part: `event#${entry.event.id}`,
    // One expiry for the events of a day.
    expiresAt: (Math.floor(now / 1000 / DAY) + 1 + retentionDays) * DAY,
    receivedAt: time(now),
    ...entry,
  };
  try {
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item: marshall(item, { removeUndefinedValues: true }),
        ConditionExpression: "attribute_not_exists(#id)",
        ExpressionAttributeNames: { "#id": "id" },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
