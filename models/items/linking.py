"""The commands that link an item to a job and unlink it, which are alike for every kind."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from models.actions import Command
from models.command import Change, Outcome, command
from models.items import item as items
from models.items.item import Held
from models.rights import Requirement, Right, Role
from models.rows import Item, Job

I = TypeVar("I", bound=Item)  # noqa: E741 - an item

Needs = Requirement | Right | Role


def linking(model: type[I], needs: Needs) -> Command[..., Outcome[I]]:
    """The command `link…` of a kind of items: besides the jobs that one is linked to, or to one if that is the most."""
    spoken = model.kind.spoken
    told = f"Link {_article(spoken)} to a job of its account, besides those that it is linked to."
    if model.one_job:
        told = f"Link {_article(spoken)} to a job of its account."

    async def link(change: Change, held: Held[I], job: Job) -> None:
        if items.may_link(held, job):
            await items.link(change, held, job)

    return _command(model, needs, "link", told, link)


def unlinking(model: type[I], needs: Needs) -> Command[..., Outcome[I]]:
    """The command `unlink…` of a kind of items."""
    spoken = model.kind.spoken
    told = f"Take {_article(spoken)} off a job. The {spoken} stays with the account."

    async def unlink(change: Change, held: Held[I], job: Job) -> None:
        await items.unlink(change, held, job.id)

    return _command(model, needs, "unlink", told, unlink)


def _article(spoken: str) -> str:
    return f"{'an' if spoken[0] in 'aeiou' else 'a'} {spoken}"


def _command(
    model: type[I], needs: Needs, verb: str, told: str, act: Callable[[Change, Held[I], Job], Any]
) -> Command[..., Outcome[I]]:
    name = f"{model.kind}_id"

    async def body(change: Change, *, job_id: UUID, expected_version: int | None = None, **named: UUID) -> I:
        held, job = await items.lock_with_job(change, model, named[name], name, job_id)
        held.item.expect(expected_version)
        await act(change, held, job)
        return held.item

    body.__name__ = body.__qualname__ = f"{verb}_{model.kind}"
    body.__doc__ = told
    # As if it were written out for this kind: the input's fields are held against it.
    body.__annotations__ |= {name: UUID, "return": model}
    given = inspect.signature(body).parameters
    first = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=UUID)
    kept = [given["change"], first, given["job_id"], given["expected_version"]]
    body.__signature__ = inspect.Signature(kept, return_annotation=model)  # type: ignore[attr-defined]
    return command("".join([verb, *(word.capitalize() for word in model.kind.split("_"))]), needs)(body)
