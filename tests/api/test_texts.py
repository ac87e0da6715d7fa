"""Every text that a mutation takes: one line of visible text, unless it is known to have more."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type, is_list_type

from models.errors import Code
from tests.api.asking import MUTATIONS, refused_of_each
from tests.api.furnished import Furnished
from tests.api.samples import Sampler, filled
from tests.api.selections import root_fields
from tests.api.untouched import untouched
from tests.serving import Api
from tests.texts import CONTROLS, NO_LINE, NOTHING

#: They may have lines; the first of these may also be empty.
MANY_LINES = {"description", "note"}
MARKDOWN = {"text"}
#: Kept as a hash, and never shown.
SECRETS = {"currentPassword", "newPassword", "password"}


def texts(mutation: str) -> Iterator[tuple[str, bool]]:
    """The fields of its input that take text, and whether that is a list."""
    type_: Any = get_named_type(root_fields("mutation")[mutation].args["input"].type)
    assert isinstance(type_, GraphQLInputObjectType)
    for name, field in type_.fields.items():
        named = get_named_type(field.type)
        # What lies deeper would have to be walked too. There is none, but for what lists are filtered by.
        assert (
            name == "filter"
            or not isinstance(named, GraphQLInputObjectType)
            or "String" not in str([str(inner.type) for inner in named.fields.values()])
        ), (mutation, name)
        if named.name == "String":
            yield name, is_list_type(getattr(field.type, "of_type", field.type)) or is_list_type(field.type)


TEXTS = [(mutation, *text) for mutation in MUTATIONS for text in texts(mutation) if text[0] not in SECRETS]


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


@pytest.mark.parametrize(("mutation", "field", "several"), TEXTS, ids=lambda value: str(value))
async def test_a_text_that_cannot_be_shown_is_refused(
    firm: Furnished, api: Api, mutation: str, field: str, several: bool
) -> None:
    whole = filled(Sampler(mutation, firm.word).input(), firm.id)["input"]
    tried = refused_of(field)
    given = [whole | {field: [*whole[field], text] if several else text} for text in tried.values()]
    await api.token(firm.world.owner)
    async with untouched():
        for what, errors in zip(tried, await refused_of_each(api, firm.world.owner, mutation, given), strict=True):
            assert [error["code"] for error in errors] == [Code.INVALID.value], what
            assert errors[0]["path"][:2] == ["input", field], what
