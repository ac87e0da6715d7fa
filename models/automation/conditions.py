"""Conditions of automations: small trees that are asked of a job and its account, and say why they hold or not. All of
it is pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from models import checks
from models.automation.json_values import read_as, written
from models.automation.settings import Pointer
from models.bounds import CONDITION_LEVELS, CONDITIONS
from models.errors import Invalid
from models.gathered import Gathered, together
from models.ids import Kind
from models.reasons import Reason
from models.rows import AccountType, Priority
from models.templates.content import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionFacts:
    """What conditions are asked of: the job's priority, and of its account the type, the tags that it carries and the
    roles that an active member holds there. `names` are those of tags and roles; what has none was deleted."""

    account_type: AccountType
    priority: Priority
    tags: Set[UUID]
    roles: Set[UUID]
    names: Mapping[UUID, str]


class Explained(NamedTuple):
    """Whether a condition holds, and why: what is so, as the end of a sentence."""

    holds: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One of these is said: what is asked, or conditions of which all, any or none has to hold."""

    all: tuple[Condition, ...] | None = None
    any: tuple[Condition, ...] | None = None
    none: tuple[Condition, ...] | None = None
    #: The account carries all of these.
    account_tag_ids: tuple[UUID, ...] | None = None
    #: The account is of one of these types.
    account_types: tuple[AccountType, ...] | None = None
    #: Somebody active holds this role at the account.
    account_role_id: UUID | None = None
    #: The job's priority is one of these.
    priorities: tuple[Priority, ...] | None = None

    @property
    def said(self) -> dict[str, Any]:
        """What is said: just one, once it is checked."""
        return {name: value for name in _FIELDS if (value := getattr(self, name)) is not None}

    @property
    def within(self) -> tuple[Condition, ...]:
        """The conditions that it is made of."""
        return self.all or self.any or self.none or ()

    def stored(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            name: [each.stored() for each in value] if name in _TREES else written(value)
            for name, value in self.said.items()
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Condition:
        """What is kept."""
        return cls(**{name: _read(name, value) for name, value in stored.items()})

    def checked(self) -> Condition:
        """As it is to be kept, or all that is wrong with it."""
        if len(list(_each(self))) > CONDITIONS.most:
            most, actual = CONDITIONS.most, len(list(_each(self)))
            told = f"Give at most {most} conditions, not {actual}."
            raise Invalid(told, reason=Reason.TOO_MANY, maximum=most, actual=actual)
        with Gathered() as check:
            for condition, path in _each(self):
                check(_expect_sense, condition, path)
        return self

    def explained(self, facts: ConditionFacts) -> Explained:
        """Whether it holds of these facts, and why."""
        ((name, value),) = self.said.items()
        return _EXPLAIN[name](value, facts)

    def pointers(self) -> Iterator[Pointer]:
        """To what it points."""
        for condition, path in _each(self):
            for id in condition.account_tag_ids or ():
                yield Pointer(Kind.TAG, id, (*path, "account_tag_ids"))
            if condition.account_role_id is not None:
                yield Pointer(Kind.ACCOUNT_ROLE, condition.account_role_id, (*path, "account_role_id"))


_TREES = ("all", "any", "none")
_FIELDS = (*_TREES, "account_tag_ids", "account_types", "account_role_id", "priorities")
_READ_AS = {
    "account_tag_ids": tuple[UUID, ...],
    "account_types": tuple[AccountType, ...],
    "account_role_id": UUID,
    "priorities": tuple[Priority, ...],
}


def _read(name: str, value: Any) -> Any:
    return tuple(map(Condition.of, value)) if name in _TREES else read_as(_READ_AS[name], value)


def _each(condition: Condition, path: Path = (), level: int = 1) -> Iterator[tuple[Condition, Path]]:
    """A condition and all within it, with the ways to them; not deeper than one level too many."""
    yield condition, path
    if level <= CONDITION_LEVELS.most:
        for name in _TREES:
            for place, each in enumerate(getattr(condition, name) or ()):
                yield from _each(each, (*path, name, place), level + 1)


def _expect_sense(condition: Condition, path: Path) -> None:
    if len(path) // 2 >= CONDITION_LEVELS.most:
        most = CONDITION_LEVELS.most
        told = f"Conditions are at most {most} levels deep within each other. Say it with fewer."
        raise Invalid(told, *path, reason=Reason.TOO_DEEP, maximum=most)
    if not condition.said:
        told = "Say what is asked: give one of these."
        raise Invalid(told, *path, reason=Reason.MISSING, field="all")
    name, *others = condition.said
    if others:
        told = "A condition asks for one thing. Give one of these."
        raise together([Invalid(told, *path, other, reason=Reason.ONLY_ONE, field=name) for other in others])
    value = condition.said[name]
    if isinstance(value, tuple):
        if not value:
            raise Invalid("Name one at least.", *path, name, reason=Reason.TOO_FEW, minimum=1, actual=0)
        if name not in _TREES:
            checks.at_most(value, name)


def _all(conditions: Sequence[Condition], facts: ConditionFacts) -> Explained:
    told = [each.explained(facts) for each in conditions]
    missed = [each for each in told if not each.holds]
    return Explained(not missed, _joined(missed or told))


def _any(conditions: Sequence[Condition], facts: ConditionFacts) -> Explained:
    told = [each.explained(facts) for each in conditions]
    met = [each for each in told if each.holds]
    return Explained(bool(met), _joined(met or told))


def _none(conditions: Sequence[Condition], facts: ConditionFacts) -> Explained:
    told = [each.explained(facts) for each in conditions]
    met = [each for each in told if each.holds]
    return Explained(not met, _joined(met or told))


def _joined(told: Sequence[Explained]) -> str:
    return "; ".join(dict.fromkeys(each.why for each in told))


def _account_tags(tags: Sequence[UUID], facts: ConditionFacts) -> Explained:
    missing = [id for id in tags if id not in facts.tags]
    if missing:
        return Explained(False, f"the account lacks {_named(missing, facts, 'a tag')}")
    return Explained(True, f"the account has {_named(tags, facts, 'a tag')}")


def _account_types(types: Sequence[AccountType], facts: ConditionFacts) -> Explained:
    if facts.account_type in types:
        return Explained(True, f"the account is of type {facts.account_type}")
    wanted = _listed([type.value for type in types], "or")
    return Explained(False, f"the account is of type {facts.account_type}, not {wanted}")


def _account_role(role: UUID, facts: ConditionFacts) -> Explained:
    named = _named([role], facts, "a role")
    if role in facts.roles:
        return Explained(True, f"somebody holds {named} at the account")
    return Explained(False, f"nobody holds {named} at the account")


def _priorities(priorities: Sequence[Priority], facts: ConditionFacts) -> Explained:
    if facts.priority in priorities:
        return Explained(True, f"the priority is {facts.priority}")
    wanted = _listed([priority.value for priority in priorities], "or")
    return Explained(False, f"the priority is {facts.priority}, not {wanted}")


_EXPLAIN: Mapping[str, Callable[[Any, ConditionFacts], Explained]] = {
    "all": _all,
    "any": _any,
    "none": _none,
    "account_tag_ids": _account_tags,
    "account_types": _account_types,
    "account_role_id": _account_role,
    "priorities": _priorities,
}


def _named(ids: Sequence[UUID], facts: ConditionFacts, called: str) -> str:
    return _listed([facts.names.get(id, f"{called} that was deleted") for id in ids], "and")


def _listed(words: Sequence[str], last: str) -> str:
    *others, end = words
    return f"{', '.join(others)} {last} {end}" if others else end
