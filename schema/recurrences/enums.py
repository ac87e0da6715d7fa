"""The enums of recurrences as clients see them."""

from models.seen import DayOff as _DayOff
from models.seen import Frequency as _Frequency
from models.seen import OccurrenceState as _OccurrenceState
from schema.describing import described

RecurrenceFrequency = described(
    _Frequency,
    "RecurrenceFrequency",
    "How often: counted from the first day, never from what was made last.",
    DAILY="Every day.",
    WEEKLY="Every week.",
    BIWEEKLY="Every other week.",
    MONTHLY="Every month: the 31st is the last day of a month that has none.",
    QUARTERLY="Every third month, as MONTHLY.",
    ANNUALLY="Every year: 29 February is the 28th where there is none.",
    RULE="As the rule says.",
)

DayOff = described(
    _DayOff,
    "DayOff",
    "What becomes of an occurrence on a weekend, or on a holiday of the firm's country and region.",
    EXACT="It stays.",
    BEFORE="It is on the last day before it on which the firm works.",
    AFTER="It is on the first day after it on which the firm works.",
)

OccurrenceState = described(
    _OccurrenceState,
    "OccurrenceState",
    "What became of an occurrence for an account.",
    MADE="Its job was made. It may have been deleted since: it is made again by hand alone.",
    SKIPPED="There was to be no job: the account was archived.",
    REFUSED="The job could not be made: the reason says why.",
)
