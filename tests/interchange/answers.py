"""Two firms of which one was made of an export of the other, and what both answer."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from interchange.exports.firm import export_firm
from interchange.restoring.firm import restore_firm
from models.database import sql
from models.ids import Kind, encode, parse
from models.rows import Member
from models.rows.external_keys import ExternalKey
from tests.api.peers import in_order
from tests.api.samples import Id
from tests.interchange.stores import store_of

_ID = re.compile(rf"\b({'|'.join(sorted(Kind, key=len, reverse=True))})_[0-9a-hjkmnp-tv-z]{{26}}\b")
_UUID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_CURSORS = {"cursor", "startCursor", "endCursor"}
#: What a copy answers otherwise, as docs/export.md has it: the name of its log; what of secrets does not come along;
#: the digest of what is signed, in which the thing's own id is; links, which are for whoever asked; where its
#: members sign in, and that its clients do not, before they are invited again.
DIFFERENT = {"digest", "email", "epoch", "formerSecretGood", "portalEmail", "revokedAt", "secretSetAt", "url"}
DIFFERENT |= {"webhookPath"}


@dataclass
class Pair:
    """A firm, and a copy of it beside it, whose ids are so far away. `things` are those of the first that queries
    name; of other kinds it is the first row."""

    first: UUID
    second: UUID
    word: str
    things: dict[str, UUID] = field(default_factory=dict)

    @classmethod
    async def of(cls, firm_id: UUID, word: str, folder: Path, things: dict[str, UUID] | None = None) -> Pair:
        """The firm and a copy of it."""
        path = folder / f"{word}.zip"
        store = await store_of(firm_id, folder / "store")
        await export_firm(encode(Kind.FIRM, firm_id), path, store)
        restored = await restore_firm(path, store, copy=word)
        return cls(firm_id, restored.id, word, {} if things is None else dict(things))

    async def members(self, email: str) -> tuple[Member, Member]:
        """The member at this address, and the one that was made of them."""
        local, _, domain = email.partition("@")
        return await Member.get(email=email), await Member.get(email=f"{local}+{self.word}@{domain}")

    async def name_things(self) -> None:
        """Take the first row of each kind that the firm has, where nothing else was said."""
        for kind in set(Kind) - {Kind.FIRM}:
            rows = await sql(f"SELECT id FROM {kind} WHERE firm_id = $1 ORDER BY id LIMIT 1", self.first)
            if rows:
                self.things.setdefault(kind.value, rows[0]["id"])
        self.things["firm"] = self.first

    def id(self, place: Id) -> str:
        """The id of the first firm's thing that belongs there."""
        return encode(place.kind, self.things[place.kind.value])

    def copied(self, value: Any) -> Any:
        """Variables of the first firm as the second one has them."""
        return json.loads(self._moved(json.dumps(value), self.second.int - self.first.int))

    def plain(self, value: Any, moved: int, key: str = "") -> Any:
        """An answer in words that both share."""
        if isinstance(value, dict):
            return {name: self.plain(inner, moved, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.plain(inner, moved, key) for inner in value]
        if key in DIFFERENT or not isinstance(value, str):
            return key if key in DIFFERENT else value
        if key in _CURSORS:
            # It begins with the digest of what was asked for, ids and all.
            _asked, *place = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
            value = json.dumps(place)
        return self._moved(value, -moved)

    def told(self, answer: dict[str, Any], *, second: bool = False) -> Any:
        """What an answer says, whichever of the two gave it."""
        ordered = json.loads(in_order(json.dumps(answer).encode()))
        return self.plain(ordered, self.second.int - self.first.int if second else 0)

    def _moved(self, text: str, distance: int) -> str:
        def move(found: re.Match[str]) -> str:
            kind, id = parse(found[0])
            return encode(kind, UUID(int=id.int + distance))

        text = _ID.sub(move, text)
        return _UUID.sub(lambda found: str(UUID(int=UUID(found[0]).int + distance)), text)


def differing(first: Any, second: Any, *path: str | int) -> Iterator[tuple[tuple[str | int, ...], Any, Any]]:
    """Where two answers differ, and in what."""
    if isinstance(first, dict) and isinstance(second, dict) and first.keys() == second.keys():
        for name in first:
            yield from differing(first[name], second[name], *path, name)
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for place, pair in enumerate(zip(first, second, strict=True)):
            yield from differing(*pair, *path, place)
    elif first != second:
        yield path, first, second


async def list_contacts_anew(firm_id: UUID) -> None:
    """What contacts are listed by at an account is, in a firm of tests, as it was in the one that this was made of."""
    await sql(
        "UPDATE account_contact AS at SET contact_order = name_order FROM contact "
        "WHERE contact.id = contact_id AND at.firm_id = $1",
        firm_id,
    )


async def keep_key_of(firm_id: UUID, job_id: UUID) -> None:
    """Let a job have come from elsewhere, which the jobs of tests have not."""
    await ExternalKey.create(firm_id=firm_id, source="elsewhere", kind=Kind.JOB, key="J-1", thing=job_id)


async def discard_uploads(firm_id: UUID) -> None:
    """Forget the files that nothing has taken: they do not come along."""
    untaken = "SELECT id FROM file WHERE firm_id = $1 AND NOT taken"
    await sql(f"DELETE FROM file_segment WHERE file_id IN ({untaken})", firm_id)
    await sql(f"DELETE FROM file WHERE id IN ({untaken})", firm_id)


async def end_reminders(firm_id: UUID) -> None:
    """Let reminders be over, as they are in a firm that is taken elsewhere."""
    await sql("UPDATE reminder SET next_at = NULL WHERE firm_id = $1", firm_id)
