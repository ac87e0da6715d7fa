"""How a mutation is made of what is declared: a command and its input. What it answers follows from the rows that the
command returns."""

from dataclasses import replace
from typing import Annotated, Any

import strawberry
from strawberry.types.info import Info
from strawberry.utils.str_converters import to_camel_case

from models.actions import Action, Command
from models.actor import Actor
from models.bulk import Bulk
from models.command import Outcome, expect_permitted
from models.errors import Conflict, Forbidden, Invalid, Refusal
from models.ids import plural
from models.repeating import used_before
from models.seen import Row
from resolvers.context import Context
from resolvers.fitting import check_fit
from resolvers.inputs import Reading, spoken
from schema.declarations import Answer, DeclaredMutation
from schema.inputs.base import secrets_of
from schema.kinds import type_of
from schema.payloads import bulk_payload, payload
from schema.permissions import described, requires


async def _perform(
    context: Context, command: Command[..., Outcome[Any]], given: Any
) -> tuple[Outcome[Any] | None, Refusal | None]:
    """Call a command with what an input gives. Afterwards the context sees what the command was held to, or what it
    made of that."""
    try:
        actor = context.actor
        await _expect_permitted(context, actor, command.action, given.idempotency_key)
        reading = Reading.of(given)
        values = reading.values
        actor = _calling(actor, command.action, given, reading)
        outcome = await command(replace(actor, unread=tuple(reading.unread)), **values)
    except Refusal as refusal:
        if isinstance(refusal, Conflict):
            context.see_as(await context.present_viewer())  # The present row is shown.
        context.refresh()
        return None, refusal
    context.see_as(await context.present_viewer() if outcome.rescoped else outcome.viewer)
    context.refresh()
    return outcome, None


def _calling(actor: Actor, action: Action, given: Any, reading: Reading) -> Actor:
    """The actor, for a call with the key that was given, if one was: it is no value of the command's."""
    key = reading.values.pop("idempotency_key", None)
    secrets = reading.values.keys() & secrets_of(given.__class__)
    content = {name: value for name, value in reading.values.items() if name not in secrets}
    try:
        return actor.calling(key, action.name, content, secrets)
    except Invalid as refusal:
        reading.unread.append(refusal)
        return actor


async def _expect_permitted(context: Context, actor: Actor, action: Action, key: str | None) -> None:
    try:
        expect_permitted(context.viewer, action)
    except Forbidden:
        # They might when they first sent it, which may have been to give the right away: the command then answers it.
        if not await used_before(actor.firm_id, actor.asker, key):
            raise


def mutation_field(declared: DeclaredMutation) -> Any:
    """The field of a declared mutation."""
    check_fit(declared.command, declared.takes)
    if declared.answers is not None:
        return _of_result(declared, declared.answers)
    model, many = declared.command.makes
    return _of_many(declared, model) if many else _of_one(declared, model)


def _of_one(declared: DeclaredMutation, model: type[Row]) -> Any:
    """A mutation that changes one thing."""
    thing = to_camel_case(model.kind)
    told = "The thing as it is now; after a CONFLICT, as it is instead."
    answers = payload(declared.name, thing, type_of(model.kind), told, declared.once)

    def once(made: Any) -> dict[str, Any]:
        return {name: getattr(made, name, None) for name in declared.once}

    async def resolver(info: Info, input):
        outcome, refusal = await _perform(info.context, declared.command, input)
        if outcome is not None:
            return answers(**{thing: outcome.value}, **once(outcome.value), revision=outcome.revision, errors=[])
        assert refusal is not None
        present = refusal.present if isinstance(refusal, Conflict) else None
        return answers(**{thing: present}, **once(None), revision=None, errors=spoken(refusal))

    return _field(resolver, declared, answers)


def _of_result(declared: DeclaredMutation, answer: Answer) -> Any:
    """A mutation that says what it did."""
    answers = payload(declared.name, answer.field, answer.of, answer.description, declared.once)

    async def resolver(info: Info, input):
        outcome, refusal = await _perform(info.context, declared.command, input)
        if outcome is not None:
            return answers(**{answer.field: outcome.value}, revision=outcome.revision, errors=[])
        assert refusal is not None
        return answers(**{answer.field: None}, revision=None, errors=spoken(refusal))

    return _field(resolver, declared, answers)


def _of_many(declared: DeclaredMutation, model: type[Row]) -> Any:
    """A mutation that changes many things."""
    things = to_camel_case(plural(model.kind))
    answers = bulk_payload(declared.name, things, type_of(model.kind), "Those that were changed, as they are now.")

    async def resolver(info: Info, input):
        outcome, refusal = await _perform(info.context, declared.command, input)
        if outcome is None:
            assert refusal is not None
            return answers(**{things: []}, revision=None, errors=spoken(refusal))
        done: Bulk[Any] = outcome.value
        revision = None if outcome.refused else outcome.revision
        refused = [error for refusal in done.refused for error in spoken(refusal)]
        return answers(**{things: done.rows}, revision=revision, errors=refused)

    return _field(resolver, declared, answers)


def _field(resolver: Any, declared: DeclaredMutation, answers: type) -> Any:
    takes: Any = Annotated[declared.takes, strawberry.argument(description="What to do, and to what.")]
    resolver.__annotations__ |= {"input": takes, "return": answers | None}
    needed = declared.command.action.needs
    description = described(declared.description, needed)
    return strawberry.field(resolver=resolver, description=description, directives=requires(needed))
