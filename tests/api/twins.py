"""Two firms that differ in nothing but in what one of their members may not see; and answers without what no two firms
share."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import orjson

from models.commands.time import log_time
from models.database import sql
from models.ids import Kind, encode, new_id
from models.items.links import new_link
from models.order import spread
from models.rights import Right
from models.rows import Category, Job, JobItem, Member, Stage, Status, Task, TimeEntry
from models.token_secrets import PREFIX
from tests.api.furnished import Furnished
from tests.api.samples import Id
from tests.copies import Original
from tests.specimens import Specimens, Spot, specimens

ALL_BUT_SIGHT = tuple(right for right in Right if right is not Right.VIEW_ALL_ACCOUNTS)
#: How many there are of each hidden thing: one, or more than fit on a page (`first: 3`, tests/api/selections.py).
FEW, MANY = 1, 4

_ID = re.compile(rf"\b({'|'.join(sorted(Kind, key=len, reverse=True))})_[0-9a-hjkmnp-tv-z]{{26}}\b")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|[+-]\d\d:\d\d)")
_UUID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_SECRET = re.compile(rf"{PREFIX}\w+|(?<=/webhooks/stripe/)[\w-]+|(?<=[?]link=)[\w.-]+")
#: The digest of what somebody signs, of which the thing's own id is a part.
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
_CURSORS = {"cursor", "startCursor", "endCursor"}
#: Numbers of revisions have gaps, and so have the places of cards: that there is something is in them, and documented.
#: And the sum of what is out of sight is what the right to reports is for (tests/api/test_reports.py).
_TOLD = {"revision", "position", "epoch", "cause", "residual", "total"}
#: And so are those of invoices, which count all that the firm has sent.
_NUMBERED = {"Invoice", "InvoiceSent", "CreditNote"}
_TOLD |= {"creditNoteNumber"}
_INVOICE = re.compile(r"\bInvoice \d+")


@dataclass
class Twin:
    """A firm, a member of it, and what they may not see. `quiet` are things that only hidden jobs are on."""

    firm: Furnished
    member: Member
    word: str
    hidden: dict[str, UUID] = field(default_factory=dict)
    quiet: dict[str, UUID] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def build(cls, hidden: int, *rights: Right, log: bool = True) -> Twin:
        """A fresh firm with so many hidden things of each kind; with what its log has of them, or without."""
        return await _original(hidden, rights).copy(f"twin{uuid4().hex[:12]}", log=log)

    @classmethod
    async def _build(cls, word: str, hidden: int, rights: tuple[Right, ...]) -> Twin:
        firm = await Furnished.called(word)
        world = firm.world
        await sql("UPDATE time_entry SET started_at = NULL WHERE firm_id = $1", world.firm.id)
        stages = await world.stages()
        firm.things["third stage"] = stages[2].id
        status = await Status.create(
            firm_id=world.firm.id, pipeline_id=world.pipeline.id, category=Category.CUSTOM, name="Q", color="#ffffff"
        )
        member = await firm.employee(*rights)
        for account in ("account", "idle account", "archived account"):
            await sql(
                "INSERT INTO account_member (account_id, member_id) VALUES ($1, $2)", firm.things[account], member.id
            )
        quiet = {
            "account": firm.things["idle account"],
            "pipeline": firm.things["empty pipeline"],
            "stage": stages[2].id,
            "status": status.id,
        }
        twin = cls(firm, member, f"unseen{firm.word}", quiet=quiet)
        for number in range(hidden):
            await twin._hide(number, stages)
        if Right.MANAGE_TIME_ENTRIES not in rights:
            for _ in range(hidden):
                await log_time(world.acting(world.owner), minutes=5, job_id=firm.things["job"], note=twin.word)
        return twin

    async def _hide(self, number: int, stages: Sequence[Stage]) -> None:
        world, things = self.firm.world, self.firm.things
        name = f"{self.word} {number}"
        account = await world.new_account(name)
        pipeline = await world.new_pipeline(name, stages=(name,))
        (stage,) = await world.stages(pipeline)
        active = (await world.status(Category.ACTIVE, pipeline)).id
        empty = await world.row(type(pipeline), things["empty pipeline"])
        at_end = (await world.status(Category.ACTIVE, empty)).id
        places = [
            (account.id, stages[0], things["status"]),
            (account.id, stages[2], self.quiet["status"]),
            (account.id, (await world.stages(empty))[0], at_end),
            (things["account"], stage, active),
            (self.quiet["account"], stage, active),
            (things["archived account"], stage, active),
        ]
        jobs = [self._job(name, number, *place) for place in places]
        await Job.bulk_create(jobs)
        now = datetime.now(UTC)
        tasks = [
            Task(id=new_id(), firm_id=world.firm.id, account_id=job.account_id, name=name, created_at=now)
            for job in jobs
        ]
        await Task.bulk_create(tasks)
        entries = [
            TimeEntry(
                id=new_id(),
                firm_id=world.firm.id,
                member_id=world.owner.id,
                account_id=job.account_id,
                day=now.date(),
                minutes=5,
                note=name,
                created_at=now,
            )
            for job in jobs
        ]
        await TimeEntry.bulk_create(entries)
        for job, *items in zip(jobs, tasks, entries, strict=True):
            await JobItem.bulk_create([new_link(job, item, now, None) for item in items])
        self.hidden = {
            "account": account.id,
            "pipeline": pipeline.id,
            "stage": stage.id,
            "status": active,
            "job": jobs[0].id,
            "task": tasks[0].id,
            "time_entry": entries[0].id,
        }
        for known in specimens():
            await self._hide_more(known, name, jobs)

    async def _hide_more(self, known: Specimens, name: str, jobs: Sequence[Job]) -> None:
        """One at each place that hides things of the kind: some go out of sight with their account alone."""
        things = self.firm.things
        accounts = {things[account] for account in ("account", "idle account", "archived account")}
        pipelines = {things[pipeline] for pipeline in ("pipeline", "empty pipeline")}
        for job in jobs:
            out_of_sight = {"account": job.account_id not in accounts, "pipeline": job.pipeline_id not in pipelines}
            if any(out_of_sight.get(where, False) for where in known.hidden_with):
                owner = self.firm.world.acting(self.firm.world.owner)
                made = await known.make(owner, name, Spot(job.account_id, job.id))
                self.hidden.setdefault(known.kind.value, made)

    def _job(self, name: str, number: int, account: UUID, stage: Stage, status: UUID) -> Job:
        return Job(
            id=new_id(),
            firm_id=self.firm.world.firm.id,
            account_id=account,
            pipeline_id=stage.pipeline_id,
            stage_id=stage.id,
            status_id=status,
            name=name,
            position=spread(MANY + 9)[9 + number],
            stage_entered_at=datetime.now(UTC),
            created_at=datetime.now(UTC),
        )

    def usual(self, place: Id) -> str:
        """The usual thing of the kind, whatever it is for."""
        return encode(place.kind, self.firm.things[place.kind.value])

    def unseen(self, place: Id) -> str:
        """One that the member may not see, where there are such."""
        return encode(place.kind, self.hidden.get(place.kind.value) or self.firm.things[place.kind.value])

    def deserted(self, place: Id) -> str:
        """One on which there is nothing but what is hidden."""
        return encode(place.kind, self.quiet.get(place.kind.value) or self.firm.things[place.kind.value])

    def plain(self, value: Any, key: str = "") -> Any:
        """An answer, or a part of it, in words that both twins share."""
        if value is not None and key in _TOLD:
            return key
        if isinstance(value, dict):
            if value.get("number") is not None and value.get("__typename") in _NUMBERED:
                value = {**value, "number": "number"}
            return {name: self.plain(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.plain(inner, key) for inner in value]
        if isinstance(value, str) and key in _CURSORS:
            return self._cursor(value)
        return self._text(value) if isinstance(value, str) else value

    def _cursor(self, cursor: str) -> Any:
        _of, *values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if all(isinstance(value, int) for value in values):
            values[0] = "revision"  # Of a history.
        return [self.plain(value) for value in values]

    def _text(self, text: str) -> str:
        text = _SECRET.sub("secret", _MOMENT.sub("moment", text.replace(self.firm.word, "word")))
        text = _INVOICE.sub("Invoice", text)
        text = _DIGEST.sub("digest", text)
        text = _UUID.sub(lambda found: self._text(self._told(UUID(found[0]))), text)
        return _ID.sub(lambda found: self._names.setdefault(found[0], f"{found[1]} {len(self._names)}"), text)

    def _told(self, id: UUID) -> str:
        return next((encode(kind, id) for kind in Kind if encode(kind, id) in self._names), f"id {id.version}")


@cache
def _original(hidden: int, rights: tuple[Right, ...]) -> Original[Twin]:
    return Original(lambda word: Twin._build(word, hidden, rights), lambda twin: twin.firm.world.firm.id)
