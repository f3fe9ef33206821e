// Where a recording of Twilio's is, at the carrier and in the bucket: crates/carriers/src/twilio/recording.rs,
// functions/archive-recording/src/key.rs and length.rs.

import { unmarshall } from "@aws-sdk/util-dynamodb";
import { QueryCommand } from "@aws-sdk/client-dynamodb";

const HOST = /^(api\.twilio\.com|[\w.-]+\.(us1|ie1|au1)\.twilio\.com)$/;

// What the events of a call say of the recording: `{ account, began, atCarrier, channels, seconds, archived }`.
export async function recordingOf(client, table, { tenant, callId, recordingId }) {
  const told = { began: Infinity };
  let from;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: "#id = :id AND begins_with(#part, :event)",
        ExpressionAttributeNames: { "#id": "id", "#part": "part" },
        ExpressionAttributeValues: { ":id": { S: `call#${tenant}#${callId}` }, ":event": { S: "event#" } },
        ConsistentRead: true,
        ExclusiveStartKey: from,
      }),
    );
    for (const entry of page.Items.map((item) => unmarshall(item))) {
      told.began = Math.min(told.began, Date.parse(entry.event.at ?? entry.receivedAt));
      const recording = entry.event.facts.recordings?.[recordingId];
      if (recording?.atCarrier) told.account = entry.account;
      Object.assign(told, recording);
    }
    from = page.LastEvaluatedKey;
  } while (from);
  return told;
}

// The media of a recording, as `{ url, format }`; only ever at the carrier's own hosts.
export function media(told, settings) {
  const url = new URL(told.atCarrier);
  const isOwn = url.protocol === "https:" && HOST.test(url.hostname) && !url.port;
  if (!isOwn || !url.pathname.startsWith(`/2010-04-01/Accounts/${settings.accountSid}/`)) {
    throw new Error("place-not-allowed");
  }
  const [, path, named] = /^(.*?)(?:\.(wav|mp3|json))?$/.exec(url.pathname);
  const format = settings.recordingFormat ?? (named === "mp3" ? "mp3" : "wav");
  url.pathname = `${path}.${format}`;
  url.search = told.channels === 2 ? "?RequestedChannels=2" : "";
  return { url, format };
}

const escaped = (text) =>
  encodeURIComponent(text)
    .replace(/[!~*'()]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%", "!");

export function keyOf({ tenant, callId, recordingId }, began, format) {
  const day = new Date(began).toISOString().slice(0, 10).replaceAll("-", "/");
  return `${escaped(tenant)}/${day}/${callId}/${escaped(recordingId)}.${format}`;
}

export function isAudio(head, format) {
  if (format === "mp3") return head.subarray(0, 3).toString() === "ID3" || (head[0] === 0xff && head[1] >= 0xe0);
  return head.subarray(0, 4).toString() === "RIFF" && head.subarray(8, 12).toString() === "WAVE";
}

// How long a WAV lasts, by its header and its size.
export function secondsOf(head, bytes, format) {
  if (format !== "wav" || head.length < 32 || head.subarray(12, 16).toString() !== "fmt ") return undefined;
  return Math.floor((bytes - (20 + head.readUInt32LE(16) + 8)) / head.readUInt32LE(28));
}
