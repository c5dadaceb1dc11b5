//! People without a browser, for tests: they join with a room token as a browser would, and are then told
//! what to do.
//!
//! Comes in: a room token. Goes out: [`Member`], somebody inside, or the same refusal a browser gets.

use super::{
    Service, SignalWire,
    state::{self, Change, Entry, Joined, Kind, Left, Refused},
    token::Claims,
};

/// Somebody who came in. Dropping it changes nothing: whoever is inside stays.
#[derive(Clone)]
pub struct Member {
    service: Service,
    claims: Claims,
    joined: Joined,
}

impl SignalWire {
    /// Comes in with this token, camera and microphone on. The token is checked as for a real join.
    pub async fn enter(&self, room_token: &str) -> Result<Member, Refused> {
        self.enter_as(room_token, Entry::default()).await
    }

    /// Comes in with this token, and with what `entry` says.
    pub async fn enter_as(&self, room_token: &str, entry: Entry) -> Result<Member, Refused> {
        let service = self.service().clone();
        let claims = service.tokens.verify(room_token).map_err(|_| Refused::BadToken)?;
        let joined = service.video.join(&claims, entry)?;
        // What a join sets in motion (sockets, relays) gets its turn before the test goes on.
        tokio::task::yield_now().await;
        Ok(Member { service, claims, joined })
    }
}

impl SignalWire {
    /// Lets somebody in as if they had come with a token that says this: for crowds, whose tokens nobody looks at.
    pub fn admit(&self, claims: Claims) -> Result<Member, Refused> {
        let service = self.service().clone();
        let joined = service.video.join(&claims, Entry::default())?;
        Ok(Member { service, claims, joined })
    }
}

impl Member {
    pub fn id(&self) -> &str {
        &self.joined.member_id
    }

    pub fn name(&self) -> &str {
        &self.joined.name
    }

    pub fn session_id(&self) -> &str {
        &self.joined.session_id
    }

    /// What the service knows about it now.
    pub fn state(&self) -> Option<state::Member> {
        self.service.video.member(self.id())
    }

    pub fn is_inside(&self) -> bool {
        self.state().is_some_and(|member| member.is_present())
    }

    /// Says goodbye.
    pub fn leaves(&self) {
        self.service.video.leave(self.id(), Left::Gone);
    }

    /// Its connection breaks: the service gives up on it after [`state::GRACE_MS`] by the clock.
    pub fn vanishes(&self) {
        self.service.video.vanish(self.id());
    }

    /// The connection is back, in time or not: whether it is still inside.
    pub fn returns(&self) -> bool {
        self.service.video.reappear(self.id())
    }

    pub fn mutes_audio(&self) {
        self.changes(Change::AudioMuted(true));
    }

    pub fn unmutes_audio(&self) {
        self.changes(Change::AudioMuted(false));
    }

    pub fn mutes_video(&self) {
        self.changes(Change::VideoMuted(true));
    }

    pub fn unmutes_video(&self) {
        self.changes(Change::VideoMuted(false));
    }

    pub fn raises_hand(&self) {
        self.changes(Change::HandRaised(true));
    }

    pub fn lowers_hand(&self) {
        self.changes(Change::HandRaised(false));
    }

    /// Locks the room, or unlocks it.
    pub fn locks(&self, locked: bool) {
        // Whoever has been removed meanwhile changes nothing any more.
        let _ = self.service.video.lock(self.session_id(), locked);
    }

    /// Whether nobody else gets in.
    pub fn is_behind_a_lock(&self) -> bool {
        self.service.video.session(self.session_id()).is_some_and(|session| session.locked)
    }

    fn changes(&self, change: Change) {
        // Whoever has been removed meanwhile changes nothing any more.
        let _ = self.service.video.update_member(self.session_id(), self.id(), change);
    }

    /// Shares a screen: a member of its own.
    pub fn shares_screen(&self) -> Result<Self, Refused> {
        let entry = Entry::Screen { parent_id: self.id().to_owned() };
        let joined = self.service.video.join(&self.claims, entry)?;
        Ok(Self { joined, ..self.clone() })
    }

    /// Whether this is somebody's screen.
    pub fn is_screen(&self) -> bool {
        self.joined.kind == Kind::Screen
    }
}
