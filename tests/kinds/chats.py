"""Chats: how one is opened, and how their events come about."""

from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID

from models.actor import Actor
from models.ids import Kind
from models.items import chats
from models.rows.chats import Chat
from tests.kinds import contacts
from tests.kinds.notes import hidden_job
from tests.live.scenarios import causes, owner_of
from tests.lives import Life, Step, given
from tests.specimens import Specimens, Spot
from tests.world import World


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One in which the client is asked for two things, with a message."""
    made = chats.create_chat(
        actor,
        subject=word,
        text=f"{word}, please",
        client_tasks=[f"{word} W-2", f"{word} 1099"],
        account_id=spot.account,
        job_id=spot.job,
    )
    return (await made).value.id


async def make_loose(actor: Actor, word: str, spot: Spot) -> UUID:
    """A chat on the account alone."""
    return (await chats.create_chat(actor, subject=word, account_id=spot.account)).value.id


async def _found_by(chat: Chat) -> tuple[str, str]:
    return chat.subject, ""


_asking = partial(Step, awaits="CHECKING_OFF")


def _checked(number: int, checked: bool, awaits: str | None = None) -> Step:
    return Step(
        mutation="checkClientTask",
        given=given(number=number, checked=checked),
        event="ClientTaskChecked",
        for_client=True,
        awaits=awaits,
    )


LIVES = [
    Life(
        made=Step(mutation="createChat", given=given(subject="Papers"), event="ChatCreated"),
        steps=[
            _asking(
                mutation="setClientTasks", given=given(clientTasks=["The W-2", "The 1099"]), event="ClientTasksChanged"
            ),
            _asking(mutation="updateChat", given=given(subject="The papers"), event="ChatUpdated"),
            _checked(1, True, "CHECKING_OFF"),
            _checked(2, True),
            _checked(1, False, "CHECKING_OFF"),
        ],
        end=Step(mutation="deleteChat", event="ChatDeleted"),
    ),
    # In which the client is asked for something from the beginning.
    Life(
        made=_asking(
            mutation="createChat",
            given=given(subject="Papers", text="Please send them.", clientTasks=["The W-2"]),
            event="ChatCreated",
            also=frozenset({"MessagePosted"}),
        ),
        steps=[_checked(1, True)],
    ),
]

SPECIMENS = Specimens(
    kind=Kind.CHAT,
    make=make,
    hidden_with=frozenset({"account"}),
    further={"loose chat": make_loose},
    chosen={"linkChat.chatId": "loose chat"},
    not_any_more={
        "updateChat": ["UPDATE chat SET subject = E'\\t' WHERE id = $1"],
        "setClientTasks": [
            "UPDATE chat SET client_tasks = jsonb_set(client_tasks, '{0,name}', to_jsonb(E'\\t'::text)) WHERE id = $1"
        ],
    },
    facts={"search": _found_by},
    lives=LIVES,
)


async def on_jobs(world: World, *more: UUID) -> UUID:
    """A chat on a job that the employee sees, and on these."""
    chat = await make(owner_of(world), "Papers", Spot(world.account.id, (await world.job()).id))
    for job in more:
        await chats.link_chat(owner_of(world), chat_id=chat, job_id=job)
    return chat


@causes(chats.ChatCreated)
async def created(world: World) -> AsyncIterator[None]:
    jobs = [(await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await make(owner_of(world), "Papers", Spot(world.account.id, job))


@causes(chats.ChatUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    chat = await on_jobs(world, await hidden_job(world))
    yield
    await chats.update_chat(owner_of(world), chat_id=chat, subject="The papers of 2025")


@causes(chats.ClientTasksChanged)
async def client_tasks_changed(world: World) -> AsyncIterator[None]:
    chat = await on_jobs(world, await hidden_job(world))
    yield
    await chats.set_client_tasks(owner_of(world), chat_id=chat, client_tasks=["Papers 1099", "K-1"])


@causes(chats.ClientTaskChecked)
async def client_task_checked(world: World) -> AsyncIterator[None]:
    chat = await on_jobs(world, await hidden_job(world))
    contact = await contacts.make(owner_of(world), "Ada", Spot(world.account.id))
    yield
    for number in (1, 2):
        await chats.check_client_task(owner_of(world), chat_id=chat, number=number, checked=True, contact_id=contact)


@causes(chats.ChatLinked)
async def linked(world: World) -> AsyncIterator[None]:
    chat, jobs = await on_jobs(world), [(await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await chats.link_chat(owner_of(world), chat_id=chat, job_id=job)


@causes(chats.ChatUnlinked)
async def unlinked(world: World) -> AsyncIterator[None]:
    jobs = [(await world.job()).id, await hidden_job(world)]
    chat = await on_jobs(world, *jobs)
    yield
    for job in jobs:
        await chats.unlink_chat(owner_of(world), chat_id=chat, job_id=job)


@causes(chats.ChatDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    chat = await on_jobs(world, await hidden_job(world))
    yield
    await chats.delete_chat(owner_of(world), chat_id=chat)
