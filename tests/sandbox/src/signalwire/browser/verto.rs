//! Calls: Verto requests inside `video.message`. An invite becomes a member of the room with a media transport, a bye ends both.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::{
    Service,
    media::{Answer, Refused as NoMedia, Seat, Transport},
    rpc::{self, Failure},
    socket::{request, result},
    state::{Entry, Joined, Kind, Left, Refused},
};
use super::page::{Call, Page};
use super::{Browsers, deliver};

/// Ids of calls are the browsers' choice, within reason.
const LONGEST_ID: usize = 100;
/// A page has one call for its person, and a few screens and devices.
const MAX_CALLS: usize = 8;

/// A Verto request, in its wrapping.
struct Message<'a> {
    service: &'a Service,
    page: &'a Page,
    /// Of the outer request.
    id: &'a Value,
    inner_id: &'a Value,
    params: &'a Value,
    call_id: &'a str,
    subscribe: Vec<String>,
}

/// Whether and why a call ended, as Verto says it.
#[derive(Clone, Copy)]
struct Cause(&'static str, u32);

const NORMAL: Cause = Cause("NORMAL_CLEARING", 16);
/// The offer cannot be used.
const INCOMPATIBLE: Cause = Cause("INCOMPATIBLE_DESTINATION", 88);
/// No room for one more transport.
const CONGESTION: Cause = Cause("NORMAL_CIRCUIT_CONGESTION", 34);

pub(super) async fn message(service: &Service, page: &Page, id: &Value, params: &Value) {
    let message = &params["message"];
    let Some(method) = message["method"].as_str() else {
        // A Verto result for a Verto request of ours: it only wants to be acknowledged.
        page.push("video.message", result(id, json!({ "code": "200", "message": "OK" })));
        return;
    };
    let dialog = &message["params"]["dialogParams"];
    let call_id = dialog["callID"].as_str().or(params["callID"].as_str()).unwrap_or_default();
    let names = params["subscribe"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let message = Message {
        service,
        page,
        id,
        inner_id: &message["id"],
        params: &message["params"],
        call_id,
        subscribe: names.map(str::to_owned).collect(),
    };
    if let Err(failure) = message.handle(method, dialog).await {
        page.push("video.message", rpc::answer(id, Err(failure)));
    }
}

impl Message<'_> {
    async fn handle(&self, method: &str, dialog: &Value) -> Result<(), Failure> {
        if self.call_id.is_empty() || self.call_id.len() > LONGEST_ID {
            return Err(Failure::Parameter("callID"));
        }
        match (method, self.page.call(self.call_id)) {
            ("verto.invite", None) => self.invite(dialog).await,
            ("verto.invite", Some(call)) => self.invite_again(&call).await,
            ("verto.bye", Some(_)) => {
                end(self.service, self.page, self.call_id, Left::Gone).await;
                self.answer(json!({
                    "callID": self.call_id,
                    "message": "CALL ENDED",
                    "cause": NORMAL.0,
                    "causeCode": NORMAL.1,
                }));
                Ok(())
            }
            ("verto.modify", Some(call)) => self.modify(&call).await,
            ("verto.info" | "verto.pong", _) => {
                self.answer(json!({ "callID": self.call_id, "message": "OK" }));
                Ok(())
            }
            ("verto.bye" | "verto.modify", None) => Err(Refused::NoMember.into()),
            _ => Err(Failure::NoSuchMethod),
        }
    }

    /// A new call: media first, so that an offer of no use never makes a member.
    async fn invite(&self, dialog: &Value) -> Result<(), Failure> {
        let (service, page) = (self.service, self.page);
        let parent = self.parent(dialog)?;
        if page.calls().len() >= MAX_CALLS || parent.is_none() && page.person().is_some() {
            return Err(Refused::BadParameter("callID").into());
        }
        let setting_up = page.set_up();
        let media_call = Browsers::media_call(page, self.call_id);
        let answer = match service.browsers.media.offer(&media_call, self.sdp()?).await {
            Ok(answer) => answer,
            Err(refused) => {
                self.answer(json!({ "message": "CALL CREATED", "callID": self.call_id }));
                let cause = if refused == NoMedia::Full { CONGESTION } else { INCOMPATIBLE };
                push_bye(service, page, self.call_id, cause);
                return Ok(());
            }
        };
        let (audio, video) = (answer.sends_audio, answer.sends_video);
        let entry = match parent {
            None => Entry::Person { audio, video },
            Some((Kind::Screen, parent_id)) => Entry::Screen { parent_id },
            Some((_, parent_id)) => Entry::Device { parent_id, audio, video },
        };
        let joined = match service.video.join(&page.claims(), entry) {
            Ok(joined) => joined,
            Err(refused) => {
                service.browsers.media.hang_up(&media_call).await;
                return Err(refused.into());
            }
        };
        self.take_seat(&joined, media_call, &answer);
        self.answer(json!({ "message": "CALL CREATED", "callID": self.call_id }));
        push_answer(service, page, self.call_id, &answer.sdp);
        if let Some(call) = page.call(self.call_id).filter(Call::is_person) {
            self.push_subscribed(&call);
        }
        drop(setting_up);
        if !service.video.member(&joined.member_id).is_some_and(|member| member.is_present()) {
            // Out again already: whoever looked for this call to end it did not find it yet.
            say_bye(service, page, self.call_id).await;
        }
        Ok(())
    }

    /// For a screen share or a second device: what it is and whose.
    fn parent(&self, dialog: &Value) -> Result<Option<(Kind, String)>, Failure> {
        let kind = match (dialog["screenShare"].as_bool(), dialog["additionalDevice"].as_bool()) {
            (Some(true), _) => Kind::Screen,
            (_, Some(true)) => Kind::Device,
            _ => return Ok(None),
        };
        let member_id = dialog["userVariables"]["memberId"].as_str();
        let person = self.page.person().filter(|person| Some(person.member_id.as_str()) == member_id);
        Ok(Some((kind, person.ok_or(Refused::Unauthorized)?.member_id)))
    }

    fn take_seat(&self, joined: &Joined, media_call: String, answer: &Answer) {
        let (service, page) = (self.service, self.page);
        page.add_call(Call {
            id: self.call_id.to_owned(),
            session_id: joined.session_id.clone(),
            member_id: joined.member_id.clone(),
            kind: joined.kind,
            subscribe: self.subscribe.clone(),
            shown: None,
        });
        // Audience is never seen nor heard, whatever it offers to send.
        let may_send = joined.kind != Kind::Audience;
        let mut seat = Seat::new(&joined.session_id, &joined.member_id, joined.kind);
        seat.call = Some(media_call);
        seat.sends_audio = answer.sends_audio && may_send;
        seat.sends_video = answer.sends_video && may_send;
        if let Some(member) = service.video.member(&joined.member_id) {
            seat.owner = member.parent_id.clone();
            Browsers::mutes(&member)(&mut seat);
        }
        service.browsers.media.seat(seat);
    }

    /// The same call once more: an ICE restart, or a page that was loaded again.
    async fn invite_again(&self, call: &Call) -> Result<(), Failure> {
        let (service, page) = (self.service, self.page);
        let setting_up = page.set_up();
        let answer = self.renegotiate(call).await?;
        self.answer(json!({ "message": "CALL CREATED", "callID": self.call_id }));
        push_answer(service, page, self.call_id, &answer.sdp);
        if answer.transport == Transport::New && call.is_person() {
            self.push_subscribed(call);
        }
        drop(setting_up);
        Ok(())
    }

    async fn modify(&self, call: &Call) -> Result<(), Failure> {
        let action = self.params["action"].as_str().unwrap_or_default();
        let mut answer = json!({ "callID": self.call_id, "action": action });
        match action {
            "updateMedia" => answer["sdp"] = self.renegotiate(call).await?.sdp.into(),
            "hold" => answer["holdState"] = "held".into(),
            "unhold" => answer["holdState"] = "active".into(),
            _ => return Err(Failure::Parameter("action")),
        }
        self.answer(answer);
        Ok(())
    }

    async fn renegotiate(&self, call: &Call) -> Result<Answer, Failure> {
        let media = &self.service.browsers.media;
        let answer = media.offer(&Browsers::media_call(self.page, &call.id), self.sdp()?).await;
        let answer = answer.map_err(|_| Refused::BadParameter("sdp"))?;
        if call.kind != Kind::Audience {
            let (audio, video) = (answer.sends_audio, answer.sends_video);
            media.change(&call.member_id, |seat| (seat.sends_audio, seat.sends_video) = (audio, video));
        }
        Ok(answer)
    }

    fn sdp(&self) -> Result<&str, Failure> {
        self.params["sdp"].as_str().ok_or(Failure::Parameter("sdp"))
    }

    /// The Verto result, inside the result of the request it came in.
    fn answer(&self, verto: Value) {
        let inner = result(self.inner_id, verto);
        let answer = json!({ "code": "200", "message": "OK", "node_id": node_id(self.service), "result": inner });
        self.page.push("video.message", result(self.id, answer));
    }

    fn push_subscribed(&self, call: &Call) {
        let Some(mut params) = self.service.video.subscribed(&call.session_id) else { return };
        params["call_id"] = call.id.as_str().into();
        params["member_id"] = call.member_id.as_str().into();
        deliver::push(self.service, self.page, call, "video.room.subscribed", params);
        deliver::push_layout(self.service, self.page, call);
    }
}

/// Ends a call and takes its member out of the room. News of that goes to the others.
pub(super) async fn end(service: &Service, page: &Page, call_id: &str, why: Left) {
    let Some(call) = page.take_call(call_id) else { return };
    service.browsers.media.unseat(&call.member_id);
    service.video.leave(&call.member_id, why);
    service.browsers.media.hang_up(&Browsers::media_call(page, call_id)).await;
}

/// The member is out already: tells the browser and drops the transport.
pub(super) async fn say_bye(service: &Service, page: &Page, call_id: &str) {
    let Some(call) = page.take_call(call_id) else { return };
    service.browsers.media.unseat(&call.member_id);
    push_bye(service, page, call_id, NORMAL);
    service.browsers.media.hang_up(&Browsers::media_call(page, call_id)).await;
}

fn push_answer(service: &Service, page: &Page, call_id: &str, sdp: &str) {
    push_verto(service, page, "verto.answer", json!({ "callID": call_id, "sdp": sdp }));
}

fn push_bye(service: &Service, page: &Page, call_id: &str, Cause(cause, code): Cause) {
    push_verto(service, page, "verto.bye", json!({ "callID": call_id, "cause": cause, "causeCode": code.to_string() }));
}

/// A Verto request of ours, inside an event.
fn push_verto(service: &Service, page: &Page, method: &str, params: Value) {
    let event = json!({
        "event_type": "webrtc.message",
        "event_channel": page.protocol,
        "timestamp": service.clock.unix_float(),
        "project_id": service.options.project,
        "node_id": node_id(service),
        "params": { "jsonrpc": "2.0", "id": Uuid::new_v4().to_string(), "method": method, "params": params },
    });
    page.push(method, request(&Uuid::new_v4().to_string(), "signalwire.event", event));
}

/// Which of the service's machines has the call; browsers send it back to us.
fn node_id(service: &Service) -> String {
    format!("{}@sandbox", service.addr.port())
}
