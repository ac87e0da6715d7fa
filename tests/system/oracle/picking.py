"""What a random command is given: things of the firm as far as they are known, and new values for them."""

from __future__ import annotations

import random
from typing import Any

from tests.system.oracle.atlas import Atlas, Board, Person

Input = dict[str, Any]

RIGHTS = (
    "MANAGE_TIME_BUDGETS",
    "MANAGE_TIME_ENTRIES",
    "MANAGE_PIPELINES",
    "MANAGE_ACCOUNTS",
    "MANAGE_TAGS",
    "MANAGE_RATES",
)


def pick_job(chance: random.Random, atlas: Atlas) -> Input:
    # Now and then one that is archived: that is refused.
    there = [job for job in atlas.jobs if job not in atlas.archived]
    return {"jobId": chance.choice(there if chance.random() < 0.95 else list(atlas.jobs))}


def pick_archived(chance: random.Random, atlas: Atlas) -> Input | None:
    return {"jobId": chance.choice(sorted(atlas.archived))} if atlas.archived else None


def pick_several_archived(chance: random.Random, atlas: Atlas) -> Input | None:
    chosen = chance.sample(sorted(atlas.archived), min(len(atlas.archived), 5))
    return {"jobs": [{"jobId": id} for id in chosen], "atomic": False} if chosen else None


def pick_versioned(chance: random.Random, atlas: Atlas, input: Input) -> Input:
    if chance.random() < 0.3 and input["jobId"] in atlas.versions:
        input["expectedVersion"] = atlas.versions[input["jobId"]]
    return input


def pick_jobs(chance: random.Random, atlas: Atlas) -> Input:
    chosen = chance.sample(list(atlas.jobs), min(len(atlas.jobs), chance.randint(2, 8)))
    return {"jobs": [{"jobId": id} for id in chosen], "atomic": chance.random() < 0.4}


def pick_relate(chance: random.Random, atlas: Atlas) -> Input:
    other = pick_job(chance, atlas)["jobId"]
    return pick_job(chance, atlas) | {
        "otherJobId": other,
        "relation": chance.choice(["RELATES", "BLOCKS", "BLOCKED_BY"]),
    }


def pick_related(chance: random.Random, atlas: Atlas) -> Input | None:
    if not atlas.related:
        return None
    job, other = chance.choice(atlas.related)
    return {"jobId": job, "otherJobId": other}


def pick_board(chance: random.Random, atlas: Atlas) -> Board:
    return chance.choice(atlas.boards)


def pick_stage(chance: random.Random, atlas: Atlas) -> str:
    return chance.choice(pick_board(chance, atlas).stages)


def pick_people(chance: random.Random, atlas: Atlas, most: int) -> list[str]:
    return [person.id for person in chance.sample(atlas.people, chance.randint(0, min(most, len(atlas.people))))]


def pick_date(chance: random.Random) -> str | None:
    return chance.choice([None, f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"])


def pick_name(chance: random.Random, atlas: Atlas, account: str, what: str) -> str:
    return atlas.named(account, f"{what} {chance.randrange(10_000)}")


def pick_move(chance: random.Random, atlas: Atlas) -> Input:
    input = pick_versioned(chance, atlas, pick_job(chance, atlas)) | {"stageId": pick_stage(chance, atlas)}
    if chance.random() < 0.2:
        input["openItems"] = "DISMISS"
    if chance.random() < 0.4 and (cards := atlas.jobs_on(input["stageId"])):
        input[chance.choice(["beforeJobId", "afterJobId"])] = chance.choice(cards)
    return input


def pick_create_job(chance: random.Random, atlas: Atlas) -> Input | None:
    if len(atlas.jobs) > 160:
        return None
    account, board = chance.choice(atlas.accounts), pick_board(chance, atlas)
    input: Input = {"accountId": account, "pipelineId": board.id, "name": pick_name(chance, atlas, account, "job")}
    if chance.random() < 0.5:
        input["stageId"] = chance.choice(board.stages)
    if chance.random() < 0.3:
        input["assigneeIds"] = pick_people(chance, atlas, 3)
    return input | {"dueDate": pick_date(chance)}


def pick_create_from_template(chance: random.Random, atlas: Atlas) -> Input | None:
    input = pick_create_job(chance, atlas)
    # Its tasks are counted from the due date: without one it is refused.
    return input and {name: input[name] for name in input if name != "assigneeIds"} | {"templateId": atlas.template}


def pick_update_job(chance: random.Random, atlas: Atlas) -> Input:
    input = pick_versioned(chance, atlas, pick_job(chance, atlas))
    if chance.random() < 0.5:
        input["name"] = pick_name(chance, atlas, atlas.jobs[input["jobId"]], "job")
    if chance.random() < 0.5:
        input["priority"] = chance.choice(["LOW", "MEDIUM", "HIGH", "URGENT"])
    return input | {"dueDate": pick_date(chance)}


def pick_job_status(chance: random.Random, atlas: Atlas) -> Input:
    input = pick_job(chance, atlas)
    return input | {"statusId": chance.choice((atlas.board_of(input["jobId"]) or atlas.boards[0]).statuses)}


def pick_jobs_status(chance: random.Random, atlas: Atlas) -> Input | None:
    stage = pick_stage(chance, atlas)
    jobs = [job for job in atlas.jobs_on(stage) if job not in atlas.archived][:5]
    board = next(board for board in atlas.boards if stage in board.stages)
    input = {"jobs": [{"jobId": id} for id in jobs], "statusId": chance.choice(board.statuses), "atomic": False}
    return input if jobs else None


_STEPS = ["Bank", "Cards", "Loans", "Payroll"]


def pick_task_of_job(chance: random.Random, atlas: Atlas) -> Input:
    input = pick_job(chance, atlas)
    name = pick_name(chance, atlas, atlas.jobs[input["jobId"]], "task")
    return input | {"name": name, "checklist": chance.sample(_STEPS, 2)}


def pick_task(chance: random.Random, atlas: Atlas) -> Input | None:
    return {"taskId": chance.choice(list(atlas.tasks))} if atlas.tasks else None


def pick_parent(chance: random.Random, atlas: Atlas) -> Input | None:
    """A task, and one that it is to be a subtask of: nearly always one of the same account."""
    if (picked := pick_task(chance, atlas)) is None:
        return None
    account = atlas.tasks[picked["taskId"]]
    of_account = [id for id, of in atlas.tasks.items() if of == account and id != picked["taskId"]]
    parents = of_account if of_account and chance.random() < 0.9 else list(atlas.tasks)
    return picked | {"parentId": chance.choice(parents) if chance.random() < 0.8 else None}


def pick_link(chance: random.Random, atlas: Atlas) -> Input | None:
    if (input := pick_task(chance, atlas)) is None:
        return None
    # Now and then a job of another account: that is refused.
    account = atlas.tasks[input["taskId"]]
    of_account = [job for job in atlas.jobs if atlas.jobs[job] == account]
    return input | (
        {"jobId": chance.choice(of_account)} if of_account and chance.random() < 0.8 else pick_job(chance, atlas)
    )


def pick_task_state(chance: random.Random, atlas: Atlas) -> Input | None:
    states = ["PLANNED", "IN_PROGRESS", "COMPLETED", "CANCELED"]
    return (task := pick_task(chance, atlas)) and task | {"state": chance.choice(states)}


def pick_checklist(chance: random.Random, atlas: Atlas) -> Input | None:
    return (task := pick_task(chance, atlas)) and task | {"checklist": chance.sample(_STEPS, chance.randint(0, 3))}


def pick_checked(chance: random.Random, atlas: Atlas) -> Input | None:
    # Now and then an entry that the task does not have: that is refused.
    return (task := pick_task(chance, atlas)) and task | {
        "number": chance.randint(1, 3),
        "checked": chance.random() < 0.8,
    }


def pick_entry(chance: random.Random, atlas: Atlas) -> Input | None:
    return {"timeEntryId": chance.choice(list(atlas.entries))} if atlas.entries else None


def pick_update_entry(chance: random.Random, atlas: Atlas) -> Input | None:
    if (input := pick_entry(chance, atlas)) is None:
        return None
    if chance.random() < 0.5:
        return input | {"jobId": chance.choice([None, *atlas.jobs])}
    return input | {"minutes": chance.randint(1, 600)}


def pick_create_stage(chance: random.Random, atlas: Atlas) -> Input | None:
    board = pick_board(chance, atlas)
    if len(board.stages) > 7:
        return None
    return {"pipelineId": board.id, "name": f"{atlas.tag} stage", "afterStageId": chance.choice(board.stages)}


def pick_move_stage(chance: random.Random, atlas: Atlas) -> Input | None:
    board = pick_board(chance, atlas)
    if len(board.stages) < 2:
        return None
    moved, beside = chance.sample(board.stages, 2)
    return {"stageId": moved, chance.choice(["beforeStageId", "afterStageId"]): beside}


def pick_delete_stage(chance: random.Random, atlas: Atlas) -> Input | None:
    board = pick_board(chance, atlas)
    if len(board.stages) < 3:
        return None
    deleted, replacement = chance.sample(board.stages, 2)
    return {"stageId": deleted, "replacementStageId": replacement}


def pick_custom(chance: random.Random, atlas: Atlas) -> tuple[Board, str] | None:
    board = pick_board(chance, atlas)
    return (board, chance.choice(board.custom)) if board.custom else None


def pick_update_status(chance: random.Random, atlas: Atlas) -> Input | None:
    found = pick_custom(chance, atlas)
    return {"statusId": found[1], "name": f"Waiting {chance.randrange(100)}"} if found else None


def pick_delete_status(chance: random.Random, atlas: Atlas) -> Input | None:
    found = pick_custom(chance, atlas)
    return {"statusId": found[1], "replacementStatusId": chance.choice(found[0].statuses)} if found else None


def pick_create_pipeline(chance: random.Random, atlas: Atlas) -> Input | None:
    if len(atlas.boards) > 4:
        return None
    return {"name": f"{atlas.tag} pipeline {chance.randrange(100)}", "memberIds": pick_people(chance, atlas, 5)}


def pick_delete_pipeline(chance: random.Random, atlas: Atlas) -> Input | None:
    return {"pipelineId": chance.choice(atlas.boards[3:]).id} if len(atlas.boards) > 3 else None


def pick_pipeline_members(chance: random.Random, atlas: Atlas) -> Input:
    return {"pipelineId": pick_board(chance, atlas).id, "memberIds": pick_people(chance, atlas, len(atlas.people))}


def pick_account(chance: random.Random, atlas: Atlas) -> Input:
    return {"accountId": chance.choice(atlas.accounts)}


def pick_update_account(chance: random.Random, atlas: Atlas) -> Input:
    input = pick_account(chance, atlas)
    return input | {"name": pick_name(chance, atlas, input["accountId"], "account")}


def pick_create_account(chance: random.Random, atlas: Atlas) -> Input | None:
    if len(atlas.accounts) > 40:
        return None
    return {"name": f"{atlas.tag} account {chance.randrange(10_000)}", "teamIds": pick_people(chance, atlas, 3)}


def pick_account_team(chance: random.Random, atlas: Atlas) -> Input:
    input = pick_account(chance, atlas)
    sealed = {person.id for person in atlas.people if person.sealed and input["accountId"] in atlas.secrets}
    return input | {"memberIds": [id for id in pick_people(chance, atlas, len(atlas.people)) if id not in sealed]}


def pick_account_tags(chance: random.Random, atlas: Atlas) -> Input:
    return pick_account(chance, atlas) | {
        "tagIds": chance.sample(atlas.tags, chance.randint(0, min(3, len(atlas.tags))))
    }


def pick_create_tag(chance: random.Random, atlas: Atlas) -> Input | None:
    if len(atlas.tags) > 8:
        return None
    return {"name": f"{atlas.tag} tag {chance.randrange(100_000)}", "color": "#0000ff"}


def pick_tag(chance: random.Random, atlas: Atlas) -> Input | None:
    return {"tagId": chance.choice(atlas.tags)} if atlas.tags else None


def pick_update_tag(chance: random.Random, atlas: Atlas) -> Input | None:
    return (tag := pick_tag(chance, atlas)) and tag | {"name": f"{atlas.tag} tag {chance.randrange(100_000)}"}


def pick_create_payment_provider(chance: random.Random, atlas: Atlas) -> Input | None:
    if len(atlas.payment_providers) > 4:
        return None
    return {"name": f"{atlas.tag} provider {chance.randrange(100_000)}", "testMode": chance.random() < 0.5}


def pick_payment_provider(chance: random.Random, atlas: Atlas) -> Input | None:
    return {"paymentProviderId": chance.choice(atlas.payment_providers)} if atlas.payment_providers else None


def pick_payment_provider_secret(chance: random.Random, atlas: Atlas) -> Input | None:
    secret = {"secret": f"whsec_{chance.getrandbits(128):032x}"}
    return (provider := pick_payment_provider(chance, atlas)) and provider | secret


def pick_employee(chance: random.Random, atlas: Atlas) -> Person:
    return chance.choice([person for person in atlas.people if person.role == "EMPLOYEE"])


def pick_rights(chance: random.Random, atlas: Atlas) -> Input:
    person = pick_employee(chance, atlas)
    rights = chance.sample(RIGHTS, chance.randint(0, 3))
    if not person.sealed and chance.random() < 0.5:
        rights.append("VIEW_ALL_ACCOUNTS")
    return {"memberId": person.id, "rights": rights}


def pick_role(chance: random.Random, atlas: Atlas) -> Input:
    # The second admin, and a few employees, go back and forth.
    chosen = chance.choice([person for person in atlas.people[2:7] if not person.sealed])
    return {"memberId": chosen.id, "role": chance.choice(["ADMIN", "EMPLOYEE"])}


def pick_leaver(chance: random.Random, atlas: Atlas) -> Input:
    return {"memberId": chance.choice(atlas.people[-4:]).id}


def pick_rename_member(chance: random.Random, atlas: Atlas) -> Input:
    return {"memberId": chance.choice(atlas.people).id, "name": f"Person {chance.randrange(1000)}"}


def pick_assignees(chance: random.Random, atlas: Atlas) -> Input:
    return {"memberIds": pick_people(chance, atlas, 3)}
