"""Files: how one is made."""

from uuid import UUID

from models.actor import Actor
from models.ids import Kind
from models.items.documents import Document
from models.rights import Right
from tests.files import take, uploaded
from tests.kinds.documents import make_loose
from tests.planting import hidden_text
from tests.specimens import Specimens, Spot


async def make_own(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that nothing has taken."""
    return (await uploaded(actor, f"{word}.txt")).id


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that a document of the account has taken."""
    document = await Document.get(id=await make_loose(actor, word, spot))
    name, text = (hidden_text(usual, Right.MANAGE_DOCUMENTS) for usual in (word, "What is in it"))
    file = await uploaded(actor, f"{name}.txt", text)
    await take(actor, owner=document, file_ids=[file.id])
    return file.id


SPECIMENS = Specimens(
    kind=Kind.FILE,
    make=make,
    hidden_with=frozenset({"account"}),
    further={"own file": make_own},
)
