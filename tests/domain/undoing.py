"""A firm as it is, but for what an undo leaves: to be compared with what it was; and random commands that are taken
back."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson

from models.command import Outcome
from models.commands import accounts, jobs, moves, relations, stages, statuses, subtasks, tags, tasks
from models.database import sql
from models.errors import Refusal
from models.firm import account_roles
from models.ids import Kind
from models.items import client_requests, notes
from models.items.links import OpenItems
from models.items.request_entries import RequestEntry
from models.portable.tables import OF_THE_LOG, PortableTable, portable_tables
from models.rights import Role
from models.rows import Category, Job, Priority, Relation, Status, TaskState
from models.targets import Target
from models.templates.jobs import create_job
from tests.world import World

#: What an undo does not put back: versions, and what counts what was there.
LEFT = {"version", "updated_at", "updated_by_id", "undone_stay", "undone_status_stay"}
LEFT |= {"revision", "scope_revision", "behind_since"}

Firm = dict[str, list[str]]


async def firm_of(world: World) -> Firm:
    """All rows of the firm, by table, but the log, and what it keeps. Times are told of jobs alone: elsewhere, whether
    there is one. Cards have their places instead of their keys, links the stays that they count for."""
    tables = [table for table in portable_tables() if table.name not in OF_THE_LOG]
    rows = " UNION ALL ".join(
        f"SELECT '{table.name}' AS table, to_jsonb(t) AS row FROM {table.name} AS t WHERE {table.condition}"
        for table in tables
    )
    rows += " UNION ALL SELECT 'search_entry', to_jsonb(t) FROM search_entry AS t WHERE firm_id = $1"
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in await sql(rows, world.firm.id):
        found[each["table"]].append(orjson.loads(each["row"]))
    _place_cards(found["job"])
    stays = {job["id"]: job["stay"] for job in found["job"]}
    found["job_item"] = [told for link in found["job_item"] if (told := _link(link, stays)) is not None]
    times = {table.name: _times_of(table) for table in tables if table.name != Kind.JOB}
    return {
        table: sorted(orjson.dumps(_told(row, times.get(table, set()))).decode() for row in of_table)
        for table, of_table in found.items()
        if of_table
    }


def _times_of(table: PortableTable) -> set[str]:
    return {name for name, column in table.columns.items() if column.sql_type == "TIMESTAMPTZ"}


def _place_cards(cards: list[dict[str, Any]]) -> None:
    on: dict[str, int] = defaultdict(int)
    for card in sorted(cards, key=lambda card: (card["stage_id"], card["position"].encode(), card["id"])):
        card["position"] = on[card["stage_id"]] = on[card["stage_id"]] + 1


def _link(link: dict[str, Any], stays: dict[str, int]) -> dict[str, Any] | None:
    """A link; None for one that is no more, and counts for nothing."""
    counted = {
        stay for first, end in re.findall(r"\[(\d+),(\d+)\)", link["stays"]) for stay in range(int(first), int(end))
    }
    if link["open"] and link["dismissed_at"] is None:
        counted |= set(range(link["open_since_stay"], stays[link["job_id"]] + 1))
    live = link["unlinked_at"] is None
    if not live and not counted:
        return None
    told = {name: link[name] for name in ("job_id", "item", "kind", "open", "linked_by_id")}
    dismissed = link["open"] and link["dismissed_at"] is not None
    return told | {"live": live, "stays": sorted(counted), "dismissed": dismissed, "minutes": live and link["minutes"]}


def _told(row: dict[str, Any], times: set[str]) -> dict[str, Any]:
    return {
        name: value is not None if name in times else value
        for name, value in sorted(row.items())
        if name not in LEFT and not (name == "id" and isinstance(value, int))
    }


class NothingYetError(Exception):
    """There is no such thing that something could be done to."""


@dataclass
class Hand:
    """Somebody who gives random commands in a firm."""

    world: World
    dice: random.Random
    things: dict[str, list[UUID]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    async def of(cls, world: World, seed: int) -> Hand:
        """Of a firm with two accounts, two pipelines and some work."""
        hand = cls(world, random.Random(seed))
        other = await world.new_account("Beta", world.employee)
        hand.things["account"] = [world.account.id, other.id]
        hand.things["member"] = [world.owner.id, world.admin.id, (await world.member("Kim", Role.EMPLOYEE)).id]
        hand.things["pipeline"] = [world.pipeline.id, (await world.new_pipeline("Payroll", world.employee)).id]
        for pipeline in hand.things["pipeline"]:
            made = await statuses.create_status(hand.actor, pipeline_id=pipeline, name="Missing docs", color="#123456")
            assert made.value.category is Category.CUSTOM
        hand.things["stage"] = [
            row["id"] for row in await sql("SELECT id FROM stage WHERE firm_id = $1", world.firm.id)
        ]
        hand.things["status"] = list(await Status.filter(firm_id=world.firm.id).values_list("id", flat=True))  # type: ignore[arg-type]
        for name in ("A", "B"):
            hand.things["tag"].append((await tags.create_tag(hand.actor, name=name, color="#abcdef")).value.id)
            hand.things["role"].append((await account_roles.create_account_role(hand.actor, name=name)).value.id)
        for number in range(5):
            job = await world.job(f"Job {number}", account_id=hand.one("account"))
            hand.things["job"].append(job.id)
        for number in range(4):
            await hand.make("task", tasks.create_task, name=f"Task {number}", job_id=hand.one("job"))
        return hand

    @property
    def actor(self) -> Any:
        return self.world.acting(self.world.owner)

    def one(self, kind: str) -> UUID:
        if not self.things[kind]:
            raise NothingYetError
        return self.dice.choice(self.things[kind])

    def some(self, kind: str, least: int = 1) -> list[UUID]:
        there = self.things[kind]
        return self.dice.sample(there, self.dice.randint(least, len(there)))

    def targets(self) -> list[Target]:
        return [Target(id) for id in self.some("job")]

    def day(self) -> date | None:
        return self.dice.choice([None, date(2031, 1, 1) + timedelta(self.dice.randrange(5))])

    async def make(self, kind: str, command: Any, **values: Any) -> Outcome[Any]:
        made: Outcome[Any] = await command(self.actor, **values)
        self.things[kind].append(made.value.id)
        return made

    async def act(self) -> Outcome[Any] | None:
        """What a random command made; None where it was refused, or changed nothing."""
        before = await self.world.revision()
        try:
            outcome: Outcome[Any] = await self.dice.choice(COMMANDS)(self)
        except (Refusal, NothingYetError):
            return None
        return outcome if outcome.revision > before else None

    async def forget_what_is_gone(self) -> None:
        """Name nothing any more that an undo took away."""
        for kind in (Kind.JOB, Kind.TASK, Kind.NOTE, Kind.CLIENT_REQUEST):
            rows = await sql(f"SELECT id FROM {kind} WHERE firm_id = $1", self.world.firm.id)
            there = {row["id"] for row in rows}
            self.things[kind] = [id for id in self.things[kind] if id in there]


async def _move(hand: Hand) -> Any:
    stage, beside = hand.one("stage"), {}
    cards: list[Any] = list(await Job.filter(stage_id=stage).values_list("id", flat=True))
    if cards and hand.dice.random() < 0.6:
        beside = {hand.dice.choice(["before_job_id", "after_job_id"]): hand.dice.choice(cards)}
    items = hand.dice.choice([*OpenItems])
    return await moves.move_jobs(
        hand.actor, jobs=hand.targets(), stage_id=stage, open_items=items, atomic=False, **beside
    )


async def _move_one(hand: Hand) -> Any:
    return await moves.move_job(hand.actor, job_id=hand.one("job"), stage_id=hand.one("stage"))


def _many(command: Any, **values: Callable[[Hand], Any]) -> Callable[[Hand], Awaitable[Any]]:
    async def act(hand: Hand) -> Any:
        given = {name: value(hand) for name, value in values.items()}
        return await command(hand.actor, jobs=hand.targets(), atomic=False, **given)

    return act


def _one(command: Any, **values: Callable[[Hand], Any]) -> Callable[[Hand], Awaitable[Any]]:
    async def act(hand: Hand) -> Any:
        return await command(hand.actor, **{name: value(hand) for name, value in values.items()})

    return act


def _making(kind: str, command: Any, **values: Callable[[Hand], Any]) -> Callable[[Hand], Awaitable[Any]]:
    async def act(hand: Hand) -> Any:
        return await hand.make(kind, command, **{name: value(hand) for name, value in values.items()})

    return act


def _of(kind: str) -> Callable[[Hand], UUID]:
    return lambda hand: hand.one(kind)


def _maybe(kind: str) -> Callable[[Hand], UUID | None]:
    return lambda hand: hand.dice.choice([None, hand.one(kind)])


def _set(kind: str) -> Callable[[Hand], list[UUID]]:
    return lambda hand: hand.some(kind, 0)


def _among(*values: Any) -> Callable[[Hand], Any]:
    return lambda hand: hand.dice.choice(values)


_WORDS = ("Blue", "Green", "Red", "Black")

COMMANDS: list[Callable[[Hand], Awaitable[Any]]] = [
    *[_move, _move_one] * 4,
    *[_many(moves.set_jobs_status, status_id=_of("status"))] * 3,
    _one(moves.set_job_status, job_id=_of("job"), status_id=_of("status")),
    *[_many(moves.complete_jobs), _many(moves.archive_jobs), _many(moves.restore_jobs)] * 2,
    _many(jobs.assign_jobs, member_ids=_set("member")),
    _one(
        jobs.update_job,
        job_id=_of("job"),
        name=_among(*_WORDS),
        priority=_among(*Priority),
        due_date=lambda hand: hand.day(),
        deadline=lambda hand: hand.day(),
        period=_among("2031", "2031-Q1", None),
    ),
    _one(jobs.set_job_budget, job_id=_of("job"), budget=_among(None, 30, 60)),
    _one(
        jobs.set_job_client_status,
        job_id=_of("job"),
        visible=_among(True, False),
        name=_among(*_WORDS),
        description=_among(*_WORDS),
    ),
    _one(relations.relate_job, job_id=_of("job"), other_job_id=_of("job"), relation=_among(*Relation)),
    _one(relations.unrelate_job, job_id=_of("job"), other_job_id=_of("job")),
    _making(
        "job",
        create_job,
        account_id=_of("account"),
        pipeline_id=_of("pipeline"),
        name=_among(*_WORDS),
        assignee_ids=_set("member"),
    ),
    _making("task", tasks.create_task, name=_among(*_WORDS), job_id=_of("job"), assignee_ids=_set("member")),
    _making("task", tasks.create_task, name=_among(*_WORDS), parent_id=_of("task")),
    _one(tasks.update_task, task_id=_of("task"), name=_among(*_WORDS), estimate=_among(None, 5)),
    *[_one(tasks.set_task_state, task_id=_of("task"), state=_among(*TaskState))] * 3,
    _one(tasks.assign_task, task_id=_of("task"), member_ids=_set("member")),
    *[_one(tasks.link_task, task_id=_of("task"), job_id=_of("job")), _one(tasks.unlink_task, task_id=_of("task"))] * 2,
    _one(subtasks.set_task_parent, task_id=_of("task"), parent_id=_maybe("task")),
    _making("note", notes.create_note, text=_among(*_WORDS), job_id=_of("job")),
    _one(notes.link_note, note_id=_of("note"), job_id=_of("job")),
    _one(notes.unlink_note, note_id=_of("note"), job_id=_of("job")),
    _making(
        "client_request",
        client_requests.create_client_request,
        title=_among(*_WORDS),
        entries=lambda _: [RequestEntry("w2", "Your W-2")],
        job_id=_of("job"),
    ),
    *[
        _one(client_requests.link_client_request, client_request_id=_of("client_request"), job_id=_of("job")),
        _one(client_requests.unlink_client_request, client_request_id=_of("client_request"), job_id=_of("job")),
    ]
    * 2,
    _one(accounts.update_account, account_id=_of("account"), name=_among(*_WORDS)),
    _one(accounts.set_account_tags, account_id=_of("account"), tag_ids=_set("tag")),
    _one(accounts.set_account_team, account_id=_of("account"), member_ids=_set("member")),
    _one(
        account_roles.set_account_role_holders,
        account_id=_of("account"),
        account_role_id=_of("role"),
        member_ids=_set("member"),
    ),
    _one(accounts.archive_account, account_id=_of("account")),
    _one(accounts.restore_account, account_id=_of("account")),
    _one(stages.update_stage, stage_id=_of("stage"), name=_among(*_WORDS), time_limit=_among(None, 60)),
    _one(statuses.update_status, status_id=_of("status"), name=_among(*_WORDS)),
    _one(tags.update_tag, tag_id=_of("tag"), name=_among(*_WORDS)),
]
