"""Who sees a row is declared with the row; where nothing is declared, nobody sees anything."""

from collections.abc import Iterator
from typing import Any

import pytest

from models.audiences import Audience
from models.ids import Kind
from models.kinds import modules_in
from models.policies import Policy, for_clients
from models.rights import Right
from models.rows import Row, Tag, model_of, register


def _classes(of: Any = Row) -> Iterator[Any]:
    for cls in of.__subclasses__():
        yield from _classes(cls)
        if not getattr(cls.Meta, "abstract", False):
            yield cls


def test_every_kind_has_its_class_and_every_class_its_kind() -> None:
    modules_in("models")
    known = {model_of(kind) for kind in Kind}
    assert {model.kind for model in known} == set(Kind)
    declared = {cls for cls in _classes() if cls.__module__.startswith("models.")}
    assert declared == known, "Say `register(…)` below it, or in models/rows/__init__.py."


@pytest.mark.parametrize("asks", [{}, {"owner": "member_id"}, {"firm": "id"}], ids=str)
def test_what_asks_for_nothing_is_no_policy(asks: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="who sees"):
        Policy(**asks)
    assert Policy(**asks, whole_team=True)


@pytest.mark.parametrize(
    "asks",
    [{"account": "id"}, {"pipeline": "id"}, {"with_jobs": True}, {"job": "job_id"}, {"right": Right.MANAGE_TAGS}],
)
def test_whole_team_and_only_some_is_a_contradiction(asks: dict[str, Any]) -> None:
    assert Policy(**asks)
    with pytest.raises(TypeError, match="not both"):
        Policy(**asks, whole_team=True)


def test_what_clients_see_is_a_policy_of_theirs() -> None:
    team = Policy(account="id", clients=for_clients(account="id"))
    assert team.of(Audience.TEAM) is team and team.of(Audience.CLIENT) is team.clients
    assert Tag.policy.of(Audience.CLIENT) is Tag.policy, "It does not serve them."
    with pytest.raises(TypeError, match="for_clients"):
        Policy(account="id", clients=Policy(account="id"))
    with pytest.raises(TypeError, match="for_clients"):
        Policy(account="id", clients=for_clients(account="id", clients=for_clients(account="id")))
    with pytest.raises(TypeError, match="whose it is"):
        Policy(only_own=True)


class Nobodys:
    """Rows of which it was not said who sees them."""

    kind = Kind.TAG


class Seconds:
    """Rows of a kind that has its rows."""

    kind = Kind.TAG
    policy = Tag.policy


def test_a_class_without_a_policy_is_refused() -> None:
    with pytest.raises(TypeError, match="Nobodys has no policy"):
        register(Nobodys)  # type: ignore[arg-type]
    assert model_of(Kind.TAG) is Tag


def test_so_is_a_second_class_of_a_kind() -> None:
    with pytest.raises(TypeError, match="Seconds has the kind of Tag"):
        register(Seconds)  # type: ignore[arg-type]
    assert model_of(Kind.TAG) is Tag
