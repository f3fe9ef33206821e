//! What each flow event yields.

use ringback_connect::flow_event::FlowQueue;
use ringback_connect::ids::QueueKind;
use ringback_connect::{Endpoint, FlowEvent};

use crate::support::{Line, short};

/// One line: channel, method, contact, then what is there.
pub(crate) fn summary(event: &FlowEvent) -> String {
    let contact = &event.contact;
    let mut line = Line::new(format!(
        "{} {} {} in {}",
        contact.channel,
        contact
            .initiation_method
            .as_ref()
            .map_or("-", |method| method.as_str()),
        short(contact.contact_id.as_str()),
        short(contact.instance_arn.id.as_str()),
    ));
    let other = |id: &Option<_>| {
        id.as_ref()
            .filter(|id| **id != contact.contact_id)
            .map(|id: &ringback_connect::ids::ContactId| short(id.as_str()))
    };
    line.add("initial", other(&contact.initial_contact_id));
    line.add("previous", other(&contact.previous_contact_id));
    line.add("related", other(&contact.related_contact_id));
    line.add("from", contact.customer_endpoint.as_ref().map(endpoint));
    line.add("to", contact.system_endpoint.as_ref().map(endpoint));
    line.add("customer", contact.customer_id.clone());
    line.add("queue", contact.queue.as_ref().map(queue));
    line.add("language", contact.language_code.clone());
    line.add("name", contact.name.clone());
    line.add("description", contact.description.clone());
    line.add_map("attributes", &contact.attributes);
    line.add(
        "tags",
        (!contact.tags.is_empty()).then(|| contact.tags.len().to_string()),
    );
    line.add(
        "subtype",
        contact.segment_attributes["connect:Subtype"]["ValueString"]
            .as_str()
            .map(str::to_owned),
    );
    line.add(
        "references",
        contact
            .references
            .as_object()
            .filter(|map| !map.is_empty())
            .map(|map| map.len().to_string()),
    );
    line.add(
        "stream",
        contact.media_streams["Customer"]["Audio"]["StreamARN"]
            .as_str()
            .map(|_| "yes".to_owned()),
    );
    line.add("region", contact.aws_region.clone());
    let parameters = event
        .parameters
        .keys()
        .map(|name| (name.clone(), event.parameter(name).unwrap_or("-".into()).into()));
    line.add_map("parameters", &parameters.collect());
    line.add_errors(&event.malformed);
    line.text
}

/// A number that could be called back, `withheld`, or the kind of what cannot.
fn endpoint(endpoint: &Endpoint) -> String {
    match endpoint.phone() {
        Some(number) => number.as_str().to_owned(),
        None if endpoint.is_withheld() => "withheld".to_owned(),
        None => format!("{}?", endpoint.kind.as_ref().map_or("", |kind| kind.as_str())),
    }
}

fn queue(queue: &FlowQueue) -> String {
    let kind = if queue.arn.kind == QueueKind::Agent {
        "agent "
    } else {
        ""
    };
    let name = queue.name.as_deref().unwrap_or("-");
    let caller_id = queue
        .outbound_caller_id
        .as_ref()
        .map(|_| " showing a number")
        .unwrap_or_default();
    format!("{kind}{} {name}{caller_id}", short(queue.arn.id.as_str()))
}

pub(crate) const TABLE: &[(&str, &str)] = &[
    (
        "chat-inbound",
        "CHAT API c0022 in 1; language en-GB; attributes {email=caller@customer.example}; subtype connect:Chat; region eu-west-2",
    ),
    (
        "chat-sms",
        "CHAT INBOUND c0023 in 1; from +14155550100; to +14155550199; language en-GB; tags 2; subtype connect:SMS; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "email-inbound",
        "EMAIL INBOUND c0025 in 1; from EMAIL_ADDRESS?; to EMAIL_ADDRESS?; language en-GB; name Where is my order?; tags 2; subtype connect:Email; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "task-api",
        "TASK API c0024 in 1; related c0001; language en-GB; name Call back about order; description The customer asked for a call.; tags 2; subtype connect:Task; references 1; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "unknown-channel",
        "HOLOGRAM TELEPATHY c0026 in 1; from AETHER?; to +14155550199; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "voice-agent-queue",
        "VOICE INBOUND c0004 in 1; from +14155550100; to +14155550199; queue agent a0001 -; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "voice-callback",
        "VOICE CALLBACK c0019 in 1; initial c0001; previous c0001; from +14155550100; queue b0001 Support showing a number; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "voice-documentation-example",
        "VOICE INBOUND | OUTBOUND | TRANSFER | CALLBACK XXXXXXXXXXX in XXXXXXXXXX; from +14155550100; to +14155550199; customer someCustomerId; queue eeeeeeeeeeee PasswordReset showing a number; language en-US; name ContactFlowEvent; description someDescription; attributes {exampleAttributeKey1=exampleAttributeValue1}; references 1; stream yes; parameters {exampleParameterKey1=exampleParameterValue1, exampleParameterKey2=exampleParameterValue2}",
    ),
    (
        "voice-empty-parameters",
        "VOICE INBOUND c0005 in 1; from +14155550100; to +14155550199; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2",
    ),
    (
        "voice-entered-number",
        "VOICE INBOUND c0001 in 1; from +14155550198; to +14155550199; queue b0001 Support showing a number; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {enteredNumber=4155550101}",
    ),
    (
        "voice-garbage-number",
        "VOICE INBOUND c0014 in 1; from TELEPHONE_NUMBER?; to +14155550199; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "voice-inbound",
        "VOICE INBOUND c0001 in 1; from +14155550100; to +14155550199; queue b0001 Support showing a number; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "voice-monitor",
        "VOICE MONITOR c0021 in 1; from +14155550100; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "voice-nested-parameters",
        "VOICE INBOUND c0007 in 1; from +14155550100; to +14155550199; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {blank=-, hobbies=-, measured=true, minimumRating=3.5, mode=same-only, nothing=-, queues=-, windowDays=7}",
    ),
    (
        "voice-null-attribute-values",
        "VOICE INBOUND c0009 in 1; from +14155550100; to +14155550199; language en-GB; attributes {account=A-100, empty=, score=4.5, vip=false, visits=3}; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "voice-null-attributes",
        "VOICE INBOUND c0008 in 1; from +14155550100; to +14155550199; language en-GB; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "voice-null-parameters",
        "VOICE INBOUND c0006 in 1; from +14155550100; to +14155550199; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2",
    ),
    (
        "voice-null-queue",
        "VOICE INBOUND c0003 in 1; from +14155550100; to +14155550199; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "voice-open-order",
        "VOICE INBOUND c0001 in 1; from +14155550101; to +14155550199; queue b0001 Support showing a number; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2",
    ),
    (
        "voice-outbound",
        "VOICE OUTBOUND c0020 in 1; from +14155550100; to +14155550199; queue b0001 Support showing a number; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "voice-queue-transfer",
        "VOICE QUEUE_TRANSFER c0018 in 1; initial c0001; previous c0001; from +14155550100; queue b0002 Billing showing a number; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
    ("voice-required-fields-only", "VOICE - c0030 in 1"),
    (
        "voice-sip-caller",
        "VOICE INBOUND c0015 in 1; from VOIP?; to +14155550199; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "voice-step-transferred",
        "VOICE INBOUND c0001 in 1; from +14155550101; to +14155550199; queue b0001 Support showing a number; language en-GB; attributes {callerClass=active-order, callerCustomerId=c-1, callerName=Customer A, callerOrderId=A-17, callerOrderTitle=two pizzas, callerShopChannel=shop-1, callerShopId=shop-1, callerShopName=Pizzeria One, planLength=4, step1Kind=external, step1Name=shop}; tags 2; subtype connect:Telephony; region eu-west-2; parameters {kind=external, place=shop, seconds=15, step=transferred}",
    ),
    (
        "voice-transfer-leg",
        "VOICE TRANSFER c0017 in 1; initial c0001; previous c0001; from +14155550100; to +14155550199; queue b0001 Support showing a number; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "voice-uk-mobile",
        "VOICE INBOUND c0016 in 1; from +447700900123; to +14155550199; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "voice-unicode-attributes",
        "VOICE INBOUND c0010 in 1; from +14155550100; to +14155550199; language en-GB; attributes {emoji=📞 again, größe=straße, newline=a\\nb, rtl=مرحبا, 名前=未登録}; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "voice-unreadable-optional-fields",
        "VOICE INBOUND c0027 in 1; to +14155550199; language en-GB; attributes {kept=yes}; tags 2; subtype connect:Telephony; region eu-west-2; malformed Details.ContactData.InitialContactId: has white space or # in it, Details.ContactData.CustomerEndpoint: is a string, not an object, Details.ContactData.Queue.ARN: is no ARN, Details.ContactData.Attributes: is an array, not a map of texts, Details.Parameters: is an array, not an object",
    ),
    (
        "voice-webrtc",
        "VOICE WEBRTC_API c0002 in 1; language en-GB; name Customer; attributes {languageCode=en-US}; tags 1; subtype connect:WebRTC; stream yes; region eu-west-2",
    ),
    (
        "voice-withheld-empty",
        "VOICE INBOUND c0013 in 1; from withheld; to +14155550199; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "voice-withheld-keypad",
        "VOICE INBOUND c0012 in 1; from withheld; to +14155550199; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
    (
        "voice-withheld-number",
        "VOICE INBOUND c0011 in 1; from withheld; to +14155550199; language en-GB; tags 2; subtype connect:Telephony; region eu-west-2; parameters {mode=same-first}",
    ),
];
