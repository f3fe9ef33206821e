// Who is calling, as a key: crates/connect/src/caller.rs.

const KINDS = ["phone", "email", "customer", "chat"];
const E164 = /^\+[1-9][0-9]{6,14}$/;
const PHONE_LIKE = /^[0-9 ()\-./]*$/;
const WITHHELD = new Set([
  "anonymous",
  "restricted",
  "private",
  "unknown",
  "unavailable",
  "266696687",
  "7378742833",
  "86282452253",
  "8656696",
]);
const ENDPOINTS = {
  TELEPHONE_NUMBER: "phone",
  EMAIL_ADDRESS: "email",
  CONTACT_FLOW: null,
  CONNECT_PHONENUMBER_ARN: null,
};

function isWithheld(address) {
  let text = address.trim().toLowerCase();
  if (text.includes("<")) text = text.slice(text.indexOf("<") + 1);
  text = text.split(/[>;]/)[0].replace(/^(sips|sip|tel):/, "");
  const [user, host = ""] = text.split(/@(.*)/s);
  const name = user.trim().replace(/^\++/, "");
  return name === "" || host.trim() === "anonymous.invalid" || WITHHELD.has(name);
}

function point(kind, text) {
  const value = text.trim();
  if (value === "") return { problem: "no-caller" };
  if (isWithheld(value)) return { problem: "withheld" };
  if (kind === "phone" && !E164.test(value)) return { problem: "bad-number" };
  if (Buffer.byteLength(value) > 512) return { problem: "bad-number" };
  return { kind, value: kind === "email" ? value.toLowerCase() : value };
}

// What a flow says of the caller: the kind before a colon, else seen from the form.
function told(text) {
  const value = text.trim();
  const colon = value.indexOf(":");
  if (colon > 0 && KINDS.includes(value.slice(0, colon))) {
    return point(value.slice(0, colon), value.slice(colon + 1));
  }
  if (value === "") return { problem: "no-caller" };
  if (value.startsWith("+") || isWithheld(value)) return point("phone", value);
  if (PHONE_LIKE.test(value)) return { problem: "bad-number" };
  return point(value.includes("@") ? "email" : "customer", value);
}

function ofEndpoint(endpoint) {
  if (!endpoint?.Address) return null;
  const kind = endpoint.Type ? (ENDPOINTS[endpoint.Type] === undefined ? "chat" : ENDPOINTS[endpoint.Type]) : "phone";
  return kind && point(kind, endpoint.Address);
}

function parameter(value) {
  if (typeof value === "string") return value.trim() || null;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

// The caller of a flow's event: `{ kind, value, spellings }`, or `{ problem }`.
export function callerOf(event, attribute) {
  const contact = event.Details.ContactData;
  const named = parameter(event.Details.Parameters?.caller);
  const written = contact.Attributes?.[attribute];
  const tries = [
    named && told(named),
    written && { ...told(written), written: written.trim() },
    ofEndpoint(contact.CustomerEndpoint),
    contact.CustomerId && point("customer", contact.CustomerId),
  ];
  let problem = "no-caller";
  for (const found of tries.filter(Boolean)) {
    if (!found.problem) {
      const spellings = new Set([found.value, found.written ?? found.value]);
      return { kind: found.kind, value: found.value, spellings: [...spellings] };
    }
    if (found.problem !== "no-caller") problem = found.problem;
  }
  return { problem };
}

// The id of the instance, which is the tenant.
export const tenantOf = (instanceArn) => instanceArn.split(":instance/")[1];
