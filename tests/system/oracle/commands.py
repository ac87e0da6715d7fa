"""Random commands of every kind: what a member of the team might do next, given what is known of the firm."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.system.oracle.atlas import Atlas, Board, Person
from tests.system.oracle.replica import Object

Input = dict[str, Any]
#: None where there is nothing to do it to.
Make = Callable[[random.Random, Atlas], Input | None]
Learn = Callable[[Atlas, Input, Object], None]

RIGHTS = (
    "MANAGE_TIME_BUDGETS",
    "MANAGE_TIME_ENTRIES",
    "MANAGE_PIPELINES",
    "MANAGE_ACCOUNTS",
    "MANAGE_TAGS",
    "MANAGE_RATES",
)


@dataclass(frozen=True)
class Kind:
    """A kind of command: how often it comes, what it is given, what is asked of it and learned from the answer."""

    mutation: str
    weight: float
    make: Make
    asked: str = ""
    learn: Learn = lambda _atlas, _input, _payload: None
    #: Whether it takes an admin, or a right that few have.
    lead: bool = False
    #: Whether it changes what somebody may see.
    rescopes: bool = False

    @property
    def document(self) -> str:
        """The operation."""
        return (
            f"mutation M($input: {self._input}!) {{ {self.mutation}(input: $input) "
            f"{{ revision errors {{ code message path }} {self.asked} }} }}"
        )

    @property
    def _input(self) -> str:
        # What only names a thing has one input type for each kind of thing.
        verb, thing = re.fullmatch(r"([a-z]+)(\w+)", self.mutation).groups()  # type: ignore[union-attr]
        if verb in ("complete", "archive", "restore", "delete", "unlink", "deactivate", "reactivate"):
            return f"{thing}Input" if thing not in ("Stage", "Status") else f"Delete{thing}Input"
        return f"{verb.title()}{thing}Input"


def _job(chance: random.Random, atlas: Atlas) -> Input:
    # Now and then one that is archived: that is refused.
    there = [job for job in atlas.jobs if job not in atlas.archived]
    return {"jobId": chance.choice(there if chance.random() < 0.95 else list(atlas.jobs))}


def _archived(chance: random.Random, atlas: Atlas) -> Input | None:
    return {"jobId": chance.choice(sorted(atlas.archived))} if atlas.archived else None


def _several_archived(chance: random.Random, atlas: Atlas) -> Input | None:
    chosen = chance.sample(sorted(atlas.archived), min(len(atlas.archived), 5))
    return {"jobs": [{"jobId": id} for id in chosen], "atomic": False} if chosen else None


def _versioned(chance: random.Random, atlas: Atlas, input: Input) -> Input:
    if chance.random() < 0.3 and input["jobId"] in atlas.versions:
        input["expectedVersion"] = atlas.versions[input["jobId"]]
    return input


def _jobs(chance: random.Random, atlas: Atlas) -> Input:
    chosen = chance.sample(list(atlas.jobs), min(len(atlas.jobs), chance.randint(2, 8)))
    return {"jobs": [{"jobId": id} for id in chosen], "atomic": chance.random() < 0.4}


def _board(chance: random.Random, atlas: Atlas) -> Board:
    return chance.choice(atlas.boards)


def _stage(chance: random.Random, atlas: Atlas) -> str:
    return chance.choice(_board(chance, atlas).stages)


def _people(chance: random.Random, atlas: Atlas, most: int) -> list[str]:
    return [person.id for person in chance.sample(atlas.people, chance.randint(0, min(most, len(atlas.people))))]


def _date(chance: random.Random) -> str | None:
    return chance.choice([None, f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"])


def _name(chance: random.Random, atlas: Atlas, account: str, what: str) -> str:
    return atlas.named(account, f"{what} {chance.randrange(10_000)}")


def _move(chance: random.Random, atlas: Atlas) -> Input:
    input = _versioned(chance, atlas, _job(chance, atlas)) | {"stageId": _stage(chance, atlas)}
    if chance.random() < 0.4 and (cards := atlas.jobs_on(input["stageId"])):
        input[chance.choice(["beforeJobId", "afterJobId"])] = chance.choice(cards)
    return input


def _create_job(chance: random.Random, atlas: Atlas) -> Input | None:
    if len(atlas.jobs) > 160:
        return None
    account, board = chance.choice(atlas.accounts), _board(chance, atlas)
    input: Input = {"accountId": account, "pipelineId": board.id, "name": _name(chance, atlas, account, "job")}
    if chance.random() < 0.5:
        input["stageId"] = chance.choice(board.stages)
    if chance.random() < 0.3:
        input["assigneeIds"] = _people(chance, atlas, 3)
    return input | {"dueDate": _date(chance)}


def _update_job(chance: random.Random, atlas: Atlas) -> Input:
    input = _versioned(chance, atlas, _job(chance, atlas))
    if chance.random() < 0.5:
        input["name"] = _name(chance, atlas, atlas.jobs[input["jobId"]], "job")
    if chance.random() < 0.5:
        input["priority"] = chance.choice(["LOW", "MEDIUM", "HIGH", "URGENT"])
    return input | {"dueDate": _date(chance)}


def _job_status(chance: random.Random, atlas: Atlas) -> Input:
    input = _job(chance, atlas)
    return input | {"statusId": chance.choice((atlas.board_of(input["jobId"]) or atlas.boards[0]).statuses)}


def _jobs_status(chance: random.Random, atlas: Atlas) -> Input | None:
    stage = _stage(chance, atlas)
    jobs = [job for job in atlas.jobs_on(stage) if job not in atlas.archived][:5]
    board = next(board for board in atlas.boards if stage in board.stages)
    input = {"jobs": [{"jobId": id} for id in jobs], "statusId": chance.choice(board.statuses), "atomic": False}
    return input if jobs else None


def _task_of_job(chance: random.Random, atlas: Atlas) -> Input:
    input = _job(chance, atlas)
    return input | {"name": _name(chance, atlas, atlas.jobs[input["jobId"]], "task")}


def _task(chance: random.Random, atlas: Atlas) -> Input | None:
    return {"taskId": chance.choice(atlas.tasks)} if atlas.tasks else None


def _task_state(chance: random.Random, atlas: Atlas) -> Input | None:
    states = ["PLANNED", "IN_PROGRESS", "COMPLETED", "CANCELED"]
    return (task := _task(chance, atlas)) and task | {"state": chance.choice(states)}


def _entry(chance: random.Random, atlas: Atlas) -> Input | None:
    return {"timeEntryId": chance.choice(atlas.entries)} if atlas.entries else None


def _update_entry(chance: random.Random, atlas: Atlas) -> Input | None:
    if (input := _entry(chance, atlas)) is None:
        return None
    if chance.random() < 0.5:
        return input | {"jobId": chance.choice([None, *atlas.jobs])}
    return input | {"minutes": chance.randint(1, 600)}


def _create_stage(chance: random.Random, atlas: Atlas) -> Input | None:
    board = _board(chance, atlas)
    if len(board.stages) > 7:
        return None
    return {"pipelineId": board.id, "name": f"{atlas.tag} stage", "afterStageId": chance.choice(board.stages)}


def _move_stage(chance: random.Random, atlas: Atlas) -> Input | None:
    board = _board(chance, atlas)
    if len(board.stages) < 2:
        return None
    moved, beside = chance.sample(board.stages, 2)
    return {"stageId": moved, chance.choice(["beforeStageId", "afterStageId"]): beside}


def _delete_stage(chance: random.Random, atlas: Atlas) -> Input | None:
    board = _board(chance, atlas)
    if len(board.stages) < 3:
        return None
    deleted, replacement = chance.sample(board.stages, 2)
    return {"stageId": deleted, "replacementStageId": replacement}


def _forget_stage(atlas: Atlas, input: Input, _payload: Object) -> None:
    for board in atlas.boards:
        board.stages[:] = [stage for stage in board.stages if stage != input["stageId"]]
    for job in atlas.jobs_on(input["stageId"]):
        atlas.places[job] = input["replacementStageId"]


def _custom(chance: random.Random, atlas: Atlas) -> tuple[Board, str] | None:
    board = _board(chance, atlas)
    return (board, chance.choice(board.custom)) if board.custom else None


def _update_status(chance: random.Random, atlas: Atlas) -> Input | None:
    found = _custom(chance, atlas)
    return {"statusId": found[1], "name": f"Waiting {chance.randrange(100)}"} if found else None


def _delete_status(chance: random.Random, atlas: Atlas) -> Input | None:
    found = _custom(chance, atlas)
    return {"statusId": found[1], "replacementStatusId": chance.choice(found[0].statuses)} if found else None


def _learn_status(atlas: Atlas, input: Input, payload: Object) -> None:
    board = next(board for board in atlas.boards if board.id == input["pipelineId"])
    board.statuses.append(payload["status"]["id"])
    board.custom.append(payload["status"]["id"])


def _forget_status(atlas: Atlas, input: Input, _payload: Object) -> None:
    for board in atlas.boards:
        for ids in (board.statuses, board.custom):
            ids[:] = [id for id in ids if id != input["statusId"]]


def _learn_stage(atlas: Atlas, input: Input, payload: Object) -> None:
    next(board for board in atlas.boards if board.id == input["pipelineId"]).stages.append(payload["stage"]["id"])


def _create_pipeline(chance: random.Random, atlas: Atlas) -> Input | None:
    if len(atlas.boards) > 4:
        return None
    return {"name": f"{atlas.tag} pipeline {chance.randrange(100)}", "memberIds": _people(chance, atlas, 5)}


def _learn_pipeline(atlas: Atlas, _input: Input, payload: Object) -> None:
    made = payload["pipeline"]
    stages, statuses = ([row["id"] for row in made[rows]] for rows in ("stages", "statuses"))
    atlas.boards.append(Board(made["id"], stages, statuses, custom=[]))


def _delete_pipeline(chance: random.Random, atlas: Atlas) -> Input | None:
    return {"pipelineId": chance.choice(atlas.boards[3:]).id} if len(atlas.boards) > 3 else None


def _forget_pipeline(atlas: Atlas, input: Input, _payload: Object) -> None:
    atlas.boards[:] = [board for board in atlas.boards if board.id != input["pipelineId"]]


def _pipeline_members(chance: random.Random, atlas: Atlas) -> Input:
    return {"pipelineId": _board(chance, atlas).id, "memberIds": _people(chance, atlas, len(atlas.people))}


def _account(chance: random.Random, atlas: Atlas) -> Input:
    return {"accountId": chance.choice(atlas.accounts)}


def _update_account(chance: random.Random, atlas: Atlas) -> Input:
    input = _account(chance, atlas)
    return input | {"name": _name(chance, atlas, input["accountId"], "account")}


def _create_account(chance: random.Random, atlas: Atlas) -> Input | None:
    if len(atlas.accounts) > 40:
        return None
    return {"name": f"{atlas.tag} account {chance.randrange(10_000)}", "teamIds": _people(chance, atlas, 3)}


def _account_team(chance: random.Random, atlas: Atlas) -> Input:
    input = _account(chance, atlas)
    sealed = {person.id for person in atlas.people if person.sealed and input["accountId"] in atlas.secrets}
    return input | {"memberIds": [id for id in _people(chance, atlas, len(atlas.people)) if id not in sealed]}


def _account_tags(chance: random.Random, atlas: Atlas) -> Input:
    return _account(chance, atlas) | {"tagIds": chance.sample(atlas.tags, chance.randint(0, min(3, len(atlas.tags))))}


def _create_tag(chance: random.Random, atlas: Atlas) -> Input | None:
    if len(atlas.tags) > 8:
        return None
    return {"name": f"{atlas.tag} tag {chance.randrange(100_000)}", "color": "#0000ff"}


def _tag(chance: random.Random, atlas: Atlas) -> Input | None:
    return {"tagId": chance.choice(atlas.tags)} if atlas.tags else None


def _update_tag(chance: random.Random, atlas: Atlas) -> Input | None:
    return (tag := _tag(chance, atlas)) and tag | {"name": f"{atlas.tag} tag {chance.randrange(100_000)}"}


def _employee(chance: random.Random, atlas: Atlas) -> Person:
    return chance.choice([person for person in atlas.people if person.role == "EMPLOYEE"])


def _rights(chance: random.Random, atlas: Atlas) -> Input:
    person = _employee(chance, atlas)
    rights = chance.sample(RIGHTS, chance.randint(0, 3))
    if not person.sealed and chance.random() < 0.5:
        rights.append("VIEW_ALL_ACCOUNTS")
    return {"memberId": person.id, "rights": rights}


def _role(chance: random.Random, atlas: Atlas) -> Input:
    # The second admin, and a few employees, go back and forth.
    chosen = chance.choice([person for person in atlas.people[2:7] if not person.sealed])
    return {"memberId": chosen.id, "role": chance.choice(["ADMIN", "EMPLOYEE"])}


def _leaver(chance: random.Random, atlas: Atlas) -> Input:
    return {"memberId": chance.choice(atlas.people[-4:]).id}


def _rename_member(chance: random.Random, atlas: Atlas) -> Input:
    return {"memberId": chance.choice(atlas.people).id, "name": f"Person {chance.randrange(1000)}"}


def _learn_job(atlas: Atlas, input: Input, payload: Object) -> None:
    atlas.add_job(payload["job"]["id"], input["accountId"], payload["job"]["stage"]["id"])


def _learn_version(atlas: Atlas, input: Input, payload: Object) -> None:
    # Somebody else may have deleted it, or taken it out of sight, before it was read for the answer.
    if (job := payload["job"]) is not None:
        atlas.versions[input["jobId"]] = job["version"]
        if job["stage"] is not None:
            atlas.places[input["jobId"]] = job["stage"]["id"]


def _learn_state(atlas: Atlas, _input: Input, payload: Object) -> None:
    _note_state(atlas, [payload["job"]])


def _learn_states(atlas: Atlas, _input: Input, payload: Object) -> None:
    _note_state(atlas, payload["jobs"] or [])


def _note_state(atlas: Atlas, jobs: list[Object | None]) -> None:
    for job in jobs:
        if job is not None and job["id"] in atlas.jobs:
            (atlas.archived.add if job["archivedAt"] else atlas.archived.discard)(job["id"])
            if job["stage"] is not None:
                atlas.places[job["id"]] = job["stage"]["id"]


def _forget_job(atlas: Atlas, input: Input, _payload: Object) -> None:
    atlas.jobs.pop(input["jobId"], None)
    atlas.archived.discard(input["jobId"])


def _forget_jobs(atlas: Atlas, input: Input, payload: Object) -> None:
    for job in input["jobs"]:
        _forget_job(atlas, job, payload)


def _forget(table: str, key: str) -> Learn:
    def forget(atlas: Atlas, input: Input, _payload: Object) -> None:
        ids: list[str] = getattr(atlas, table)
        ids[:] = [id for id in ids if id != input[key]]

    return forget


def _learned(table: str, thing: str) -> Learn:
    return lambda atlas, _input, payload: getattr(atlas, table).append(payload[thing]["id"])


def _both(*makes: Make) -> Make:
    def make(chance: random.Random, atlas: Atlas) -> Input | None:
        parts = [make(chance, atlas) for make in makes]
        return None if None in parts else {key: value for part in parts if part for key, value in part.items()}

    return make


def _assignees(chance: random.Random, atlas: Atlas) -> Input:
    return {"memberIds": _people(chance, atlas, 3)}


JOB_VERSION = "job { id version stage { id } }"
JOB_STATE, JOBS_STATE = "job { id archivedAt stage { id } }", "jobs { id archivedAt stage { id } }"

KINDS = (
    Kind("moveJob", 30, _move, JOB_VERSION, _learn_version),
    Kind("moveJobs", 5, lambda c, a: _jobs(c, a) | {"stageId": _stage(c, a)}, JOBS_STATE, _learn_states),
    Kind("createJob", 9, _create_job, "job { id stage { id } }", _learn_job),
    Kind("updateJob", 8, _update_job, JOB_VERSION, _learn_version),
    Kind("setJobBudget", 3, lambda c, a: _job(c, a) | {"budget": c.choice([None, c.randint(1, 900)])}, lead=True),
    Kind("setJobStatus", 6, _job_status, JOB_STATE, _learn_state),
    Kind("setJobsStatus", 1, _jobs_status, JOBS_STATE, _learn_states),
    Kind("completeJob", 3, _job),
    Kind("completeJobs", 1, _jobs),
    Kind("archiveJob", 2, _job, JOB_STATE, _learn_state),
    Kind("archiveJobs", 0.7, _jobs, JOBS_STATE, _learn_states),
    Kind("restoreJob", 4, _archived, JOB_STATE, _learn_state),
    Kind("restoreJobs", 2, _several_archived, JOBS_STATE, _learn_states),
    Kind("assignJob", 4, _both(_job, _assignees)),
    Kind("assignJobs", 1.5, _both(_jobs, _assignees)),
    Kind("deleteJob", 2, _job, learn=_forget_job, lead=True),
    Kind("deleteJobs", 0.7, lambda c, a: _jobs(c, a) | {"atomic": True}, learn=_forget_jobs, lead=True),
    Kind("createTask", 4, _task_of_job, "task { id }", _learned("tasks", "task")),
    Kind("updateTask", 1, lambda c, a: (t := _task(c, a)) and t | {"name": a.named("", "task")}, lead=True),
    Kind("setTaskState", 5, _task_state),
    Kind("assignTask", 1.5, _both(_task, _assignees)),
    Kind("linkTask", 4, _both(_task, _job)),
    Kind("unlinkTask", 3, _task),
    Kind("deleteTask", 1.5, _task, learn=_forget("tasks", "taskId")),
    Kind(
        "logTime",
        4,
        lambda c, a: _job(c, a) | {"minutes": c.randint(1, 300)},
        "timeEntry { id }",
        _learned("entries", "timeEntry"),
    ),
    Kind("updateTimeEntry", 4, _update_entry, lead=True),
    Kind("deleteTimeEntry", 1.5, _entry, learn=_forget("entries", "timeEntryId"), lead=True),
    Kind("startTimer", 1.5, _job),
    Kind("stopTimer", 1.5, lambda _c, _a: {}),
    Kind("createStage", 2, _create_stage, "stage { id }", _learn_stage, lead=True),
    Kind("updateStage", 1, lambda c, a: {"stageId": _stage(c, a), "name": f"Stage {c.randrange(100)}"}, lead=True),
    Kind("moveStage", 2, _move_stage, lead=True),
    Kind("deleteStage", 1.5, _delete_stage, learn=_forget_stage, lead=True),
    Kind(
        "createStatus",
        1.5,
        lambda c, a: {"pipelineId": _board(c, a).id, "name": "Waiting", "color": "#aaaaaa"},
        "status { id }",
        _learn_status,
        lead=True,
    ),
    Kind("updateStatus", 1.5, _update_status, lead=True),
    Kind("deleteStatus", 1, _delete_status, learn=_forget_status, lead=True),
    Kind(
        "createPipeline",
        0.7,
        _create_pipeline,
        "pipeline { id stages { id } statuses { id } }",
        _learn_pipeline,
        lead=True,
        rescopes=True,
    ),
    Kind(
        "updatePipeline",
        1,
        lambda c, a: {"pipelineId": _board(c, a).id, "name": f"{a.tag} {c.randrange(100)}"},
        lead=True,
    ),
    Kind("deletePipeline", 1, _delete_pipeline, learn=_forget_pipeline, lead=True),
    Kind("setPipelineMembers", 2.5, _pipeline_members, lead=True, rescopes=True),
    Kind(
        "createAccount", 1, _create_account, "account { id }", _learned("accounts", "account"), lead=True, rescopes=True
    ),
    Kind("updateAccount", 2.5, _update_account, lead=True),
    Kind("setAccountTags", 2.5, _account_tags, lead=True),
    Kind("setAccountTeam", 4, _account_team, lead=True, rescopes=True),
    Kind("archiveAccount", 1, _account, lead=True),
    Kind("restoreAccount", 1.5, _account, lead=True),
    Kind("createTag", 1.5, _create_tag, "tag { id }", _learned("tags", "tag"), lead=True),
    Kind("updateTag", 1.5, _update_tag, lead=True),
    Kind("deleteTag", 0.7, _tag, learn=_forget("tags", "tagId"), lead=True),
    Kind("updateMember", 1.5, _rename_member, lead=True),
    Kind("setMemberRights", 3, _rights, lead=True, rescopes=True),
    Kind("setMemberRole", 1.5, _role, lead=True, rescopes=True),
    Kind("deactivateMember", 1, _leaver, lead=True, rescopes=True),
    Kind("reactivateMember", 2, _leaver, lead=True, rescopes=True),
    Kind("updateFirm", 0.5, lambda c, _a: {"clientStatusEnabled": c.random() < 0.5}, lead=True),
)


def choose(chance: random.Random, atlas: Atlas, *, leads: bool, storm: bool) -> tuple[Kind, Input]:
    """What to do next. In a storm there are ten times as many changes of rights."""

    def weight(kind: Kind) -> float:
        return kind.weight * (1 if leads or not kind.lead else 0.05) * (10 if storm and kind.rescopes else 1)

    while True:
        (kind,) = chance.choices(KINDS, [weight(kind) for kind in KINDS])
        if (input := kind.make(chance, atlas)) is not None:
            return kind, input
