"""Steps that several commands take."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from tortoise.models import Model

from models.bulk import Bulk
from models.command import Change
from models.database import hold_names, sql
from models.errors import Invalid, Refusal, RuleBroken
from models.events import Event
from models.kinds import modules_in
from models.log import revision_of_creation
from models.reasons import Reason
from models.rows import Job, Member, Row
from models.rows.base import known_models
from models.scope import Place
from models.targets import Target
from models.texts import sameness

R = TypeVar("R", bound=Row)
T = TypeVar("T")


@cache
def _named_by() -> str:
    modules_in("models")
    kinds = (
        f"SELECT '{kind}' AS kind FROM {model._meta.db_table} WHERE id = $1" for kind, model in known_models().items()
    )
    return " UNION ALL ".join(kinds)


async def made_before(change: Change, model: type[R], id: UUID | None, created: type[Event]) -> R | None:
    """What an earlier call created under the id that the caller brings; None when the id is new, or not given.

    Ids are one space over all kinds and firms: links, words that things are found by, signers and files are kept beside
    things, by their ids alone. An id that a thing of another kind has would lay hands on all of that."""
    if id is None:
        return None
    # Of two at once that bring one id for things of two kinds, no key would refuse one.
    await hold_names(f"the id {id}")
    # Whether it is there before whether it is seen: an equal call that commits between the two is then no stranger's.
    kinds = [row["kind"] for row in await sql(_named_by(), id)]
    if not kinds:
        return None
    row = await change.seen.rows(model).find(id) if kinds == [model.kind] else None
    if row is None:
        # Taken by something that this caller may not see, or by something else. Nothing more is said about it.
        raise Invalid("This id cannot be used. Make a new one.", "id", reason=Reason.TAKEN)
    change.made_at = await revision_of_creation(change.actor.firm_id, id, created)
    return row


async def refuse_same_name(change: Change, row: Any, called: str, **among: Any) -> None:
    """`RuleBroken` where another row of its kind, which is `called` so, has a name that is taken for the same: any that
    there is, or any of which this holds besides."""
    # Of two who give the same name at once, the database refuses one, who then comes here again.
    other = await change.scope.of_kind(row.kind).where(name_key=sameness(row.name), **among).first()
    if other is not None and other.id != row.id:
        raise RuleBroken(
            f"There is a {called} {other.name!r} already. Use it, or choose another name.", "name", reason=Reason.TAKEN
        )


async def known_members(change: Change, ids: Sequence[UUID], *path: str) -> dict[UUID, Member]:
    """The members of these ids, active or not; `NotFound` when there is one that is none."""
    found = await change.scope.rows(Member).many(ids)
    for id in ids:
        if id not in found:
            await change.scope.rows(Member).get(id, *path)
    return found


async def active_members(change: Change, ids: Sequence[UUID], *path: str) -> dict[UUID, Member]:
    """The members of these ids, all of whom must be active."""
    found = await known_members(change, ids, *path)
    expect_active(found.values(), *path)
    return found


def expect_active(members: Iterable[Member], *path: str) -> None:
    """`RuleBroken` when one of them is deactivated."""
    for member in members:
        if not member.active:
            raise deactivated(member, *path)


def deactivated(member: Member, *path: str) -> RuleBroken:
    """The refusal of whoever is to be given something and is deactivated."""
    told = f"{member.name} is deactivated. Choose an active member."
    return RuleBroken(told, *path, reason=Reason.DEACTIVATED, name=member.name)


def number_seen(change: Change, jobs: Iterable[Job]) -> int:
    """How many of these jobs the actor sees."""
    return sum(change.scope.sees(Place(job.account_id, job.pipeline_id)) for job in jobs)


def jobs_left(seen: int, where: str, remedy: str, *path: str) -> RuleBroken:
    """The refusal of what cannot be done as long as there are jobs somewhere. It tells of those that the actor sees.
    Others are mentioned only where there are none of those, and nothing is said about them, not even how many they
    are."""
    told = f"There are jobs {where} that you do not see. {remedy}"
    if seen:
        told = f"Jobs that you see {where}, the archived ones included: {seen:,}. {remedy}"
    return RuleBroken(told, *path, reason=Reason.IN_USE, actual=seen)


async def replace_links(
    link: type[Model], owner: dict[str, UUID], column: str, wanted: Iterable[UUID]
) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    """Make the links of an owner, such as {"job_id": …}, point at just the wanted ids. Returns what was added and
    removed."""
    present: set[Any] = set(await link.filter(**owner).values_list(column, flat=True))
    wanted = list(dict.fromkeys(wanted))
    added = tuple(id for id in wanted if id not in present)
    removed = tuple(sorted(present - set(wanted)))
    if added:
        await link.bulk_create([link(**owner, **{column: id}) for id in added])
    if removed:
        await link.filter(**owner, **{f"{column}__in": removed}).delete()
    return added, removed


def each(targets: Sequence[Target], field: str, atomic: bool, accept: Callable[[Target], T]) -> Bulk[T]:
    """What `accept` makes of each target, which writes nothing: what is accepted is then written together. Atomic: the
    first refusal ends all; otherwise what is refused is left out and reported with its place in the list that the
    caller sent."""
    done: Bulk[T] = Bulk()
    for target in targets:
        try:
            done.rows.append(accept(target))
        except Refusal as refusal:
            # What the call says once for all of them is no part of a target: then the target itself is named.
            of_target = (f"{target.kind}_id", "expected_version")
            inside = refusal.path if refusal.path[:1] and refusal.path[0] in of_target else ()
            refusal.path = (field, target.place, *inside)
            if atomic:
                raise
            done.refused.append(refusal)
    return done
