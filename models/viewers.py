"""Reading who a member or a client's contact is, and what they may see, in one statement."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import orjson

from models.audiences import Audience
from models.database import sql
from models.grants import Grant
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


# The rights of the token are named otherwise than the member's.
_WITH_TOKENS = (
    """
SELECT t.id AS token_id, t.digest, t.rights AS token_rights, t.read_only, t.expires_at, t.last_used_at, v.*
FROM personal_token t JOIN LATERAL (
"""
    + _VIEWERS.replace("ANY($1)", "t.member_id")
    + """
) v ON true WHERE t.{column} = ANY($1) AND t.revoked_at IS NULL AND t.expires_at > now()
"""
)
_BY_TOKEN, _BY_DIGEST = _WITH_TOKENS.format(column="id"), _WITH_TOKENS.format(column="digest")


# Whoever is archived, or at no account that is not, is out: clients see their accounts, and nothing by anything else.
_CLIENTS = """
SELECT c.id, c.firm_id, f.revision, f.epoch, f.time_zone, placed.accounts
FROM contact c JOIN firm f ON f.id = c.firm_id, LATERAL (
    SELECT array_agg(a.id) AS accounts FROM account_contact link JOIN account a ON a.id = link.account_id
    WHERE link.contact_id = c.id AND a.archived_at IS NULL
) AS placed
WHERE c.archived_at IS NULL AND placed.accounts IS NOT NULL AND c.id = ANY($1)
"""
# They sign in with the address that the firm has invited, and with no other one.
_CLIENTS_SIGNED_IN = (
    """
SELECT s.id AS session_id, v.* FROM session s JOIN identity i ON i.id = s.identity_id JOIN LATERAL (
"""
    + _CLIENTS.replace("ANY($1)", "s.contact_id AND c.portal_email_key = i.address_key")
    + """
) v ON true WHERE s.id = ANY($1) AND s.ended_at IS NULL AND s.expires_at > now()
"""
)


@cache
def _of_one(text: str) -> str:
    return text.replace("ANY($1)", "$1")


async def _read(text: str, keys: Sequence[UUID | str]) -> list[dict[str, Any]]:
    """The rows of these keys. Mostly there is one: PostgreSQL keeps its plan for that. For an array, whose length it
    does not know, it makes one each time, which takes longer than reading."""
    return await sql(_of_one(text), *keys) if len(keys) == 1 else await sql(text, keys)


async def viewers(member_ids: list[UUID]) -> dict[UUID, Viewer]:
    """The active ones of these members, as of now, also inside a change. One statement, so each scope is as of its
    `revision`."""
    return {row["id"]: _viewer(row) for row in await _read(_VIEWERS, member_ids)}


async def viewers_of_sessions(session_ids: list[UUID]) -> dict[UUID, Viewer]:
    """The active members of those of the sessions that have not ended, by session."""
    return {row["session_id"]: _viewer(row) for row in await _read(_SIGNED_IN, session_ids)}


async def viewers_of_tokens(token_ids: list[UUID]) -> dict[UUID, Viewer]:
    """The active members with what is left to those of their personal tokens that are good, by token; also inside a
    change."""
    return {row["token_id"]: _viewer(row) for row in await _read(_BY_TOKEN, token_ids)}


async def _viewers_of_digests(digests: list[str]) -> dict[str, Viewer]:
    return {row["digest"]: _viewer(row) for row in await _read(_BY_DIGEST, digests)}


async def client_viewers(contact_ids: list[UUID]) -> dict[UUID, Viewer]:
    """Those of these contacts who see anything as clients, as of now, also inside a change. One statement, so each
    scope is as of its `revision`."""
    return {row["id"]: _client(row) for row in await _read(_CLIENTS, contact_ids)}


async def _clients_of_sessions(session_ids: list[UUID]) -> dict[UUID, Viewer]:
    return {row["session_id"]: _client(row) for row in await _read(_CLIENTS_SIGNED_IN, session_ids)}


_by_member = Together(viewers)
_by_session = {Audience.TEAM: Together(viewers_of_sessions), Audience.CLIENT: Together(_clients_of_sessions)}
_by_token = Together(viewers_of_tokens)
_by_digest = Together(_viewers_of_digests)


async def viewer(member_id: UUID, token_id: UUID | None = None) -> Viewer | None:
    """An active member, with a personal token if they come with one; or None. Not for use inside a change: it is read
    on another connection."""
    return await (_by_member.get(member_id) if token_id is None else _by_token.get(token_id))


async def viewer_now(member_id: UUID, token_id: UUID | None = None) -> Viewer | None:
    """As `viewer`, inside a change."""
    if token_id is None:
        return (await viewers([member_id])).get(member_id)
    return (await viewers_of_tokens([token_id])).get(token_id)


async def viewer_of_digest(digest: str) -> Viewer | None:
    """The active member who comes with the personal token of this digest, if that is good."""
    return await _by_digest.get(digest)


async def viewer_of_session(session_id: UUID, audience: Audience = Audience.TEAM) -> Viewer | None:
    """The active member of a session that has not been ended, or, of clients, the contact who is let in; or None, also
    for a session for another audience."""
    return await _by_session[audience].get(session_id)


def _viewer(row: Mapping[str, Any]) -> Viewer:
    role = Role(row["role"])
    given, grant = _rights(row["given_rights"]), _grant(row)
    rights = effective_rights(role, given) if grant is None else grant.narrowed(role, given)
    scope = Scope.of(row["firm_id"], role, rights, frozenset(row["accounts"]), frozenset(row["pipelines"]))
    return Viewer(
        row["id"],
        role if grant is None else Role.EMPLOYEE,
        scope,
        Position(row["epoch"], row["revision"]),
        row["time_zone"],
        row.get("session_id"),
        grant,
    )


def _client(row: Mapping[str, Any]) -> Viewer:
    # Of no rank: what clients may do says that it is for clients.
    scope = Scope.of_client(row["firm_id"], frozenset(row["accounts"]))
    position = Position(row["epoch"], row["revision"])
    return Viewer(row["id"], Role.EMPLOYEE, scope, position, row["time_zone"], row.get("session_id"))


def _grant(row: Mapping[str, Any]) -> Grant | None:
    if row.get("token_id") is None:
        return None
    rights = _rights(row["token_rights"])
    return Grant(row["token_id"], rights, row["read_only"], row["expires_at"], row["last_used_at"])


def _rights(stored: str) -> frozenset[Right]:
    return frozenset(Right(right) for right in orjson.loads(stored))
