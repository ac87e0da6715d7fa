"""Signing in, staying in, signing out."""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry
from strawberry.types.info import Info
from strawberry.utils.str_converters import to_camel_case

from models import sign_in as signing
from models import viewers
from models.audiences import Audience
from models.errors import Forbidden, LimitReached, Refusal
from models.forgotten_passwords import reset_password as reset
from models.one_time.letters import ask_for_letter
from models.one_time.proofs import Proof
from models.reasons import Reason
from models.seen import LetterPurpose
from resolvers.context import Context
from resolvers.inputs import spoken
from schema.inputs.firm import (
    AskForMailInput,
    MailProof,
    RefreshSessionInput,
    ResetPasswordInput,
    SignInByMailInput,
    SignInInput,
)
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


@strawberry.type(description="What asking for a mail gives: the same whether or not somebody has the address.")
class MailPayload:
    """Made of a ticket."""

    ticket: str | None = strawberry.field(
        description="Keep it while whoever asked looks for the mail: the code in it is good with this alone. The link "
        "needs none. Null when there is no mail because of `errors`."
    )
    errors: list[UserError] = strawberry.field(description="Why not: too many requests, say.")


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


async def _send(context: Context, purpose: LetterPurpose, email: str) -> MailPayload:
    try:
        ticket = await ask_for_letter(purpose, Audience.TEAM, email, caller=context.caller)
    except LimitReached as refusal:
        return MailPayload(ticket=None, errors=spoken(refusal))
    return MailPayload(ticket=ticket, errors=[])


async def _send_sign_in_mail(
    info: Info, input: Annotated[AskForMailInput, strawberry.argument(description="Who asks.")]
) -> MailPayload | None:
    return await _send(info.context, LetterPurpose.SIGN_IN, input.email)


async def _send_password_mail(
    info: Info, input: Annotated[AskForMailInput, strawberry.argument(description="Who asks.")]
) -> MailPayload | None:
    return await _send(info.context, LetterPurpose.PASSWORD, input.email)


async def _sign_in_by_mail(
    info: Info, input: Annotated[SignInByMailInput, strawberry.argument(description="What you have of the mail.")]
) -> SessionPayload | None:
    signed_in = await signing.sign_in_by_mail(_proof(input), caller=info.context.caller)
    return await _session(info.context, signed_in)


async def _reset_password(
    info: Info,
    input: Annotated[ResetPasswordInput, strawberry.argument(description="What you have, and what you choose.")],
) -> SessionPayload | None:
    try:
        signed_in = await reset(_proof(input), input.new_password, caller=info.context.caller)
    except Refusal as refusal:
        return _refused(refusal)
    return await _session(info.context, signed_in)


def _proof(input: MailProof) -> Proof:
    return Proof(input.token or None, input.ticket or None, input.code or None)


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
send_sign_in_mail: Any = strawberry.field(
    resolver=_send_sign_in_mail,
    description="Have a mail sent to whoever has an address, with a link and a code to sign in with, good once and for "
    "15 minutes. The answer, and when it comes, tell nobody whether somebody has the address; after ten within a "
    "quarter of an hour from one network `errors` says LIMIT.",
)
send_password_mail: Any = strawberry.field(
    resolver=_send_password_mail,
    description="As `sendSignInMail`, to choose a new password with: for whoever forgot theirs.",
)
sign_in_by_mail: Any = strawberry.field(
    resolver=_sign_in_by_mail,
    description="Sign in with what was in a mail. Whatever is wrong with it is the same top-level error "
    "UNAUTHENTICATED; five wrong codes use up a ticket.",
)
reset_password: Any = strawberry.field(
    resolver=_reset_password,
    description="Choose a password with what was in a mail, be it for that or an invitation, and sign in. All earlier "
    "sessions end.",
)
refresh_session: Any = strawberry.field(
    resolver=_refresh_session,
    description="Exchange a refresh token for new tokens. One that was used more than 30 seconds ago ends the session.",
)
sign_out: Any = strawberry.field(
    resolver=_sign_out, description="End this session: its tokens are refused from now on, its sockets close."
)
#: What is answered to whoever has not signed in, by its name in Python.
OPEN: Mapping[str, Any] = {
    "sign_in": sign_in,
    "send_sign_in_mail": send_sign_in_mail,
    "sign_in_by_mail": sign_in_by_mail,
    "send_password_mail": send_password_mail,
    "reset_password": reset_password,
    "refresh_session": refresh_session,
}
#: The same, as clients call it.
OPEN_MUTATIONS = frozenset(map(to_camel_case, OPEN))
