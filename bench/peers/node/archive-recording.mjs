// A queue tells that a carrier has a recording: it is fetched, and streamed into the owner's bucket.

import { createHash } from "node:crypto";
import http from "node:http";
import https from "node:https";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

import { accountOf, apiSecret } from "./accounts.mjs";
import { digest, put, time } from "./calls.mjs";
import { patient } from "./clients.mjs";
import { isAudio, keyOf, media, recordingOf, secondsOf } from "./recording.mjs";
import { serve } from "./runtime.mjs";
import { number, required, text } from "./settings.mjs";

const callsTable = required("CALLS_TABLE");
const carriersTable = required("CARRIERS_TABLE");
const bucket = required("RECORDINGS_BUCKET");
const retentionDays = number("CALL_RETENTION_DAYS", 1095);
const retentionClass = text("RETENTION_CLASS", "standard");
const stall = number("STALL_SECONDS", 20) * 1000;
// For local runs: where requests to a carrier go, with the real host in a header.
const simulated = text("ALLOW_HTTP", "off") === "on" ? text("SIMULATED_CARRIERS", "none") : "none";

const dynamo = new DynamoDBClient(patient);
const s3 = new S3Client({ maxAttempts: 3, forcePathStyle: true });
// What goes over TLS need not be digested once more for the signature; ours does not either.
s3.middlewareStack.add(
  (next) => (args) => {
    args.request.headers["x-amz-content-sha256"] ??= "UNSIGNED-PAYLOAD";
    return next(args);
  },
  { step: "build", name: "unsignedPayload" },
);
const agents = {
  "http:": new http.Agent({ keepAlive: true }),
  "https:": new https.Agent({ keepAlive: true }),
};

// As ours: two parts are sent at a time. On two processors more are slower.
const parts = { partSize: 8 * 1024 * 1024, queueSize: 2 };

function get(url, authorization) {
  const to = simulated === "none" ? url : new URL(url.pathname + url.search, simulated);
  const headers = { authorization, "user-agent": "ringback bench" };
  if (to !== url) headers["x-forwarded-host"] = url.host;
  const { request } = to.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const asking = request(to, { agent: agents[to.protocol], headers, timeout: stall }, resolve);
    asking.on("timeout", () => asking.destroy(new Error("stalled")));
    asking.on("error", reject);
    asking.end();
  });
}

// Counts and digests what passes, and keeps its first bytes.
function counting(format) {
  const hash = createHash("sha256");
  const seen = { bytes: 0, head: null };
  const stream = new Transform({
    transform(chunk, _encoding, done) {
      seen.head ??= Buffer.from(chunk.subarray(0, 64));
      hash.update(chunk);
      seen.bytes += chunk.length;
      done(seen.bytes === chunk.length && !isAudio(seen.head, format) ? new Error("not-audio") : null, chunk);
    },
  });
  return { stream, seen, sha256: () => hash.digest("hex") };
}

async function stored(wanted, told, account) {
  const { url, format } = media(told, account.settings);
  const secret = await apiSecret(account);
  // The Auth Token is the account's password; an API key brings its own user.
  const credentials = secret.includes(":") ? secret : `${account.settings.accountSid}:${secret}`;
  const response = await get(url, `Basic ${Buffer.from(credentials).toString("base64")}`);
  if (response.statusCode !== 200) {
    response.resume();
    throw new Error(String(response.statusCode));
  }
  const key = keyOf(wanted, told.began, format);
  const contentType = format === "mp3" ? "audio/mpeg" : "audio/wav";
  const { stream, seen, sha256 } = counting(format);
  const upload = new Upload({
    client: s3,
    ...parts,
    params: {
      Bucket: bucket,
      Key: key,
      Body: stream,
      ContentType: contentType,
      Metadata: { "call-id": wanted.callId, "recording-id": wanted.recordingId },
      Tagging: `retention=${encodeURIComponent(retentionClass)}`,
    },
  });
  const sent = upload.done().catch((error) => {
    stream.destroy();
    throw error;
  });
  await Promise.all([pipeline(response, stream), sent]);
  const archived = { bucket, key, bytes: seen.bytes, sha256: sha256(), contentType };
  return { archived, seconds: told.seconds ?? secondsOf(seen.head, seen.bytes, format) };
}

async function archive(wanted) {
  const told = await recordingOf(dynamo, callsTable, wanted);
  if (told.archived) return "repeated";
  const account = told.account && (await accountOf(dynamo, carriersTable, "tw", told.account));
  if (account?.tenant !== wanted.tenant) throw new Error("no-account");
  const { archived, seconds } = await stored(wanted, told, account);
  const now = Date.now();
  const { key, sha256 } = archived;
  const event = {
    id: digest("own", "archived", wanted.recordingId, bucket, key, sha256),
    kind: "archived",
    evidence: "own",
    at: time(now),
    facts: { recordings: { [wanted.recordingId]: { archived, archivedAt: time(now), seconds } } },
  };
  const entry = { tenant: wanted.tenant, carrier: "own", account: "", event };
  await put(dynamo, callsTable, wanted.callId, entry, now, retentionDays);
  return "archived";
}

export async function handler({ Records }) {
  const batchItemFailures = [];
  for (const { messageId, body } of Records) {
    try {
      const outcome = await archive(JSON.parse(body));
      console.log(JSON.stringify({ level: "INFO", message: "Done with a recording", outcome }));
    } catch (error) {
      const code = error.name === "Error" ? error.message : error.name;
      console.error(JSON.stringify({ level: "WARN", message: "A recording cannot be had yet", code }));
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}

await serve(handler);
