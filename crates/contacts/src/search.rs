//! `SearchContacts`, the fallback for a caller whom the index does not know.
//!
//! Its default quota is 0.5 requests a second with a burst of 1, for the whole account and Region, so a request is
//! sent only after a conditional write on one shared item has reserved it. It returns no customer number: the caller
//! is found by a contact attribute that an administrator has made searchable in the Amazon Connect console.

use std::time::Duration;

use aws_sdk_connect::Client;
use aws_sdk_connect::config::timeout::TimeoutConfig;
use aws_sdk_connect::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_connect::operation::search_contacts::SearchContactsError;
use aws_sdk_connect::primitives::DateTime;
use aws_sdk_connect::types::{
    ContactSearchSummary, SearchContactsMatchType, SearchContactsTimeRange, SearchContactsTimeRangeType,
    SearchCriteria, SearchableContactAttributes, SearchableContactAttributesCriteria, Sort, SortOrder,
    SortableFieldName,
};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use ringback_connect::ids::{ContactId, InstanceArn};
use ringback_connect::{Channel, InitiationMethod};
use ringback_lambda::one_try;

use crate::answer::Reason;
use crate::item::{self, EXPIRES_AT, ID};
use crate::leg::Facts;
use crate::observe::{Observation, Source, root_of};
use crate::store::{ContactStore, StoreError};
use ringback_connect::CallerKey;

/// One request every two seconds: the account's default quota.
const PAUSE: Duration = Duration::from_secs(2);
/// After a throttle somebody else uses the quota too, so everybody waits longer.
const PAUSE_AFTER_THROTTLE: Duration = Duration::from_secs(10);
/// How long a caller whom the search did not find is not searched again.
const FORGET_AFTER: Duration = Duration::from_secs(300);
/// Values of searchable attributes are at most this long.
const LONGEST_VALUE: usize = 100;
/// The item that reserves the next request.
const BUCKET: &str = "bucket#search";
const NEXT_AT: &str = "nextAt";
const UNTIL: &str = "until";

fn searched_id(key: &CallerKey) -> String {
    format!("searched#{}", key.index_key())
}

/// How to search.
#[derive(Debug, Clone)]
pub struct Search {
    client: Client,
    attribute: String,
    days: i64,
    timeout: Duration,
}

impl Search {
    /// A search by the searchable contact attribute of that name over the last `days` (56 at most), which waits
    /// for at most `timeout`.
    pub fn new(client: Client, attribute: String, days: i64, timeout: Duration) -> Self {
        Self {
            client,
            attribute,
            days,
            timeout,
        }
    }

    /// The caller's contacts that reached an agent, newest first, one page.
    pub(crate) async fn contacts(
        &self,
        instance: &InstanceArn,
        key: &CallerKey,
        now: Timestamp,
    ) -> Result<Vec<Observation>, Reason> {
        let seconds = |at: Timestamp| DateTime::from_secs(at.as_second());
        let from = now
            .checked_sub(Duration::from_secs(self.days.unsigned_abs() * 24 * 3600))
            .unwrap_or(now);
        // Ranged and sorted by the time an agent was connected: calls that nobody took cannot fill the page.
        let range = SearchContactsTimeRange::builder()
            .r#type(SearchContactsTimeRangeType::ConnectedToAgentTimestamp)
            .start_time(seconds(from))
            .end_time(seconds(now))
            .build();
        let sort = Sort::builder()
            .field_name(SortableFieldName::ConnectedToAgentTimestamp)
            .order(SortOrder::Descending)
            .build();
        let criterion = SearchableContactAttributesCriteria::builder()
            .key(&self.attribute)
            .set_values(Some(key.spellings().map(str::to_owned).collect()))
            .build();
        let (Ok(range), Ok(sort), Ok(criterion)) = (range, sort, criterion) else {
            return Err(Reason::SearchMalformed);
        };
        let attributes = SearchableContactAttributes::builder()
            .criteria(criterion)
            .match_type(SearchContactsMatchType::MatchAll)
            .build()
            .map_err(|_| Reason::SearchMalformed)?;
        // Never repeated: a second attempt would be a second request against the quota.
        let once = aws_sdk_connect::Config::builder()
            .retry_config(one_try())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(self.timeout)
                    .operation_attempt_timeout(self.timeout)
                    .operation_timeout(self.timeout)
                    .build(),
            );
        let answer = self
            .client
            .search_contacts()
            .instance_id(instance.id.as_str())
            .time_range(range)
            .search_criteria(
                SearchCriteria::builder()
                    .searchable_contact_attributes(attributes)
                    .build(),
            )
            .sort(sort)
            .max_results(25)
            .customize()
            .config_override(once)
            .send()
            .await
            .map_err(|error| problem(&error))?;
        Ok(answer
            .contacts()
            .iter()
            .filter_map(|contact| observation(contact, instance, key))
            .collect())
    }

    /// Whether a caller can be searched at all.
    pub(crate) fn knows(&self, key: &CallerKey) -> bool {
        key.spellings().all(|text| text.chars().count() <= LONGEST_VALUE)
    }
}

fn problem(error: &SdkError<SearchContactsError>) -> Reason {
    match error {
        SdkError::ServiceError(service) => match service.err().code() {
            // `is_throttling_exception` of the SDK misses the second name.
            Some("ThrottlingException" | "TooManyRequestsException") => Reason::SearchThrottled,
            Some("AccessDeniedException" | "UnrecognizedClientException" | "ExpiredTokenException") => {
                Reason::SearchRefused
            }
            // An answer of success that the SDK cannot read arrives here, without a code.
            _ if service.raw().status().is_success() => Reason::SearchMalformed,
            _ => Reason::SearchUnavailable,
        },
        SdkError::ResponseError(_) => Reason::SearchMalformed,
        _ => Reason::SearchUnavailable,
    }
}

/// A summary as facts of a leg. It names agent and queue by id; their ARNs follow from the instance's.
fn observation(
    summary: &ContactSearchSummary,
    instance: &InstanceArn,
    key: &CallerKey,
) -> Option<Observation> {
    let time = |at: Option<&DateTime>| at.and_then(|at| Timestamp::from_second(at.secs()).ok());
    let contact = ContactId::parse(summary.id()?).ok()?;
    let initial = summary
        .initial_contact_id()
        .and_then(|id| ContactId::parse(id).ok());
    let previous = summary
        .previous_contact_id()
        .and_then(|id| ContactId::parse(id).ok());
    let agent = summary.agent_info()?;
    let agent_id = agent.id()?;
    let connected_at = time(agent.connected_to_agent_timestamp())?;
    // The queue of an agent's own has the agent's id.
    let queue = summary
        .queue_info()
        .and_then(|queue| queue.id())
        .filter(|id| *id != agent_id);
    let facts = Facts {
        method: summary
            .initiation_method()
            .map(|method| InitiationMethod::from(method.as_str())),
        channel: summary.channel().map(|channel| Channel::from(channel.as_str())),
        previous: previous.clone(),
        agent: Some(format!("{}/agent/{agent_id}", instance.text)),
        queue: queue.map(|id| format!("{}/queue/{id}", instance.text)),
        connected_at: Some(connected_at),
        ended_at: time(summary.disconnect_timestamp()),
        ..Facts::default()
    };
    Some(Observation {
        root: root_of(&contact, initial.as_ref(), previous.as_ref()),
        contact,
        facts: Some((Source::Search, facts)),
        steps: Vec::new(),
        caller: Some(key.clone()),
        at: connected_at,
    })
}

/// The budget and the memory of searches.
impl ContactStore {
    /// Reserves the next request, if one may be sent at `now`. One conditional write, no loop.
    pub(crate) async fn reserve_search(&self, now: Timestamp) -> Result<bool, StoreError> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(ID, AttributeValue::S(BUCKET.to_owned()))
            .update_expression("SET #nextAt = :next")
            .condition_expression("attribute_not_exists(#nextAt) OR #nextAt <= :now")
            .expression_attribute_names("#nextAt", NEXT_AT)
            .expression_attribute_values(":next", item::number(after(now, PAUSE)))
            .expression_attribute_values(":now", item::number(now.as_millisecond()))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(error)
                if matches!(
                    error.as_service_error(),
                    Some(UpdateItemError::ConditionalCheckFailedException(_))
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::of(&error)),
        }
    }

    /// After a throttle: nobody searches for a while.
    pub(crate) async fn push_search_out(&self, now: Timestamp) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .key(ID, AttributeValue::S(BUCKET.to_owned()))
            .update_expression("SET #nextAt = :next")
            .expression_attribute_names("#nextAt", NEXT_AT)
            .expression_attribute_values(":next", item::number(after(now, PAUSE_AFTER_THROTTLE)))
            .send()
            .await
            .map(drop)
            .map_err(|error| StoreError::of(&error))
    }

    /// Whether the caller was searched in vain a short while ago.
    pub(crate) async fn searched_in_vain(&self, key: &CallerKey, now: Timestamp) -> Result<bool, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(ID, AttributeValue::S(searched_id(key)))
            .send()
            .await
            .map_err(|error| StoreError::of(&error))?;
        let until = found
            .item()
            .and_then(|item| item.get(UNTIL))
            .and_then(|until| until.as_n().ok());
        Ok(until
            .and_then(|until| until.parse::<i64>().ok())
            .is_some_and(|until| until > now.as_second()))
    }

    /// Remembers for a short while that the search knows nothing of the caller.
    pub(crate) async fn remember_in_vain(&self, key: &CallerKey, now: Timestamp) -> Result<(), StoreError> {
        let until = after(now, FORGET_AFTER) / 1000;
        self.client
            .put_item()
            .table_name(&self.table)
            .item(ID, AttributeValue::S(searched_id(key)))
            .item(UNTIL, item::number(until))
            .item(EXPIRES_AT, item::number(until))
            .send()
            .await
            .map(drop)
            .map_err(|error| StoreError::of(&error))
    }
}

/// `pause` after `now`, in milliseconds since 1970.
fn after(now: Timestamp, pause: Duration) -> i64 {
    now.as_millisecond()
        .saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX))
}
