"""The mail server of processes that are killed: it may be away, and cut the connection when it has a mail."""

from collections import Counter
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from tests.mail_server import CUT, MailServer, Taken, mail_server


@dataclass
class Post:
    """A mail server that keeps its port, and what it has taken."""

    port: int = 0
    #: Each mail as often as it was taken.
    letters: list[Taken] = field(default_factory=list)
    #: Of so many mails that come next the connection is cut before the answer.
    cuts: int = 0
    _open: AbstractAsyncContextManager[MailServer] | None = None
    _server: MailServer | None = None

    async def start(self) -> None:
        """Answer, from now on."""
        self._open = mail_server(port=self.port)
        self._server = await self._open.__aenter__()
        self.port = self._server.port
        self._server.before_answer = self._note

    async def stop(self) -> None:
        """Be away."""
        if self._open is not None:
            await self._open.__aexit__(None, None, None)
            self._open = None

    @property
    def accepted(self) -> Counter[str]:
        """How often each mail was taken, by what it is known by."""
        return Counter(key_of(letter) for letter in self.letters)

    async def _note(self, letter: Taken) -> None:
        self.letters.append(letter)
        assert self._server is not None
        self._server.to_mail.pop(letter.recipient, None)
        if self.cuts:
            self.cuts -= 1
            self._server.to_mail[letter.recipient] = CUT


def key_of(letter: Taken) -> str:
    """What a mail is known by, to whoever sends it and whoever gets it."""
    return str(letter.message["Message-ID"]).strip("<>").partition("@")[0]
