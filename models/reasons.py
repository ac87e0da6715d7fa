"""Why something is refused, for programs: a reason and its parameters, of which a message can be made in any language.

See docs/decisions/0052-reasons.md.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypedDict


class Parameter(StrEnum):
    """What a message of a reason is filled in with."""

    ACTUAL = "ACTUAL"
    CHARACTER = "CHARACTER"
    DAY = "DAY"
    EARLIER = "EARLIER"
    EARLIER_DAY = "EARLIER_DAY"
    EXPECTED = "EXPECTED"
    FIELD = "FIELD"
    FIRST_DAY = "FIRST_DAY"
    FORMAT = "FORMAT"
    ID = "ID"
    KIND = "KIND"
    LAST_DAY = "LAST_DAY"
    LATER = "LATER"
    LATER_DAY = "LATER_DAY"
    MAXIMUM = "MAXIMUM"
    MINIMUM = "MINIMUM"
    NAME = "NAME"
    RETRY_AFTER = "RETRY_AFTER"
    RIGHTS = "RIGHTS"
    ROLE = "ROLE"
    UNIT = "UNIT"
    VALUES = "VALUES"


class Parameters(TypedDict, total=False):
    """The parameters as they are given to a refusal, each in the type that it has in the domain."""

    actual: int | str
    character: str
    day: date
    earlier: str
    earlier_day: date
    expected: int | str
    field: str
    first_day: date
    format: str
    id: str
    kind: str
    last_day: date
    later: str
    later_day: date
    maximum: int | Decimal | date
    minimum: int | Decimal | date
    name: str
    retry_after: int
    rights: Sequence[str]
    role: str
    unit: str
    values: Sequence[str]


class Reason(StrEnum):
    """Why something is refused. A value is at fault, or somebody, or the state of things."""

    BLANK = "BLANK"
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    CHARACTER = "CHARACTER"
    FORMAT = "FORMAT"
    TYPE = "TYPE"
    WRONG_KIND = "WRONG_KIND"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    DECIMALS = "DECIMALS"
    TOO_FEW = "TOO_FEW"
    TOO_MANY = "TOO_MANY"
    TOO_DEEP = "TOO_DEEP"
    MISSING = "MISSING"
    NULL = "NULL"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    ONLY_ONE = "ONLY_ONE"
    NOT_ONE_OF = "NOT_ONE_OF"
    NAMED_TWICE = "NAMED_TWICE"
    ITSELF = "ITSELF"
    DATE_ORDER = "DATE_ORDER"
    YET_TO_COME = "YET_TO_COME"
    WRONG_PASSWORD = "WRONG_PASSWORD"
    TAKEN = "TAKEN"
    OVERLAP = "OVERLAP"
    UNKNOWN_SHORTCODE = "UNKNOWN_SHORTCODE"

    NOT_FOUND = "NOT_FOUND"
    RIGHT_MISSING = "RIGHT_MISSING"
    ROLE_MISSING = "ROLE_MISSING"
    MEMBERS_ONLY = "MEMBERS_ONLY"
    ABOVE_YOU = "ABOVE_YOU"
    PERSONAL_TOKEN = "PERSONAL_TOKEN"
    NOT_YOURS = "NOT_YOURS"
    CHANGED = "CHANGED"
    CHANGED_SINCE = "CHANGED_SINCE"
    UNDONE = "UNDONE"
    NOTHING_TO_UNDO = "NOTHING_TO_UNDO"

    TRASHED = "TRASHED"
    LOCKED = "LOCKED"
    ARCHIVED = "ARCHIVED"
    NOT_ARCHIVED = "NOT_ARCHIVED"
    ARCHIVES = "ARCHIVES"
    DEACTIVATED = "DEACTIVATED"
    OUT_OF_SIGHT = "OUT_OF_SIGHT"
    ELSEWHERE = "ELSEWHERE"
    WRONG_STATE = "WRONG_STATE"
    ANSWERED = "ANSWERED"
    UNANSWERED = "UNANSWERED"
    SEALED = "SEALED"
    LINKED = "LINKED"
    IN_USE = "IN_USE"
    LAST_ONE = "LAST_ONE"
    NONE_YET = "NONE_YET"
    NOT_EMPTY = "NOT_EMPTY"
    FULL = "FULL"
    CIRCLE = "CIRCLE"
    NESTED = "NESTED"
    BUILT_IN = "BUILT_IN"
    CONDITIONAL = "CONDITIONAL"
    SORTED = "SORTED"
    NOTHING_TO_SHOW = "NOTHING_TO_SHOW"
    TIMER_RUNS = "TIMER_RUNS"
    NO_TIMER = "NO_TIMER"
    DAY_FULL = "DAY_FULL"
    BILLED = "BILLED"
    OTHER_CURRENCY = "OTHER_CURRENCY"
    ABOVE_BALANCE = "ABOVE_BALANCE"
    NOT_ASKED = "NOT_ASKED"
    SIGNED_ALREADY = "SIGNED_ALREADY"
    OUT_OF_TURN = "OUT_OF_TURN"
    EXPIRED = "EXPIRED"
    UNFILLED_SHORTCODE = "UNFILLED_SHORTCODE"
    YOURSELF = "YOURSELF"
    OWNER = "OWNER"
    UPLOAD_UNFINISHED = "UPLOAD_UNFINISHED"
    NOT_AS_NAMED = "NOT_AS_NAMED"
    NO_ROOM = "NO_ROOM"
    GETS_NO_MAIL = "GETS_NO_MAIL"
    NO_ADDRESS = "NO_ADDRESS"
    LOOKS_ALIKE = "LOOKS_ALIKE"

    TOO_OFTEN = "TOO_OFTEN"
    BUSY = "BUSY"


#: The parameters that each reason has, all of them each time. Those that are not here have none.
_TAKES: Mapping[Reason, frozenset[Parameter]] = {
    Reason.TOO_SHORT: frozenset({Parameter.MINIMUM}),
    Reason.TOO_LONG: frozenset({Parameter.MAXIMUM, Parameter.ACTUAL}),
    Reason.CHARACTER: frozenset({Parameter.CHARACTER}),
    Reason.FORMAT: frozenset({Parameter.FORMAT}),
    Reason.TYPE: frozenset({Parameter.EXPECTED}),
    Reason.WRONG_KIND: frozenset({Parameter.EXPECTED, Parameter.ACTUAL}),
    Reason.OUT_OF_RANGE: frozenset({Parameter.MINIMUM, Parameter.MAXIMUM, Parameter.UNIT}),
    Reason.DECIMALS: frozenset({Parameter.MAXIMUM}),
    Reason.TOO_FEW: frozenset({Parameter.MINIMUM, Parameter.ACTUAL}),
    Reason.TOO_MANY: frozenset({Parameter.MAXIMUM, Parameter.ACTUAL}),
    Reason.TOO_DEEP: frozenset({Parameter.MAXIMUM}),
    Reason.MISSING: frozenset({Parameter.FIELD}),
    Reason.UNKNOWN_FIELD: frozenset({Parameter.FIELD}),
    Reason.ONLY_ONE: frozenset({Parameter.FIELD}),
    Reason.NOT_ONE_OF: frozenset({Parameter.VALUES}),
    Reason.DATE_ORDER: frozenset({Parameter.EARLIER, Parameter.EARLIER_DAY, Parameter.LATER, Parameter.LATER_DAY}),
    Reason.YET_TO_COME: frozenset({Parameter.DAY}),
    Reason.OVERLAP: frozenset({Parameter.FIRST_DAY, Parameter.LAST_DAY}),
    Reason.UNKNOWN_SHORTCODE: frozenset({Parameter.NAME, Parameter.VALUES}),
    Reason.NOT_FOUND: frozenset({Parameter.KIND, Parameter.ID}),
    Reason.RIGHT_MISSING: frozenset({Parameter.RIGHTS}),
    Reason.ROLE_MISSING: frozenset({Parameter.ROLE}),
    Reason.ABOVE_YOU: frozenset({Parameter.NAME}),
    Reason.CHANGED: frozenset({Parameter.EXPECTED, Parameter.ACTUAL}),
    Reason.CHANGED_SINCE: frozenset({Parameter.KIND, Parameter.ID, Parameter.FIELD}),
    Reason.ARCHIVED: frozenset({Parameter.KIND}),
    Reason.DEACTIVATED: frozenset({Parameter.NAME}),
    Reason.OUT_OF_SIGHT: frozenset({Parameter.NAME}),
    Reason.ELSEWHERE: frozenset({Parameter.KIND}),
    Reason.WRONG_STATE: frozenset({Parameter.KIND, Parameter.ACTUAL}),
    Reason.UNANSWERED: frozenset({Parameter.ACTUAL}),
    Reason.SEALED: frozenset({Parameter.KIND}),
    Reason.LINKED: frozenset({Parameter.KIND}),
    Reason.CONDITIONAL: frozenset({Parameter.NAME}),
    Reason.IN_USE: frozenset({Parameter.ACTUAL}),
    Reason.LAST_ONE: frozenset({Parameter.KIND}),
    Reason.NONE_YET: frozenset({Parameter.KIND}),
    Reason.NOT_EMPTY: frozenset({Parameter.KIND, Parameter.ACTUAL}),
    Reason.FULL: frozenset({Parameter.KIND, Parameter.MAXIMUM}),
    Reason.SORTED: frozenset({Parameter.ACTUAL}),
    Reason.DAY_FULL: frozenset({Parameter.MAXIMUM, Parameter.DAY}),
    Reason.OTHER_CURRENCY: frozenset({Parameter.EXPECTED, Parameter.ACTUAL}),
    Reason.EXPIRED: frozenset({Parameter.DAY}),
    Reason.UNFILLED_SHORTCODE: frozenset({Parameter.VALUES}),
    Reason.NOT_AS_NAMED: frozenset({Parameter.EXPECTED, Parameter.ACTUAL}),
    Reason.NO_ROOM: frozenset({Parameter.ACTUAL, Parameter.MAXIMUM}),
    Reason.GETS_NO_MAIL: frozenset({Parameter.NAME}),
    Reason.NO_ADDRESS: frozenset({Parameter.NAME}),
    Reason.LOOKS_ALIKE: frozenset({Parameter.NAME}),
    Reason.TOO_OFTEN: frozenset({Parameter.RETRY_AFTER}),
}


def parameters_of(reason: Reason) -> frozenset[Parameter]:
    """The parameters that this reason always has."""
    return _TAKES.get(reason, frozenset())


def filled_in(reason: Reason, given: Parameters) -> dict[Parameter, str]:
    """The parameters of a refusal as texts. `TypeError` unless they are those of its reason."""
    texts = {Parameter(name.upper()): _text(value) for name, value in given.items()}
    if texts.keys() != parameters_of(reason):
        wanted, found = (", ".join(sorted(names)) or "none" for names in (parameters_of(reason), texts))
        raise TypeError(f"{reason} has the parameters {wanted}, and not {found}.")
    return texts


def _text(value: object) -> str:
    if isinstance(value, str):
        return str(value)
    return ", ".join(map(_text, value)) if isinstance(value, Sequence) else str(value)
