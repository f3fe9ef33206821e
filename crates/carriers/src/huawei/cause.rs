//! Why a call ended, from the fields of a call detail record.

use ringback_calls::{Cause, Class, Leg, Verdict};

/// The fields that say why, and whether each leg was answered.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Release {
    /// `callOutUnaswRsn`: ITU-T Q.850, of leg A.
    pub(super) a: Option<u64>,
    /// `fwdUnaswRsn`: ITU-T Q.850, of leg B.
    pub(super) b: Option<u64>,
    /// `ulFailReason`: Huawei's own release point.
    pub(super) point: Option<u64>,
    /// `sipStatusCode`.
    pub(super) sip: Option<u64>,
    /// There is a `callOutAnswerTime`.
    pub(super) a_answered: bool,
    /// There is a `fwdAnswerTime`.
    pub(super) b_answered: bool,
}

impl Release {
    /// The first field that decides.
    pub(super) fn verdict(self) -> Verdict {
        let sip = self.sip.and_then(|status| u16::try_from(status).ok());
        let sip = sip.filter(|status| *status != 0);
        let (class, leg, word, code) = if let Some(cause) = failed(self.a).filter(|_| !self.a_answered) {
            (q850(cause), Some(Leg::A), "callOutUnaswRsn", Some(cause))
        } else if let Some(cause) = failed(self.b).filter(|_| !self.b_answered) {
            (q850(cause), Some(Leg::B), "fwdUnaswRsn", Some(cause))
        } else if let Some((class, point)) = self.point.and_then(|point| Some((self.point(point)?, point))) {
            let leg = self
                .unanswered()
                .filter(|_| matches!(class, Class::Unreachable | Class::Busy));
            (class, leg, "ulFailReason", Some(point))
        } else if let Some(status) = sip.filter(|status| !(200..300).contains(status)) {
            let class = self.unreached(Class::of_sip(status));
            (class, self.unanswered(), "sipStatusCode", Some(u64::from(status)))
        } else {
            // Nothing failed, or in a way that no list has.
            let class = match self.point {
                None | Some(0) => Class::Cleared,
                Some(518) => self.unreached(Class::Unreachable),
                Some(_) => Class::Other,
            };
            (class, None, "ulFailReason", self.point)
        };
        let cause = Cause {
            code: code.map(|code| code.to_string()),
            sip,
            ..Cause::said(class, word)
        };
        Verdict { cause, leg }
    }

    /// What a release point means; none where it leaves that to another field.
    fn point(self, point: u64) -> Option<Class> {
        Some(match point {
            // All is well, which it cannot be for a leg that nobody answered.
            0 if self.b_answered => Class::Ok,
            8010 => Class::MaxDuration,
            // Timeouts, and what was cancelled before it was answered; not connected, a tone of failure.
            513..=517 | 8001..=8004 | 8009 | 8035 => self.unreached(Class::Unreachable),
            519..=522 | 539..=549 => Class::Server,
            550..=553 => Class::Cleared,
            // "The remote user failed": Q.850 says how, or else SIP.
            518 => return None,
            400..=699 => self.unreached(Class::of_sip(u16::try_from(point).ok()?)),
            7001..=7005 | 7100..=7999 => Class::Server,
            8000 | 8005..=8008 | 8011 | 8012 | 8040 => Class::Server,
            8100 => self.unreached(Class::Unreachable),
            _ => return None,
        })
    }

    /// Nobody can be out of reach who has answered.
    fn unreached(self, class: Class) -> Class {
        match class {
            Class::Unreachable | Class::Busy if self.a_answered && self.b_answered => Class::Cleared,
            class => class,
        }
    }

    /// The leg that was being called when it ended.
    fn unanswered(self) -> Option<Leg> {
        match (self.a_answered, self.b_answered) {
            (false, _) => Some(Leg::A),
            (true, false) => Some(Leg::B),
            (true, true) => None,
        }
    }
}

/// A cause that is one: 0, 16 and 31 are of calls that went well.
fn failed(cause: Option<u64>) -> Option<u64> {
    cause.filter(|cause| !matches!(cause, 0 | 16 | 31))
}

fn q850(cause: u64) -> Class {
    u16::try_from(cause).map_or(Class::Other, Class::of_q850)
}

/// What the state code of a `disconnect` means until the call detail record comes: 0 is that somebody hung up, whether or
/// not anybody had answered; the others are release points.
pub(super) fn of_state(code: Option<u64>, words: Option<&str>) -> Verdict {
    let class = match code {
        None | Some(0) => Class::Cleared,
        Some(8010) => Class::MaxDuration,
        Some(point) => match Release::default().point(point) {
            // Which leg it was is known to the fold.
            Some(Class::Unreachable) | None => Class::Cleared,
            Some(class) => class,
        },
    };
    let cause = Cause {
        code: code.map(|code| code.to_string()),
        ..Cause::said(class, words.unwrap_or("disconnect"))
    };
    Verdict { cause, leg: None }
}
