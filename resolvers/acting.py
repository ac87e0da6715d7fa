"""How a mutation is made: of a command, an input and what it answers."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Any

import strawberry
from strawberry.types.info import Info

from models import viewers
from models.bulk import Bulk
from models.command import Outcome
from models.errors import Conflict, Refusal
from resolvers.context import Context
from resolvers.inputs import spoken, values_of
from schema.inputs.base import secrets_of
from schema.payloads import bulk_payload, payload
from schema.types import jobs as job_types

Command = Callable[..., Awaitable[Outcome[Any]]]


async def _perform(
    context: Context, action: str, command: Command, given: Any
) -> tuple[Outcome[Any] | None, Refusal | None]:
    """Call a command with what an input gives. Afterwards the context sees what the caller now may see."""
    try:
        values = values_of(given)
        key = values.pop("idempotency_key", None)
        secrets = values.keys() & secrets_of(given.__class__)
        content = {name: value for name, value in values.items() if name not in secrets}
        actor = context.actor.calling(key, action, content, secrets)
        outcome = await command(actor, **values)
    except Refusal as refusal:
        context.refresh()
        return None, refusal
    if outcome.rescoped:
        now = await viewers.viewer(context.viewer.member_id)
        context.known_scope = now.scope if now else context.known_scope
        context.known_viewer = now and replace(now, session_id=context.viewer.session_id)
    context.refresh()
    return outcome, None


def one_thing(action: str, command: Command, takes: type, description: str, *, entity: str, of: type) -> Any:
    """A mutation that changes one thing."""
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
    answers = bulk_payload(action, "jobs", job_types.Job, "Those that were changed, as they are now.")

    async def resolver(info: Info, input):
        outcome, refusal = await _perform(info.context, action, command, input)
        if outcome is None:
            assert refusal is not None
            return answers(jobs=[], revision=None, errors=[spoken(refusal)])
        done: Bulk[Any] = outcome.value
        return answers(jobs=done.rows, revision=outcome.revision, errors=[spoken(refusal) for refusal in done.refused])

    return _field(resolver, takes, answers, description)


def _field(resolver: Any, takes: type, answers: type, description: str) -> Any:
    takes = Annotated[takes, strawberry.argument(description="What to do, and to what.")]  # type: ignore[assignment]
    resolver.__annotations__ |= {"input": takes, "return": answers | None}
    return strawberry.field(resolver=resolver, description=description)
