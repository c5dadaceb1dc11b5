//! The whole step against a small SignalWire over real sockets, by a clock that tests move.

mod chaos;
mod gaps;
mod live;
mod rest;
mod world;
