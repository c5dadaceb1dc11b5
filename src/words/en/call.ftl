# What the routes of the join page say when something can't be done (call/). The page adds the reference and
# makes names stand out.

call-ticket-used = This link has been used. Press Join on the card for a fresh one.
call-ticket-expired = This link was good for { $minutes } minutes. Press Join on the card again.
call-invitation-used = This invitation was opened in another browser. Ask whoever invited you for a new link.
call-invitation-over = Your invitation is over. Ask whoever invited you for a new link.
call-not-allowed = This room doesn't exist, or your account can't see its channel.
call-not-allowed-as = This room doesn't exist, or your account can't see its channel. Signed in as { $name }.
call-removed = A moderator removed you from { $room }. You can join again when this call has ended.
call-room-locked = A moderator locked the room. Keep this page open: you go in when it's unlocked.
call-knock-first = A moderator lets guests in. Ask to be let in, and keep this page open.
call-door-busy = Others are waiting to be let in already. Try again in { $seconds } s.
call-room-full = The room is full ({ $inside } of { $max }). We try again while this page is open.
call-room-ended = { $room } has ended. Type /video in its channel to open it again.
call-session-changed = This browser is now signed in as { $name }; this tab was somebody else's.
call-signed-out = You're not signed in for this room. Go to its channel and press Join on the room's card, or type /video there.
call-video-unavailable = The video service doesn't answer. Trying again in { $seconds } s.
call-video-refused = The video service refuses this bot's account. Only the people who run it can mend that.
call-discord-unavailable = We can't ask Discord whether you may come in. Trying again in { $seconds } s.
call-rate-limited = Too many tries. Wait { $seconds } s.
call-invalid-request = The page sent something this server doesn't understand. Reload the page.
call-not-found = There is nothing here.
call-database-unavailable = We can't get at our own records. Trying again in { $seconds } s.
call-internal = Something went wrong on our side. Try again in a moment.
call-other-browser = You signed in, but in a different browser. Start again here.
call-too-old = You took more than ten minutes to sign in. Start again here.
call-sign-in-refused = Discord didn't sign you in. Start again here.
call-start-again = Start again
