"""The boards of a demo firm as they are now: what new jobs are put on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from demo.firms import DemoFirm
from demo.pipelines import Service
from models.boards import members_of_pipelines, teams_of_accounts
from models.rights import Right
from models.seen import Account, Category, ClientStatus, Member, Pipeline, Stage, Status


@dataclass(frozen=True, slots=True)
class Client:
    """An account, and who of the team may work for it in a pipeline."""

    account_id: UUID
    staff: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class Board:
    """A pipeline with all that its jobs may name."""

    service: Service
    pipeline_id: UUID
    stages: Sequence[UUID]
    built_in: dict[Category, UUID]
    #: Custom statuses by name.
    custom: dict[str, UUID]
    #: The firm's client-facing statuses by name.
    told: dict[str, UUID]
    clients: Sequence[Client]


@dataclass(frozen=True, slots=True)
class _Firm:
    """What all boards share."""

    accounts: Sequence[Account]
    teams: dict[UUID, list[Member]]
    leaders: Sequence[UUID]
    told: dict[str, UUID]

    @classmethod
    async def read(cls, firm: DemoFirm) -> Self:
        accounts = await firm.scope.rows(Account).where(archived_at__isnull=True).order_by("name_order", "id")
        members = await firm.scope.rows(Member).where(active=True).order_by("name_order", "id")
        return cls(
            accounts,
            await teams_of_accounts([account.id for account in accounts]),
            [member.id for member in members if Right.VIEW_ALL_ACCOUNTS in member.effective],
            {told.name: told.id for told in await firm.scope.rows(ClientStatus).where()},
        )

    def clients(self, service: Service, staff: Sequence[Member]) -> list[Client]:
        able = {member.id for member in staff if member.active}
        everywhere = [id for id in self.leaders if not able or id in able]
        return [
            Client(account.id, self._working(account, able) or everywhere)
            for account in self.accounts
            if account.type in service.clients
        ]

    def _working(self, account: Account, able: set[UUID]) -> list[UUID]:
        return [member.id for member in self.teams.get(account.id, []) if member.id in able]


async def boards(firm: DemoFirm) -> list[Board]:
    """Those of the firm's services that still have a pipeline and clients."""
    names = [service.name for service in firm.services]
    pipelines = {row.name: row for row in await firm.scope.rows(Pipeline).where(name__in=names)}
    staff = await members_of_pipelines([pipeline.id for pipeline in pipelines.values()])
    shared = await _Firm.read(firm)
    found = []
    for service in firm.services:
        if pipeline := pipelines.get(service.name):
            clients = shared.clients(service, staff.get(pipeline.id, []))
            found.append(await _board(firm, service, pipeline.id, shared.told, clients))
    return [board for board in found if board.clients and board.stages]


async def _board(
    firm: DemoFirm, service: Service, pipeline_id: UUID, told: dict[str, UUID], clients: Sequence[Client]
) -> Board:
    stages = await firm.scope.rows(Stage).where(pipeline_id=pipeline_id).order_by("position", "id")
    statuses = await firm.scope.rows(Status).where(pipeline_id=pipeline_id)
    return Board(
        service,
        pipeline_id,
        [stage.id for stage in stages],
        {status.category: status.id for status in statuses if status.category is not Category.CUSTOM},
        {status.name: status.id for status in statuses if status.category is Category.CUSTOM},
        told,
        clients,
    )
