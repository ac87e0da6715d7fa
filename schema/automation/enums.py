"""What automations are told apart by."""

from models.automation.problems import Problem as _Problem
from models.seen import AutomationState as _State
from models.seen import AutomationTrigger as _Trigger
from models.seen import AutomationType as _Type
from models.seen import RunReason as _Reason
from models.seen import RunState as _RunState
from schema.describing import described

AutomationType = described(
    _Type,
    "AutomationType",
    "What an automation does.",
    CREATE_TASKS="Adds tasks to the job.",
    SEND_ORGANIZER="Draws up an organizer of a template and sends it.",
    SEND_CLIENT_REQUEST="Asks the client for what a template says.",
    SEND_PROPOSAL="Drafts a proposal of a template and sends it.",
    SEND_INVOICE="Makes an invoice of a template and sends it.",
    SEND_EMAIL="Writes to the client by e-mail.",
    SEND_MESSAGE="Opens a chat with the client.",
    APPLY_FOLDER_TEMPLATE="Adds the folders of a template to the account.",
    UPDATE_ASSIGNEES="Assigns members to the job, or takes them off.",
    UPDATE_ACCOUNT_ACCESS="Puts members on the account's team, or takes them off.",
    UPDATE_TAGS="Puts tags on the account, or takes them off.",
    UPDATE_CLIENT_STATUS="Changes what the client is told about the job.",
    SET_STATUS="Puts the job under another status.",
    ADD_WIKI_PAGE="Adds a wiki page to the job.",
)

AutomationTrigger = described(
    _Trigger,
    "AutomationTrigger",
    "What makes an automation act on a job.",
    STAGE="The job enters a stage.",
    STATUS="The job gets a custom status.",
    CREATION="The job is created in a pipeline.",
)

AutomationState = described(
    _State,
    "AutomationState",
    "Whether an automation acts.",
    DRAFT="It is being prepared, and nothing is said of it on jobs.",
    ON="It acts.",
    OFF="It is switched off: its runs are skipped, and say so.",
    PAUSED="It has failed too often in a row: its runs are skipped, until somebody switches it on again.",
)

AutomationRunState = described(
    _RunState,
    "AutomationRunState",
    "How it is with a run of an automation.",
    PENDING="It is still to be done.",
    DONE="It was done.",
    FAILED="It could not be done, and holds its job until it is retried or dismissed.",
    SKIPPED="It was not to be done.",
)

AutomationRunReason = described(
    _Reason,
    "AutomationRunReason",
    "Why a run of an automation was skipped, or has failed.",
    CONDITION="Its conditions did not hold.",
    SWITCHED_OFF="The automation was switched off.",
    PAUSED="The automation had paused itself.",
    SKIPPED_BY_MOVER="Whoever moved the job said so.",
    ARCHIVED="The job was archived.",
    DELETED="The automation was deleted.",
    DISMISSED="Somebody dismissed it after it had failed.",
    UNDONE="What it did was taken back.",
    NO_RECIPIENT="Nobody at the account gets mail.",
    REFUSED="What it was to do was refused.",
    CHAIN_TOO_LONG="One automation had caused the next too many times.",
    FAULT="The program failed over it.",
)

AutomationProblemKind = described(
    _Problem,
    "AutomationProblemKind",
    "What is wrong with a thing that an automation points to.",
    DELETED="It was deleted.",
    DEACTIVATED="It is a member who was deactivated.",
)
