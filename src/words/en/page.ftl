# What the join page and its errors say (call/, web/).
# Arguments come from people and are shown as text. **bold** and `code` are marks of ours; what people typed never makes one.

page-title = { $room } · Greenroom
page-loading = One moment …
page-part-missing = This part did not load. Check your connection.
page-person-moderator = moderator
page-person-member = member
page-person-audience = audience
page-you = { $name } (you)
page-reference = Reference { $reference }

## The door: no link, no session
page-door-title = A door to a video room
page-door = This is the door to a video room in a Discord server. To come in, go to the channel where you found this link and press **Join** on the room's card, or type `/video` there.
page-sign-in = Sign in with Discord
page-signed-out = You are signed out here.

## The lobby
page-where = in **#{ $channel }** · { $guild }
page-inside-nobody = Nobody is inside yet.
page-inside-one = { $name } is inside.
page-inside-two = { $first } and { $second } are inside.
page-inside-three = { $first }, { $second } and { $third } are inside.
page-inside-many = { $first }, { $second } and { $count } others are inside.
page-watching = { $count } watching
page-come-in-as = You come in as **{ $name }** ({ $role }).
page-not-you = Not you?
page-audience-explained = You come in as audience: you see and hear, nobody sees or hears you.
page-recorded = Being recorded
page-locked = Locked
page-locked-explained = Only moderators can come in.
page-full = Full: { $inside } of { $max }
page-preview = How you will look
page-camera-off = Your camera is off
page-try-devices = Try camera and microphone
page-try-devices-why = Your browser asks first. Nobody sees or hears you before you join.
page-heard = We hear you
page-no-sound = No sound yet
page-devices = Devices and tests
page-devices-unnamed = Switch the microphone or camera on once, and you can choose here which one.
page-test-speaker = Play two notes
page-test-speaker-now = Playing two notes …
page-test-speaker-after = Did you hear two notes? If not, turn the volume up or choose another speaker.
page-test-microphone = Record 3 seconds
page-test-microphone-now = Recording … say something.
page-test-playing = This is what we heard …
page-test-microphone-after = Was that you? If not, choose another microphone. Nothing was sent or kept.
page-test-silent = We heard nothing. Speak louder, choose another microphone, or look whether it is muted on the device itself.
page-check = Check my connection
page-check-why = Tries everything a call needs, one by one. Your browser may ask for microphone and camera. You can join at any time.
page-check-secure = Protected page
page-check-token = Permission to enter
page-check-socket = Video service
page-check-ways = Ways through your network
page-check-media = Picture, there and back
page-check-is-waiting = is being tried …
page-check-is-good = works
page-check-is-bad = does not work
page-check-is-unsure = not sure
page-check-ms = { $ms } ms
page-check-running = Checking …
page-check-all = All of it works. You can join.
page-check-some = { $count ->
    [one] One thing needs a look. You can try to join all the same.
   *[other] { $count } things need a look. You can try to join all the same.
}
page-check-found = { $direct } direct, { $relayed } through the service's relay
page-check-round = Seen again after { $ms } ms.
page-check-refused = It answers, but did not accept our permission. Try once more.
page-check-no-secure = The address has to begin with **https://**.
page-check-no-socket = Your network does not let this page reach the video service. A firewall, a VPN or a blocker may be in the way.
page-check-no-ways = Your browser finds no way out. A blocker or a setting may forbid WebRTC.
page-check-no-relay = The service's relay can't be reached. On a strict network, picture and sound may fail: try another network.
page-check-no-media = The picture did not come back. Try another network, or switch off a VPN.
page-check-late = No answer in time. Try another network, or switch off a VPN.
page-check-failed = It did not work, for a reason we do not know.
page-check-copy = Copy report
page-check-copied = Report copied. It names neither you nor your devices.
page-check-shown = Copy it from here. It names neither you nor your devices.
page-check-again = Check again
page-microphone = Microphone
page-camera = Camera
page-speaker = Speaker
page-default-device = Your system's choice
page-nth-microphone = Microphone { $number }
page-nth-camera = Camera { $number }
page-nth-speaker = Speaker { $number }
page-join = Join
page-join-with-both = with camera and microphone
page-join-with-microphone = with microphone, camera off
page-join-with-camera = with camera, muted
page-join-with-none = camera and microphone off
page-join-audience = to watch and listen
page-elsewhere = You are already inside, on another device or in another tab.
page-move-here = Move the call here
page-enter-again = Go to the lobby
page-other-device = Somewhere else?
page-copy-link = Copy my link
page-copy-link-why = Opens once, within 2 minutes, as { $name }: on your phone or in another browser.
page-link-copied = Link copied. It is you: do not share it.
page-link-here = Copy this link. It is you: do not share it.
page-in-app = Discord's built-in browser may cut your camera. **Copy my link**, then paste it into Safari or Chrome.
page-phone = Continue on your phone
page-phone-code = A code for your phone's camera
page-phone-how = Point your phone's camera at the code. It works once, within 2 minutes, and it is you: show it to nobody else.
page-phone-over = This code is no longer good.
page-phone-again = Show a new one
page-skip = Skip this page next time
page-skip-why = You come straight in with what is on now, unless the call is recorded. To undo it, leave and press **Go to the lobby**.
page-room-link-copied = Room link copied.
page-stream-lost = Live updates pause. We are reconnecting.

## Devices that do not work: what it is, then what to do, by browser or system where that differs (one step a line)
page-device-asking = Please answer your browser's question …
page-microphone-denied = Your browser does not let this page use the microphone.
page-camera-denied = Your browser does not let this page use the camera.
page-microphone-dismissed = Your browser's question about the microphone was closed without an answer.
page-camera-dismissed = Your browser's question about the camera was closed without an answer.
page-microphone-blocked = Your system does not let this browser use the microphone.
page-camera-blocked = Your system does not let this browser use the camera.
page-microphone-missing = No microphone found.
page-camera-missing = No camera found.
page-microphone-busy = Another app is using the microphone.
page-camera-busy = Another app is using the camera.
page-microphone-insecure = This page came without protection, so your browser gives it no microphone.
page-camera-insecure = This page came without protection, so your browser gives it no camera.
page-microphone-unavailable = This browser gives no microphone here.
page-camera-unavailable = This browser gives no camera here.
page-microphone-failed = The microphone does not answer.
page-camera-failed = The camera does not answer.
page-device-without = You can also join without.
page-microphone-gone = **{ $device }** is not plugged in. We use your system's microphone instead.
page-camera-gone = **{ $device }** is not plugged in. We use your system's camera instead.
page-speaker-gone = **{ $device }** is not plugged in. You hear the call through your system's speaker.
page-microphone-back = **{ $device }** is back, and used again.
page-camera-back = **{ $device }** is back, and used again.
page-speaker-back = **{ $device }** is back, and used again.
page-steps = What to do
page-steps-then = As soon as it works, this page goes on by itself. If not, press the switch again.
page-steps-denied-chrome =
    Press the sign left of the address.
    Switch **{ $device }** on.
page-steps-denied-edge =
    Press the lock left of the address.
    Set **{ $device }** to **Allow**.
page-steps-denied-firefox =
    Press the crossed-out sign left of the address.
    Press the **×** beside **Blocked**.
    Press the switch here again and choose **Allow**.
page-steps-denied-safari =
    In the menu bar open **Safari > Settings for This Website**.
    Set **{ $device }** to **Allow**.
    Press the switch here again.
page-steps-denied-ios =
    Press the sign beside the address, then **Website Settings**. In other browsers than Safari: the iPhone's **Settings > Apps**, then your browser.
    Set **{ $device }** to **Allow**.
    Press the switch here again.
page-steps-denied-android =
    Press the sign left of the address, then **Permissions**.
    Switch **{ $device }** on.
page-steps-dismissed-chrome =
    Press the switch again.
    When your browser asks, choose **Allow while visiting the site**.
page-steps-dismissed-edge =
    Press the switch again.
    When your browser asks, choose **Allow**.
page-steps-dismissed-firefox =
    Press the switch again.
    When your browser asks, choose your **{ $device }**, then **Allow**.
page-steps-dismissed-safari =
    Press the switch again.
    When Safari asks, choose **Allow**. No question? Load this page again.
page-steps-dismissed-ios =
    Press the switch again.
    When the iPhone or iPad asks, choose **Allow**. No question? Load this page again.
page-steps-dismissed-android =
    Press the switch again.
    When your browser asks, choose **Allow while visiting the site**. Then Android may ask too: **While using the app**.
page-steps-blocked-windows =
    Open **Settings > Privacy & security > { $device }**.
    Switch on the access, also **Let desktop apps access** it.
page-steps-blocked-mac =
    Open **System Settings > Privacy & Security > { $device }**.
    Switch your browser on. If macOS asks to quit the browser, let it, and come back here.
page-steps-blocked-linux =
    Open your system's **Settings > Privacy > { $device }** and switch it on.
    If your browser is a Flatpak or Snap, allow it there too.
page-steps-blocked-ios =
    Open **Settings > Apps** and there your browser.
    Set **{ $device }** to **Ask** or **Allow**.
page-steps-blocked-android =
    Open Android's **Settings > Apps**, your browser, then **Permissions**.
    Allow **{ $device }**.
page-steps-busy-windows =
    Close what else uses it: Teams, Zoom, Discord, the Camera app, other tabs.
    Press the switch again.
page-steps-busy-mac =
    Close what else uses it: FaceTime, Zoom, Discord, other tabs.
    Press the switch again.
page-steps-busy-linux =
    Close what else uses it: OBS, Zoom, Discord, other tabs.
    Press the switch again.
page-steps-busy-ios =
    End the phone or FaceTime call, and close apps that film or record.
    Press the switch again.
page-steps-busy-android =
    End the phone call, and close apps that film or record.
    Press the switch again.
page-steps-missing-windows =
    Plug it in and switch it on; look for a shutter or a mute button on the device.
    Still nothing? Look for it in **Device Manager**.
page-steps-missing-mac =
    Plug it in and switch it on; a closed MacBook hides its own.
    A Bluetooth headset has to be connected in **System Settings**.
page-steps-missing-linux =
    Plug it in and switch it on; look for a shutter or a mute button on the device.
    Still nothing? See whether your system's **Settings** list it.
page-steps-missing-ios =
    Restart the browser: swipe it away and open it again.
    A Bluetooth headset has to be connected in **Settings**.
page-steps-missing-android =
    Restart the browser: swipe it away and open it again.
    Pull down Android's quick settings: is the tile for camera or microphone access on?
page-steps-insecure =
    Look at the address: it has to begin with **https://**.
    If it does not, tell the people who run this bot.
page-steps-unavailable =
    Press **Copy my link** below.
    Paste it into Chrome, Firefox or Safari.
page-steps-unavailable-ios =
    Press **Copy my link** below.
    Open Safari and paste it there.
page-steps-unavailable-android =
    Press **Copy my link** below.
    Open Chrome and paste it there.
page-steps-failed =
    Unplug it and plug it in again.
    Choose another under **Devices and tests**.
    Still nothing? Close the browser and open it again.

## Going in
page-joining = Joining { $room }
page-step-token = Asking to be let in
page-step-connect = Reaching the video service
page-step-media = Starting picture and sound
page-step-done = done
page-step-now = in progress
page-cancel = Cancel

## In the call
page-call = Call
page-picture = The picture of the call
page-controls = Controls
page-mute = Mute
page-unmute = Unmute
page-mute-microphone = Mute microphone
page-unmute-microphone = Unmute microphone
page-camera-off-short = Camera off
page-camera-on-short = Camera on
page-turn-camera-off = Turn camera off
page-turn-camera-on = Turn camera on
page-share-screen = Share screen
page-stop-sharing = Stop sharing
page-people = People
page-people-count = People ({ $count })
page-raise-hand = Raise hand
page-lower-hand = Lower hand
page-more = More
page-call-devices = Devices
page-layout = Layout
page-layout-grid-responsive = Everybody alike
page-layout-grid-responsive-mobile = Everybody alike, for phones
page-layout-highlight-1-responsive = One large, others small
page-layout-1x1 = One alone
page-layout-5up = Five places
# Rows of places of one size.
page-layout-grid = { $columns } × { $rows } places
page-full-screen = Full screen
page-leave-full-screen = Leave full screen
page-picture-in-picture = Picture in picture
page-leave-picture-in-picture = Leave picture in picture
page-copy-room-link = Copy room link
page-back-to-channel = Back to #{ $channel }
page-leave = Leave
page-close = Close
page-shortcuts = Keyboard shortcuts
page-shortcut-microphone = Microphone on or off
page-shortcut-talk = Talk while held, when muted
page-shortcut-camera = Camera on or off
page-shortcut-hand = Raise or lower your hand
page-shortcut-help = These shortcuts
page-key-space = Space
page-shortcuts-on = Switch shortcuts on
page-shortcuts-off = Switch shortcuts off
page-shortcuts-are-off = They are off. Everything can still be reached with Tab.
page-shortcuts-why = Switch them off if they get in the way of speech input or a screen reader.
page-lock-room = Lock the room
page-unlock-room = Unlock the room
page-muted = muted
page-camera-is-off = camera off
page-sharing = sharing the screen
page-hand-up = hand up
page-talking = talking
page-mute-person = Mute { $name }
page-stop-camera-of = Turn off { $name }'s camera
page-lower-hand-of = Lower { $name }'s hand
page-remove = Remove
page-remove-person = Remove { $name } from the call
page-remove-title = Remove { $name }?
page-remove-explained = They leave the call now and can't come back until it has ended. `/room readmit` lets them back in.
page-end-for-all = End for all
page-end-title = End the call for all?
page-end-explained = Everybody leaves the call now. `{ $command }` opens it again.
page-said-removed = { $name } was removed
page-said-kept-out = { $name } can't come back in, but could not be put out right now
page-said-ending = The call is ending
page-reconnecting = Reconnecting … The call goes on.
page-picture-reconnecting = The picture is stuck. Reconnecting …
page-alone = You are the only one here. Others come in with **Join** on the card in #{ $channel }.
page-said-joined = { $name } joined
page-said-left = { $name } left
page-said-muted = Your microphone is off
page-said-unmuted = Your microphone is on
page-said-muted-by-moderator = A moderator muted you. Unmute when you like.
page-said-joined-muted = Many are inside, so you came in muted. Unmute when you like.
page-said-camera-on = Your camera is on
page-said-camera-off = Your camera is off
page-said-sharing = You are sharing your screen
page-said-shared = You stopped sharing
page-said-hand-up = Your hand is up
page-said-hand-down = Your hand is down
page-said-hand-lowered = A moderator lowered your hand
page-said-locked = The room is locked
page-said-unlocked = The room is unlocked
page-said-recorded = The call is being recorded
page-said-not-recorded = The recording has stopped
page-command-failed = That did not work. Please try again.

## After the call
page-left-title = You left { $room }
page-left = The call goes on without you.
page-dropped-title = The call broke off
page-dropped = Your connection to **{ $room }** was lost. Your seat is still free.
page-paused-title = Your phone paused the call
page-paused = You were in another app, so the call stopped here.
page-moved-title = The call moved
page-moved = It goes on on your other device, or in your other tab.
page-rejoin = Rejoin
page-resume = Resume
page-ended-title = { $room } has ended
page-ended-minutes = { $minutes ->
    [one] It lasted **1 minute**.
   *[other] It lasted **{ $minutes } minutes**.
}
page-ended = `{ $command }` opens it again.
page-reopened = It is open again.
page-deleted-title = { $room } was deleted
page-deleted = Somebody deleted the room at the video service, so the call ended for everybody.

## When it cannot be done: a heading, a sentence, what to press
problem-title-ticket_used = This link has been used
problem-ticket_used = It works once. Press **Join** on the room's card for a fresh one.
problem-title-ticket_expired = This link is too old
problem-ticket_expired = It was good for 10 minutes. Press **Join** on the room's card again.
problem-title-invitation_used = This invitation was opened elsewhere
problem-invitation_used = It works in the browser it was first opened in. Ask whoever invited you for a new link.
problem-title-invitation_over = Your invitation is over
problem-invitation_over = It ran out, or was taken back. Ask whoever invited you for a new link.
problem-title-not_allowed = You can't come in here
problem-not_allowed = This room doesn't exist, or your account can't see its channel.
problem-title-withdrawn = You can no longer see #{ $channel }
problem-withdrawn = The call follows the channel, so it ended for you. If that is a mistake, ask the people who run the server.
problem-signed-in-as = Signed in as **{ $name }**.
problem-title-removed = A moderator removed you
problem-removed = A moderator removed you from **{ $room }**. You can join again when this call has ended.
problem-title-room_locked = The room is locked
problem-room_locked = A moderator locked the room. Keep this page open: you go in when it's unlocked.
problem-title-knock_first = A moderator lets guests in
problem-knock_first = Ask to be let in, and keep this page open: you go in when a moderator answers.
problem-title-door_busy = Others are waiting already
problem-door_busy = A moderator lets them in one by one. Ask again in a moment.
problem-title-room_full = The room is full
problem-room_full = { $inside } of { $max } places are taken. We try again while this page is open.
problem-title-room_ended = { $room } has ended
problem-room_ended = `{ $command }` in the channel opens it again.
problem-title-session_changed = Somebody else is signed in now
problem-session_changed = This browser is now signed in as **{ $name }**; this tab was { $before }'s.
problem-session_changed-unknown = This browser is now signed in as somebody else.
problem-title-video_unavailable = The video service doesn't answer
problem-video_unavailable = That is not you. We keep trying while this page is open.
problem-title-video_unreachable = The video service can't be reached
problem-video_unreachable = This network may block video calls. Try another network, or try again.
problem-title-video_refused = The video service refuses this bot
problem-video_refused = The video service refuses this bot's account. Only the people who run it can mend that.
problem-title-discord_unavailable = Discord doesn't answer
problem-discord_unavailable = We can't ask Discord whether you may come in. We keep trying while this page is open.
problem-title-rate_limited = Too many tries
problem-rate_limited = Wait a moment before the next one.
problem-title-media_unreachable = Picture and sound can't get through
problem-media_unreachable = Your network lets the page through but not the call. Try another network, or switch off a VPN.
problem-title-join_timeout = Joining took too long
problem-join_timeout = The video service let us wait too long. Try again.
problem-title-token_refused = The video service did not let us in
problem-token_refused = The permission to enter was not accepted. Try again for a fresh one.
problem-title-room_missing = The video service has lost the room
problem-room_missing = We asked for it again, but it is not there yet. Try again in a moment.
problem-title-network = No connection to Greenroom
problem-network = The page can't reach its server. Check your connection. We keep trying while this page is open.
problem-title-database_unavailable = Greenroom can't get at its records
problem-database_unavailable = That is not you. We keep trying while this page is open.
problem-title-internal = Something broke on our side
problem-internal = That is not you. Try again; if it happens twice, tell the people who run this bot the reference below.
problem-title-invalid_request = This link does not work
problem-invalid_request = It seems to be cut off or changed. Press **Join** on the room's card for a fresh one.
problem-title-join_refused = The video service did not let us in
problem-join_refused = It gave no reason we know. Try again.
problem-title-page_incomplete = A part of this page did not load
problem-page_incomplete = Check your connection and load the page again.
problem-title-wrong_browser = You signed in, but in a different browser
problem-wrong_browser = A sign-in counts only in the browser it began in.
problem-title-sign_in_late = You took longer than ten minutes
problem-sign_in_late = The sign-in was given up meanwhile.
problem-title-sign_in_failed = Discord didn't say who you are
problem-sign_in_failed = Something went wrong on the way there or back. It may work now.

page-again-in = { $seconds ->
    [one] Trying again in 1 second.
   *[other] Trying again in { $seconds } seconds.
}
page-wait = { $seconds ->
    [one] Wait 1 second.
   *[other] Wait { $seconds } seconds.
}
page-knock = Ask to be let in
page-knock-waiting = **A moderator has been asked.** Keep this page open: you go in when they answer.
page-knock-denied = A moderator did not let you in. You can ask again after 10 minutes.
page-try-again = Try again
page-switch-account = Switch account
page-continue-as = Continue as { $name }
page-start-again = Start again here
