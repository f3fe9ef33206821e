//! What cannot be read goes to an encrypted queue, whole, for an engineer to look at.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageAttributeValue;

use crate::aws::error_code;

/// The dead-letter queue of a function.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    client: Client,
    queue_url: String,
    function: &'static str,
}

/// The dead letter could not be handed over, so what it holds must come again.
#[derive(Debug, thiserror::Error)]
#[error("sending to the dead-letter queue failed ({code})")]
pub struct DeadLetterError {
    /// The service's error code, for example `AccessDenied`, or `unreachable`.
    pub code: String,
}

impl DeadLetters {
    /// The queue at `queue_url`, written to in the name of `function`.
    pub fn new(client: Client, queue_url: String, function: &'static str) -> Self {
        Self {
            client,
            queue_url,
            function,
        }
    }

    /// Sends one letter: the input as it came, why it could not be read, and where it came from (a sequence number
    /// or an event id). The reason must name a path or a problem, never a value.
    ///
    /// # Errors
    /// When the queue does not take it.
    pub async fn send(&self, body: &[u8], reason: &str, origin: &str) -> Result<(), DeadLetterError> {
        let text = |value: &str| {
            MessageAttributeValue::builder()
                .data_type("String")
                .string_value(if value.is_empty() { "-" } else { value })
                .build()
                .ok()
        };
        let mut request = self
            .client
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(sendable(body));
        for (name, value) in [
            ("function", self.function),
            ("reason", reason),
            ("origin", origin),
        ] {
            if let Some(value) = text(value) {
                request = request.message_attributes(name, value);
            }
        }
        request.send().await.map(drop).map_err(|error| DeadLetterError {
            code: error_code(&error),
        })
    }
}

/// SQS takes XML's characters only, and 1 MiB; what does not fit is cut rather than refused, as a refusal would
/// stop the stream for ever.
fn sendable(body: &[u8]) -> String {
    const LIMIT: usize = 1_000_000;
    let mut text = String::with_capacity(body.len().min(LIMIT));
    for character in String::from_utf8_lossy(body).chars() {
        let allowed = matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
        let character = if allowed { character } else { '\u{FFFD}' };
        if text.len() + character.len_utf8() > LIMIT {
            break;
        }
        text.push(character);
    }
    if text.is_empty() { "-".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::sendable;

    #[test]
    fn any_bytes_become_a_message_that_sqs_takes() {
        assert_eq!(sendable(b""), "-");
        assert_eq!(sendable(b"{\"a\":\x00\xff1}"), "{\"a\":\u{FFFD}\u{FFFD}1}");
        assert!(sendable(&vec![0xff; 2_000_000]).len() <= 1_000_000);
    }
}
