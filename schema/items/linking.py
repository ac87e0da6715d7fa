"""Linking items to jobs and unlinking them, as clients ask for it: alike for every kind."""

from __future__ import annotations

from typing import Any

import strawberry

from models.actions import Command
from models.command import Outcome
from models.ids import Kind
from schema.declarations import DeclaredMutation, mutation
from schema.inputs.base import Expecting, id_of, input_type


def links(*commands: Command[..., Outcome[Any]]) -> tuple[DeclaredMutation, ...]:
    """The mutations of the commands that link an item of a kind and unlink it (`models.items.linking`)."""
    (kind,) = {command.makes.model.kind for command in commands}
    takes = _item_of_job(kind)
    return tuple(mutation(command, takes) for command in commands)


def _item_of_job(kind: Kind) -> type:
    name = "".join(word.capitalize() for word in kind.split("_"))
    body = {
        "__doc__": f"Which {kind.spoken}, and which job.",
        "__module__": __name__,
        "__annotations__": {f"{kind}_id": strawberry.ID, "job_id": strawberry.ID},
        f"{kind}_id": id_of(kind, f"The {kind.spoken}."),
        "job_id": id_of(Kind.JOB, "A job of the same client."),
    }
    return input_type(type(f"{name}OfJobInput", (Expecting,), body))
