"""The domain's enums as clients see them."""

from enum import Enum
from typing import Any

from models.actor import ActorKind as _ActorKind
from models.automation.automove import WaitingReason as _WaitingReason
from models.errors import Code
from models.event_kinds import KINDS
from models.event_kinds import EventKind as _EventKind
from models.items.kinds import item_kinds
from models.items.links import OpenItems as _OpenItems
from models.periods import PeriodUnit as _PeriodUnit
from models.reasons import Parameter, Reason
from models.reports.attention import Concern as _Concern
from models.reports.sight import Coverage as _Coverage
from models.rights import Right as _Right
from models.rights import Role as _Role
from models.searching import Match as _Match
from models.searching import searched_kinds
from models.seen import AccountType as _AccountType
from models.seen import Awaited as _Awaited
from models.seen import CardField as _CardField
from models.seen import Category, named
from models.seen import JobOrder as _JobOrder
from models.seen import Party as _Party
from models.seen import Priority as _Priority
from models.seen import Relation as _Relation
from models.seen import TaskRelation as _TaskRelation
from models.seen import TaskState as _TaskState
from models.seen import TimeFlag as _TimeFlag
from models.seen import Weekday as _Weekday
from models.templates.content import TemplateKind as _TemplateKind
from models.templates.relative_dates import Anchor as _Anchor
from models.templates.relative_dates import DayUnit as _DayUnit
from models.templates.shortcodes import ShortcodeSource as _ShortcodeSource
from schema.describing import described as _described
from schema.field_kinds import FieldKind as _FieldKind

ActorKind = _described(
    _ActorKind,
    "ActorKind",
    "What kind of somebody, or something, acted.",
    MEMBER="A member of the team.",
    CONTACT="A client's contact.",
    AUTOMATION="An automation. The cause says which revision made it act.",
    SCHEDULE="A schedule, or the set-up of the firm.",
    PROVIDER="A payment provider, which told what became of money.",
)

ErrorCode = _described(
    Code,
    "ErrorCode",
    "Why something was refused.",
    INVALID="A value that can never be right: blank, too long, negative, of the wrong kind.",
    NOT_FOUND="There is no such thing, or you may not see it: the two are never told apart.",
    FORBIDDEN="You see the thing but lack the right, which the message names.",
    CONFLICT="Somebody else was faster. The payload has the present state.",
    RULE="The state of things does not allow it now. The message says what to do first.",
    LIMIT="More than one call, or one caller, may ask for.",
)

ErrorReason = _described(
    Reason,
    "ErrorReason",
    "Why something was refused, for programs. Each is told with the parameters that are named here, and no others.",
    BLANK="There is nothing to see in the text.",
    TOO_SHORT="The text has fewer than MINIMUM characters.",
    TOO_LONG="The text has ACTUAL characters, as they would be kept, and may have MAXIMUM.",
    CHARACTER="The text has a character, CHARACTER, that cannot be part of it: a control character, or one that hides.",
    FORMAT="The text is not written as FORMAT says.",
    TYPE="The value is not of the type EXPECTED.",
    WRONG_KIND="The id is of a thing of the kind ACTUAL, and not EXPECTED.",
    OUT_OF_RANGE="The value is not from MINIMUM to MAXIMUM, both included, in UNIT.",
    DECIMALS="The amount has more than MAXIMUM decimals.",
    TOO_FEW="The list has ACTUAL values, and must have MINIMUM.",
    TOO_MANY="The list has ACTUAL values, and may have MAXIMUM.",
    TOO_DEEP="The value is nested more than MAXIMUM levels deep.",
    MISSING="The input FIELD must be given as well.",
    NULL="The value must not be null.",
    UNKNOWN_FIELD="The input has no field FIELD.",
    ONLY_ONE="This and FIELD were given, of which only one may be.",
    NOT_ONE_OF="The value is none of VALUES, or there are none.",
    NAMED_TWICE="The list names one thing twice, in different ways.",
    ITSELF="The thing is named beside itself, or in place of itself.",
    DATE_ORDER="LATER is LATER_DAY, which is before EARLIER, EARLIER_DAY.",
    YET_TO_COME="DAY is yet to come.",
    WRONG_PASSWORD="It is not the present password.",
    TAKEN="Something else has this name, address, id or key already.",
    UNKNOWN_SHORTCODE="There is no shortcode NAME, or it says nothing here. VALUES may have been meant.",
    OVERLAP="There is an absence from FIRST_DAY to LAST_DAY already.",
    NOT_FOUND="There is nothing of the kind KIND with the id ID, or you may not see it.",
    RIGHT_MISSING="You lack RIGHTS.",
    ROLE_MISSING="You lack ROLE; OWNER is an ADMIN too.",
    MEMBERS_ONLY="It is for members of the firm.",
    ABOVE_YOU="NAME has a higher role than you.",
    PERSONAL_TOKEN="It is not done with this personal token, whatever its owner may do.",
    NOT_YOURS="Somebody else wrote it, and only they may do this.",
    CHANGED="The thing is at version ACTUAL, not EXPECTED: somebody changed it meanwhile.",
    CHANGED_SINCE="FIELD of the KIND with the id ID is not as it was left; `version` where it was touched at all.",
    UNDONE="It was taken back already.",
    NOTHING_TO_UNDO="Nothing of it can be taken back.",
    TRASHED="The document is in the trash.",
    LOCKED="The document is locked until an invoice is paid.",
    ARCHIVED="The KIND is archived.",
    NOT_ARCHIVED="The job is not archived.",
    ARCHIVES="It would archive the jobs, which is for `archiveJobs` to do.",
    DEACTIVATED="NAME is deactivated.",
    OUT_OF_SIGHT="NAME, who is to be told of the thing, does not see it.",
    ELSEWHERE="The thing belongs to another thing of the kind KIND, or has gone to one.",
    WRONG_STATE="The KIND is in the state ACTUAL, which does not allow it.",
    ANSWERED="The client has answered it.",
    UNANSWERED="What is required and not answered yet: ACTUAL.",
    SEALED="The KIND is sealed: nothing of it changes any more.",
    LINKED="The KIND is linked to another job.",
    IN_USE="There are jobs that need it: ACTUAL that you see; 0 where you see none of them.",
    LAST_ONE="It is the last one of the kind KIND.",
    NONE_YET="There is nothing of the kind KIND yet.",
    NOT_EMPTY="There are ACTUAL things of the kind KIND in it.",
    FULL="It has MAXIMUM things of the kind KIND, and can have no more.",
    NESTED="The task would be a subtask, and have subtasks itself.",
    CIRCLE="The jobs would wait for each other, or the folders be in each other, for ever.",
    BUILT_IN="The status is built in.",
    CONDITIONAL="The stage has conditional tags, and the first and the last of a pipeline have none: see `name`.",
    SORTED="The board sorts its cards by ACTUAL, a JobOrder: nobody places them.",
    NOTHING_TO_SHOW="There is nothing that the client could be told yet.",
    TIMER_RUNS="The timer runs.",
    NO_TIMER="No such timer runs.",
    DAY_FULL="DAY would have more than MAXIMUM minutes.",
    BILLED="An invoice bills the time entry.",
    ABOVE_BALANCE="It is more than is still owed on the invoice. How much that is needs the right MANAGE_INVOICES.",
    OTHER_CURRENCY="It is in the currency ACTUAL, and would have to be in EXPECTED.",
    NOT_ASKED="The contact is not among those who are asked.",
    SIGNED_ALREADY="The contact has signed already.",
    OUT_OF_TURN="It is not the contact's turn to sign: others come before.",
    UNFILLED_SHORTCODE="What the shortcodes VALUES stand for is not known here.",
    EXPIRED="The last day on which it may be signed is DAY.",
    YOURSELF="Nobody does that to themselves.",
    OWNER="It is not done to the owner, nor does it make one.",
    UPLOAD_UNFINISHED="Not all of the file has come: send the rest first.",
    NOT_AS_NAMED="By its name the file is EXPECTED, a media type, and by its content ACTUAL.",
    NO_ROOM="The files of the firm have MAXIMUM bytes together, of which ACTUAL are left.",
    GETS_NO_MAIL="NAME gets no mail about this client.",
    NO_ADDRESS="NAME has no e-mail address.",
    LOOKS_ALIKE="The address of NAME is taken for another one, as `straße` is for `strasse`: nobody signs in with it.",
    TOO_OFTEN="You asked too often, or all who ask did: ask again in RETRY_AFTER seconds.",
    BUSY="Something else is being done just now. Ask again in a moment.",
)

ErrorParameterName = _described(
    Parameter,
    "ErrorParameterName",
    "What a parameter of a refusal is.",
    ACTUAL="What there is: a number, or a kind.",
    CHARACTER="A character, by its number in Unicode: `U+0000`.",
    DAY="The day in question.",
    EARLIER="The input that holds the earlier day.",
    EARLIER_DAY="Its day.",
    EXPECTED="What there should be: a version, a kind, a type of the schema, a currency.",
    FIELD="The name of an input.",
    FIRST_DAY="The first day of what is there.",
    FORMAT="COLOR (`#2f80ed`), COUNTRY (ISO 3166-1 alpha-2), CURRENCY (ISO 4217), CURSOR, EMAIL, ID, "
    "LANGUAGE (BCP 47), RRULE (RFC 5545), TIME_ZONE (IANA).",
    ID="The id that was sent.",
    KIND="What kind of thing: the prefix of its ids.",
    LAST_DAY="The last day of what is there.",
    LATER="The input that holds the later day.",
    LATER_DAY="Its day.",
    MAXIMUM="The most that is allowed.",
    MINIMUM="The least that is allowed.",
    NAME="The name of the member in question.",
    RETRY_AFTER="A number of seconds.",
    RIGHTS="Values of the enum Right.",
    ROLE="A value of the enum Role.",
    UNIT="DATE, DAYS, HOURS, MINUTES, PERCENT, THINGS, WEEKS, or the ISO 4217 code of a currency.",
    VALUES="What may be given.",
)

Role = _described(
    _Role,
    "Role",
    "A team member's role.",
    OWNER="May do everything. A firm has exactly one.",
    ADMIN="May do everything but add or remove admins.",
    EMPLOYEE="Sees assigned accounts in available pipelines, and may do what the rights say.",
)

Right = _described(
    _Right,
    "Right",
    "An access right. OWNER and ADMIN hold them all; an EMPLOYEE holds those that were given.",
    VIEW_ALL_ACCOUNTS="See every account, not only the assigned ones.",
    VIEW_REPORTS="Read reports on the whole firm.",
    MANAGE_ACCOUNTS="Add and change accounts, their tags and their teams, and contacts.",
    MANAGE_DOCUMENTS="Link, create and read documents.",
    MANAGE_INVOICES="Link, create and read invoices.",
    MANAGE_ORGANIZERS="Link, create and read organizers.",
    MANAGE_PAYMENTS="Link, create and read payments.",
    MANAGE_PIPELINES="Create and change pipelines, their stages and statuses.",
    MANAGE_PROPOSALS="Link, create and read proposals.",
    MANAGE_RATES="Read and set the rates and amounts of time entries.",
    MANAGE_RECURRENCES="Create and change recurrences.",
    MANAGE_TAGS="Create and change tags.",
    MANAGE_TEAM="Add and change members, never above one's own rights.",
    MANAGE_TEMPLATES="Create and change templates.",
    MANAGE_TIME_BUDGETS="Read and set the time budgets of jobs, and what is used of them.",
    MANAGE_TIME_ENTRIES="Read and change the time entries of others.",
)

AccountType = _described(
    _AccountType,
    "AccountType",
    "What a client is.",
    COMPANY="A company.",
    INDIVIDUAL="A person.",
    OTHER="Neither: an estate, a trust, a club.",
)

Priority = _described(
    _Priority,
    "Priority",
    "How urgent a job or a task is.",
    LOW="When there is time.",
    MEDIUM="As usual.",
    HIGH="Before the usual.",
    URGENT="Before everything.",
)

TimeFlag = _described(
    _TimeFlag,
    "TimeFlag",
    "How the minutes of a timer came about, where somebody might look at them once more.",
    FORGOTTEN="The timer ran for more than 12 hours before it was stopped.",
    STOPPED_BY_ANOTHER="Somebody else stopped the timer, or it was stopped since its member was deactivated.",
    CUT="The timer ran for more than its day had left: the minutes are what fills the day's 1,440.",
)

TaskState = _described(
    _TaskState,
    "TaskState",
    "Where a task stands.",
    PLANNED="Not begun.",
    IN_PROGRESS="Somebody is at it.",
    COMPLETED="Done.",
    CANCELED="Not to be done any more.",
)

TemplateKind = _described(
    _TemplateKind,
    "TemplateKind",
    "What is made of a template.",
    JOB="A job, with its tasks.",
    TASK="A task.",
    CLIENT_REQUEST="A client request.",
    ORGANIZER="An organizer.",
    INVOICE="A draft of an invoice.",
    PROPOSAL="A proposal.",
    EMAIL="An e-mail. In this version it is kept, and nothing is made of it.",
    FOLDER_TREE="Folders within each other.",
)

DateAnchor = _described(
    _Anchor,
    "DateAnchor",
    "The day that a date of a template is counted from.",
    CREATED="The day that the thing is made.",
    START_DATE="The job's start date.",
    DUE_DATE="The job's due date.",
    DEADLINE="The job's deadline.",
)

DayUnit = _described(
    _DayUnit,
    "DayUnit",
    "Which days are counted.",
    DAYS="All days.",
    BUSINESS_DAYS="Those that the firm works on: neither weekends nor the holidays of its country and region. 0 is the "
    "day itself, or the next one that is worked on.",
)

ShortcodeSource = _described(
    _ShortcodeSource,
    "ShortcodeSource",
    "What a shortcode is filled in from.",
    DAY="The day that the thing is made.",
    FIRM="The firm.",
    ACCOUNT="The account that the thing is made for.",
    JOB="The job that the thing is made for. Without a job, and where the job does not say it, nothing is made.",
    CONTACT="The contact who gets it.",
)

StatusCategory = _described(
    Category,
    "StatusCategory",
    "What a job status means for the job's life.",
    ACTIVE="Built in: the job is being worked on.",
    CUSTOM="The firm's own: the job stays on its stage and the status says what holds it.",
    COMPLETED="Built in: done. Stays on the board and is never overdue.",
    ARCHIVED="Built in: off the board, still searchable.",
)

JobOrder = _described(
    _JobOrder,
    "JobOrder",
    "How a board is to order the cards of a stage. `Stage.jobs` itself always comes as people dragged them.",
    MANUAL="As people dragged them.",
    DUE_DATE="By due date.",
    PRIORITY="Most urgent first.",
    NAME="By name.",
    CREATED="Oldest first.",
    STAGE_ENTERED="Longest on the stage first.",
)

CardField = _described(
    _CardField,
    "CardField",
    "What a card on the board can show besides its name.",
    ACCOUNT="The client.",
    ASSIGNEES="The assigned members.",
    BLOCKED="Whether another job blocks it.",
    BUDGET="The time budget and what is used of it.",
    CLIENT_STATUS="What the client is told.",
    DEADLINE="The deadline.",
    DESCRIPTION="The description.",
    DUE_DATE="The due date.",
    PERIOD="The time that the work is about.",
    PRIORITY="The priority.",
    START_DATE="The start date.",
    STATUS="The job status.",
    TAGS="The tags of the account.",
    TASKS="The open tasks.",
    TIME_IN_STAGE="How long the job has been on its stage.",
)

TaskRelation = _described(
    _TaskRelation,
    "TaskRelation",
    "What a task is to another one.",
    PARENT="The other one is its subtask.",
    SUBTASK="It is a subtask of the other one.",
)

Relation = _described(
    _Relation,
    "Relation",
    "What a job is to another one.",
    RELATES="It has to do with it, and neither waits for the other.",
    BLOCKS="The other one waits for it to be completed or archived.",
    BLOCKED_BY="It waits for the other one to be completed or archived.",
)

PeriodUnit = _described(
    _PeriodUnit,
    "PeriodUnit",
    "How long a period is.",
    YEAR="A calendar year.",
    QUARTER="A quarter of a calendar year.",
    MONTH="A calendar month.",
    OTHER="What only people understand: it has no days.",
)

Weekday = _described(
    _Weekday,
    "Weekday",
    "A day of the week.",
    **{day.name: f"{day.name.capitalize()}." for day in _Weekday},
)

FieldKind = _described(
    _FieldKind,
    "FieldKind",
    "How the values of a changed field are written.",
    TEXT="As they are.",
    NUMBER="A whole number, in decimal digits: `90`.",
    DECIMAL="An exact decimal number, as the scalar Decimal: `125.50`.",
    MONEY="An amount as the scalar Decimal, a space, and the ISO 4217 code of its currency: `125.50 USD`.",
    BOOLEAN="`true` or `false`.",
    DATE="A day, as the scalar Date: `2026-04-15`.",
    DATE_TIME="A moment, as the scalar DateTime: `2026-04-15T09:30:00.000Z`.",
    ENUM="The name of a value of the field's enum.",
    ID="The id of a thing, whose prefix names its type.",
    JSON='A list or an object, as JSON: `["DUE_DATE"]`.',
)

_item_kinds: Any = Enum("ItemKind", {kind.name: kind.value for kind in item_kinds()})  # type: ignore[misc]
ItemKind = _described(
    _item_kinds,
    "ItemKind",
    "What kind of thing is linked to a job.",
    **{kind.name: f"{(of.model.__doc__ or '').split('.', 1)[0]}." for kind, of in item_kinds().items()},
)

_searched_kinds: Any = Enum("SearchedKind", {kind.name: kind.value for kind in searched_kinds()})  # type: ignore[misc]
SearchedKind = _described(
    _searched_kinds,
    "SearchedKind",
    "What kind of thing is searched for.",
    **{kind.name: f"{(named(kind).__doc__ or '').split('.', 1)[0]}." for kind in searched_kinds()},
)

EventKind = _described(
    _EventKind,
    "EventKind",
    "What kind of event: each is a type of event, of the same name.",
    **{kind.name: " ".join((KINDS[kind].__doc__ or "").partition("\n\n")[0].split()) for kind in _EventKind},
)

Match = _described(
    _Match,
    "Match",
    "How well a thing fits what was searched for, the best first.",
    TITLE="It is called just so: its name, or of a note the first line.",
    BEGINNING="What it is called begins so.",
    WORDS="The words are in what it is called.",
    ACCOUNT="Of a job: the words are in what it is called and in the name of its account.",
    TEXT="The words are in it: in its description, text or address too.",
    SIMILAR="Words that are spelled nearly so are in what it is called.",
)

Awaited = _described(
    _Awaited,
    "Awaited",
    "What an open item waits for.",
    START="That somebody of the team begins it.",
    COMPLETION="That somebody of the team completes or cancels it.",
    SENDING="That somebody of the team sends it, or the invoice of a signed proposal, to the client.",
    REVISION="That somebody of the team mends what the client did not approve.",
    SUBMISSION="That the client answers and submits it.",
    APPROVAL="That the client approves it.",
    SIGNATURE="That the client signs it.",
    PAYMENT="That the client pays it, or the invoice of a signed proposal.",
    CHECKING_OFF="That the client checks off what is asked for.",
)

OpenItems = _described(
    _OpenItems,
    "OpenItems",
    "What becomes of the open items of a job that is moved.",
    KEEP="They hold it as before.",
    DISMISS="They stay linked and open, and hold the job no longer, until they are taken up again or linked anew.",
)

Party = _described(
    _Party,
    "Party",
    "Whose doing something is.",
    TEAM="Somebody of the firm's team.",
    CLIENT="The client.",
)

ReportCoverage = _described(
    _Coverage,
    "ReportCoverage",
    "Of whom a report tells.",
    FIRM="The firm, for those with the right VIEW_REPORTS.",
    SEEN="What the one who asks may see.",
    OWN="The one who asks, alone.",
)

Concern = _described(
    _Concern,
    "Concern",
    "Why somebody should look at a job that is neither completed nor archived.",
    OVERDUE="Its due date is before the firm's today, under a status that counts.",
    NEAR_DEADLINE="Its deadline is at most `nearDays` days ahead, or has passed.",
    OVER_LIMIT="It has been on its stage for longer than the stage's time limit.",
    UNASSIGNED="Nobody is assigned to it.",
    IDLE="For `idleDays` days nothing has happened to it, or to what is linked to it, that you are told of.",
)

WaitingReason = _described(
    _WaitingReason,
    "WaitingReason",
    "Why a job does not move on by itself. See the seven rules in docs/automations.md.",
    STATUS="It is not Active: it was completed, archived, or put under a custom status that still holds it.",
    LAST_STAGE="It is on the last stage: there is nowhere to go.",
    AUTOMOVE_OFF="Automove is off on its stage.",
    NO_ACTION_ITEM="Nothing was to be done for it on this stay on the stage: no open item was linked to it.",
    OPEN_ITEM="An item holds it: `item`.",
    AUTOMATION_FAILED="An automation of this stay has failed. It is to be tried again, or dismissed.",
    AUTOMATION_PENDING="An automation of this stay is still to run.",
    QUOTA="The firm has had its automatic actions of this minute: the job goes on at `until`.",
)
