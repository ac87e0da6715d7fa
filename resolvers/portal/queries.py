"""The root of the portal's queries. Another firm's things do not exist here; of the firm's own, what it shows."""

from __future__ import annotations

from itertools import chain
from operator import attrgetter
from typing import Annotated, Any

import strawberry
from strawberry.types.info import Info

from models.audiences import Audience
from models.bounds import ACCOUNTS_OF_CONTACT
from models.ids import Kind, decode
from resolvers.context import Context
from resolvers.listing import fields_of
from resolvers.naming import visible_ids
from schema.list_size import ListSize
from schema.per_viewer import Condition, always, per_viewer
from schema.portal import asked, billed, documents
from schema.portal.base import SHOWN
from schema.portal.types import SIZE, USUAL, Account, Contact, Firm, Limit, WorkInProgress
from schema.scalars import Revision
from schema.types.base import held

_MOST = ACCOUNTS_OF_CONTACT.most


def _me(info: Info):
    _ = info.context.scope
    return info.context.load.one(Kind.CONTACT, info.context.viewer.member_id)


def _firm(info: Info):
    return info.context.load.one(Kind.FIRM, info.context.firm_id)


def _revision(info: Info):
    _ = info.context.scope
    return info.context.position.revision


def _epoch(info: Info):
    _ = info.context.scope
    return str(info.context.position.epoch)


def _account(info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The id.")]):
    _ = info.context.scope
    return info.context.load.one(Kind.ACCOUNT, decode(Kind.ACCOUNT, id))


async def _accounts(info: Info):
    context: Context = info.context
    found = await held(context, context.load.several(Kind.ACCOUNT, sorted(context.scope.accounts or ())))
    return sorted(found, key=attrgetter("name_order", "id"))


async def _work_in_progress(
    info: Info,
    accounts: Annotated[
        list[strawberry.ID] | None,
        strawberry.argument(description=f"Of these accounts, 1 to {_MOST}; of all that are yours when left out."),
    ] = None,
    limit: Limit = USUAL,
):
    context: Context = info.context
    wanted = context.scope.accounts or frozenset()
    if accounts is not None:
        wanted = await visible_ids(context, Kind.ACCOUNT, accounts, _MOST, "accounts")
    found = [*chain.from_iterable(await context.load.work(limit).many(sorted(wanted)))]
    found.sort(key=attrgetter("entry"))
    found.sort(key=attrgetter("changed_at"), reverse=True)
    return found[:limit] if context.holds(min(limit, len(found))) else []


def _root(resolver: Any, description: str, *sizes: ListSize, depends: Condition | None = None) -> Any:
    """A root field. `depends` says under which scopes it depends on who asks."""
    return strawberry.field(resolver=resolver, description=description, directives=sizes, metadata=per_viewer(depends))


@strawberry.type
class AskedByItself:
    """What is neither a list of items nor of one."""

    me: Contact | None = _root(_me, "Who is signed in.", depends=always)
    firm: Firm | None = _root(_firm, "The firm whose client you are.")
    revision: Revision = _root(_revision, "The firm's revision, read before anything else in the operation.")
    epoch: strawberry.ID = _root(
        _epoch, "Names the log that revisions are of: another one means that a backup was restored."
    )
    account: Account | None = _root(_account, "One of your accounts by its id; null when it is none of yours.")
    accounts: list[Account] = _root(_accounts, f"Your accounts, by name; at most {_MOST}.", ListSize(assumed_size=3))
    work_in_progress: list[WorkInProgress] = _root(
        _work_in_progress, "The work for your accounts that the firm shows you, what changed last first.", SIZE
    )


_LISTS: dict[str, Any] = {
    name: field
    for module in (asked, billed, documents)
    for declared in module.LISTS
    for name, field in fields_of(declared, SHOWN.__getitem__, Audience.CLIENT).items()
}
Query: Any = strawberry.type(
    type("Query", (AskedByItself,), _LISTS),
    description="Everything that a client can ask: what is theirs, and of the firm's own what it shows them.",
)
