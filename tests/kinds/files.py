"""Files: how one is made, and how their events come about."""

from collections.abc import AsyncIterator
from uuid import UUID

from models.actor import Actor
from models.files.checking import ToCheck, checked
from models.files.files import FileChecked
from models.ids import Kind
from models.items.documents import Document
from models.rights import Right
from tests.files import take, uploaded
from tests.kinds.documents import make_loose
from tests.live.scenarios import causes, owner_of
from tests.planting import hidden_one, hidden_text
from tests.specimens import Specimens, Spot
from tests.world import World


async def make_own(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that nothing has taken."""
    return (await uploaded(actor, f"{word}.txt")).id


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that a document of the account has taken."""
    document = await Document.get(id=await make_loose(actor, word, spot))
    # Of what is in it nothing is told but its digest.
    text = hidden_one("What is in it", "This is in it", "That is in it", Right.MANAGE_DOCUMENTS)
    file = await uploaded(actor, f"{hidden_text(word, Right.MANAGE_DOCUMENTS)}.txt", text)
    await take(actor, owner=document, file_ids=[file.id])
    return file.id


SPECIMENS = Specimens(
    kind=Kind.FILE,
    make=make,
    hidden_with=frozenset({"account"}),
    further={"own file": make_own, "second own file": make_own, "third own file": make_own},
)


@causes(FileChecked)
async def scanned(world: World) -> AsyncIterator[None]:
    actor = owner_of(world)
    document = await Document.get(id=await make_loose(actor, "Return", Spot(world.account.id)))
    files = [await uploaded(actor, f"{number}.txt", to_check=True) for number in range(2)]
    await take(actor, owner=document, file_ids=[file.id for file in files])
    yield
    for file in files:
        await checked(ToCheck(world.firm.id, file.id, file.size), clean=file is files[0])
