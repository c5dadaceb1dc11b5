# Was die Beitrittsseite und ihre Fehler sagen (call/, web/).
# Argumente kommen von Menschen und stehen da als Text. **fett** und `Code` sind unsere Zeichen; Getipptes macht nie eines.

page-title = { $room } · Greenroom
page-loading = Einen Moment …
page-part-missing = Dieser Teil kam nicht an. Prüfe deine Verbindung.
page-person-moderator = Moderation
page-person-member = Mitglied
page-person-audience = Publikum
page-you = { $name } (du)
page-reference = Kennung { $reference }

## The door: no link, no session
page-door-title = Die Tür zu einem Videoraum
page-door = Das ist die Tür zu einem Videoraum auf einem Discord-Server. Um hineinzukommen, geh in den Kanal, in dem du diesen Link gefunden hast, und drücke auf der Karte des Raums **Join**, oder tippe dort `/video`.
page-sign-in = Mit Discord anmelden
page-signed-out = Du bist hier abgemeldet.

## The lobby
page-where = in **#{ $channel }** · { $guild }
page-inside-nobody = Noch ist niemand drin.
page-inside-one = { $name } ist drin.
page-inside-two = { $first } und { $second } sind drin.
page-inside-three = { $first }, { $second } und { $third } sind drin.
page-inside-many = { $first }, { $second } und { $count } weitere sind drin.
page-watching = { $count } sehen zu
page-come-in-as = Du kommst herein als **{ $name }** ({ $role }).
page-not-you = Nicht du?
page-audience-explained = Du kommst als Publikum: du siehst und hörst, dich sieht und hört niemand.
page-recorded = Wird aufgezeichnet
page-locked = Abgeschlossen
page-locked-explained = Nur die Moderation kommt hinein.
page-full = Voll: { $inside } von { $max }
page-preview = So sieht man dich
page-camera-off = Deine Kamera ist aus
page-try-devices = Kamera und Mikrofon testen
page-try-devices-why = Dein Browser fragt vorher. Niemand sieht oder hört dich, bevor du beitrittst.
page-heard = Wir hören dich
page-no-sound = Noch kein Ton
page-devices = Geräte und Tests
page-devices-unnamed = Schalte Mikrofon oder Kamera einmal ein, dann kannst du hier wählen, welches Gerät.
page-test-speaker = Zwei Töne abspielen
page-test-speaker-now = Zwei Töne …
page-test-speaker-after = Hast du zwei Töne gehört? Wenn nicht, dreh lauter oder wähle einen anderen Lautsprecher.
page-test-microphone = 3 Sekunden aufnehmen
page-test-microphone-now = Aufnahme läuft … sag etwas.
page-test-playing = Das haben wir gehört …
page-test-microphone-after = Warst du das? Wenn nicht, wähle ein anderes Mikrofon. Nichts wurde gesendet oder behalten.
page-test-silent = Wir haben nichts gehört. Sprich lauter, wähle ein anderes Mikrofon, oder sieh nach, ob es am Gerät stumm ist.
page-check = Meine Verbindung prüfen
page-check-why = Probiert der Reihe nach alles, was ein Gespräch braucht. Dein Browser fragt vielleicht nach Mikrofon und Kamera. Du kannst jederzeit beitreten.
page-check-secure = Geschützte Seite
page-check-token = Erlaubnis zum Eintreten
page-check-socket = Videodienst
page-check-ways = Wege durch dein Netz
page-check-media = Bild, hin und zurück
page-check-is-waiting = wird probiert …
page-check-is-good = geht
page-check-is-bad = geht nicht
page-check-is-unsure = unsicher
page-check-ms = { $ms } ms
page-check-running = Wird geprüft …
page-check-all = Alles geht. Du kannst beitreten.
page-check-some = { $count ->
    [one] Eine Sache braucht einen Blick. Beitreten kannst du trotzdem versuchen.
   *[other] { $count } Sachen brauchen einen Blick. Beitreten kannst du trotzdem versuchen.
}
page-check-found = { $direct } direkt, { $relayed } über das Relais des Dienstes
page-check-round = Nach { $ms } ms wieder gesehen.
page-check-refused = Er antwortet, nahm unsere Erlaubnis aber nicht an. Versuch es noch einmal.
page-check-no-secure = Die Adresse muss mit **https://** beginnen.
page-check-no-socket = Dein Netz lässt diese Seite nicht zum Videodienst. Vielleicht stört eine Firewall, ein VPN oder ein Blocker.
page-check-no-ways = Dein Browser findet keinen Weg hinaus. Vielleicht verbietet ein Blocker oder eine Einstellung WebRTC.
page-check-no-relay = Das Relais des Dienstes ist nicht erreichbar. In einem strengen Netz können Bild und Ton ausbleiben: nimm ein anderes.
page-check-no-media = Das Bild kam nicht zurück. Nimm ein anderes Netz oder schalte ein VPN aus.
page-check-late = Keine Antwort zur rechten Zeit. Nimm ein anderes Netz oder schalte ein VPN aus.
page-check-failed = Es ging nicht, den Grund kennen wir nicht.
page-check-copy = Bericht kopieren
page-check-copied = Bericht kopiert. Er nennt weder dich noch deine Geräte.
page-check-shown = Kopiere ihn von hier. Er nennt weder dich noch deine Geräte.
page-check-again = Noch einmal prüfen
page-microphone = Mikrofon
page-camera = Kamera
page-speaker = Lautsprecher
page-default-device = Wie im System eingestellt
page-nth-microphone = Mikrofon { $number }
page-nth-camera = Kamera { $number }
page-nth-speaker = Lautsprecher { $number }
page-join = Beitreten
page-join-with-both = mit Kamera und Mikrofon
page-join-with-microphone = mit Mikrofon, Kamera aus
page-join-with-camera = mit Kamera, stumm
page-join-with-none = Kamera und Mikrofon aus
page-join-audience = zum Zusehen und Zuhören
page-elsewhere = Du bist schon drin, mit einem anderen Gerät oder in einem anderen Tab.
page-move-here = Anruf hierher holen
page-enter-again = Zum Vorraum
page-other-device = Lieber woanders?
page-copy-link = Meinen Link kopieren
page-copy-link-why = Öffnet einmal, binnen 2 Minuten, als { $name }: auf dem Handy oder in einem anderen Browser.
page-link-copied = Link kopiert. Er bist du: nicht weitergeben.
page-link-here = Kopiere diesen Link. Er bist du: nicht weitergeben.
page-in-app = Der Browser in Discord gibt deine Kamera vielleicht nicht her. **Meinen Link kopieren**, dann in Safari oder Chrome einfügen.
page-phone = Auf dem Handy weitermachen
page-phone-code = Ein Code für die Kamera deines Handys
page-phone-how = Halte die Kamera deines Handys auf den Code. Er gilt einmal, binnen 2 Minuten, und er bist du: zeig ihn sonst niemandem.
page-phone-over = Dieser Code gilt nicht mehr.
page-phone-again = Einen neuen zeigen
page-skip = Diese Seite nächstes Mal überspringen
page-skip-why = Du kommst gleich herein mit dem, was jetzt an ist, außer wenn aufgezeichnet wird. Zurück: verlassen, dann **Zum Vorraum**.
page-room-link-copied = Raumlink kopiert.
page-stream-lost = Gerade keine Neuigkeiten. Wir verbinden uns neu.

## Devices that do not work: what it is, then what to do, by browser or system where that differs (one step a line)
page-device-asking = Bitte beantworte die Frage deines Browsers …
page-microphone-denied = Dein Browser lässt die Seite nicht ans Mikrofon.
page-camera-denied = Dein Browser lässt die Seite nicht an die Kamera.
page-microphone-dismissed = Die Frage deines Browsers nach dem Mikrofon wurde ohne Antwort geschlossen.
page-camera-dismissed = Die Frage deines Browsers nach der Kamera wurde ohne Antwort geschlossen.
page-microphone-blocked = Dein System lässt diesen Browser nicht ans Mikrofon.
page-camera-blocked = Dein System lässt diesen Browser nicht an die Kamera.
page-microphone-missing = Kein Mikrofon gefunden.
page-camera-missing = Keine Kamera gefunden.
page-microphone-busy = Ein anderes Programm benutzt das Mikrofon.
page-camera-busy = Ein anderes Programm benutzt die Kamera.
page-microphone-insecure = Diese Seite kam ungeschützt, darum gibt dein Browser ihr kein Mikrofon.
page-camera-insecure = Diese Seite kam ungeschützt, darum gibt dein Browser ihr keine Kamera.
page-microphone-unavailable = Dieser Browser gibt hier kein Mikrofon her.
page-camera-unavailable = Dieser Browser gibt hier keine Kamera her.
page-microphone-failed = Das Mikrofon antwortet nicht.
page-camera-failed = Die Kamera antwortet nicht.
page-device-without = Du kannst auch ohne beitreten.
page-microphone-gone = **{ $device }** ist nicht angeschlossen. Wir nehmen das Mikrofon deines Systems.
page-camera-gone = **{ $device }** ist nicht angeschlossen. Wir nehmen die Kamera deines Systems.
page-speaker-gone = **{ $device }** ist nicht angeschlossen. Du hörst das Gespräch über den Lautsprecher deines Systems.
page-microphone-back = **{ $device }** ist wieder da und wird wieder benutzt.
page-camera-back = **{ $device }** ist wieder da und wird wieder benutzt.
page-speaker-back = **{ $device }** ist wieder da und wird wieder benutzt.
page-steps = Was zu tun ist
page-steps-then = Sobald es geht, macht die Seite von selbst weiter. Wenn nicht, drücke den Schalter noch einmal.
page-steps-denied-chrome =
    Drücke das Zeichen links neben der Adresse.
    Schalte **{ $device }** ein.
page-steps-denied-edge =
    Drücke das Schloss links neben der Adresse.
    Stelle **{ $device }** auf **Zulassen**.
page-steps-denied-firefox =
    Drücke das durchgestrichene Zeichen links neben der Adresse.
    Drücke das **×** neben **Blockiert**.
    Drücke hier den Schalter noch einmal und wähle **Erlauben**.
page-steps-denied-safari =
    Öffne in der Menüleiste **Safari > Einstellungen für diese Website**.
    Stelle **{ $device }** auf **Erlauben**.
    Drücke hier den Schalter noch einmal.
page-steps-denied-ios =
    Drücke das Zeichen neben der Adresse, dann **Website-Einstellungen**. In anderen Browsern als Safari: auf dem iPhone **Einstellungen > Apps**, dann dein Browser.
    Stelle **{ $device }** auf **Erlauben**.
    Drücke hier den Schalter noch einmal.
page-steps-denied-android =
    Drücke das Zeichen links neben der Adresse, dann **Berechtigungen**.
    Schalte **{ $device }** ein.
page-steps-dismissed-chrome =
    Drücke den Schalter noch einmal.
    Wenn dein Browser fragt, wähle **Beim Besuch der Website zulassen**.
page-steps-dismissed-edge =
    Drücke den Schalter noch einmal.
    Wenn dein Browser fragt, wähle **Zulassen**.
page-steps-dismissed-firefox =
    Drücke den Schalter noch einmal.
    Wenn dein Browser fragt, wähle **{ $device }** aus, dann **Erlauben**.
page-steps-dismissed-safari =
    Drücke den Schalter noch einmal.
    Wenn Safari fragt, wähle **Erlauben**. Keine Frage? Lade diese Seite neu.
page-steps-dismissed-ios =
    Drücke den Schalter noch einmal.
    Wenn das iPhone oder iPad fragt, wähle **Erlauben**. Keine Frage? Lade diese Seite neu.
page-steps-dismissed-android =
    Drücke den Schalter noch einmal.
    Wenn dein Browser fragt, wähle **Beim Besuch der Website zulassen**. Vielleicht fragt auch Android: **Bei Nutzung der App**.
page-steps-blocked-windows =
    Öffne **Einstellungen > Datenschutz und Sicherheit > { $device }**.
    Schalte den Zugriff ein, auch für **Desktop-Apps**.
page-steps-blocked-mac =
    Öffne **Systemeinstellungen > Datenschutz & Sicherheit > { $device }**.
    Schalte deinen Browser ein. Will macOS den Browser beenden, lass es zu und komm wieder her.
page-steps-blocked-linux =
    Öffne in deinem System **Einstellungen > Datenschutz > { $device }** und schalte es ein.
    Ist dein Browser ein Flatpak oder Snap, erlaube es auch dort.
page-steps-blocked-ios =
    Öffne **Einstellungen > Apps** und dort deinen Browser.
    Stelle **{ $device }** auf **Fragen** oder **Erlauben**.
page-steps-blocked-android =
    Öffne in Android **Einstellungen > Apps**, deinen Browser, dann **Berechtigungen**.
    Erlaube **{ $device }**.
page-steps-busy-windows =
    Schließe, was es noch benutzt: Teams, Zoom, Discord, die Kamera-App, andere Tabs.
    Drücke den Schalter noch einmal.
page-steps-busy-mac =
    Schließe, was es noch benutzt: FaceTime, Zoom, Discord, andere Tabs.
    Drücke den Schalter noch einmal.
page-steps-busy-linux =
    Schließe, was es noch benutzt: OBS, Zoom, Discord, andere Tabs.
    Drücke den Schalter noch einmal.
page-steps-busy-ios =
    Beende das Telefonat oder FaceTime, und schließe Apps, die filmen oder aufnehmen.
    Drücke den Schalter noch einmal.
page-steps-busy-android =
    Beende das Telefonat, und schließe Apps, die filmen oder aufnehmen.
    Drücke den Schalter noch einmal.
page-steps-missing-windows =
    Schließ es an und schalte es ein; sieh nach einer Blende oder einer Stummtaste am Gerät.
    Immer noch nichts? Such es im **Geräte-Manager**.
page-steps-missing-mac =
    Schließ es an und schalte es ein; ein zugeklapptes MacBook verbirgt seine eigenen.
    Ein Bluetooth-Headset muss in den **Systemeinstellungen** verbunden sein.
page-steps-missing-linux =
    Schließ es an und schalte es ein; sieh nach einer Blende oder einer Stummtaste am Gerät.
    Immer noch nichts? Sieh nach, ob es in den **Einstellungen** deines Systems steht.
page-steps-missing-ios =
    Starte den Browser neu: wisch ihn weg und öffne ihn wieder.
    Ein Bluetooth-Headset muss in den **Einstellungen** verbunden sein.
page-steps-missing-android =
    Starte den Browser neu: wisch ihn weg und öffne ihn wieder.
    Zieh die Schnelleinstellungen von Android herunter: ist die Kachel für Kamera- oder Mikrofonzugriff an?
page-steps-insecure =
    Sieh dir die Adresse an: sie muss mit **https://** beginnen.
    Tut sie das nicht, sag es denen, die diesen Bot betreiben.
page-steps-unavailable =
    Drücke unten **Meinen Link kopieren**.
    Füge ihn in Chrome, Firefox oder Safari ein.
page-steps-unavailable-ios =
    Drücke unten **Meinen Link kopieren**.
    Öffne Safari und füge ihn dort ein.
page-steps-unavailable-android =
    Drücke unten **Meinen Link kopieren**.
    Öffne Chrome und füge ihn dort ein.
page-steps-failed =
    Zieh es ab und steck es wieder an.
    Wähle unter **Geräte und Tests** ein anderes.
    Immer noch nichts? Schließe den Browser und öffne ihn wieder.

## Going in
page-joining = Auf dem Weg zu { $room }
page-step-token = Um Einlass bitten
page-step-connect = Den Videodienst erreichen
page-step-media = Bild und Ton starten
page-step-done = fertig
page-step-now = läuft
page-cancel = Abbrechen

## In the call
page-call = Gespräch
page-picture = Das Bild des Gesprächs
page-controls = Bedienung
page-mute = Stumm
page-unmute = Mikrofon ein
page-mute-microphone = Mikrofon stumm schalten
page-unmute-microphone = Mikrofon einschalten
page-camera-off-short = Kamera aus
page-camera-on-short = Kamera ein
page-turn-camera-off = Kamera ausschalten
page-turn-camera-on = Kamera einschalten
page-share-screen = Bildschirm teilen
page-stop-sharing = Teilen beenden
page-people = Leute
page-people-count = Leute ({ $count })
page-raise-hand = Hand heben
page-lower-hand = Hand senken
page-more = Mehr
page-call-devices = Geräte
page-layout-grid-responsive = Alle gleich groß
page-layout-grid-responsive-mobile = Alle gleich groß, fürs Handy
page-layout-highlight-1-responsive = Eine Person groß, andere klein
page-layout-1x1 = Eine Person allein
page-layout-5up = Fünf Plätze
page-layout-grid = { $columns } × { $rows } Plätze
page-layout = Anordnung
page-full-screen = Vollbild
page-leave-full-screen = Vollbild verlassen
page-picture-in-picture = Bild im Bild
page-leave-picture-in-picture = Bild im Bild verlassen
page-copy-room-link = Raumlink kopieren
page-back-to-channel = Zurück zu #{ $channel }
page-leave = Verlassen
page-close = Schließen
page-shortcuts = Tastenkürzel
page-shortcut-microphone = Mikrofon ein oder aus
page-shortcut-talk = Sprechen, solange gedrückt, wenn stumm
page-shortcut-camera = Kamera ein oder aus
page-shortcut-hand = Hand heben oder senken
page-shortcut-help = Diese Tastenkürzel
page-key-space = Leertaste
page-shortcuts-on = Tastenkürzel einschalten
page-shortcuts-off = Tastenkürzel ausschalten
page-shortcuts-are-off = Sie sind aus. Mit Tab ist weiterhin alles erreichbar.
page-shortcuts-why = Schalte sie aus, wenn sie einer Spracheingabe oder einem Screenreader in die Quere kommen.
page-lock-room = Raum abschließen
page-unlock-room = Raum aufschließen
page-muted = stumm
page-camera-is-off = Kamera aus
page-sharing = teilt den Bildschirm
page-hand-up = Hand oben
page-talking = spricht
page-mute-person = { $name } stumm schalten
page-stop-camera-of = Kamera von { $name } ausschalten
page-lower-hand-of = Hand von { $name } senken
page-remove = Entfernen
page-remove-person = { $name } aus dem Anruf entfernen
page-remove-title = { $name } entfernen?
page-remove-explained = Die Person verlässt den Anruf jetzt und kann erst nach seinem Ende wiederkommen. `/room readmit` lässt wieder ein.
page-end-for-all = Für alle beenden
page-end-title = Den Anruf für alle beenden?
page-end-explained = Alle verlassen den Anruf jetzt. `{ $command }` öffnet ihn wieder.
page-said-removed = { $name } wurde entfernt
page-said-kept-out = { $name } kann nicht wiederkommen, ließ sich aber gerade nicht entfernen
page-said-ending = Der Anruf endet
page-reconnecting = Neu verbinden … Das Gespräch geht weiter.
page-picture-reconnecting = Das Bild hängt. Neu verbinden …
page-alone = Du bist allein hier. Andere kommen mit **Join** auf der Karte in #{ $channel } herein.
page-said-joined = { $name } ist da
page-said-left = { $name } ist gegangen
page-said-muted = Dein Mikrofon ist aus
page-said-unmuted = Dein Mikrofon ist an
page-said-muted-by-moderator = Die Moderation hat dich stumm geschaltet. Schalte den Ton ein, wann du magst.
page-said-joined-muted = Viele sind schon da, darum bist du stumm hereingekommen. Schalte den Ton ein, wann du magst.
page-said-camera-on = Deine Kamera ist an
page-said-camera-off = Deine Kamera ist aus
page-said-sharing = Du teilst deinen Bildschirm
page-said-shared = Du teilst nicht mehr
page-said-hand-up = Deine Hand ist oben
page-said-hand-down = Deine Hand ist unten
page-said-hand-lowered = Die Moderation hat deine Hand gesenkt
page-said-locked = Der Raum ist abgeschlossen
page-said-unlocked = Der Raum ist wieder offen
page-said-recorded = Das Gespräch wird aufgezeichnet
page-said-not-recorded = Die Aufzeichnung ist beendet
page-command-failed = Das hat nicht geklappt. Bitte noch einmal.

## After the call
page-left-title = Du hast { $room } verlassen
page-left = Das Gespräch geht ohne dich weiter.
page-dropped-title = Das Gespräch ist abgerissen
page-dropped = Deine Verbindung zu **{ $room }** ging verloren. Dein Platz ist noch frei.
page-paused-title = Dein Handy hat das Gespräch angehalten
page-paused = Du warst in einer anderen App, da hat das Gespräch hier angehalten.
page-moved-title = Der Anruf ist umgezogen
page-moved = Er geht auf deinem anderen Gerät weiter, oder in deinem anderen Tab.
page-rejoin = Wieder beitreten
page-resume = Weiter
page-ended-title = { $room } ist zu Ende
page-ended-minutes = { $minutes ->
    [one] Es dauerte **1 Minute**.
   *[other] Es dauerte **{ $minutes } Minuten**.
}
page-ended = `{ $command }` öffnet ihn wieder.
page-reopened = Er ist wieder offen.
page-deleted-title = { $room } wurde gelöscht
page-deleted = Jemand hat den Raum beim Videodienst gelöscht, darum ist das Gespräch für alle zu Ende.

## When it cannot be done: a heading, a sentence, what to press
problem-title-ticket_used = Dieser Link ist verbraucht
problem-ticket_used = Er gilt einmal. Drücke auf der Karte des Raums **Join** für einen neuen.
problem-title-ticket_expired = Dieser Link ist zu alt
problem-ticket_expired = Er galt 10 Minuten. Drücke auf der Karte des Raums noch einmal **Join**.
problem-title-invitation_used = Diese Einladung wurde woanders geöffnet
problem-invitation_used = Sie gilt in dem Browser, in dem sie zuerst geöffnet wurde. Bitte um einen neuen Link, wo du ihn herhast.
problem-title-invitation_over = Deine Einladung ist vorbei
problem-invitation_over = Sie ist abgelaufen oder wurde zurückgenommen. Bitte um einen neuen Link, wo du ihn herhast.
problem-title-not_allowed = Hier kommst du nicht hinein
problem-not_allowed = Diesen Raum gibt es nicht, oder dein Konto sieht seinen Kanal nicht.
problem-title-withdrawn = Du siehst #{ $channel } nicht mehr
problem-withdrawn = Der Anruf richtet sich nach dem Kanal, darum ist er für dich zu Ende. Falls das ein Versehen ist, frag die Leute, die den Server verwalten.
problem-signed-in-as = Angemeldet als **{ $name }**.
problem-title-removed = Die Moderation hat dich entfernt
problem-removed = Die Moderation hat dich aus **{ $room }** entfernt. Wenn dieses Gespräch zu Ende ist, kannst du wieder beitreten.
problem-title-room_locked = Der Raum ist abgeschlossen
problem-room_locked = Die Moderation hat den Raum abgeschlossen. Lass diese Seite offen: sobald er aufgeht, bist du drin.
problem-title-knock_first = Gäste lässt die Moderation ein
problem-knock_first = Bitte um Einlass, und lass diese Seite offen: Du gehst hinein, wenn die Moderation antwortet.
problem-title-door_busy = Andere warten schon
problem-door_busy = Die Moderation lässt sie nacheinander ein. Frag gleich noch einmal.
problem-title-room_full = Der Raum ist voll
problem-room_full = { $inside } von { $max } Plätzen sind besetzt. Wir versuchen es weiter, solange diese Seite offen ist.
problem-title-room_ended = { $room } ist zu Ende
problem-room_ended = `{ $command }` im Kanal öffnet ihn wieder.
problem-title-session_changed = Jetzt ist jemand anderes angemeldet
problem-session_changed = Dieser Browser ist jetzt angemeldet als **{ $name }**; dieser Tab gehörte { $before }.
problem-session_changed-unknown = Dieser Browser ist jetzt als jemand anderes angemeldet.
problem-title-video_unavailable = Der Videodienst antwortet nicht
problem-video_unavailable = An dir liegt es nicht. Wir versuchen es weiter, solange diese Seite offen ist.
problem-title-video_unreachable = Der Videodienst ist nicht erreichbar
problem-video_unreachable = Vielleicht sperrt dieses Netz Videoanrufe. Nimm ein anderes Netz oder versuch es noch einmal.
problem-title-video_refused = Der Videodienst weist diesen Bot ab
problem-video_refused = Der Videodienst weist das Konto dieses Bots ab. Das können nur die beheben, die ihn betreiben.
problem-title-discord_unavailable = Discord antwortet nicht
problem-discord_unavailable = Wir können Discord nicht fragen, ob du hinein darfst. Wir versuchen es weiter, solange diese Seite offen ist.
problem-title-rate_limited = Zu viele Versuche
problem-rate_limited = Warte einen Moment bis zum nächsten.
problem-title-media_unreachable = Bild und Ton kommen nicht durch
problem-media_unreachable = Dein Netz lässt die Seite durch, aber nicht das Gespräch. Nimm ein anderes Netz oder schalte ein VPN aus.
problem-title-join_timeout = Der Beitritt dauerte zu lange
problem-join_timeout = Der Videodienst ließ uns zu lange warten. Versuch es noch einmal.
problem-title-token_refused = Der Videodienst ließ uns nicht hinein
problem-token_refused = Die Erlaubnis wurde nicht angenommen. Versuch es noch einmal, dann gibt es eine neue.
problem-title-room_missing = Der Videodienst hat den Raum verloren
problem-room_missing = Wir haben ihn neu angefordert, aber er ist noch nicht da. Versuch es gleich noch einmal.
problem-title-network = Keine Verbindung zu Greenroom
problem-network = Die Seite erreicht ihren Server nicht. Prüfe deine Verbindung. Wir versuchen es weiter, solange diese Seite offen ist.
problem-title-database_unavailable = Greenroom kommt nicht an seine Daten
problem-database_unavailable = An dir liegt es nicht. Wir versuchen es weiter, solange diese Seite offen ist.
problem-title-internal = Bei uns ist etwas kaputtgegangen
problem-internal = An dir liegt es nicht. Versuch es noch einmal; passiert es wieder, nenne denen, die den Bot betreiben, die Kennung unten.
problem-title-invalid_request = Dieser Link geht nicht
problem-invalid_request = Er ist wohl abgeschnitten oder verändert. Drücke auf der Karte des Raums **Join** für einen neuen.
problem-title-join_refused = Der Videodienst ließ uns nicht hinein
problem-join_refused = Einen Grund, den wir kennen, nannte er nicht. Versuch es noch einmal.
problem-title-page_incomplete = Ein Teil dieser Seite fehlt
problem-page_incomplete = Prüfe deine Verbindung und lade die Seite noch einmal.
problem-title-wrong_browser = Du hast dich angemeldet, aber in einem anderen Browser
problem-wrong_browser = Eine Anmeldung gilt nur in dem Browser, in dem sie begonnen hat.
problem-title-sign_in_late = Es dauerte länger als zehn Minuten
problem-sign_in_late = Die Anmeldung wurde inzwischen aufgegeben.
problem-title-sign_in_failed = Discord hat nicht gesagt, wer du bist
problem-sign_in_failed = Auf dem Weg dorthin oder zurück ging etwas schief. Vielleicht klappt es jetzt.

page-again-in = { $seconds ->
    [one] Nächster Versuch in 1 Sekunde.
   *[other] Nächster Versuch in { $seconds } Sekunden.
}
page-wait = { $seconds ->
    [one] Warte 1 Sekunde.
   *[other] Warte { $seconds } Sekunden.
}
page-knock = Um Einlass bitten
page-knock-waiting = **Die Moderation ist gefragt.** Lass diese Seite offen: Du gehst hinein, wenn sie antwortet.
page-knock-denied = Die Moderation hat dich nicht eingelassen. Nach 10 Minuten kannst du noch einmal fragen.
page-try-again = Noch einmal versuchen
page-switch-account = Konto wechseln
page-continue-as = Weiter als { $name }
page-start-again = Hier neu anfangen
