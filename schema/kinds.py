"""What is offered of every kind: the modules that declare it, and what they declare together."""

from __future__ import annotations

from models.ids import Kind
from models.kinds import modules_in
from schema import undo
from schema.declarations import DeclaredList, DeclaredMutation
from schema.inputs import filters, firm, jobs, pipelines, tasks
from schema.types import accounts as account_types
from schema.types import chats as chat_types
from schema.types import contacts as contact_types
from schema.types import firm as firm_types
from schema.types import jobs as job_types
from schema.types import mail as mail_types
from schema.types import personal_tokens as token_types
from schema.types import pipelines as pipeline_types
from schema.types import time as time_types
from schema.types.base import ENTITIES

#: In this order they are printed.
MODULES = (
    *(
        firm_types,
        token_types,
        account_types,
        contact_types,
        pipeline_types,
        job_types,
        time_types,
        chat_types,
        mail_types,
    ),
    *(filters, firm, pipelines, jobs, tasks),
    undo,
    *modules_in("schema"),
)
MUTATIONS: tuple[DeclaredMutation, ...] = tuple(
    declared for module in MODULES for declared in getattr(module, "MUTATIONS", ())
)
LISTS: tuple[DeclaredList, ...] = tuple(declared for module in MODULES for declared in getattr(module, "LISTS", ()))

if missing := set(Kind) - ENTITIES.keys():
    raise TypeError(f"No GraphQL type shows {', '.join(sorted(missing))}: say `@entity(…)` in one of {MODULES}.")


def type_of(kind: Kind) -> type:
    """The GraphQL type of the rows of this kind."""
    return ENTITIES[kind]
