"""Who may do what: roles, access rights, and what an action or a field can require of them.

What an action requires is declared with its command, what a field requires with the row or the event that has it. The
checks, the schema's `@requires`, the docs and the tests are all made from that."""

from dataclasses import dataclass
from enum import StrEnum

from models.audiences import TEAM_ONLY, Audience
from models.errors import Forbidden
from models.reasons import Reason


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
    """What a caller must hold: a right, or a role (OWNER for the owner alone, ADMIN for admins and the owner). That it
    is nothing but to be a member of the firm has to be said; so has that clients may hold it at all.

    A field with `unless_own` is answered without it on a member's own stream, where it is of what is their own.
    """

    right: Right | None = None
    role: Role | None = None
    unless_own: bool = False
    every_member: bool = False
    audiences: frozenset[Audience] = TEAM_ONLY

    def __post_init__(self) -> None:
        if [self.right is not None, self.role is not None, self.every_member].count(True) != 1:
            raise TypeError(f"A requirement is one right, or one role, or nothing but to be a member: {self!r}.")

    @classmethod
    def of(cls, needed: "Right | Role | Requirement") -> "Requirement":
        """The requirement of this right, or of this role."""
        if isinstance(needed, Right):
            return cls(right=needed)
        return cls(role=needed) if isinstance(needed, Role) else needed

    def met_by(self, audience: Audience, role: Role | None, rights: frozenset[Right]) -> bool:
        """Whether somebody of this audience with this role, if any, and these effective rights may."""
        if audience not in self.audiences:
            return False
        if self.right is not None and self.right not in rights:
            return False
        if self.role is Role.OWNER:
            return role is Role.OWNER
        return self.role is None or role in LEADERS

    def check(self, audience: Audience, role: Role | None, rights: frozenset[Right], what: str, *path: str) -> None:
        """`Forbidden`, naming what is needed, unless it is met."""
        if self.met_by(audience, role, rights):
            return
        if audience not in self.audiences:
            told = f"{what} is for members of the firm. Ask one of them."
            raise Forbidden(told, *path, reason=Reason.MEMBERS_ONLY)
        told = f"{what} needs {self}. Ask somebody who manages your team."
        if self.right is not None:
            raise Forbidden(told, *path, reason=Reason.RIGHT_MISSING, rights=(self.right,))
        raise Forbidden(told, *path, reason=Reason.ROLE_MISSING, role=self.role or Role.ADMIN)

    def __str__(self) -> str:
        if self.right is not None:
            return f"the right {self.right}"
        return "the role OWNER" if self.role is Role.OWNER else "the role ADMIN or OWNER"


#: What every member of the firm may do, on what they see.
EVERY_MEMBER = Requirement(every_member=True)
