"""Who must be told when what they rest on is over: their member, their session, the key of their token, or their
personal token."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog

from models.sign_in import good_sessions
from models.signing_keys import KEYS, Keys
from models.viewers import client_viewers, viewers, viewers_of_tokens

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ending:
    """Why something is over. `for_good`: a fresh token of the same session would not help."""

    reason: str
    for_good: bool


_DEACTIVATED = Ending("You are no longer an active member of this firm.", for_good=True)
_SIGNED_OUT = Ending("You are signed out.", for_good=True)
_TOKEN_OVER = Ending("This personal token has been revoked.", for_good=True)
_KEY_REPLACED = Ending("The key of your token has been replaced.", for_good=False)


@dataclass(eq=False, slots=True)
class Watch:
    """Somebody who must be told when a member is deactivated, their session ends, the key that signed their token is
    good no more, or their personal token is revoked."""

    firm_id: UUID
    member_id: UUID
    session_id: UUID | None
    key_id: str | None
    ended: Callable[[Ending], None]
    token_id: UUID | None = None


class Watches:
    """All of a process. Members are looked at when something has happened to them, sessions and keys now and then."""

    def __init__(self, keys: Keys = KEYS) -> None:
        self._keys = keys
        self._by_member: dict[UUID, set[Watch]] = {}
        self._suspects: set[UUID] = set()

    def __len__(self) -> int:
        return sum(map(len, self._by_member.values()))

    def add(self, watch: Watch) -> None:
        """Watch from now on. What happened to the member before is found out, too."""
        self._by_member.setdefault(watch.member_id, set()).add(watch)
        self._suspects.add(watch.member_id)

    def remove(self, watch: Watch) -> None:
        """Watch no longer."""
        watching = self._by_member.get(watch.member_id, set())
        watching.discard(watch)
        if not watching:
            self._by_member.pop(watch.member_id, None)
            self._suspects.discard(watch.member_id)

    def suspect(self, firm_id: UUID, members: frozenset[UUID] | None) -> bool:
        """Something has happened to these members, or, for None, perhaps to any of the firm's. Whether it matters."""
        if members is None:
            found = {watch.member_id for watch in self._all() if watch.firm_id == firm_id}
        else:
            found = {*members} & self._by_member.keys()
        self._suspects |= found
        return bool(found)

    async def check_members(self, followed: Container[UUID]) -> None:
        """Tell those whose member is no longer active. Members of firms that are not followed yet have to wait:
        whatever happens to them right after the look would not be heard of."""
        asked = {watch.member_id for watch in self._all() if watch.firm_id in followed} & self._suspects
        if not asked:
            return
        self._suspects -= asked
        try:
            active = {*await viewers(list(asked))}
            if clients := asked - active:
                active |= {*await client_viewers(list(clients))}
        except BaseException:
            self._suspects |= asked & self._by_member.keys()
            raise
        self._end([watch for watch in self._all() if watch.member_id in asked - active], _DEACTIVATED)
        await self._check_tokens([watch for watch in self._all() if watch.member_id in asked])

    async def check_sessions(self) -> None:
        """Tell those whose session is over, or is not there."""
        if sessions := {watch.session_id for watch in self._all() if watch.session_id is not None}:
            over = sessions - await good_sessions(list(sessions))
            self._end([watch for watch in self._all() if watch.session_id in over], _SIGNED_OUT)

    async def check_tokens(self) -> None:
        """Tell those whose personal token is good no more, whoever did that, and however."""
        await self._check_tokens(self._all())

    async def _check_tokens(self, watches: list[Watch]) -> None:
        if tokens := {watch.token_id for watch in watches if watch.token_id is not None}:
            over = tokens - (await viewers_of_tokens(list(tokens))).keys()
            self._end([watch for watch in watches if watch.token_id in over], _TOKEN_OVER)

    async def check_keys(self) -> None:
        """Tell those whose token was signed with a key that is good no more. The process learns of new keys by it."""
        if keys := {watch.key_id for watch in self._all() if watch.key_id is not None}:
            bad = keys - await self._keys.good_ones(datetime.now(UTC))
            self._end([watch for watch in self._all() if watch.key_id in bad], _KEY_REPLACED)

    def _all(self) -> list[Watch]:
        return [watch for watching in self._by_member.values() for watch in watching]

    def _end(self, watches: list[Watch], ending: Ending) -> None:
        for watch in watches:
            try:
                watch.ended(ending)
            except Exception:  # the others must be told all the same
                log.exception("watches.end")
