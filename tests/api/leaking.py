"""What a member asks to be told all that they may be, and what of it is a secret."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from graphql import get_named_type

from models.ids import Kind, encode
from models.rights import Right
from models.rows import Member
from models.token_secrets import PREFIX
from schema.permissions import FIELDS
from tests.api.asking import QUERIES, post
from tests.api.peers import LINK, in_order
from tests.api.planted import Planted
from tests.api.samples import asked, filled
from tests.api.selections import call, document, root_fields, selection
from tests.api.test_reports import REPORTS
from tests.api.test_sheets import LISTS, XLSX, columns_of, selected
from tests.planting import Secret
from tests.serving import Api

#: Which field of which type says something.
Place = tuple[str, str]
#: So many things are asked for by their ids at once, and so many events.
MANY = 100
#: So many rows of a report.
ROWS = 20
#: So many automations from the start, and from the end: of each type there is one, and what it does is said in their
#: list alone. All at once would cost too much.
AUTOMATIONS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """An operation, with an `Id` wherever an id belongs in its variables; or on `many` of a firm's things, from this
    one on in their order."""

    text: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    many: int | None = None

    def called(self, name: str) -> Question:
        """The same under this name, under which it has not been answered yet."""
        return replace(self, text=self.text.replace("Generated", name))

    async def ask(self, api: Api, firm: Planted, member: Member) -> bytes:
        """The answer, of this firm's things."""
        if self.many is None:
            return await post(api, member, self.text, filled(self.variables, firm.firm.id))
        things = (await firm.things())[self.many :][:MANY]
        return await post(api, member, self.text, {"ids": [encode(kind, id) for kind, id in things]})


@cache
def questions() -> tuple[Question, ...]:
    """All that the roots of the schema say: each list and each report, each field for one thing with that, and the
    history of the job on which everything is."""
    found = [
        Question(
            _long(document("query", query, arguments)) if query in REPORTS else document("query", query, arguments),
            arguments,
        )
        for query in QUERIES
        for arguments, _ in asked(query, root_fields("query")[query])
        if "filter" not in arguments and query not in ("node", "nodes")
    ]
    found += [Question(_cut(name)) for name in REPORTS]
    automations = document("query", "automations")
    found += [Question(automations.replace("first: 3", f"{end}: {AUTOMATIONS}", 1)) for end in ("first", "last")]
    events = call("query", "activity").removeprefix("activity").replace("first: 3", f"first: {MANY}", 1)
    job = next(each.variables for each in found if each.text.startswith("query Generated($id: ID!) { job("))
    return (*found, Question(f"query Generated($id: ID!) {{ job(id: $id) {{ history{events} }} }}", job))


def _long(text: str) -> str:
    return text.replace("first: 3", f"first: {ROWS}", 1)


def _cut(report: str) -> str:
    """A report that tells of one row alone, that with the least of the first measure, and what the rest adds up to."""
    field = root_fields("query")[report]
    dimension, *_ = enum_of(field.args["groupBy"])
    sort: Any = get_named_type(field.args["sort"].type)
    measure = next(word for word in enum_of(sort.fields["by"]) if word != "GROUP")
    asked = f"first: 1, groupBy: [{dimension}], sort: {{ by: {measure}, direction: ASC }}"
    return f"query Generated {{ {report}({asked}) {selection(field)} }}"


def enum_of(taken: Any) -> list[str]:
    """The words of the enum that an argument or a field of an input takes."""
    named: Any = get_named_type(taken.type)
    return list(named.values)


async def everything(
    api: Api, firm: Planted, member: Member, *, from_things: bool = True
) -> list[tuple[Question, bytes]]:
    """All of them with the answers; each thing by its id; and the whole activity. It takes half the time without what
    one thing leads to."""
    by_ids = document("query", "nodes", ["ids"])
    first_ones = [each for each in questions() if from_things or not each.variables]
    asked = [*first_ones, *(Question(by_ids, many=first) for first in range(0, len(await firm.things()), MANY))]
    told = [(each, await each.ask(api, firm, member)) for each in asked]
    page, more = Question(document("query", "activity", ["after"]).replace("first: 3", f"first: {MANY}", 1)), True
    while more:
        answer = await page.ask(api, firm, member)
        told.append((page, answer))
        info = json.loads(answer)["data"]["activity"]["pageInfo"]
        page, more = replace(page, variables={"after": info["endCursor"]}), info["hasNextPage"]
    return told


async def sheets(api: Api, member: Member, odd: bool) -> list[bytes]:
    """Each list and each report as a sheet: every other one in CSV, or in XLSX, the parts of which are packed."""
    told = []
    for number, (name, rows) in enumerate([(name, "nodes") for name in LISTS] + [(name, "rows") for name in REPORTS]):
        whole: Any = get_named_type(root_fields("query")[name].type)
        columns = selected(list(columns_of(get_named_type(whole.fields[rows].type))))
        media = XLSX if number % 2 == odd else "text/csv"
        answer = await api.sheet(member, f"{{ {name} {{ {rows} {{ {columns} }} }} }}", media=media)
        told += _unpacked(answer.body) if answer.headers["content-type"] == XLSX else [answer.body]
    return told


def _unpacked(body: bytes) -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        return [book.read(name) for name in book.namelist()]


def leaks(told: Iterable[bytes], secrets: Iterable[Secret]) -> list[str]:
    """Those of the secrets that are in what was told: as texts, and as numbers written in any way."""
    whole = b"\n".join(told).decode()
    numbers = _numbers_in(whole)
    return [
        secret.mark
        for secret in secrets
        if (secret.mark in numbers if secret.mark.isdecimal() else secret.mark in whole)
    ]


#: A number that is no part of a word, with or without commas between its thousands.
_NUMBER = re.compile(r"(?<![0-9A-Za-z.])\d(?:,?\d){6,}")


def _numbers_in(text: str) -> set[str]:
    """The numbers of seven digits or more in a text, and what they begin with: so do an amount in cents, and what is
    rounded to it, begin with its whole."""
    numbers = {found.replace(",", "") for found in _NUMBER.findall(text)}
    return {number[:length] for number in numbers for length in range(7, len(number) + 1)}


def fields_in(value: Any, *path: str | int) -> Iterator[tuple[Place, Any, tuple[str | int, ...]]]:
    """Each field of each thing in an answer, with what it says and the path to it."""
    if isinstance(value, dict):
        of = value.get("__typename", "")
        for name, inner in value.items():
            # Where types say different things by one name, the type's own name comes after it.
            yield (of, name.partition("_")[0] or name), inner, (*path, name)
            yield from fields_in(inner, *path, name)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from fields_in(inner, *path, number)


def _leaves(value: Any) -> Iterator[str | int]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if not name.startswith("__"):
                yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif isinstance(value, str | int):
        yield value


def withheld_in(told: Iterable[bytes], fields: Mapping[Place, Right]) -> dict[Place, list[Any]]:
    """What answers say in fields that a right withholds."""
    found: dict[Place, list[Any]] = {}
    for answer in told:
        for place, inner, _ in fields_in(json.loads(answer).get("data")):
            if place in fields and inner is not None:
                found.setdefault(place, []).append(inner)
    return found


def rights_of_fields() -> dict[Place, Right]:
    """The right that each withheld field needs."""
    return {place: needed.right for place, needed in FIELDS.items() if needed.right is not None}


def derived(told: Sequence[bytes]) -> list[Secret]:
    """What whoever may be told everything was told of what is withheld, as far as it is nowhere else and can be looked
    for: sums and shares of secrets, and texts that are made of them."""
    fields = rights_of_fields()
    known_with: dict[str, set[Right]] = {}
    for place, values in withheld_in(told, fields).items():
        for mark in filter(None, map(_mark, _leaves(values))):
            known_with.setdefault(mark, set()).add(fields[place])
    found = [Secret(mark, frozenset(of)) for mark, of in known_with.items()]
    told_to_all = leaks(["\n".join(str(each) for each in _open(told, fields)).encode()], found)
    return [secret for secret in found if secret.mark not in told_to_all]


def _open(told: Iterable[bytes], fields: Mapping[Place, Right]) -> Iterator[str | int]:
    def without(value: Any) -> Any:
        if isinstance(value, list):
            return [without(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        of = value.get("__typename", "")
        return {
            name: without(inner)
            for name, inner in value.items()
            if (of, name.partition("_")[0]) not in fields and not (name in _CHANGED and "field" in value)
        }

    for answer in told:
        yield from _leaves(without(json.loads(answer).get("data")))


#: What fields were and became needs the right that each needs.
_CHANGED = {"before", "after"}


def _mark(leaf: str | int) -> str | None:
    """What can be looked for of a value: of an amount its whole, of a text all of it. Of what is short there is too
    much by chance."""
    whole = str(leaf).partition(".")[0] if re.fullmatch(r"-?\d+(\.\d+)?", str(leaf)) else str(leaf)
    whole = whole.removeprefix("-")
    return whole if len(whole) >= (7 if whole.isdecimal() else 12) and "T" not in whole[10:11] else None


#: What no two firms have the same: ids, moments, digests of what has ids in it, secrets that are made at random, and
#: the cursors of pages, in which such things are.
_OWN = re.compile(
    rf"(?P<id>\b(?:{'|'.join(sorted(Kind, key=len, reverse=True))})_[0-9a-hjkmnp-tv-z]{{26}}\b)"
    r'|(?<=ursor":)"[^"]*"'
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:\d\d)"
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|\b[0-9a-f]{64}\b"
    rf"|{PREFIX}\w+"
    r"|(?<=/webhooks/stripe/)[\w-]+"
)


@dataclass(frozen=True, slots=True)
class Plain:
    """Answers of a firm in words that its twin has too: things by their places among those of their kind."""

    word: str
    names: Mapping[str, str]

    @classmethod
    async def of(cls, firm: Planted) -> Plain:
        """As of now."""
        return cls(firm.firm.word, await firm.names())

    def __call__(self, answer: bytes) -> str:
        """The answer, with its errors in the order of their paths."""
        ordered = in_order(answer) if b'"errors"' in answer else LINK.sub(b"?link=", answer)
        return _OWN.sub(self._called, ordered.decode()).replace(self.word, "word")

    def _called(self, found: re.Match[str]) -> str:
        own = '"own"' if found[0].startswith('"') else "own"
        return self.names.get(found["id"], "unknown") if found["id"] else own


def differing(plain: Sequence[Plain], told: Sequence[Sequence[bytes]]) -> list[Any]:
    """Of answers that are not the same in both firms the first place where they differ."""
    found = []
    for one, two in zip(*told, strict=True):
        answers = plain[0](one), plain[1](two)
        if answers[0] != answers[1]:
            found.append(next(_differences(*map(json.loads, answers))))
    return found


def _differences(one: Any, two: Any, *path: Any) -> Iterator[tuple[Any, Any]]:
    """Where two answers differ, and how."""
    if isinstance(one, dict) and isinstance(two, dict) and one.keys() == two.keys():
        for name in one:
            yield from _differences(one[name], two[name], *path, name)
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        for place, each in enumerate(zip(one, two, strict=True)):
            yield from _differences(*each, *path, place)
    elif one != two:
        yield path, (one, two)
