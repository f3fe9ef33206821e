// What a flow is told: flat texts, as functions/last-agent/README.md has them.

const STATUS = { "last-agent": "found" };
const UNAVAILABLE = new Set([
  "index-unavailable",
  "search-throttled",
  "search-refused",
  "search-malformed",
  "search-unavailable",
  "bad-event",
]);

export const statusOf = (reason) => STATUS[reason] ?? (UNAVAILABLE.has(reason) ? "unavailable" : "none");

// The answer as a flow reads it; what is not known is left out, except the rating.
export function fieldsOf({ reason, source, mode, offer }) {
  const fields = { status: statusOf(reason), reason, source, mode };
  if (!offer) return fields;
  fields.agentId = offer.agentId;
  fields.agentArn = offer.agentArn;
  fields.contactId = offer.contactId;
  fields.contactAgeSeconds = String(offer.contactAgeSeconds);
  fields.channel = offer.channel;
  fields.rating = offer.rating ? String(offer.rating) : "unknown";
  if (offer.queueId) fields.queueId = offer.queueId;
  if (offer.queueArn) fields.queueArn = offer.queueArn;
  return fields;
}

export function log(contact, { reason, source }) {
  const level = statusOf(reason) === "unavailable" ? "WARN" : "INFO";
  console.log(JSON.stringify({ level, message: "Answered a flow", contact, status: statusOf(reason), reason, source }));
}
