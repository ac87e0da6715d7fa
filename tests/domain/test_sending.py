"""Sending what is due: to a real mail server, which takes it, or does not, or is gone before it has said."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from uuid import UUID

import pytest
import trustme
from structlog.testing import capture_logs

from common.settings import Settings
from models.database import sql
from models.firm.contacts import create_contact
from models.mail.mails import send_mail, send_mail_again
from models.mail.sending import claim_due, expire_claims, record
from models.rows.mail import Mail, MailState
from tests.domain.refusal import counted
from tests.mail_server import CUT, MailServer, mail_server
from tests.world import World
from workers import mail, mail_servers
from workers.letters import written
from workers.mail import LINES, Sending
from workers.mail_servers import Folder, SmtpServer, mail_server_of

SENDER = "office@firm.example"


class Office:
    """A firm that is alone in its database, and writes to its clients."""

    def __init__(self, world: World) -> None:
        self.world, self.owner = world, world.acting(world.owner)

    async def mail(self, name: str) -> UUID:
        """A mail to a new contact of this name, which is due. Its id."""
        account, address = self.world.account.id, f"{name}@client.example"
        made = create_contact(self.owner, name=name, emails=[address], account_id=account, gets_mail=True)
        contact = (await made).value.id
        sent = send_mail(self.owner, contact_id=contact, account_id=account, subject=f"For {name}", text="**Hello.**")
        mail = (await sent).value.id
        await self.due(mail)
        return mail

    async def due(self, mail_id: UUID) -> None:
        await sql("UPDATE mail SET next_at = now() WHERE id = $1", mail_id)

    async def states(self) -> dict[str, MailState]:
        return {mail.to_name: mail.state for mail in await Mail.filter(firm_id=self.world.firm.id)}


@pytest.fixture
async def office(followed: World) -> AsyncIterator[Office]:
    await sql("DELETE FROM mail")
    yield Office(followed)


def to(server: MailServer, scheme: str = "smtp+insecure", who: str = "", ca: Path | None = None) -> Sending:
    """What sends to this server."""
    return Sending(SmtpServer(f"{scheme}://{who}localhost:{server.port}", SENDER, ca))


async def all_of_it(sending: Sending) -> None:
    while await sending.go_on():
        pass


async def test_what_the_server_says_is_what_becomes_of_a_mail(office: Office) -> None:
    for name in ("taken", "nobody", "later", "spam", "full", "cut"):
        await office.mail(name)
    async with mail_server() as server:
        server.to_recipient = {"nobody@client.example": "550 No such user", "later@client.example": "451 Greylisted"}
        server.to_mail = {
            "spam@client.example": "554 Looks like spam",
            "full@client.example": "452 No room",
            "cut@client.example": CUT,
        }
        sending = to(server)
        await all_of_it(sending)
        assert await office.states() == {
            "taken": MailState.SENT,
            "nobody": MailState.REFUSED,
            "later": MailState.WAITING,
            "spam": MailState.REFUSED,
            "full": MailState.WAITING,
            "cut": MailState.UNCERTAIN,
        }
        assert sorted(mail.recipient for mail in server.taken) == ["cut@client.example", "taken@client.example"]
        answers = {mail.to_name: mail.answer for mail in await Mail.filter(firm_id=office.world.firm.id)}
        assert answers["nobody"] == "550 No such user" and answers["later"] == "451 Greylisted"
        assert answers["taken"] == "Taken" and answers["spam"] == "554 Looks like spam"
        # It is not due again, and what nobody knows is never sent again by itself.
        await sql("UPDATE mail SET next_at = now() WHERE state = 'WAITING'")
        server.to_recipient = server.to_mail = {}
        await all_of_it(sending)
        found = await office.states()
        assert found["later"] == found["full"] == MailState.SENT and found["cut"] is MailState.UNCERTAIN
        sent = sorted(mail.recipient.partition("@")[0] for mail in server.taken)
        assert sent == ["cut", "full", "later", "taken"]
        # By hand it is, and it is the same mail.
        uncertain = await Mail.get(firm_id=office.world.firm.id, to_name="cut")
        await send_mail_again(office.owner, mail_id=uncertain.id)
        await office.due(uncertain.id)
        await all_of_it(sending)
        twice = [mail.message for mail in server.taken if mail.recipient == "cut@client.example"]
        assert twice[0]["Message-ID"] == twice[1]["Message-ID"] == f"<{uncertain.message_key}@firm.example>"
        (taken,) = (mail for mail in server.taken if mail.recipient == "taken@client.example")
        assert (taken.sender, taken.message["Subject"]) == (SENDER, "For taken")
        assert "**Hello.**" in taken.text and "<strong>Hello.</strong>" in taken.html


async def test_a_server_that_is_away_or_takes_nothing_is_no_matter_of_a_mail(office: Office) -> None:
    one = await office.mail("ada")
    before = await office.world.revision()
    async with mail_server() as server:
        port = server.port
        server.to_sender = "550 We do not know you"
        unknown = to(server)
        await all_of_it(unknown)
    await all_of_it(to(MailServer(port=port)))
    row = await Mail.get(id=one)
    assert (row.state, row.attempts, row.claim) == (MailState.WAITING, 0, None)
    assert await office.world.revision() == before
    async with mail_server(port=port) as server:
        # It is left alone for a while.
        await all_of_it(unknown)
        assert not server.taken
        await all_of_it(to(server))
        assert len(server.taken) == 1
    assert (await Mail.get(id=one)).state is MailState.SENT


async def test_more_mail_than_there_are_connections(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"client{number}" for number in range(3 * LINES)]
    for name in names:
        await office.mail(name)
    monkeypatch.setattr(mail, "OVER_A_LINE", 2)
    async with mail_server() as server:
        await all_of_it(to(server))
        assert sorted(mail.recipient for mail in server.taken) == sorted(f"{name}@client.example" for name in names)
    assert set((await office.states()).values()) == {MailState.SENT}


async def test_who_stood_still_until_others_gave_a_mail_up_does_not_send_it(office: Office) -> None:
    one = await office.mail("ada")
    (letter,) = await claim_due(datetime.now(UTC), 1)
    await expire_claims(letter.until, 1)
    assert (await Mail.get(id=one)).state is MailState.UNCERTAIN
    async with mail_server() as server:
        smtp = SmtpServer(f"smtp+insecure://localhost:{server.port}", SENDER)
        async with smtp.line() as line:
            late = replace(letter, until=datetime.now(UTC))
            await record(letter, await line.hand_over(late, written(late, SENDER, datetime.now(UTC))))
        # It knows that it did not go: so it is to be tried again.
        row = await Mail.get(id=one)
        assert (row.state, row.attempts, server.taken) == (MailState.WAITING, 1, [])


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def certified(authority: trustme.CA) -> ssl.SSLContext:
    """What a server shows that is called localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_it_is_encrypted_and_signed_in(
    scheme: str,
    office: Office,
    authority: trustme.CA,
    certified: ssl.SSLContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Who begins without TLS is not answered by a server that begins with it.
    monkeypatch.setattr(mail_servers, "TIMEOUT", 2.0)
    trusted, other = tmp_path / "ca.pem", tmp_path / "other.pem"
    authority.cert_pem.write_to_path(trusted)
    trustme.CA().cert_pem.write_to_path(other)
    await office.mail("ada")
    async with mail_server(tls=certified, begins_with_tls=scheme == "smtps", password="p@ss") as server:
        # Another authority's certificate, none that is trusted, another name, another password, no encryption.
        wrong = [
            to(server, scheme, "jobwire:p%40ss@", other),
            to(server, scheme, "jobwire:p%40ss@"),
            Sending(SmtpServer(f"{scheme}://jobwire:p%40ss@127.0.0.1:{server.port}", SENDER, trusted)),
            to(server, scheme, "jobwire:wrong@", trusted),
            to(server, "smtp+insecure", "jobwire:p%40ss@"),
        ]
        for sending in wrong:
            await all_of_it(sending)
            assert not server.taken
        assert await office.states() == {"ada": MailState.WAITING}
        await all_of_it(to(server, scheme, "jobwire:p%40ss@", trusted))
        assert [mail.recipient for mail in server.taken] == ["ada@client.example"]


async def test_nothing_is_said_to_a_server_that_does_not_encrypt(office: Office) -> None:
    await office.mail("ada")
    async with mail_server() as server:
        await all_of_it(to(server, "smtp", "jobwire:secret@"))
        assert not server.taken
    assert await office.states() == {"ada": MailState.WAITING}


async def test_mail_is_caught_in_a_folder(office: Office, tmp_path: Path) -> None:
    one = await office.mail("ada")
    server = mail_server_of(Settings(mail_folder=tmp_path / "mail"))
    assert isinstance(server, Folder)
    await all_of_it(Sending(server))
    key = (await Mail.get(id=one)).message_key
    (file,) = (tmp_path / "mail").iterdir()
    message = message_from_bytes(file.read_bytes(), policy=default)
    assert file.name == f"{key}.eml" and message["Message-ID"] == f"<{key}@localhost>"
    assert (await Mail.get(id=one)).state is MailState.SENT


async def test_without_a_server_mail_waits_and_it_is_said_once(office: Office) -> None:
    await office.mail("ada")
    sending = Sending(mail_server_of(Settings()))
    with capture_logs() as logs:
        for _ in range(3):
            assert not await sending.go_on()
    assert [line["event"] for line in logs] == ["mail.no_server"]
    assert await office.states() == {"ada": MailState.WAITING}


async def test_while_nothing_is_due_it_asks_one_question(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    one = await office.mail("ada")
    await sql("UPDATE mail SET next_at = now() + interval '1 hour' WHERE id = $1", one)
    async with mail_server() as server:
        with counted(caplog) as statements:
            assert not await to(server).go_on()
    assert len(statements) == 1
