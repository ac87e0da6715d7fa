"""What takes files, and the right that what is in them needs.

A module of a kind says so beside `register`: `owns_files(Document, needs=Right.MANAGE_DOCUMENTS)`."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from uuid import UUID

from models.database import fetch
from models.ids import Kind
from models.policies import Policy
from models.rights import Right
from models.rows import Row

_WITH_ACCOUNT = Policy(account="account_id")
_NEEDS: dict[Kind, Right | None] = {}


def owns_files(model: type[Row], *, needs: Right | None) -> None:
    """Say that things of a class take files; and the right that names, digests and links of these need. None where
    whoever sees the thing may read all of it. A file is seen with its account, so the things are, and by nothing else:
    `TypeError` for those of which somebody who sees the account does not see each."""
    if asdict(replace(model.policy, clients=None)) != asdict(_WITH_ACCOUNT):
        raise TypeError(f"{model.__name__} is not seen with its account alone, as its files would be.")
    if _NEEDS.setdefault(model.kind, needs) is not needs:
        raise TypeError(f"{model.__name__} owns files by another right already: {_NEEDS[model.kind]}.")


def right_to_files_of(kind: Kind) -> Right | None:
    """The right that what is in files of things of this kind needs. `TypeError` for a kind that takes none."""
    if kind not in _NEEDS:
        raise TypeError(f"Nothing says what the files of a {kind.spoken} need: `owns_files(…, needs=…)`.")
    return _NEEDS[kind]


def owns(kind: Kind) -> bool:
    """Whether things of this kind take files."""
    return kind in _NEEDS


_FILES_OF = "SELECT owner_id, id FROM file WHERE owner_id = ANY($1) AND taken ORDER BY owner_id, taken_at, id"


async def files_of_owners(owners: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The files that each thing has taken, in the order in which it did."""
    found: dict[UUID, list[UUID]] = {}
    for row in await fetch(_FILES_OF, owners):
        found.setdefault(row["owner_id"], []).append(row["id"])
    return found
