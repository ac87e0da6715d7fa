"""Account roles, as clients add them and give them to members. The type is in schema/types/account_roles.py: accounts
show it."""

from __future__ import annotations

import strawberry

from models.bounds import LINKED
from models.firm import account_roles
from models.ids import Kind
from models.seen import named
from models.texts import LABEL
from schema.declarations import listing, mutation
from schema.inputs.base import Expecting, Keyed, change, id_of, input_type, needed, own_id


@input_type
class CreateAccountRoleInput(Keyed):
    """A role to add."""

    id: strawberry.ID | None = own_id(Kind.ACCOUNT_ROLE)
    name: str = needed(f"{LABEL.bounds}; no other role may have it, in any spelling.")


@input_type
class UpdateAccountRoleInput(Expecting):
    """What to change about a role. What is left out stays."""

    account_role_id: strawberry.ID = id_of(Kind.ACCOUNT_ROLE, "The role.")
    name: str | None = change(f"{LABEL.bounds}; no other role may have it, in any spelling.")


@input_type
class AccountRoleInput(Expecting):
    """Which role."""

    account_role_id: strawberry.ID = id_of(Kind.ACCOUNT_ROLE, "The role.")


@input_type
class SetAccountRoleHoldersInput(Expecting):
    """Who holds a role at an account."""

    account_id: strawberry.ID = id_of(Kind.ACCOUNT, "The account: the expected version is the account's.")
    account_role_id: strawberry.ID = id_of(Kind.ACCOUNT_ROLE, "The role.")
    member_ids: list[strawberry.ID] = id_of(
        Kind.MEMBER, f"Just these, at most {LINKED.most}; from others it is taken. They need not be on its team."
    )


MUTATIONS = (
    mutation(account_roles.create_account_role, CreateAccountRoleInput),
    mutation(account_roles.update_account_role, UpdateAccountRoleInput),
    mutation(account_roles.delete_account_role, AccountRoleInput),
    mutation(account_roles.set_account_role_holders, SetAccountRoleHoldersInput),
)
LISTS = (
    listing(
        named(Kind.ACCOUNT_ROLE),
        order="name_order",
        description="The firm's roles at accounts, by name.",
    ),
)
