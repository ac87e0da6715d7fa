"""The one builder of what tests stand on: a small firm, and more of everything on demand."""

import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models.actor import Actor
from models.commands.firms import create_firm
from models.ids import new_id
from models.log import Logged, heads, read_log
from models.order import spread
from models.rights import Right, Role
from models.rows import (
    Account,
    AccountMember,
    AccountType,
    Category,
    Firm,
    Job,
    Member,
    Pipeline,
    PipelineMember,
    Stage,
    Status,
)
from models.templates.jobs import create_job
from tests.copies import Original

#: The hash of nothing: no test signs in with a password unless it sets one.
STAGES = ("To do", "Doing", "Done")
BUILT_IN = ((Category.ACTIVE, "Active"), (Category.COMPLETED, "Completed"), (Category.ARCHIVED, "Archived"))


#: How often a tag has been asked for.
_BUILT: Counter[str] = Counter()


@dataclass
class World:
    """A firm with an owner, an admin, an employee who sees one account and one pipeline, and one who sees nothing.

    The set-up writes rows directly, and but once: it is not what is tested, and takes one revision instead of many.
    """

    tag: str
    firm: Firm
    owner: Member
    admin: Member
    employee: Member
    stranger: Member
    account: Account
    pipeline: Pipeline
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    @classmethod
    async def build(cls, tag: str) -> "World":
        """A fresh firm. `tag` makes its e-mail addresses its own; whoever comes back to a module that another process
        has taken tests of builds the module's firm again."""
        _BUILT[tag] += 1
        return await _ORIGINAL.copy(tag if _BUILT[tag] == 1 else f"{tag}-{_BUILT[tag]}")

    @classmethod
    async def _build(cls, tag: str) -> "World":
        firm, owner = await create_firm(
            name=f"Firm {tag}", owner_email=f"owner@{tag}.test", owner_name="Olive Owner", password=None
        )
        world = cls(tag, firm, owner, owner, owner, owner, None, None)  # type: ignore[arg-type]
        world.admin = await world.member("Adam Admin", Role.ADMIN)
        world.employee = await world.member("Emma Employee")
        world.stranger = await world.member("Sam Stranger")
        world.account = await world.new_account("Acme", world.employee)
        world.pipeline = await world.new_pipeline("Tax returns", world.employee)
        return world

    async def member(self, name: str, role: Role = Role.EMPLOYEE, *rights: Right) -> Member:
        """Another member of the team."""
        email = f"{name.split()[0].lower()}{next(self._numbers)}@{self.tag}.test"
        return await Member.create(
            firm_id=self.firm.id, email=email, name=name, role=role, given_rights=[right.value for right in rights]
        )

    async def new_account(self, name: str, *team: Member) -> Account:
        """Another account, with these members assigned."""
        account = await Account.create(firm_id=self.firm.id, name=name, type=AccountType.COMPANY)
        for member in team:
            await AccountMember.create(account_id=account.id, member_id=member.id)
        return account

    async def new_pipeline(self, name: str, *members: Member, stages: tuple[str, ...] = STAGES) -> Pipeline:
        """Another pipeline, available to these members."""
        pipeline = await Pipeline.create(firm_id=self.firm.id, name=name)
        for title, position in zip(stages, spread(len(stages)), strict=True):
            await Stage.create(firm_id=self.firm.id, pipeline_id=pipeline.id, name=title, position=position)
        for category, title in BUILT_IN:
            await Status.create(
                firm_id=self.firm.id, pipeline_id=pipeline.id, category=category, name=title, color="#2f80ed"
            )
        for member in members:
            await PipelineMember.create(pipeline_id=pipeline.id, member_id=member.id)
        return pipeline

    async def stages(self, pipeline: Pipeline | None = None) -> list[Stage]:
        """The stages of a pipeline in order."""
        return await Stage.filter(pipeline_id=(pipeline or self.pipeline).id).order_by("position")

    async def status(self, category: Category, pipeline: Pipeline | None = None) -> Status:
        """A built-in status of a pipeline."""
        return await Status.get(pipeline_id=(pipeline or self.pipeline).id, category=category)

    async def job(self, name: str = "1040", **fields: Any) -> Job:
        """A job opened by the owner, on the first stage unless told otherwise."""
        fields.setdefault("account_id", self.account.id)
        fields.setdefault("pipeline_id", self.pipeline.id)
        return (await create_job(self.acting(self.owner), name=name, id=new_id(), **fields)).value

    def acting(self, member: Member) -> Actor:
        """The member as the actor of a command."""
        return Actor.member(member.firm_id, member.id)

    async def revision(self) -> int:
        """The firm's present revision."""
        return (await heads([self.firm.id]))[self.firm.id].revision

    async def events(self, after: int = 0) -> list[Logged]:
        """The firm's log after a revision."""
        return list((await read_log(self.firm.id, after, limit=10_000)).logged)

    async def names_on(self, stage: Stage) -> list[str]:
        """The names of the cards of a stage, in order."""
        return [job.name for job in await Job.filter(stage_id=stage.id).order_by("position", "id")]

    async def row(self, model: Any, id: UUID) -> Any:
        """A row as the database has it now."""
        return await model.get(id=id)


_ORIGINAL = Original(World._build, lambda world: world.firm.id)
