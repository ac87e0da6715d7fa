"""Who must be told when a member is shut out, or signs out."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from uuid import UUID

import structlog

from models.sign_in import ended_sessions
from models.viewers import viewers

log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class Watch:
    """Somebody who must be told when a member is deactivated or their session ends."""

    firm_id: UUID
    member_id: UUID
    session_id: UUID | None
    ended: Callable[[str], None]


class Watches:
    """All of a process. Members are looked at when something has happened to them, sessions now and then."""

    def __init__(self) -> None:
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
            active = await viewers(list(asked))
        except BaseException:
            self._suspects |= asked & self._by_member.keys()
            raise
        self._end(
            [watch for watch in self._all() if watch.member_id in asked - active.keys()],
            "You are no longer an active member of this firm.",
        )

    async def check_sessions(self) -> None:
        """Tell those whose session has been ended."""
        if sessions := {watch.session_id for watch in self._all() if watch.session_id is not None}:
            ended = await ended_sessions(list(sessions))
            self._end([watch for watch in self._all() if watch.session_id in ended], "You are signed out.")

    def _all(self) -> list[Watch]:
        return [watch for watching in self._by_member.values() for watch in watching]

    def _end(self, watches: list[Watch], reason: str) -> None:
        for watch in watches:
            try:
                watch.ended(reason)
            except Exception:  # the others must be told all the same
                log.exception("watches.end")
