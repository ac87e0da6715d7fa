"""How members attach files to what they write: notes, messages, wiki pages.

An input names them as `file_ids`: those of a new thing, or of a change all that it is to have. Whoever may write the
thing may attach to it. What answers of clients have is theirs to say: `models.files.taking`."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from models import checks
from models.bounds import ATTACHED
from models.command import Change
from models.files.taking import Path, Replaced, placed, replace, take

_FIELD = "file_ids"
_NONE = Replaced()


def bounded(file_ids: Sequence[UUID]) -> dict[UUID, Path]:
    """Each once, and not too many, or `Invalid`."""
    checks.count_of(file_ids, ATTACHED, "files", _FIELD)
    return placed((file_ids, (_FIELD,)))


async def attach(change: Change, thing: Any, wanted: Mapping[UUID, Path]) -> tuple[UUID, ...]:
    """Attach these files to a thing that is new. Returns them, as its event has them."""
    await take(change, thing, list(wanted), most=ATTACHED.most, path=_FIELD)
    return tuple(wanted)


async def attach_just(change: Change, thing: Any, wanted: Mapping[UUID, Path] | None) -> Replaced:
    """Attach just these to a thing that is held; None where nothing is said of them. Those that it has no longer are
    given up."""
    return _NONE if wanted is None else await replace(change, thing, wanted, most=ATTACHED.most, path=_FIELD)
