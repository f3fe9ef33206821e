//! The APIs where carriers are asked for calls, in the server of [`SimulatedMedia`](super::SimulatedMedia): each takes what
//! its carrier's documentation says, rings whom it is told to ring, tells the webhook of it as that carrier does, and breaks
//! in every way that a test asks for.

mod answer;
mod bandwidth;
mod call;
mod control;
mod fault;
mod huawei;
mod jiuyun;
mod life;
mod plivo;
mod post;
mod shape;
mod sinch;
mod telnyx;
mod twilio;
mod vonage;
mod voximplant;
mod xml;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::Client;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use call::{Fate, Pace, Party, Rung};
pub use control::{Control, Tally, TimesRung};
pub use fault::{CarrierFault, Mixture};

use call::Call;

/// A request to a carrier's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierRequest {
    /// The carrier's code.
    pub carrier: String,
    /// What it was about: `place`, `second-leg`, `inquire`, `hang-up`.
    pub what: &'static str,
    /// The call's id of ours, where it is known.
    pub call: Option<String>,
    /// What it was answered with; 0 where it was not answered.
    pub status: u16,
}

#[derive(Debug, Default)]
struct Inner {
    /// Where the webhook is; none while nobody listens.
    webhook: Option<String>,
    pace: Pace,
    /// The calls by their numbers.
    calls: BTreeMap<u64, Call>,
    rung: Vec<Rung>,
    requests: Vec<CarrierRequest>,
    next: BTreeMap<String, VecDeque<CarrierFault>>,
    always: BTreeMap<String, Vec<CarrierFault>>,
    mixture: Mixture,
    /// How many requests for a call there were.
    asked: u64,
    /// How many events were posted.
    posted: u64,
    fates: BTreeMap<String, Fate>,
    signing: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    /// The lives of calls that are under way.
    lives: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    inner: Mutex<Inner>,
    /// Says that something has changed.
    changed: watch::Sender<u64>,
    client: Client,
}

/// The simulated APIs. Every life of a call ends when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct SimulatedCarriers(Arc<Shared>);

/// The same, which keeps nothing alive: for the lives of calls, which end with it.
#[derive(Clone)]
struct Lives(Weak<Shared>);

impl Lives {
    fn get(&self) -> Option<SimulatedCarriers> {
        self.0.upgrade().map(SimulatedCarriers)
    }
}

impl SimulatedCarriers {
    pub(crate) fn new() -> Result<Self> {
        let client = Client::builder()
            .timeout(Duration::from_secs(30))
            .tcp_nodelay(true)
            // Only ever to servers on this machine.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("ringback-simulated-carrier")
            .build()
            .context("making an HTTP client")?;
        Ok(Self(Arc::new(Shared {
            inner: Mutex::default(),
            changed: watch::Sender::default(),
            client,
        })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that something has changed, to whoever waits for it.
    fn changed(&self) {
        self.0.changed.send_modify(|version| *version += 1);
    }

    fn lives(&self) -> Lives {
        Lives(Arc::downgrade(&self.0))
    }

    /// Where the carriers post to: the base of the API's server, whatever the public URLs are that they sign. Until it is
    /// said, they tell nobody of their calls.
    pub fn connect_webhook(&self, api_url: &str) {
        self.inner().webhook = Some(api_url.trim_end_matches('/').to_owned());
    }

    /// How fast calls go by from now on.
    pub fn set_pace(&self, pace: Pace) {
        self.inner().pace = pace;
    }

    /// What is done, from now on, where that number rings; everybody else answers.
    pub fn set_fate(&self, number: &str, fate: Fate) {
        self.inner().fates.insert(number.to_owned(), fate);
    }

    /// What a carrier signs with for an account of that slug; for accounts that are no sample accounts.
    pub fn set_signing_secret(&self, slug: &str, secret: &str) {
        self.inner().signing.insert(slug.to_owned(), secret.to_owned());
    }

    /// The carrier asks for another secret (a token, a password) of its account's from now on.
    pub fn set_secret(&self, carrier: &str, secret: &str) {
        self.inner().secrets.insert(carrier.to_owned(), secret.to_owned());
    }

    /// How a carrier takes the next requests for a call, one fault each; after them it is well again.
    pub fn next(&self, carrier: &str, faults: impl IntoIterator<Item = CarrierFault>) {
        let mut inner = self.inner();
        inner.next.entry(carrier.to_owned()).or_default().extend(faults);
    }

    /// What is wrong with a carrier from now on, in place of what was.
    pub fn always(&self, carrier: &str, faults: impl IntoIterator<Item = CarrierFault>) {
        let faults = faults.into_iter().collect();
        self.inner().always.insert(carrier.to_owned(), faults);
    }

    /// Nothing is wrong with a carrier any more.
    pub fn heal(&self, carrier: &str) {
        let mut inner = self.inner();
        inner.next.remove(carrier);
        inner.always.remove(carrier);
    }

    /// What shares of all requests for a call go wrong, whichever carrier is asked.
    pub fn set_mixture(&self, mixture: Mixture) {
        self.inner().mixture = mixture;
    }

    /// Every time that a telephone was rung.
    pub fn rung(&self) -> Vec<Rung> {
        self.inner().rung.clone()
    }

    /// How often a number was rung, by whichever carriers.
    pub fn times_rung(&self, number: &str) -> usize {
        let inner = self.inner();
        inner.rung.iter().filter(|rung| rung.number == number).count()
    }

    /// What the proof needs: how often the most-rung customer of a call was rung, and how many calls there are.
    pub fn tally(&self) -> Tally {
        Tally::of(&self.inner())
    }

    /// The requests since the last call of this.
    pub fn take_requests(&self) -> Vec<CarrierRequest> {
        std::mem::take(&mut self.inner().requests)
    }

    /// Waits until no call is under way any more.
    pub async fn settled(&self) {
        self.until(|inner| inner.calls.values().all(|call| call.over))
            .await;
    }

    /// Waits until that party of the call of that id of ours has answered, or the call is over.
    pub async fn answered(&self, call: &str, party: Party) {
        let answered = |known: &Call| {
            let leg = known.leg(party);
            known.ours == call && (known.over || leg.is_some_and(|leg| leg.answered.is_some()))
        };
        self.until(|inner| inner.calls.values().any(answered)).await;
    }

    async fn until(&self, is_so: impl Fn(&Inner) -> bool) {
        let mut changes = self.0.changed.subscribe();
        // The sender is in `self`.
        while !is_so(&self.inner()) && changes.changed().await.is_ok() {}
    }
}
