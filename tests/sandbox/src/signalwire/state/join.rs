//! Coming in and going out.

use std::collections::{BTreeSet, VecDeque};

use rand::{Rng as _, distr::Alphanumeric};
use serde_json::{Value, json};

use super::{About, Due, GRACE_MS, Kind, Left, Member, Refused, Session, Settings, State, Video, new_id, view};
use crate::signalwire::token::Claims;

/// How somebody comes in.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A person, as the token says: member or audience.
    Person {
        /// Whether a microphone, a camera comes along. The token's `join_*_muted` still mutes it.
        audio: bool,
        video: bool,
    },
    /// A screen share of the member with this id.
    Screen { parent_id: String },
    /// A second camera or microphone of the member with this id.
    Device { parent_id: String, audio: bool, video: bool },
}

impl Default for Entry {
    fn default() -> Self {
        Self::Person { audio: true, video: true }
    }
}

impl Entry {
    fn parent_id(&self) -> Option<&str> {
        match self {
            Self::Person { .. } => None,
            Self::Screen { parent_id } | Self::Device { parent_id, .. } => Some(parent_id),
        }
    }

    fn kind(&self, claims: &Claims) -> Kind {
        match self {
            Self::Person { .. } => claims.join_as.into(),
            Self::Screen { .. } => Kind::Screen,
            Self::Device { .. } => Kind::Device,
        }
    }

    fn sends(&self) -> (bool, bool) {
        match *self {
            Self::Person { audio, video } | Self::Device { audio, video, .. } => (audio, video),
            Self::Screen { .. } => (true, true),
        }
    }
}

/// What somebody who came in needs to know.
#[derive(Clone, Debug)]
pub struct Joined {
    pub room_id: String,
    pub session_id: String,
    pub event_channel: String,
    pub member_id: String,
    pub kind: Kind,
    pub name: String,
    /// Whether the session began with this.
    pub started: bool,
}

impl Video {
    /// Lets somebody in whose token has been verified, or says why not.
    pub fn join(&self, claims: &Claims, entry: Entry) -> Result<Joined, Refused> {
        self.with(|state, now| state.join(claims, &entry, now))
    }

    /// Takes somebody out, with their screens and devices. Whoever is not inside any more stays out.
    pub fn leave(&self, member_id: &str, why: Left) {
        self.with(|state, now| state.take_out(member_id, why, now));
    }

    /// The connection is gone: unless [`Video::reappear`] is called, the member is out after [`GRACE_MS`].
    pub fn vanish(&self, member_id: &str) {
        self.with(|state, now| {
            let Some(member) = state.members.get_mut(member_id).filter(|member| member.is_present()) else { return };
            member.gone_at = Some(now + GRACE_MS);
            state.remember_deadline(Some(now + GRACE_MS), Due::Member(member_id.to_owned()));
        });
    }

    /// The connection is back. Whether the member is still inside.
    pub fn reappear(&self, member_id: &str) -> bool {
        self.with(|state, _| {
            let Some(member) = state.members.get_mut(member_id).filter(|member| member.is_present()) else {
                return false;
            };
            member.gone_at = None;
            true
        })
    }

    /// Takes out one member (their screens and devices too), or everybody with `"all"`, which ends the session.
    pub fn remove(&self, session_id: &str, member_id: &str) -> Result<(), Refused> {
        self.with(|state, now| {
            state.running(session_id)?;
            if member_id == "all" {
                state.end(session_id, now);
                return Ok(());
            }
            state.inside(session_id, member_id)?;
            state.take_out(member_id, Left::Removed, now);
            Ok(())
        })
    }

    /// Ends the session for everybody.
    pub fn end(&self, session_id: &str) {
        self.with(|state, now| state.end(session_id, now));
    }
}

impl State {
    fn join(&mut self, claims: &Claims, entry: &Entry, now: i64) -> Result<Joined, Refused> {
        let before = |limit: Option<i64>| limit.is_some_and(|limit| now < limit);
        let after = |limit: Option<i64>| limit.is_some_and(|limit| now >= limit);
        let ms = |seconds: Option<i64>| seconds.map(|seconds| seconds.saturating_mul(1000));

        let kind = entry.kind(claims);
        let (session_id, started) = match entry.parent_id() {
            Some(parent_id) => (self.child_may_join(claims, kind, parent_id)?, false),
            None => {
                if before(ms(claims.join_from)) || after(ms(claims.join_until)) || after(ms(claims.remove_at)) {
                    return Err(Refused::Unauthorized);
                }
                let settings = self.settings_for(claims)?;
                if before(settings.join_from) || after(settings.join_until) || after(settings.remove_at) {
                    return Err(Refused::Unauthorized);
                }
                match self.live(&claims.room_name) {
                    Some(session) if session.locked => return Err(Refused::Locked),
                    Some(session) if kind == Kind::Member && session.members_inside >= settings.max_members => {
                        return Err(Refused::Full);
                    }
                    Some(session) => (session.id.clone(), false),
                    None => (self.start(claims, settings, now), true),
                }
            }
        };

        let member = self.new_member(claims, entry, kind, &session_id, now)?;
        let session = self.session_mut(&session_id).ok_or(Refused::NoSession)?;
        session.present.insert(member.place);
        session.everyone.push(member.id.clone());
        if let Some(inside) = session.counter(kind) {
            *inside += 1;
        }
        let joined = Joined {
            room_id: session.room_id.clone(),
            session_id: session_id.clone(),
            event_channel: session.event_channel.clone(),
            member_id: member.id.clone(),
            kind,
            name: member.name.clone(),
            started,
        };
        self.remember_deadline(member.due(), Due::Member(member.id.clone()));
        if let Some(parent) = entry.parent_id().and_then(|parent_id| self.members.get_mut(parent_id)) {
            parent.children.push(member.id.clone());
        }
        self.members.insert(member.id.clone(), member);
        self.tell_of_arrival(&joined, now);
        Ok(joined)
    }

    /// The session of the parent, if it is inside and the token allows what comes along.
    fn child_may_join(&self, claims: &Claims, kind: Kind, parent_id: &str) -> Result<String, Refused> {
        let needed = if kind == Kind::Screen { "room.self.screenshare" } else { "room.self.additional_source" };
        if !claims.allows(needed) {
            return Err(Refused::Unauthorized);
        }
        let parent = self.members.get(parent_id).filter(|parent| parent.is_present() && parent.kind == Kind::Member);
        Ok(parent.ok_or(Refused::NoMember)?.session_id.clone())
    }

    /// What holds for the room the token names: the room's own settings, else those of the session that
    /// outlived its room, else defaults where the token makes rooms.
    fn settings_for(&self, claims: &Claims) -> Result<Settings, Refused> {
        if let Some(room) = self.room_by_name.get(&claims.room_name).and_then(|number| self.rooms.get(number)) {
            return Ok(room.settings.clone());
        }
        if !claims.auto_create_room {
            return Err(Refused::NoRoom);
        }
        if let Some(session) = self.live(&claims.room_name) {
            return Ok(session.settings.clone());
        }
        Ok(Settings {
            display_name: claims.room_display_name.clone(),
            enable_room_previews: claims.enable_room_previews,
            meta: claims.room_meta.clone(),
            sync_audio_video: claims.sync_audio_video.then_some(true),
            ..Settings::default()
        })
    }

    fn start(&mut self, claims: &Claims, settings: Settings, now: i64) -> String {
        let room = self.room(&claims.room_name);
        let session = Session {
            id: new_id(),
            room_id: room.map_or_else(new_id, |room| room.id.clone()),
            auto_created: room.is_none(),
            name: claims.room_name.clone(),
            event_channel: format!("EC_{}", new_id()),
            layout_name: settings.layout.clone(),
            locked: false,
            hide_video_muted: false,
            prioritize_handraise: false,
            started_at: now,
            updated_at: now,
            ended_at: None,
            everyone: vec![],
            present: BTreeSet::new(),
            members_inside: 0,
            audience_inside: 0,
            recordings: vec![],
            log: VecDeque::new(),
            settings,
        };
        let id = session.id.clone();
        self.remember_deadline(session.settings.remove_at, Due::Session(id.clone()));
        self.live.insert(session.name.clone(), id.clone());
        self.sessions_made += 1;
        self.session_by_id.insert(id.clone(), self.sessions_made);
        self.sessions.insert(self.sessions_made, session);
        id
    }

    fn new_member(
        &self,
        claims: &Claims,
        entry: &Entry,
        kind: Kind,
        session_id: &str,
        now: i64,
    ) -> Result<Member, Refused> {
        let session = self.session(session_id).ok_or(Refused::NoSession)?;
        let (audio, video) = entry.sends();
        let after_seconds = claims.remove_after_seconds_elapsed.or(session.settings.remove_after_seconds_elapsed);
        // A child lives as long as its parent.
        let limits = entry.parent_id().is_none().then_some([
            claims.remove_at.map(|at| at.saturating_mul(1000)),
            after_seconds.map(|seconds| now.saturating_add(seconds.saturating_mul(1000))),
        ]);
        Ok(Member {
            id: new_id(),
            room_id: session.room_id.clone(),
            session_id: session.id.clone(),
            kind,
            place: session.everyone.len(),
            parent_id: entry.parent_id().map(str::to_owned),
            children: vec![],
            name: claims.user_name.clone().unwrap_or_else(random_name),
            meta: claims.meta.clone().unwrap_or_else(|| json!({})),
            permissions: claims.permissions.clone(),
            audio_muted: !audio || claims.join_audio_muted || kind == Kind::Audience,
            video_muted: !video || claims.join_video_muted || kind == Kind::Audience,
            deaf: false,
            handraised: false,
            talking: false,
            input_volume: 0.0,
            output_volume: 0.0,
            input_sensitivity: 44.0,
            requested_position: "auto".into(),
            joined_at: now,
            left_at: None,
            remove_at: limits.into_iter().flatten().flatten().min(),
            gone_at: None,
            ends_session_on_leave: claims.end_room_session_on_leave,
        })
    }

    /// Whoever starts a session is told of by `video.room.started` alone; audience only ever by its number.
    fn tell_of_arrival(&mut self, joined: &Joined, now: i64) {
        let session_id = &joined.session_id;
        if joined.started {
            self.tell_of_room(session_id, "video.room.started", &[], now);
        }
        if joined.kind == Kind::Audience {
            self.tell_audience_count(session_id, now);
        } else if !joined.started {
            self.tell_of_member(&joined.member_id, "video.member.joined", None, now);
        }
        self.tell_layout(session_id, now);
        let records = |session: &Session| session.settings.record_on_start;
        if joined.started && self.session(session_id).is_some_and(records) {
            // Nothing records yet in a session that has just begun.
            let _ = self.start_recording(session_id, now);
        }
    }

    /// Out, with screens and devices first; the last one out ends the session.
    pub(super) fn take_out(&mut self, member_id: &str, why: Left, now: i64) {
        let Some(member) = self.members.get(member_id).filter(|member| member.is_present()) else { return };
        let (session_id, kind, ends) = (member.session_id.clone(), member.kind, member.ends_session_on_leave);
        for child in member.children.clone() {
            self.take_out(&child, why, now);
        }
        self.mark_left(member_id, now);
        if kind == Kind::Audience {
            self.tell_audience_count(&session_id, now);
        } else {
            self.tell_of_member(member_id, "video.member.left", Some(why), now);
        }
        if ends || !self.session(&session_id).is_some_and(Session::is_peopled) {
            self.end(&session_id, now);
        } else {
            self.tell_layout(&session_id, now);
        }
    }

    fn mark_left(&mut self, member_id: &str, now: i64) {
        let Some(member) = self.members.get_mut(member_id) else { return };
        member.left_at = Some(now);
        member.talking = false;
        let (session_id, place, kind) = (member.session_id.clone(), member.place, member.kind);
        let Some(session) = self.session_mut(&session_id) else { return };
        session.present.remove(&place);
        if let Some(inside) = session.counter(kind) {
            *inside = inside.saturating_sub(1);
        }
    }

    /// Everybody out at once. `video.room.ended` stands for all of them: nobody's `member.left` is sent.
    pub(super) fn end(&mut self, session_id: &str, now: i64) {
        let Some(session) = self.session(session_id).filter(|session| session.is_live()) else { return };
        let name = session.name.clone();
        let present: Vec<String> = self.present(session).map(|member| member.id.clone()).collect();
        self.stop_all_recordings(session_id, now);
        for member_id in &present {
            self.mark_left(member_id, now);
        }
        if let Some(session) = self.session_mut(session_id) {
            session.ended_at = Some(now);
        }
        self.live.remove(&name);
        self.tell_of_room(session_id, "video.room.ended", &[], now);
        self.forget_old_sessions();
    }

    pub(super) fn tell_of_room(&mut self, session_id: &str, name: &'static str, updated: &[&str], now: i64) {
        let Some(session) = self.session(session_id) else { return };
        let params = view::room_event(self, session, updated);
        self.tell(session_id, name, About::default(), params, now);
    }

    fn tell_of_member(&mut self, member_id: &str, name: &'static str, left: Option<Left>, now: i64) {
        let Some(member) = self.members.get(member_id) else { return };
        let session_id = member.session_id.clone();
        let params = if left.is_some() { view::member_left(member) } else { view::member_event(member, &[]) };
        self.tell(&session_id, name, About { left, ..About::member(member_id) }, params, now);
    }

    fn tell_audience_count(&mut self, session_id: &str, now: i64) {
        let Some(session) = self.session(session_id) else { return };
        let params = view::audience_count(session);
        self.tell(session_id, "video.room.audience_count", About::default(), params, now);
    }

    pub(super) fn tell_layout(&mut self, session_id: &str, now: i64) {
        self.tell(session_id, "video.layout.changed", About::default(), Value::Null, now);
    }
}

fn random_name() -> String {
    rand::rng().sample_iter(Alphanumeric).take(8).map(char::from).collect()
}
