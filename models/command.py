"""What every command shares: one transaction, authority that holds to its end, one revision, and that it happens once
if it is asked to."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar
from uuid import UUID

import asyncpg
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from models.actions import Action, Command
from models.actor import Actor, ActorKind
from models.bulk import Bulk
from models.changed_fields import check_changes
from models.clock import day_in
from models.database import sql
from models.errors import Forbidden, Refusal, RuleBroken, SignInRefused, kept, refusal_of
from models.events import Event
from models.gathered import together, with_unread
from models.grants import Grant
from models.ids import Kind
from models.log import Committed, Moment, ScopesChanged, announce, append, append_moments
from models.once import NOTHING, Kept, keep
from models.reasons import Reason
from models.results import Result, kept_result, recalled_result
from models.rights import Requirement, Right, Role
from models.rows import Firm, Row
from models.scope import Scope, Viewer
from models.stamps import stamping
from models.viewers import viewer_now

P = ParamSpec("P")
T = TypeVar("T")

# Two changes may wait for each other, or one may delete what the other is about to point at. PostgreSQL ends one of
# them, and run again, it finds the world as the other left it.
_ATTEMPTS = 5
_RETRIED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_RETRIED_IF_WRAPPED = (
    asyncpg.ExclusionViolationError,
    asyncpg.ForeignKeyViolationError,
    asyncpg.RestrictViolationError,  # What PostgreSQL 18 and later say where ON DELETE RESTRICT refuses.
    asyncpg.UniqueViolationError,
)

_running: set[asyncio.Task[Any]] = set()


class _AuthorityChanged(Exception):
    """What the actor may see or do is not what it was when the attempt began. The next one begins with what it is."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What a command made, and the firm's revision that holds it. `value` is None where a repeated call's result has
    gone, or may no longer be seen. `revision` is the present one where nothing was changed."""

    value: T
    revision: int
    #: Whether it changed what the actor may see.
    rescoped: bool = False
    #: Whether nothing was changed because of what `value` says was refused.
    refused: bool = False
    #: What the acting member might see when it was made; None for what is no member.
    viewer: Viewer | None = None


@dataclass(slots=True)
class Change:
    """A change being made: who makes it, what they see, and the events so far."""

    actor: Actor
    now: datetime
    scope: Scope
    role: Role
    time_zone: str
    revision: int
    viewer: Viewer | None
    events: list[Event] = field(default_factory=list)
    #: What happened before, and is taken over.
    past: list[tuple[datetime, Event]] = field(default_factory=list)
    #: Set by a create that found its id taken by an earlier call: the revision of that call.
    made_at: int | None = None

    @property
    def member_id(self) -> UUID | None:
        """The acting member; None for an automation or a schedule."""
        return self.actor.id if self.actor.kind is ActorKind.MEMBER else None

    @property
    def today(self) -> date:
        """The firm's date."""
        return day_in(self.time_zone, self.now)

    def record(self, event: Event) -> None:
        """Note a fact for the log."""
        check_changes(event)
        self.events.append(event)

    def record_past(self, event: Event, at: datetime) -> None:
        """Note a fact of a past that is taken over, for a revision of its time."""
        check_changes(event)
        assert at <= self.now and not event.rescoped, "What members may see now is no matter of the past."
        self.past.append((at, event))

    @property
    def moments(self) -> list[Moment]:
        """What is noted, the earliest first, and at each moment in the order in which it was noted."""
        past = groupby(sorted(self.past, key=itemgetter(0)), key=itemgetter(0))
        moments: list[Moment] = [(at, [event for _, event in of_moment]) for at, of_moment in past]
        return [*moments, (self.now, self.events)] if self.events else moments

    def require(self, right: Right, what: str, *path: str) -> None:
        """`Forbidden` unless the actor has the right."""
        Requirement(right=right).check(self.scope.audience, self.role, self.scope.rights, what, *path)

    def expect_in_person(self, what: str, *path: str) -> None:
        """`Forbidden` for who comes with a personal token."""
        if self.actor.token_id is not None:
            told = f"{what} is not done with a personal token. Sign in."
            raise Forbidden(told, *path, reason=Reason.PERSONAL_TOKEN)

    @property
    def seen(self) -> Scope | Viewer:
        """Through what the actor sees rows: a member also sees their own time entries."""
        return self.viewer or self.scope

    @property
    def leads(self) -> bool:
        """Whether the actor is an admin, the owner, or the firm itself."""
        return self.role is not Role.EMPLOYEE


def command(
    name: str, needs: Requirement | Right | Role, *, internal: bool = False, in_person: bool = False
) -> Callable[[Callable[Concatenate[Change, P], Awaitable[T]]], Command[P, Outcome[T]]]:
    """Make a function that changes rows and records events a command: the action of this name, which needs a right, a
    role, or nothing but to be a member. What is done `in_person` is never done with a personal token.

    It runs in one transaction, after it has been checked against what the database says now that the actor may do it.
    What it recorded becomes one revision, announced after the commit; with nothing recorded there is none. A past that
    it takes over becomes one for each moment of it. A caller
    that is cancelled does not cancel it: a change is made wholly or not at all.

    The actor's authority is the same at the end as at the beginning, or it is undone and tried again with what is left
    of that authority.
    """
    action = Action(name, Requirement.of(needs), internal, in_person)

    def wrap(body: Callable[Concatenate[Change, P], Awaitable[T]]) -> Command[P, Outcome[T]]:
        async def run(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> Outcome[T]:
            async def attempt() -> Outcome[T]:
                return await _attempt(actor, action, lambda change: body(change, *args, **kwargs))

            return await shielded(_retrying(attempt))

        return Command(action, body, run)

    return wrap


def expect_permitted(viewer: Viewer, action: Action) -> None:
    """`Forbidden` unless this viewer may do it at all. Asked before anything is made of what they send: the command
    itself asks what the database then says."""
    if viewer.grant is not None:
        _expect_granted(viewer.grant, action)
    action.check(viewer.scope.audience, viewer.role, viewer.scope.rights)


def _expect_granted(grant: Grant, action: Action) -> None:
    """`Forbidden`, saying so, where it is the personal token that does not do: another might, or whoever signs in."""
    needs = action.needs
    if action.in_person:
        told = f"{action.spoken} is not done with a personal token. Sign in."
        raise Forbidden(told, reason=Reason.PERSONAL_TOKEN)
    if grant.read_only:
        told = "This personal token only reads. Use one that may change something."
        raise Forbidden(told, reason=Reason.PERSONAL_TOKEN)
    if needs.role is not None:
        told = f"{action.spoken} needs {needs}, and a personal token has no role. Sign in."
        raise Forbidden(told, reason=Reason.ROLE_MISSING, role=needs.role)
    if needs.right is not None and needs.right not in grant.rights:
        raise Forbidden(
            f"{action.spoken} needs {needs}, which this personal token does not have. Use one that has it.",
            reason=Reason.RIGHT_MISSING,
            rights=(needs.right,),
        )


def _expect_allowed(change: Change, action: Action) -> None:
    if change.viewer is not None:
        expect_permitted(change.viewer, action)
    else:
        action.check(change.scope.audience, change.role, change.scope.rights)


async def part_of(change: Change, command: Command[..., Any], **values: Any) -> Any:
    """What another command makes as a part of the change that is being made: `Forbidden` unless its actor may do that
    too."""
    _expect_allowed(change, command.action)
    return await command.within(change, **values)


class _TakenBack(Exception):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


async def rehearsed(actor: Actor, action: Action, body: Callable[[Change], Awaitable[T]]) -> T:
    """What the body of a command would make now: it is made, and rolled back. `Forbidden` unless the actor may do it at
    all."""

    async def attempt() -> T:
        try:
            async with in_transaction():
                change = await _begin(actor)
                _expect_allowed(change, action)
                with stamping(change.now, change.member_id):
                    raise _TakenBack(await body(change))
        except _TakenBack as taken_back:
            made: T = taken_back.value
            return made

    return await shielded(_retrying(attempt))


async def authority(actor: Actor, action: Action) -> Change:
    """A change that is not being made: what the actor might do now. `Forbidden` unless they may do it at all. For what
    is to be refused before work that takes too long for a transaction; the command asks again."""
    change = await _begin(actor)
    _expect_allowed(change, action)
    return change


class _Rehearsed(Exception):
    """What was rehearsed is to be undone, whatever it came to."""

    def __init__(self, value: Any) -> None:
        self.value = value


#: In milliseconds: a rehearsal waits for a row no longer than this, and for a statement.
_REHEARSAL_WAITS, _REHEARSAL_ASKS = 500, 5_000


async def rehearse(actor: Actor, action: Action, body: Callable[[Change], Awaitable[T]]) -> T:
    """What a change would come to, of whoever might make it: it is made, and undone. No revision is raised, so that
    nobody waits for that, and nothing is told to anybody. `RuleBroken` where somebody is changing just that."""
    try:
        return await shielded(_rehearse(actor, action, body))
    except (asyncpg.LockNotAvailableError, *_RETRIED):
        told = "Somebody is changing this just now. Try again in a moment."
        raise RuleBroken(told, reason=Reason.BUSY) from None


async def _rehearse(actor: Actor, action: Action, body: Callable[[Change], Awaitable[T]]) -> T:
    try:
        async with in_transaction():
            waits = str(_REHEARSAL_WAITS), str(_REHEARSAL_ASKS)
            await sql("SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)", *waits)
            change = await authority(actor, action)
            with stamping(change.now, change.member_id):
                raise _Rehearsed(await body(change))
    except _Rehearsed as rehearsed:
        value: T = rehearsed.value
        return value


async def shielded(work: Coroutine[Any, Any, T]) -> T:
    """Finish this even if the caller is cancelled. A cancelled begin would leak its pooled connection."""
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_settled)
    return await asyncio.shield(task)


def in_background(work: Coroutine[Any, Any, None]) -> None:
    """Do this beside whoever asks, who is not told how it ends."""
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_settled)


def _settled(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # Its caller may be gone: then nobody else asks.


async def settle() -> None:
    """Wait for the changes that are still being made, and for what is done in the background: before the connections
    close."""
    while _running:
        await asyncio.wait(_running)


async def _retrying(attempt: Callable[[], Awaitable[T]]) -> T:
    for left in reversed(range(_ATTEMPTS)):
        try:
            return await attempt()
        except _RETRIED:
            if not left:
                raise
        except _AuthorityChanged:
            if not left:
                told = "What you may see or do is being changed just now. Try again in a moment."
                raise RuleBroken(told, reason=Reason.BUSY) from None
        except IntegrityError as error:
            if not left or not isinstance(error.args[0], _RETRIED_IF_WRAPPED):
                raise
        # Not as long as the others who were ended with it: those who come again together meet again.
        await asyncio.sleep(random.uniform(0.005, 0.02) * (_ATTEMPTS - left))
    raise AssertionError


async def _attempt(actor: Actor, action: Action, body: Callable[[Change], Awaitable[T]]) -> Outcome[T]:
    async with in_transaction():
        change = await _begin(actor)
        try:
            # First: what this very caller did already may have been to give the right away.
            if (earlier := await _earlier(change)) is not None:
                await _confirm(change)
                return earlier
            _expect_allowed(change, action)
            with stamping(change.now, change.member_id):
                value = await body(change)
        except Refusal as refusal:
            # It may have waited, and says what it then found.
            await _confirm(change)
            raise with_unread(actor.unread, refusal) from None
        if actor.unread:
            raise together(actor.unread)
        committed = await _finish(change, value)
    if not committed:
        return Outcome(value, change.made_at or change.revision, refused=_refused(value), viewer=change.viewer)
    for revision in committed:
        announce(revision)
    rescoped = any(actor.id in event.rescoped for event in change.events)
    return Outcome(value, committed[-1].revision, rescoped, viewer=change.viewer)


async def _begin(actor: Actor) -> Change:
    now = actor.at or datetime.now(UTC)
    if actor.kind is ActorKind.CONTACT:
        told = "Clients do not change what is the firm's own. Ask a member of the firm."
        raise Forbidden(told, reason=Reason.MEMBERS_ONLY)
    if actor.kind is not ActorKind.MEMBER:
        firm = await Firm.get(id=actor.firm_id)
        whole = Scope.whole(actor.firm_id)
        return Change(actor, now, whole, Role.ADMIN, firm.time_zone, firm.revision, None)
    assert actor.id is not None
    viewer = await viewer_now(actor.id, actor.token_id)
    if viewer is None or (viewer.scope.firm_id, viewer.member_id) != (actor.firm_id, actor.id):
        raise shut_out() if actor.token_id is None else token_over()
    return Change(actor, now, viewer.scope, viewer.role, viewer.time_zone, viewer.revision, viewer)


def shut_out() -> SignInRefused:
    """The refusal of whoever is no longer on the team."""
    return SignInRefused("You are no longer an active member of this firm. Ask somebody who manages its team.")


def token_over() -> SignInRefused:
    """The refusal of a personal token that is good no more."""
    return SignInRefused("This personal token was revoked, has expired, or never was one. Use another one.")


async def _earlier(change: Change) -> Outcome[Any] | None:
    once = change.actor.once
    earlier = await once.earlier(change.actor.firm_id, change.now) if once is not None else None
    if earlier is None:
        return None
    return Outcome(
        await _recall(change.seen, earlier.result),
        change.revision if earlier.revision is None else earlier.revision,
        refused=earlier.revision is None,
        viewer=change.viewer,
    )


async def _confirm(change: Change) -> None:
    """Undo the attempt if the actor may not see and do just what they might when it began."""
    if (known := change.viewer) is None:
        return
    present = await viewer_now(known.member_id, known.token_id)
    if present is None or (present.role, present.scope) != (known.role, known.scope):
        raise _AuthorityChanged


async def _append(change: Change, kept: Kept) -> list[Committed]:
    """Write what was recorded to the log, with what is kept of it, if the actor's authority is still what it was.
    Whatever changes a scope raises the firm's revision too, so from there to the commit it cannot change any more."""
    as_of = change.viewer.revision if change.viewer is not None else None
    try:
        return await _write(change, as_of, kept)
    except ScopesChanged:
        # Somebody's has. Whether it was the actor's is looked up while nobody else can raise the revision.
        await sql("SELECT FROM firm WHERE id = $1 FOR NO KEY UPDATE", change.actor.firm_id)
        await _confirm(change)
        return await _write(change, None, kept)


async def _write(change: Change, as_of: int | None, kept: Kept) -> list[Committed]:
    if change.past:
        return await append_moments(change.actor, change.moments, change.now, as_of=as_of, kept=kept)
    return [await append(change.actor, change.events, change.now, as_of=as_of, kept=kept)]


async def _finish(change: Change, value: Any) -> list[Committed]:
    once = change.actor.once
    kept = once.kept(_remember(value)) if once is not None else NOTHING
    if change.events or change.past:
        return await _append(change, kept)
    await _confirm(change)
    if once is not None:
        await keep(change.actor.firm_id, kept, None if _refused(value) else change.made_at or change.revision)
    return []


def _refused(value: Any) -> bool:
    return isinstance(value, Bulk) and bool(value.refused)


def _remember(value: Any) -> Any:
    if isinstance(value, Bulk):
        return {"rows": _remember(value.rows), "refused": list(map(kept, value.refused))}
    if isinstance(value, Result):
        return kept_result(value)
    if isinstance(value, Row):
        return {"kind": value.kind.value, "id": str(value.id)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_remember(item) for item in value]
    return None


async def _recall(seen: Scope | Viewer, result: Any) -> Any:
    if result is not None and "rows" in result:
        return Bulk(await _recall(seen, result["rows"]), list(map(refusal_of, result["refused"])))
    if result is not None and "result" in result:
        return await recalled_result(seen, result)
    if isinstance(result, list):
        ids = [UUID(item["id"]) for item in result]
        found = await seen.of_kind(Kind(result[0]["kind"])).many(ids) if ids else {}
        return [found[id] for id in ids if id in found]
    return await seen.of_kind(Kind(result["kind"])).find(UUID(result["id"])) if result else None
