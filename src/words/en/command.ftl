# What the private answers and the commands themselves say (command/).
# Names and rooms arrive escaped, times as Discord's own time marks, channels and commands as mentions.

## The commands as Discord lists them

command-video-about = Open a video room in this channel, or come into it
command-room-about = See which rooms are open, end one, or let in guests
command-room-list-about = Rooms of this server that you may come into
command-room-end-about = End a call for everybody inside; for the room's moderators
command-room-guest-about = Let in somebody without a Discord account, by a link of their own
command-room-guests-about = See which guests may come in, and take invitations back
command-room-readmit-about = Let somebody back in whom a moderator removed from the call
command-removed-name = user
command-removed-description = Who was removed
command-name-name = name
command-name-description = What the guest is called; everybody sees that they are a guest
command-role-name = role
command-role-description = What they come in as; audience when left out
command-role-audience = audience: sees and hears
command-role-member = member: is seen and heard too
command-greenroom-about = Set up and check Greenroom in this channel
command-greenroom-settings-about = What is posted in this channel
command-greenroom-check-about = What Greenroom lacks in this channel
command-greenroom-why-about = What somebody may do in this channel's rooms, and why
command-user-name = user
command-user-description = Whose access to explain
command-greenroom-stats-about = Calls, people and cost of the last days
command-room-name = room
command-room-description = Which room; leave it out for the channel's own
command-topic-name = topic
command-topic-description = What it is about; the room's card shows it
choice-live = { $room } · { $count } inside
choice-open = { $room } · open

## The personal link

reply-open = **{ $room }** is open.
reply-live = { $count ->
    [one] **{ $room }** is live: { $names } is inside.
   *[other] **{ $room }** is live: { $names } are inside.
}
reply-watched = { $count ->
    [one] **{ $room }** is live: 1 person is watching.
   *[other] **{ $room }** is live: { $count } people are watching.
}
reply-enter = Enter as { $name }
reply-link = This link is you: whoever opens it comes in as { $name }. It works once, until { $time }.
reply-again-card = Gone? Press **{ $join }** on the card.
reply-again-command = Gone? Type { $command } again.
reply-audience = You come in as audience: you see and hear, nobody sees or hears you.
reply-moves = You're already inside on another device; this link moves the call here.
reply-elsewhere = { $count ->
    [one] A different **{ $room }** is live in { $channel } (1 person).
   *[other] A different **{ $room }** is live in { $channel } ({ $count } people).
}
reply-elsewhere-open = A different **{ $room }** is open in { $channel }.
reply-elsewhere-join = Join that one
reply-not-posted = Your link is ready. I may not post in { $channel }, so nobody has been told. Others get in by typing { $command } here. Admins: give me View Channel, Send Messages and Embed Links.
reply-not-posted-voice = Your link is ready. I may not post in { $channel }, so nobody has been told. Others get in by typing { $command } here. Admins: give me View Channel, Connect, Send Messages and Embed Links.
reply-off = I post nothing in { $channel }, because it is set up so. Others get in by typing { $command } here.
reply-as-bot = Admins: I post as myself because I lack **Manage Webhooks** here.

## When it cannot be done

refuse-direct-message = I open rooms in server channels, because the channel decides who may come in. Go to a channel and type { $command }.
refuse-no-bot = I'm not a member of this server, so I can't tell who may join. An admin can add me: { $invite }
refuse-may-not-send = You can join rooms here but not open one, because you can't send messages in { $channel }. When somebody opens one, press **{ $join }** on its card.
refuse-may-not-speak = You can join rooms here but not open one, because you can't speak in { $channel }. When somebody opens one, press **{ $join }** on its card.
refuse-stage-listener = You can join rooms here but not open one, because in a stage channel only its moderators do. When somebody opens one, press **{ $join }** on its card.
refuse-not-in-server = You're not a member of this server, so you can't come in.
refuse-cannot-view = You can't see { $channel }, so you can't come into its rooms.
refuse-timed-out = You're timed out in this server. You can come in when that is over.
refuse-private-thread = { $channel } is a private thread, and only its members come in. Ask one of them to add you.
refuse-cannot-connect = You need the permission **Connect** in { $channel } to come in.
refuse-removed = A moderator removed you from **{ $room }**. You can join again when this call has ended.
refuse-policy = The people who run this bot keep you out of its calls here.
refuse-policy-open = You can join rooms here but not open one: the people who run this bot decided so. When somebody opens one, press **{ $join }** on its card.
refuse-server-limit = { $count ->
    [one] This server has 1 room open, its limit. Join it: { $rooms }.
   *[other] This server has { $count } rooms open, its limit. Join one: { $rooms }.
}
refuse-server-limit-hidden = { $count ->
    [one] This server has 1 room open, its limit. You can open one when it has ended.
   *[other] This server has { $count } rooms open, its limit. You can open one when another has ended.
}
refuse-person-limit = { $count ->
    [one] You opened a room { $within }. Next one { $time }; joining always works.
   *[other] You opened { $count } rooms { $within }. Next one { $time }; joining always works.
}
within-seconds = { $count ->
    [one] in the last second
   *[other] in the last { $count } seconds
}
within-minutes = { $count ->
    [one] in the last minute
   *[other] in the last { $count } minutes
}
within-hours = { $count ->
    [one] in the last hour
   *[other] in the last { $count } hours
}
refuse-video-silent = I couldn't open **{ $room }**: the video service doesn't answer. Nothing was posted. Try again in a minute.
refuse-video-account = I couldn't open **{ $room }**: the video service refuses this bot's account. Only the people who run it can mend that. ({ $reference })
refuse-ended = **{ $room }** has ended. { $command } opens it again.
refuse-unknown-room = I no longer know this room. { $command } opens one.
refuse-discord-silent = I can't ask Discord whether you may come in. Try again in a minute.
refuse-name-empty = That name has nothing in it that anybody could read. Try one with letters, such as { $command }.
refuse-name-long = That name is too long. Rooms have names of up to { $max } characters, such as { $command }.
refuse-topic-long = That topic is too long. It may have up to { $max } characters.
refuse-too-often = { $count ->
    [one] That was too much at once. Try again in a second.
   *[other] That was too much at once. Try again in { $count } seconds.
}
refuse-unknown = I no longer know this button or command. Try { $command }.
sorry = Something went wrong on my side. Try again in a minute. ({ $reference })
sorry-interrupted = I was interrupted before I could answer. Type { $command } again.

## Rooms of the server

list-none = No room is open that you may come into. { $command } opens one.
list-head = { $count ->
    [one] One room is open:
   *[other] { $count } rooms are open:
}
list-live = **{ $room }** in { $channel } · { $count } inside
list-open = **{ $room }** in { $channel } · nobody inside
list-cost = ${ $cost } so far
list-more = { $count ->
    [one] … and 1 other
   *[other] … and { $count } others
}
list-unsure = There may be more: I couldn't ask Discord about every channel.
list-join = Join { $room }

## The end for all

end-question = { $count ->
    [0] End **{ $room }**? Nobody seems to be inside.
    [one] End **{ $room }** for the one person inside?
   *[other] End **{ $room }** for all { $count } people inside?
}
end-button = End for all
end-done = **{ $room }** is ended for everybody.
readmit-done = { $name } may come into **{ $room }** again.
deny-not-removed = Nobody removed { $name } from **{ $room }**. `/greenroom why` says what keeps them out.
deny-not-moderator = Only moderators of **{ $room }** can do that. Discord's permissions for this channel decide who they are.
deny-nothing-open = No room is open in { $channel }.
deny-which-room = Several rooms are open here: { $rooms }. Say which one you mean.
deny-not-open = **{ $room }** isn't open in this channel.
deny-nobody-inside = Nobody has come into **{ $room }** yet, so there is no call to end. Its card closes by itself after an hour.
deny-not-ended = I couldn't end **{ $room }**: the video service doesn't answer. Try again in a minute.

## How a channel wants to hear

settings-title = Greenroom in this channel
settings-lines = What I post
settings-lines-hint = off, card, rollup (card and few lines) or each (a line for every change)
settings-silent = Post without notifications
settings-silent-hint = yes or no
settings-thread = Put lines into a thread
settings-thread-hint = yes or no
settings-names = Name who is inside
settings-names-hint = yes or no
settings-guests = Let guests into the whole server's rooms
settings-guests-hint = yes or no
settings-yes = yes
settings-no = no
settings-saved = Saved for { $channel }.
settings-are-off = I post nothing new here. Cards that are there stay true.
settings-are-card = I post each room's card here, and no lines.
settings-are-rollup = I post each room's card here, and few lines of who came and went.
settings-are-each = I post each room's card here, and a line for every change.
settings-are-thread = The lines go into a thread at the card.
settings-are-threadless = There can be no thread at a card in here, so the lines stand below it.
settings-are-silent = My posts make no notification.
settings-are-nameless = People are counted, never named.
settings-are-guests = **Guests are on** in this server: moderators may let in people without a Discord account, with `/room guest`.
settings-are-guestless = Guests are off in this server: only its members come into rooms.
deny-setting = **{ $field }** can't be “{ $typed }”. It takes: { $takes }. Nothing was saved.
deny-not-the-servers = Only people who may manage this server decide about guests. Nothing was saved.
deny-not-staff = Only people who may manage this server or this channel can do this.

## What a channel lacks

check-well = I may do all I need in { $channel }.
check-lacks = In { $channel } I lack { $permissions }. Give it to my role, in Server Settings > Roles or in the channel's permissions.
check-sees-nobody = Without it Discord doesn't let me see who may come in, so nobody does.
check-posts = I can still post, because I have a webhook here.
check-as-bot = Without it I post as myself, more slowly.
check-nowhere = Without it nobody here is told of a room. People still get in by typing { $command }.
check-no-thread = Without it I start no thread, and the lines stand in the channel.
check-thread-unfit = The last card got no thread, so its lines stand in the channel.
check-thread-closed = The last card's thread was closed or deleted, so it got no more lines.
check-card-no-access = The last card couldn't be posted: I can't see the channel.
check-card-may-not-post = The last card couldn't be posted: I wasn't allowed to.
check-card-channel-gone = The last card couldn't be posted: Discord said there is no such channel.
check-card-thread-closed = The last card couldn't be posted: the thread is archived or locked.
check-card-bot-removed = The last card stopped being kept up when I was removed from this server.
check-card-rejected = The last card couldn't be posted: Discord refused what it says. The people who run this bot find out why in its log.
permission-view = View Channel
permission-connect = Connect
permission-send = Send Messages
permission-send-in-threads = Send Messages in Threads
permission-threads = Create Public Threads
permission-embed = Embed Links
permission-webhooks = Manage Webhooks

## Who may do what, and why

why-moderator = { $name } comes into **{ $room }** in { $channel } as **moderator**.
why-member = { $name } comes into **{ $room }** in { $channel } as **member**.
why-audience = { $name } comes into **{ $room }** in { $channel } as **audience**: sees and hears, is neither seen nor heard.
why-nobody = { $name } **doesn't come into** **{ $room }** in { $channel }.
why-not-in-server = Why: they are not in this server.
why-cannot-view = Why: they can't see the channel.
why-timed-out = Why: they are timed out in this server.
why-private-thread = Why: the thread is private, and they are not in it.
why-cannot-connect = Why: they may not connect to the channel.
why-removed = Why: a moderator removed them from this call. It holds until the call has ended.
why-stage-moderator = Why: who may mute members of a stage channel moderates its calls.
why-stage-listener = Why: in a stage channel everybody listens who does not moderate it.
why-keeps-order = Why: they may manage the channel, or time out members.
why-opened = Why: they opened this call, and may send messages here.
why-may-send = Why: they may send messages here.
why-may-speak = Why: they may speak here.
why-view-only = Why: they may see the channel, but not take part in it.
why-policy = Why: rule { $number } of the policy of the people who run this bot.
why-lacks = Missing: { $permissions }.
why-may-open = No call is open there now; they may open one.
why-may-not-open = No call is open there now; they may not open one.
permission-speak = Speak
permission-mute = Mute Members
permission-manage-threads = Manage Threads

## What the server's calls come to

stats-live-none = Nobody is in a call now.
stats-live = Live now: { $calls ->
    [one] 1 call
   *[other] { $calls } calls
} with { $people ->
    [one] 1 person
   *[other] { $people } people
}.
stats-nothing = **Last { $days } days:** no calls.
stats-days = **Last { $days } days:** { $calls ->
    [one] 1 call
   *[other] { $calls } calls
} of { $minutes } min together, { $people ->
    [one] 1 person
   *[other] { $people } people
}, at most { $peak } at once.
stats-cost = SignalWire has counted ${ $cost } for them.
stats-cost-unknown = SignalWire hasn't said yet what they cost.
stats-joining = **Joining, last 30 days:** from the press to the first picture { $half } s or less for half of { $joins } joins, { $most } s or less for nine in ten. For nine in ten of them our token took { $token } s at most, the connection { $socket } s, SignalWire's answer { $answer } s, the first picture { $picture } s.
deny-not-admin = Only people who may manage this server see its figures.

## Guests

guest-invited-audience = **{ $name }** may come into **{ $room }** as audience, to see and hear. It ends { $time }.
guest-invited-member = **{ $name }** may come into **{ $room }** and is seen and heard there. It ends { $time }.
guest-link = Send them this link, and nobody else: it works once, and then in that browser alone. Looking at it uses nothing up.
guest-revoke = Take back { $name }
guests-none = There are no guests in the rooms of { $channel } that you moderate.
guests-head = { $count ->
    [one] One guest may come into the rooms of { $channel } that you moderate.
   *[other] { $count } guests may come into the rooms of { $channel } that you moderate.
}
guests-choose = Take back …
guests-audience = into { $room }, as audience
guests-member = into { $room }, as member
guest-revoked = **{ $name }** may no longer come into **{ $room }**. Whoever is inside by that link is put out.
refuse-guest-name = A guest needs a name that others can read, of up to { $max } characters.
deny-guests-off = Guests are off in this server. Whoever may manage it lets them in with `/greenroom settings`.
deny-too-many-guests = { $channel } has { $max } guests, its limit. Take one back first: `/room guests`.
deny-no-such-guest = I no longer know this guest. `/room guests` shows who may come in.
why-invited = Why: a moderator let them in as a guest.
why-not-invited = Why: they have no invitation that is still good.
knock-done-admitted = **{ $name }** is let into **{ $room }**.
knock-done-audience = **{ $name }** is let into **{ $room }** as audience.
knock-done-denied = **{ $name }** is not let into **{ $room }**, and is told so. They may ask again in 10 minutes.
deny-knock-over = That has been answered already, or nobody waits any more.
why-let-in-to-watch = Why: they asked to be let in, and a moderator let them in as audience.
