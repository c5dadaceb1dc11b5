//! Browsers: the signalling of `@signalwire/js`, from `signalwire.connect` with a room token on.
//!
//! Comes in: a connection whose room token has been verified and whose first request awaits its answer, and whatever happens in
//! the rooms. Goes out: answers, events, and members who join, change and leave. Media is [`super::media`]'s.

/// `signalwire.connect` and what it is answered with.
mod connect;

/// What happened in a room, told to the browsers in it.
mod deliver;

/// Which picture where.
mod layout;

/// A loaded page: what outlives its socket.
mod page;

/// Participants the stand-in plays itself.
mod robot;

/// Setting calls up and ending them.
mod verto;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Interval, MissedTickBehavior, interval_at};

use self::page::{Attachment, Page};
pub use self::robot::Robot;
use self::robot::Robots;
use super::{
    Options, Service,
    media::{Media, Seat},
    rpc,
    socket::{Closed, Connect, Wire, code, error, request, result},
    state::{Left, Member, Refused},
    token::Claims,
};
use crate::{clock::pause, fault::hold};

/// More pages at a time are refused.
const MAX_PAGES: usize = 1024;
/// How often a page without a socket is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// What all browser connections of one stand-in share.
pub struct Browsers {
    media: Media,
    /// By protocol.
    pages: Mutex<HashMap<String, Arc<Page>>>,
    robots: Robots,
}

impl Browsers {
    pub async fn start(options: &Options) -> std::io::Result<Browsers> {
        Ok(Browsers {
            media: Media::start(options.media_for_firefox).await?,
            pages: Mutex::default(),
            robots: Robots::default(),
        })
    }

    /// Tells browsers what happens, until the stand-in stops.
    pub fn listen(service: &Service) {
        let (events, service) = (service.video.events(), service.clone());
        tokio::spawn(async move {
            let stop = service.stop.clone();
            stop.run_until_cancelled_owned(deliver::run(service, events)).await;
        });
    }

    pub async fn lose_media(&self, member_id: &str) -> bool {
        self.media.lose(member_id).await
    }

    fn page(&self, protocol: &str) -> Option<Arc<Page>> {
        hold(&self.pages).get(protocol).cloned()
    }

    fn pages(&self) -> Vec<Arc<Page>> {
        hold(&self.pages).values().cloned().collect()
    }

    /// The media engine's name for a call: call ids are the browsers' own choice.
    fn media_call(page: &Page, call: &str) -> String {
        format!("{}/{call}", page.protocol)
    }

    /// Brings a seat up to what the room's state says of its member.
    fn mutes(member: &Member) -> impl FnOnce(&mut Seat) {
        let (audio, video, deaf) = (member.audio_muted, member.video_muted, member.deaf);
        move |seat| (seat.audio_muted, seat.video_muted, seat.deaf) = (audio, video, deaf)
    }
}

/// Speaks with one browser until it is gone.
pub async fn run(service: Service, claims: Claims, mut wire: Wire, connect: Connect) {
    let Ok((page, greeting)) = connect::admit(&service, claims, &mut wire, connect).await else { return };
    let attachment = page.attach(greeting);
    // It may have been given up this moment; its calls then have ended, but the page goes on.
    hold(&service.browsers.pages).insert(page.protocol.clone(), Arc::clone(&page));
    let number = attachment.number;
    for call in page.calls() {
        service.video.reappear(&call.member_id);
    }
    let mut connection = Connection { service: &service, page: &page, wire, attachment, unanswered_pings: 0 };
    // However it ends, what counts now is whether the page comes back.
    let _ = connection.live().await;
    drop(connection);
    if page.detach(number) {
        tokio::spawn(async move {
            let stop = service.stop.clone();
            stop.run_until_cancelled_owned(wait_for_return(service, page, number)).await;
        });
    }
}

struct Connection<'a> {
    service: &'a Service,
    page: &'a Page,
    wire: Wire,
    attachment: Attachment,
    unanswered_pings: u32,
}

impl Connection<'_> {
    async fn live(&mut self) -> Result<(), Closed> {
        let mut pings = pings(self.service.options.ping_every);
        loop {
            tokio::select! {
                push = self.attachment.frames.recv() => {
                    // None: the page has a newer socket, or this one was too slow.
                    let push = push.ok_or(Closed)?;
                    self.wire.push(&push.kind, &push.frame).await?;
                }
                frame = self.wire.receive() => self.handle(&frame?).await,
                _ = pings.tick() => self.ping().await?,
            }
        }
    }

    async fn ping(&mut self) -> Result<(), Closed> {
        if self.unanswered_pings > 1 {
            return Err(Closed);
        }
        self.unanswered_pings += 1;
        let params = json!({ "timestamp": self.service.clock.unix_float() });
        self.wire.push("signalwire.ping", &request(PING, "signalwire.ping", params)).await?;
        Ok(())
    }

    async fn handle(&mut self, frame: &Value) {
        let (id, params) = (&frame["id"], &frame["params"]);
        let Some(method) = frame["method"].as_str() else {
            // Events are acknowledged one by one; nothing is sent again, so nothing depends on that.
            if id == PING {
                self.unanswered_pings = 0;
            }
            return;
        };
        match method {
            "video.message" => verto::message(self.service, self.page, id, params).await,
            "signalwire.ping" => self.page.push(method, result(id, params.clone())),
            "signalwire.reauthenticate" => self.page.push(method, self.reauthenticate(id, params)),
            method => self.page.push(method, self.call(id, method, params)),
        }
    }

    /// A `video.*` method, as the person whose page it is.
    fn call(&self, id: &Value, method: &str, params: &Value) -> Value {
        let answer = match self.page.person() {
            Some(call) => {
                let params = with_member(params, &call.member_id);
                rpc::call(&self.service.video, rpc::Caller::Member(&call.member_id), method, &params)
            }
            None if method.starts_with("video.") => Err(Refused::Unauthorized.into()),
            None => Err(rpc::Failure::NoSuchMethod),
        };
        rpc::answer(id, answer)
    }

    fn reauthenticate(&self, id: &Value, params: &Value) -> Value {
        let token = params["authentication"]["jwt_token"].as_str().unwrap_or_default();
        let same_room = |claims: &Claims| claims.room_name == self.page.claims().room_name;
        match self.service.tokens.verify(token).ok().filter(same_room) {
            Some(claims) => {
                self.page.renew(claims);
                result(id, connect::answer(self.service, self.page))
            }
            None => error(id, code::AUTHENTICATION, &Refused::BadToken.to_string()),
        }
    }
}

/// The id of our pings: one of them under way at a time is enough.
const PING: &str = "ping";

fn pings(every: Duration) -> Interval {
    let mut pings = interval_at(tokio::time::Instant::now() + every, every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings
}

/// Methods about a member are about the caller where they name none.
fn with_member(params: &Value, member_id: &str) -> Value {
    let mut params = params.clone();
    if let Some(fields) = params.as_object_mut() {
        fields.entry("member_id").or_insert_with(|| member_id.into());
    }
    params
}

/// A page without a socket is given up when its media has been silent for [`super::Options::browser_gone_after`], or
/// however it may be after [`super::state::GRACE_MS`]: a tab that was closed is silent at once, one that reconnects is not.
async fn wait_for_return(service: Service, page: Arc<Page>, number: u64) {
    for call in page.calls() {
        service.video.vanish(&call.member_id);
    }
    let gone_after = service.options.browser_gone_after;
    loop {
        pause(LOOK).await;
        let mut alive = false;
        for call in page.calls() {
            let silent = service.browsers.media.silent_for(&Browsers::media_call(&page, &call.id)).await;
            alive |= silent.is_some_and(|silent| silent < gone_after);
        }
        let mut pages = hold(&service.browsers.pages);
        let Some(detached) = page.detached_for(number) else { return };
        if !alive && detached >= gone_after {
            pages.remove(&page.protocol);
            break;
        }
    }
    for call in page.calls() {
        verto::end(&service, &page, &call.id, Left::Vanished).await;
    }
}
