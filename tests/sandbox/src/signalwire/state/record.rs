//! Recordings, and the events REST hands out afterwards.

use super::{About, Event, Logged, Recording, RecordingState, Refused, Session, State, Video, new_id, view};

/// What a moderator does to a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    Stop,
    Pause,
    Resume,
}

/// Events remembered per session.
const LOG_KEPT: usize = 1_000;

/// Too frequent to be of lasting interest.
const NOT_KEPT: [&str; 3] = ["video.layout.changed", "video.member.talking", "video.member.updated"];

/// Notes an event for `GET /room_sessions/{id}/events`.
pub(super) fn keep(session: &mut Session, event: &Event, recording_id: Option<String>, now: i64) {
    if NOT_KEPT.contains(&event.name) {
        return;
    }
    if session.log.len() == LOG_KEPT {
        session.log.pop_front();
    }
    session.log.push_back(Logged {
        id: new_id(),
        name: event.name.trim_start_matches("video.").to_owned(),
        recording_id,
        member_id: event.member_id.clone(),
        payload: (*event.params).clone(),
        at: now,
    });
}

impl Video {
    /// Starts recording a session, once at a time.
    pub fn start_recording(&self, session_id: &str) -> Result<Recording, Refused> {
        self.with(|state, now| state.start_recording(session_id, now))
    }

    pub fn recording(&self, session_id: &str, recording_id: &str, take: Take) -> Result<(), Refused> {
        self.with(|state, now| {
            state.running(session_id)?;
            state.take(session_id, recording_id, take, now)
        })
    }

    pub fn recordings(&self, session_id: &str) -> Vec<Recording> {
        self.with(|state, _| {
            let session = state.session(session_id);
            session.map(|session| state.recordings_of(session).cloned().collect()).unwrap_or_default()
        })
    }
}

impl State {
    /// Whether anything of the session is being recorded (a pause counts).
    pub fn is_recording(&self, session: &Session) -> bool {
        self.recordings_of(session).any(|recording| recording.state != RecordingState::Completed)
    }

    pub(super) fn start_recording(&mut self, session_id: &str, now: i64) -> Result<Recording, Refused> {
        let session = self.running(session_id)?;
        if self.is_recording(session) {
            return Err(Refused::AlreadyRecording);
        }
        let recording = Recording {
            id: new_id(),
            room_id: session.room_id.clone(),
            session_id: session.id.clone(),
            state: RecordingState::Recording,
            started_at: now,
            updated_at: now,
            ended_at: None,
        };
        if let Some(session) = self.session_mut(session_id) {
            session.recordings.push(recording.id.clone());
        }
        self.recording_order.push(recording.id.clone());
        self.recordings.insert(recording.id.clone(), recording.clone());
        self.tell_of_recording(&recording, "video.recording.started", now);
        self.tell_of_room(session_id, "video.room.updated", &["recording"], now);
        Ok(recording)
    }

    fn take(&mut self, session_id: &str, recording_id: &str, take: Take, now: i64) -> Result<(), Refused> {
        let recording = self
            .recordings
            .get_mut(recording_id)
            .filter(|recording| recording.session_id == session_id && recording.state != RecordingState::Completed)
            .ok_or(Refused::NoRecording)?;
        let (state, name) = match take {
            Take::Stop => (RecordingState::Completed, "video.recording.ended"),
            Take::Pause => (RecordingState::Paused, "video.recording.updated"),
            Take::Resume => (RecordingState::Recording, "video.recording.updated"),
        };
        if recording.state == state {
            return Ok(());
        }
        recording.state = state;
        recording.updated_at = now;
        recording.ended_at = (take == Take::Stop).then_some(now);
        let recording = recording.clone();
        self.tell_of_recording(&recording, name, now);
        if take == Take::Stop {
            self.tell_of_room(session_id, "video.room.updated", &["recording"], now);
        }
        Ok(())
    }

    pub(super) fn stop_all_recordings(&mut self, session_id: &str, now: i64) {
        let Some(session) = self.session(session_id) else { return };
        for recording_id in session.recordings.clone() {
            // One that has been stopped already stays as it is.
            let _ = self.take(session_id, &recording_id, Take::Stop, now);
        }
    }

    /// Forgets a recording, as REST may ask.
    pub fn delete_recording(&mut self, id: &str) -> Option<Recording> {
        let recording = self.recordings.remove(id)?;
        self.recording_order.retain(|kept| kept != id);
        if let Some(session) = self.session_mut(&recording.session_id) {
            session.recordings.retain(|kept| kept != id);
        }
        Some(recording)
    }

    fn tell_of_recording(&mut self, recording: &Recording, name: &'static str, now: i64) {
        let about = About { recording_id: Some(recording.id.clone()), ..About::default() };
        let params = view::recording_event(recording);
        self.tell(&recording.session_id, name, about, params, now);
    }
}
