"""Time entries of files."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.command import Change, part_of
from models.commands.hours import hold_time_of
from models.commands.time import log_time, set_time_entry_rate, update_time_entry
from models.errors import Invalid, RuleBroken
from models.external_keys import Keys
from models.ids import Kind
from models.imports.lines import Difference, Done, EntryLine
from models.imports.naming import Named, changes_between, differing, member_at, members_at
from models.imports.origins import Origin
from models.imports.places import Places
from models.imports.work import expect_account
from models.reasons import Reason
from models.rows import Account, Job, Member, TimeEntry


class Entries:
    """The time entries of a batch."""

    def __init__(self, change: Change, origin: Origin) -> None:
        self._change = change
        self._keys = Keys(change, origin.source, Kind.TIME_ENTRY)
        self._places = Places(change, origin.source)

    async def begin(self, lines: Sequence[EntryLine]) -> None:
        """Read what the lines name, and hold the days of whose time it is."""
        known = await self._keys.read(line.key for line in lines)
        await self._places.read((line.account for line in lines), (line.job for line in lines))
        self._members: Named[Member] = await members_at(self._change)
        at = {line.member for line in lines if line.member is not None}
        people = {member.id for address in at for member in self._members.called(address)}
        if self._change.member_id is not None:
            people.add(self._change.member_id)
        await hold_time_of(people)
        self._entries = await self._change.seen.rows(TimeEntry).many(known)

    async def take(self, line: EntryLine) -> list[Difference]:
        """Make the time entry of a line, or make it say what the line says."""
        member = None if line.member is None else member_at(self._members, line.member, "member").id
        account = self._places.account(line.account) if line.account else None
        job = self._places.job(line.job, account) if line.job else None
        if (found := self._keys.find(line.key, self._entries, "key")) is None:
            entry = await self._make(line, member, account, job)
            self._entries[entry.id] = entry
            self._keys.keep(line.key, entry.id)
            return [Difference(Kind.TIME_ENTRY, Done.CREATED, entry.title)]
        if account is not None:
            expect_account(found.account_id, account, Kind.TIME_ENTRY)
        if member is not None and member != found.member_id:
            told = "The time entry with this key is another member's. Give it another key."
            raise RuleBroken(told, "member", reason=Reason.ELSEWHERE, kind=Kind.MEMBER.value)
        entry, changes = await self._update(found, line, job)
        self._entries[entry.id] = entry
        return [Difference(Kind.TIME_ENTRY, Done.UPDATED if changes else Done.SAME, entry.title, changes)]

    async def finish(self) -> None:
        """Write the keys of what was made."""
        await self._keys.write()

    async def _make(self, line: EntryLine, member: UUID | None, account: Account | None, job: Job | None) -> TimeEntry:
        for name in ("minutes", "day"):
            if name not in line.fields:
                raise Invalid(f"Say the {name} of it.", name, reason=Reason.MISSING, field=name)
        entry: TimeEntry = await part_of(
            self._change,
            log_time,
            account_id=None if account is None else account.id,
            job_id=None if job is None else job.id,
            member_id=member,
            **line.fields,
        )
        return entry if line.rate is None else await self._rate(entry, line)

    async def _rate(self, entry: TimeEntry, line: EntryLine) -> TimeEntry:
        rated: TimeEntry = await part_of(self._change, set_time_entry_rate, time_entry_id=entry.id, rate=line.rate)
        return rated

    async def _update(
        self, entry: TimeEntry, line: EntryLine, job: Job | None
    ) -> tuple[TimeEntry, dict[str, tuple[Any, Any]]]:
        before = entry
        wanted = differing(entry, line.fields)
        goes = {"job_id": job.id} if job is not None and job.id != entry.on_job else {}
        if wanted or goes:
            entry = await part_of(self._change, update_time_entry, time_entry_id=entry.id, **wanted, **goes)
        if line.rate is not None and line.rate != entry.rate:
            entry = await self._rate(entry, line)
        changes = changes_between(before, entry, [*wanted, "rate"])
        if goes:
            changes["job"] = (None, line.job.name or line.job.key)
        return entry, changes
