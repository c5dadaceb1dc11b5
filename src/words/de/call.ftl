# Was die Wege der Beitrittsseite sagen, wenn etwas nicht geht (call/).

call-ticket-used = Dieser Link wurde schon benutzt. Ein neuer kommt mit „Beitreten“ auf der Karte.
call-ticket-expired = Dieser Link galt { $minutes } Minuten. Drück auf der Karte noch einmal „Beitreten“.
call-invitation-used = Diese Einladung wurde in einem anderen Browser geöffnet. Bitte um einen neuen Link, wo du ihn herhast.
call-invitation-over = Deine Einladung ist vorbei. Bitte um einen neuen Link, wo du ihn herhast.
call-not-allowed = Diesen Raum gibt es nicht, oder dein Konto sieht seinen Kanal nicht.
call-not-allowed-as = Diesen Raum gibt es nicht, oder dein Konto sieht seinen Kanal nicht. Angemeldet als { $name }.
call-removed = Die Moderation hat dich aus { $room } entfernt. Wenn dieser Anruf zu Ende ist, kannst du wieder beitreten.
call-room-locked = Die Moderation hat den Raum abgeschlossen. Lass diese Seite offen: Du kommst hinein, sobald er wieder offen ist.
call-knock-first = Gäste lässt die Moderation ein. Bitte um Einlass, und lass diese Seite offen.
call-door-busy = Andere warten schon auf Einlass. Versuch es in { $seconds } s noch einmal.
call-room-full = Der Raum ist voll ({ $inside } von { $max }). Solange diese Seite offen ist, versuchen wir es weiter.
call-room-ended = { $room } ist zu Ende. Mit /video im Kanal wird der Raum wieder geöffnet.
call-session-changed = In diesem Browser ist jetzt { $name } angemeldet; dieser Tab gehörte jemand anderem.
call-signed-out = Du bist für diesen Raum nicht angemeldet. Geh in seinen Kanal und drück „Beitreten“ auf der Karte des Raums, oder tippe dort /video.
call-video-unavailable = Der Videodienst antwortet nicht. Neuer Versuch in { $seconds } s.
call-video-refused = Der Videodienst lehnt das Konto dieses Bots ab. Das können nur die beheben, die ihn betreiben.
call-discord-unavailable = Wir können Discord nicht fragen, ob du hineindarfst. Neuer Versuch in { $seconds } s.
call-rate-limited = Zu viele Versuche. Warte { $seconds } s.
call-invalid-request = Die Seite hat etwas geschickt, das dieser Server nicht versteht. Lade die Seite neu.
call-not-found = Hier ist nichts.
call-database-unavailable = Wir kommen gerade nicht an unsere eigenen Daten. Neuer Versuch in { $seconds } s.
call-internal = Bei uns ist etwas schiefgegangen. Versuch es gleich noch einmal.
call-other-browser = Du hast dich angemeldet, aber in einem anderen Browser. Fang hier noch einmal an.
call-too-old = Das Anmelden hat länger als zehn Minuten gedauert. Fang hier noch einmal an.
call-sign-in-refused = Discord hat dich nicht angemeldet. Fang hier noch einmal an.
call-start-again = Noch einmal anfangen
