"""Files of things over the API: attached, answered with, read by who may, in as many statements however many."""

from typing import Any
from uuid import UUID

from models.ids import Kind, encode
from models.rows import Member
from tests.api.test_statements import SPLIT, anew, counted
from tests.files import files_for
from tests.serving import Api
from tests.world import World

_FILE = "{ id name size contentType sha256 state url expiresAt createdBy { id } }"
READ = f"""
{{
  notes(first: 50) {{ nodes {{ files {_FILE} }} }}
  messages(first: 50) {{ nodes {{ files {_FILE} }} }}
  wikiPages(first: 50) {{ nodes {{ files {_FILE} versions {{ version files {_FILE} }} }} }}
  clientRequests(first: 50) {{ nodes {{ files {_FILE} entries {{ key answer files {_FILE} }} answeredCount }} }}
}}"""
ORGANIZERS = f"""
{{ organizers(first: 50) {{ nodes {{ files {_FILE} sections {{ questions {{ answer {{ files {_FILE} }} }} }} }} }} }}"""
UNREAD = f"{{ organizers {{ nodes {{ files {_FILE} }} }} }}"


async def change(api: Api, member: Member, mutation: str, thing: str, **given: Any) -> str:
    """The id of what a mutation made or changed, of which nothing may be wrong."""
    name = mutation[0].upper() + mutation[1:] if mutation != "sendOrganizer" else "Organizer"
    made = f"{mutation}(input: $input) {{ {thing} {{ id }} errors {{ path reason }} }}"
    answer = (await api.ask(member, f"mutation Do($input: {name}Input!) {{ {made} }}", input=given))[mutation]
    assert answer["errors"] == [], answer
    return str(answer[thing]["id"])


async def one_of_each(api: Api, world: World) -> dict[str, UUID]:
    """A thing of each kind that has files, each with one of its own; and which file that is."""
    names = ("note", "message", "page", "former", "request", "organizer")
    files = dict(zip(names, await files_for(world, len(names)), strict=True))
    owner, account = world.owner, encode(Kind.ACCOUNT, world.account.id)
    ids = {name: [encode(Kind.FILE, id)] for name, id in files.items()}
    await change(api, owner, "createNote", "note", accountId=account, text="Call", fileIds=ids["note"])
    chat = await change(api, owner, "createChat", "chat", accountId=account, subject="Papers")
    await change(api, owner, "postMessage", "message", chatId=chat, text="Here", fileIds=ids["message"])
    page = {"accountId": account, "name": "How", "text": "So", "fileIds": ids["former"]}
    id = await change(api, owner, "createWikiPage", "wikiPage", **page)
    await change(api, owner, "updateWikiPage", "wikiPage", wikiPageId=id, fileIds=ids["page"])
    request = {"accountId": account, "title": "Papers", "entries": [{"key": "w2", "prompt": "W-2"}]}
    id = await change(api, owner, "createClientRequest", "clientRequest", **request)
    answers = [{"key": "w2", "fileIds": ids["request"]}]
    await change(api, owner, "answerClientRequest", "clientRequest", clientRequestId=id, answers=answers)
    asked = [{"title": "You", "questions": [{"key": "w2", "prompt": "W-2", "type": "FILE"}]}]
    id = await change(api, owner, "createOrganizer", "organizer", accountId=account, title="2026", sections=asked)
    await change(api, owner, "sendOrganizer", "organizer", organizerId=id)
    answers = [{"key": "w2", "fileIds": ids["organizer"]}]
    await change(api, owner, "answerOrganizer", "organizer", organizerId=id, answers=answers)
    return files


def files_in(answer: Any) -> list[dict[str, Any]]:
    """All files of an answer."""
    if isinstance(answer, list):
        return [file for each in answer for file in files_in(each)]
    if not isinstance(answer, dict):
        return []
    if "sha256" in answer:
        return [answer]
    return [file for each in answer.values() for file in files_in(each)]


async def test_files_are_read_with_what_has_them(api: Api, world: World) -> None:
    files = await one_of_each(api, world)
    ids = {name: encode(Kind.FILE, id) for name, id in files.items()}
    for member in (world.owner, world.employee):
        answer = await api.ask(member, READ)
        (page,), (request,) = answer["wikiPages"]["nodes"], answer["clientRequests"]["nodes"]
        assert [file["id"] for file in page["files"]] == [ids["page"]]
        assert [(each["version"], each["files"][0]["id"]) for each in page["versions"]] == [(1, ids["former"])]
        assert [(each["answer"], each["files"][0]["id"]) for each in request["entries"]] == [(None, ids["request"])]
        assert (request["answeredCount"], [file["id"] for file in request["files"]]) == (1, [ids["request"]])
        found = files_in(answer)
        assert {file["id"] for file in found} == set(ids.values()) - {ids["organizer"]}
        assert all(file["name"] and file["url"] and file["expiresAt"] is None for file in found)
    assert files_in(await api.ask(world.stranger, READ)) == []
    assert files_in(await api.ask(world.stranger, UNREAD)) == []


async def test_what_is_in_files_of_organizers_needs_their_right(api: Api, world: World) -> None:
    files = await one_of_each(api, world)
    id, secret = encode(Kind.FILE, files["organizer"]), ("name", "sha256", "url")
    for file in files_in(await api.ask(world.owner, ORGANIZERS)):
        assert file["id"] == id and all(file[name] for name in secret)
    (file,) = files_in(await api.ask(world.employee, UNREAD))
    assert (file["id"], file["size"], [file[name] for name in secret]) == (id, 5, [None] * 3)
    assert (await api.post(world.employee, ORGANIZERS))["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_more_things_with_files_take_no_more_statements(api: Api, world: World) -> None:
    await one_of_each(api, world)
    await api.token(world.owner)
    numbers = []
    for _ in range(2):
        found = []
        for query in (READ, ORGANIZERS):
            with counted() as statements:
                await api.ask(world.owner, anew(query))
            found.append(len(statements))
        numbers.append(found)
        for _ in range(3):
            await one_of_each(api, world)
    assert all(after <= before + SPLIT for before, after in zip(*numbers, strict=True)), numbers


NOTE_CHANGES = """
subscription Changes($after: Revision) {
  boardChanges(after: $after) {
    events {
      __typename
      ... on EventWithFiles { addedFiles { id name } addedFileIds removedFiles { id } removedFileIds }
    }
  }
}"""


async def test_events_say_which_files_came_and_which_went(api: Api, world: World) -> None:
    ids = [encode(Kind.FILE, id) for id in await files_for(world, 2)]
    account = encode(Kind.ACCOUNT, world.account.id)
    note = await change(api, world.owner, "createNote", "note", accountId=account, text="Call", fileIds=ids[:1])
    async with api.socket(world.employee) as socket:
        await socket.subscribe(NOTE_CHANGES, after=str(await world.revision()))
        await socket.receive()
        await change(api, world.owner, "updateNote", "note", noteId=note, fileIds=ids[1:])
        (event,) = (await socket.receive())["payload"]["data"]["boardChanges"]["events"]
    assert event == {
        "__typename": "NoteUpdated",
        "addedFiles": [{"id": ids[1], "name": "1.txt"}],
        "addedFileIds": ids[1:],
        # It is nobody's any more: what is left of it is its id.
        "removedFiles": [],
        "removedFileIds": ids[:1],
    }
