"""How a field says that its value depends on who asks, beyond what they may see: where it is declared, with the scopes
under which it does. Of all other fields the answer is made once for everybody who may see the same, and a resolver that
reaches for the viewer then fails at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from models.audiences import Audience
from models.ids import Kind
from models.kinds import modules_in
from models.policies import hides_own
from models.scope import Scope
from models.seen import named

#: Under these a Strawberry field's metadata holds the scopes, and that it is a stream of what is the viewer's own.
PER_VIEWER = "jobwire.per_viewer"
OWN_STREAM = "jobwire.own_stream"

#: Whether it depends on the viewer under this scope.
Condition = Callable[[Scope], bool]


def always(_scope: Scope) -> bool:
    """Under every scope."""
    return True


def own_rows(*kinds: Kind, audience: Audience = Audience.TEAM) -> Condition | None:
    """Where a viewer may see rows of these kinds for no other reason than that they are their own, or for them. None
    where there are no such rows of any."""
    modules_in("models")  # Of each of them the rows are known.
    of = (named(kind).policy.of(audience) for kind in kinds)
    policies = [policy for policy in of if policy.owner is not None or policy.addressed is not None]
    return (lambda scope: any(hides_own(policy, scope) for policy in policies)) if policies else None


def where(told: Condition, condition: Condition | None) -> Condition | None:
    """The condition, under those scopes alone that are told of it at all."""
    return None if condition is None else lambda scope: told(scope) and condition(scope)


def any_of(*conditions: Condition | None) -> Condition | None:
    """Where any of them holds."""
    given = [condition for condition in conditions if condition is not None]
    return (lambda scope: any(condition(scope) for condition in given)) if given else None


def per_viewer(condition: Condition | None) -> Mapping[str, Any]:
    """The metadata that say so; none of None."""
    return {} if condition is None else {PER_VIEWER: condition}


def own_stream() -> Mapping[str, Any]:
    """The metadata of a stream of what is the viewer's own."""
    return {PER_VIEWER: always, OWN_STREAM: True}
