//! Blocks that set something on the contact.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::finished::Moment;
use super::input::is_e164;
use super::parameters::scalar;
use super::state::{Done, State};
use super::transcript::{Scope, What};
use crate::Action;

/// Contact attributes, and flow attributes, hold 32 KB each (administrator guide, list of attributes).
const MOST_ATTRIBUTE_BYTES: usize = 32 * 1024;
/// Tags that one block can set.
const MOST_TAGS: usize = 6;

impl<'a> State<'a> {
    /// `UpdateContactAttributes`: all or nothing.
    pub(super) fn set_attributes(&mut self, action: &'a Action) -> Done<'a> {
        let Some(wanted) = action.parameters.get("Attributes").and_then(Value::as_object) else {
            return Done::failed("the block has no Attributes");
        };
        let values = match self.pairs(wanted) {
            Ok(values) => values,
            Err(key) => return Done::failed(format!("the value for {key} is empty")),
        };
        let related = action.parameters.get("TargetContact").and_then(Value::as_str) == Some("Related");
        if related && self.contact.related_contact_id.is_none() {
            return Done::failed("there is no related contact");
        }
        let attributes = if related {
            &mut self.related_attributes
        } else {
            &mut self.contact.attributes
        };
        let mut merged = attributes.clone();
        merged.extend(values.clone());
        if size(&merged) > MOST_ATTRIBUTE_BYTES {
            return Done::failed("the contact's attributes would exceed 32 KB");
        }
        *attributes = merged;
        let scope = if related { Scope::Related } else { Scope::Contact };
        self.note(What::AttributesSet { scope, values });
        if !related {
            self.moment(Moment::AttributesUpdated);
        }
        Done::Next
    }

    /// `UpdateFlowAttributes`.
    pub(super) fn set_flow_attributes(&mut self, action: &'a Action) -> Done<'a> {
        let Some(wanted) = action.parameters.get("FlowAttributes").and_then(Value::as_object) else {
            return Done::failed("the block has no FlowAttributes");
        };
        let plain: Map<String, Value> = wanted
            .iter()
            .map(|(key, value)| (key.clone(), value.get("Value").cloned().unwrap_or_default()))
            .collect();
        let values = match self.pairs(&plain) {
            Ok(values) => values,
            Err(key) => return Done::failed(format!("the value for {key} is empty")),
        };
        let Some(frame) = self.frames.last_mut() else {
            return Done::failed("the contact is in no flow");
        };
        let mut merged = frame.flow_attributes.clone();
        merged.extend(values.clone());
        if size(&merged) > MOST_ATTRIBUTE_BYTES {
            return Done::failed("the flow's attributes would exceed 32 KB");
        }
        frame.flow_attributes = merged;
        self.note(What::AttributesSet {
            scope: Scope::Flow,
            values,
        });
        Done::Next
    }

    /// `UpdateContactData`.
    pub(super) fn set_contact_data(&mut self, action: &'a Action) -> Done<'a> {
        let mut set = Vec::new();
        for name in ["Name", "Description", "CustomerId", "LanguageCode"] {
            let Some(value) = action.parameters.get(name).and_then(scalar) else {
                continue;
            };
            let value = self.text(&value);
            if value.is_empty() {
                return Done::failed(format!("the value for {name} is empty"));
            }
            set.push((name, value));
        }
        for (name, value) in &set {
            let value = value.clone();
            match *name {
                "Name" => self.contact.name = Some(value),
                "Description" => self.contact.description = Some(value),
                "CustomerId" => self.contact.customer_id = Some(value),
                _ => self.contact.language = value,
            }
        }
        let set: Vec<String> = set
            .iter()
            .map(|(name, value)| format!("{name} to {value}"))
            .collect();
        let note = if set.is_empty() {
            "sets contact data".to_owned()
        } else {
            format!("sets {}", set.join(", "))
        };
        self.note(What::Set { note });
        Done::Next
    }

    /// `UpdateContactEventHooks`.
    pub(super) fn set_hooks(&mut self, action: &'a Action) -> Done<'a> {
        let hooks = action.parameters.get("EventHooks").and_then(Value::as_object);
        let Some((hook, flow)) = hooks
            .filter(|hooks| hooks.len() == 1)
            .and_then(|hooks| hooks.iter().next())
        else {
            return Done::failed("the block sets no event hook, or several");
        };
        let key = scalar(&self.single_value(flow)).unwrap_or_default();
        let Some(flow) = self.centre.flow(&key) else {
            return Done::failed(format!("there is no flow {key:?}"));
        };
        self.hooks.insert(hook.clone(), flow);
        self.note(What::HookSet {
            hook: hook.clone(),
            flow: flow.name.clone(),
        });
        Done::Next
    }

    /// `UpdateContactCallbackNumber`.
    pub(super) fn set_callback_number(&mut self, action: &'a Action) -> Done<'a> {
        let number = self.single(action, "CallbackNumber").unwrap_or_default();
        if !is_e164(&number) {
            return Done::Failed(
                "InvalidCallbackNumber",
                format!("{number:?} is no number in E.164"),
            );
        }
        self.note(What::Set {
            note: format!("sets the callback number {number}"),
        });
        self.callback_number = Some(number);
        Done::Next
    }

    /// `TagContact`.
    pub(super) fn tag(&mut self, action: &'a Action) -> Done<'a> {
        let Some(wanted) = action.parameters.get("Tags").and_then(Value::as_object) else {
            return Done::failed("the block has no Tags");
        };
        if wanted.len() > MOST_TAGS {
            return Done::failed(format!("more than {MOST_TAGS} tags"));
        }
        let tags = match self.pairs(wanted) {
            Ok(tags) => tags,
            Err(key) => return Done::failed(format!("the value for {key} is empty")),
        };
        if tags.keys().any(|key| key.starts_with("aws:")) {
            return Done::failed("tags that begin with aws: are Amazon's own");
        }
        let note = tags
            .iter()
            .map(|(key, value)| format!("{key} = {value}"))
            .collect::<Vec<_>>()
            .join(", ");
        self.contact.tags.extend(tags);
        self.note(What::Set {
            note: format!("tags the contact {note}"),
        });
        Done::Next
    }

    /// `UntagContact`.
    pub(super) fn untag(&mut self, action: &'a Action) -> Done<'a> {
        let keys = action.parameters.get("TagKeys").and_then(Value::as_array);
        let keys: Vec<String> = keys.into_iter().flatten().filter_map(scalar).collect();
        for key in &keys {
            self.contact.tags.remove(key);
        }
        self.note(What::Set {
            note: format!("removes the tags {}", keys.join(", ")),
        });
        Done::Next
    }
}

fn size(attributes: &BTreeMap<String, String>) -> usize {
    attributes
        .iter()
        .map(|(key, value)| key.len().saturating_add(value.len()))
        .sum()
}
