//! 5. What happened in the room, recorded once.
//!
//! In: what SignalWire's event socket tells, what its REST API answers, and wishes for a look. Out: stays, session
//! facts and numbered events in the database, by one recorder, and a wake-up for whoever shows them. No single source
//! has to be whole: the socket is quick, a look is exact, the sweep is thorough, and the recorder makes one story of
//! them.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    lease::Leases,
    secret::Random,
    signalwire::{
        self, Relay,
        relay::{Event, State},
    },
    store::Store,
    tasks::Tasks,
    wake::Wake,
};

/// After a gap: what the socket lists as live against what is recorded.
mod catch_up;
/// REST's word on one session.
mod check;
/// What calls cost.
mod cost;
/// Which of several processes listens and sweeps.
mod duty;
mod fact;
mod follow;
mod look;
mod people;
mod record;
mod relay;
/// What nobody needs any more goes.
mod retention;
mod rules;
mod sweep;

pub use duty::DUTIES;
pub use fact::{Fact, Kind, Person, Source, What};
pub use record::{About, Live, Outcome, Recorder};

use follow::Followed;

/// So long without a word from any source and nobody knows what goes on in a live session.
pub const UNSURE_MS: i64 = 60_000;

/// Sessions that are asked about at once.
const AT_ONCE: usize = 8;

/// What this step needs, put together by `app`.
#[derive(Debug)]
pub struct Parts {
    pub store: Store,
    pub leases: Leases,
    pub signalwire: signalwire::Client,
    pub relay: Relay,
    /// As [`Relay::start`] hands it out.
    pub relay_events: mpsc::Receiver<Event>,
    pub clock: Clock,
    pub wake: Wake,
    pub random: Random,
    pub tasks: Tasks,
}

/// Everything that listens and looks. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Events(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    store: Store,
    leases: Leases,
    signalwire: signalwire::Client,
    relay: Relay,
    clock: Clock,
    wake: Wake,
    random: Random,
    stop: CancellationToken,
    tasks: Tasks,
    recorder: Recorder,
    looks: look::Queue,
    followed: Followed,
    /// Whether this process is the one that listens and sweeps.
    on_duty: watch::Sender<bool>,
    /// Something may have been missed: the socket is asked for everything that is live.
    gap: Notify,
    /// The same, though nothing was missed: some live session is not told of.
    relist: Notify,
    /// Something may have been missed: REST is asked for everything, also what is over by now.
    sweep: Notify,
    /// The first sweep is done.
    swept: AtomicBool,
    /// Places for calls that come in bursts.
    places: Semaphore,
}

impl Events {
    /// Begins with a look at everything, so that what was recorded by a process that died is right again; then
    /// listens until `stop`.
    pub fn start(parts: Parts) -> Self {
        let Parts { store, leases, signalwire, relay, relay_events, clock, wake, random, tasks } = parts;
        let (tasks, stop) = (tasks.apart(), tasks.stop().clone());
        let recorder = Recorder::start(store.clone(), clock.clone(), wake.clone(), random.clone(), &tasks);
        let shared = Arc::new(Shared {
            store,
            leases,
            signalwire: signalwire.unhurried(),
            relay,
            clock,
            wake,
            random,
            stop,
            tasks,
            recorder,
            looks: look::Queue::default(),
            followed: Followed::default(),
            on_duty: watch::Sender::new(false),
            gap: Notify::new(),
            relist: Notify::new(),
            sweep: Notify::new(),
            swept: AtomicBool::new(false),
            places: Semaphore::new(AT_ONCE),
        });
        let tasks = &shared.tasks;
        tasks.lasting("the lease on SignalWire's events", duty::run(shared.clone()));
        // The socket's own task dies with it: then its events end.
        tasks.lasting("SignalWire's events", relay::run(shared.clone(), relay_events));
        tasks.lasting("catching up with SignalWire's events", catch_up::run(shared.clone()));
        tasks.lasting("following rooms", follow::stay_sure(shared.clone()));
        tasks.lasting("looking into rooms", look::run(shared.clone()));
        tasks.lasting("sweeping rooms", sweep::run(shared.clone()));
        tasks.lasting("forgetting what is old", retention::run(shared.clone()));
        Self(shared)
    }

    /// Something may have happened inside the session (our id). Returns at once; the same session is looked at no
    /// more than once in two seconds, the last wish included.
    pub fn ask_for_look(&self, session_id: &str) {
        self.0.looks.ask(session_id, self.0.clock.monotonic());
    }

    /// How the event socket is.
    pub fn relay_state(&self) -> State {
        *self.0.relay.state().borrow()
    }

    /// Whether this process listens and sweeps; of several processes on one database, one does.
    pub fn is_on_duty(&self) -> bool {
        *self.0.on_duty.borrow()
    }

    /// Sessions whose events come, or came, through the event socket.
    pub fn followed(&self) -> usize {
        self.0.followed.count()
    }

    /// Whether what an earlier process left has been compared with SignalWire.
    pub fn has_swept(&self) -> bool {
        self.0.swept.load(Ordering::Relaxed)
    }

    /// After the stop: until what was heard before it is written down.
    pub async fn stopped(&self) {
        self.0.tasks.ended().await;
    }
}

#[cfg(test)]
mod tests;
