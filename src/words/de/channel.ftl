# Was im Kanal steht: die Raumkarte, die Zeilen, die Zusammenfassung (channel/) und Listen von Namen.
# Namen und Themen kommen entschärft an, Zeiten als Discords eigene Zeitmarken.

list-and = { $head } und { $last }
list-others = { $count ->
    [one] { $count } weiterer
   *[other] { $count } weitere
}
