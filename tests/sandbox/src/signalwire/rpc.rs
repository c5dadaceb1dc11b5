//! The `video.*` methods, as servers and browsers call them over their sockets.
//!
//! Comes in: a method, its parameters, and who asks. Goes out: the result, flat, with `code` and `message`.
//! Servers may do everything; people what their room token allows.

use serde_json::{Value, json};

use super::{
    socket,
    state::{Change, Member, Refused, State, Take, Video, view},
};

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// The project, with its API token.
    Server,
    /// The member with this id.
    Member(&'a str),
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A result that says no.
    Refused(Refused),
    NoSuchMethod,
    /// This parameter is missing or of the wrong type.
    Parameter(&'static str),
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

type Answer = Result<Value, Failure>;

/// The frame that answers a request.
pub fn answer(id: &Value, answer: Answer) -> Value {
    match answer {
        Ok(result) => socket::result(id, result),
        Err(Failure::Refused(refused)) => {
            socket::result(id, json!({ "code": refused.code(), "message": refused.to_string() }))
        }
        Err(Failure::NoSuchMethod) => socket::error(id, socket::code::NO_METHOD, "Method not found"),
        Err(Failure::Parameter(name)) => {
            socket::error(id, socket::code::BAD_PARAMETERS, &format!("Invalid params: {name}"))
        }
    }
}

/// Does what `method` says.
pub fn call(video: &Video, caller: Caller<'_>, method: &str, params: &Value) -> Answer {
    let Some(verb) = method.strip_prefix("video.") else { return Err(Failure::NoSuchMethod) };
    if verb == "rooms.get" {
        return match caller {
            Caller::Server => Ok(rooms(video)),
            Caller::Member(_) => Err(Refused::Unauthorized.into()),
        };
    }
    let session_id = text(params, "room_session_id")?;
    let call = Call { video, caller, session_id, params };
    if let Some(verb) = verb.strip_prefix("member.") {
        return call.member(verb);
    }
    if let Some(verb) = verb.strip_prefix("recording.") {
        return call.recording(verb);
    }
    call.room(verb)
}

fn ok() -> Value {
    json!({ "code": "200", "message": "OK" })
}

fn ok_with(name: &str, value: Value) -> Value {
    let mut result = ok();
    result[name] = value;
    result
}

fn text<'a>(params: &'a Value, name: &'static str) -> Result<&'a str, Failure> {
    params[name].as_str().ok_or(Failure::Parameter(name))
}

fn number(params: &Value, name: &'static str) -> Result<f64, Failure> {
    params[name].as_f64().ok_or(Failure::Parameter(name))
}

/// All live sessions with whoever is inside.
fn rooms(video: &Video) -> Value {
    let rooms = video.with(|state, _| {
        let live = state.sessions_newest_first().filter(|session| session.is_live());
        live.map(|session| view::room_session_with_members(state, session)).collect::<Vec<_>>()
    });
    ok_with("rooms", rooms.into())
}

struct Call<'a> {
    video: &'a Video,
    caller: Caller<'a>,
    session_id: &'a str,
    params: &'a Value,
}

impl Call<'_> {
    /// People need this permission, and to be in the session; servers only need a live session.
    fn may(&self, permission: &str) -> Result<(), Failure> {
        let allowed = |member: &Member| member.permissions.iter().any(|given| given == permission);
        self.may_if(allowed)
    }

    fn may_if(&self, allowed: impl FnOnce(&Member) -> bool) -> Result<(), Failure> {
        let session = self.video.session(self.session_id).filter(|session| session.is_live());
        session.ok_or(Refused::NoSession)?;
        let Caller::Member(id) = self.caller else { return Ok(()) };
        let member = self.video.member(id).filter(|member| member.is_present() && member.session_id == self.session_id);
        match member {
            Some(member) if allowed(&member) => Ok(()),
            _ => Err(Refused::Unauthorized.into()),
        }
    }

    fn look(&self, look: impl FnOnce(&State, &super::state::Session) -> Value) -> Answer {
        let found = self.video.with(|state, _| {
            state.session(self.session_id).filter(|session| session.is_live()).map(|session| look(state, session))
        });
        Ok(found.ok_or(Refused::NoSession)?)
    }

    fn room(&self, verb: &str) -> Answer {
        let (video, id) = (self.video, self.session_id);
        match verb {
            "room.get" => self.look(|state, session| ok_with("room", view::room_session_with_members(state, session))),
            "members.get" => {
                self.may_if(|_| true)?;
                self.look(|state, session| ok_with("members", view::members(state, session).into()))
            }
            "list_available_layouts" => {
                self.may("room.list_available_layouts")?;
                Ok(ok_with("layouts", json!(view::LAYOUTS)))
            }
            "set_layout" => {
                self.may("room.set_layout")?;
                video.set_layout(id, text(self.params, "name")?)?;
                Ok(ok())
            }
            "lock" | "unlock" => {
                self.may(if verb == "lock" { "room.lock" } else { "room.unlock" })?;
                video.lock(id, verb == "lock")?;
                Ok(ok())
            }
            "hide_video_muted" | "show_video_muted" => {
                self.may(if verb == "hide_video_muted" { "room.hide_video_muted" } else { "room.show_video_muted" })?;
                video.hide_video_muted(id, verb == "hide_video_muted")?;
                Ok(ok())
            }
            "prioritize_handraise" => {
                self.may("room.prioritize_handraise")?;
                video.prioritize_handraise(id, self.params["enable"].as_bool().unwrap_or(true))?;
                Ok(ok())
            }
            "set_position" => {
                self.may("room.set_position")?;
                let positions = self.params["positions"].as_object().ok_or(Failure::Parameter("positions"))?;
                for (member_id, position) in positions {
                    let position = position.as_str().ok_or(Failure::Parameter("positions"))?;
                    video.update_member(id, member_id, Change::Position(position.to_owned()))?;
                }
                Ok(ok())
            }
            "get_meta" => {
                self.may_if(|_| true)?;
                self.look(|_, session| ok_with("meta", session.settings.meta.clone().unwrap_or_else(|| json!({}))))
            }
            "set_meta" | "update_meta" | "delete_meta" => {
                self.may("room.set_meta")?;
                let session = video.session(id).ok_or(Refused::NoSession)?;
                let before = session.settings.meta.unwrap_or_else(|| json!({}));
                video.set_meta(id, self.changed_meta(verb, before)?)?;
                Ok(ok())
            }
            _ => Err(Failure::NoSuchMethod),
        }
    }

    /// What `set_meta`, `update_meta` or `delete_meta` makes of it.
    fn changed_meta(&self, verb: &str, mut meta: Value) -> Answer {
        if verb == "delete_meta" {
            let keys = self.params["keys"].as_array().ok_or(Failure::Parameter("keys"))?;
            if let Some(fields) = meta.as_object_mut() {
                fields.retain(|name, _| !keys.iter().any(|key| key == name.as_str()));
            }
            return Ok(meta);
        }
        let given = self.params["meta"].as_object().ok_or(Failure::Parameter("meta"))?;
        match meta.as_object_mut().filter(|_| verb == "update_meta") {
            Some(fields) => {
                fields.extend(given.clone());
                Ok(meta)
            }
            None => Ok(self.params["meta"].clone()),
        }
    }

    fn member(&self, verb: &str) -> Answer {
        let (video, id) = (self.video, self.session_id);
        let member_id = text(self.params, "member_id")?;
        let own = match self.caller {
            Caller::Server => false,
            Caller::Member(caller) => caller == member_id || self.is_child(member_id, caller),
        };
        let permission = |verb: &str| format!("room.{}.{verb}", if own { "self" } else { "member" });
        let change = match verb {
            "remove" => {
                self.may("room.member.remove")?;
                video.remove(id, member_id)?;
                return Ok(ok());
            }
            "audio_mute" => Change::AudioMuted(true),
            "audio_unmute" => Change::AudioMuted(false),
            "video_mute" => Change::VideoMuted(true),
            "video_unmute" => Change::VideoMuted(false),
            "deaf" => Change::Deaf(true),
            "undeaf" => Change::Deaf(false),
            "raisehand" => Change::HandRaised(true),
            "lowerhand" => Change::HandRaised(false),
            "set_input_volume" => Change::InputVolume(number(self.params, "volume")?),
            "set_output_volume" => Change::OutputVolume(number(self.params, "volume")?),
            "set_input_sensitivity" => Change::InputSensitivity(number(self.params, "value")?),
            "set_position" => Change::Position(text(self.params, "position")?.to_owned()),
            "get_meta" => {
                self.may_if(|_| true)?;
                let member = video.member(member_id).filter(|member| member.session_id == id);
                return Ok(ok_with("meta", member.ok_or(Refused::NoMember)?.meta));
            }
            "set_meta" | "update_meta" | "delete_meta" => {
                let member = video.member(member_id).ok_or(Refused::NoMember)?;
                Change::Meta(self.changed_meta(verb, member.meta)?)
            }
            _ => return Err(Failure::NoSuchMethod),
        };
        let needed = if matches!(change, Change::Meta(_)) { "set_meta" } else { verb };
        self.may(&permission(needed))?;
        video.update_member(id, member_id, change)?;
        Ok(ok())
    }

    /// Screens and devices are their owner's own.
    fn is_child(&self, member_id: &str, owner: &str) -> bool {
        self.video.member(member_id).is_some_and(|member| member.parent_id.as_deref() == Some(owner))
    }

    fn recording(&self, verb: &str) -> Answer {
        self.may("room.recording")?;
        let (video, id) = (self.video, self.session_id);
        let take = match verb {
            "list" => {
                let recordings = video.recordings(id);
                return Ok(ok_with("recordings", recordings.iter().map(view::recording).collect::<Vec<_>>().into()));
            }
            "start" => {
                let recording = video.start_recording(id)?;
                return Ok(ok_with("recording", view::recording(&recording)));
            }
            "stop" => Take::Stop,
            "pause" => Take::Pause,
            "resume" => Take::Resume,
            _ => return Err(Failure::NoSuchMethod),
        };
        video.recording(id, text(self.params, "recording_id")?, take)?;
        Ok(ok())
    }
}
