//! Greenroom from outside: the real application on real sockets, between a small Discord and a small SignalWire.
//!
//! People run commands, press buttons and follow links; what they see is what is tested. Time is moved by hand.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

/// Somebody's web browser, as far as the server sees it.
mod browser;

/// The shipped executable: start, crash, stop, reports.
mod binary;

/// Attacks, each by its number.
mod attack;

/// `/video`, Join, and what is said when it can't be done.
mod command;

/// Room tokens and the routes of the page.
mod call;

/// What the channel hears.
mod card;
mod channel;

/// Hostile names and topics.
mod escaping;

/// A person is forgotten.
mod forget;

/// The text of what ships.
mod sources;

/// Time that tests move.
mod clock;

/// What operators can count.
mod counted;

/// When the database fails, and as it grows older.
mod database;

/// People's pictures.
mod face;

/// When SignalWire or Discord fail.
mod failure;

/// Nothing secret is written down.
mod leaks;

/// One too many.
mod limits;

/// Wrong values in the environment.
mod environment;

/// Servers that add the bot and remove it.
mod guild;

/// Several processes on one database.
mod instances;

/// Links, browser sessions, and who they are.
mod link;

/// A PostgreSQL of the tests' own.
mod postgres;

/// Behind a proxy.
mod proxy;

/// Load and failures, small.
mod proof;

/// People without a Discord account.
mod guest;

/// Who asks to be let in.
mod knock;

/// From what a person reads out to the lines of the log.
mod reference;

/// Crashes and what is left of them.
mod restart;

/// Access that is lost while the call runs.
mod revocation;

/// One room, however many ask.
mod room;

/// How a channel wants to hear, and what it lacks.
mod settings;

/// Rooms listed and ended by command.
mod staff;

/// What calls come to.
mod stats;

/// Told to stop, alone and behind a balancer.
mod stop;

/// How the running process is, for who looks first.
mod status;

/// The store on both databases.
mod store;

/// Discord's shards: who has which, and how often sessions begin.
mod shards;

/// Lines in a thread at the card.
mod thread;

/// An installation moves from one database to another.
mod transfer;

/// What one process does, the others hear of.
mod wakeups;

/// What somebody may do, and why.
mod why;

/// The wire to the database, which can fail.
mod wire;

/// Everything that is around a person.
mod world;
