"""Whether each mail of the oracle's firms went out once, or is said to be uncertain, and to its client alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from models.database import sql
from tests.system.oracle.atlas import FIRMS, SECRET
from tests.system.oracle.post import Post, key_of

# A mail is told of twice: with its job, and without.
_MAILS = """
SELECT mail.message_key AS key, mail.address, mail.state, mail.next_at <= now() - interval '1 minute' AS due,
    count(DISTINCT revision) FILTER (WHERE type = 'MailSent' AND actor->>'kind' = 'AUTOMATION') AS sent,
    count(DISTINCT revision) FILTER (WHERE type = 'MailUncertain') AS uncertain,
    count(DISTINCT revision) FILTER (WHERE type IN ('MailQueued', 'MailQueuedAgain')) AS queued
FROM mail LEFT JOIN event ON event.subject = mail.id GROUP BY mail.id
"""


async def wrong(post: Post) -> list[str]:
    """What of the mail was lost, doubled or leaked."""
    found, accepted = await sql(_MAILS), post.accepted
    told = [f"lost: mail {mail['key']} waits" for mail in found if mail["state"] == "WAITING" and mail["due"]]
    for mail in found:
        taken = accepted[mail["key"]]
        if taken < mail["sent"]:
            told.append(f"lost: mail {mail['key']}: taken {taken} times, told of {mail['sent']}")
        # Whoever had it in hand may still have said so after it was given up.
        if taken > mail["sent"] + mail["uncertain"] or mail["sent"] > mail["queued"]:
            told.append(f"doubled: mail {mail['key']}: taken {taken} times, told of {mail['sent']}")
    return [*told, *_leaked(post, {mail["key"]: mail for mail in found})]


def address(tag: str, account: str, number: int) -> str:
    """Where the client of an account of a firm gets mail."""
    return f"{SECRET if account.startswith(SECRET) else 'client'}.{number}@{tag}.example"


def _leaked(post: Post, mails: Mapping[str, Any]) -> Iterator[str]:
    for letter in post.letters:
        said = letter.content.decode()
        key, to = key_of(letter), letter.recipient
        others = [tag for tag in FIRMS if not to.endswith(f"@{tag}.example")]
        mail = mails.get(key)
        # Sent again, it goes to the address that the client has by then.
        if mail is None or (mail["address"] != to and mail["queued"] == 1):
            yield f"leaked: mail {key} went to {to}"
        if any(tag in said for tag in others) or (SECRET in said and not to.startswith(SECRET)):
            yield f"leaked: mail {key} told {to} of another client"


async def counted() -> dict[str, int]:
    """How many mails there are, by what became of them."""
    states = Counter(row["state"].lower() for row in await sql("SELECT state FROM mail"))
    return {f"mails {state}": number for state, number in sorted(states.items())}
