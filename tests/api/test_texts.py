"""Every text that a mutation takes: one line of visible text, unless it is known to have more."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type, is_list_type

from models.errors import Code
from tests.api.asking import MUTATIONS, refused_of_each
from tests.api.furnished import Furnished, having
from tests.api.samples import Sampler, filled
from tests.api.selections import root_fields
from tests.api.untouched import untouched
from tests.serving import Api
from tests.texts import CONTROLS, NO_LINE, NOTHING

#: They may have lines; the first of these may also be empty.
MANY_LINES = {"description", "introduction", "memo", "note"}
MARKDOWN = {"evidence", "text"}
#: What stands besides in a reminder, or in a mail that tells of something: it may say nothing more.
MAY_BE_EMPTY = {
    ("remindOfClientRequest", "text"),
    ("remindOfOrganizer", "text"),
    *(
        (mutation, asked, *way)
        for mutation in ("createAutomation", "updateAutomation")
        for asked in ("sendClientRequest", "sendOrganizer")
        for way in (("text",), ("reminders", "text"))
    ),
}
#: What lists are filtered and sorted by, which is walked elsewhere.
OF_LISTS = {"filter", "sort"}
#: They name what other texts of the same input are, and are held to the same rules.
NAMING = {"shownWhen"}
#: Kept as a hash, and never shown.
SECRETS = {"currentPassword", "newPassword", "password"}


def texts(type_: GraphQLInputObjectType) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The way to each of an input's fields that takes text, and whether that is a list. Of each list that a way leads
    through it is in the first one."""
    for name, field in type_.fields.items():
        named = get_named_type(field.type)
        several = is_list_type(getattr(field.type, "of_type", field.type)) or is_list_type(field.type)
        if isinstance(named, GraphQLInputObjectType) and name not in OF_LISTS | NAMING:
            place = ("0",) if several else ()
            yield from (((name, *place, *way), inner) for way, inner in texts(named))
        elif named.name == "String":
            yield (name,), several


def _texts(mutation: str) -> list[tuple[str, tuple[str, ...], bool]]:
    type_: Any = get_named_type(root_fields("mutation")[mutation].args["input"].type)
    return [(mutation, *text) for text in texts(type_) if text[0][-1] not in SECRETS]


TEXTS = [text for mutation in MUTATIONS for text in _texts(mutation)]


@pytest.fixture(scope="module")
async def firm(database: str) -> Furnished:
    """Nothing in this module changes it, or a test has failed."""
    return await Furnished.build()


def refused_of(field: str) -> dict[str, str]:
    if field in MANY_LINES:
        return CONTROLS
    if field in MARKDOWN:
        return {**NOTHING, **CONTROLS}
    if field == "idempotencyKey":
        return {"empty": "", **CONTROLS}
    if field in ("email", "emails"):
        shown = {"empty", "a mark alone", "a sign that vowels stand on"}
        hidden = {
            what: f"ada{text}b@new.example" for what, text in {**NOTHING, **CONTROLS}.items() if what not in shown
        }
        return {**NOTHING, **NO_LINE, **{f"{what} in an address": text for what, text in hidden.items()}}
    return {**NOTHING, **NO_LINE}


def changed(whole: dict[str, Any], way: tuple[str, ...], text: str, several: bool) -> dict[str, Any]:
    """The input with this text at the end of the way."""
    name, *further = way
    if further[:1] == ["0"]:
        first, *others = whole[name]
        return whole | {name: [changed(first, tuple(further[1:]), text, several), *others]}
    if further:
        return whole | {name: changed(whole[name], tuple(further), text, several)}
    return whole | {name: [*whole.get(name, ()), text] if several else text}


@pytest.mark.parametrize(("mutation", "way", "several"), TEXTS, ids=lambda value: str(value))
async def test_a_text_that_cannot_be_shown_is_refused(
    firm: Furnished, api: Api, mutation: str, way: tuple[str, ...], several: bool
) -> None:
    # Of what may not be given together, that which has the text.
    whole = filled(Sampler(mutation, firm.word).input(), firm.id, at=("input", way[0]))["input"]
    whole |= having(firm, mutation, way[0])
    tried = CONTROLS if (mutation, *way) in MAY_BE_EMPTY else refused_of(way[-1])
    given = [changed(whole, way, text, several) for text in tried.values()]
    path = list(way)
    await api.token(firm.world.owner)
    async with untouched():
        for what, errors in zip(tried, await refused_of_each(api, firm.world.owner, mutation, given), strict=True):
            # What does not go with it, as it cannot be read, may be told besides.
            assert {error["code"] for error in errors} == {Code.INVALID.value}, what
            assert errors[0]["path"][: len(path) + 1] == ["input", *path], what
