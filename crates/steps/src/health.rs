//! A carrier account that became healthy, unhealthy or disabled, as it travels in the `detail` of an EventBridge event.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `detail-type` of the envelope.
pub const HEALTH_DETAIL_TYPE: &str = "Carrier Health";

/// The name and version of the detail's shape; fields may be added under the same version.
pub const HEALTH_SCHEMA: &str = "ringback.carrier-health/1";

/// A switch of an account's health. It is told once for each switch, and holds no slug: that is a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthEvent {
    /// [`HEALTH_SCHEMA`]
    pub schema: String,
    /// Whose account it is.
    pub tenant: String,
    /// The account's public id, as `GET /carriers` shows it.
    pub account_id: String,
    /// The carrier's code.
    pub carrier: String,
    /// `closed`, `half-open`, `open` or `disabled`.
    pub from: String,
    /// Likewise.
    pub to: String,
    /// Why: `errors`, `silent`, `manual`; none where it is healthy again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}
