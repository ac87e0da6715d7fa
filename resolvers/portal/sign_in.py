"""Signing in to the client portal, staying in, signing out: fields for the mutations of its schema."""

from collections.abc import Awaitable, Mapping
from typing import Annotated, Any

import strawberry
from strawberry.types.info import Info
from strawberry.utils.str_converters import to_camel_case

from models import client_sign_in as signing
from models.audiences import Audience
from models.client_sign_in import SignedInClient
from models.errors import LimitReached, Refusal
from models.ids import Kind, decode, encode
from models.one_time.letters import ask_for_letter
from models.one_time.proofs import Proof
from models.seen import LetterPurpose
from models.sign_in import sign_out as end_session
from models.texts import PASSWORD
from resolvers.inputs import spoken
from schema.enums import ErrorCode, ErrorReason
from schema.inputs.base import input_type, maybe_id_of, optional, password
from schema.list_size import ListSize
from schema.scalars import DateTime


@input_type
class PortalSignInInput:
    """Who you are."""

    email: str = strawberry.field(description="The address that you were invited with.")
    password: str = password("Your password here.")
    refresh_token: str | None = optional(
        "The last refresh token that this device was given for this address, if it has one, be its session over or "
        "not: then only what was tried with it counts, whatever others have tried."
    )


@input_type
class PortalMailInput:
    """Who asks."""

    email: str = strawberry.field(description="The address that you were invited with.")


@strawberry.input
class PortalProof:
    """What you have of a mail: the token of its link, or its code."""

    token: str | None = optional("What the link ends with.")
    ticket: str | None = optional("What you were given when you asked for the mail: the code is good with it alone.")
    code: str | None = optional("The code, with or without what stands between its digits.")


@input_type
class PortalSignInByMailInput(PortalProof):
    """What you have of the mail."""


@input_type
class PortalResetPasswordInput(PortalProof):
    """What you have of the mail, and a new password."""

    new_password: str = password(f"{PASSWORD.bounds}.")


@input_type
class PortalRefreshInput:
    """What you were given when you signed in, or last refreshed; and as whom to go on."""

    refresh_token: str = strawberry.field(
        description="Good for one use. Sent again within 30 seconds it gets the same refresh token again; after that "
        "it ends the session."
    )
    contact_id: strawberry.ID | None = maybe_id_of(
        Kind.CONTACT, "One of the `choices`: the session goes on as that one. As it was when left out."
    )


@strawberry.type(description="Why something was refused. Nothing was changed, and you can mend it.")
class SignInError:
    """Made of a `models.errors.Refusal`, without what is said of the team's rights."""

    code: ErrorCode = strawberry.field(description="What kind of refusal.")
    reason: ErrorReason = strawberry.field(description="Why, for programs.")
    message: str = strawberry.field(description="What to do, in English.")
    path: list[str] = strawberry.field(description="The input at fault: `input`, then the names inside.")
    retry_after: int | None = strawberry.field(
        description="In how many seconds it is worth trying again, where that is known."
    )


@strawberry.type(description="Whose client somebody may be, where their address is that of several.")
class PortalChoice:
    """Made of a `models.identities.Choice`."""

    contact_id: strawberry.ID = strawberry.field(description="As whom: `refreshSession` takes it.")
    contact_name: str = strawberry.field(description="What that firm calls them.")
    firm_name: str = strawberry.field(description="The firm.")


@strawberry.type(description="What signing in to the portal, or staying in, gives.")
class PortalSessionPayload:
    """Made of a `models.client_sign_in.SignedInClient`."""

    access_token: str | None = strawberry.field(
        description="Send it as `Authorization: Bearer …`. Good for minutes. Null until it is said as whom."
    )
    expires_at: DateTime | None = strawberry.field(description="Until when the access token is good.")
    refresh_token: str | None = strawberry.field(
        description="Exchange it once, with `refreshSession`, for new ones; with a `contactId` to choose as whom, or "
        "to change that."
    )
    contact_id: strawberry.ID | None = strawberry.field(description="Who you are now; null until it is said as whom.")
    choices: list[PortalChoice] = strawberry.field(
        description="Whom the address lets you be, by firm. Where it is one, you are that one.",
        directives=[ListSize(assumed_size=2)],
    )
    errors: list[SignInError] = strawberry.field(description="Why not: too many attempts, say.")


@strawberry.type(description="What asking for a mail gives: the same whether or not somebody has the address.")
class PortalMailPayload:
    """Made of a ticket."""

    ticket: str | None = strawberry.field(
        description="Keep it while whoever asked looks for the mail: the code in it is good with this alone. The link "
        "needs none. Null when there is no mail because of `errors`."
    )
    errors: list[SignInError] = strawberry.field(description="Why not: too many requests, say.")


@strawberry.type(description="What signing out of the portal gives.")
class PortalSignOutPayload:
    """Nothing to tell."""

    errors: list[SignInError] = strawberry.field(description="Always empty.")


async def _sign_in(
    info: Info, input: Annotated[PortalSignInInput, strawberry.argument(description="Who you are.")]
) -> PortalSessionPayload | None:
    earlier = input.refresh_token or None
    return await _told(signing.sign_in_client(input.email, input.password, earlier=earlier, caller=info.context.caller))


async def _sign_in_by_mail(
    info: Info, input: Annotated[PortalSignInByMailInput, strawberry.argument(description="What you have of the mail.")]
) -> PortalSessionPayload | None:
    return await _told(signing.sign_in_client_by_mail(_proof(input), caller=info.context.caller))


async def _reset_password(
    info: Info,
    input: Annotated[PortalResetPasswordInput, strawberry.argument(description="What you have, and what you choose.")],
) -> PortalSessionPayload | None:
    return await _told(signing.reset_client_password(_proof(input), input.new_password, caller=info.context.caller))


async def _refresh_session(
    info: Info, input: Annotated[PortalRefreshInput, strawberry.argument(description="What you were given.")]
) -> PortalSessionPayload | None:
    try:
        contact_id = decode(Kind.CONTACT, input.contact_id) if input.contact_id else None
    except Refusal as refusal:
        return _refused(refusal.within("contact_id"))
    return await _told(signing.refresh_client(input.refresh_token, contact_id))


async def _told(signing_in: Awaitable[SignedInClient]) -> PortalSessionPayload:
    try:
        known = await signing_in
    except Refusal as refusal:
        return _refused(refusal)
    return PortalSessionPayload(
        access_token=known.access_token,
        expires_at=known.expires_at,  # type: ignore[arg-type]
        refresh_token=known.refresh_token,
        contact_id=None if known.contact_id is None else strawberry.ID(encode(Kind.CONTACT, known.contact_id)),
        choices=[
            PortalChoice(
                contact_id=strawberry.ID(encode(Kind.CONTACT, choice.contact_id)),
                contact_name=choice.contact_name,
                firm_name=choice.firm_name,
            )
            for choice in known.choices
        ],
        errors=[],
    )


def _refused(refusal: Refusal) -> PortalSessionPayload:
    return PortalSessionPayload(
        access_token=None, expires_at=None, refresh_token=None, contact_id=None, choices=[], errors=_errors(refusal)
    )


def _errors(refusal: Refusal) -> list[SignInError]:
    return [
        SignInError(
            code=each.code,
            reason=each.reason,
            message=each.message,
            path=each.path,
            retry_after=each.retry_after,
        )
        for each in spoken(refusal)
    ]


async def _send(info: Info, purpose: LetterPurpose, email: str) -> PortalMailPayload:
    try:
        ticket = await ask_for_letter(purpose, Audience.CLIENT, email, caller=info.context.caller)
    except LimitReached as refusal:
        return PortalMailPayload(ticket=None, errors=_errors(refusal))
    return PortalMailPayload(ticket=ticket, errors=[])


async def _send_sign_in_mail(
    info: Info, input: Annotated[PortalMailInput, strawberry.argument(description="Who asks.")]
) -> PortalMailPayload | None:
    return await _send(info, LetterPurpose.SIGN_IN, input.email)


async def _send_password_mail(
    info: Info, input: Annotated[PortalMailInput, strawberry.argument(description="Who asks.")]
) -> PortalMailPayload | None:
    return await _send(info, LetterPurpose.PASSWORD, input.email)


async def _sign_out(info: Info) -> PortalSignOutPayload | None:
    _ = info.context.scope
    if info.context.viewer.session_id is not None:
        await end_session(info.context.viewer.session_id)
    return PortalSignOutPayload(errors=[])


def _proof(input: PortalProof) -> Proof:
    return Proof(input.token or None, input.ticket or None, input.code or None)


#: What is answered to whoever has not signed in to the portal, by its name in Python.
OPEN: Mapping[str, Any] = {
    "sign_in": strawberry.field(
        resolver=_sign_in,
        description="Sign in with an address and the password that goes with it here, whatever it is elsewhere. A "
        "wrong one is a top-level error UNAUTHENTICATED; after ten within a quarter of an hour from one network, or "
        "while too many try at once, `errors` says LIMIT.",
    ),
    "send_sign_in_mail": strawberry.field(
        resolver=_send_sign_in_mail,
        description="Have a mail sent to whoever has an address and was invited, with a link and a code to sign in "
        "with, good once and for 15 minutes. The answer, and when it comes, tell nobody whether somebody has it.",
    ),
    "sign_in_by_mail": strawberry.field(
        resolver=_sign_in_by_mail,
        description="Sign in with what was in a mail, or in an invitation. Whatever is wrong with it is the same "
        "top-level error UNAUTHENTICATED; five wrong codes use up a ticket.",
    ),
    "send_password_mail": strawberry.field(
        resolver=_send_password_mail, description="As `sendSignInMail`, to choose a password with."
    ),
    "reset_password": strawberry.field(
        resolver=_reset_password,
        description="Choose a password with what was in a mail, be it for that or an invitation, and sign in. It goes "
        "with the address, at all firms. All earlier sessions end.",
    ),
    "refresh_session": strawberry.field(
        resolver=_refresh_session,
        description="Exchange a refresh token for new tokens, and say as whom to go on. One that was used more than 30 "
        "seconds ago ends the session.",
    ),
}
#: The same, as clients call it.
OPEN_MUTATIONS = frozenset(map(to_camel_case, OPEN))
_SIGN_OUT = strawberry.field(
    resolver=_sign_out, description="End this session: its tokens are refused from now on, its sockets close."
)
Mutation: Any = strawberry.type(
    type("Mutation", (), {**OPEN, "sign_out": _SIGN_OUT}), description="What clients do at the portal."
)
