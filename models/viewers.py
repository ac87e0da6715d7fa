"""Reading who a member is, and what they may see, in one statement."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from models.database import sql
from models.position import Position
from models.rights import Right, Role, effective_rights
from models.scope import Scope, Viewer
from models.together import Together

_VIEWERS = """
SELECT m.id, m.firm_id, m.role, m.given_rights, m.active, f.revision, f.epoch, f.time_zone,
       ARRAY(SELECT account_id FROM account_member WHERE member_id = m.id) AS accounts,
       ARRAY(SELECT pipeline_id FROM pipeline_member WHERE member_id = m.id) AS pipelines
FROM member m JOIN firm f ON f.id = m.firm_id
WHERE m.active AND m.id = ANY($1)
"""

_SIGNED_IN = (
    """
SELECT s.id AS session_id, v.* FROM session s JOIN LATERAL (
"""
    + _VIEWERS.replace("ANY($1)", "s.member_id")
    + """
) v ON true WHERE s.id = ANY($1) AND s.ended_at IS NULL AND s.expires_at > now()
"""
)


async def viewers(member_ids: list[UUID]) -> dict[UUID, Viewer]:
    """The active ones of these members, as of now, also inside a change. One statement, so each scope is as of its
    `revision`."""
    return {row["id"]: _viewer(row) for row in await sql(_VIEWERS, member_ids)}


async def viewers_of_sessions(session_ids: list[UUID]) -> dict[UUID, Viewer]:
    """The active members of those of the sessions that have not ended, by session."""
    return {row["session_id"]: _viewer(row) for row in await sql(_SIGNED_IN, session_ids)}


_by_member = Together(viewers)
_by_session = Together(viewers_of_sessions)


async def viewer(member_id: UUID) -> Viewer | None:
    """An active member, or None. Not for use inside a change: it is read on another connection."""
    return await _by_member.get(member_id)


async def viewer_of_session(session_id: UUID) -> Viewer | None:
    """The active member of a session that has not been ended, or None."""
    return await _by_session.get(session_id)


def _viewer(row: Mapping[str, Any]) -> Viewer:
    role = Role(row["role"])
    given = frozenset(Right(right) for right in orjson.loads(row["given_rights"]))
    rights = effective_rights(role, given)
    scope = Scope.of(row["firm_id"], role, rights, frozenset(row["accounts"]), frozenset(row["pipelines"]))
    return Viewer(
        row["id"], role, scope, Position(row["epoch"], row["revision"]), row["time_zone"], row.get("session_id")
    )
