//! Blocks that create other contacts. They are recorded, not run.

use std::collections::BTreeMap;

use serde_json::Value;

use super::finished::CreatedContact;
use super::input::is_e164;
use super::parameters::scalar;
use super::state::{Done, State};
use super::transcript::What;
use crate::Action;

/// Callback delays are at most three days, in seconds.
const LONGEST_CALLBACK_DELAY: i64 = 259_200;
/// Tasks can be delayed by at most six days, in seconds.
const LONGEST_TASK_DELAY: i64 = 518_400;

impl<'a> State<'a> {
    /// `CreateTask`.
    pub(super) fn create_task(&mut self, action: &'a Action) -> Done<'a> {
        let text = |name: &str| {
            action
                .parameters
                .get(name)
                .and_then(scalar)
                .map(|text| self.text(&text))
        };
        let Some(name) = text("Name").filter(|name| !name.is_empty()) else {
            return Done::failed("the task has no name");
        };
        let description = text("Description");
        let key = self.single(action, "ContactFlowId").unwrap_or_default();
        let Some(flow) = self.centre.flow(&key) else {
            return Done::failed(format!("there is no flow {key:?}"));
        };
        let attributes = match action.parameters.get("Attributes").and_then(Value::as_object) {
            None => BTreeMap::new(),
            Some(attributes) => match self.pairs(attributes) {
                Ok(attributes) => attributes,
                Err(key) => return Done::failed(format!("the value for {key} is empty")),
            },
        };
        let Ok(delay_seconds) = self.seconds(action, "DelaySeconds", LONGEST_TASK_DELAY) else {
            return Done::failed("DelaySeconds is out of bounds");
        };
        let contact_id = self.made_up_id();
        self.task_contact_id = Some(contact_id.clone());
        self.note(What::Created {
            kind: "task".to_owned(),
            contact_id: contact_id.clone(),
        });
        let (flow, at) = (flow.id.clone(), self.now);
        self.created.push(CreatedContact::Task {
            contact_id,
            name,
            description,
            flow,
            attributes,
            at,
            delay_seconds,
        });
        Done::Next
    }

    /// `CreateCallbackContact`.
    pub(super) fn create_callback(&mut self, action: &'a Action) -> Done<'a> {
        let caller = self
            .contact
            .customer_endpoint
            .as_ref()
            .map(|endpoint| endpoint.address.clone());
        let Some(number) = self
            .callback_number
            .clone()
            .or(caller)
            .filter(|number| is_e164(number))
        else {
            return Done::failed("there is no number to call back");
        };
        let queue = match self.named_target(action) {
            Ok(target) => target.or(self.target),
            Err(why) => return Done::failed(why),
        };
        let Some(queue) = queue else {
            return Done::failed("no queue has been set");
        };
        let delay = |name| self.seconds(action, name, LONGEST_CALLBACK_DELAY);
        let delays = (delay("InitialCallDelaySeconds"), delay("RetryDelaySeconds"));
        let (Ok(initial_delay_seconds), Ok(retry_delay_seconds)) = delays else {
            return Done::failed("a delay is out of bounds");
        };
        // AWS's own sample says 0, where the documentation asks for more than 0: that is one attempt.
        let attempts = self
            .number(action, "MaximumConnectionAttempts")
            .unwrap_or(1)
            .max(1);
        let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
        let contact_id = self.made_up_id();
        self.note(What::Created {
            kind: "callback".to_owned(),
            contact_id: contact_id.clone(),
        });
        self.created.push(CreatedContact::Callback {
            contact_id,
            number,
            queue: queue.id().to_owned(),
            at: self.now,
            initial_delay_seconds,
            retry_delay_seconds,
            attempts,
        });
        Done::Next
    }

    fn seconds(&self, action: &Action, name: &str, most: i64) -> Result<u32, ()> {
        if !action.parameters.contains_key(name) {
            return Ok(0);
        }
        let seconds = self
            .number(action, name)
            .filter(|seconds| (0..=most).contains(seconds))
            .ok_or(())?;
        u32::try_from(seconds).map_err(|_| ())
    }

    /// An id that tells whose contact it is and is the same in every run.
    fn made_up_id(&self) -> String {
        format!(
            "{}-created-{}",
            self.contact.contact_id,
            self.created.len().saturating_add(1)
        )
    }
}
