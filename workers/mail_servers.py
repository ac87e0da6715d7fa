"""Where mail goes: a mail server that speaks SMTP, or a folder where it is written to and goes no further."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
)

from common.settings import Settings
from models.mail.sending import Answer, Verdict, one_line
from workers.letters import Written

#: In seconds: how long a mail server may take for each step. All steps are far less than a mail may be in hand.
TIMEOUT = 30.0
#: From whom mail is where nobody said, and none leaves the machine.
NOBODY = "jobwire@localhost"


class ServerAway(Exception):
    """The mail server is not there, or takes nothing from us at all: that is no matter of any one mail, and none of
    those that it has not answered was heard of."""


class InHand(Protocol):
    """A mail that a worker has in hand until a moment; the key is what it is known by to those who carry it."""

    @property
    def id(self) -> UUID:
        """Its id."""

    @property
    def until(self) -> datetime:
        """Until when nobody else has it in hand."""

    @property
    def message_key(self) -> str:
        """What it is known by."""


class Line(Protocol):
    """A connection to a mail server."""

    async def hand_over(self, letter: InHand, written: Written) -> Answer:
        """Have the server take a mail. `ServerAway` where it has not heard of it."""


class MailServer(Protocol):
    """Where mail goes."""

    @property
    def sender(self) -> str:
        """From what address mail is sent."""

    def line(self) -> AbstractAsyncContextManager[Line]:
        """A connection, for as many mails as are to go. `ServerAway` where there is none."""


def mail_server_of(settings: Settings) -> MailServer | None:
    """The one that the settings name; None where mail waits for there to be one."""
    if settings.smtp_url is not None:
        assert settings.mail_from is not None
        return SmtpServer(settings.smtp_url, settings.mail_from, settings.smtp_ca)
    if settings.mail_folder is not None:
        return Folder(settings.mail_folder, settings.mail_from or NOBODY)
    return None


class SmtpServer:
    """A mail server at a URL: `smtps` begins with TLS, `smtp` goes over to it, `smtp+insecure` does neither."""

    def __init__(self, url: str, sender: str, ca: Path | None = None) -> None:
        self.sender = sender
        self._url = urlsplit(url)
        self._ca = ca
        if not self._url.hostname:
            raise ValueError("The URL of the mail server names no host.")

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        """A connection, encrypted and signed in."""
        url = self._url
        secure = url.scheme != "smtp+insecure"
        client = SMTP(
            hostname=url.hostname,
            port=url.port,
            username=None if url.username is None else unquote(url.username),
            password=None if url.password is None else unquote(url.password),
            local_hostname=self.sender.rpartition("@")[2],
            use_tls=url.scheme == "smtps",
            start_tls=url.scheme == "smtp",
            tls_context=ssl.create_default_context(cafile=self._ca) if secure else None,
            timeout=TIMEOUT,
        )
        try:
            await client.connect()
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            raise ServerAway(_said(error)) from None
        try:
            yield _SmtpLine(client, self.sender)
        finally:
            await _hang_up(client)


async def _hang_up(client: SMTP) -> None:
    try:
        await client.quit()
    except (SMTPException, OSError):
        client.close()


@dataclass(frozen=True, slots=True)
class _SmtpLine:
    _client: SMTP
    _sender: str

    async def hand_over(self, letter: InHand, written: Written) -> Answer:
        client = self._client
        if written.beyond_ascii and not client.supports_extension("smtputf8"):
            return Answer(Verdict.REFUSED, "The mail server takes no addresses with other letters than ASCII's.")
        try:
            if (refused := await self._address(written)) is not None:
                return refused
        except (SMTPException, OSError) as error:
            raise ServerAway(_said(error)) from None
        except ValueError:
            return Answer(Verdict.REFUSED, "The address has something in it that no mail server is told.")
        if datetime.now(UTC) >= letter.until:
            # This machine stood still, and somebody may have said meanwhile that nobody knows: it did not go.
            return Answer(Verdict.DELAYED, "The worker stood still for too long. It did not go.")
        try:
            _, said = await client.data(written.content)
        except SMTPResponseException as answer:
            return _verdict(answer)
        except (SMTPException, OSError) as error:
            # The mail is under way: whether it was taken stood in the answer.
            return Answer(Verdict.UNKNOWN, _said(error))
        return Answer(Verdict.TAKEN, said)

    async def _address(self, written: Written) -> Answer | None:
        """Say from whom and to whom; what the server answers of them where it takes no such mail."""
        encoding, options = ("utf-8", ["SMTPUTF8"]) if written.beyond_ascii else ("ascii", [])
        # A sender whom it does not take is a mistake of the settings: no mail is lost by it.
        await self._client.mail(self._sender, options=options, encoding=encoding)
        try:
            await self._client.rcpt(written.recipient, encoding=encoding)
        except SMTPRecipientRefused as answer:
            with suppress(SMTPException, OSError):  # Whether it hears that is the next mail's matter.
                await self._client.rset()
            return _verdict(answer)
        return None


def _verdict(answer: SMTPResponseException) -> Answer:
    """What an answer other than yes means: 4yz for now, 5yz for good (RFC 5321, 4.2.1)."""
    by_first = {2: Verdict.TAKEN, 4: Verdict.DELAYED, 5: Verdict.REFUSED}
    return Answer(by_first.get(answer.code // 100, Verdict.UNKNOWN), f"{answer.code} {answer.message}")


def _said(error: Exception) -> str:
    return one_line(f"{type(error).__name__}: {error}") or type(error).__name__


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder where each mail becomes a file that mail programs open."""

    path: Path
    sender: str

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        """The folder, which is there by then."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ServerAway(_said(error)) from None
        yield self

    async def hand_over(self, letter: InHand, written: Written) -> Answer:
        """Write it under what it is known by: written again it is the same file."""
        file = self.path / f"{letter.message_key}.eml"
        try:
            await asyncio.to_thread(_write, file, written.content)
        except OSError as error:
            raise ServerAway(_said(error)) from None
        return Answer(Verdict.TAKEN, f"Written to {file.name}.")


def _write(file: Path, content: bytes) -> None:
    beside = file.with_suffix(".part")
    beside.write_bytes(content)
    os.replace(beside, file)
