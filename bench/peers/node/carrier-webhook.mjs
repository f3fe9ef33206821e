// A carrier tells that something happened to a call: it is verified, kept, and acknowledged.

import { BlockList, isIPv6 } from "node:net";

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";

import { accountOf, signingSecrets } from "./accounts.mjs";
import { digest, put } from "./calls.mjs";
import { patient } from "./clients.mjs";
import { serve } from "./runtime.mjs";
import { number, required } from "./settings.mjs";
import { isSigned, statusOf } from "./twilio.mjs";

const carriersTable = required("CARRIERS_TABLE");
const callsTable = required("CALLS_TABLE");
const publicBase = required("PUBLIC_BASE_URL");
const retentionDays = number("CALL_RETENTION_DAYS", 1095);

const dynamo = new DynamoDBClient(patient);

const PATH = /^\/carriers\/([\w.~-]+)\/([\w.~-]+)(?:\/calls\/([A-Za-z0-9_-]{8,64}))?\/events$/;
const LARGEST_BODY = 1024 * 1024;
const FORM = "application/x-www-form-urlencoded";
const EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>';

function reply(statusCode, contentType, body) {
  const headers = { "cache-control": "no-store", "content-type": contentType };
  return { statusCode, headers, body, isBase64Encoded: false };
}

const refused = (status, message) => ["refused", reply(status, "application/json", JSON.stringify({ message }))];

function allows(account, source) {
  const nets = account.allowedIps ?? [];
  if (nets.length === 0) return true;
  const list = new BlockList();
  for (const net of nets) {
    const [address, bits] = net.split("/");
    list.addSubnet(address, Number(bits), isIPv6(address) ? "ipv6" : "ipv4");
  }
  return list.check(source, isIPv6(source) ? "ipv6" : "ipv4");
}

// Whether it is from the account's carrier. A signature that does not match may be made with a secret that has just changed.
async function isGenuine(account, headers, url, form) {
  const signature = headers["x-twilio-signature"];
  const signed = (secrets) => isSigned(signature, url, form, secrets);
  if (!signed(await signingSecrets(account)) && !signed(await signingSecrets(account, true))) return false;
  const own = account.settings?.accountSid;
  return !own || (form.get("AccountSid") ?? own) === own;
}

async function take(event, now) {
  const route = PATH.exec(event.rawPath);
  if (!route) return refused(404, "There is no such path.");
  const [, carrier, slug, ofPath] = route;
  if (event.requestContext.http.method !== "POST") return refused(405, "Use POST.");
  const body = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
  if (body.length > LARGEST_BODY) return refused(413, "The body is larger than 1 MB.");
  const account = carrier === "tw" ? await accountOf(dynamo, carriersTable, carrier, slug) : null;
  const unauthorised = refused(401, "Unauthorized");
  if (!account || !allows(account, event.requestContext.http.sourceIp)) return unauthorised;
  const headers = event.headers ?? {};
  if ((headers["content-type"] ?? FORM).split(";")[0].trim() !== FORM) return unauthorised;
  const form = new URLSearchParams(body.toString("utf8"));
  const query = event.rawQueryString ? `?${event.rawQueryString}` : "";
  const url = `${publicBase}${event.rawPath}${query}`;
  if (!(await isGenuine(account, headers, url, form))) return unauthorised;
  const heard = statusOf(form);
  const call = ofPath ?? (heard?.session && digest("session", carrier, slug, heard.session));
  if (!heard || !call) return refused(501, "Only status callbacks of a known call.");
  const entry = { tenant: account.tenant, carrier, account: slug, event: heard.event };
  const isNew = await put(dynamo, callsTable, call, entry, now, retentionDays);
  return [isNew ? "stored" : "repeated", reply(200, "text/xml", EMPTY_TWIML)];
}

export async function handler(event) {
  let answer;
  try {
    answer = await take(event, Date.now());
  } catch (error) {
    console.error(JSON.stringify({ level: "ERROR", message: "A carrier's event was not stored", code: error.name }));
    answer = ["failed", refused(503, "Unavailable")[1]];
  }
  console.log(JSON.stringify({ level: "INFO", message: "Answered a carrier", outcome: answer[0] }));
  return answer[1];
}

await serve(handler);
