"""The firm's activity: what happened in all of it, as far as a scope is shown it, newest first. See
docs/decisions/0061-the-firms-activity.md."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from models.database import sql
from models.event_kinds import KINDS, EventKind
from models.filtering import Between
from models.log import EVENT_COLUMNS, Logged, Reached, logged_of
from models.scope import Scope
from models.visibility import shown
from models.visibility_in_sql import shown_condition, shown_values


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFilter:
    """Which events. None asks for nothing; all that is given must hold."""

    account: Sequence[UUID] | None = None
    pipeline: Sequence[UUID] | None = None
    member: Sequence[UUID] | None = None
    kind: Sequence[EventKind] | None = None
    at: Between | None = None


async def read_activity(scope: Scope, wanted: ActivityFilter, *, reached: Reached, limit: int) -> list[Logged]:
    """Of the events that the scope is shown the `limit` next, newest first, as far back as the log goes."""
    told, *places = shown_values(scope)
    kinds = [kind for kind in told if _is_wanted(kind, wanted, scope)]
    asked = _asked(wanted, scope)
    if not kinds or [] in (wanted.member, asked.get(_AT_ACCOUNTS), asked.get(_IN_PIPELINES)):
        return []
    values = list(asked.values())
    conditions = "".join(f" AND {each.format(f'${place}')}" for place, each in enumerate(asked, 5))
    rows = await sql(
        f"SELECT {EVENT_COLUMNS} FROM event WHERE firm_id = $1 AND revision <= $2{conditions} "
        f"AND {shown_condition('event', 5 + len(values))} ORDER BY revision DESC, index DESC OFFSET $3 LIMIT $4",
        *(scope.firm_id, *reached, limit),
        *(*values, kinds, *places),
    )
    return [_as_shown(logged, scope) for logged in logged_of(rows)]


def _as_shown(logged: Logged, scope: Scope) -> Logged:
    event = shown(logged.event, scope)
    assert event is not None, logged
    return replace(logged, event=event)


def _is_wanted(kind: str, wanted: ActivityFilter, scope: Scope) -> bool:
    if wanted.kind is not None and kind not in wanted.kind:
        return False
    # Whom an event does not tell who did it, a filter does not tell either.
    return wanted.member is None or KINDS[kind].tells_actor(scope)


#: What migration 0015 has indexes of.
_ACCOUNT, _PIPELINE, _ACTOR = "(data->>'account')::uuid", "(data->>'pipeline')::uuid", "(actor->>'id')::uuid"
_AT_ACCOUNTS, _IN_PIPELINES, _BY_MEMBERS = (f"{column} = ANY({{}}::uuid[])" for column in (_ACCOUNT, _PIPELINE, _ACTOR))
_FEW_ACCOUNTS = 10


def _asked(wanted: ActivityFilter, scope: Scope) -> dict[str, object]:
    """What a filter asks for, in SQL, with the value of each: no more than there is to ask, so that it finds its
    index."""
    between = wanted.at or Between()
    asked = {
        # Of other accounts nothing is shown, which is said once more: of few accounts there may be few events, among a
        # million. Of many there are many, and they are found sooner among the newest than by account.
        f"({_ACCOUNT} IS NULL OR {_ACCOUNT} = ANY({{}}::uuid[]))": _few(scope.accounts),
        # What an event says of a place that is out of sight is not told, so it is not found by it.
        _AT_ACCOUNTS: _seen(wanted.account, scope.accounts),
        _IN_PIPELINES: _seen(wanted.pipeline, scope.pipelines),
        _BY_MEMBERS: wanted.member,
        "at < {}": between.before,
        "at > {}": between.after,
        # Each of them has happened at some moment.
        "{}::boolean": between.is_set,
    }
    return {condition: value for condition, value in asked.items() if value is not None}


def _few(ids: frozenset[UUID] | None) -> list[UUID] | None:
    return None if ids is None or len(ids) > _FEW_ACCOUNTS else list(ids)


def _seen(ids: Sequence[UUID] | None, visible: frozenset[UUID] | None) -> Sequence[UUID] | None:
    return ids if ids is None or visible is None else [id for id in ids if id in visible]
