"""How a mutation is made: of a command, an input and what it answers."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import strawberry
from strawberry.types.info import Info

from models import viewers
from models.actor import Actor
from models.bulk import Bulk
from models.command import Outcome, expect_permitted
from models.errors import Conflict, Forbidden, Refusal
from models.repeating import used_before
from resolvers.context import Context
from resolvers.fitting import check_fit
from resolvers.inputs import spoken, values_of
from schema.inputs.base import secrets_of
from schema.payloads import bulk_payload, payload
from schema.types import jobs as job_types

Command = Callable[..., Awaitable[Outcome[Any]]]


async def _perform(
    context: Context, action: str, command: Command, given: Any
) -> tuple[Outcome[Any] | None, Refusal | None]:
    """Call a command with what an input gives. Afterwards the context sees what the command was held to, or what it
    made of that."""
    try:
        actor = context.actor
        await _expect_permitted(context, actor, action, given.idempotency_key)
        values = values_of(given)
        key = values.pop("idempotency_key", None)
        secrets = values.keys() & secrets_of(given.__class__)
        content = {name: value for name, value in values.items() if name not in secrets}
        actor = actor.calling(key, action, content, secrets)
        outcome = await command(actor, **values)
    except Refusal as refusal:
        if isinstance(refusal, Conflict):
            context.see_as(await viewers.viewer(context.viewer.member_id))  # The present row is shown.
        context.refresh()
        return None, refusal
    context.see_as(await viewers.viewer(context.viewer.member_id) if outcome.rescoped else outcome.viewer)
    context.refresh()
    return outcome, None


async def _expect_permitted(context: Context, actor: Actor, action: str, key: str | None) -> None:
    try:
        expect_permitted(context.viewer, action)
    except Forbidden:
        # They might when they first sent it, which may have been to give the right away: the command then answers it.
        if not await used_before(actor.firm_id, actor.asker, key):
            raise


def one_thing(action: str, command: Command, takes: type, description: str, *, entity: str, of: type) -> Any:
    """A mutation that changes one thing."""
    check_fit(command, takes)
    answers = payload(action, entity, of, "The thing as it is now; after a CONFLICT, as it is instead.")

    async def resolver(info: Info, input):
        outcome, refusal = await _perform(info.context, action, command, input)
        if outcome is not None:
            return answers(**{entity: outcome.value}, revision=outcome.revision, errors=[])
        assert refusal is not None
        present = refusal.present if isinstance(refusal, Conflict) else None
        return answers(**{entity: present}, revision=None, errors=[spoken(refusal)])

    return _field(resolver, takes, answers, description)


def many_jobs(action: str, command: Command, takes: type, description: str) -> Any:
    """A mutation that changes many jobs."""
    check_fit(command, takes)
    answers = bulk_payload(action, "jobs", job_types.Job, "Those that were changed, as they are now.")

    async def resolver(info: Info, input):
        outcome, refusal = await _perform(info.context, action, command, input)
        if outcome is None:
            assert refusal is not None
            return answers(jobs=[], revision=None, errors=[spoken(refusal)])
        done: Bulk[Any] = outcome.value
        revision = None if outcome.refused else outcome.revision
        return answers(jobs=done.rows, revision=revision, errors=[spoken(refusal) for refusal in done.refused])

    return _field(resolver, takes, answers, description)


def _field(resolver: Any, takes: type, answers: type, description: str) -> Any:
    takes = Annotated[takes, strawberry.argument(description="What to do, and to what.")]  # type: ignore[assignment]
    resolver.__annotations__ |= {"input": takes, "return": answers | None}
    return strawberry.field(resolver=resolver, description=description)
