# What stands in the channel: the room card, the activity lines, the summary (channel/), and lists of names.
# Names and topics arrive escaped, times as Discord's own time marks.

list-and = { $head } and { $last }
list-others = { $count ->
    [one] { $count } other
   *[other] { $count } others
}

## The card

card-title = { $room }
card-title-live = { $room } · live
card-title-ended = { $room } · ended
card-nobody-yet = Nobody is inside yet. Opened by { $name } { $ago }.
card-nobody-yet-unnamed = Nobody is inside yet. Opened { $ago }.
card-nobody-now = Nobody is inside right now.
card-nobody-came = Nobody came. { $command } opens it again.
card-inside = **In the call ({ $count }):** { $names }
card-inside-unnamed = **In the call:** { $count }
card-watching = { $count } watching
card-since = Since { $time } ({ $ago }), opened by { $name }
card-since-unnamed = Since { $time } ({ $ago })
card-recording = **Being recorded** since { $time }
card-recording-now = **Being recorded**
card-locked = **Locked.** Only moderators can come in.
card-full = **Full:** { $count } of { $max }
card-unsure = No word from the video service since { $ago }; who is inside may be out of date.
card-footer = For people who can see this channel
card-join = Join
card-browser = Open in browser

## The summary

summary-lasted = **{ $duration }**, { $from } to { $to }
summary-there = **Who was there ({ $count }, at most { $peak } at once):** { $names }
summary-there-unnamed = **Who was there:** { $count }, at most { $peak } at once
summary-watched = { $count } watched
duration-short = under a minute
duration-minutes = { $minutes } min
duration-hours = { $hours } h
duration-hours-minutes = { $hours } h { $minutes } min

## Activity lines

line = **{ $room }:** { $news }
line-joined = { $who } joined
line-left = { $who } left

## Guests

guest-name = { $name } (guest)

## Knocking

knock-question = **{ $name }** asks to be let into **{ $room }**. For its moderators, until { $time }.
knock-admit = Admit
knock-admit-audience = Admit as audience
knock-deny = Deny
knock-admitted = **{ $name }** was let into **{ $room }**.
knock-audience = **{ $name }** was let into **{ $room }** as audience.
knock-denied = **{ $name }** was not let into **{ $room }**.
knock-expired = **{ $name }** asked to be let into **{ $room }**. Nobody answered in time.
knock-somebody = Somebody
