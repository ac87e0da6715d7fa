"""The board as Strawberry's documentation shows it: resolvers, DataLoaders and ORM instances, nothing shared."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import orjson
import strawberry
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.types.info import Info

from models import rows
from models.ids import Kind, decode, encode


@strawberry.type(name="Member")
class StockMember:
    """A member."""

    id: strawberry.ID
    name: str


@strawberry.type(name="Account")
class StockAccount:
    """A client."""

    id: strawberry.ID
    name: str


@strawberry.type(name="Status")
class StockStatus:
    """A job status."""

    id: strawberry.ID
    name: str
    category: str
    color: str


@strawberry.type(name="Job")
class StockJob:
    """A card."""

    row: strawberry.Private[rows.Job]
    id: strawberry.ID
    version: int
    name: str
    position: str

    @strawberry.field
    async def account(self, info: Info) -> StockAccount:
        """Loaded with those of all cards."""
        found = await info.context["accounts"].load(self.row.account_id)
        return StockAccount(id=strawberry.ID(encode(Kind.ACCOUNT, found.id)), name=found.name)

    @strawberry.field
    async def status(self, info: Info) -> StockStatus:
        """Loaded with those of all cards."""
        found = await info.context["statuses"].load(self.row.status_id)
        id = strawberry.ID(encode(Kind.STATUS, found.id))
        return StockStatus(id=id, name=found.name, category=found.category.value, color=found.color)

    @strawberry.field
    async def assignees(self, info: Info) -> list[StockMember]:
        """Loaded with those of all cards."""
        found = await info.context["assignees"].load(self.row.id)
        return [StockMember(id=strawberry.ID(encode(Kind.MEMBER, one.id)), name=one.name) for one in found]

    @strawberry.field
    async def open_task_count(self, info: Info) -> int:
        """Loaded with those of all cards."""
        return int(await info.context["open_tasks"].load(self.row.id))


@strawberry.type(name="Stage")
class StockStage:
    """A column."""

    id: strawberry.ID
    name: str

    @strawberry.field
    async def jobs(self, info: Info) -> list[StockJob]:
        """Loaded with those of all stages."""
        found = await info.context["jobs"].load(decode(Kind.STAGE, self.id))
        return [
            StockJob(
                row=job,
                id=strawberry.ID(encode(Kind.JOB, job.id)),
                version=job.version,
                name=job.name,
                position=job.position,
            )
            for job in found
        ]


@strawberry.type(name="Pipeline")
class StockPipeline:
    """A board."""

    id: strawberry.ID
    name: str

    @strawberry.field
    async def stages(self, info: Info) -> list[StockStage]:
        """In order."""
        found = await rows.Stage.filter(pipeline_id=decode(Kind.PIPELINE, self.id)).order_by("position", "id")
        return [StockStage(id=strawberry.ID(encode(Kind.STAGE, stage.id)), name=stage.name) for stage in found]


@strawberry.type(name="Query")
class StockQuery:
    """The root."""

    @strawberry.field
    async def pipeline(self, info: Info, id: strawberry.ID) -> StockPipeline | None:
        """One pipeline of the firm."""
        found = await rows.Pipeline.filter(firm_id=info.context["firm_id"], id=decode(Kind.PIPELINE, id)).first()
        return StockPipeline(id=id, name=found.name) if found else None


class StockBoard:
    """Executes the board's document the stock way, with Strawberry's own caches of documents."""

    def __init__(self, firm_id: UUID, pipeline_id: UUID, document: str) -> None:
        self._firm_id, self._document = firm_id, document
        self._variables = {"id": encode(Kind.PIPELINE, pipeline_id)}
        self._schema = strawberry.Schema(StockQuery, extensions=[ParserCache, ValidationCache])

    async def answer(self) -> bytes:
        """The response, in bytes."""
        context = {"firm_id": self._firm_id, **loaders()}
        result = await self._schema.execute(self._document, variable_values=self._variables, context_value=context)
        if result.errors:
            raise SystemExit(str(result.errors[0]))
        return orjson.dumps({"data": result.data})


def loaders() -> dict[str, DataLoader[UUID, Any]]:
    """Fresh ones, for one operation."""
    return {
        "accounts": _loader(lambda ids: _by_id(rows.Account, ids), None),
        "statuses": _loader(lambda ids: _by_id(rows.Status, ids), None),
        "jobs": _loader(_jobs, []),
        "assignees": _loader(_assignees, []),
        "open_tasks": _loader(_open_tasks, 0),
    }


def _loader(load: Callable[[Sequence[UUID]], Awaitable[dict[UUID, Any]]], default: Any) -> DataLoader[UUID, Any]:
    async def batch(keys: list[UUID]) -> list[Any]:
        found = await load(keys)
        return [found.get(key, default) for key in keys]

    return DataLoader(load_fn=batch)


async def _by_id(model: type[rows.Row], ids: Sequence[UUID]) -> dict[UUID, Any]:
    return {row.id: row for row in await model.filter(id__in=ids)}


async def _jobs(stages: Sequence[UUID]) -> dict[UUID, Any]:
    groups = defaultdict(list)
    for job in await rows.Job.filter(stage_id__in=stages, archived_at=None).order_by("stage_id", "position", "id"):
        groups[job.stage_id].append(job)
    return groups


async def _assignees(jobs: Sequence[UUID]) -> dict[UUID, Any]:
    groups = defaultdict(list)
    links = (
        await rows.JobAssignee.filter(job_id__in=jobs)
        .prefetch_related("member")
        .order_by("member__name_order", "member_id")
    )
    for link in links:
        groups[link.job_id].append(link.member)
    return groups


async def _open_tasks(jobs: Sequence[UUID]) -> dict[UUID, Any]:
    links = await rows.JobItem.filter(job_id__in=jobs, kind=Kind.TASK, open=True, unlinked_at=None)
    return Counter(link.job_id for link in links)
