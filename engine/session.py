"""Who asks, on one connection."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from models.audiences import Audience
from models.command import token_over
from models.errors import SignInRefused
from models.scope import Viewer
from models.sign_in import check_key, elsewhere
from models.viewers import viewer, viewer_of_session


@dataclass(slots=True)
class Session:
    """`address` is the network that the caller comes from, `key_id` the key that their token was signed with. Who comes
    with a personal token, which is `token_id`, has neither that nor a session. `fresh` is what they could see when they
    came: for an operation that came with them. It is read again for each other one, also for the first on a socket,
    which may be old by then. `audience` is whom the schema is for: nobody else is answered anything of it."""

    address: str = ""
    member_key: str | None = None
    expires_at: float | None = None
    member_id: UUID | None = None
    session_id: UUID | None = None
    firm_id: UUID | None = None
    key_id: str | None = None
    token_id: UUID | None = None
    fresh: Viewer | None = None
    audience: Audience = Audience.TEAM

    def settle(self) -> None:
        """From now on, read what the member may see."""
        self.fresh = None

    async def viewer(self) -> Viewer | None:
        """What the member may see now. `SignInRefused` when they are out."""
        if self.member_id is None:
            return None
        viewer, self.fresh = self.fresh, None
        return self.admit(viewer) if viewer is not None else await self.present_viewer()

    async def present_viewer(self) -> Viewer:
        """What a signed-in member may see, read now. `SignInRefused` when they are out, or their token is worth nothing
        any more: a socket outlives the moment at which it was looked at."""
        if self.token_id is not None:
            return self.admit(await self._with_token(self.token_id))
        assert self.session_id is not None
        if self.key_id is not None:
            await check_key(self.key_id)
        viewer = await viewer_of_session(self.session_id, self.audience)
        # A client's may go on as another contact meanwhile.
        if viewer is None or viewer.member_id != self.member_id:
            raise SignInRefused("You are signed out. Sign in again.")
        return self.admit(viewer)

    async def _with_token(self, token_id: UUID) -> Viewer:
        assert self.member_id is not None
        found = await viewer(self.member_id, token_id)
        if found is None:
            raise token_over()
        return found

    def admit(self, viewer: Viewer) -> Viewer:
        """The viewer; `SignInRefused` when they are not of those whom the schema is for."""
        if viewer.scope.audience is not self.audience:
            raise elsewhere()
        return viewer
