"""Letters with a link and a code: asked for by whoever types an address, or sent to whoever is invited.

Whoever asks is answered the same, after the same statements, whether or not somebody has the address: nobody looks
before a letter is to be sent. See docs/decisions/0096-links-and-codes-by-mail.md.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from models import attempts
from models.audiences import Audience
from models.caller import OURSELVES, Caller
from models.database import sql
from models.ids import new_id
from models.one_time.secrets import digest, new_secret
from models.rows.sessions import LetterPurpose
from models.texts import EMAIL, sameness, storable
from models.turns import Turns

#: How long a link and a code are good from when they were sent.
GOOD_FOR = {
    LetterPurpose.SIGN_IN: timedelta(minutes=15),
    LetterPurpose.PASSWORD: timedelta(minutes=15),
    LetterPurpose.INVITATION: timedelta(days=7),
}
#: What was asked for is sent within so long, or not at all: nobody waits for it any more.
SENT_WITHIN = timedelta(hours=1)

#: Whoever asks waits for their turn, one network after the other, and after each nobody has one for four times as long:
#: so all who may ask without signing in keep a fifth of one connection busy, and leave so many rows.
ASKING = Turns("Too many ask for mail just now.", rest=4.0, first_guess=0.01)

_ASK = """
INSERT INTO sign_in_letter (id, purpose, audience, address, address_key, ticket_digest, created_at, expires_at, next_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7)
"""
_INVITE = """
INSERT INTO sign_in_letter (id, purpose, audience, member_id, created_at, expires_at, next_at)
VALUES ($1, 'INVITATION', 'TEAM', $2, $3, $4, $3)
"""
_INVITE_CLIENT = """
INSERT INTO sign_in_letter (id, purpose, audience, contact_id, address_key, created_at, expires_at, next_at)
VALUES ($1, 'INVITATION', 'CLIENT', $2, $3, $4, $5, $4)
"""
_VOID = "UPDATE sign_in_letter SET used_at = $2, next_at = NULL WHERE {which} AND used_at IS NULL"


async def ask_for_letter(
    purpose: LetterPurpose,
    audience: Audience,
    email: str,
    *,
    caller: Caller = OURSELVES,
    now: datetime | None = None,
) -> str:
    """Have a letter sent to whoever has the address. Returns the ticket that its code is good with.

    `LimitReached` after too many for the address."""
    now = now or datetime.now(UTC)
    address, key = email.strip().lower(), sameness(email)
    ticket = new_secret()
    async with ASKING.turn(caller):
        await attempts.count_attempt(
            key, now, place_of(caller), of_stranger=caller is not OURSELVES, tries=attempts.MAIL
        )
        if not storable(email) or len(address) > EMAIL.most:
            address = key = ""  # Nobody has it, and that takes as long.
        await sql(_ASK, new_id(), purpose, audience, address, key, digest(ticket), now, now + SENT_WITHIN)
    return ticket


def place_of(caller: Caller) -> str:
    """Where what a caller tries is counted."""
    return "" if caller is OURSELVES else f"network {caller.network}"


async def send_invitation(member_id: UUID, now: datetime) -> None:
    """Have a letter sent to a member, who is to choose a password. It takes the place of those that they had."""
    await void_letters("member_id", [member_id], now)
    await sql(_INVITE, new_id(), member_id, now, now + GOOD_FOR[LetterPurpose.INVITATION])


async def send_portal_invitation(contact_id: UUID, address_key: str, now: datetime) -> None:
    """Have a letter sent to a contact, who may sign in to the portal with this address from now on."""
    await void_letters("contact_id", [contact_id], now)
    await sql(_INVITE_CLIENT, new_id(), contact_id, address_key, now, now + GOOD_FOR[LetterPurpose.INVITATION])


async def void_letters(whose: str, ids: Collection[UUID], now: datetime) -> None:
    """Let no letter that names these in a column be good any more, nor be sent: of members, or of contacts."""
    await sql(_VOID.format(which=f"{whose} = ANY($1)"), list(ids), now)


async def void_letters_to(address_key: str, now: datetime) -> None:
    """The same, of those to clients at an address."""
    await sql(_VOID.format(which="address_key = $1 AND audience = 'CLIENT'"), address_key, now)


async def sweep_letters(now: datetime) -> None:
    """Forget the letters that are good for nothing any more."""
    await sql("DELETE FROM sign_in_letter WHERE expires_at <= $1", now)
