# Was die privaten Antworten und die Befehle selbst sagen (command/).

## Die Befehle, wie Discord sie auflistet

command-video-about = Öffne in diesem Kanal einen Videoraum oder komm hinein
command-room-about = Sieh, welche Räume offen sind, beende einen, oder lass Gäste ein
command-room-list-about = Räume dieses Servers, in die du hineindarfst
command-room-end-about = Beende einen Anruf für alle; für die Moderation des Raums
command-room-guest-about = Jemanden ohne Discord-Konto einlassen, mit einem eigenen Link
command-room-guests-about = Sehen, welche Gäste kommen dürfen, und Einladungen zurücknehmen
command-room-readmit-about = Jemanden wieder einlassen, den die Moderation aus dem Anruf entfernt hat
command-removed-name = person
command-removed-description = Wer entfernt wurde
command-name-name = name
command-name-description = Wie der Gast heißt; alle sehen, dass es ein Gast ist
command-role-name = rolle
command-role-description = Als was der Gast kommt; ohne Angabe zum Zuschauen
command-role-audience = zuschauen: sieht und hört
command-role-member = mitreden: wird auch gesehen und gehört
command-greenroom-about = Greenroom in diesem Kanal einrichten und prüfen
command-greenroom-settings-about = Was in diesem Kanal geschrieben wird
command-greenroom-check-about = Was Greenroom in diesem Kanal fehlt
command-greenroom-why-about = Was jemand in den Räumen dieses Kanals darf, und warum
command-user-name = person
command-user-description = Um wen es geht
command-greenroom-stats-about = Anrufe, Leute und Kosten der letzten Tage
command-room-name = raum
command-room-description = Welcher Raum; ohne Angabe der des Kanals
command-topic-name = thema
command-topic-description = Worum es geht; steht auf der Karte des Raums
choice-live = { $room } · { $count } drin
choice-open = { $room } · offen

## Der persönliche Link

reply-open = **{ $room }** ist offen.
reply-live = { $count ->
    [one] **{ $room }** läuft: { $names } ist drin.
   *[other] **{ $room }** läuft: { $names } sind drin.
}
reply-watched = { $count ->
    [one] **{ $room }** läuft: 1 Person schaut zu.
   *[other] **{ $room }** läuft: { $count } Personen schauen zu.
}
reply-enter = Als { $name } eintreten
reply-link = Dieser Link bist du: Wer ihn öffnet, kommt als { $name } herein. Er gilt einmal, bis { $time }.
reply-again-card = Weg? Drück **{ $join }** auf der Karte.
reply-again-command = Weg? Gib noch einmal { $command } ein.
reply-audience = Du kommst als Publikum: Du siehst und hörst, dich sieht und hört niemand.
reply-moves = Du bist schon auf einem anderen Gerät drin; mit diesem Link wechselt der Anruf hierher.
reply-elsewhere = { $count ->
    [one] Ein anderer Raum **{ $room }** läuft in { $channel } (1 Person).
   *[other] Ein anderer Raum **{ $room }** läuft in { $channel } ({ $count } Personen).
}
reply-elsewhere-open = Ein anderer Raum **{ $room }** ist in { $channel } offen.
reply-elsewhere-join = Dort beitreten
reply-not-posted = Dein Link ist da. Ich darf in { $channel } nichts schreiben, also weiß noch niemand davon. Andere kommen herein, wenn sie hier { $command } eingeben. Admins: Gebt mir Kanal anzeigen, Nachrichten senden und Links einbetten.
reply-not-posted-voice = Dein Link ist da. Ich darf in { $channel } nichts schreiben, also weiß noch niemand davon. Andere kommen herein, wenn sie hier { $command } eingeben. Admins: Gebt mir Kanal anzeigen, Verbinden, Nachrichten senden und Links einbetten.
reply-off = Ich schreibe in { $channel } nichts, denn so ist es eingestellt. Andere kommen herein, wenn sie hier { $command } eingeben.
reply-as-bot = Admins: Ich schreibe unter meinem eigenen Namen, weil mir hier **WebHooks verwalten** fehlt.

## Wenn es nicht geht

refuse-direct-message = Ich öffne Räume in Kanälen von Servern, denn der Kanal bestimmt, wer hereinkommt. Geh in einen Kanal und gib { $command } ein.
refuse-no-bot = Ich bin kein Mitglied dieses Servers und kann darum nicht sagen, wer hereinkommen darf. Ein Admin kann mich hinzufügen: { $invite }
refuse-may-not-send = Du kannst hier Räumen beitreten, aber keinen öffnen, weil du in { $channel } nichts schreiben darfst. Wenn jemand einen öffnet, drück **{ $join }** auf seiner Karte.
refuse-may-not-speak = Du kannst hier Räumen beitreten, aber keinen öffnen, weil du in { $channel } nicht sprechen darfst. Wenn jemand einen öffnet, drück **{ $join }** auf seiner Karte.
refuse-stage-listener = Du kannst hier Räumen beitreten, aber keinen öffnen, weil das in einem Stage-Kanal nur dessen Moderatoren tun. Wenn jemand einen öffnet, drück **{ $join }** auf seiner Karte.
refuse-not-in-server = Du bist kein Mitglied dieses Servers und kannst darum nicht herein.
refuse-cannot-view = Du kannst { $channel } nicht sehen und darum nicht in seine Räume.
refuse-timed-out = Du bist auf diesem Server im Timeout. Danach kannst du wieder herein.
refuse-private-thread = { $channel } ist ein privater Thread, und nur wer dazugehört, kommt herein. Bitte jemanden darin, dich hinzuzufügen.
refuse-cannot-connect = Du brauchst in { $channel } das Recht **Verbinden**, um hereinzukommen.
refuse-removed = Eine Moderatorin oder ein Moderator hat dich aus **{ $room }** entfernt. Wenn dieser Anruf vorbei ist, kannst du wieder beitreten.
refuse-policy = Die Leute, die diesen Bot betreiben, lassen dich hier nicht in seine Anrufe.
refuse-policy-open = Du kannst hier Räumen beitreten, aber keinen öffnen: So haben es die Leute entschieden, die diesen Bot betreiben. Wenn jemand einen öffnet, drück **{ $join }** auf seiner Karte.
refuse-server-limit = { $count ->
    [one] Dieser Server hat 1 Raum offen, mehr gehen nicht. Komm dazu: { $rooms }.
   *[other] Dieser Server hat { $count } Räume offen, mehr gehen nicht. Komm in einen davon: { $rooms }.
}
refuse-server-limit-hidden = { $count ->
    [one] Dieser Server hat 1 Raum offen, mehr gehen nicht. Wenn er zu Ende ist, kannst du einen öffnen.
   *[other] Dieser Server hat { $count } Räume offen, mehr gehen nicht. Wenn einer zu Ende ist, kannst du einen öffnen.
}
refuse-person-limit = { $count ->
    [one] Du hast { $within } einen Raum geöffnet. Der nächste geht { $time }; beitreten geht immer.
   *[other] Du hast { $within } { $count } Räume geöffnet. Der nächste geht { $time }; beitreten geht immer.
}
within-seconds = { $count ->
    [one] in der letzten Sekunde
   *[other] in den letzten { $count } Sekunden
}
within-minutes = { $count ->
    [one] in der letzten Minute
   *[other] in den letzten { $count } Minuten
}
within-hours = { $count ->
    [one] in der letzten Stunde
   *[other] in den letzten { $count } Stunden
}
refuse-video-silent = Ich konnte **{ $room }** nicht öffnen: Der Videodienst antwortet nicht. Es wurde nichts geschrieben. Versuch es in einer Minute noch einmal.
refuse-video-account = Ich konnte **{ $room }** nicht öffnen: Der Videodienst lehnt das Konto dieses Bots ab. Das können nur die ändern, die ihn betreiben. ({ $reference })
refuse-ended = **{ $room }** ist zu Ende. { $command } öffnet ihn wieder.
refuse-unknown-room = Diesen Raum kenne ich nicht mehr. { $command } öffnet einen.
refuse-discord-silent = Ich kann Discord gerade nicht fragen, ob du hereindarfst. Versuch es in einer Minute noch einmal.
refuse-name-empty = In diesem Namen steht nichts, was man lesen könnte. Nimm einen mit Buchstaben, etwa { $command }.
refuse-name-long = Dieser Name ist zu lang. Räume haben Namen mit bis zu { $max } Zeichen, etwa { $command }.
refuse-topic-long = Dieses Thema ist zu lang. Es darf bis zu { $max } Zeichen haben.
refuse-too-often = { $count ->
    [one] Das war zu viel auf einmal. Versuch es in einer Sekunde noch einmal.
   *[other] Das war zu viel auf einmal. Versuch es in { $count } Sekunden noch einmal.
}
refuse-unknown = Diesen Knopf oder Befehl kenne ich nicht mehr. Versuch { $command }.
sorry = Bei mir ist etwas schiefgegangen. Versuch es in einer Minute noch einmal. ({ $reference })
sorry-interrupted = Ich wurde unterbrochen, bevor ich antworten konnte. Gib noch einmal { $command } ein.

## Räume des Servers

list-none = Es ist kein Raum offen, in den du hineindarfst. { $command } öffnet einen.
list-head = { $count ->
    [one] Ein Raum ist offen:
   *[other] { $count } Räume sind offen:
}
list-live = **{ $room }** in { $channel } · { $count } drin
list-open = **{ $room }** in { $channel } · niemand drin
list-cost = bisher { $cost } $
list-more = { $count ->
    [one] … und 1 weiterer
   *[other] … und { $count } weitere
}
list-unsure = Vielleicht sind es mehr: Ich konnte Discord nicht nach jedem Kanal fragen.
list-join = { $room } beitreten

## Das Ende für alle

end-question = { $count ->
    [0] **{ $room }** beenden? Es scheint niemand drin zu sein.
    [one] **{ $room }** für die eine Person darin beenden?
   *[other] **{ $room }** für alle { $count } Personen darin beenden?
}
end-button = Für alle beenden
end-done = **{ $room }** ist für alle beendet.
readmit-done = { $name } darf wieder in **{ $room }**.
deny-not-removed = Niemand hat { $name } aus **{ $room }** entfernt. `/greenroom why` sagt, woran es liegt.
deny-not-moderator = Nur die Moderation von **{ $room }** kann das. Wer das ist, bestimmen Discords Rechte für diesen Kanal.
deny-nothing-open = In { $channel } ist kein Raum offen.
deny-which-room = Hier sind mehrere Räume offen: { $rooms }. Sag dazu, welchen du meinst.
deny-not-open = **{ $room }** ist in diesem Kanal nicht offen.
deny-nobody-inside = In **{ $room }** war noch niemand, es gibt also keinen Anruf zu beenden. Seine Karte schließt sich nach einer Stunde von selbst.
deny-not-ended = Ich konnte **{ $room }** nicht beenden: Der Videodienst antwortet nicht. Versuch es in einer Minute noch einmal.

## Wie ein Kanal davon hören will

settings-title = Greenroom in diesem Kanal
settings-lines = Was ich schreibe
settings-lines-hint = off, card (Karte), rollup (Karte, wenige Zeilen) oder each (jede Änderung eine Zeile)
settings-silent = Ohne Benachrichtigung schreiben
settings-silent-hint = ja oder nein
settings-thread = Zeilen in einen Thread schreiben
settings-thread-hint = ja oder nein
settings-names = Nennen, wer drin ist
settings-names-hint = ja oder nein
settings-guests = Gäste in alle Räume des Servers lassen
settings-guests-hint = ja oder nein
settings-yes = ja
settings-no = nein
settings-saved = Gespeichert für { $channel }.
settings-are-off = Ich schreibe hier nichts Neues. Vorhandene Karten bleiben wahr.
settings-are-card = Ich schreibe hier die Karte jedes Raums und keine Zeilen.
settings-are-rollup = Ich schreibe hier die Karte jedes Raums und in wenigen Zeilen, wer kam und ging.
settings-are-each = Ich schreibe hier die Karte jedes Raums und zu jeder Änderung eine Zeile.
settings-are-thread = Die Zeilen stehen in einem Thread an der Karte.
settings-are-threadless = Hier kann an einer Karte kein Thread hängen, also stehen die Zeilen darunter.
settings-are-silent = Was ich schreibe, löst keine Benachrichtigung aus.
settings-are-nameless = Leute werden gezählt, nie genannt.
settings-are-guests = **Gäste sind an** auf diesem Server: Die Moderation darf mit `/room guest` Leute ohne Discord-Konto einlassen.
settings-are-guestless = Gäste sind aus auf diesem Server: Nur seine Mitglieder kommen in Räume.
deny-setting = **{ $field }** kann nicht „{ $typed }“ sein. Möglich ist: { $takes }. Gespeichert wurde nichts.
deny-not-the-servers = Über Gäste entscheiden nur Leute, die diesen Server verwalten dürfen. Gespeichert wurde nichts.
deny-not-staff = Das können nur Leute, die diesen Server oder diesen Kanal verwalten dürfen.

## Was einem Kanal fehlt

check-well = Ich darf in { $channel } alles, was ich brauche.
check-lacks = In { $channel } fehlt mir { $permissions }. Gebt es meiner Rolle, in Servereinstellungen > Rollen oder in den Rechten des Kanals.
check-sees-nobody = Ohne das zeigt mir Discord nicht, wer hereindarf, also darf es niemand.
check-posts = Schreiben kann ich trotzdem, weil ich hier einen Webhook habe.
check-as-bot = Ohne das schreibe ich unter meinem eigenen Namen, und langsamer.
check-nowhere = Ohne das erfährt hier niemand von einem Raum. Mit { $command } kommt man trotzdem hinein.
check-no-thread = Ohne das eröffne ich keinen Thread, und die Zeilen stehen im Kanal.
check-thread-unfit = Die letzte Karte bekam keinen Thread, also stehen ihre Zeilen im Kanal.
check-thread-closed = Der Thread der letzten Karte wurde geschlossen oder gelöscht, also kamen keine Zeilen mehr.
check-card-no-access = Die letzte Karte konnte nicht geschrieben werden: Ich sehe den Kanal nicht.
check-card-may-not-post = Die letzte Karte konnte nicht geschrieben werden: Ich durfte nicht.
check-card-channel-gone = Die letzte Karte konnte nicht geschrieben werden: Discord kennt den Kanal nicht mehr.
check-card-thread-closed = Die letzte Karte konnte nicht geschrieben werden: Der Thread ist archiviert oder gesperrt.
check-card-bot-removed = Die letzte Karte blieb stehen, als ich von diesem Server entfernt wurde.
check-card-rejected = Die letzte Karte konnte nicht geschrieben werden: Discord lehnt ab, was darin steht. Wer diesen Bot betreibt, findet den Grund im Log.
permission-view = Kanal anzeigen
permission-connect = Verbinden
permission-send = Nachrichten senden
permission-send-in-threads = Nachrichten in Threads senden
permission-threads = Öffentliche Threads erstellen
permission-embed = Links einbetten
permission-webhooks = WebHooks verwalten

## Wer was darf, und warum

why-moderator = { $name } kommt als **Moderation** in **{ $room }** in { $channel }.
why-member = { $name } kommt als **Mitglied** in **{ $room }** in { $channel }.
why-audience = { $name } kommt als **Publikum** in **{ $room }** in { $channel }: sieht und hört, wird nicht gesehen und nicht gehört.
why-nobody = { $name } **kommt nicht** in **{ $room }** in { $channel }.
why-not-in-server = Warum: nicht auf diesem Server.
why-cannot-view = Warum: kann den Kanal nicht sehen.
why-timed-out = Warum: auf diesem Server im Timeout.
why-private-thread = Warum: Der Thread ist privat, und die Person gehört nicht dazu.
why-cannot-connect = Warum: darf sich mit dem Kanal nicht verbinden.
why-removed = Warum: von der Moderation aus diesem Anruf entfernt. Das gilt, bis er zu Ende ist.
why-stage-moderator = Warum: Wer in einem Stage-Kanal Mitglieder stummschalten darf, moderiert seine Anrufe.
why-stage-listener = Warum: In einem Stage-Kanal hört zu, wer ihn nicht moderiert.
why-keeps-order = Warum: darf den Kanal verwalten oder Mitglieder in den Timeout schicken.
why-opened = Warum: hat diesen Anruf geöffnet und darf hier schreiben.
why-may-send = Warum: darf hier schreiben.
why-may-speak = Warum: darf hier sprechen.
why-view-only = Warum: darf den Kanal sehen, aber nicht mitmachen.
why-policy = Warum: Regel { $number } der Leute, die diesen Bot betreiben.
why-lacks = Es fehlt: { $permissions }.
why-may-open = Dort ist gerade kein Anruf offen; einen zu öffnen ist erlaubt.
why-may-not-open = Dort ist gerade kein Anruf offen; einen zu öffnen ist nicht erlaubt.
permission-speak = Sprechen
permission-mute = Mitglieder stummschalten
permission-manage-threads = Threads verwalten

## Was auf dem Server zusammenkommt

stats-live-none = Gerade ist niemand in einem Anruf.
stats-live = Gerade live: { $calls ->
    [one] 1 Anruf
   *[other] { $calls } Anrufe
} mit { $people ->
    [one] 1 Person
   *[other] { $people } Leuten
}.
stats-nothing = **Letzte { $days } Tage:** keine Anrufe.
stats-days = **Letzte { $days } Tage:** { $calls ->
    [one] 1 Anruf
   *[other] { $calls } Anrufe
}, zusammen { $minutes } min, { $people ->
    [one] 1 Person
   *[other] { $people } Leute
}, höchstens { $peak } zugleich.
stats-cost = SignalWire hat dafür { $cost } $ gezählt.
stats-cost-unknown = SignalWire hat noch nicht gesagt, was sie kosten.
stats-joining = **Beitreten, letzte 30 Tage:** vom Drücken bis zum ersten Bild höchstens { $half } s bei der Hälfte von { $joins } Beitritten, höchstens { $most } s bei neun von zehn. Bei neun von zehn dauerte unser Token höchstens { $token } s, die Verbindung { $socket } s, die Antwort von SignalWire { $answer } s, das erste Bild { $picture } s.
deny-not-admin = Nur wer diesen Server verwalten darf, sieht seine Zahlen.

## Gäste

guest-invited-audience = **{ $name }** darf zum Zuschauen und Zuhören in **{ $room }** kommen. Das endet { $time }.
guest-invited-member = **{ $name }** darf in **{ $room }** kommen und wird dort gesehen und gehört. Das endet { $time }.
guest-link = Schick nur dieser Person den Link: Er geht einmal und dann nur in jenem Browser. Ansehen verbraucht ihn nicht.
guest-revoke = { $name } ausladen
guests-none = In den Räumen von { $channel }, die du moderierst, gibt es keine Gäste.
guests-head = { $count ->
    [one] Ein Gast darf in die Räume von { $channel }, die du moderierst.
   *[other] { $count } Gäste dürfen in die Räume von { $channel }, die du moderierst.
}
guests-choose = Ausladen …
guests-audience = in { $room }, zum Zuschauen
guests-member = in { $room }, zum Mitreden
guest-revoked = **{ $name }** darf nicht mehr in **{ $room }**. Wer mit diesem Link drin ist, wird hinausgesetzt.
refuse-guest-name = Ein Gast braucht einen Namen, den andere lesen können, mit höchstens { $max } Zeichen.
deny-guests-off = Gäste sind aus auf diesem Server. Wer ihn verwalten darf, lässt sie mit `/greenroom settings` ein.
deny-too-many-guests = { $channel } hat { $max } Gäste, mehr gehen nicht. Lade erst einen aus: `/room guests`.
deny-no-such-guest = Diesen Gast kenne ich nicht mehr. `/room guests` zeigt, wer kommen darf.
why-invited = Grund: Die Moderation hat diese Person als Gast eingelassen.
why-not-invited = Grund: Sie hat keine Einladung, die noch gilt.
knock-done-admitted = **{ $name }** ist in **{ $room }** eingelassen.
knock-done-audience = **{ $name }** ist zum Zuschauen in **{ $room }** eingelassen.
knock-done-denied = **{ $name }** ist nicht in **{ $room }** eingelassen und erfährt das. In 10 Minuten geht es noch einmal.
deny-knock-over = Das ist schon beantwortet, oder es wartet niemand mehr.
why-let-in-to-watch = Grund: Sie hat um Einlass gebeten, und die Moderation hat sie zum Zuschauen eingelassen.
