"""For whoever may not, nothing is done: no statement but the one that says who asks, nothing made of what they send."""

import pytest

from models.rights import Right, Role
from resolvers.mutations import ACTIONS
from tests.api.asking import MUTATIONS
from tests.api.furnished import Furnished
from tests.api.samples import Sampler, filled
from tests.api.selections import document
from tests.api.test_statements import counted
from tests.serving import Api

RESTRICTED = [name for name in MUTATIONS if ACTIONS[name].right or ACTIONS[name].role]


@pytest.fixture(scope="module")
async def firm(database: str) -> Furnished:
    """Nobody changes anything in it."""
    return await Furnished.build()


@pytest.mark.parametrize("mutation", RESTRICTED)
async def test_whoever_may_not_is_refused_before_anything_is_done(firm: Furnished, api: Api, mutation: str) -> None:
    member = firm.world.admin if ACTIONS[mutation].role is Role.OWNER else await firm.employee(Right.VIEW_REPORTS)
    await api.token(member)
    # Ids that are none: whoever made something of the input would say so first.
    variables = filled(Sampler(mutation, firm.word).input(), lambda _: "no id")
    variables["input"]["idempotencyKey"] = "x" * 300
    if mutation == "createMember":
        variables["input"]["password"] = "short"
    with counted() as statements:
        answer = await api.post(member, document("mutation", mutation, ["input"]), **variables)
    (error,) = answer["data"][mutation]["errors"]
    assert (error["code"], error["path"]) == ("FORBIDDEN", ["input"])
    # Once, or twice when the document had to wait for its turn to be read.
    assert len({statement.partition(": [")[0] for statement in statements}) == 1, statements


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_nobody_is_told_to_sign_in_before_anything_is_done(firm: Furnished, api: Api, mutation: str) -> None:
    variables = filled(Sampler(mutation, firm.word).input(), lambda _: "no id")
    with counted() as statements:
        answer = await api.post(None, document("mutation", mutation, ["input"]), **variables)
    # A document that is larger than what signing in needs is not even read.
    assert [error["extensions"]["code"] for error in answer["errors"]] in (["UNAUTHENTICATED"], ["LIMIT"])
    assert statements == []
