"""Mail that real workers send, which are killed, paused and told to end while they do."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import pytest

import embedded
from models.command import Change, command
from models.database import sql
from models.firm.contacts import create_contact
from models.ids import new_id
from models.mail.outbox import Letter, MailCause, put_all_in_outbox
from models.rights import EVERY_MEMBER
from models.rows.mail import Mail, MailCauseKind, MailState
from tests.databases import on, own_database
from tests.mail_server import MailServer, Taken, mail_server
from tests.system.jobwire import Jobwire, jobwire
from tests.world import World

#: So many mails, and after so many of them a worker is killed while the server has a mail and has not answered yet.
MAILS, EACH = 40, 8


@pytest.fixture
async def url(servers: embedded.Servers) -> AsyncIterator[str]:
    """A database of the test's own: workers send whatever is due."""
    async with own_database(servers, "mailed") as url, on(url):
        yield url


@command("queueInTheTests", EVERY_MEMBER, internal=True)
async def queue(change: Change, *, letters: list[Letter]) -> list[Mail]:
    """Put letters into the outbox, as an automation does."""
    return await put_all_in_outbox(change, letters)


async def write(world: World, number: int) -> None:
    """So many mails to a client, each because of something else."""
    owner = world.acting(world.owner)
    made = create_contact(owner, name="Ada", emails=["ada@client.example"], account_id=world.account.id, gets_mail=True)
    ada = (await made).value.id
    causes = [MailCause(MailCauseKind.AUTOMATION, new_id()) for _ in range(number)]
    await queue(owner, letters=[Letter(ada, "Begun", "Yes.", world.account.id, cause) for cause in causes])


def worker(url: str, server: MailServer) -> Any:
    """What a worker is told: that its Redis is away is no matter of mail."""
    return {
        "database_url": url,
        "redis_url": "redis://127.0.0.1:9",
        "smtp_url": f"smtp+insecure://127.0.0.1:{server.port}",
        "mail_from": "office@firm.example",
    }


async def ended() -> Counter[MailState]:
    """Wait until nothing waits any more: what is in hand of whoever was killed is given up."""
    async with asyncio.timeout(60):
        while (found := Counter(mail.state for mail in await Mail.all()))[MailState.WAITING]:
            await asyncio.sleep(0.05)
            await sql(_GIVE_UP)
    return found


#: The time is over for which somebody had them in hand, where nobody is to take others any more.
_GIVE_UP = """
UPDATE mail SET next_at = now() WHERE claim IS NOT NULL AND state = 'WAITING'
AND NOT EXISTS (SELECT FROM mail WHERE claim IS NULL AND state = 'WAITING')
"""


async def test_each_mail_is_taken_once_or_is_uncertain(url: str) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    await write(await World.build("mailed"), MAILS)
    async with mail_server() as server:
        with ExitStack() as stack:
            workers: list[Jobwire] = []

            def start() -> None:
                workers.append(stack.enter_context(jobwire("worker", **worker(url, server))))

            async def kill_somebody(_mail: Taken) -> None:
                if len(server.taken) % EACH == 0:
                    workers.pop(dice.randrange(len(workers))).process.kill()
                    await asyncio.to_thread(start)

            for _ in range(2):
                await asyncio.to_thread(start)
            server.before_answer = kill_somebody
            await sql("UPDATE mail SET next_at = now()")
            await ended()
            await asyncio.to_thread(_end_all, workers)
            states = await ended()
    times = Counter(mail.message["Message-ID"].partition("@")[0].strip("<") for mail in server.taken)
    print(f"{states[MailState.SENT]} sent, {states[MailState.UNCERTAIN]} uncertain")
    assert states.keys() <= {MailState.SENT, MailState.UNCERTAIN} and states.total() == MAILS
    assert states[MailState.UNCERTAIN] < MAILS / 2
    for mail in await Mail.all():
        assert times[mail.message_key] == 1 or (mail.state is MailState.UNCERTAIN and times[mail.message_key] == 0)


def _end_all(workers: list[Jobwire]) -> None:
    for each in workers:
        assert each.end() == 0
    workers.clear()


async def test_a_worker_that_is_told_to_end_says_what_became_of_what_it_has_begun(url: str) -> None:
    await write(await World.build("mailed"), 3)
    await sql("UPDATE mail SET next_at = now()")
    async with mail_server() as server:
        with jobwire("worker", **worker(url, server)) as started:
            told = False

            async def tell_to_end(mail: Taken) -> None:
                nonlocal told
                if not told:
                    told = True
                    started.process.send_signal(signal.SIGTERM)
                    await asyncio.to_thread(started.logs, "worker.")

            server.before_answer = tell_to_end
            assert await asyncio.to_thread(started.ends) == 0
    assert {mail.state for mail in await Mail.all()} == {MailState.SENT}
    assert len(server.taken) == 3


async def test_a_worker_that_is_paused_past_its_time_sends_nothing_twice(url: str) -> None:
    await write(await World.build("mailed"), 1)
    await sql("UPDATE mail SET next_at = now()")
    async with mail_server() as server:
        paused = asyncio.Event()
        with jobwire("worker", **worker(url, server)) as first:

            async def pause(mail: Taken) -> None:
                first.process.send_signal(signal.SIGSTOP)
                paused.set()

            server.before_answer = pause
            async with asyncio.timeout(60):
                await paused.wait()
            with jobwire("worker", **worker(url, server)) as second:
                await sql(_GIVE_UP)
                assert (await ended())[MailState.UNCERTAIN] == 1
                # It wakes, and finds the answer, which it knows.
                first.process.send_signal(signal.SIGCONT)
                async with asyncio.timeout(60):
                    while (await Mail.get()).state is not MailState.SENT:
                        await asyncio.sleep(0.05)
                assert await asyncio.to_thread(second.end) == 0
            assert await asyncio.to_thread(first.end) == 0
        assert len(server.taken) == 1
