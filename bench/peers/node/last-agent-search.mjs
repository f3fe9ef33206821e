// Who spoke with this caller last? SearchContacts by a searchable contact attribute, the newest contact with an agent.

import { ConnectClient, SearchContactsCommand } from "@aws-sdk/client-connect";

import { fieldsOf, log } from "./answer.mjs";
import { callerOf, tenantOf } from "./caller.mjs";
import { serve } from "./runtime.mjs";
import { number, text } from "./settings.mjs";

const attribute = text("CALLER_ATTRIBUTE", "CustomerPhoneNumber");
const days = number("SEARCH_DAYS", 7);
const mode = text("STICKY_MODE", "same-first");
const patience = number("SEARCH_TIMEOUT_MS", 1000);

// Never repeated: a second attempt would be a second request against the quota, which is one in two seconds.
const connect = new ConnectClient({
  maxAttempts: 1,
  requestHandler: { connectionTimeout: patience, requestTimeout: patience, throwOnRequestTimeout: true },
});

function reasonOf(error) {
  if (["ThrottlingException", "TooManyRequestsException"].includes(error.name)) return "search-throttled";
  if (["AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException"].includes(error.name)) {
    return "search-refused";
  }
  return error instanceof SyntaxError ? "search-malformed" : "search-unavailable";
}

async function newest(instanceArn, caller, now) {
  const { Contacts = [] } = await connect.send(
    new SearchContactsCommand({
      InstanceId: tenantOf(instanceArn),
      TimeRange: {
        Type: "CONNECTED_TO_AGENT_TIMESTAMP",
        StartTime: new Date(now - days * 24 * 3600 * 1000),
        EndTime: new Date(now),
      },
      SearchCriteria: {
        SearchableContactAttributes: {
          Criteria: [{ Key: attribute, Values: caller.spellings }],
          MatchType: "MATCH_ALL",
        },
      },
      Sort: { FieldName: "CONNECTED_TO_AGENT_TIMESTAMP", Order: "DESCENDING" },
      MaxResults: 25,
    }),
  );
  return Contacts.find((contact) => contact.AgentInfo?.Id && contact.AgentInfo.ConnectedToAgentTimestamp);
}

function offerOf(found, instanceArn, now) {
  const agent = found.AgentInfo;
  // The queue of an agent's own has the agent's id.
  const queueId = found.QueueInfo?.Id === agent.Id ? undefined : found.QueueInfo?.Id;
  return {
    agentId: agent.Id,
    agentArn: `${instanceArn}/agent/${agent.Id}`,
    queueId,
    queueArn: queueId && `${instanceArn}/queue/${queueId}`,
    contactId: found.Id,
    contactAgeSeconds: Math.floor(now / 1000) - Math.floor(agent.ConnectedToAgentTimestamp / 1000),
    channel: found.Channel ?? "VOICE",
  };
}

async function answerTo(contact, caller, now) {
  if (caller.problem) return { reason: caller.problem, source: "none", mode };
  try {
    const found = await newest(contact.InstanceARN, caller, now);
    if (!found) return { reason: "first-contact", source: "none", mode };
    return { reason: "last-agent", source: "search", mode, offer: offerOf(found, contact.InstanceARN, now) };
  } catch (error) {
    console.error(JSON.stringify({ level: "ERROR", message: "The search failed", code: error.name }));
    return { reason: reasonOf(error), source: "none", mode };
  }
}

export async function handler(event) {
  const contact = event.Details?.ContactData;
  if (!contact?.ContactId || !contact.InstanceARN) return fieldsOf({ reason: "bad-event", source: "none", mode });
  const answer = await answerTo(contact, callerOf(event, attribute), Date.now());
  log(contact.ContactId, answer);
  return fieldsOf(answer);
}

await serve(handler);
