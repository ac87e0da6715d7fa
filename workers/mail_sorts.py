"""The sorts of mail that a worker sends: of each, how it is taken in hand, written, given back, and what became of it
kept."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog

from models.mail import sending, sign_in_letters
from models.mail.sending import Answer, Claimed
from models.mail.sign_in_letters import SignInMail
from workers.letters import Written, written
from workers.mail_servers import InHand
from workers.sign_in_mail import written_to_sign_in

#: So many mails are given up at a time, and so many letters to nobody are looked at.
GIVEN_UP, FORGOTTEN = 20, 200

log = structlog.get_logger("jobwire.worker")


class Sort(Protocol):
    """A sort of mail. A letter that it is given is one that it gave."""

    async def is_due(self, now: datetime) -> bool:
        """Whether there is anything to do: it costs what there is to do, and nothing where there is nothing."""

    async def give_up(self, now: datetime) -> int:
        """See to what is not to be sent any more. Of how many."""

    async def claim(self, now: datetime) -> InHand | None:
        """Take one in hand that is due."""

    def written(self, letter: Any, sender: str, now: datetime) -> Written:
        """It, as it is sent from this address."""

    async def release(self, letter: Any, now: datetime) -> None:
        """Give back one of which the mail server has not heard."""

    async def record(self, letter: Any, answer: Answer) -> None:
        """Keep what became of one."""


class Outbox:
    """Mail to clients that waits in the outbox."""

    async def is_due(self, now: datetime) -> bool:
        """Whether any mail is due, or was in hand for too long."""
        return await sending.is_due(now)

    async def give_up(self, now: datetime) -> int:
        """Say of what was in hand for too long that nobody knows."""
        return await sending.expire_claims(now, GIVEN_UP)

    async def claim(self, now: datetime) -> Claimed | None:
        """The mail that has been due for longest."""
        claimed = await sending.claim_due(now, 1)
        return claimed[0] if claimed else None

    def written(self, letter: Claimed, sender: str, now: datetime) -> Written:
        """The mail in text and HTML."""
        return written(letter, sender, now)

    async def release(self, letter: Claimed, now: datetime) -> None:
        """It is due at once."""
        await sending.release(letter, now)

    async def record(self, letter: Claimed, answer: Answer) -> None:
        """In a revision of its firm."""
        await sending.record(letter, answer)


@dataclass(slots=True)
class SignInLetters:
    """Mail with links and codes, which lead to pages at `public_url`. Without one it waits, until nobody waits for it
    any more."""

    public_url: str | None
    _warned: bool = field(default=False)

    async def is_due(self, now: datetime) -> bool:
        """Whether any letter is due."""
        return await sign_in_letters.is_letter_due(now)

    async def give_up(self, now: datetime) -> int:
        """See to those to nobody."""
        return await sign_in_letters.forget_letters(now, FORGOTTEN)

    async def claim(self, now: datetime) -> SignInMail | None:
        """The letter that has been due for longest."""
        if self.public_url is None:
            self._warn()
            return None
        return await sign_in_letters.claim_letter(now)

    def _warn(self) -> None:
        if not self._warned:
            log.warning("mail.no_public_url", hint="Set JOBWIRE_PUBLIC_URL. Until then nobody signs in by mail.")
            self._warned = True

    def written(self, letter: SignInMail, sender: str, now: datetime) -> Written:
        """The letter, with its link."""
        assert self.public_url is not None
        return written_to_sign_in(letter, sender, self.public_url, now)

    async def release(self, letter: SignInMail, now: datetime) -> None:
        """It is due at once."""
        await sign_in_letters.release_letter(letter, now)

    async def record(self, letter: SignInMail, answer: Answer) -> None:
        """No revision: nobody sees it."""
        await sign_in_letters.record_letter(letter, answer, datetime.now(UTC))
