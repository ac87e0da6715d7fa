"""Messages in another language than the server's, as a client has them: made of a reason and its parameters alone."""

import string
from collections.abc import Mapping

from models.reasons import Reason

#: In German: what an English message says need not be known for it.
TEXTS: Mapping[Reason, str] = {
    Reason.BLANK: "Bitte ausfüllen.",
    Reason.TOO_SHORT: "Mindestens {MINIMUM} Zeichen.",
    Reason.TOO_LONG: "Höchstens {MAXIMUM} Zeichen, es sind {ACTUAL}.",
    Reason.CHARACTER: "Das Zeichen {CHARACTER} ist nicht erlaubt.",
    Reason.FORMAT: "Das ist kein gültiger Wert: {FORMAT}.",
    Reason.TYPE: "Erwartet wird {EXPECTED}.",
    Reason.WRONG_KIND: "Erwartet wird {EXPECTED}, nicht {ACTUAL}.",
    Reason.OUT_OF_RANGE: "Von {MINIMUM} bis {MAXIMUM} {UNIT}.",
    Reason.DECIMALS: "Höchstens {MAXIMUM} Nachkommastellen.",
    Reason.TOO_FEW: "Mindestens {MINIMUM}, es sind {ACTUAL}.",
    Reason.TOO_MANY: "Höchstens {MAXIMUM}, es sind {ACTUAL}.",
    Reason.TOO_DEEP: "Höchstens {MAXIMUM} Ebenen.",
    Reason.MISSING: "Es fehlt: {FIELD}.",
    Reason.NULL: "Das darf nicht leer sein.",
    Reason.UNKNOWN_FIELD: "{FIELD} gibt es nicht.",
    Reason.ONLY_ONE: "Entweder dies oder {FIELD}.",
    Reason.NOT_ONE_OF: "Erlaubt sind: {VALUES}.",
    Reason.NAMED_TWICE: "Das ist doppelt.",
    Reason.ITSELF: "Das ist dasselbe.",
    Reason.DATE_ORDER: "{LATER} ({LATER_DAY}) liegt vor {EARLIER} ({EARLIER_DAY}).",
    Reason.YET_TO_COME: "{DAY} liegt in der Zukunft.",
    Reason.WRONG_PASSWORD: "Das Passwort stimmt nicht.",
    Reason.TAKEN: "Schon vergeben.",
    Reason.OVERLAP: "Schon belegt vom {FIRST_DAY} bis {LAST_DAY}.",
    Reason.UNKNOWN_SHORTCODE: "Den Platzhalter {NAME} gibt es hier nicht. Gemeint vielleicht: {VALUES}.",
    Reason.NOT_FOUND: "{KIND} {ID} gibt es nicht.",
    Reason.RIGHT_MISSING: "Es fehlen Rechte: {RIGHTS}.",
    Reason.ROLE_MISSING: "Das darf nur {ROLE}.",
    Reason.MEMBERS_ONLY: "Nur für Mitarbeitende.",
    Reason.ABOVE_YOU: "{NAME} steht über Ihnen.",
    Reason.PERSONAL_TOKEN: "Nicht mit diesem Schlüssel.",
    Reason.NOT_YOURS: "Das ist von jemand anderem.",
    Reason.CHANGED: "Inzwischen Version {ACTUAL} statt {EXPECTED}.",
    Reason.CHANGED_SINCE: "Seither geändert: {FIELD} von {KIND} {ID}.",
    Reason.UNDONE: "Schon zurückgenommen.",
    Reason.NOTHING_TO_UNDO: "Davon lässt sich nichts zurücknehmen.",
    Reason.TRASHED: "Liegt im Papierkorb.",
    Reason.LOCKED: "Gesperrt, bis eine Rechnung bezahlt ist.",
    Reason.ARCHIVED: "Archiviert: {KIND}.",
    Reason.NOT_ARCHIVED: "Nicht archiviert.",
    Reason.ARCHIVES: "Das würde Aufträge archivieren.",
    Reason.DEACTIVATED: "{NAME} ist deaktiviert.",
    Reason.OUT_OF_SIGHT: "{NAME} sieht das nicht.",
    Reason.ELSEWHERE: "Gehört woandershin: {KIND}.",
    Reason.WRONG_STATE: "Geht nicht: {KIND} ist {ACTUAL}.",
    Reason.ANSWERED: "Schon beantwortet.",
    Reason.UNANSWERED: "Noch unbeantwortet: {ACTUAL}.",
    Reason.SEALED: "Versiegelt: {KIND}.",
    Reason.LINKED: "Schon verknüpft: {KIND}.",
    Reason.IN_USE: "Wird noch gebraucht von {ACTUAL} Aufträgen.",
    Reason.LAST_ONE: "Das letzte seiner Art: {KIND}.",
    Reason.NONE_YET: "Noch keine: {KIND}.",
    Reason.NOT_EMPTY: "Nicht leer: {ACTUAL} {KIND}.",
    Reason.FULL: "Mehr als {MAXIMUM} gehen nicht: {KIND}.",
    Reason.NESTED: "Eine Teilaufgabe hat selbst keine.",
    Reason.CIRCLE: "Das ginge ewig im Kreis.",
    Reason.BUILT_IN: "Fest eingebaut.",
    Reason.CONDITIONAL: "Am Anfang und am Ende der Pipeline hat eine Stufe keine Bedingung: {NAME}.",
    Reason.SORTED: "Die Karten sind nach {ACTUAL} sortiert.",
    Reason.NOTHING_TO_SHOW: "Nichts zu zeigen.",
    Reason.TIMER_RUNS: "Die Uhr läuft.",
    Reason.NO_TIMER: "Keine Uhr läuft.",
    Reason.DAY_FULL: "Mehr als {MAXIMUM} Minuten am {DAY}.",
    Reason.BILLED: "Schon abgerechnet.",
    Reason.ABOVE_BALANCE: "Mehr als noch offen ist.",
    Reason.OTHER_CURRENCY: "In {ACTUAL} statt {EXPECTED}.",
    Reason.NOT_ASKED: "Diese Person ist nicht gefragt.",
    Reason.SIGNED_ALREADY: "Schon unterschrieben.",
    Reason.OUT_OF_TURN: "Noch nicht an der Reihe.",
    Reason.EXPIRED: "Abgelaufen am {DAY}.",
    Reason.UNFILLED_SHORTCODE: "Unbekannt, wofür das steht: {VALUES}.",
    Reason.YOURSELF: "Nicht bei sich selbst.",
    Reason.OWNER: "Nicht bei der Inhaberin.",
    Reason.UPLOAD_UNFINISHED: "Die Datei ist noch nicht ganz da.",
    Reason.NOT_AS_NAMED: "Die Datei heißt wie {EXPECTED}, ist aber {ACTUAL}.",
    Reason.NO_ROOM: "Von {MAXIMUM} Bytes sind noch {ACTUAL} frei.",
    Reason.GETS_NO_MAIL: "{NAME} bekommt hier keine Post.",
    Reason.NO_ADDRESS: "{NAME} hat keine E-Mail-Adresse.",
    Reason.LOOKS_ALIKE: "Die Adresse von {NAME} gilt als eine andere.",
    Reason.TOO_OFTEN: "Zu oft. Wieder in {RETRY_AFTER} Sekunden.",
    Reason.BUSY: "Gerade beschäftigt.",
}


def message(reason: str, parameters: Mapping[str, str]) -> str:
    """What a client shows; `KeyError` where a parameter is not there."""
    return TEXTS[Reason(reason)].format(**parameters)


def names_in(text: str) -> set[str]:
    """The parameters that a text is filled in with."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
