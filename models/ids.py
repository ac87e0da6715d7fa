"""Identifiers: UUIDv7 inside, a typed and greppable text outside.

The text form is a TypeID (https://github.com/jetify-com/typeid/tree/main/spec, version 0.3.0): a prefix that names the
type, an underscore, and the 128 bits of a UUIDv7 in 26 characters of Crockford's base32, lower case. They sort by the
time they were made.
"""

from enum import StrEnum
from functools import lru_cache
from typing import Annotated
from uuid import UUID

from uuid_utils.compat import uuid7

from models.errors import Invalid
from models.reasons import Reason


class Kind(StrEnum):
    """What an id names: the prefix of its text form."""

    FIRM = "firm"
    MEMBER = "member"
    ABSENCE = "absence"
    PERSONAL_TOKEN = "personal_token"
    TAG = "tag"
    ACCOUNT = "account"
    ACCOUNT_ROLE = "account_role"
    CONTACT = "contact"
    ACCOUNT_CONTACT = "account_contact"
    PIPELINE = "pipeline"
    STAGE = "stage"
    STATUS = "status"
    CLIENT_STATUS = "client_status"
    SAVED_VIEW = "saved_view"
    JOB = "job"
    TASK = "task"
    TIME_ENTRY = "time_entry"
    NOTE = "note"
    CLIENT_REQUEST = "client_request"
    WIKI_PAGE = "wiki_page"
    CHAT = "chat"
    MESSAGE = "message"
    ORGANIZER = "organizer"
    INVOICE = "invoice"
    PAYMENT = "payment"
    PAYMENT_PROVIDER = "payment_provider"
    PROVIDER_DELIVERY = "provider_delivery"
    FOLDER = "folder"
    DOCUMENT = "document"
    PROPOSAL = "proposal"
    TEMPLATE = "template"
    FILE = "file"
    AUTOMATION = "automation"
    AUTOMATION_RUN = "automation_run"
    MAIL = "mail"
    REMINDER = "reminder"
    RECURRENCE = "recurrence"
    OCCURRENCE = "occurrence"

    @property
    def spoken(self) -> str:
        """As people say it."""
        return self.replace("_", " ")


def plural(kind: Kind) -> str:
    """The word for many of them, as lists of them are called."""
    if kind.endswith("y"):
        return kind.removesuffix("y") + "ies"
    return f"{kind}es" if kind.endswith("s") else f"{kind}s"


# A UUID that says what it names, for whoever reads the annotation: to mypy they are all UUIDs.
FirmId = Annotated[UUID, Kind.FIRM]
MemberId = Annotated[UUID, Kind.MEMBER]
AbsenceId = Annotated[UUID, Kind.ABSENCE]
PersonalTokenId = Annotated[UUID, Kind.PERSONAL_TOKEN]
TagId = Annotated[UUID, Kind.TAG]
AccountId = Annotated[UUID, Kind.ACCOUNT]
AccountRoleId = Annotated[UUID, Kind.ACCOUNT_ROLE]
ContactId = Annotated[UUID, Kind.CONTACT]
AccountContactId = Annotated[UUID, Kind.ACCOUNT_CONTACT]
PipelineId = Annotated[UUID, Kind.PIPELINE]
StageId = Annotated[UUID, Kind.STAGE]
StatusId = Annotated[UUID, Kind.STATUS]
ClientStatusId = Annotated[UUID, Kind.CLIENT_STATUS]
SavedViewId = Annotated[UUID, Kind.SAVED_VIEW]
JobId = Annotated[UUID, Kind.JOB]
TaskId = Annotated[UUID, Kind.TASK]
TimeEntryId = Annotated[UUID, Kind.TIME_ENTRY]
NoteId = Annotated[UUID, Kind.NOTE]
ClientRequestId = Annotated[UUID, Kind.CLIENT_REQUEST]
WikiPageId = Annotated[UUID, Kind.WIKI_PAGE]
ChatId = Annotated[UUID, Kind.CHAT]
MessageId = Annotated[UUID, Kind.MESSAGE]
OrganizerId = Annotated[UUID, Kind.ORGANIZER]
InvoiceId = Annotated[UUID, Kind.INVOICE]
PaymentId = Annotated[UUID, Kind.PAYMENT]
PaymentProviderId = Annotated[UUID, Kind.PAYMENT_PROVIDER]
ProviderDeliveryId = Annotated[UUID, Kind.PROVIDER_DELIVERY]
FolderId = Annotated[UUID, Kind.FOLDER]
DocumentId = Annotated[UUID, Kind.DOCUMENT]
ProposalId = Annotated[UUID, Kind.PROPOSAL]
TemplateId = Annotated[UUID, Kind.TEMPLATE]
FileId = Annotated[UUID, Kind.FILE]
AutomationId = Annotated[UUID, Kind.AUTOMATION]
AutomationRunId = Annotated[UUID, Kind.AUTOMATION_RUN]
MailId = Annotated[UUID, Kind.MAIL]
RecurrenceId = Annotated[UUID, Kind.RECURRENCE]
OccurrenceId = Annotated[UUID, Kind.OCCURRENCE]
#: What does not say what it names, as it is told to nobody: of items of whatever kinds.
AnyId = Annotated[UUID, "of any kind"]
ReminderId = Annotated[UUID, Kind.REMINDER]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
# Two letters carry ten bits: half the steps of a letter at a time.
_PAIRS = tuple(high + low for high in _ALPHABET for low in _ALPHABET)


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return uuid7()


@lru_cache(maxsize=65_536)
def encode(kind: Kind, value: UUID) -> str:
    """The text form, `job_01j9…`."""
    return spelt(kind, value)


def spelt(prefix: str, value: UUID) -> str:
    """The text form of what is no kind of thing: nobody finds anything by it."""
    number = value.int
    return f"{prefix}_" + "".join(_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10))


def decode(kind: Kind, text: str) -> UUID:
    """The UUID in the text form of an id of this kind. `Invalid` when it is another kind, or no id at all."""
    found, value = parse(text)
    if found is not kind:
        raise Invalid(
            f"This is the id of a {found.spoken}, but a {kind.spoken} is needed here.",
            reason=Reason.WRONG_KIND,
            expected=kind.value,
            actual=found.value,
        )
    return value


def parse(text: str) -> tuple[Kind, UUID]:
    """The kind and the UUID of any id."""
    prefix, _, letters = text.rpartition("_")
    try:
        kind = Kind(prefix)
        # 26 letters hold 130 bits: the first must not be above 7, or the value would not fit into 128.
        if len(letters) != 26 or letters[0] > "7":
            raise ValueError
        number = 0
        for letter in letters:
            number = (number << 5) | _VALUES[letter]
    except (ValueError, KeyError):
        example = encode(Kind.JOB, UUID(int=0))
        raise Invalid(f"This is not an id. Ids look like {example!r}.", reason=Reason.FORMAT, format="ID") from None
    return kind, UUID(int=number)
