//! What people and moderators change while inside.

use serde_json::Value;

use super::{About, Refused, State, Video, view};

/// One change to one member.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    AudioMuted(bool),
    VideoMuted(bool),
    Deaf(bool),
    HandRaised(bool),
    /// Told by `video.member.talking` rather than `video.member.updated`.
    Talking(bool),
    InputVolume(f64),
    OutputVolume(f64),
    InputSensitivity(f64),
    Position(String),
    Meta(Value),
}

/// What `member.updated` names as changed.
type Changed = &'static [&'static str];

fn set<T: PartialEq>(field: &mut T, value: T, names: Changed) -> Changed {
    if *field == value {
        return &[];
    }
    *field = value;
    names
}

impl Video {
    /// Changes somebody who is inside. What is already so is told to nobody.
    pub fn update_member(&self, session_id: &str, member_id: &str, change: Change) -> Result<(), Refused> {
        self.with(|state, now| state.update_member(session_id, member_id, change, now))
    }

    /// Nobody else gets in while a room is locked.
    pub fn lock(&self, session_id: &str, locked: bool) -> Result<(), Refused> {
        self.with(|state, now| {
            state.change_room(session_id, now, |session| set(&mut session.locked, locked, &["locked"]))
        })
    }

    pub fn set_layout(&self, session_id: &str, layout: &str) -> Result<(), Refused> {
        if !view::LAYOUTS.contains(&layout) {
            return Err(Refused::BadParameter("name"));
        }
        self.with(|state, now| {
            state.change_room(session_id, now, |session| {
                set(&mut session.layout_name, layout.to_owned(), &["layout_name"])
            })?;
            state.tell_layout(session_id, now);
            Ok(())
        })
    }

    pub fn hide_video_muted(&self, session_id: &str, hide: bool) -> Result<(), Refused> {
        self.with(|state, now| {
            state
                .change_room(session_id, now, |session| set(&mut session.hide_video_muted, hide, &["hide_video_muted"]))
        })
    }

    pub fn prioritize_handraise(&self, session_id: &str, on: bool) -> Result<(), Refused> {
        self.with(|state, now| {
            state.change_room(session_id, now, |session| {
                set(&mut session.prioritize_handraise, on, &["prioritize_handraise"])
            })
        })
    }

    /// Replaces the session's meta.
    pub fn set_meta(&self, session_id: &str, meta: Value) -> Result<(), Refused> {
        self.with(|state, now| {
            state.change_room(session_id, now, |session| set(&mut session.settings.meta, Some(meta), &["meta"]))
        })
    }
}

impl State {
    fn update_member(&mut self, session_id: &str, member_id: &str, change: Change, now: i64) -> Result<(), Refused> {
        let member = self.inside(session_id, member_id)?;
        let talks = matches!(change, Change::Talking(_));
        let shows = matches!(change, Change::VideoMuted(_));
        let updated: Changed = match change {
            Change::AudioMuted(muted) => set(&mut member.audio_muted, muted, &["audio_muted"]),
            Change::VideoMuted(muted) => set(&mut member.video_muted, muted, &["video_muted", "visible"]),
            Change::Deaf(deaf) => set(&mut member.deaf, deaf, &["deaf"]),
            Change::HandRaised(raised) => set(&mut member.handraised, raised, &["handraised"]),
            Change::Talking(talking) => set(&mut member.talking, talking, &["talking"]),
            Change::InputVolume(volume) => set(&mut member.input_volume, volume, &["input_volume"]),
            Change::OutputVolume(volume) => set(&mut member.output_volume, volume, &["output_volume"]),
            Change::InputSensitivity(value) => set(&mut member.input_sensitivity, value, &["input_sensitivity"]),
            Change::Position(position) => set(&mut member.requested_position, position, &["requested_position"]),
            Change::Meta(meta) => set(&mut member.meta, meta, &["meta"]),
        };
        if updated.is_empty() {
            return Ok(());
        }
        let (name, params) = if talks {
            ("video.member.talking", view::member_talking(member))
        } else {
            ("video.member.updated", view::member_event(member, updated))
        };
        self.tell(session_id, name, About::member(member_id), params, now);
        if shows {
            self.tell_layout(session_id, now);
        }
        Ok(())
    }

    pub(super) fn change_room(
        &mut self,
        session_id: &str,
        now: i64,
        change: impl FnOnce(&mut super::Session) -> Changed,
    ) -> Result<(), Refused> {
        self.running(session_id)?;
        let session = self.session_mut(session_id).ok_or(Refused::NoSession)?;
        let updated = change(session);
        if !updated.is_empty() {
            self.tell_of_room(session_id, "video.room.updated", updated, now);
        }
        Ok(())
    }
}
