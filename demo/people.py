"""Who works at the demo firms."""

from dataclasses import dataclass

from models.lookup import member_at
from models.rights import Right, Role
from models.scope import Viewer
from models.viewers import viewer

#: Everybody's password. Demo firms hold nothing that is worth a better one.
PASSWORD = "jobwire-demo"

FIRM, OTHER_FIRM = "Northwind Accounting", "Other & Partners"
TIME_ZONE = "America/New_York"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to sign in as."""

    email: str
    name: str
    role: Role = Role.EMPLOYEE
    rights: tuple[Right, ...] = ()
    capacity: int = 2400


OWNER = Person("owner@demo.test", "Olivia Hart", Role.OWNER)
OTHER_OWNER = Person("owner@other.test", "Walter Stone", Role.OWNER)

#: The owner's team: what each employee may do differs, so that every kind of viewer is there.
TEAM = (
    Person("admin@demo.test", "Adam Brooks", Role.ADMIN),
    Person("employee1@demo.test", "Emma Chen", rights=(Right.MANAGE_TIME_BUDGETS,)),
    Person("employee2@demo.test", "Miguel Santos", rights=(Right.MANAGE_PIPELINES, Right.MANAGE_TEAM)),
    Person("employee3@demo.test", "Priya Patel", rights=(Right.VIEW_ALL_ACCOUNTS,)),
    Person("employee4@demo.test", "Jonas Weber", capacity=1200),
    Person("employee5@demo.test", "Grace Kim", rights=(Right.MANAGE_ACCOUNTS, Right.MANAGE_TAGS)),
    Person("employee6@demo.test", "Tom Baker", rights=(Right.MANAGE_TIME_ENTRIES, Right.MANAGE_RATES)),
)
#: The e-mail addresses of those who are put on teams and pipelines: leaders see everything anyway.
EMPLOYEES = tuple(person.email for person in TEAM if person.role is Role.EMPLOYEE)


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Somebody's absence, in days from when the firm is first looked at."""

    email: str
    first: int
    last: int
    note: str


DAYS_OFF = (
    DaysOff("employee3@demo.test", -150, -139, "Vacation"),
    DaysOff("employee1@demo.test", -118, -109, "Vacation"),
    DaysOff("admin@demo.test", -97, -93, "Conference"),
    DaysOff("employee2@demo.test", -74, -72, "Ill"),
    DaysOff("employee5@demo.test", -40, -31, "Vacation"),
    DaysOff("employee6@demo.test", -19, -19, "Moving house"),
    DaysOff("employee1@demo.test", 10, 20, "Vacation"),
    DaysOff("employee4@demo.test", 0, 1, "Ill"),
    DaysOff("employee6@demo.test", 5, 5, "Continuing education"),
    DaysOff("employee2@demo.test", 24, 31, "Vacation"),
)


async def found(person: Person) -> Viewer | None:
    """Who the person is in this database, and what they see; None when they are not there, or deactivated."""
    member_id = await member_at(person.email)
    return await viewer(member_id) if member_id is not None else None
