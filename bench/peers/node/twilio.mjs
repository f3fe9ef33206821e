// Twilio's requests: crates/carriers/src/twilio/signature.rs and read.rs.

import { createHmac, timingSafeEqual } from "node:crypto";

import { digest, time } from "./calls.mjs";

// Twilio signs with or without the port, as its own libraries know.
const variants = (url) => [url, url.replace(/^(https:\/\/[^/:]+)\//, "$1:443/")];

function isSignature(secret, text, signature) {
  return timingSafeEqual(createHmac("sha1", secret).update(text).digest(), signature);
}

// Whether the header is the signature of the URL and the form, by any of the secrets.
export function isSigned(header, url, form, secrets) {
  const signature = Buffer.from(header ?? "", "base64");
  if (signature.length !== 20) return false;
  const pairs = [...new Set([...form].map(([name, value]) => `${name}\u0000${value}`))].sort();
  const tail = pairs.map((pair) => pair.replace("\u0000", "")).join("");
  return variants(url).some((base) => secrets.some((secret) => isSignature(secret, base + tail, signature)));
}

function international(text) {
  const number = text?.trim();
  if (!number) return undefined;
  return /^[1-9][0-9]{6,14}$/.test(number) ? `+${number}` : [...number].slice(0, 128).join("");
}

const whole = (text) => (/^[0-9]+$/.test(text ?? "") ? Number(text) : undefined);

const STEPS = {
  queued: ["dialled", "dialled"],
  initiated: ["dialled", "dialled"],
  ringing: ["ringing", "ringing"],
  "in-progress": ["answered", "answered"],
  answered: ["answered", "answered"],
};

function sipClass(code) {
  if (code === 486 || code === 600 || code === 603) return "busy";
  if ([404, 408, 410, 480, 484, 487, 604].includes(code)) return "unreachable";
  if (code === 503 || code === 504) return "network";
  if (code >= 500 && code < 600) return "server";
  return code >= 200 && code < 300 ? "unreachable" : "other";
}

// How a leg ended; nothing if it goes on.
function ending(form, status, seconds) {
  const code = whole(form.get("SipResponseCode"));
  const sip = code >= 100 && code < 700 ? code : undefined;
  const known = { completed: seconds > 0 ? "ok" : "cleared", busy: "busy", "no-answer": "unreachable" };
  known.canceled = "unreachable";
  known.failed = sip ? sipClass(sip) : "unreachable";
  const kind = known[status] ?? (STEPS[status] || seconds === undefined ? undefined : "other");
  if (!kind) return undefined;
  const error = form.get("ErrorCode");
  return { class: kind, word: status, code: error && error !== "0" ? error : undefined, sip };
}

// A status callback as an event: `{ session, event }`; null for anything else, which the benchmark does not send.
export function statusOf(form) {
  const id = form.get("CallSid");
  const status = form.get("CallStatus");
  if (!id || !status || form.get("DialCallStatus") || form.get("RecordingStatus")) return null;
  const parent = form.get("ParentCallSid") || undefined;
  const direction = form.get("Direction");
  const leg = parent || direction === "outbound-dial" ? "b" : "a";
  const session = parent ?? (leg === "a" ? id : undefined);
  const stamp = Date.parse(form.get("Timestamp") ?? "");
  const at = Number.isNaN(stamp) ? undefined : time(stamp);
  const when = at ?? "unreported";
  const inbound = direction === "inbound" && leg === "a";
  const facts = { carrierCallId: session, a: { id: session } };
  if (inbound) {
    facts.direction = "inbound";
    facts.a.number = international(form.get("From"));
    facts.mainNumber = international(form.get("To"));
  } else {
    const numbers = { number: international(form.get("To")), shown: international(form.get("From")) };
    facts[leg] = { id: leg === "a" ? session : id, ...numbers };
  }
  if (!session) delete facts.a;
  const seconds = whole(form.get("CallDuration"));
  const [kind, step] = STEPS[status] ?? [];
  const cause = ending(form, status, seconds);
  if (step) facts[leg][step] = when;
  if (cause) {
    const answered = seconds > 0 ? "unreported" : undefined;
    Object.assign(facts[leg], { ended: when, cause, seconds, answered });
    if (leg === "b" && seconds > 0) facts.talkSeconds = seconds;
  }
  const event = {
    id: digest("tw", "status", id, form.get("SequenceNumber") ?? "", status),
    kind: kind ?? (cause ? "ended" : "progress"),
    leg,
    evidence: "event",
    at,
    sequence: whole(form.get("SequenceNumber")),
    word: status,
    facts,
  };
  return { session, event };
}
