//! Who is on in which room session, and so what each of them gets to see and hear. Pure: the engine forwards and the browser
//! side draws its layouts from the same answers, so that a layout never promises what is not shown.
//!
//! SignalWire composes one picture of all; we forward one of the others instead:
//! a screen share goes before everything and is seen by all, its owner too; alone you see yourself; with others you see the
//! other who came or spoke last; if none of them has a camera on you see that the camera is off. Nobody hears himself.

use std::sync::Arc;

use super::super::state::Kind;
use super::film::Film;

/// One participant's place. Ids are those of the members in the room's state.
#[derive(Debug, Clone)]
pub struct Seat {
    pub session: String,
    pub member: String,
    /// The call over which this one sends and gets; none for what we play ourselves.
    pub call: Option<String>,
    pub kind: Kind,
    /// For a screen share or a second device: whose it is.
    pub owner: Option<String>,
    /// Negotiated (see [`super::Answer`]): a stream of this kind may come from here.
    pub sends_video: bool,
    pub sends_audio: bool,
    pub video_muted: bool,
    pub audio_muted: bool,
    pub deaf: bool,
    /// Makes noise at the moment, as far as the levels in the packets say.
    pub talking: bool,
    /// Plays this instead of sending anything.
    pub film: Option<Arc<Film>>,
}

/// What one viewer's picture is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picture {
    Of(String),
    /// The "camera off" card, standing for this member if there is one to stand for.
    CameraOff(Option<String>),
}

#[derive(Debug, Default)]
pub struct Cast {
    /// The one to look at first is last: whoever comes or speaks moves to the end.
    seats: Vec<Seat>,
}

impl Seat {
    pub fn new(session: &str, member: &str, kind: Kind) -> Seat {
        Seat {
            session: session.to_owned(),
            member: member.to_owned(),
            call: None,
            kind,
            owner: None,
            sends_video: false,
            sends_audio: false,
            video_muted: false,
            audio_muted: false,
            deaf: false,
            talking: false,
            film: None,
        }
    }

    fn shows(&self) -> bool {
        self.sends_video && !self.video_muted
    }

    fn is_of(&self, member: &str) -> bool {
        self.member == member || self.owner.as_deref() == Some(member)
    }
}

impl Cast {
    /// Takes a seat, or the same one again.
    pub fn seat(&mut self, seat: Seat) {
        self.unseat(&seat.member);
        self.seats.push(seat);
    }

    /// Whether there was such a seat.
    pub fn unseat(&mut self, member: &str) -> bool {
        let before = self.seats.len();
        self.seats.retain(|seat| seat.member != member);
        self.seats.len() < before
    }

    pub fn find(&self, member: &str) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.member == member)
    }

    pub fn by_call(&self, call: &str) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.call.as_deref() == Some(call))
    }

    pub fn find_mut(&mut self, member: &str) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|seat| seat.member == member)
    }

    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// This one spoke: looked at first from now on. Says whether that changes anything.
    pub fn bring_forward(&mut self, member: &str) -> bool {
        let Some(at) = self.seats.iter().position(|seat| seat.member == member) else { return false };
        let behind_others = self.seats[at + 1..].iter().any(|other| other.session == self.seats[at].session);
        if behind_others {
            self.seats[at..].rotate_left(1);
        }
        behind_others
    }

    pub fn picture_for(&self, viewer: &str) -> Picture {
        let Some(me) = self.find(viewer) else { return Picture::CameraOff(None) };
        let here = || self.seats.iter().rev().filter(|seat| seat.session == me.session);
        if let Some(screen) = here().find(|seat| seat.kind == Kind::Screen && seat.shows()) {
            return Picture::Of(screen.member.clone());
        }
        let others = || here().filter(|seat| matches!(seat.kind, Kind::Member | Kind::Device) && !seat.is_of(viewer));
        if let Some(other) = others().find(|seat| seat.shows()) {
            return Picture::Of(other.member.clone());
        }
        if let Some(other) = others().find(|seat| seat.kind == Kind::Member) {
            return Picture::CameraOff(Some(other.member.clone()));
        }
        match me.kind {
            Kind::Member if me.shows() => Picture::Of(me.member.clone()),
            Kind::Member => Picture::CameraOff(Some(me.member.clone())),
            _ => Picture::CameraOff(None),
        }
    }

    /// Whom a viewer hears: only one at a time can be forwarded. Keeps to `now_heard` until that one is quiet and
    /// another talks.
    pub fn sound_for(&self, viewer: &str, now_heard: Option<&str>) -> Option<String> {
        let me = self.find(viewer).filter(|me| !me.deaf)?;
        let voices = || {
            self.seats.iter().rev().filter(|seat| {
                seat.session == me.session && seat.sends_audio && !seat.audio_muted && !seat.is_of(viewer)
            })
        };
        let kept = now_heard.and_then(|heard| voices().find(|seat| seat.member == heard));
        let talking = voices().find(|seat| seat.talking);
        let chosen = match (kept, talking) {
            (Some(kept), Some(_)) if kept.talking => Some(kept),
            (_, Some(talking)) => Some(talking),
            (Some(kept), None) => Some(kept),
            (None, None) => voices().next(),
        };
        chosen.map(|seat| seat.member.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(member: &str, kind: Kind) -> Seat {
        let sends = kind != Kind::Audience;
        Seat { sends_video: sends, sends_audio: sends, ..Seat::new("session", member, kind) }
    }

    fn cast(seats: &[(&str, Kind)]) -> Cast {
        let mut cast = Cast::default();
        seats.iter().for_each(|(member, kind)| cast.seat(seat(member, *kind)));
        cast
    }

    fn of(member: &str) -> Picture {
        Picture::Of(member.to_owned())
    }

    #[test]
    fn alone_you_see_yourself_and_hear_nothing() {
        let cast = cast(&[("mira", Kind::Member)]);
        assert_eq!(cast.picture_for("mira"), of("mira"));
        assert_eq!(cast.sound_for("mira", None), None);
    }

    #[test]
    fn two_see_and_hear_each_other_and_a_third_is_looked_at_first() {
        let mut cast = cast(&[("mira", Kind::Member), ("odo", Kind::Member)]);
        assert_eq!(cast.picture_for("mira"), of("odo"));
        assert_eq!(cast.picture_for("odo"), of("mira"));
        assert_eq!(cast.sound_for("mira", None).as_deref(), Some("odo"));
        cast.seat(seat("ann", Kind::Member));
        assert_eq!(cast.picture_for("mira"), of("ann"));
        assert_eq!(cast.picture_for("odo"), of("ann"));
        assert_eq!(cast.picture_for("ann"), of("odo"));
        assert!(cast.bring_forward("mira"));
        assert!(!cast.bring_forward("mira"));
        assert_eq!(cast.picture_for("ann"), of("mira"));
        assert_eq!(cast.picture_for("mira"), of("ann"));
        cast.unseat("ann");
        assert_eq!(cast.picture_for("mira"), of("odo"));
    }

    #[test]
    fn rooms_do_not_mix() {
        let mut cast = cast(&[("mira", Kind::Member)]);
        cast.seat(Seat { session: "other".to_owned(), ..seat("odo", Kind::Member) });
        assert_eq!(cast.picture_for("mira"), of("mira"));
        assert_eq!(cast.sound_for("mira", None), None);
    }

    #[test]
    fn a_screen_is_seen_by_all_and_not_heard_by_its_owner() {
        let mut cast = cast(&[("mira", Kind::Member), ("odo", Kind::Member), ("vic", Kind::Audience)]);
        cast.seat(Seat { owner: Some("mira".to_owned()), ..seat("screen", Kind::Screen) });
        for viewer in ["mira", "odo", "vic"] {
            assert_eq!(cast.picture_for(viewer), of("screen"));
        }
        assert_eq!(cast.sound_for("mira", None).as_deref(), Some("odo"));
        cast.unseat("screen");
        assert_eq!(cast.picture_for("mira"), of("odo"));
    }

    #[test]
    fn a_camera_that_is_off_is_shown_as_that() {
        let mut cast = cast(&[("mira", Kind::Member), ("odo", Kind::Member)]);
        cast.find_mut("odo").unwrap().video_muted = true;
        assert_eq!(cast.picture_for("mira"), Picture::CameraOff(Some("odo".to_owned())));
        cast.seat(seat("ann", Kind::Member));
        cast.bring_forward("odo");
        assert_eq!(cast.picture_for("mira"), of("ann"));
    }

    #[test]
    fn the_audience_is_not_looked_at() {
        let cast = cast(&[("mira", Kind::Member), ("vic", Kind::Audience)]);
        assert_eq!(cast.picture_for("mira"), of("mira"));
        assert_eq!(cast.picture_for("vic"), of("mira"));
        assert_eq!(cast.picture_for("nobody"), Picture::CameraOff(None));
    }

    #[test]
    fn one_hears_whoever_talks_and_keeps_to_him_until_he_is_quiet() {
        let mut cast = cast(&[("mira", Kind::Member), ("odo", Kind::Member), ("ann", Kind::Member)]);
        assert_eq!(cast.sound_for("mira", None).as_deref(), Some("ann"));
        cast.find_mut("odo").unwrap().talking = true;
        assert_eq!(cast.sound_for("mira", Some("ann")).as_deref(), Some("odo"));
        cast.find_mut("ann").unwrap().talking = true;
        assert_eq!(cast.sound_for("mira", Some("odo")).as_deref(), Some("odo"));
        cast.find_mut("odo").unwrap().talking = false;
        assert_eq!(cast.sound_for("mira", Some("odo")).as_deref(), Some("ann"));
    }

    #[test]
    fn muted_is_not_heard_and_deaf_hears_nothing() {
        let mut cast = cast(&[("mira", Kind::Member), ("odo", Kind::Member)]);
        cast.find_mut("odo").unwrap().audio_muted = true;
        assert_eq!(cast.sound_for("mira", Some("odo")), None);
        assert_eq!(cast.sound_for("odo", None).as_deref(), Some("mira"));
        cast.find_mut("odo").unwrap().deaf = true;
        assert_eq!(cast.sound_for("odo", Some("mira")), None);
    }
}
