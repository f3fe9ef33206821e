//! What breaks and heals simulated carriers from another process, and asks them whom they rang: routes of their server that
//! no carrier has.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use reqwest::{Client, Method, RequestBuilder};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::call::Party;
use super::fault::{CarrierFault, Mixture};
use super::shape::shape_of;
use super::{Inner, SimulatedCarriers};
use crate::simulated_carriers::media::hosts::Asked;

/// What the routes begin with.
const CONTROL: &str = "/simulated-carriers";

/// How often people's telephones rang in a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimesRung {
    /// The agent's.
    pub agent: u32,
    /// The customer's.
    pub customer: u32,
}

/// Whom the carriers rang.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// How many calls are under way.
    pub under_way: u64,
    /// How often people were rung, by our ids of the calls. Calls of which nobody was rung yet are here too.
    pub calls: BTreeMap<String, TimesRung>,
}

impl Tally {
    pub(super) fn of(inner: &Inner) -> Self {
        let mut tally = Self::default();
        for call in inner.calls.values() {
            tally.calls.entry(call.ours.clone()).or_default();
            tally.under_way += u64::from(!call.over);
        }
        for rung in &inner.rung {
            let times = tally.calls.entry(rung.call.clone()).or_default();
            match rung.party {
                Party::Agent => times.agent += 1,
                Party::Customer => times.customer += 1,
            }
        }
        tally
    }

    /// The calls in which somebody was rung more than once.
    pub fn rung_twice(&self) -> Vec<&str> {
        let twice = self
            .calls
            .iter()
            .filter(|(_, times)| times.agent > 1 || times.customer > 1);
        twice.map(|(call, _)| call.as_str()).collect()
    }
}

impl SimulatedCarriers {
    /// The answer to a request that is none of a carrier's; none where it is one.
    pub(crate) fn control(&self, asked: &Asked) -> Option<Response> {
        let path = asked.path.strip_prefix(CONTROL)?;
        let parts: Vec<_> = path.split('/').skip(1).collect();
        Some(match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["tally"]) => axum::Json(self.tally()).into_response(),
            ("PUT", ["mixture"]) => self.take(asked, |mixture: Mixture| self.set_mixture(mixture)),
            ("PUT", ["faults", carrier]) if shape_of(carrier).is_some() => {
                self.take(asked, |faults: Vec<CarrierFault>| self.always(carrier, faults))
            }
            ("GET", ["faults"]) => axum::Json(self.inner().always.clone()).into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        })
    }

    fn take<T: DeserializeOwned>(&self, asked: &Asked, set: impl FnOnce(T)) -> Response {
        match serde_json::from_slice(&asked.body) {
            Ok(value) => {
                set(value);
                StatusCode::NO_CONTENT.into_response()
            }
            Err(problem) => (StatusCode::BAD_REQUEST, problem.to_string()).into_response(),
        }
    }
}

/// The simulated carriers of another process.
#[derive(Debug, Clone)]
pub struct Control {
    client: Client,
    base: String,
}

impl Control {
    /// Those that listen at that URL: the setting `SIMULATED_CARRIERS`.
    ///
    /// # Errors
    /// When there is no HTTP client to be had.
    pub fn of(url: &str) -> Result<Self> {
        Ok(Self {
            client: Client::builder().no_proxy().build()?,
            base: format!("{}{CONTROL}", url.trim_end_matches('/')),
        })
    }

    /// What is wrong with a carrier from now on; nothing where there is no fault.
    ///
    /// # Errors
    /// When nobody listens, or no such carrier is asked for calls here.
    pub async fn always(&self, carrier: &str, faults: &[CarrierFault]) -> Result<()> {
        let request = self
            .request(Method::PUT, &format!("/faults/{carrier}"))
            .json(&faults);
        self.send(request).await.map(drop)
    }

    /// What is wrong with which carrier.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn faults(&self) -> Result<BTreeMap<String, Vec<CarrierFault>>> {
        Ok(self
            .send(self.request(Method::GET, "/faults"))
            .await?
            .json()
            .await?)
    }

    /// What shares of all requests for a call go wrong from now on.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn set_mixture(&self, mixture: Mixture) -> Result<()> {
        self.send(self.request(Method::PUT, "/mixture").json(&mixture))
            .await
            .map(drop)
    }

    /// Whom the carriers rang.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn tally(&self) -> Result<Tally> {
        Ok(self
            .send(self.request(Method::GET, "/tally"))
            .await?
            .json()
            .await?)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    async fn send(&self, request: RequestBuilder) -> Result<reqwest::Response> {
        let answer = request
            .send()
            .await
            .context("the simulated carriers do not answer; is `ringback serve` running?")?;
        match answer.status().as_u16() {
            200..=299 => Ok(answer),
            404 => bail!("no such carrier is asked for calls here"),
            status => bail!(
                "the simulated carriers answered {status}: {}",
                answer.text().await?
            ),
        }
    }
}
