/*
 * The scenario of a callback at Voximplant: it calls A, then B, puts them through to each other, and tells Ringback what
 * happens. Voximplant has no webhooks for calls; this file is the webhook.
 *
 * To install: an application with this scenario and a rule for it; a secret of the application named RINGBACK_SECRET, the
 * same as the account's secret at Ringback. A call is begun with StartScenarios; its script_custom_data is JSON:
 *
 *   call_id      our id of the call; every event names it
 *   url          the call's events URL, https
 *   a, b         the two numbers, E.164
 *   a_shown      the number that A sees
 *   b_shown      the number that B sees
 *   a_ring_seconds  how long A may ring (default 60)
 *   ring_seconds how long B may ring (default 60)
 *   max_seconds  how long the two may talk (default 3600)
 *   record       true for a recording from B's answer on, a channel a leg
 *   announcement what A hears before B is called: {"url": an audio file's, https} or {"text": words to be spoken}
 *
 * A request to the session's access URL hangs up; what it says does not matter, for the URL is known to us alone.
 *
 * What is posted, as JSON:
 *
 *   v            1
 *   call_id      as above
 *   session_id   Voximplant's id of the session, as in its call history
 *   seq          0, 1, 2, …; session and seq name an event, and are the same in every attempt to post it
 *   event        started
 *                a_dialled a_ringing a_answered a_failed a_ended, and the same with b
 *                max_duration
 *                recording_started recording_ready recording_failed
 *                closed, always the last
 *   leg          A or B, in events that begin with a_ or b_
 *   ts           when it happened, RFC 3339 with milliseconds, UTC
 *   control      of started: the session's access URL
 *   number       of a_dialled and b_dialled
 *   code         of failed and ended: a SIP status code, or Voximplant's own 402 (no funds) and 603 (rejected)
 *   reason       of failed and ended: its words; of recording_failed: why; of closed: legs (they ended by themselves),
 *                stopped (by a request), max-duration, invalid-data, error
 *   duration     of ended and recording_ready, in seconds
 *   record_url   of recordings
 *
 * Headers: X-Vx-Timestamp, the time of the attempt in seconds since 1970, and X-Vx-Signature, the HMAC-SHA256 of
 * timestamp + "." + body. Any answer but 2xx is tried again, signed afresh; the session ends when every event is delivered
 * or given up.
 */

const VERSION = 1;

// The pauses between attempts; after the last one an event is given up.
const RETRY_SECONDS = [1, 2, 4, 8, 16, 32];

// How long the session waits for a recording that is being stored when the legs are over.
const RECORDING_SECONDS = 30;

// An announcement that takes longer is cut short.
const ANNOUNCEMENT_SECONDS = 120;

// North American ringing, for A while B is called.
const RINGING = "440@-19,480@-19;*(2/4/1+2)";

let order = {};
let secret = "";
let sessionId = "";
let nextSeq = 0;
let undelivered = 0;
let closed = false;
let reason = "legs";

const legs = { A: null, B: null };
let tone = null;
let announcement = null;
let announcementTimer = null;
let bCalled = false;
let maxTimer = null;
let recording = false;
let recordingTimer = null;

// Events.

function tell(event, leg, details) {
  const notice = {
    v: VERSION,
    call_id: order.call_id,
    session_id: sessionId,
    seq: nextSeq,
    event: event,
    leg: leg || undefined,
    ts: new Date().toISOString(),
  };
  nextSeq += 1;
  undelivered += 1;
  post(ascii(JSON.stringify(Object.assign(notice, details))), 0);
}

// Bytes and characters are the same then, whatever the functions that sign and send take a string for.
function ascii(json) {
  return json.replace(/[\u007f-\uffff]/g, (c) => "\\u" + ("0000" + c.charCodeAt(0).toString(16)).slice(-4));
}

async function post(body, attempt) {
  const timestamp = String(Math.floor(Date.now() / 1000));
  let code = 0;
  try {
    const answer = await Net.httpRequestAsync(order.url, {
      method: "POST",
      headers: [
        "Content-Type: application/json",
        "X-Vx-Timestamp: " + timestamp,
        "X-Vx-Signature: " + Crypto.hmac_sha256(secret, timestamp + "." + body),
      ],
      postData: body,
    });
    code = answer.code;
  } catch (error) {
    Logger.write("An event could not be posted: " + error);
  }
  if (code >= 200 && code < 300) {
    settled();
  } else if (attempt < RETRY_SECONDS.length) {
    setTimeout(() => post(body, attempt + 1), RETRY_SECONDS[attempt] * 1000);
  } else {
    Logger.write("An event is given up; the last answer was " + code);
    settled();
  }
}

function settled() {
  undelivered -= 1;
  if (closed && undelivered === 0) {
    VoxEngine.terminate();
  }
}

// Legs.

function dial(letter, number, shown, seconds) {
  const name = letter.toLowerCase();
  const leg = { over: false, answered: false, timedOut: false, ringTimer: null };
  legs[letter] = leg;
  tell(name + "_dialled", letter, { number: number });
  leg.call = VoxEngine.callPSTN(number.replace(/^\+/, ""), shown.replace(/^\+/, ""));
  leg.call.addEventListener(CallEvents.Ringing, () => tell(name + "_ringing", letter));
  leg.ringTimer = setTimeout(() => {
    if (!leg.answered) {
      leg.timedOut = true;
      hangUp(letter);
    }
  }, seconds * 1000);
  leg.call.addEventListener(CallEvents.Connected, () => {
    leg.answered = true;
    clearTimeout(leg.ringTimer);
    tell(name + "_answered", letter);
    if (letter === "A") {
      aAnswered();
    } else {
      bAnswered();
    }
  });
  leg.call.addEventListener(CallEvents.Failed, (event) => {
    over(letter, leg.timedOut ? { code: 408, reason: "Ring timeout" } : { code: event.code, reason: event.reason });
  });
  leg.call.addEventListener(CallEvents.Disconnected, (event) => {
    if (leg.answered) {
      over(letter, { code: event.internalCode, reason: event.reason, duration: whole(event.duration) });
    } else {
      // We hung up before there was an answer.
      over(letter, leg.timedOut ? { code: 408, reason: "Ring timeout" } : { code: 487, reason: "Cancelled" });
    }
  });
}

function aAnswered() {
  if (order.announcement) {
    announce(order.announcement);
  } else {
    callB();
  }
}

// Whatever becomes of the announcement, B is called after it.
function announce(what) {
  try {
    announcement = what.url ? VoxEngine.createURLPlayer(what.url) : VoxEngine.createTTSPlayer(what.text);
    announcement.addEventListener(PlayerEvents.PlaybackFinished, callB);
    announcement.sendMediaTo(legs.A.call);
    announcementTimer = setTimeout(callB, ANNOUNCEMENT_SECONDS * 1000);
  } catch (error) {
    Logger.write("The announcement cannot be played: " + error);
    callB();
  }
}

function callB() {
  clearTimeout(announcementTimer);
  if (bCalled || legs.A.over || reason !== "legs") {
    return;
  }
  // Before the player stops, which may tell that it has finished.
  bCalled = true;
  if (announcement) {
    announcement.stop();
  }
  try {
    tone = VoxEngine.createToneScriptPlayer(RINGING, true);
    tone.sendMediaTo(legs.A.call);
  } catch (error) {
    Logger.write("A hears silence while B is called: " + error);
  }
  guarded(() => dial("B", order.b, order.b_shown, order.ring_seconds || 60));
}

function bAnswered() {
  if (tone) {
    tone.stop();
    tone = null;
  }
  if (legs.A.over) {
    hangUp("B");
    return;
  }
  VoxEngine.sendMediaBetween(legs.A.call, legs.B.call);
  if (order.record) {
    record(legs.A.call);
  }
  const seconds = order.max_seconds || 3600;
  maxTimer = setTimeout(() => {
    tell("max_duration", null, { duration: seconds });
    end("max-duration");
  }, seconds * 1000);
}

function over(letter, details) {
  const leg = legs[letter];
  if (leg.over) {
    return;
  }
  leg.over = true;
  tell(letter.toLowerCase() + (leg.answered ? "_ended" : "_failed"), letter, details);
  clearTimeout(leg.ringTimer);
  clearTimeout(announcementTimer);
  clearTimeout(maxTimer);
  hangUp(letter === "A" ? "B" : "A");
  close();
}

function hangUp(letter) {
  const leg = legs[letter];
  if (leg && leg.call && !leg.over) {
    leg.call.hangup();
  }
}

function end(why) {
  if (reason === "legs") {
    reason = why;
  }
  hangUp("B");
  hangUp("A");
  close();
}

// The recording. Its end is told only after the leg's.

function record(call) {
  recording = true;
  call.addEventListener(CallEvents.RecordStarted, (event) => tell("recording_started", null, { record_url: event.url }));
  call.addEventListener(CallEvents.RecordStopped, (event) => {
    tell("recording_ready", null, { record_url: event.url, duration: whole(event.duration) });
    recorded();
  });
  call.addEventListener(CallEvents.RecordError, (event) => {
    tell("recording_failed", null, { reason: String(event.error) });
    recorded();
  });
  call.record({ stereo: true });
}

function recorded() {
  recording = false;
  clearTimeout(recordingTimer);
  close();
}

// The end.

function close() {
  if (closed || [legs.A, legs.B].some((leg) => leg && !leg.over)) {
    return;
  }
  if (recording) {
    recordingTimer = recordingTimer || setTimeout(recorded, RECORDING_SECONDS * 1000);
    return;
  }
  closed = true;
  tell("closed", null, { reason: reason });
}

function whole(seconds) {
  return typeof seconds === "number" && seconds >= 0 ? Math.floor(seconds) : undefined;
}

// A mistake of ours must not leave anybody on the line.
function guarded(act) {
  try {
    act();
  } catch (error) {
    Logger.write("The scenario failed: " + error);
    for (const leg of [legs.A, legs.B]) {
      if (leg && !leg.call) {
        leg.over = true;
      }
    }
    end("error");
  }
}

function readOrder() {
  const data = JSON.parse(VoxEngine.customData());
  const texts = [data.call_id, data.url, data.a, data.b, data.a_shown, data.b_shown];
  order = { call_id: data.call_id, url: data.url };
  if (!texts.every((text) => typeof text === "string" && text !== "") || !data.url.startsWith("https://")) {
    throw new Error("a field is missing");
  }
  order = data;
}

VoxEngine.addEventListener(AppEvents.Started, (event) => {
  sessionId = String(event.sessionId);
  secret = VoxEngine.getSecretValue("RINGBACK_SECRET");
  try {
    readOrder();
  } catch (error) {
    Logger.write("The custom data cannot be used: " + error);
    if (typeof order.url !== "string" || !order.url.startsWith("https://")) {
      VoxEngine.terminate();
      return;
    }
    reason = "invalid-data";
    close();
    return;
  }
  tell("started", null, { control: event.accessSecureURL });
  guarded(() => dial("A", order.a, order.a_shown, order.a_ring_seconds || 60));
});

VoxEngine.addEventListener(AppEvents.HttpRequest, () => {
  end("stopped");
  return "";
});
