"""Of what is sent to clients, each contact sees what is for them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from models.database import sql
from models.ids import Kind, new_id
from models.policies import count_values, sql_values
from models.rows import model_of
from tests.portal import client, contact_at
from tests.specimens import Spot, specimens
from tests.world import World

NOBODY: set[str] = set()
BOTH, CLARA, DORA = {"clara", "dora"}, {"clara"}, {"dora"}
_ASK = "INSERT INTO item_recipient (item, contact_id) SELECT $1::uuid, $2::uuid"
_UNASK = "DELETE FROM item_recipient WHERE item = $1 AND $2::uuid IS NOT NULL"

#: What is done to one of each kind, of which $1 is the id and $2 Clara's, and who of the contacts sees it then.
STEPS: dict[Kind, Sequence[tuple[str, set[str]]]] = {
    Kind.CLIENT_REQUEST: [
        (_UNASK, BOTH),
        (_ASK, CLARA),
        ("UPDATE client_request SET state = 'WITHDRAWN' WHERE id = $1 AND $2::uuid IS NOT NULL", NOBODY),
    ],
    Kind.ORGANIZER: [
        (_UNASK, BOTH),
        ("UPDATE organizer SET state = 'DRAFT', sent_at = NULL WHERE id = $1 AND $2::uuid IS NOT NULL", NOBODY),
        ("UPDATE organizer SET state = 'PENDING', sent_at = now() WHERE id = $1 AND $2::uuid IS NOT NULL", BOTH),
        (_ASK, CLARA),
        ("UPDATE organizer SET state = 'SUBMITTED', submitted_at = now() WHERE id = $1 AND $2::uuid IS NOT NULL",
         CLARA),
    ],
    Kind.PROPOSAL: [
        ("DELETE FROM signer WHERE item = $1 AND $2::uuid IS NOT NULL", NOBODY),
        ("UPDATE proposal SET state = 'PENDING', sent_at = now() WHERE id = $1 AND $2::uuid IS NOT NULL", NOBODY),
        ("INSERT INTO signer (firm_id, item, contact_id, name, place) SELECT firm_id, $1::uuid, $2::uuid, 'Clara', 1 "
         "FROM proposal WHERE id = $1", CLARA),
        ("UPDATE proposal SET state = 'DRAFT', sent_at = NULL WHERE id = $1 AND $2::uuid IS NOT NULL", NOBODY),
    ],
    Kind.INVOICE: [
        ("UPDATE invoice SET payer_id = NULL WHERE id = $1 AND $2::uuid IS NOT NULL", NOBODY),
        ("UPDATE invoice SET sent_at = now(), issue_date = now(), number = 1 WHERE id = $1 AND $2::uuid IS NOT NULL",
         BOTH),
        ("UPDATE invoice SET payer_id = $2 WHERE id = $1", CLARA),
    ],
    Kind.PAYMENT: [
        ("UPDATE payment SET payer_id = NULL WHERE id = $1 AND $2::uuid IS NOT NULL", BOTH),
        ("UPDATE payment SET payer_id = $2 WHERE id = $1", CLARA),
    ],
    Kind.CHAT: [("SELECT $1::uuid, $2::uuid", BOTH)],
    Kind.DOCUMENT: [
        ("WITH unasked AS (DELETE FROM document_approver WHERE document_id = $1), unsigned AS (DELETE FROM signer "
         "WHERE item = $1) UPDATE document SET folder_id = NULL WHERE id = $1 AND $2::uuid IS NOT NULL", NOBODY),
        ("INSERT INTO document_approver (firm_id, document_id, contact_id) SELECT firm_id, $1::uuid, $2::uuid "
         "FROM document WHERE id = $1", CLARA),
        ("UPDATE document SET trashed_at = now(), state = 'VOID' WHERE id = $1 AND $2::uuid IS NOT NULL",
         NOBODY),
        ("UPDATE document SET trashed_at = NULL WHERE id = $1 AND $2::uuid IS NOT NULL", CLARA),
        ("WITH up AS (INSERT INTO folder (id, firm_id, version, created_at, updated_at, account_id, name, name_key, "
         "name_order, client_access) SELECT gen_random_uuid(), firm_id, 1, now(), now(), account_id, 'Up', 'up', 'up', "
         "'VIEW' FROM document WHERE id = $1 AND $2::uuid IS NOT NULL RETURNING *), within AS (INSERT INTO folder (id, "
         "firm_id, version, created_at, updated_at, account_id, name, name_key, name_order, parent_id) SELECT "
         "gen_random_uuid(), firm_id, 1, now(), now(), account_id, 'In', 'in', 'in', id FROM up RETURNING *) "
         "UPDATE document SET folder_id = within.id FROM within WHERE document.id = $1", BOTH),
        ("UPDATE folder SET client_access = 'NONE' WHERE id = (SELECT folder_id FROM document WHERE id = $1) AND "
         "$2::uuid IS NOT NULL", CLARA),
        ("UPDATE folder SET client_access = 'EDIT' WHERE id = (SELECT folder_id FROM document WHERE id = $1) AND "
         "$2::uuid IS NOT NULL", BOTH),
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", STEPS)
async def test_each_contact_sees_what_is_for_them(world: World, kind: Kind) -> None:
    owner, elsewhere = world.acting(world.owner), await world.new_account("Elsewhere")
    contacts = {name: await contact_at(world, world.account, name) for name in ("clara", "dora")}
    contacts["emil"] = await contact_at(world, elsewhere, "emil")
    (known,) = [each for each in specimens() if each.kind is kind]
    thing = await known.make(owner, "Something", Spot(world.account.id, (await world.job()).id))
    for step, expected in STEPS[kind]:
        await sql(step, thing, contacts["clara"])
        seen = {name for name, contact in contacts.items() if await _sees(kind, contact, thing)}
        assert seen == expected, step
        # Of an answer that is made for several nobody asks: it has what is for anybody.
        scope = (await client(contacts["clara"])).scope
        assert bool(await scope.of_kind(kind).many([thing])) == (expected == BOTH), step


async def _sees(kind: Kind, contact: UUID, thing: UUID) -> bool:
    rows: Any = (await client(contact)).of_kind(kind)
    found = await rows.find(thing) is not None
    assert bool(await rows.many([thing])) == bool(await rows.lock_many([thing])) == found
    assert not await rows.many([new_id()])
    return found


def test_every_value_of_a_policy_has_its_place() -> None:
    for kind in Kind:
        policy = model_of(kind).policy.clients
        if policy is not None:
            assert len(sql_values(policy, _Nobody, None)) == count_values(policy)  # type: ignore[arg-type]


class _Nobody:
    """Sees nothing, of no firm."""

    firm_id = audience = None
    rights = accounts = pipelines = frozenset[Any]()
