// Whom to offer, of everybody the caller spoke with: crates/contacts/src/leg.rs and policy.rs.

import { number, text } from "./settings.mjs";

const DAY = 24 * 3600;

export const policy = {
  mode: text("STICKY_MODE", "same-first"),
  windowSeconds: number("STICKY_WINDOW_DAYS", 7) * DAY,
  minimumTalkSeconds: number("STICKY_MINIMUM_TALK_SECONDS", 10),
  channels: text("STICKY_CHANNELS", "VOICE,CHAT").split(","),
  outbound: text("STICKY_OUTBOUND", "off") === "on",
  minimumRating: number("STICKY_MINIMUM_RATING", 3),
  perAgentAndHour: number("STICKY_PER_AGENT_AND_HOUR", 6),
  perCallerAndDay: number("STICKY_PER_CALLER_AND_DAY", 3),
};

// Who tells of a leg, the most trusted first.
const SOURCES = ["record", "connected", "ended", "completed", "search"];

const NOT_REACHED = new Set([
  "TELECOM_BUSY",
  "TELECOM_NUMBER_INVALID",
  "TELECOM_POTENTIAL_BLOCKING",
  "TELECOM_UNANSWERED",
  "TELECOM_TIMEOUT",
  "TELECOM_ORIGINATOR_CANCEL",
  "CUSTOMER_NEVER_ARRIVED",
  "DISCARDED",
]);

// An item of the table as an interaction: its first contact and its legs.
export function interactionOf(item) {
  const told = new Map();
  for (const [name, facts] of Object.entries(item)) {
    const hash = name.indexOf("#");
    const trust = hash < 0 ? -1 : SOURCES.indexOf(name.slice(0, hash));
    if (trust < 0) continue;
    const id = name.slice(hash + 1);
    if (!told.has(id)) told.set(id, []);
    told.get(id)[trust] = facts;
  }
  const legs = [...told].map(([id, byTrust]) => {
    const known = byTrust.filter(Boolean);
    const supervised = known.some((facts) => facts.supervised);
    return { ...Object.assign({}, ...known.reverse()), supervised, id };
  });
  return { root: item.id.slice("contact#".length), legs };
}

const seconds = (time) => Math.floor(Date.parse(time) / 1000);

const isOutbound = (leg) =>
  leg.method === "OUTBOUND" ||
  leg.method === "EXTERNAL_OUTBOUND" ||
  (leg.method === "API" && (leg.channel ?? "VOICE") === "VOICE");

// Whether a colleague who was called in took the customer over.
function tookOver(interaction, leg) {
  const before = leg.previous ?? interaction.root;
  const previous = interaction.legs.find((other) => other.id === before && other.id !== leg.id);
  if (!previous) return false;
  const completed = previous.transferredAt && (previous.next ?? leg.id) === leg.id;
  const outlived =
    previous.endedAt && (!leg.endedAt || Date.parse(leg.endedAt) > Date.parse(previous.endedAt));
  return Boolean(completed || outlived);
}

function counts(interaction, leg) {
  if (leg.supervised || leg.method === "MONITOR" || NOT_REACHED.has(leg.disconnectReason)) return false;
  return leg.method !== "TRANSFER" || tookOver(interaction, leg);
}

function ratingOf(interaction, leg) {
  if (leg.rating) return leg.rating;
  // A survey may be a contact of its own, without an agent.
  return interaction.legs.find((other) => !other.agent && other.previous === leg.id && other.rating)?.rating;
}

function spokeIn(interaction, leg, now) {
  const outbound = isOutbound(leg);
  const queue = outbound ? null : /:instance\/[^/]+\/queue\/([^/]+)$/.exec(leg.queue ?? "");
  const talked = leg.endedAt ? seconds(leg.endedAt) : Math.floor(now / 1000);
  return {
    contact: leg.id,
    agentArn: leg.agent,
    agentId: leg.agent.split("/agent/")[1],
    queueArn: queue ? leg.queue : undefined,
    queueId: queue?.[1],
    at: Date.parse(leg.connectedAt),
    channel: leg.channel ?? "VOICE",
    rating: ratingOf(interaction, leg),
    talkSeconds: leg.talkSeconds ?? talked - seconds(leg.connectedAt),
    outbound,
  };
}

// `{ reason, spoke }` for a caller of the interaction `own`; `now` in milliseconds.
export function judge(interactions, own, now) {
  const since = now - policy.windowSeconds * 1000;
  const acquaintances = interactions
    .filter((interaction) => interaction.root !== own)
    .flatMap((interaction) =>
      interaction.legs
        .filter((leg) => leg.agent && leg.connectedAt && counts(interaction, leg))
        .map((leg) => spokeIn(interaction, leg, now)),
    )
    .filter((spoke) => spoke.at >= since && (policy.outbound || !spoke.outbound))
    .filter((spoke) => policy.channels.includes(spoke.channel))
    .filter((spoke) => spoke.talkSeconds >= policy.minimumTalkSeconds)
    .sort((one, other) => other.at - one.at || (one.contact < other.contact ? 1 : -1));
  const [newest] = acquaintances;
  if (!newest) return { reason: "first-contact" };
  // A later call without a survey does not make a bad one good.
  const rated = acquaintances.find((spoke) => spoke.agentArn === newest.agentArn && spoke.rating);
  if (rated && rated.rating < policy.minimumRating) return { reason: "low-rating" };
  return { reason: "last-agent", spoke: newest };
}
