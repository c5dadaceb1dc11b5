# What stands in the channel: the room card, the activity lines, the summary (channel/), and lists of names.
# Names and topics arrive escaped, times as Discord's own time marks.

list-and = { $head } and { $last }
list-others = { $count ->
    [one] { $count } other
   *[other] { $count } others
}
