"""Signing in, staying in, signing out."""

from typing import Annotated, Any

import strawberry
from strawberry.types.info import Info

from models import sign_in as signing
from models import viewers
from models.errors import Forbidden, LimitReached, Refusal
from models.reasons import Reason
from resolvers.context import Context
from resolvers.inputs import spoken
from schema.inputs.firm import RefreshSessionInput, SignInInput
from schema.payloads import UserError
from schema.scalars import DateTime
from schema.types.firm import Viewer


@strawberry.type(description="What signing in, or staying in, gives.")
class SessionPayload:
    """Made of a `models.sign_in.SignedIn`."""

    access_token: str | None = strawberry.field(description="Send it as `Authorization: Bearer …`. Good for minutes.")
    expires_at: DateTime | None = strawberry.field(description="Until when the access token is good.")
    refresh_token: str | None = strawberry.field(
        description="Exchange it once, with `refreshSession`, for new ones. Keep the last one: a device that signs in "
        "with it is not held back by what others have tried."
    )
    viewer: Viewer | None = strawberry.field(description="Who you are now.")
    errors: list[UserError] = strawberry.field(description="Why not: too many attempts, say.")


@strawberry.type(description="What signing out gives.")
class SignOutPayload:
    """Nothing to tell."""

    errors: list[UserError] = strawberry.field(
        description="FORBIDDEN with a personal token, which is revoked; else empty."
    )


async def _sign_in(
    info: Info, input: Annotated[SignInInput, strawberry.argument(description="Who you are.")]
) -> SessionPayload | None:
    earlier = input.refresh_token or None
    try:
        signed_in = await signing.sign_in(input.email, input.password, earlier=earlier, caller=info.context.caller)
    except LimitReached as refusal:
        return _refused(refusal)
    return await _session(info.context, signed_in)


async def _refresh_session(
    info: Info, input: Annotated[RefreshSessionInput, strawberry.argument(description="What you were given.")]
) -> SessionPayload | None:
    try:
        signed_in = await signing.refresh(input.refresh_token)
    except LimitReached as refusal:
        return _refused(refusal)
    return await _session(info.context, signed_in)


async def _session(context: Context, signed_in: signing.SignedIn) -> SessionPayload:
    viewer = await viewers.viewer_of_session(signed_in.session_id)
    context.known_viewer, context.known_scope = viewer, viewer.scope if viewer else None
    context.refresh()
    return SessionPayload(
        access_token=signed_in.access_token,
        expires_at=signed_in.expires_at,  # type: ignore[arg-type]
        refresh_token=signed_in.refresh_token,
        viewer=viewer,  # type: ignore[arg-type]
        errors=[],
    )


def _refused(refusal: Refusal) -> SessionPayload:
    return SessionPayload(access_token=None, expires_at=None, refresh_token=None, viewer=None, errors=spoken(refusal))


async def _sign_out(info: Info) -> SignOutPayload | None:
    _ = info.context.scope
    if info.context.viewer.token_id is not None:
        told = "A personal token has no session to end. It is revoked."
        return SignOutPayload(errors=spoken(Forbidden(told, reason=Reason.PERSONAL_TOKEN)))
    if info.context.viewer.session_id is not None:
        await signing.sign_out(info.context.viewer.session_id)
    return SignOutPayload(errors=[])


sign_in: Any = strawberry.field(
    resolver=_sign_in,
    description="Sign in with an address and a password. A wrong one is a top-level error UNAUTHENTICATED; after ten "
    "within a quarter of an hour from one network, or while too many try at once, `errors` says LIMIT.",
)
refresh_session: Any = strawberry.field(
    resolver=_refresh_session,
    description="Exchange a refresh token for new tokens. One that was used more than 30 seconds ago ends the session.",
)
sign_out: Any = strawberry.field(
    resolver=_sign_out, description="End this session: its tokens are refused from now on, its sockets close."
)
