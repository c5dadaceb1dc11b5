//! The custom ids of our buttons and menus. None carries any authority: everything is checked afresh with each press.

use crate::store::KnockState;

pub(super) const JOIN: &str = "join:v1:";
pub(super) const END: &str = "end:v1:";
pub(super) const GUEST: &str = "guest:v1:";
/// A menu's; its entries are guests' ids.
pub(super) const GUESTS: &str = "guests:v1";
const KNOCK: &str = "knock:v1:";

/// Longer than any knock's id: not worth looking up.
const ID_MAX: usize = 64;

/// Of a button that gives whoever presses it their own way into the room.
pub fn join_custom_id(room_key: &str) -> String {
    format!("{JOIN}{room_key}")
}

/// Of a button that ends one session.
pub(super) fn end(session_id: &str) -> String {
    format!("{END}{session_id}")
}

/// Of a button that takes a guest's invitation back.
pub(super) fn guest(guest_id: u64) -> String {
    format!("{GUEST}{guest_id}")
}

/// Of a button that answers a knock.
pub fn knock_custom_id(answer: KnockState, knock_id: &str) -> String {
    format!("{KNOCK}{}:{knock_id}", answer.code())
}

/// Answer and knock, from a custom id.
pub(super) fn knock(id: &str) -> Option<(KnockState, &str)> {
    let (answer, knock_id) = id.strip_prefix(KNOCK)?.split_once(':')?;
    let answers = [KnockState::Admitted, KnockState::Audience, KnockState::Denied];
    let answer = answers.into_iter().find(|known| known.code() == answer)?;
    (knock_id.len() <= ID_MAX).then_some((answer, knock_id))
}

/// As presses are counted.
pub(super) fn label(id: &str) -> &'static str {
    match id {
        GUESTS => "revoke",
        _ if id.starts_with(JOIN) => "join",
        _ if id.starts_with(END) => "end",
        _ if id.starts_with(GUEST) => "revoke",
        _ if id.starts_with(KNOCK) => "knock",
        _ => "other",
    }
}
