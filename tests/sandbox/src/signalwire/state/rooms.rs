//! Making, changing and deleting rooms.

use super::{Due, Room, Settings, State, new_id};

impl State {
    /// A room of that name, unless there is one.
    pub fn create_room(&mut self, name: &str, settings: Settings, now: i64) -> Option<&Room> {
        if self.room_by_name.contains_key(name) {
            return None;
        }
        self.rooms_made += 1;
        let number = self.rooms_made;
        let room = Room { id: new_id(), name: name.to_owned(), settings, created_at: now, updated_at: now };
        self.room_by_id.insert(room.id.clone(), number);
        self.room_by_name.insert(room.name.clone(), number);
        Some(self.rooms.entry(number).or_insert(room))
    }

    /// New settings for a room and for the session that runs in it; a `remove_at` that has passed ends it now.
    pub fn update_room(&mut self, id: &str, settings: Settings, now: i64) -> Option<&Room> {
        let number = *self.room_by_id.get(id)?;
        let room = self.rooms.get_mut(&number)?;
        room.settings = settings.clone();
        room.updated_at = now;
        let live = self.live.get(&room.name).cloned();
        if let Some(session_id) = live {
            if let Some(session) = self.session_mut(&session_id).filter(|session| session.room_id == id) {
                let remove_at = settings.remove_at;
                session.settings = settings;
                self.remember_deadline(remove_at, Due::Session(session_id));
            }
            self.do_what_is_due(now);
        }
        self.rooms.get(&number)
    }

    /// The room is gone; a session that runs in it goes on until people leave.
    pub fn delete_room(&mut self, id: &str) -> Option<Room> {
        let number = self.room_by_id.remove(id)?;
        let room = self.rooms.remove(&number)?;
        self.room_by_name.remove(&room.name);
        Some(room)
    }
}
