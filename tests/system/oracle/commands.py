"""Random commands of every kind: what a member of the team might do next, given what is known of the firm."""

from __future__ import annotations

import random
from collections.abc import Collection

from tests.system.oracle import picking
from tests.system.oracle.atlas import Atlas, Board
from tests.system.oracle.by_itself import COMMANDS as OF_ITSELF
from tests.system.oracle.command import Kind, Learn, Make
from tests.system.oracle.contacts import COMMANDS as OF_CONTACTS
from tests.system.oracle.folders import COMMANDS as OF_FOLDERS
from tests.system.oracle.items import COMMANDS as OF_ITEMS
from tests.system.oracle.picking import Input
from tests.system.oracle.replica import Object
from tests.system.oracle.templates import COMMANDS as OF_TEMPLATES


def _forget_stage(atlas: Atlas, input: Input, _payload: Object) -> None:
    for board in atlas.boards:
        board.stages[:] = [stage for stage in board.stages if stage != input["stageId"]]
    for job in atlas.jobs_on(input["stageId"]):
        atlas.places[job] = input["replacementStageId"]


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


def _learn_pipeline(atlas: Atlas, _input: Input, payload: Object) -> None:
    made = payload["pipeline"]
    stages, statuses = ([row["id"] for row in made[rows]] for rows in ("stages", "statuses"))
    atlas.boards.append(Board(made["id"], stages, statuses, custom=[]))


def _forget_pipeline(atlas: Atlas, input: Input, _payload: Object) -> None:
    atlas.boards[:] = [board for board in atlas.boards if board.id != input["pipelineId"]]


def _learn_job(atlas: Atlas, input: Input, payload: Object) -> None:
    # Somebody else may have deleted the stage, and so moved the job, before it was read for the answer.
    if (stage := payload["job"]["stage"]) is not None:
        atlas.add_job(payload["job"]["id"], input["accountId"], stage["id"])


def _learn_job_with_tasks(atlas: Atlas, input: Input, payload: Object) -> None:
    _learn_job(atlas, input, payload)
    for task in payload["job"]["tasks"]:
        atlas.tasks[task["id"]] = input["accountId"]


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


def _learn_relation(atlas: Atlas, input: Input, _payload: Object) -> None:
    atlas.related.append((input["jobId"], input["otherJobId"]))


def _forget_relation(atlas: Atlas, input: Input, _payload: Object) -> None:
    pair = {input["jobId"], input["otherJobId"]}
    atlas.related[:] = [related for related in atlas.related if {*related} != pair]


def _learn_task(atlas: Atlas, input: Input, payload: Object) -> None:
    # Somebody else may have deleted the job by now.
    atlas.tasks[payload["task"]["id"]] = atlas.jobs.get(input["jobId"], "")


def _forget_task(atlas: Atlas, input: Input, _payload: Object) -> None:
    atlas.tasks.pop(input["taskId"], None)


def _learn_entry(atlas: Atlas, _input: Input, payload: Object) -> None:
    # Somebody else may have taken it out of sight by now.
    if (entry := payload["timeEntry"]) is not None and entry["account"] is not None:
        atlas.entries[entry["id"]] = entry["account"]["id"]


def _forget_entry(atlas: Atlas, input: Input, _payload: Object) -> None:
    atlas.entries.pop(input["timeEntryId"], None)
    atlas.rated.discard(input["timeEntryId"])


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


JOB_VERSION = "job { id version stage { id } }"
JOB_STATE, JOBS_STATE = "job { id archivedAt stage { id } }", "jobs { id archivedAt stage { id } }"

KINDS = (
    Kind("moveJob", 30, picking.pick_move, JOB_VERSION, _learn_version),
    Kind(
        "moveJobs",
        5,
        lambda c, a: picking.pick_jobs(c, a) | {"stageId": picking.pick_stage(c, a)},
        JOBS_STATE,
        _learn_states,
    ),
    Kind("createJob", 9, picking.pick_create_job, "job { id stage { id } }", _learn_job),
    Kind(
        "createJobFromTemplate",
        2,
        picking.pick_create_from_template,
        "job { id stage { id } tasks { id } }",
        _learn_job_with_tasks,
    ),
    Kind("updateJob", 8, picking.pick_update_job, JOB_VERSION, _learn_version),
    Kind(
        "setJobBudget",
        3,
        lambda c, a: picking.pick_job(c, a) | {"budget": c.choice([None, c.randint(1, 900)])},
        lead=True,
    ),
    Kind("setJobStatus", 6, picking.pick_job_status, JOB_STATE, _learn_state),
    Kind("setJobsStatus", 1, picking.pick_jobs_status, JOBS_STATE, _learn_states),
    Kind("completeJob", 3, picking.pick_job),
    Kind("completeJobs", 1, picking.pick_jobs),
    Kind("archiveJob", 2, picking.pick_job, JOB_STATE, _learn_state),
    Kind("archiveJobs", 0.7, picking.pick_jobs, JOBS_STATE, _learn_states),
    Kind("restoreJob", 4, picking.pick_archived, JOB_STATE, _learn_state),
    Kind("restoreJobs", 2, picking.pick_several_archived, JOBS_STATE, _learn_states),
    Kind("assignJob", 4, _both(picking.pick_job, picking.pick_assignees)),
    Kind("assignJobs", 1.5, _both(picking.pick_jobs, picking.pick_assignees)),
    Kind("relateJob", 4, picking.pick_relate, learn=_learn_relation),
    Kind("unrelateJob", 2, picking.pick_related, learn=_forget_relation),
    Kind("deleteJob", 2, picking.pick_job, learn=_forget_job, lead=True),
    Kind("deleteJobs", 0.7, lambda c, a: picking.pick_jobs(c, a) | {"atomic": True}, learn=_forget_jobs, lead=True),
    Kind("createTask", 4, picking.pick_task_of_job, "task { id }", _learn_task),
    Kind("updateTask", 1, lambda c, a: (t := picking.pick_task(c, a)) and t | {"name": a.named("", "task")}, lead=True),
    Kind("setTaskState", 5, picking.pick_task_state),
    Kind("assignTask", 1.5, _both(picking.pick_task, picking.pick_assignees)),
    Kind("setTaskChecklist", 1.5, picking.pick_checklist),
    Kind("checkTaskEntry", 3, picking.pick_checked),
    Kind("setTaskParent", 2, picking.pick_parent),
    Kind("linkTask", 4, picking.pick_link),
    Kind("unlinkTask", 3, picking.pick_task),
    Kind("deleteTask", 1.5, picking.pick_task, learn=_forget_task),
    Kind(
        "logTime",
        4,
        lambda c, a: picking.pick_job(c, a) | {"minutes": c.randint(1, 300)},
        "timeEntry { id account { id } }",
        _learn_entry,
    ),
    Kind("updateTimeEntry", 4, picking.pick_update_entry, lead=True),
    Kind(
        "setTimeEntryRate",
        3,
        lambda c, a: (entry := picking.pick_entry(c, a)) and entry | {"rate": str(c.randint(20, 90))},
        learn=lambda atlas, input, _payload: atlas.rated.add(input["timeEntryId"]),
        lead=True,
    ),
    Kind("deleteTimeEntry", 1.5, picking.pick_entry, learn=_forget_entry, lead=True),
    Kind("startTimer", 1.5, picking.pick_job),
    Kind("stopTimer", 1.5, lambda _c, _a: {}),
    Kind("createStage", 2, picking.pick_create_stage, "stage { id }", _learn_stage, lead=True),
    Kind(
        "updateStage",
        1,
        lambda c, a: {"stageId": picking.pick_stage(c, a), "name": f"Stage {c.randrange(100)}"},
        lead=True,
    ),
    Kind("moveStage", 2, picking.pick_move_stage, lead=True),
    Kind("deleteStage", 1.5, picking.pick_delete_stage, learn=_forget_stage, lead=True),
    Kind(
        "createStatus",
        1.5,
        lambda c, a: {"pipelineId": picking.pick_board(c, a).id, "name": "Waiting", "color": "#aaaaaa"},
        "status { id }",
        _learn_status,
        lead=True,
    ),
    Kind("updateStatus", 1.5, picking.pick_update_status, lead=True),
    Kind("deleteStatus", 1, picking.pick_delete_status, learn=_forget_status, lead=True),
    Kind(
        "createPipeline",
        0.7,
        picking.pick_create_pipeline,
        "pipeline { id stages { id } statuses { id } }",
        _learn_pipeline,
        lead=True,
        rescopes=True,
    ),
    Kind(
        "updatePipeline",
        1,
        lambda c, a: {"pipelineId": picking.pick_board(c, a).id, "name": f"{a.tag} {c.randrange(100)}"},
        lead=True,
    ),
    Kind("deletePipeline", 1, picking.pick_delete_pipeline, learn=_forget_pipeline, lead=True),
    Kind("setPipelineMembers", 2.5, picking.pick_pipeline_members, lead=True, rescopes=True),
    Kind(
        "createAccount",
        1,
        picking.pick_create_account,
        "account { id }",
        _learned("accounts", "account"),
        lead=True,
        rescopes=True,
    ),
    Kind("updateAccount", 2.5, picking.pick_update_account, lead=True),
    Kind("setAccountTags", 2.5, picking.pick_account_tags, lead=True),
    Kind("setAccountTeam", 4, picking.pick_account_team, lead=True, rescopes=True),
    Kind("archiveAccount", 1, picking.pick_account, lead=True),
    Kind("restoreAccount", 1.5, picking.pick_account, lead=True),
    Kind("createTag", 1.5, picking.pick_create_tag, "tag { id }", _learned("tags", "tag"), lead=True),
    Kind("updateTag", 1.5, picking.pick_update_tag, lead=True),
    Kind("deleteTag", 0.7, picking.pick_tag, learn=_forget("tags", "tagId"), lead=True),
    Kind(
        "createPaymentProvider",
        0.5,
        picking.pick_create_payment_provider,
        "paymentProvider { id }",
        _learned("payment_providers", "paymentProvider"),
        lead=True,
    ),
    Kind("setPaymentProviderSecret", 0.5, picking.pick_payment_provider_secret, lead=True),
    Kind("revokeFormerProviderSecret", 0.5, picking.pick_payment_provider, lead=True),
    Kind(
        "deletePaymentProvider",
        0.3,
        picking.pick_payment_provider,
        learn=_forget("payment_providers", "paymentProviderId"),
        lead=True,
    ),
    Kind("updateMember", 1.5, picking.pick_rename_member, lead=True),
    Kind("setMemberRights", 3, picking.pick_rights, lead=True, rescopes=True),
    Kind("setMemberRole", 1.5, picking.pick_role, lead=True, rescopes=True),
    Kind("deactivateMember", 1, picking.pick_leaver, lead=True, rescopes=True),
    Kind("reactivateMember", 2, picking.pick_leaver, lead=True, rescopes=True),
    Kind(
        "updateFirm",
        1.5,
        lambda c, _a: {"clientStatusEnabled": c.random() < 0.5, "undoWindow": c.choice([0, 0, 1])},
        lead=True,
    ),
    *OF_CONTACTS,
    *OF_ITEMS,
    *OF_TEMPLATES,
    *OF_FOLDERS,
    *OF_ITSELF,
)


#: The weight of what was never done.
_NEVER_DONE = 25


def choose(
    chance: random.Random, atlas: Atlas, done: Collection[str], *, leads: bool, storm: bool
) -> tuple[Kind, Input]:
    """What to do next. In a storm there are ten times as many changes of rights. Whoever may do what was never done yet
    does it sooner: what comes seldom and is refused often would otherwise not come to pass in one run or another."""

    def weight(kind: Kind) -> float:
        often = 10 if storm and kind.rescopes else 1
        if kind.lead and not leads:
            return kind.weight * 0.05 * often
        return (kind.weight if kind.mutation in done else max(kind.weight, _NEVER_DONE)) * often

    while True:
        (kind,) = chance.choices(KINDS, [weight(kind) for kind in KINDS])
        if (input := kind.make(chance, atlas)) is not None:
            return kind, input
