"""Whoever may not see an item waits for none of its jobs: to wait would tell that it is there."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from models.actor import Actor
from models.commands.tasks import create_task, update_task
from models.errors import NotFound
from models.items.invoice_states import credit_invoice, send_invoice, void_invoice
from models.items.invoices import create_invoice, delete_invoice, update_invoice
from models.items.notes import create_note, update_note
from tests.domain.refusal import refused
from tests.kinds.invoices import line
from tests.locks import held
from tests.world import World

Make = Callable[[Actor, UUID], Awaitable[UUID]]


async def task(actor: Actor, job_id: UUID) -> UUID:
    """A task of the job."""
    return (await create_task(actor, name="Theirs", job_id=job_id)).value.id


async def note(actor: Actor, job_id: UUID) -> UUID:
    """A note on the job."""
    return (await create_note(actor, text="Theirs", job_id=job_id)).value.id


async def invoice(actor: Actor, job_id: UUID) -> UUID:
    """A draft that is linked to the job."""
    return (await create_invoice(actor, job_id=job_id, lines=[line()])).value.id


@pytest.mark.parametrize(
    ("make", "command", "named"),
    [
        (task, update_task, {"name": "Mine"}),
        (note, update_note, {"text": "Mine"}),
        (invoice, update_invoice, {"memo": "Mine"}),
        (invoice, send_invoice, {}),
        (invoice, void_invoice, {}),
        (invoice, delete_invoice, {}),
        (invoice, credit_invoice, {"amount": Decimal(1), "reason": "Mine"}),
    ],
    ids=lambda given: getattr(given, "__name__", None) or getattr(given, "called", None) or "",
)
async def test_another_firms_job_is_not_waited_for(
    world: World, database: str, make: Make, command: Any, named: dict[str, Any]
) -> None:
    other = await World.build(f"{world.tag}x")
    job = await other.job()
    id = await make(other.acting(other.owner), job.id)
    async with held(database, "job", job.id), refused(world, NotFound, f"{make.__name__}_id"):
        await command(world.acting(world.owner), **{f"{make.__name__}_id": id}, **named)


async def test_nor_is_one_that_a_member_does_not_see(world: World, database: str) -> None:
    job = await world.job()
    id = await task(world.acting(world.owner), job.id)
    async with held(database, "job", job.id), refused(world, NotFound, "task_id"):
        await update_task(world.acting(world.stranger), task_id=id, name="Mine")
