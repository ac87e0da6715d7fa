"""A firm with one of everything, each text of it marked with the firm's own word."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from models.commands.jobs import update_job
from models.commands.moves import archive_job, complete_job, set_job_status
from models.commands.relations import relate_job
from models.commands.stages import create_stage
from models.commands.tags import create_tag
from models.commands.tasks import create_task
from models.commands.time import log_time, update_time_entry
from models.commands.timers import start_timer
from models.database import sql
from models.ids import Kind, encode
from models.rights import Right, Role
from models.rows import (
    Account,
    AccountTag,
    AutomationType,
    Category,
    ClientStatus,
    Job,
    JobAssignee,
    Member,
    Pipeline,
    Priority,
    Relation,
    Row,
    Stage,
    Status,
    TaskAssignee,
)
from tests.api.samples import Id, camel
from tests.copies import Original
from tests.planting import hidden_amount, hidden_number, hidden_one, hidden_text
from tests.signing_in import KEPT
from tests.specimens import Spot, specimens
from tests.world import World

#: Which of the firm's things a mutation needs, where the usual one of its kind will not do.
CHOSEN = {
    "restoreJob.jobId": "archived job",
    "relateJob.otherJobId": "second job",
    "unrelateJob.otherJobId": "archived job",
    "restoreJobs.jobId": "archived job",
    "restoreAccount.accountId": "archived account",
    "archiveAccount.accountId": "idle account",
    "reactivateMember.memberId": "former member",
    "deletePipeline.pipelineId": "empty pipeline",
    "setPipelineMembers.memberIds": "second member",
    "setAccountTeam.memberIds": "second member",
    "assignJob.memberIds": "second member",
    "assignJobs.memberIds": "second member",
    "assignTask.memberIds": "second member",
    "setAccountTags.tagIds": "second tag",
    "moveJob.stageId": "second stage",
    "moveJob.beforeJobId": "second job",
    "moveJob.afterJobId": "second job",
    "moveJobs.stageId": "second stage",
    "moveJobs.beforeJobId": "second job",
    "moveJobs.afterJobId": "second job",
    "createJob.stageId": "second stage",
    "moveStage.beforeStageId": "second stage",
    "moveStage.afterStageId": "second stage",
    "updateStage.stageId": "second stage",
    "deleteStage.replacementStageId": "second stage",
    "deleteStatus.replacementStatusId": "second status",
    "setJobStatus.statusId": "second status",
    "setJobsStatus.statusId": "second status",
    "setTaskParent.taskId": "subtask",
    "setTaskParent.parentId": "loose task",
    "linkTask.taskId": "loose task",
    "stopTimer.timeEntryId": "timer",
}


#: Whoever has one of these is told of others' time, or of what it adds up to.
_TIME = (Right.MANAGE_TIME_ENTRIES, Right.MANAGE_TIME_BUDGETS, Right.VIEW_REPORTS)
#: Which of the firm's things a mutation changes where it is given this field, which the usual one cannot have.
HAVING = {
    ("updateTemplate", "job"): {"templateId": (Kind.TEMPLATE, "template of jobs")},
    ("updateTemplate", "clientRequest"): {"templateId": (Kind.TEMPLATE, "template of requests")},
    ("updateTemplate", "organizer"): {"templateId": (Kind.TEMPLATE, "template of organizers")},
    ("updateTemplate", "invoice"): {"templateId": (Kind.TEMPLATE, "template of invoices")},
    ("updateTemplate", "proposal"): {"templateId": (Kind.TEMPLATE, "template of proposals")},
    ("updateTemplate", "email"): {"templateId": (Kind.TEMPLATE, "template of e-mails")},
    ("updateTemplate", "folderTree"): {"templateId": (Kind.TEMPLATE, "template of folders")},
}
HAVING |= {
    ("updateAutomation", camel(type.field)): {"automationId": (Kind.AUTOMATION, f"automation of {type}")}
    for type in AutomationType
}

#: Who makes all that there is of the kinds of tests/kinds.
MADE_BY = "owner"


@cache
def _chosen() -> dict[str, str]:
    return CHOSEN | {where: name for known in specimens() for where, name in known.chosen.items()}


def having(firm: Furnished, mutation: str, field: str) -> dict[str, str]:
    """What a mutation is given besides this field, in place of the usual."""
    chosen = HAVING.get((mutation, field), {})
    return {name: encode(kind, firm.things[thing]) for name, (kind, thing) in chosen.items()}


@dataclass
class Furnished:
    """`things` has one thing of each kind by its kind, and others by what they are for."""

    world: World
    word: str
    things: dict[str, UUID] = field(default_factory=dict)

    @classmethod
    async def build(cls, word: str = "") -> Furnished:
        """A fresh firm. Its word is part of every text that it has."""
        return await cls.called(f"{word}{uuid4().hex[:12]}")

    @classmethod
    async def called(cls, word: str) -> Furnished:
        """A fresh firm with just this word, which nobody else may have."""
        return await _ORIGINAL.copy(word)

    @classmethod
    async def anew(cls, word: str) -> Furnished:
        """A firm that is no copy of another one."""
        firm = cls(await World.build(word), word)
        await firm._furnish()
        await firm._mark()
        return firm

    def id(self, place: Id) -> str:
        """The id of the thing that belongs there."""
        usual = MADE_BY if place.where.endswith(".createdBy") else place.kind.value
        return encode(place.kind, self.things[_chosen().get(place.where, usual)])

    async def all_ids(self) -> list[str]:
        """The id of each of its rows, as clients see it, and as it is."""
        found = [encode(Kind.FIRM, self.world.firm.id), str(self.world.firm.id)]
        for kind in set(Kind) - {Kind.FIRM}:
            rows = await sql(f"SELECT id FROM {kind.value} WHERE firm_id = $1", self.world.firm.id)
            found += [text for row in rows for text in (encode(kind, row["id"]), str(row["id"]))]
        return found

    async def traces(self) -> list[bytes]:
        """What no answer to another firm may hold."""
        return [text.encode() for text in (self.word, *await self.all_ids())]

    async def employee(self, *rights: Right) -> Member:
        """A further employee, with these rights, who sees all pipelines."""
        member = await self.world.member(f"{self.word} Eve", Role.EMPLOYEE, *rights)
        for pipeline in await Pipeline.filter(firm_id=self.world.firm.id):
            await sql("INSERT INTO pipeline_member (pipeline_id, member_id) VALUES ($1, $2)", pipeline.id, member.id)
        return member

    async def give_messages_to(self, member: Member) -> None:
        """Make all messages this member's own: others' are seen, and not changed."""
        await sql("UPDATE message SET created_by_id = $2 WHERE firm_id = $1", self.world.firm.id, member.id)

    async def give_uploads_to(self, member: Member) -> None:
        """Make all files that nothing has taken this member's own: others' they would not see."""
        kept = "UPDATE file SET kept_for_id = $2 WHERE firm_id = $1 AND kept_for_id IS NOT NULL"
        await sql(kept, self.world.firm.id, member.id)

    async def _furnish(self) -> None:
        world = self.world
        owner = world.acting(world.owner)
        stages = await world.stages()
        second = await world.job(
            f"{self.word} second", stage_id=stages[1].id, budget=hidden_number(None, 2, Right.MANAGE_TIME_BUDGETS)
        )
        # What can be taken back, as nothing else is done to it: revision 3.
        await update_job(owner, job_id=second.id, priority=Priority.HIGH)
        self.things |= {"second job": second.id}
        self.things |= {
            "firm": world.firm.id,
            "member": world.employee.id,
            MADE_BY: world.owner.id,
            "second member": world.stranger.id,
            "former member": (await world.member("Fred Former")).id,
            "account": world.account.id,
            "idle account": (await world.new_account("Idle")).id,
            "archived account": (await world.new_account("Gone")).id,
            "pipeline": world.pipeline.id,
            "empty pipeline": (await world.new_pipeline("Empty")).id,
            "stage": stages[0].id,
            "second stage": stages[1].id,
            "second status": (await world.status(Category.ACTIVE)).id,
        }
        status = await Status.create(
            firm_id=world.firm.id,
            pipeline_id=world.pipeline.id,
            category=Category.CUSTOM,
            name="Waiting",
            color="#ffffff",
            counts_as_overdue=True,
        )
        self.things["status"] = status.id
        await Member.filter(id=self.things["former member"]).update(active=False)
        await Account.filter(id=self.things["archived account"]).update(archived_at=datetime.now(UTC))
        for number in ("", "second "):
            tag = (await create_tag(owner, name=f"{self.word} {number}tag", color="#ffffff")).value
            self.things[f"{number}tag"] = tag.id
        await AccountTag.create(account_id=world.account.id, tag_id=self.things["tag"])
        # Within the pipeline also when another stage is moved or deleted: the ends of one have no tags.
        await create_stage(
            owner,
            pipeline_id=world.pipeline.id,
            name=f"{self.word} conditional",
            conditional_tag_ids=[self.things["second tag"]],
            after_stage_id=stages[1].id,
        )
        await self._jobs(stages)
        await self._work()
        spot = Spot(world.account.id, self.things["job"])
        for known in specimens():
            for name, make in {known.kind.value: known.make, **known.further}.items():
                self.things[name] = await make(owner, self.word, spot)

    async def _jobs(self, stages: list[Stage]) -> None:
        world = self.world
        budget = hidden_one(600, 500, 900, Right.MANAGE_TIME_BUDGETS)
        job = await world.job(f"{self.word} job", description=self.word, budget=budget, due_date=date(2026, 1, 31))
        owner, archived = world.acting(world.owner), await world.job(f"{self.word} archived")
        # Reports tell of what jobs went through.
        await set_job_status(owner, job_id=archived.id, status_id=self.things["status"])
        await complete_job(owner, job_id=archived.id)
        await archive_job(owner, job_id=archived.id)
        await relate_job(owner, job_id=job.id, other_job_id=archived.id, relation=Relation.RELATES)
        await JobAssignee.create(job_id=job.id, member_id=world.employee.id)
        told = {"client_status_name": self.word, "client_status_description": self.word}
        await Job.filter(id=job.id).update(status_id=self.things["status"], **told)
        self.things |= {"job": job.id, "archived job": archived.id}

    async def _work(self) -> None:
        world, job = self.world, self.things["job"]
        owner = world.acting(world.owner)
        listed = [f"{self.word} bank", f"{self.word} cards"]
        made = create_task(owner, name=f"{self.word} task", job_id=job, description=self.word, checklist=listed)
        task = (await made).value
        loose = (await create_task(owner, name=f"{self.word} loose", account_id=world.account.id)).value
        part = (await create_task(owner, name=f"{self.word} part", parent_id=task.id)).value
        await TaskAssignee.create(task_id=task.id, member_id=world.employee.id)
        minutes = [hidden_one(usual, *other, *_TIME) for usual, other in ((30, (211, 307)), (31, (223, 293)))]
        notes = [hidden_text(self.word, Right.MANAGE_TIME_ENTRIES) for _ in range(2)]
        rate = hidden_amount(100, 7, Right.MANAGE_RATES)
        logged = log_time(owner, minutes=minutes[0], job_id=job, note=notes[0], member_id=world.employee.id)
        entry = (await logged).value
        await update_time_entry(owner, time_entry_id=entry.id, minutes=minutes[1])
        await sql("UPDATE time_entry SET rate = $2 WHERE id = $1", entry.id, rate)
        timer = (await start_timer(owner, job_id=job, note=notes[1])).value
        self.things |= {"timer": timer.id}
        self.things |= {"task": task.id, "loose task": loose.id, "subtask": part.id, "time_entry": entry.id}

    async def _mark(self) -> None:
        models: list[type[Row]] = [Account, Pipeline, Stage, Status, ClientStatus, Member]
        rows: list[Any] = [row for model in models for row in await model.filter(firm_id=self.world.firm.id)]
        for row in [*rows, self.world.firm]:
            row.name = f"{self.word} {row.name}"[:100]
            await row.save(update_fields=["name"])
        await Member.filter(id=self.world.owner.id).update(password_hash=KEPT)


_ORIGINAL = Original(Furnished.anew, lambda firm: firm.world.firm.id)
