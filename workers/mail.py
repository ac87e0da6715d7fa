"""Sending what is due of all sorts of mail: each worker does its part of it. See docs/decisions/0091-the-outbox.md."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from common.settings import Settings
from models.command import shielded
from models.database_errors import AWAY
from models.mail.sending import Answer, Verdict
from workers.mail_servers import InHand, Line, MailServer, ServerAway, mail_server_of
from workers.mail_sorts import Outbox, SignInLetters, Sort
from workers.rounds import Round

#: Over so many connections mail goes at a time, and over each so many mails before it is made anew.
LINES, OVER_A_LINE = 4, 50
#: In seconds: how long a mail server that is away is left alone, at first and at most.
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 60.0
#: In seconds: between two tries to keep what became of a mail, while the database is away.
TRY_AGAIN = 1.0

log = structlog.get_logger("jobwire.worker")


def mail_round(settings: Settings) -> Round:
    """Sending, as a worker looks after it."""
    # Whoever signs in waits for it.
    sorts = SignInLetters(settings.public_url), Outbox()
    return Round("mail", Sending(mail_server_of(settings), sorts).go_on)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A letter that this process has in hand, of a sort."""

    sort: Sort
    letter: InHand


@dataclass(slots=True)
class Sending:
    """What one process sends. While the mail server is away mail waits, and none of it is held against any."""

    server: MailServer | None
    #: The sorts of mail, those first that are sent first.
    sorts: Sequence[Sort] = (Outbox(),)
    _left_alone_until: float = 0.0
    _wait: float = 0.0
    _warned: bool = field(default=False)

    async def go_on(self) -> bool:
        """Send a part of what is due. Whether there may be more."""
        now = datetime.now(UTC)
        if not any([await sort.is_due(now) for sort in self.sorts]):
            return False
        lost = sum([await _give_up(sort, now) for sort in self.sorts])
        if self.server is None:
            self._warn()
            return lost > 0
        if self._left_alone_until > _clock():
            return lost > 0
        # What is begun is finished, and kept: also when the worker is told to end.
        return await shielded(self._send(self.server)) or lost > 0

    def _warn(self) -> None:
        if not self._warned:
            log.warning("mail.no_server", hint="Set JOBWIRE_SMTP_URL. Until then mail waits.")
            self._warned = True

    async def _send(self, server: MailServer) -> bool:
        became: Counter[str] = Counter()
        lines = await asyncio.gather(*(self._over_a_line(server, became) for _ in range(LINES)))
        away = [each for each in lines if each is not None]
        if away:
            self._leave_alone(away[0])
        else:
            self._wait = 0.0
        if became:
            log.info("mail.sent", **became)
        return bool(became)

    async def _over_a_line(self, server: MailServer, became: Counter[str]) -> ServerAway | None:
        """Send what is due, one after another, until there is no more, or the server is away: then nobody has heard of
        the last one. No more is in hand than what the server is being told of, as all of it is uncertain when this
        process is killed."""
        if (taken := await self._next()) is None:
            return None
        try:
            async with server.line() as line:
                for left in reversed(range(OVER_A_LINE)):
                    answer = await self._hand_over(server, line, taken)
                    became[answer.verdict.lower()] += 1
                    await _keep(taken, answer)
                    following = await self._next() if left else None
                    if following is None:
                        break
                    taken = following
        except ServerAway as away:
            await taken.sort.release(taken.letter, datetime.now(UTC))
            return away
        return None

    async def _next(self) -> _Taken | None:
        for sort in self.sorts:
            if (letter := await sort.claim(datetime.now(UTC))) is not None:
                return _Taken(sort, letter)
        return None

    async def _hand_over(self, server: MailServer, line: Line, taken: _Taken) -> Answer:
        letter = taken.letter
        try:
            # Beside the event loop: Markdown takes as long as it likes.
            mail = await asyncio.to_thread(taken.sort.written, letter, server.sender, datetime.now(UTC))
        except Exception:  # a fault of ours: others do not wait for its remedy
            log.exception("mail.fault", mail=str(letter.id))
            return Answer(Verdict.DELAYED, "A fault of ours: it could not be written as a mail.")
        return await line.hand_over(letter, mail)

    def _leave_alone(self, away: ServerAway) -> None:
        self._wait = min(self._wait * 2 or SHORTEST_WAIT, LONGEST_WAIT)
        self._left_alone_until = _clock() + self._wait
        log.warning("mail.server_away", reason=str(away), retry_in=self._wait)


async def _give_up(sort: Sort, now: datetime) -> int:
    """See to what is not to be sent any more. Returns to how many."""
    try:
        return await sort.give_up(now)
    except AWAY:
        raise
    except Exception:  # a fault of ours: what is to be sent does not wait for its remedy
        log.exception("mail.fault")
        return 0


async def _keep(taken: _Taken, answer: Answer) -> None:
    """Keep what became of a mail, also where the database is away for a while. Longer than the mail is in hand nobody
    waits: it is uncertain then."""
    while True:
        try:
            await taken.sort.record(taken.letter, answer)
            return
        except AWAY as error:
            if datetime.now(UTC) >= taken.letter.until:
                log.warning("mail.answer_lost", mail=str(taken.letter.id), verdict=answer.verdict)
                return
            log.warning("worker.database_away", round="mail", reason=type(error).__name__)
            await asyncio.sleep(TRY_AGAIN)


def _clock() -> float:
    return asyncio.get_running_loop().time()
