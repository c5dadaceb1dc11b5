# Was im Kanal steht: die Raumkarte, die Zeilen, die Zusammenfassung (channel/) und Listen von Namen.
# Namen und Themen kommen entschärft an, Zeiten als Discords eigene Zeitmarken.

list-and = { $head } und { $last }
list-others = { $count ->
    [one] { $count } weitere Person
   *[other] { $count } weitere
}

## Die Karte

card-title = { $room }
card-title-live = { $room } · live
card-title-ended = { $room } · beendet
card-nobody-yet = Noch ist niemand drin. Geöffnet von { $name } { $ago }.
card-nobody-yet-unnamed = Noch ist niemand drin. Geöffnet { $ago }.
card-nobody-now = Gerade ist niemand drin.
card-nobody-came = Es kam niemand. { $command } öffnet den Raum wieder.
card-inside = **Im Gespräch ({ $count }):** { $names }
card-inside-unnamed = **Im Gespräch:** { $count }
card-watching = Im Publikum: { $count }
card-since = Seit { $time } ({ $ago }), geöffnet von { $name }
card-since-unnamed = Seit { $time } ({ $ago })
card-recording = **Wird aufgezeichnet** seit { $time }
card-recording-now = **Wird aufgezeichnet**
card-locked = **Abgeschlossen.** Nur die Moderation kann noch eintreten.
card-full = **Voll:** { $count } von { $max }
card-unsure = Letzte Nachricht vom Videodienst { $ago }; wer drin ist, kann veraltet sein.
card-footer = Für alle, die diesen Kanal sehen können
card-join = Beitreten
card-browser = Im Browser öffnen

## Die Zusammenfassung

summary-lasted = **{ $duration }**, { $from } bis { $to }
summary-there = **Dabei waren ({ $count }, höchstens { $peak } gleichzeitig):** { $names }
summary-there-unnamed = **Dabei waren:** { $count }, höchstens { $peak } gleichzeitig
summary-watched = Im Publikum waren: { $count }
duration-short = unter einer Minute
duration-minutes = { $minutes } Min.
duration-hours = { $hours } Std.
duration-hours-minutes = { $hours } Std. { $minutes } Min.

## Zeilen

line = **{ $room }:** { $news }
line-joined = Neu dabei: { $who }
line-left = Gegangen: { $who }

## Gäste

guest-name = { $name } (Gast)

## Anklopfen

knock-question = **{ $name }** bittet um Einlass in **{ $room }**. Für die Moderation, bis { $time }.
knock-admit = Einlassen
knock-admit-audience = Zum Zuschauen einlassen
knock-deny = Ablehnen
knock-admitted = **{ $name }** wurde in **{ $room }** eingelassen.
knock-audience = **{ $name }** wurde zum Zuschauen in **{ $room }** eingelassen.
knock-denied = **{ $name }** wurde nicht in **{ $room }** eingelassen.
knock-expired = **{ $name }** bat um Einlass in **{ $room }**. Niemand hat rechtzeitig geantwortet.
knock-somebody = Jemand
