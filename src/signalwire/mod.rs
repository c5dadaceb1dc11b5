//! The outside party SignalWire.
