//! "Send Odo in": a participant that the stand-in plays. In come a room and a name, out comes a normal member who shows a moving
//! test picture and says nothing.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::Value;
use uuid::Uuid;

use super::super::{
    Service, SignalWire,
    media::{ROBOT, Seat},
    state::{Entry, Kind, Left, Refused},
    token::{Claims, DEFAULT_PERMISSIONS},
};
use crate::{clock::pause, fault::hold};

/// A robot in a room. It stays until it is sent away, removed, or left alone; dropping this changes nothing.
#[derive(Clone)]
pub struct Robot {
    service: Service,
    pub session_id: String,
    pub member_id: String,
}

impl Robot {
    /// Leaves as anybody would.
    pub fn leaves(&self) {
        self.service.browsers.media.unseat(&self.member_id);
        self.service.video.leave(&self.member_id, Left::Gone);
    }

    pub fn is_inside(&self) -> bool {
        self.service.video.member(&self.member_id).is_some_and(|member| member.is_present())
    }
}

impl SignalWire {
    /// Sends a robot into the room of this name, which has to exist or to be live. `meta` is what a room token's `meta` would be.
    pub fn send_robot(&self, room_name: &str, name: &str, meta: Value) -> Result<Robot, Refused> {
        let service = self.service();
        let claims = Claims {
            iat: service.clock.unix_seconds(),
            jti: Uuid::new_v4().to_string(),
            sub: service.options.project.clone(),
            user_name: Some(name.to_owned()),
            room_name: room_name.to_owned(),
            // A session may outlive its room; a robot never makes one.
            auto_create_room: service.video.live_session(room_name).is_some(),
            permissions: DEFAULT_PERMISSIONS.map(str::to_owned).into(),
            meta: Some(meta),
            ..Claims::default()
        };
        let joined = service.video.join(&claims, Entry::Person { audio: false, video: true })?;
        let film = Some(ROBOT.clone());
        let seat = Seat { sends_video: true, film, ..Seat::new(&joined.session_id, &joined.member_id, Kind::Member) };
        service.browsers.media.seat(seat);
        let robot =
            Robot { service: service.clone(), session_id: joined.session_id, member_id: joined.member_id.clone() };
        hold(&service.browsers.robots.0).insert(joined.member_id, robot.session_id.clone());
        Ok(robot)
    }

    /// The robots in the room of this name.
    pub fn robots(&self, room_name: &str) -> Vec<Robot> {
        let Some(session) = self.service().video.live_session(room_name) else { return Vec::new() };
        let ids = self.service().browsers.robots.inside(self.service(), &session.id);
        let robot = |member_id| Robot { service: self.service().clone(), session_id: session.id.clone(), member_id };
        ids.into_iter().map(robot).collect()
    }
}

/// All robots that are inside somewhere: sessions by member ids.
#[derive(Default)]
pub(super) struct Robots(Mutex<HashMap<String, String>>);

impl Robots {
    /// Forgets those who are out on the way.
    fn inside(&self, service: &Service, session_id: &str) -> Vec<String> {
        let mut robots = hold(&self.0);
        robots.retain(|member_id, _| service.video.member(member_id).is_some_and(|member| member.is_present()));
        robots.iter().filter(|(_, session)| *session == session_id).map(|(member, _)| member.clone()).collect()
    }

    fn only_robots(&self, service: &Service, session_id: &str) -> Option<Vec<String>> {
        let robots = self.inside(service, session_id);
        let members = service.video.members(session_id);
        (!robots.is_empty() && members.iter().all(|member| robots.contains(&member.id))).then_some(robots)
    }

    /// Somebody left: if nobody but robots is inside now, and still is in a while, they leave too.
    pub(super) fn look_around(&self, service: &Service, session_id: &str) {
        if self.only_robots(service, session_id).is_none() {
            return;
        }
        let (service, session_id) = (service.clone(), session_id.to_owned());
        tokio::spawn(async move {
            let stop = service.stop.clone();
            let Some(()) = stop.run_until_cancelled(pause(service.options.browser_gone_after)).await else { return };
            let lonely = service.browsers.robots.only_robots(&service, &session_id);
            for member_id in lonely.into_iter().flatten() {
                Robot { service: service.clone(), session_id: session_id.clone(), member_id }.leaves();
            }
        });
    }
}
