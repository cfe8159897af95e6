//! Waiting for times and descriptors.

use std::sync::Arc;

use super::waiting::{began, suspend};
use super::{Call, Halt};
use crate::abi::{
    ClockId, EVENT_SIZE, Errno, Event, EventType, Rights, SUBSCRIPTION_SIZE_MAX, Subscription,
    SubscriptionClock,
};
use crate::fds::{Entry, Object};
use crate::guest::Guest;
use crate::process::{Awaited, Process};
use crate::stdio::Source;
use crate::system::{SLICE, Wait};

/// How many subscriptions one call takes: beyond what a program can have descriptors and timers for, and little enough to
/// copy.
const MOST: u32 = 1 << 16;

/// The last part of a wait, ns, for which a guest that was suspended is not suspended again: an engine's timers are coarser.
const LAST: u64 = 1_000_000;
/// How long a guest is suspended for a time of a clock that can be set, ns: then the clock is looked at again.
const SETTABLE: u64 = 1_000_000_000;

/// Waits until something that was subscribed to is there, and writes an event (32 bytes) for each, and their count (u32):
/// at least one. A time counts on its own clock. A file is always ready. What can't be waited for gives an event with an
/// error: `Badf` for a descriptor that is not open, `Inval` for an unknown clock, `Notsup` for a CPU clock, which does not
/// run while its thread waits. Errors: `Inval` for no subscription, an unknown type or flag, or more than 65,536;
/// `Notcapable` for a descriptor that may not be waited for; `Overflow`. Like ppoll(2).
#[inline(never)]
pub fn poll_oneoff<G: Guest>(
    process: &Process,
    guest: &mut G,
    subscriptions: u32,
    events: u32,
    nsubscriptions: u32,
    nevents: u32,
) -> Call {
    let size = Subscription::size(process.snapshot) as u32;
    let memory = guest.memory();
    let list = memory.array(subscriptions, nsubscriptions, size)?;
    memory.array(events, nsubscriptions, EVENT_SIZE as u32)?;
    memory.span(nevents, 4)?;
    if nsubscriptions == 0 || nsubscriptions > MOST {
        return Err(Errno::Inval.into());
    }
    // All is copied before the first event is written: the two lists may overlap.
    let mut wanted = Vec::with_capacity(nsubscriptions as usize);
    let mut rest = list;
    for _ in 0..nsubscriptions {
        let mut bytes = [0; SUBSCRIPTION_SIZE_MAX];
        rest.first(size as usize).drain(&mut bytes);
        rest = rest.after(size as usize);
        wanted.push(Subscription::decode(process.snapshot, &bytes)?);
    }
    let began = began(process, guest)?;
    let wanted = wanted
        .into_iter()
        .map(|subscription| guest.leave(|| Item::new(process, subscription, began))?.map_err(Halt::from))
        .collect::<Result<Vec<_>, Halt>>()?;
    let found = wait(process, guest, &wanted)?;
    let memory = guest.memory();
    for (index, event) in found.iter().enumerate() {
        memory.write(events + (index * EVENT_SIZE) as u32, &event.encode())?;
    }
    memory.write_u32(nevents, found.len() as u32)?;
    Ok(())
}

struct Item {
    subscription: Subscription,
    state: State,
}

enum State {
    /// Nothing to wait for: an error, or a file.
    Now(Result<u64, Errno>),
    /// Until a clock shows a time.
    Until(ClockId, u64),
    /// Until a stream of the descriptor's is ready.
    Stream(Arc<Entry>),
}

impl Item {
    fn new(process: &Process, subscription: Subscription, began: u64) -> Result<Self, Errno> {
        let state = match subscription.kind {
            EventType::Clock => {
                deadline(subscription.clock, began).unwrap_or_else(|errno| State::Now(Err(errno)))
            }
            EventType::FdRead | EventType::FdWrite => {
                let way =
                    if subscription.kind == EventType::FdRead { Rights::FD_READ } else { Rights::FD_WRITE };
                match process.fds.get(subscription.fd, Rights::POLL_FD_READWRITE.with(way)) {
                    Ok(entry) => readiness(entry, subscription.kind),
                    Err(Errno::Badf) => State::Now(Err(Errno::Badf)),
                    Err(errno) => return Err(errno),
                }
            }
        };
        Ok(Self { subscription, state })
    }

    fn writes(&self) -> bool {
        self.subscription.kind == EventType::FdWrite
    }

    fn event(&self, result: Result<u64, Errno>, hangup: bool) -> Event {
        let Subscription { userdata, kind, clock: _, fd: _ } = self.subscription;
        Event { userdata, kind, error: result.err(), nbytes: result.unwrap_or(0), hangup }
    }
}

/// A span counts from when the call was made first.
fn deadline(clock: SubscriptionClock, began: u64) -> Result<State, Errno> {
    let SubscriptionClock { id, timeout, absolute } = clock;
    match (ClockId::decode(id)?, absolute) {
        (ClockId::ProcessCpuTime | ClockId::ThreadCpuTime, _) => Err(Errno::Notsup),
        (id, true) => Ok(State::Until(id, timeout)),
        // A span is a span, also when the wall clock is set meanwhile.
        (_, false) => Ok(State::Until(ClockId::Monotonic, began.saturating_add(timeout))),
    }
}

fn readiness(entry: Arc<Entry>, kind: EventType) -> State {
    match entry.object() {
        Object::File(file) => {
            let left = file.stat().map(|stat| stat.size.saturating_sub(*entry.offset()));
            State::Now(if kind == EventType::FdRead { left } else { Ok(0) })
        }
        Object::Dir(_) => State::Now(Err(Errno::Badf)),
        Object::Stream(stream) => match stream.source() {
            Source::Ready if kind == EventType::FdRead => State::Now(Ok(stream.available().unwrap_or(0))),
            Source::Ready => State::Now(Ok(0)),
            Source::Fd(_) | Source::Engine => State::Stream(entry),
        },
    }
}

/// Waits until there is at least one event: suspended, or in slices.
fn wait<G: Guest>(process: &Process, guest: &mut G, items: &[Item]) -> Result<Vec<Event>, Halt> {
    let mut waits = Vec::new();
    let mut streams = Vec::new();
    let mut engines = Vec::new();
    for item in items {
        let State::Stream(entry) = &item.state else { continue };
        let Object::Stream(stream) = entry.object() else { continue };
        match stream.source() {
            Source::Fd(fd) => {
                waits.push(Wait::new(fd, item.writes()));
                streams.push((item, stream));
            }
            Source::Engine => engines.push((item, stream)),
            Source::Ready => {}
        }
    }
    let ready_now = items.iter().any(|item| matches!(item.state, State::Now(_)));
    loop {
        let next = until_next(process, items)?;
        let ticket = if ready_now { None } else { guest.ticket() };
        let suspends = ticket.is_some() && (guest.progress().is_none() || next > LAST);
        // Only the engine could end this wait, and it waits for the guest.
        let hopeless = next == u64::MAX && waits.is_empty();
        let slice = if ready_now || suspends || hopeless { 0 } else { next.min(SLICE) };
        process.system.wait(&mut waits, slice)?;
        let mut found = Vec::new();
        for item in items {
            match &item.state {
                State::Now(result) => found.push(item.event(*result, false)),
                State::Until(clock, time) if process.system.now(*clock)? >= *time => {
                    found.push(item.event(Ok(0), false));
                }
                State::Until(..) | State::Stream(_) => {}
            }
        }
        for ((item, stream), wait) in streams.iter().zip(&waits).filter(|(_, wait)| wait.ready) {
            let available = if item.writes() { 0 } else { stream.available().unwrap_or(0) };
            found.push(item.event(Ok(available), wait.hangup));
        }
        for (item, stream) in &engines {
            if let Some(available) = guest.leave(|| stream.engine_ready(item.writes()))? {
                found.push(item.event(Ok(available), false));
            }
        }
        if !found.is_empty() {
            return Ok(found);
        }
        if suspends {
            suspend(process, guest, 0, timeout(items, next), || awaited(items))?;
        }
        if hopeless {
            return Err(Errno::Deadlk.into());
        }
        if slice == SLICE {
            guest.pause()?;
        }
    }
}

/// How long a guest is suspended at most, ns, where the next time is so far away.
fn timeout(items: &[Item], next: u64) -> Option<u64> {
    let settable = |item: &Item| matches!(item.state, State::Until(ClockId::Realtime, _));
    let timeout = if items.iter().any(settable) { next.min(SETTABLE) } else { next };
    (timeout < u64::MAX).then_some(timeout)
}

fn awaited(items: &[Item]) -> Vec<Awaited> {
    let streams = items.iter().filter_map(|item| match &item.state {
        State::Stream(entry) => Some(Awaited { entry: Arc::clone(entry), write: item.writes() }),
        State::Now(_) | State::Until(..) => None,
    });
    streams.collect()
}

/// How long it is until the next time, ns.
fn until_next(process: &Process, items: &[Item]) -> Result<u64, Errno> {
    items.iter().try_fold(u64::MAX, |next, item| match &item.state {
        State::Until(clock, time) => Ok(next.min(time.saturating_sub(process.system.now(*clock)?))),
        State::Now(_) | State::Stream(_) => Ok(next),
    })
}
