//! How a call goes by at a simulated carrier.

use std::time::Duration;

use jiff::Timestamp;
use ringback_carriers::{Second, ability_of};

use super::call::{Call, End, Fate, Leg, Moment, Pace, Party, Rung};
use super::fault::CarrierFault;
use super::shape::{Shape, shape_of};
use super::{Lives, SimulatedCarriers};

/// The life of the call of that number.
pub(super) struct Life {
    lives: Lives,
    number: u64,
}

/// Why a life does not go on: the call is to end, or there is nobody any more who simulates it.
enum Stop {
    HungUp,
    Gone,
}

impl Lives {
    pub(super) fn of(self, number: u64) -> Life {
        Life { lives: self, number }
    }
}

impl Life {
    pub(super) async fn run(self) {
        let ended = match self.until_the_end().await {
            Ok(()) => Ok(()),
            Err(Stop::HungUp) => self.all_hang_up().await,
            Err(Stop::Gone) => return,
        };
        let Some(carriers) = self.lives.get() else {
            return;
        };
        if ended.is_ok() {
            carriers.tell(self.number, Moment::Afterwards).await;
        }
        carriers.change(self.number, |call| call.over = true);
    }

    async fn until_the_end(&self) -> Result<(), Stop> {
        if !self.is_reached(Party::Agent).await? {
            return Ok(());
        }
        self.be_told_whom_to_dial().await?;
        let dials = self.get(|call| call.customer.is_some())?;
        if dials && self.carriers()?.fate(self.number, Party::Agent) == Fate::HangsUpEarly {
            return self.agent_hangs_up_early().await;
        }
        if dials && self.is_reached(Party::Customer).await? {
            self.happens(Moment::Bridged).await?;
            self.pause(self.pace()?.talk).await?;
            self.ends(Party::Customer, End::Over).await?;
        }
        self.ends(Party::Agent, End::Over).await
    }

    /// The agent is gone while the customer's telephone rings. It rings on where that is a call of its own.
    async fn agent_hangs_up_early(&self) -> Result<(), Stop> {
        self.happens(Moment::Dialled(Party::Customer)).await?;
        self.happens(Moment::Ringing(Party::Customer)).await?;
        self.ends(Party::Agent, End::Over).await?;
        let carrier = self.get(|call| call.carrier)?;
        if ability_of(carrier).is_some_and(|ability| ability.second == Second::Command) {
            self.pause(self.pace()?.hold).await?;
            self.happens(Moment::Answered(Party::Customer)).await?;
            self.pause(self.pace()?.hold).await?;
            return self.ends(Party::Customer, End::Over).await;
        }
        self.ends(Party::Customer, End::Cancelled).await
    }

    /// Rings somebody; whether they answer.
    async fn is_reached(&self, party: Party) -> Result<bool, Stop> {
        let step = self.pace()?.step;
        self.pause(step).await?;
        self.happens(Moment::Dialled(party)).await?;
        self.pause(step).await?;
        self.happens(Moment::Ringing(party)).await?;
        self.pause(step * 2).await?;
        match self.carriers()?.fate(self.number, party) {
            Fate::Answers | Fate::HangsUpEarly => {
                self.happens(Moment::Answered(party)).await?;
                return Ok(true);
            }
            Fate::Busy => self.ends(party, End::Busy).await?,
            Fate::NoAnswer => self.ends(party, End::NoAnswer).await?,
        }
        Ok(false)
    }

    /// Until the carrier knows whom the agent wants to speak with, where it did not from the beginning.
    async fn be_told_whom_to_dial(&self) -> Result<(), Stop> {
        let (carrier, known) = self.get(|call| (call.carrier, call.customer.is_some()))?;
        if known {
            return Ok(());
        }
        match ability_of(carrier).map(|ability| ability.second) {
            Some(Second::Document) => {
                let carriers = self.carriers()?;
                let document = carriers.ask(self.number).await;
                let leg = shape_of(carrier).and_then(|shape| shape.connect(&document?));
                carriers.change(self.number, |call| call.customer = leg);
            }
            Some(Second::Command) => {
                // An agent who hears nothing hangs up at last.
                let hold = self.pace()?.hold;
                let told = self.until(|call| call.customer.is_some() || call.hang_up);
                if let Ok(told) = tokio::time::timeout(hold, told).await {
                    told?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Everybody who is still there is gone.
    async fn all_hang_up(&self) -> Result<(), Stop> {
        for party in [Party::Customer, Party::Agent] {
            let leg = self.get(|call| call.leg(party).cloned())?;
            let Some(leg) = leg.filter(Leg::is_up) else {
                continue;
            };
            let how = match leg.answered {
                Some(_) => End::Over,
                None => End::Cancelled,
            };
            self.ends(party, how).await?;
        }
        Ok(())
    }

    async fn ends(&self, party: Party, how: End) -> Result<(), Stop> {
        self.carriers()?.change(self.number, |call| {
            if let Some(leg) = call.leg_mut(party) {
                leg.ended = Some((Timestamp::now(), how));
            }
        });
        self.happens(Moment::Ended(party)).await
    }

    async fn happens(&self, moment: Moment) -> Result<(), Stop> {
        let carriers = self.carriers()?;
        carriers.note(self.number, moment);
        carriers.tell(self.number, moment).await;
        Ok(())
    }

    /// Lets time go by, unless the call is to end.
    async fn pause(&self, how_long: Duration) -> Result<(), Stop> {
        match tokio::time::timeout(how_long, self.until(|call| call.hang_up)).await {
            Err(_) => Ok(()),
            Ok(hung_up) => Err(hung_up.err().unwrap_or(Stop::HungUp)),
        }
    }

    /// Waits until that is so of the call, and keeps nothing alive.
    async fn until(&self, is_so: impl Fn(&Call) -> bool) -> Result<(), Stop> {
        let mut changes = self.get(|call| call.changed.subscribe())?;
        loop {
            if self.get(&is_so)? {
                return Ok(());
            }
            if changes.changed().await.is_err() {
                return Err(Stop::Gone);
            }
        }
    }

    fn carriers(&self) -> Result<SimulatedCarriers, Stop> {
        self.lives.get().ok_or(Stop::Gone)
    }

    fn get<T>(&self, part: impl FnOnce(&Call) -> T) -> Result<T, Stop> {
        let carriers = self.carriers()?;
        let inner = carriers.inner();
        inner.calls.get(&self.number).map(part).ok_or(Stop::Gone)
    }

    fn pace(&self) -> Result<Pace, Stop> {
        Ok(self.carriers()?.inner().pace)
    }
}

impl SimulatedCarriers {
    fn fate(&self, number: u64, party: Party) -> Fate {
        let inner = self.inner();
        let leg = inner.calls.get(&number).and_then(|call| call.leg(party));
        leg.and_then(|leg| inner.fates.get(&leg.number).copied())
            .unwrap_or_default()
    }

    /// Changes a call, and says so; none if there is no such call.
    pub(super) fn change<T>(&self, number: u64, change: impl FnOnce(&mut Call) -> T) -> Option<T> {
        let mut inner = self.inner();
        let call = inner.calls.get_mut(&number)?;
        let changed = change(call);
        call.changed.send_replace(());
        drop(inner);
        self.changed();
        Some(changed)
    }

    /// Waits until that is so of a call, or there is no such call.
    pub(super) async fn wait_for(&self, number: u64, is_so: impl Fn(&Call) -> bool) {
        let get = |call: &Call| call.changed.subscribe();
        let Some(mut changes) = self.inner().calls.get(&number).map(get) else {
            return;
        };
        // The sender is in the call, which is never forgotten.
        while !self.inner().calls.get(&number).is_none_or(&is_so) && changes.changed().await.is_ok() {}
    }

    /// Writes down what happens, and that somebody's telephone rings.
    fn note(&self, number: u64, moment: Moment) {
        let now = Timestamp::now();
        let rung = self.change(number, |call| {
            let (carrier, ours) = (call.carrier.to_owned(), call.ours.clone());
            let (Moment::Dialled(party) | Moment::Ringing(party) | Moment::Answered(party)) = moment else {
                return None;
            };
            let leg = call.leg_mut(party)?;
            match moment {
                Moment::Ringing(_) => leg.ringing = Some(now),
                Moment::Answered(_) => leg.answered = Some(now),
                _ => {
                    leg.dialled = Some(now);
                    return Some(Rung {
                        carrier,
                        call: ours,
                        party,
                        number: leg.number.clone(),
                    });
                }
            }
            None
        });
        self.inner().rung.extend(rung.flatten());
    }

    /// Tells the webhook what has happened, as the carrier does.
    async fn tell(&self, number: u64, moment: Moment) {
        let Some(call) = self.inner().calls.get(&number).cloned() else {
            return;
        };
        if self.is_silent(&call) {
            return;
        }
        let posts = shape_of(call.carrier).map(|shape: &dyn Shape| shape.tell(&call, moment));
        for post in posts.into_iter().flatten() {
            if call.faults.contains(&CarrierFault::Twice) {
                tokio::join!(self.post(&call, &post), self.post(&call, &post));
            } else {
                self.post(&call, &post).await;
            }
        }
        self.change(number, |call| call.told.push(moment));
    }

    /// Whether nobody hears of that call.
    fn is_silent(&self, call: &Call) -> bool {
        let inner = self.inner();
        let always = inner.always.get(call.carrier);
        call.faults
            .iter()
            .chain(always.into_iter().flatten())
            .any(|fault| *fault == CarrierFault::Silent)
    }

    /// Asks the webhook whom to dial; its document, if it has one.
    async fn ask(&self, number: u64) -> Option<String> {
        let call = self.inner().calls.get(&number).cloned()?;
        if self.is_silent(&call) {
            return None;
        }
        let question = shape_of(call.carrier)?.question(&call)?;
        if call.faults.contains(&CarrierFault::Twice) {
            let (first, _) = tokio::join!(self.post(&call, &question), self.post(&call, &question));
            return first;
        }
        self.post(&call, &question).await
    }
}
