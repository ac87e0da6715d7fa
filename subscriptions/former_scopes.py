"""What a viewer saw under scopes that they no longer have."""

from __future__ import annotations

from typing import NamedTuple

from models.events import Event
from models.log import Logged
from models.scope import Scope
from models.visibility import removed, saw


class _Scope(NamedTuple):
    #: The revision that took it away.
    at: int
    #: The revision as of which, at the latest, it was compared with the scope that followed.
    until: int
    scope: Scope


class FormerScopes:
    """The former scopes of one stream, each for as long as it matters.

    Rows are compared as they are, some revisions after the scope changed. What moved out of sight in between is in no
    difference of the two: its events say that it left.
    """

    def __init__(self) -> None:
        self._scopes: list[_Scope] = []

    def __bool__(self) -> bool:
        return bool(self._scopes)

    @property
    def until(self) -> int:
        """Up to this revision, one of them matters."""
        return max(former.until for former in self._scopes)

    def add(self, at: int, until: int, scope: Scope) -> None:
        """This was the scope before revision `at`; the difference was read by `until`."""
        self._scopes.append(_Scope(at, until, scope))

    def forget(self, taken: int) -> None:
        """Everything up to this revision has been told."""
        self._scopes = [former for former in self._scopes if former.until > taken]

    def clear(self) -> None:
        """The client reads anew."""
        self._scopes.clear()

    def left_sight(self, logged: Logged) -> Event | None:
        """That a thing is removed which the viewer saw under a former scope; None if they did not."""
        for at, until, scope in self._scopes:
            if at <= logged.revision <= until and saw(logged.event, scope):
                ended_with_it = logged.event.ends and logged.revision == at
                return logged.event if ended_with_it else removed(logged.event)
        return None
