"""A mail server that tests send to: it speaks SMTP, and answers as it is told to."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

#: Said of a mail instead of an answer: the connection is cut.
CUT = "CUT"


@dataclass(frozen=True)
class Taken:
    """A mail that the server has."""

    sender: str
    recipient: str
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """As a mail program reads it."""
        return message_from_bytes(self.content, policy=default)

    @property
    def text(self) -> str:
        """Its part in plain text."""
        body = self.message.get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    @property
    def html(self) -> str:
        """Its part in HTML."""
        body = self.message.get_body(("html",))
        assert body is not None
        return str(body.get_content())


@dataclass
class MailServer:
    """What it has, and what it answers: the first answers to whom it would be for, and to the mail."""

    host: str = "127.0.0.1"
    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    #: By recipient, what is answered in place of taking it.
    to_recipient: dict[str, str] = field(default_factory=dict)
    to_mail: dict[str, str] = field(default_factory=dict)
    to_sender: str | None = None
    #: Called with a mail that has come, before it is answered: it may say what is answered.
    before_answer: Callable[[Taken], Awaitable[None]] | None = None

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_sender is not None:
            return self.to_sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if (answer := self.to_recipient.get(address)) is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        (recipient,) = envelope.rcpt_tos
        assert isinstance(envelope.content, bytes)
        mail = Taken(str(envelope.mail_from), recipient, envelope.content)
        if self.to_mail.get(recipient) in (None, CUT):
            self.taken.append(mail)
        if self.before_answer is not None:
            await self.before_answer(mail)
        answer = self.to_mail.get(recipient)
        if answer == CUT:
            cast(asyncio.Transport, server.transport).abort()
        return answer or "250 Taken"


@asynccontextmanager
async def mail_server(
    *, tls: ssl.SSLContext | None = None, begins_with_tls: bool = False, password: str | None = None, port: int = 0
) -> AsyncIterator[MailServer]:
    """A mail server, for as long as the block runs."""
    server = MailServer()

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=(given.login, given.password) == (b"jobwire", (password or "").encode()))

    def protocol() -> SMTP:
        options: dict[str, Any] = {"enable_SMTPUTF8": True, "loop": asyncio.get_running_loop()}
        if tls is not None and not begins_with_tls:
            options |= {"tls_context": tls, "require_starttls": True}
        if password is not None:
            options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": not begins_with_tls}
        with warnings.catch_warnings():
            # It does not know of TLS that was there before it.
            warnings.simplefilter("ignore", UserWarning)
            return SMTP(server, **options)

    loop = asyncio.get_running_loop()
    listening = await loop.create_server(protocol, server.host, port, ssl=tls if begins_with_tls else None)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await listening.wait_closed()
