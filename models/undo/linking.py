"""Taking back that items were linked to jobs, and unlinked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.actions import Command
from models.command import part_of
from models.database import sql
from models.events import Event, kind_of_thing
from models.ids import Kind
from models.log import Logged
from models.scope import not_found
from models.undo.links import Links, forget
from models.undo.sets import hold
from models.undo.taking import Act, Inverse, Taking, changed_since


@dataclass(frozen=True, slots=True)
class Linking:
    """The commands that link items of a kind to jobs, and unlink them. Where one is linked to one job at most, it is
    unlinked without its name."""

    link: Command[..., Any]
    unlink: Command[..., Any]
    names_job: bool = True


_LIVE = """
SELECT job_id, item FROM job_item
WHERE (job_id, item) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[])) AND unlinked_at IS NULL
"""


class _Links(Inverse):
    """Takes back how items became linked to jobs, or are no longer."""

    #: What the events left.
    _linked: bool

    def __init__(self, linking: Mapping[Kind, Linking]) -> None:
        self._linking = linking

    async def look(self, taking: Taking, logged: Sequence[Logged]) -> Act:
        """See `Inverse`."""
        pairs = {_pair(each.event): kind_of_thing(type(each.event)) for each in logged}
        rows = await sql(_LIVE, [job for job, _ in pairs], [item for _, item in pairs])
        live = {(row["job_id"], row["item"]) for row in rows}
        there = {
            kind: await hold(taking, kind, [item for (_, item), of in pairs.items() if of is kind])
            for kind in sorted(set(pairs.values()))
        }
        for (job, item), kind in pairs.items():
            if job not in taking.jobs or item not in there[kind]:
                missing = (Kind.JOB, job) if job not in taking.jobs else (kind, item)
                taking.refuse(not_found(*missing))
            elif ((job, item) in live) is not self._linked:
                taking.refuse(changed_since(kind, item, "jobs"))

        async def act() -> None:
            links = await Links.of_pairs(list(pairs))
            for (job, item), kind in pairs.items():
                await self._turn(taking, kind, job, item)
            await links.restore()
            if self._linked:
                await forget(list(pairs))

        return act

    async def _turn(self, taking: Taking, kind: Kind, job: UUID, item: UUID) -> None:
        of = self._linking[kind]
        named = {f"{kind}_id": item, "job_id": job}
        if self._linked and not of.names_job:
            del named["job_id"]
        await part_of(taking.change, of.unlink if self._linked else of.link, **named)


class Linked(_Links):
    """Unlinks items that are linked still, as if they had never been."""

    _linked = True


class Unlinked(_Links):
    """Links items again that nobody linked since, as if they had been all the time."""

    _linked = False


def _pair(event: Event) -> tuple[UUID, UUID]:
    assert event.subject_job is not None
    assert event.thing is not None
    return event.subject_job, event.thing
