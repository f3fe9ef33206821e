//! One account is asked for one call.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use ringback_accounts::{AMAZON_CONNECT, Account, Known};
use ringback_calls::{CallId, Number};
use ringback_carriers::{
    Accepted, Answered, Ask, CannotAsk, Fault, Keys, NewCall, Placing, Refusing, SecondLeg,
};
use ringback_outbound::Sent;
use ringback_placing::{Outcome, Token, caller_id};
use secrecy::{ExposeSecret, SecretString};
use tracing::{error, info, warn};

use crate::App;
use crate::body::Wish;
use crate::connect::{Connect, NewContact};
use crate::fleet::{Member, Way};

/// How long the agent's telephone may ring, in seconds, and how long the customer's.
pub(crate) const RING_SECONDS: u64 = 30;

/// A call, as every account is asked for it.
pub(crate) struct Order<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) call: &'a CallId,
    pub(crate) wish: &'a Wish,
    pub(crate) line: &'a str,
    /// How long the two may talk, in seconds.
    pub(crate) limit_seconds: u64,
    pub(crate) now: Timestamp,
}

/// An account that can be asked now: what would be asked is written already.
pub(crate) struct Ready<'a> {
    pub(crate) member: &'a Member,
    way: ReadyWay<'a>,
    /// What was taken so that it may be asked.
    pub(crate) tokens: Vec<Token>,
}

enum ReadyWay<'a> {
    Carrier {
        known: &'a Known,
        /// With which we ask.
        secrets: Vec<SecretString>,
        /// With which the carrier proves itself to us.
        signing: Vec<SecretString>,
        ask: Ask,
    },
    Connect,
}

/// Why an account cannot be asked now.
#[derive(Debug)]
pub(crate) enum NotReady {
    /// It cannot be asked, or not for this call.
    Cannot(CannotAsk),
    /// Its secrets cannot be had at the moment.
    Secrets,
}

/// What came of asking.
#[derive(Debug)]
pub(crate) enum Told {
    /// It places the call.
    Accepted(Accepted),
    /// It does not, and has rung nobody.
    Refused(Refusing),
    /// It was not reached, for that reason.
    NotSent(&'static str),
    /// It was not asked, because there was no time left.
    Late,
    /// Nobody knows.
    Unsure,
}

impl Told {
    /// What is counted of the account; none where it had no part in it. Amazon Connect tells of a call only when it is
    /// over.
    pub(crate) fn outcome(&self, account: &Account) -> Option<Outcome> {
        Some(match self {
            Self::Accepted(_) if account.carrier == AMAZON_CONNECT => Outcome::AcceptedQuietly,
            Self::Accepted(_) => Outcome::Accepted,
            Self::Refused(refusing) => Outcome::Refused(refusing.fault),
            Self::NotSent(_) => Outcome::NotSent,
            Self::Unsure => Outcome::Unsure,
            Self::Late => return None,
        })
    }

    /// Why another account may be asked; none where it must not.
    pub(crate) fn refusing(&self) -> Option<Refusing> {
        match self {
            Self::Refused(refusing) => Some(refusing.clone()),
            Self::NotSent(why) => Some(Refusing::new(Fault::Carrier, why)),
            Self::Late => Some(Refusing::new(Fault::Carrier, "no-time-left")),
            Self::Accepted(_) | Self::Unsure => None,
        }
    }
}

impl Ready<'_> {
    /// The limit of the conversation that the account's carrier really keeps where it is asked for that one, in seconds.
    pub(crate) fn longest(&self, limit_seconds: u64) -> u64 {
        self.member.longest(limit_seconds)
    }
}

impl Order<'_> {
    /// The number that the agent sees, of that account.
    fn agent_shown<'a>(&'a self, account: &'a Account) -> Option<&'a Number> {
        caller_id(account, self.wish.agent_shown.as_ref())
    }

    /// The number that the customer sees, of that account: the one that is asked for, else the company's main number if the
    /// account has it, else the account's first.
    fn customer_shown<'a>(&'a self, account: &'a Account) -> Option<&'a Number> {
        let main = self.wish.main_number.as_ref();
        let main = main.filter(|number| account.may_show(number));
        caller_id(account, self.wish.customer_shown.as_ref().or(main))
    }

    fn contact<'a>(&'a self, account: &'a Account) -> NewContact<'a> {
        let queue = account.settings.get("queueId").is_some() && self.wish.customer_shown.is_none();
        NewContact {
            account,
            call: self.call,
            wish: self.wish,
            shown: self.customer_shown(account).filter(|_| !queue),
            ring_seconds: RING_SECONDS,
        }
    }
}

impl App {
    /// Writes what an account would be asked, without asking.
    pub(crate) async fn prepare<'a>(
        &self,
        member: &'a Member,
        order: &Order<'_>,
    ) -> Result<Ready<'a>, NotReady> {
        let known = match &member.way {
            Way::Carrier(known) => known.as_ref(),
            Way::Connect => {
                let ready = Ready {
                    member,
                    way: ReadyWay::Connect,
                    tokens: Vec::new(),
                };
                let takes = Connect::takes(&order.contact(&member.account));
                return takes.map(|()| ready).map_err(NotReady::Cannot);
            }
            Way::None => return Err(NotReady::Cannot(CannotAsk::NoWay)),
        };
        let secrets = known.api_secrets().await;
        let signing = known.secrets().await;
        let (Ok(secrets), Ok(signing)) = (secrets, signing) else {
            error!(account = ?member.account.slug, "The secrets of a carrier account cannot be read, so it is asked for nothing");
            return Err(NotReady::Secrets);
        };
        let ask = self.written(known, order, &secrets, &signing);
        let ask = ask.map_err(|why| {
            warn!(account = ?member.account.slug, reason = why.reason(), "A carrier account cannot be asked for a call");
            NotReady::Cannot(why)
        })?;
        let way = ReadyWay::Carrier {
            known,
            secrets,
            signing,
            ask,
        };
        let tokens = Vec::new();
        Ok(Ready { member, way, tokens })
    }

    /// The request for a call, as the account's carrier wants it.
    fn written(
        &self,
        known: &Known,
        order: &Order<'_>,
        secrets: &[SecretString],
        signing: &[SecretString],
    ) -> Result<Ask, CannotAsk> {
        let (account, carrier, wish) = (&known.account, known.carrier.get(), order.wish);
        let shown = order.agent_shown(account).zip(order.customer_shown(account));
        let (agent_shown, customer_shown) = shown.ok_or(CannotAsk::Missing("a number to show"))?;
        // Some keep whole minutes, one at least. What the policy allows counts, and not what a carrier makes of it.
        let limit_seconds = carrier.longest(order.limit_seconds);
        if limit_seconds > order.limit_seconds {
            return Err(CannotAsk::Unfit("so short a limit of the conversation"));
        }
        let events_url = self.public_base.events_of(account, order.call);
        let call = NewCall {
            call: order.call,
            agent: wish.agent.as_str(),
            agent_shown: agent_shown.as_str(),
            agent_ring_seconds: RING_SECONDS,
            second: SecondLeg {
                number: wish.customer.as_str(),
                shown: customer_shown.as_str(),
                ring_seconds: RING_SECONDS,
                limit_seconds,
                record: wish.record,
                announcement: wish.announcement.as_ref(),
                events_url: &events_url,
                credential: signing.first().map(ExposeSecret::expose_secret),
            },
        };
        let settings = &account.settings;
        carrier.place(&call, &Keys { secrets, settings }, order.now)
    }

    /// Asks, once, within that time. Nothing here is tried again but what the carrier has refused because of a secret that
    /// has just been replaced, and only while half of the time is left: one that hears of a call as it runs out may place
    /// it, and nobody would know.
    pub(crate) async fn ask(&self, ready: &Ready<'_>, order: &Order<'_>, within: Duration) -> Told {
        let began = Instant::now();
        let told = match &ready.way {
            ReadyWay::Connect => {
                self.connect
                    .place(&order.contact(&ready.member.account), within)
                    .await
            }
            ReadyWay::Carrier {
                known,
                secrets,
                signing,
                ask,
            } => match self.send(known, ask, within).await {
                Told::Refused(refusing) if refusing.fault == Fault::Account => {
                    let newer = known.api_secrets_after(secrets).await.ok().flatten();
                    let newer = newer.map(|newer| self.written(known, order, &newer, signing));
                    match (newer, again_within(within, began.elapsed())) {
                        (Some(Ok(ask)), Some(left)) => self.send(known, &ask, left).await,
                        _ => Told::Refused(refusing),
                    }
                }
                told => told,
            },
        };
        let (account, outcome) = (&ready.member.account, told.word());
        let refusing = told.refusing();
        let reason = refusing.as_ref().map(|refusing| refusing.word.as_str());
        info!(call.id = %order.call, carrier = account.carrier, outcome, reason, "Asked a carrier for a call");
        told
    }

    async fn send(&self, known: &Known, ask: &Ask, within: Duration) -> Told {
        let (status, body) = match self.outbound.send(ask, within).await {
            Sent::Answered { status, body, .. } => (status, body),
            Sent::NotSent(why) => return Told::NotSent(why),
            Sent::Unsure(_) => return Told::Unsure,
        };
        let answer = Answered { status, body: &body };
        match known.carrier.get().placed(&answer) {
            Placing::Accepted(accepted) => Told::Accepted(accepted),
            Placing::Refused(refusing) => Told::Refused(refusing),
            Placing::Unsure => Told::Unsure,
        }
    }
}

/// What is left of a carrier's time for asking it again, if that is enough.
fn again_within(within: Duration, passed: Duration) -> Option<Duration> {
    let left = within.saturating_sub(passed);
    (left >= within / 2).then_some(left)
}

impl Told {
    fn word(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "accepted",
            Self::Refused(_) => "refused",
            Self::NotSent(_) | Self::Late => "not-sent",
            Self::Unsure => "unsure",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carrier_that_is_asked_again_has_what_is_left_of_its_time_and_not_the_whole_again() {
        let milliseconds = Duration::from_millis;
        for (passed, left) in [
            (0, Some(8000)),
            (500, Some(7500)),
            (4000, Some(4000)),
            (4001, None),
            (9000, None),
        ] {
            assert_eq!(
                again_within(milliseconds(8000), milliseconds(passed)),
                left.map(milliseconds),
                "{passed}"
            );
        }
    }
}
