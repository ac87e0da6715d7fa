"""Absences: the days on which a member is not at work."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, TypedDict, Unpack
from uuid import UUID

from tortoise import fields

from models.bounds import ABSENT
from models.command import Change, command
from models.command_steps import active_members, made_before
from models.database import sql
from models.errors import Invalid, RuleBroken
from models.events import Changes, OfFirm, changes_of
from models.gathered import Gathered
from models.ids import AbsenceId, Kind, MemberId, new_id
from models.policies import Policy
from models.reasons import Reason
from models.rights import EVERY_MEMBER, Right
from models.rows import Row, register
from models.rows.base import belongs_to
from models.stamps import created_by
from models.texts import NOTE


class Absence(Row):
    """A member's days off, the first and the last included. They are dates: no time zone moves them."""

    kind = Kind.ABSENCE
    policy = Policy(right=Right.MANAGE_TEAM, owner="member_id")

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    member: Any = belongs_to("Member")
    member_id: UUID
    first_day: date = fields.DateField()
    last_day: date = fields.DateField()
    note: str = fields.TextField(default="")

    class Meta:
        table = "absence"
        indexes = (("firm_id", "first_day", "id"), ("firm_id", "last_day"), ("member_id", "first_day", "id"))

    @property
    def spoken_days(self) -> str:
        """Its days in a sentence."""
        return (
            f"on {self.first_day}" if self.first_day == self.last_day else f"from {self.first_day} to {self.last_day}"
        )

    def expect_days(self, field: str) -> None:
        """`Invalid`, of this field of the input, unless its days are some, and not too many."""
        if self.last_day < self.first_day:
            raise Invalid(
                f"The last day {self.last_day} is before the first day {self.first_day}.",
                field,
                reason=Reason.DATE_ORDER,
                earlier="first_day",
                earlier_day=self.first_day,
                later="last_day",
                later_day=self.last_day,
            )
        if (days := (self.last_day - self.first_day).days + 1) not in ABSENT:
            raise Invalid(
                f"An absence has {ABSENT} days, and this would have {days:,}. Add several.",
                field,
                reason=Reason.OUT_OF_RANGE,
                minimum=ABSENT.least,
                maximum=ABSENT.most,
                unit="DAYS",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceEvent(OfFirm):
    """Something happened to a member's absence.

    Seen with the right to the team, and by whose absence it is on their own stream."""

    subject = "absence"
    beside = ("member",)
    needs: ClassVar[frozenset[Right]] = frozenset({Right.MANAGE_TEAM})

    absence: AbsenceId
    member: MemberId

    @property
    def owners(self) -> frozenset[MemberId]:
        return frozenset({self.member})


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceCreated(AbsenceEvent):
    """An absence was added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceUpdated(AbsenceEvent):
    """An absence got other days, or another note."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceDeleted(AbsenceEvent):
    """An absence was deleted: the member is at work on these days."""

    ends = True
    says = {"first_day": "What its first day was.", "last_day": "What its last day was."}

    first_day: date
    last_day: date


register(Absence)


class AbsenceFields(TypedDict, total=False):
    """What `update_absence` may change; what is left out stays."""

    first_day: date
    last_day: date
    note: str


@command("addAbsence", EVERY_MEMBER)
async def add_absence(
    change: Change,
    *,
    first_day: date,
    last_day: date,
    note: str = "",
    member_id: UUID | None = None,
    id: UUID | None = None,
) -> Absence:
    """Note a member's days off: your own, or another's with the right MANAGE_TEAM.

    No two absences of a member have a day in common."""
    member = _whose(change, member_id)
    if earlier := await made_before(change, Absence, id, AbsenceCreated):
        return earlier
    absence = Absence(
        id=id or new_id(), firm_id=change.actor.firm_id, member_id=member, first_day=first_day, last_day=last_day
    )
    with Gathered() as check:
        absence.note = check(NOTE.check, note, "note")
        check(absence.expect_days, "last_day")
    if member != change.member_id:
        await active_members(change, [member], "member_id")
    await _expect_free(change, absence, "last_day")
    await absence.save(force_create=True)
    change.record(AbsenceCreated(absence=absence.id, member=member))
    return absence


def _whose(change: Change, member_id: UUID | None) -> UUID:
    member = member_id or change.member_id
    if member is None:
        raise Invalid("Say whose absence it is.", "member_id", reason=Reason.MISSING, field="member_id")
    if member != change.member_id:
        # As to log others' time, it is no change of the member: it may be somebody above.
        change.require(Right.MANAGE_TEAM, "Adding another member's absence", "member_id")
    return member


async def _expect_free(change: Change, absence: Absence, field: str) -> None:
    """`RuleBroken` where one of the days is taken by another absence of the member."""
    # One after another: two who write overlapping days at once would wait for each other in the database's exclusion
    # constraint, which ends one of them as a deadlock.
    await sql("SELECT FROM member WHERE id = $1 FOR NO KEY UPDATE", absence.member_id)
    overlapping = change.seen.rows(Absence).where(
        member_id=absence.member_id, first_day__lte=absence.last_day, last_day__gte=absence.first_day
    )
    other = await overlapping.exclude(id=absence.id).order_by("first_day").first()
    if other is not None:
        raise RuleBroken(
            f"There is an absence {other.spoken_days} already. Change that, or choose other days.",
            field,
            reason=Reason.OVERLAP,
            first_day=other.first_day,
            last_day=other.last_day,
        )


async def _lock(change: Change, absence_id: UUID, expected_version: int | None) -> Absence:
    absence = await change.seen.rows(Absence).lock(absence_id, "absence_id")
    absence.expect(expected_version)
    return absence


@command("updateAbsence", EVERY_MEMBER)
async def update_absence(
    change: Change, *, absence_id: UUID, expected_version: int | None = None, **fields: Unpack[AbsenceFields]
) -> Absence:
    """Change the days or the note of an absence: your own, or another's with the right MANAGE_TEAM."""
    absence = await _lock(change, absence_id, expected_version)
    with Gathered() as check:
        changed = absence.change_to(check.each(absence.differing(fields), {"note": NOTE.check}))
        days = changed.keys() & {"first_day", "last_day"}
        at_fault = "last_day" if "last_day" in days else "first_day"
        if days:
            check(absence.expect_days, at_fault)
    if days:
        await _expect_free(change, absence, at_fault)
    if changed:
        await absence.store(*changed)
        change.record(AbsenceUpdated(absence=absence.id, member=absence.member_id, changes=changes_of(changed)))
    return absence


@command("deleteAbsence", EVERY_MEMBER)
async def delete_absence(change: Change, *, absence_id: UUID, expected_version: int | None = None) -> Absence:
    """Delete an absence: your own, or another's with the right MANAGE_TEAM. The answer's absence is what it was.

    Its history stays in the log."""
    absence = await _lock(change, absence_id, expected_version)
    await absence.delete()
    change.record(
        AbsenceDeleted(
            absence=absence.id, member=absence.member_id, first_day=absence.first_day, last_day=absence.last_day
        )
    )
    return absence
