"""What lists leave out by themselves: documents in the trash, unless a filter speaks of them."""

from typing import Any

from models.ids import Kind, encode
from models.items.document_trash import trash_documents
from models.items.documents import create_document
from models.targets import Target
from tests.serving import Api
from tests.world import World

LIST = "query List($filter: DocumentFilter) { documents(filter: $filter) { totalCount nodes { name trashedAt } } }"
ITEMS = """query Items($id: ID!, $filter: LinkedItemFilter) {
  job(id: $id) { items(filter: $filter) { totalCount nodes { title } } } }"""
FOUND = '{ search(text: "ledger") { hits { thing { ... on Document { name } } } } }'


async def test_the_trash_is_left_out_unless_it_is_asked_for(world: World, api: Api) -> None:
    owner, job = world.acting(world.owner), await world.job()
    for name in ("Ledger", "Ledger of 2025"):
        made = (await create_document(owner, name=name, job_id=job.id)).value
    await trash_documents(owner, documents=[Target(made.id, kind=Kind.DOCUMENT)])

    async def listed(**filter: Any) -> list[str]:
        found = (await api.ask(world.owner, LIST, filter=filter or None))["documents"]
        assert found["totalCount"] == len(found["nodes"])
        return sorted(node["name"] for node in found["nodes"])

    async def on_job(**filter: Any) -> list[str]:
        asked = await api.ask(world.owner, ITEMS, id=encode(Kind.JOB, job.id), filter=filter or None)
        found = asked["job"]["items"]
        assert found["totalCount"] == len(found["nodes"])
        return [node["title"] for node in found["nodes"]]

    kept, trashed, both = ["Ledger"], ["Ledger of 2025"], ["Ledger", "Ledger of 2025"]
    assert await listed() == await listed(search="ledger") == await listed(state=["PLAIN"]) == kept
    assert await listed(trashed=False) == await listed(**{"not": {"trashed": True}}) == kept
    assert await listed(trashed=True) == await listed(trashed=True, search="ledger") == trashed
    # Also where it is within another one.
    assert await listed(**{"or": [{"trashed": True}, {"trashed": False}]}) == both
    assert await listed(**{"and": [{"trashed": None}]}) == kept
    assert await on_job() == await on_job(trashed=False) == await on_job(open=False) == kept
    assert await on_job(trashed=True) == trashed
    hits = (await api.ask(world.owner, FOUND))["search"]["hits"]
    assert [hit["thing"]["name"] for hit in hits] == kept
    # By its id it is there.
    by_id = "query One($id: ID!) { document(id: $id) { name trashedAt } }"
    one = (await api.ask(world.owner, by_id, id=encode(Kind.DOCUMENT, made.id)))["document"]
    assert one["name"] == trashed[0] and one["trashedAt"] is not None
