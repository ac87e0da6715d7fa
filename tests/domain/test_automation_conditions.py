"""Conditions of automations: any tree, of any facts, holds as a few lines of plain logic say, and says why."""

from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from models.automation.conditions import Condition, ConditionFacts
from models.rows import AccountType, Priority

TAGS = {UUID(int=number): f"Tag {number}" for number in range(1, 4)}
ROLES = {UUID(int=number): f"Role {number}" for number in range(11, 13)}
GONE = UUID(int=99)

FACTS = st.builds(
    ConditionFacts,
    account_type=st.sampled_from(AccountType),
    priority=st.sampled_from(Priority),
    tags=st.frozensets(st.sampled_from(sorted(TAGS))),
    roles=st.frozensets(st.sampled_from(sorted(ROLES))),
    names=st.just(TAGS | ROLES),
)


def _some(values: Any) -> st.SearchStrategy[Any]:
    return st.lists(st.sampled_from(list(values)), min_size=1, max_size=3, unique=True).map(tuple)


LEAVES = st.one_of(
    st.builds(Condition, account_tag_ids=_some([*TAGS, GONE])),
    st.builds(Condition, account_types=_some(AccountType)),
    st.builds(Condition, account_role_id=st.sampled_from([*ROLES, GONE])),
    st.builds(Condition, priorities=_some(Priority)),
)


def _of(how: str, within: list[Condition]) -> Condition:
    given: dict[str, Any] = {how: tuple(within)}
    return Condition(**given)


CONDITIONS = st.recursive(
    LEAVES,
    lambda within: st.builds(_of, st.sampled_from(("all", "any", "none")), st.lists(within, min_size=1, max_size=3)),
    max_leaves=8,
)


def holds(condition: Condition, facts: ConditionFacts) -> bool:
    """The reference."""
    if condition.all is not None:
        return all(holds(each, facts) for each in condition.all)
    if condition.any is not None:
        return any(holds(each, facts) for each in condition.any)
    if condition.none is not None:
        return not any(holds(each, facts) for each in condition.none)
    if condition.account_tag_ids is not None:
        return set(condition.account_tag_ids) <= facts.tags
    if condition.account_types is not None:
        return facts.account_type in condition.account_types
    if condition.account_role_id is not None:
        return condition.account_role_id in facts.roles
    return facts.priority in (condition.priorities or ())


@settings(max_examples=200, deadline=None)
@given(condition=CONDITIONS, facts=FACTS)
def test_any_condition_holds_as_logic_has_it(condition: Condition, facts: ConditionFacts) -> None:
    told = condition.explained(facts)
    assert told.holds is holds(condition, facts)
    assert told.why and "None" not in told.why
    assert Condition(none=(condition,)).explained(facts).holds is not told.holds
    assert Condition.of(condition.stored()) == condition


def test_it_says_why_in_words() -> None:
    first, second, _ = TAGS
    role = next(iter(ROLES))
    facts = ConditionFacts(
        account_type=AccountType.COMPANY,
        priority=Priority.LOW,
        tags=frozenset({first}),
        roles=frozenset({role}),
        names=TAGS | ROLES,
    )
    tags = Condition(account_tag_ids=(first, second, GONE))
    urgent = Condition(priorities=(Priority.HIGH, Priority.URGENT))
    for condition, why in (
        (tags, "the account lacks Tag 2 and a tag that was deleted"),
        (Condition(account_tag_ids=(first,)), "the account has Tag 1"),
        (urgent, "the priority is LOW, not HIGH or URGENT"),
        (Condition(account_types=(AccountType.OTHER,)), "the account is of type COMPANY, not OTHER"),
        (Condition(account_role_id=GONE), "nobody holds a role that was deleted at the account"),
        (Condition(none=(Condition(account_role_id=role),)), "somebody holds Role 11 at the account"),
        (
            Condition(any=(urgent, tags)),
            "the priority is LOW, not HIGH or URGENT; the account lacks Tag 2 and a tag that was deleted",
        ),
    ):
        assert condition.explained(facts).why == why
