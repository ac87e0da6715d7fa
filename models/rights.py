"""Who may do what: roles, access rights, and the one table that the checks, the schema's `@requires`, the docs and the
tests all read."""

from dataclasses import dataclass
from enum import StrEnum

from models.errors import Forbidden


class Role(StrEnum):
    """A team member's role. A firm has exactly one OWNER."""

    OWNER = "OWNER"
    ADMIN = "ADMIN"
    EMPLOYEE = "EMPLOYEE"


class Right(StrEnum):
    """An access right. OWNER and ADMIN hold them all; an EMPLOYEE holds those that were given."""

    VIEW_ALL_ACCOUNTS = "VIEW_ALL_ACCOUNTS"
    VIEW_REPORTS = "VIEW_REPORTS"
    MANAGE_ACCOUNTS = "MANAGE_ACCOUNTS"
    MANAGE_DOCUMENTS = "MANAGE_DOCUMENTS"
    MANAGE_INVOICES = "MANAGE_INVOICES"
    MANAGE_ORGANIZERS = "MANAGE_ORGANIZERS"
    MANAGE_PAYMENTS = "MANAGE_PAYMENTS"
    MANAGE_PIPELINES = "MANAGE_PIPELINES"
    MANAGE_PROPOSALS = "MANAGE_PROPOSALS"
    MANAGE_RATES = "MANAGE_RATES"
    MANAGE_RECURRENCES = "MANAGE_RECURRENCES"
    MANAGE_TAGS = "MANAGE_TAGS"
    MANAGE_TEAM = "MANAGE_TEAM"
    MANAGE_TEMPLATES = "MANAGE_TEMPLATES"
    MANAGE_TIME_BUDGETS = "MANAGE_TIME_BUDGETS"
    MANAGE_TIME_ENTRIES = "MANAGE_TIME_ENTRIES"


ALL_RIGHTS = frozenset(Right)
LEADERS = frozenset({Role.OWNER, Role.ADMIN})
#: From the lowest to the highest.
RANKS = (Role.EMPLOYEE, Role.ADMIN, Role.OWNER)


def effective_rights(role: Role, given: frozenset[Right]) -> frozenset[Right]:
    """What a member with this role and these given rights may do."""
    return ALL_RIGHTS if role in LEADERS else given


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a caller must hold: a right, or a role (OWNER for the owner alone, ADMIN for admins and the owner).

    A field with `unless_own` is answered without it on a member's own stream, where it is of what is their own.
    """

    right: Right | None = None
    role: Role | None = None
    unless_own: bool = False

    def met_by(self, role: Role, rights: frozenset[Right]) -> bool:
        """Whether somebody with this role and these effective rights may."""
        if self.right is not None and self.right not in rights:
            return False
        if self.role is Role.OWNER:
            return role is Role.OWNER
        return self.role is None or role in LEADERS

    def check(self, role: Role, rights: frozenset[Right], what: str, *path: str) -> None:
        """`Forbidden`, naming what is needed, unless it is met."""
        if not self.met_by(role, rights):
            raise Forbidden(
                f"{what} needs {self}. Ask somebody who manages your team.", *path, right=self.right, role=self.role
            )

    def __str__(self) -> str:
        if self.right is not None:
            return f"the right {self.right}"
        return "the role OWNER" if self.role is Role.OWNER else "the role ADMIN or OWNER"


NOTHING = Requirement()


def _right(right: Right) -> Requirement:
    return Requirement(right=right)


def _unless_own(right: Right) -> Requirement:
    return Requirement(right=right, unless_own=True)


#: Each command by the name of its mutation. What is not a matter of role or right (which rows the caller sees, whose
#: entry it is, who may make an admin) is a rule of the command itself.
ACTIONS: dict[str, Requirement] = {
    "updateFirm": Requirement(role=Role.ADMIN),
    "createMember": _right(Right.MANAGE_TEAM),
    "updateMember": _right(Right.MANAGE_TEAM),
    "setMemberRole": _right(Right.MANAGE_TEAM),
    "setMemberRights": _right(Right.MANAGE_TEAM),
    "deactivateMember": _right(Right.MANAGE_TEAM),
    "reactivateMember": _right(Right.MANAGE_TEAM),
    "transferOwnership": Requirement(role=Role.OWNER),
    "changePassword": NOTHING,
    "createTag": _right(Right.MANAGE_TAGS),
    "updateTag": _right(Right.MANAGE_TAGS),
    "deleteTag": _right(Right.MANAGE_TAGS),
    "createAccount": _right(Right.MANAGE_ACCOUNTS),
    "updateAccount": _right(Right.MANAGE_ACCOUNTS),
    "setAccountTags": _right(Right.MANAGE_ACCOUNTS),
    "setAccountTeam": _right(Right.MANAGE_ACCOUNTS),
    "archiveAccount": _right(Right.MANAGE_ACCOUNTS),
    "restoreAccount": _right(Right.MANAGE_ACCOUNTS),
    "createPipeline": _right(Right.MANAGE_PIPELINES),
    "updatePipeline": _right(Right.MANAGE_PIPELINES),
    "setPipelineMembers": _right(Right.MANAGE_PIPELINES),
    "deletePipeline": _right(Right.MANAGE_PIPELINES),
    "createStage": _right(Right.MANAGE_PIPELINES),
    "updateStage": _right(Right.MANAGE_PIPELINES),
    "moveStage": _right(Right.MANAGE_PIPELINES),
    "deleteStage": _right(Right.MANAGE_PIPELINES),
    "createStatus": _right(Right.MANAGE_PIPELINES),
    "updateStatus": _right(Right.MANAGE_PIPELINES),
    "deleteStatus": _right(Right.MANAGE_PIPELINES),
    "createClientStatus": Requirement(role=Role.ADMIN),
    "updateClientStatus": Requirement(role=Role.ADMIN),
    "deleteClientStatus": Requirement(role=Role.ADMIN),
    "createJob": NOTHING,
    "updateJob": NOTHING,
    "setJobBudget": _right(Right.MANAGE_TIME_BUDGETS),
    "moveJob": NOTHING,
    "moveJobs": NOTHING,
    "setJobStatus": NOTHING,
    "setJobsStatus": NOTHING,
    "completeJob": NOTHING,
    "completeJobs": NOTHING,
    "archiveJob": NOTHING,
    "archiveJobs": NOTHING,
    "restoreJob": NOTHING,
    "restoreJobs": NOTHING,
    "assignJob": NOTHING,
    "assignJobs": NOTHING,
    "setJobClientStatus": NOTHING,
    "deleteJob": Requirement(role=Role.ADMIN),
    "deleteJobs": Requirement(role=Role.ADMIN),
    "createTask": NOTHING,
    "updateTask": NOTHING,
    "setTaskState": NOTHING,
    "assignTask": NOTHING,
    "linkTask": NOTHING,
    "unlinkTask": NOTHING,
    "deleteTask": NOTHING,
    "logTime": NOTHING,
    "updateTimeEntry": NOTHING,
    "deleteTimeEntry": NOTHING,
    "setTimeEntryRate": _right(Right.MANAGE_RATES),
    "startTimer": NOTHING,
    "stopTimer": NOTHING,
    "importJobs": Requirement(role=Role.ADMIN),
}

#: Those of the commands that have no mutation: the program itself calls them, never a client.
INTERNAL_ACTIONS = frozenset({"importJobs"})

#: Each field that a right withholds, by GraphQL type and field name. Without it: null, and an error that names it.
FIELDS: dict[tuple[str, str], Requirement] = {
    ("Member", "rights"): _right(Right.MANAGE_TEAM),
    ("Member", "capacity"): _right(Right.MANAGE_TEAM),
    ("Job", "budget"): _right(Right.MANAGE_TIME_BUDGETS),
    ("Job", "tracked"): _right(Right.MANAGE_TIME_BUDGETS),
    ("Job", "remaining"): _right(Right.MANAGE_TIME_BUDGETS),
    ("Job", "percentUsed"): _right(Right.MANAGE_TIME_BUDGETS),
    ("TimeEntry", "rate"): _right(Right.MANAGE_RATES),
    ("TimeEntry", "amount"): _right(Right.MANAGE_RATES),
    # As Member.rights.
    ("MemberRightsChanged", "added"): _unless_own(Right.MANAGE_TEAM),
    ("MemberRightsChanged", "removed"): _unless_own(Right.MANAGE_TEAM),
    # Whose time it was: a viewer who sees the event for the sake of the budget need not know.
    **{
        (event, field): _unless_own(Right.MANAGE_TIME_ENTRIES)
        for event, fields in {
            "TimeLogged": ("member", "memberId", "minutes"),
            "TimeEntryUpdated": ("member", "memberId", "changes"),
            "TimeEntryDeleted": ("member", "memberId", "minutes"),
            "TimerStarted": ("member", "memberId"),
            "TimerStopped": ("member", "memberId", "minutes"),
        }.items()
        for field in fields
    },
}
