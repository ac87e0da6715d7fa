"""The firm's roles at accounts, and who holds them there."""

from __future__ import annotations

import strawberry

from models.firm.account_roles import RoleHolders
from models.ids import Kind
from models.seen import named
from schema.field_resolvers import TypeCheck
from schema.types.base import Versioned, column, entity, loaded, name_order, one
from schema.types.firm import Member


@entity(named(Kind.ACCOUNT_ROLE))
class AccountRole(Versioned):
    """A role that members hold at accounts, such as Preparer or Reviewer. It gives them no rights."""

    name: str = column("What the role is called.")
    name_order: str = name_order()


@strawberry.type(description="A role at an account, with those who hold it there.")
class AccountRoleHolders:
    """Its objects are `models.firm.account_roles.RoleHolders`."""

    role: AccountRole | None = one(Kind.ACCOUNT_ROLE, "role_id", "The role; null when it has just been deleted.")
    members: list[Member] = loaded(
        lambda held, context: context.load.several(Kind.MEMBER, held.member_ids),
        "The members who hold it, by name. Deactivated ones too, until it is taken from them.",
        size=3,
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, RoleHolders))
