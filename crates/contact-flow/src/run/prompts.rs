//! What customers hear, and how long it takes to say.

use std::time::Duration;

use serde_json::{Map, Value};

use super::compare::{first_match, words};
use super::contact::{Channel, Party};
use super::parameters::{is_true, scalar};
use super::state::{Done, Exit, Stage, State, Stop};
use super::transcript::What;
use crate::Action;

/// Speech at an unhurried 150 words a minute, the pace that voice designers plan with.
const MILLISECONDS_PER_WORD: u64 = 400;
/// How long a recording plays that the call centre does not know, and any other sound.
const UNKNOWN_RECORDING: Duration = Duration::from_secs(5);

/// Something to say.
pub(super) struct Prompt {
    pub(super) text: String,
    pub(super) length: Duration,
}

impl<'a> State<'a> {
    /// The prompt in a block's parameters, none if there is none, or why it cannot be played.
    pub(super) fn prompt(&self, parameters: &Map<String, Value>) -> Result<Option<Prompt>, String> {
        let text = |name: &str| parameters.get(name).and_then(scalar).map(|text| self.text(&text));
        let spoken = text("Text").map(|text| (text.clone(), spoken(&text)));
        let spoken = spoken.or_else(|| text("SSML").map(|ssml| marked_up(&ssml)));
        let (text, length) = if let Some(spoken) = spoken {
            spoken
        } else if let Some(id) = parameters.get("PromptId") {
            let id = scalar(&self.single_value(id)).unwrap_or_default();
            match self.centre.prompt(&id) {
                Some(prompt) => (
                    prompt.name.clone(),
                    Duration::from_secs(u64::from(prompt.seconds)),
                ),
                None => (id, UNKNOWN_RECORDING),
            }
        } else if let Some(media) = parameters.get("Media") {
            let uri = media.get("Uri").and_then(scalar).unwrap_or_default();
            (self.text(&uri), UNKNOWN_RECORDING)
        } else {
            return Ok(None);
        };
        if text.is_empty() {
            return Err("there is nothing to say: the prompt is empty".to_owned());
        }
        // Only a voice takes time; a chat message is there at once.
        let length = if self.is_voice() { length } else { Duration::ZERO };
        Ok(Some(Prompt { text, length }))
    }

    /// `MessageParticipant`.
    pub(super) fn say(&mut self, action: &'a Action) -> Result<Done<'a>, Stop> {
        if matches!(self.contact.channel, Channel::Task | Channel::Email) {
            return Ok(Done::failed("nobody is there to hear a prompt"));
        }
        let prompt = match self.prompt(&action.parameters) {
            Ok(Some(prompt)) => prompt,
            Ok(None) => return Ok(Done::failed("the block has no prompt")),
            Err(why) => return Ok(Done::failed(why)),
        };
        self.speak(prompt)?;
        Ok(Done::Next)
    }

    fn speak(&mut self, prompt: Prompt) -> Result<(), Stop> {
        let text = prompt.text;
        self.note(match self.stage {
            Stage::AgentWhisper => What::Whispered {
                to: Party::Agent,
                text,
            },
            Stage::CustomerWhisper => What::Whispered {
                to: Party::Customer,
                text,
            },
            Stage::Inbound | Stage::Queue | Stage::Disconnect => What::Said { text },
        });
        // A prompt starts the count of silent seconds in functions anew.
        self.lambda_silence = Duration::ZERO;
        self.pass(prompt.length)
    }

    /// `MessageParticipantIteratively`: over and over, until an agent, the time to interrupt or a lost patience.
    pub(super) fn say_over_and_over(&mut self, action: &'a Action) -> Result<Done<'a>, Stop> {
        // Amazon Connect Administrator Guide, "Loop prompts": in chats, tasks and e-mails the block takes its error
        // branch. Where it has no way on, the flow is over and the contact goes on waiting.
        if !self.is_voice() {
            let stuck = action.transitions.errors.is_empty() && action.transitions.next_action.is_none();
            return Ok(if stuck {
                Done::Exit(Exit::Ended)
            } else {
                Done::failed("the block is for calls only")
            });
        }
        let messages = action.parameters.get("Messages").and_then(Value::as_array);
        let mut prompts = Vec::new();
        for message in messages.into_iter().flatten().filter_map(Value::as_object) {
            match self.prompt(message) {
                Ok(Some(prompt)) => prompts.push(prompt),
                Ok(None) => return Ok(Done::failed("a message has no prompt")),
                Err(why) => return Ok(Done::failed(why)),
            }
        }
        let texts: Vec<&str> = prompts.iter().map(|prompt| prompt.text.as_str()).collect();
        if texts.is_empty() {
            return Ok(Done::failed("the block has no messages"));
        }
        self.note(What::Said {
            text: texts.join(" | "),
        });
        self.lambda_silence = Duration::ZERO;
        let Some(seconds) = self.number(action, "InterruptFrequencySeconds") else {
            // Nothing in the flow ends this; the queue does, or the longest stay there is.
            self.pass_seconds(u32::MAX)?;
            return Ok(Done::Exit(Exit::Disconnected));
        };
        let Some(seconds) = u32::try_from(seconds).ok().filter(|seconds| *seconds > 0) else {
            return Ok(Done::failed("InterruptFrequencySeconds is no number above 0"));
        };
        self.pass_seconds(seconds)?;
        let interrupted = Value::from("MessagesInterrupted");
        let branch = first_match(action, Some(&interrupted));
        let condition = branch.map(|branch| words(&branch.condition));
        self.note(What::Compared {
            value: Some("MessagesInterrupted".to_owned()),
            branch: condition,
        });
        Ok(branch.map_or(Done::Next, |branch| Done::Goto(&branch.next_action)))
    }

    /// A block that sets the voice.
    pub(super) fn set_voice(&mut self, action: &'a Action) -> Done<'a> {
        let Some(voice) = self.single(action, "TextToSpeechVoice") else {
            return Done::failed("TextToSpeechVoice is empty");
        };
        self.note(What::Set {
            note: format!("speaks with the voice {voice}"),
        });
        self.voice = Some(voice);
        Done::Next
    }

    /// `UpdateContactRecordingAndAnalyticsBehavior`.
    pub(super) fn set_recording_and_analytics(&mut self, action: &'a Action) -> Done<'a> {
        let has = |name: &str| action.parameters.contains_key(name);
        if (has("VoiceBehavior") && !self.is_voice())
            || (has("ChatBehavior") && self.contact.channel != Channel::Chat)
        {
            let why = format!("the contact's channel is {}", self.contact.channel.name());
            return Done::Failed("ChannelMismatch", why);
        }
        self.note(What::Set {
            note: "sets recording and analytics".to_owned(),
        });
        Done::Next
    }

    /// A block that sets what is recorded.
    pub(super) fn set_recording(&mut self, action: &'a Action) -> Done<'a> {
        let behaviour = action.parameters.get("RecordingBehavior");
        let recorded = behaviour.and_then(|behaviour| behaviour.get("RecordedParticipants"));
        let recorded: Vec<String> = recorded
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(scalar)
            .collect();
        let recorded = if recorded.is_empty() {
            "nobody".to_owned()
        } else {
            recorded.join(" and ")
        };
        let analysed = action.parameters.get("AnalyticsBehavior");
        let analysed = is_true(analysed.and_then(|analytics| analytics.get("Enabled")));
        let analysed = if analysed { ", and analyses it" } else { "" };
        self.note(What::Set {
            note: format!("records {recorded}{analysed}"),
        });
        Done::Next
    }
}

fn spoken(text: &str) -> Duration {
    let words = u64::try_from(text.split_whitespace().count()).unwrap_or(u64::MAX);
    Duration::from_millis(words.saturating_mul(MILLISECONDS_PER_WORD))
}

/// The words in a text with SSML tags, and how long they take, pauses (`<break time="2s"/>`) included.
fn marked_up(ssml: &str) -> (String, Duration) {
    let mut words = String::new();
    let mut pauses = Duration::ZERO;
    let mut rest = ssml;
    while let Some((before, tag_on)) = rest.split_once('<') {
        words.push_str(before);
        let (tag, after) = tag_on.split_once('>').unwrap_or((tag_on, ""));
        if tag.starts_with("break") {
            pauses = pauses.saturating_add(pause(tag).unwrap_or_default());
        }
        words.push(' ');
        rest = after;
    }
    words.push_str(rest);
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = spoken(&words).saturating_add(pauses);
    // Nothing but a pause is still something to play.
    if words.is_empty() && !pauses.is_zero() {
        ("(pause)".to_owned(), length)
    } else {
        (words, length)
    }
}

fn pause(tag: &str) -> Option<Duration> {
    let (_, value) = tag.split_once("time=")?;
    let value = value.trim_start_matches(['"', '\'']);
    let value = value.split(['"', '\'', ' ', '/']).next()?;
    // The longest pause that SSML knows at Amazon Polly is ten seconds.
    let milliseconds = match value.strip_suffix("ms") {
        Some(milliseconds) => milliseconds.parse::<u64>().ok()?,
        None => value
            .strip_suffix('s')?
            .parse::<u64>()
            .ok()?
            .saturating_mul(1_000),
    };
    Some(Duration::from_millis(milliseconds.min(10_000)))
}
