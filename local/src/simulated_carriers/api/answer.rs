//! What a request to a carrier's API is answered.

use std::future::pending;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::watch;

use super::call::{Call, Leg, Moment, Party};
use super::fault::CarrierFault;
use super::shape::{Order, Said, Shape, Want, shape_of};
use super::{CarrierRequest, Inner, SimulatedCarriers};
use crate::simulated_carriers::media::credentials;
use crate::simulated_carriers::media::hosts::Asked;

/// What says that a request is to count as one that never left: a server that answers cannot be one that is not there.
const NOT_SENT: &str = "x-simulated-not-sent";

/// How long the carrier waits, in `Early`, for its own events.
const PATIENCE: Duration = Duration::from_secs(30);

impl SimulatedCarriers {
    /// The answer; none where a request is about no calls.
    pub(crate) async fn answer(&self, carrier: &str, asked: &Asked) -> Option<Response> {
        let shape = shape_of(carrier)?;
        let want = shape.want(asked)?;
        let (what, call) = self.about(&want);
        let request = |status| CarrierRequest {
            carrier: carrier.to_owned(),
            what,
            call,
            status,
        };
        if self.is_dead(carrier) {
            self.inner().requests.push(request(0));
            return Some(not_sent());
        }
        let secret = self.inner().secrets.get(carrier).cloned();
        if credentials::check_api(carrier, asked, secret.as_deref()).is_err() {
            self.inner().requests.push(request(401));
            return Some(shape.refused(401).response());
        }
        let answer = match want {
            Want::Place(order) => return Some(self.place(shape, *order, request).await),
            Want::Second(call, leg) => self.second(shape, call, *leg),
            Want::SecondOf(ours, leg) => self
                .number_of(carrier, &ours)
                .and_then(|call| self.second(shape, call, *leg)),
            Want::InquireAll => Some(self.of_all(shape, asked)),
            Want::Inquire(call) => self.of_call(call, |call| shape.became(call, asked)),
            Want::HangUp(call) => self.hang_up(shape, call),
            Want::HangUpOf(ours) => self
                .number_of(carrier, &ours)
                .and_then(|call| self.hang_up(shape, call)),
            Want::Nonsense => Some(shape.refused(400)),
        };
        let answer = answer.unwrap_or_else(|| shape.refused(404));
        self.inner().requests.push(request(answer.status));
        Some(answer.response())
    }

    /// What a request is about, and the call's id of ours.
    fn about(&self, want: &Want) -> (&'static str, Option<String>) {
        let inner = self.inner();
        let ours = |call: &u64| inner.calls.get(call).map(|call| call.ours.clone());
        match want {
            Want::Place(order) => ("place", Some(order.ours.clone())),
            Want::Second(call, _) => ("second-leg", ours(call)),
            Want::SecondOf(ours, _) => ("second-leg", Some(ours.clone())),
            Want::HangUpOf(ours) => ("hang-up", Some(ours.clone())),
            Want::InquireAll => ("inquire", None),
            Want::Inquire(call) => ("inquire", ours(call)),
            Want::HangUp(call) => ("hang-up", ours(call)),
            Want::Nonsense => ("nonsense", None),
        }
    }

    fn of_call(&self, call: u64, answer: impl FnOnce(&Call) -> Said) -> Option<Said> {
        self.inner().calls.get(&call).map(answer)
    }

    fn of_all(&self, shape: &dyn Shape, asked: &Asked) -> Said {
        let inner = self.inner();
        let calls = inner.calls.values();
        let calls: Vec<_> = calls
            .filter(|call| call.carrier == shape.code())
            .cloned()
            .collect();
        shape.all(&calls, asked)
    }

    /// The number of the call that has that id of ours.
    fn number_of(&self, carrier: &str, ours: &str) -> Option<u64> {
        let inner = self.inner();
        let mut calls = inner.calls.values();
        let found = calls.find(|call| call.carrier == carrier && call.ours == ours);
        found.map(|call| call.number)
    }

    fn is_dead(&self, carrier: &str) -> bool {
        let inner = self.inner();
        let always = inner.always.get(carrier);
        always.is_some_and(|faults| faults.contains(&CarrierFault::Dead))
    }

    async fn place(
        &self,
        shape: &'static dyn Shape,
        order: Order,
        request: impl FnOnce(u16) -> CarrierRequest,
    ) -> Response {
        let faults = self.inner().faults(shape.code());
        let call = faults
            .iter()
            .all(CarrierFault::places)
            .then(|| self.begin(shape.code(), order, faults.clone()));
        let said = self.said(shape, call, &faults).await;
        let status = said.as_ref().map_or(0, |said| said.status);
        self.inner().requests.push(request(status));
        if let Some(said) = said {
            return said.response();
        }
        if faults.contains(&CarrierFault::Dead) {
            not_sent()
        } else if faults
            .iter()
            .any(|fault| matches!(fault, CarrierFault::Reset { .. }))
        {
            cut()
        } else {
            // Whoever waits goes away at some time, and this with them.
            pending().await
        }
    }

    /// What the carrier says to a request for a call; none where it says nothing.
    async fn said(&self, shape: &dyn Shape, call: Option<u64>, faults: &[CarrierFault]) -> Option<Said> {
        let mut said = call.and_then(|call| self.of_call(call, |call| shape.accepted(call)));
        for fault in faults {
            match fault {
                CarrierFault::Refuse { status, body } => {
                    let own = shape.refused(*status);
                    said = Some(Said {
                        body: body.clone().unwrap_or_else(|| own.body.clone()),
                        ..own
                    });
                }
                CarrierFault::ErrorInside => said = Some(shape.error_inside()),
                CarrierFault::ErrorAfter => said = Some(shape.refused(500)),
                CarrierFault::Hang { .. } | CarrierFault::Reset { .. } | CarrierFault::Dead => return None,
                CarrierFault::Early => {
                    if let Some(call) = call {
                        self.has_told_of_the_agent(call).await;
                    }
                }
                CarrierFault::Slow { .. } => {
                    tokio::time::sleep(fault.pause().unwrap_or_default()).await;
                }
                CarrierFault::Silent | CarrierFault::Twice => {}
            }
        }
        said
    }

    async fn has_told_of_the_agent(&self, call: u64) {
        let told = self.wait_for(call, |call| {
            call.over || call.told.contains(&Moment::Answered(Party::Agent))
        });
        // After that time it answers whatever it has told.
        drop(tokio::time::timeout(PATIENCE, told).await);
    }

    /// Takes a call on; its number.
    fn begin(&self, carrier: &'static str, order: Order, faults: Vec<CarrierFault>) -> u64 {
        let mut inner = self.inner();
        let number = inner.calls.len() as u64 + 1;
        inner.calls.insert(
            number,
            Call {
                carrier,
                number,
                ours: order.ours,
                events_url: order.events_url,
                agent: order.agent,
                customer: order.customer,
                faults,
                told: Vec::new(),
                hang_up: false,
                over: false,
                changed: watch::Sender::new(()),
            },
        );
        let life = self.lives().of(number);
        // Those that are over leave nothing behind.
        while inner.lives.try_join_next().is_some() {}
        inner.lives.spawn(life.run());
        number
    }

    fn second(&self, shape: &dyn Shape, call: u64, leg: Leg) -> Option<Said> {
        self.change(call, |call| {
            if call.over || call.agent.answered.is_none() {
                return shape.refused(422);
            }
            // The same command again does nothing, and is answered as the first was.
            call.customer.get_or_insert(leg);
            shape.second_accepted(call)
        })
    }

    fn hang_up(&self, shape: &dyn Shape, call: u64) -> Option<Said> {
        self.change(call, |call| {
            if call.over {
                return shape.refused(404);
            }
            call.hang_up = true;
            shape.hung_up(call)
        })
    }
}

impl Inner {
    /// What is wrong with the next request for a call.
    fn faults(&mut self, carrier: &str) -> Vec<CarrierFault> {
        self.asked += 1;
        if let Some(fault) = self.next.get_mut(carrier).and_then(|next| next.pop_front()) {
            return vec![fault];
        }
        let always = self.always.get(carrier).cloned().unwrap_or_default();
        if always.is_empty() {
            self.mixture.of(self.asked).into_iter().collect()
        } else {
            always
        }
    }
}

fn not_sent() -> Response {
    (StatusCode::BAD_GATEWAY, [(NOT_SENT, "1")]).into_response()
}

/// An answer whose connection ends before it is whole.
fn cut() -> Response {
    let end = std::io::Error::other("the connection ends here");
    let body = Body::from_stream(stream::iter([Err::<Bytes, _>(end)]));
    ([(CONTENT_LENGTH, "1000")], body).into_response()
}
