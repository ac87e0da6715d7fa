"""What needs a right is told to nobody without it: as each role, and with none of the rights, one, or all but one, a
member reads everything that there is to read, and in the bytes of the answers there is no secret; and what they are
answered is the same in a firm that has other secrets.

What is a secret is said twice: by the rights of fields and of rows, of which all that they withhold must differ between
the two firms, and by the specimens (`tests/planting.py`), which know nothing of that table."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from engine.engine import Engine, _body
from engine.session import Session
from models.rights import Right
from models.rows.base import known_models
from models.scope import Scope
from models.viewers import viewer as viewer_of
from resolvers.context import Context
from schema.permissions import Guard
from tests.api.leaking import (
    Place,
    Plain,
    Question,
    derived,
    differing,
    everything,
    fields_in,
    leaks,
    questions,
    rights_of_fields,
    sheets,
    withheld_in,
)
from tests.api.planted import SHOWN_WITH, WITHHOLDING, Planted, who
from tests.api.samples import filled
from tests.planting import Secret
from tests.serving import Api
from transport.engine import Request

FIELDS = rights_of_fields()
SINGLE = [name for name in who() if name.startswith("only")]
#: Who sees the most beside a secret; and who sees the least. What these are told is compared as well.
COMPARED = ["nothing", *(name for name in who() if name.startswith("all but")), "no time", "elsewhere"]


@dataclass
class Told:
    """A firm, what its members were told of it, and the secrets in that."""

    firm: Planted
    secrets: list[Secret]
    #: The firm that has nothing but other secrets, and what its owner is told where this one is told something else.
    twin: Planted
    telling: Mapping[Place, Sequence[Question]]
    _answers: dict[str, list[bytes]] = field(default_factory=dict)
    _twins: dict[str, Planted] = field(default_factory=dict)

    async def by(self, api: Api, name: str) -> list[bytes]:
        """All that this one is answered."""
        if name not in self._answers:
            self._answers[name] = await answers(api, self.firm, name, from_things=name not in SINGLE)
        return self._answers[name]

    async def twin_of(self, name: str) -> Planted:
        """The firm that differs in what this one must not be told."""
        if name not in self._twins:
            self._twins[name] = await Planted.build(self.firm.onlookers[name].knowing)
        return self._twins[name]

    def hidden_from(self, name: str) -> list[Secret]:
        """What this one must not be told."""
        return [secret for secret in self.secrets if not self.firm.onlookers[name].may_know(secret)]


@pytest.fixture(scope="module")
async def told(database: str, api: Api) -> Told:
    """Nothing changes in it."""
    firm, twin = await Planted.build(), await Planted.build(frozenset())
    here, there = [await everything(api, each, each.firm.world.owner) for each in (firm, twin)]
    telling: dict[Place, list[Question]] = defaultdict(list)
    for (question, answer), (_, other) in zip(here, there, strict=True):
        one, two = [withheld_in([each], FIELDS) for each in (answer, other)]
        for place in one:
            if one[place] != two.get(place):
                telling[place].append(question)
    secrets = [*firm.secrets, *derived([answer for _, answer in here])]
    return Told(firm, secrets, twin, telling, _twins={"nothing": twin})


async def answers(api: Api, firm: Planted, name: str, **how: bool) -> list[bytes]:
    """All that this one is answered."""
    return [answer for _, answer in await everything(api, firm, firm.onlookers[name].member, **how)]


@pytest.mark.parametrize("name", [*who(), "admin", "owner"])
async def test_no_secret_is_in_what_is_answered(told: Told, api: Api, name: str) -> None:
    assert leaks(await told.by(api, name), told.hidden_from(name)) == []


@pytest.mark.parametrize("right", sorted(set(FIELDS.values())))
async def test_what_is_withheld_is_null_and_the_error_names_the_right(told: Told, api: Api, right: Right) -> None:
    found = set()
    for answer in map(json.loads, await told.by(api, f"all but {right}")):
        errors = {tuple(error["path"]): error for error in answer.get("errors", ())}
        for place, said, path in fields_in(answer["data"]):
            if FIELDS.get(place) is right:
                assert said is None, path
                assert errors[path]["extensions"] == {"code": "FORBIDDEN", "right": right.value}, path
                assert right.value in errors[path]["message"]
                found.add(place)
    assert found == {place for place, needed in FIELDS.items() if needed is right}


@pytest.mark.parametrize("name", COMPARED)
async def test_nor_in_a_sheet(told: Told, api: Api, name: str) -> None:
    found = await sheets(api, told.firm.onlookers[name].member, COMPARED.index(name) % 2 == 1)
    assert leaks(found, told.hidden_from(name)) == []


@pytest.mark.parametrize("name", COMPARED)
async def test_what_is_answered_does_not_depend_on_secrets(told: Told, api: Api, name: str) -> None:
    """Not what things say, nor how many there are, in which order they come, or what is refused."""
    twin = await told.twin_of(name)
    plain = [await Plain.of(told.firm), await Plain.of(twin)]
    assert differing(plain, [await told.by(api, name), await answers(api, twin, name)]) == []


async def test_all_that_is_withheld_is_a_secret_here(told: Told, api: Api) -> None:
    """Or whether it is told would not be seen."""
    missing = FIELDS.keys() - told.telling.keys()
    assert not missing, f"Let the specimens say with tests/planting.py what of it nobody is to be told: {missing}"
    rows = {model.policy.right for model in known_models().values()} - {None}
    assert rows <= {right for secret in told.firm.secrets for right in secret.known_with}
    assert [secret for secret in told.firm.secrets if not secret.known_with], "What is kept of passwords is anybody's."


@pytest.mark.parametrize("right", WITHHOLDING)
async def test_whoever_has_the_right_is_told(told: Told, api: Api, right: Right) -> None:
    """The control: none of the secrets is looked for in vain."""
    name = f"{right} with {SHOWN_WITH[right]}" if right in SHOWN_WITH else f"only {right}"
    planted = [secret for secret in told.firm.secrets if right in secret.known_with]
    found = leaks(await told.by(api, name), planted)
    assert [secret.mark for secret in planted if secret.mark not in found] == []


@pytest.mark.parametrize("right", sorted(set(FIELDS.values())))
async def test_each_field_whose_line_is_missing_is_caught(
    told: Told, api: Api, right: Right, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: as if the table did not have the fields that the right withholds. What each of them then tells is
    something else in the other firm."""
    places = {place: of for place, of in FIELDS.items() if of is right}
    _without(monkeypatch, places)
    missed = set(places)
    for number in range(max(len(told.telling[place]) for place in places)):
        # What others may know too, only those are not to be told who have no right at all.
        for name in (f"all but {right}", "nothing"):
            asked = {told.telling[place][number]: None for place in sorted(missed) if len(told.telling[place]) > number}
            one, two = [
                withheld_in([await _answer(api, firm, name, each, right) for each in asked], places)
                for firm in (told.firm, await told.twin_of(name))
            ]
            missed = {place for place in missed if one.get(place) == two.get(place)}
    assert not missed


async def _answer(api: Api, firm: Planted, name: str, asked: Question, right: Right) -> bytes:
    return await asked.called(f"Without_{right}").ask(api, firm, firm.onlookers[name].member)


def _without(monkeypatch: pytest.MonkeyPatch, places: Mapping[Place, Right]) -> None:
    permits, missing = Guard.permits, {".".join(place) for place in places}
    monkeypatch.setattr(Guard, "permits", lambda self, context: self.name in missing or permits(self, context))


async def test_a_single_line_that_is_missing_is_caught(told: Told, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    name, place = "all but MANAGE_INVOICES", ("Invoice", "total")
    (asked,) = [each for each in questions() if each.text.startswith("query Generated { invoices(")]
    _without(monkeypatch, {place: FIELDS[place]})
    answer = await asked.called("WithoutOne").ask(api, told.firm, told.firm.onlookers[name].member)
    assert leaks([answer], told.hidden_from(name))


async def test_the_owner_of_another_firm_is_told_none(told: Told, api: Api) -> None:
    answers = [answer for _, answer in await everything(api, told.firm, told.twin.firm.world.owner)]
    assert leaks(answers, told.secrets) == []
    assert leaks(answers, told.twin.secrets)


async def test_a_client_is_told_none(told: Told, engine: Engine) -> None:
    """Whatever rights they were given by mistake, and wherever."""
    member = await viewer_of(told.firm.firm.world.owner.id)
    assert member is not None
    scope = replace(Scope.of_client(member.scope.firm_id, frozenset()), accounts=None, rights=frozenset(Right))
    client, session = replace(member, scope=scope), Session("192.0.2.1", "m", member_id=member.member_id)
    answers = []
    for each in questions():
        request = Request(each.text, variables=filled(each.variables, told.firm.firm.id))
        answers.append(_body(await engine._run(engine.prepare(request, session), Context.of(client, engine._services))))
    assert leaks(answers, told.secrets) == []


def test_a_number_is_found_however_it_is_written() -> None:
    secrets = [Secret("7319531", frozenset())]
    for written in ("7319531.17", "731953117", "7319531", "7,319,531.17", '"7319532", -7319531'):
        assert leaks([written.encode()], secrets) == ["7319531"]
    for other in ("2026-03-01T10:00:00.7319531Z", "a7319531", "17319531", "731953"):
        assert leaks([other.encode()], secrets) == []
