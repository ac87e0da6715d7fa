"""Letters with links and codes, as they are sent: beside the outbox, for nobody is to read what is in them but those
whom they are to, and they wait for no undo window.

Whom a letter is to is looked up when it is taken in hand, and what is secret in it is made then: it is in the memory of
whoever sends it, in the mail, and nowhere else. One of which it is not known whether it went is sent again, with other
secrets: nothing is wrong with a second one. See docs/decisions/0096-links-and-codes-by-mail.md.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from models.audiences import Audience
from models.database import sql
from models.identities import LET_IN
from models.mail.sending import LEASE, Answer, Verdict, retry_in
from models.one_time.letters import GOOD_FOR
from models.one_time.secrets import digest, digest_of_code, new_code, new_secret
from models.rows.sessions import LetterPurpose


@dataclass(frozen=True, slots=True)
class SignInMail:
    """A letter that somebody has in hand until `until`, and what there is to say: the token that its link is to have,
    and the code, where it was asked for. Of an address that is of several firms none is named, and nobody of several
    people."""

    id: UUID
    claim: UUID
    until: datetime
    purpose: LetterPurpose
    audience: Audience
    firm_name: str | None
    to_name: str | None
    address: str
    good_for: timedelta
    token: str = field(repr=False)
    code: str | None = field(repr=False)

    @property
    def message_key(self) -> str:
        """What a mail is known by to those who carry it. Sent again it is another one: its link is."""
        return self.claim.hex


async def is_letter_due(now: datetime) -> bool:
    """Whether there is a letter to be sent, or somebody had one in hand and was not heard of."""
    (row,) = await sql("SELECT EXISTS (SELECT FROM sign_in_letter WHERE next_at <= $1) AS due", now)
    return bool(row["due"])


# As signing in finds who has an address. It is written to the one that is kept, never to what was typed.
_MEMBER = """
SELECT m.id AS member_id, m.name AS to_name, m.email, f.name AS firm_name, NULL AS key
FROM member m JOIN firm f ON f.id = m.firm_id
WHERE letter.audience = 'TEAM' AND m.active AND m.id IN (
    SELECT letter.member_id WHERE letter.member_id IS NOT NULL
    UNION ALL SELECT id FROM member WHERE letter.member_id IS NULL AND email_key = letter.address_key
    UNION ALL SELECT id FROM member WHERE letter.member_id IS NULL AND email = letter.address
)
ORDER BY m.email = letter.address DESC LIMIT 1
"""
# Of whoever is at several firms none is named, nor is one of several who share an address.
_CLIENT = f"""
SELECT NULL::uuid AS member_id, CASE WHEN count(DISTINCT c.name) = 1 THEN min(c.name) END AS to_name,
    min(c.portal_email) AS email, CASE WHEN count(DISTINCT f.id) = 1 THEN min(f.name) END AS firm_name,
    min(c.portal_email_key) AS key
FROM contact c JOIN firm f ON f.id = c.firm_id
WHERE letter.audience = 'CLIENT' AND c.portal_email_key = letter.address_key
AND (letter.contact_id IS NULL OR c.id = letter.contact_id) AND {LET_IN}
HAVING count(*) > 0
"""
_WHOM = f"({_MEMBER}) UNION ALL ({_CLIENT})"
# Of two who come at once, each has others. A letter to nobody stays as one that was sent: a code that is tried with its
# ticket is counted, and wrong.
_FORGET = f"""
WITH due AS (
    SELECT id FROM sign_in_letter AS letter WHERE next_at <= $1
    AND (expires_at <= $1 OR NOT EXISTS ({_WHOM}))
    ORDER BY next_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE sign_in_letter AS letter
SET next_at = NULL, link_digest = NULL, code_digest = md5(gen_random_uuid()::text), tries = 0,
    expires_at = $1 + $3::interval
FROM due WHERE letter.id = due.id RETURNING letter.id
"""
_CLAIM = f"""
WITH due AS (
    SELECT id FROM sign_in_letter WHERE next_at <= $1 ORDER BY next_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
), claimed AS (
    UPDATE sign_in_letter AS letter SET claim = gen_random_uuid(), next_at = $2 FROM due WHERE letter.id = due.id
    RETURNING letter.*
)
SELECT letter.id, letter.claim, letter.next_at, letter.purpose, letter.audience, letter.ticket_digest, found.*
FROM claimed AS letter CROSS JOIN LATERAL ({_WHOM}) AS found
"""
_SEAL = """
UPDATE sign_in_letter SET member_id = $3, link_digest = $4, code_digest = $5, tries = 0, expires_at = $6
WHERE id = $1 AND claim = $2 AND used_at IS NULL RETURNING id
"""


async def forget_letters(now: datetime, limit: int) -> int:
    """Look at letters that are due and are to nobody, or that nobody waits for any more: they are not sent. Returns how
    many there were."""
    return len(await sql(_FORGET, now, limit, GOOD_FOR[LetterPurpose.SIGN_IN]))


async def claim_letter(now: datetime) -> SignInMail | None:
    """Take a letter in hand that is due, whosever it is, with secrets of its own. When this returns it is committed."""
    rows = await sql(_CLAIM, now, now + LEASE)
    if not rows:
        return None
    letter = rows[0]
    purpose, ticket = LetterPurpose(letter["purpose"]), letter["ticket_digest"]
    token, code = new_secret(), new_code() if ticket is not None else None
    kept = digest(token), None if code is None else digest_of_code(code, ticket), now + GOOD_FOR[purpose]
    if not await sql(_SEAL, letter["id"], letter["claim"], letter["member_id"], *kept):
        return None  # It was made void meanwhile.
    return SignInMail(
        letter["id"],
        letter["claim"],
        letter["next_at"],
        purpose,
        Audience(letter["audience"]),
        letter["firm_name"],
        letter["to_name"],
        letter["email"],
        GOOD_FOR[purpose],
        token,
        code,
    )


_OF_CLAIM = "id = $1 AND claim = $2 AND used_at IS NULL"
_AGAIN = f"UPDATE sign_in_letter SET next_at = $3, attempts = attempts + $4 WHERE {_OF_CLAIM} RETURNING attempts"
_NOT_AGAIN = f"UPDATE sign_in_letter SET next_at = NULL WHERE {_OF_CLAIM}"


async def release_letter(mail: SignInMail, now: datetime) -> None:
    """Give back a letter that the mail server has not heard of."""
    await sql(_AGAIN, mail.id, mail.claim, now, 0)


async def record_letter(mail: SignInMail, answer: Answer, now: datetime) -> None:
    """Keep what became of a letter: it is tried again as others are, for as long as it is good."""
    if answer.verdict is Verdict.DELAYED:
        (row,) = await sql("SELECT attempts FROM sign_in_letter WHERE id = $1", mail.id) or [{"attempts": 0}]
        wait = retry_in(row["attempts"] + 1)
        if wait is not None:
            await sql(_AGAIN, mail.id, mail.claim, now + wait, 1)
            return
    await sql(_NOT_AGAIN, mail.id, mail.claim)
