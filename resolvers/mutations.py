"""The root of mutations: a table of commands, inputs and what they are for."""

import functools

import strawberry

from models.bounds import CUSTOM_STATUSES, STAGES
from models.commands import (
    accounts,
    client_statuses,
    firm,
    jobs,
    members,
    moves,
    pipelines,
    stages,
    statuses,
    tags,
    tasks,
    time,
    timers,
)
from resolvers.acting import many_jobs, one_thing
from resolvers.sign_in import refresh_session, sign_in, sign_out
from schema.inputs import firm as firm_inputs
from schema.inputs import jobs as job_inputs
from schema.inputs import pipelines as pipeline_inputs
from schema.inputs import tasks as task_inputs
from schema.permissions import print_requirements
from schema.types import accounts as account_types
from schema.types import firm as firm_types
from schema.types import jobs as job_types
from schema.types import pipelines as pipeline_types
from schema.types import time as time_types

_job = functools.partial(one_thing, entity="job", of=job_types.Job)
_task = functools.partial(one_thing, entity="task", of=job_types.Task)
_entry = functools.partial(one_thing, entity="timeEntry", of=time_types.TimeEntry)
_account = functools.partial(one_thing, entity="account", of=account_types.Account)
_member = functools.partial(one_thing, entity="member", of=firm_types.Member)
_tag = functools.partial(one_thing, entity="tag", of=firm_types.Tag)
_client_status = functools.partial(one_thing, entity="clientStatus", of=firm_types.ClientStatus)
_pipeline = functools.partial(one_thing, entity="pipeline", of=pipeline_types.Pipeline)
_stage = functools.partial(one_thing, entity="stage", of=pipeline_types.Stage)
_status = functools.partial(one_thing, entity="status", of=pipeline_types.Status)
_firm = functools.partial(one_thing, entity="firm", of=firm_types.Firm)


@strawberry.type(
    description="Everything that can be done. Each field is a transaction and a revision of its own, or, with "
    "`errors`, nothing at all."
)
class Mutation:
    """The root."""

    sign_in = sign_in
    refresh_session = refresh_session
    sign_out = sign_out
    update_firm = _firm(
        "updateFirm",
        firm.update_firm,
        firm_inputs.UpdateFirmInput,
        "Change the firm's name, time zone, currency or switches.",
    )
    create_member = _member(
        "createMember", members.create_member, firm_inputs.CreateMemberInput, "Add somebody to the team."
    )
    update_member = _member(
        "updateMember", members.update_member, firm_inputs.UpdateMemberInput, "Change a member's name or capacity."
    )
    set_member_role = _member(
        "setMemberRole",
        members.set_member_role,
        firm_inputs.SetMemberRoleInput,
        "Make a member an admin, or an employee.",
    )
    set_member_rights = _member(
        "setMemberRights",
        members.set_member_rights,
        firm_inputs.SetMemberRightsInput,
        "Give a member just these rights.",
    )
    deactivate_member = _member(
        "deactivateMember",
        members.deactivate_member,
        firm_inputs.MemberInput,
        "Shut a member out at once: their sessions end, their sockets close and their running timer is stopped.",
    )
    reactivate_member = _member(
        "reactivateMember",
        members.reactivate_member,
        firm_inputs.MemberInput,
        "Let a deactivated member sign in again.",
    )
    transfer_ownership = _member(
        "transferOwnership",
        members.transfer_ownership,
        firm_inputs.TransferOwnershipInput,
        "Make another member the owner, and yourself an admin.",
    )
    change_password = _member(
        "changePassword",
        members.change_password,
        firm_inputs.ChangePasswordInput,
        "Change your own password. Sessions go on.",
    )
    create_tag = _tag("createTag", tags.create_tag, firm_inputs.CreateTagInput, "Add a tag to the firm.")
    update_tag = _tag("updateTag", tags.update_tag, firm_inputs.UpdateTagInput, "Change a tag's name or colour.")
    delete_tag = _tag(
        "deleteTag", tags.delete_tag, firm_inputs.TagInput, "Remove a tag from the firm and from every account."
    )
    create_client_status = _client_status(
        "createClientStatus",
        client_statuses.create_client_status,
        firm_inputs.CreateClientStatusInput,
        "Add a template of a client-facing status.",
    )
    update_client_status = _client_status(
        "updateClientStatus",
        client_statuses.update_client_status,
        firm_inputs.UpdateClientStatusInput,
        "Change a template. The copies that jobs hold stay.",
    )
    delete_client_status = _client_status(
        "deleteClientStatus",
        client_statuses.delete_client_status,
        firm_inputs.ClientStatusInput,
        "Remove a template. The copies that jobs hold stay.",
    )
    create_account = _account("createAccount", accounts.create_account, firm_inputs.CreateAccountInput, "Add a client.")
    update_account = _account(
        "updateAccount", accounts.update_account, firm_inputs.UpdateAccountInput, "Change an account's name or type."
    )
    set_account_tags = _account(
        "setAccountTags",
        accounts.set_account_tags,
        firm_inputs.SetAccountTagsInput,
        "Make an account carry just these tags.",
    )
    set_account_team = _account(
        "setAccountTeam",
        accounts.set_account_team,
        firm_inputs.SetAccountTeamInput,
        "Assign just these members to an account: they see it, others may not any more.",
    )
    archive_account = _account(
        "archiveAccount", accounts.archive_account, firm_inputs.AccountInput, "Archive a client that has no open jobs."
    )
    restore_account = _account(
        "restoreAccount", accounts.restore_account, firm_inputs.AccountInput, "Take back an archived client."
    )
    create_pipeline = _pipeline(
        "createPipeline",
        pipelines.create_pipeline,
        pipeline_inputs.CreatePipelineInput,
        "Make a pipeline with its stages and built-in statuses.",
    )
    update_pipeline = _pipeline(
        "updatePipeline",
        pipelines.update_pipeline,
        pipeline_inputs.UpdatePipelineInput,
        "Change a pipeline's name, card fields or order of cards.",
    )
    set_pipeline_members = _pipeline(
        "setPipelineMembers",
        pipelines.set_pipeline_members,
        pipeline_inputs.SetPipelineMembersInput,
        "Make a pipeline available to just these members.",
    )
    delete_pipeline = _pipeline(
        "deletePipeline",
        pipelines.delete_pipeline,
        pipeline_inputs.PipelineInput,
        "Delete a pipeline that has no jobs.",
    )
    create_stage = _stage(
        "createStage",
        stages.create_stage,
        pipeline_inputs.CreateStageInput,
        f"Add a stage to a pipeline; at most {STAGES.most}.",
    )
    update_stage = _stage(
        "updateStage", stages.update_stage, pipeline_inputs.UpdateStageInput, "Change a stage's name or time limit."
    )
    move_stage = _stage(
        "moveStage",
        stages.move_stage,
        pipeline_inputs.MoveStageInput,
        "Put a stage elsewhere among the stages of its pipeline.",
    )
    delete_stage = _stage(
        "deleteStage",
        stages.delete_stage,
        pipeline_inputs.DeleteStageInput,
        "Delete a stage; its jobs go to another one in the same call.",
    )
    create_status = _status(
        "createStatus",
        statuses.create_status,
        pipeline_inputs.CreateStatusInput,
        f"Add a custom job status to a pipeline; at most {CUSTOM_STATUSES.most}.",
    )
    update_status = _status(
        "updateStatus", statuses.update_status, pipeline_inputs.UpdateStatusInput, "Change a job status."
    )
    delete_status = _status(
        "deleteStatus",
        statuses.delete_status,
        pipeline_inputs.DeleteStatusInput,
        "Delete a custom job status; its jobs get another one in the same call.",
    )
    create_job = _job(
        "createJob", jobs.create_job, job_inputs.CreateJobInput, "Open a job: Active, as the last card of its stage."
    )
    update_job = _job(
        "updateJob", jobs.update_job, job_inputs.UpdateJobInput, "Change a job's name, description, priority or dates."
    )
    set_job_budget = _job(
        "setJobBudget", jobs.set_job_budget, job_inputs.SetJobBudgetInput, "Set how long a job may take."
    )
    move_job = _job(
        "moveJob",
        moves.move_job,
        job_inputs.MoveJobInput,
        "Put a job on a stage, of this pipeline or another one, or elsewhere among the cards of its stage.",
    )
    move_jobs = many_jobs(
        "moveJobs", moves.move_jobs, job_inputs.MoveJobsInput, "Put jobs on a stage, in one revision."
    )
    set_job_status = _job(
        "setJobStatus", moves.set_job_status, job_inputs.SetJobStatusInput, "Put a job under a status of its pipeline."
    )
    set_jobs_status = many_jobs(
        "setJobsStatus",
        moves.set_jobs_status,
        job_inputs.SetJobsStatusInput,
        "Put jobs under a status of their pipeline, in one revision.",
    )
    complete_job = _job("completeJob", moves.complete_job, job_inputs.JobInput, "Put a job under Completed.")
    complete_jobs = many_jobs(
        "completeJobs", moves.complete_jobs, job_inputs.JobsInput, "Put jobs under Completed, in one revision."
    )
    archive_job = _job("archiveJob", moves.archive_job, job_inputs.JobInput, "Take a job off the board.")
    archive_jobs = many_jobs(
        "archiveJobs", moves.archive_jobs, job_inputs.JobsInput, "Take jobs off the board, in one revision."
    )
    restore_job = _job("restoreJob", moves.restore_job, job_inputs.JobInput, "Put an archived job back on its stage.")
    restore_jobs = many_jobs(
        "restoreJobs",
        moves.restore_jobs,
        job_inputs.JobsInput,
        "Put archived jobs back on their stages, in one revision.",
    )
    assign_job = _job(
        "assignJob", jobs.assign_job, job_inputs.AssignJobInput, "Make just these members the assignees of a job."
    )
    assign_jobs = many_jobs(
        "assignJobs",
        jobs.assign_jobs,
        job_inputs.AssignJobsInput,
        "Make just these members the assignees of jobs, in one revision.",
    )
    set_job_client_status = _job(
        "setJobClientStatus",
        jobs.set_job_client_status,
        job_inputs.SetJobClientStatusInput,
        "Say what the client is told about a job, and whether.",
    )
    delete_job = _job(
        "deleteJob",
        jobs.delete_job,
        job_inputs.JobInput,
        "Delete a job for good. Its tasks and time stay with the account, its history in the log. The answer has "
        "what it was.",
    )
    delete_jobs = many_jobs(
        "deleteJobs", jobs.delete_jobs, job_inputs.JobsInput, "Delete jobs for good, in one revision."
    )
    create_task = _task(
        "createTask", tasks.create_task, task_inputs.CreateTaskInput, "Add a task to an account, or to a job of it."
    )
    update_task = _task(
        "updateTask",
        tasks.update_task,
        task_inputs.UpdateTaskInput,
        "Change a task's name, description, priority or dates.",
    )
    set_task_state = _task(
        "setTaskState",
        tasks.set_task_state,
        task_inputs.SetTaskStateInput,
        "Start, complete, cancel or take up a task again.",
    )
    assign_task = _task(
        "assignTask", tasks.assign_task, task_inputs.AssignTaskInput, "Make just these members the assignees of a task."
    )
    link_task = _task(
        "linkTask",
        tasks.link_task,
        task_inputs.LinkTaskInput,
        "Link a task to a job; it must not be linked to another one.",
    )
    unlink_task = _task(
        "unlinkTask", tasks.unlink_task, task_inputs.TaskInput, "Take a task off its job. The task stays."
    )
    delete_task = _task(
        "deleteTask", tasks.delete_task, task_inputs.TaskInput, "Delete a task. The answer's task is what it was."
    )
    log_time = _entry("logTime", time.log_time, task_inputs.LogTimeInput, "Note time that was spent.")
    update_time_entry = _entry(
        "updateTimeEntry",
        time.update_time_entry,
        task_inputs.UpdateTimeEntryInput,
        "Change a time entry: your own, or another's with the right MANAGE_TIME_ENTRIES.",
    )
    delete_time_entry = _entry(
        "deleteTimeEntry",
        time.delete_time_entry,
        task_inputs.TimeEntryInput,
        "Delete a time entry. The answer's entry is what it was.",
    )
    set_time_entry_rate = _entry(
        "setTimeEntryRate",
        time.set_time_entry_rate,
        task_inputs.SetTimeEntryRateInput,
        "Set what an hour of an entry costs.",
    )
    start_timer = _entry(
        "startTimer",
        timers.start_timer,
        task_inputs.StartTimerInput,
        "Start a timer. One that is running is stopped first.",
    )
    stop_timer = _entry(
        "stopTimer", timers.stop_timer, task_inputs.StopTimerInput, "Stop a running timer: your own, or the one named."
    )


print_requirements(Mutation)
