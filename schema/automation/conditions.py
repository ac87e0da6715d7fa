"""Conditions of automations, as clients say them and are shown them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import strawberry

from models.automation import conditions
from models.bounds import CONDITION_LEVELS, CONDITIONS, LINKED
from models.ids import Kind
from models.seen import AccountType as TypeOfAccount
from models.seen import Priority as PriorityOfJob
from schema.enums import AccountType, Priority
from schema.inputs.base import input_type, maybe_id_of, optional
from schema.types.account_roles import AccountRole
from schema.types.base import column, loaded, value
from schema.types.firm import Tag

_ONE = "Just one of its fields is set"


def _within(name: str, description: str) -> Any:
    return value(lambda condition: getattr(condition, name), f"{description}; else null.", size=1)


@strawberry.type(description=f"What is asked of a job and its account. {_ONE}.")
class AskedByCondition:
    """Its objects are `models.automation.conditions.Condition`."""

    account_tags: list[Tag] | None = loaded(
        lambda condition, context: (
            None if condition.account_tag_ids is None else context.load.several(Kind.TAG, condition.account_tag_ids)
        ),
        "The account carries all of these tags; those that are there still. Else null.",
        size=2,
    )
    account_types: list[AccountType] | None = column("The account is of one of these types; else null.")
    account_role: AccountRole | None = loaded(
        lambda condition, context: (
            None
            if condition.account_role_id is None
            else context.load.one(Kind.ACCOUNT_ROLE, condition.account_role_id)
        ),
        "Somebody holds this role at the account, and is active; else null, and where it was deleted.",
    )
    priorities: list[Priority] | None = column("The job's priority is one of these; else null.")


_WITHIN = "A condition within others of an automation"


@strawberry.type(description=f"{_WITHIN}, with none within it. {_ONE}.")
class AutomationConditionAsked(AskedByCondition):
    """Its objects are `models.automation.conditions.Condition`."""


@strawberry.type(description=f"{_WITHIN}. {_ONE}.")
class AutomationConditionPart(AskedByCondition):
    """Its objects are `models.automation.conditions.Condition`."""

    all: list[AutomationConditionAsked] | None = _within("all", "All of these hold")
    any: list[AutomationConditionAsked] | None = _within("any", "One of these holds at least")
    none: list[AutomationConditionAsked] | None = _within("none", "None of these holds")


@strawberry.type(description=f"A condition of an automation. {_ONE}.")
class AutomationCondition(AskedByCondition):
    """Its objects are `models.automation.conditions.Condition`."""

    all: list[AutomationConditionPart] | None = _within("all", "All of these hold")
    any: list[AutomationConditionPart] | None = _within("any", "One of these holds at least")
    none: list[AutomationConditionPart] | None = _within("none", "None of these holds")


def _leaf(
    account_tag_ids: Sequence[UUID] | None = None,
    account_types: Sequence[TypeOfAccount] | None = None,
    account_role_id: UUID | None = None,
    priorities: Sequence[PriorityOfJob] | None = None,
) -> conditions.Condition:
    """The condition that the command takes."""
    return conditions.Condition(
        account_tag_ids=_tuple(account_tag_ids),
        account_types=_tuple(account_types),
        account_role_id=account_role_id,
        priorities=_tuple(priorities),
    )


def _tree(
    all: Sequence[conditions.Condition] | None = None,
    any: Sequence[conditions.Condition] | None = None,
    none: Sequence[conditions.Condition] | None = None,
    account_tag_ids: Sequence[UUID] | None = None,
    account_types: Sequence[TypeOfAccount] | None = None,
    account_role_id: UUID | None = None,
    priorities: Sequence[PriorityOfJob] | None = None,
) -> conditions.Condition:
    """The condition that the command takes."""
    asked = _leaf(account_tag_ids, account_types, account_role_id, priorities)
    return replace(asked, all=_tuple(all), any=_tuple(any), none=_tuple(none))


_ALL, _ANY, _NONE = "All of these must hold.", "One of these at least must hold.", "None of these may hold."


@strawberry.input
class ConditionFields:
    """What a condition may ask for."""

    account_tag_ids: list[strawberry.ID] | None = maybe_id_of(
        Kind.TAG, f"The account must carry all of these tags; at most {LINKED.most}."
    )
    account_types: list[AccountType] | None = optional("The account must be of one of these types.")
    account_role_id: strawberry.ID | None = maybe_id_of(
        Kind.ACCOUNT_ROLE, "Somebody who is active must hold this role at the account."
    )
    priorities: list[Priority] | None = optional("The job's priority must be one of these.")


@input_type
class AutomationConditionAskedInput(ConditionFields):
    """A condition within others of an automation, with none within it: one of these is given."""

    build = staticmethod(_leaf)


@input_type
class AutomationConditionPartInput(ConditionFields):
    """A condition within others of an automation: one of these is given."""

    all: list[AutomationConditionAskedInput] | None = optional(_ALL)
    any: list[AutomationConditionAskedInput] | None = optional(_ANY)
    none: list[AutomationConditionAskedInput] | None = optional(_NONE)

    build = staticmethod(_tree)


@input_type
class AutomationConditionInput(ConditionFields):
    """A condition of an automation: one of these is given. They are three levels deep within each other at most."""

    all: list[AutomationConditionPartInput] | None = optional(_ALL)
    any: list[AutomationConditionPartInput] | None = optional(_ANY)
    none: list[AutomationConditionPartInput] | None = optional(_NONE)

    build = staticmethod(_tree)


def _tuple(values: Sequence[Any] | None) -> tuple[Any, ...] | None:
    return None if values is None else tuple(dict.fromkeys(values))


#: How many there may be, for whoever describes a field of conditions.
BOUNDS = f"{CONDITIONS.most} conditions at most, {CONDITION_LEVELS.most} levels deep at most"
