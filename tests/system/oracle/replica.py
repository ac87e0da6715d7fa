"""The small store that a client keeps: objects by id, built from a snapshot and the messages of a stream.

It is written from the descriptions in schema.graphql and shares no code with the product.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]
Table = dict[str, Object]
#: A board as it is shown: each pipeline with its stages in order, each with its cards in order.
View = dict[str, Object]


def view_of_answers(boards: list[Object]) -> View:
    """What a fresh query answered, as it is shown. Lists that are ordered by names are put in the order of ids."""
    return {
        board["id"]: {
            "name": board["name"],
            "stages": [
                {"id": stage["id"], "name": stage["name"], "jobs": [_shown(job) for job in stage["jobs"]]}
                for stage in board["stages"]
            ],
        }
        for board in boards
    }


def _shown(job: Object) -> Object:
    account = {**job["account"], "tags": _by_id(job["account"]["tags"])} if job["account"] else None
    return {**job, "account": account, "assignees": _by_id(job["assignees"])}


def _by_id(objects: list[Object]) -> list[Object]:
    return sorted(objects, key=lambda object: str(object["id"]))


@dataclass
class Replica:
    """Pipelines, stages, jobs and what cards are made of, each kind by id; references are ids."""

    pipelines: Table = field(default_factory=dict)
    stages: Table = field(default_factory=dict)
    jobs: Table = field(default_factory=dict)
    statuses: Table = field(default_factory=dict)
    accounts: Table = field(default_factory=dict)
    tags: Table = field(default_factory=dict)
    members: Table = field(default_factory=dict)

    @classmethod
    def of(cls, boards: list[Object]) -> Replica:
        """A store that holds what a query answered."""
        replica = cls()
        for board in boards:
            replica.put_pipeline(board)
            for job in (job for stage in board["stages"] for job in stage["jobs"]):
                replica.put_job(job)
        return replica

    def apply(self, event: Object) -> None:
        """What an event of a stream says."""
        if "stageId" in event:
            self._stage_event(event)
        elif "statusId" in event:
            self._plain(self.statuses, event["statusId"], event["status"])
        elif "pipelineId" in event:
            self._pipeline_event(event)
        elif "jobId" in event:
            self._job_event(event)
        elif "accountId" in event:
            if event["account"] is not None:
                self._put_account(event["account"])
        elif "tagId" in event:
            self._tag_event(event)
        elif "memberId" in event:
            self._plain(self.members, event["memberId"], event["member"])
        elif event.get("linkedJob") is not None:
            # A linked item: what it changes of its job's card.
            self._merge_known(event["linkedJob"])

    def put_pipeline(self, pipeline: Object) -> None:
        """A pipeline with all the stages that it has now."""
        id = pipeline["id"]
        self.pipelines[id] = {"name": pipeline["name"]}
        listed = {stage["id"] for stage in pipeline["stages"]}
        for stage in [known for known, row in self.stages.items() if row["pipeline"] == id and known not in listed]:
            del self.stages[stage]
        for stage in pipeline["stages"]:
            self._put_stage(id, stage)

    def put_job(self, job: Object) -> None:
        """A card in place of what was known of it."""
        row = {**job, "stage": _id(job["stage"]), "pipeline": _id(job["pipeline"]), "status": _id(job["status"])}
        row |= {"account": _id(job["account"]), "assignees": [member["id"] for member in job["assignees"]]}
        self.jobs[job["id"]] = row
        if job["status"]:
            self.statuses[job["status"]["id"]] = job["status"]
        if job["account"]:
            self._put_account(job["account"])
        for member in job["assignees"]:
            self.members[member["id"]] = member

    def _put_account(self, account: Object) -> None:
        for tag in account["tags"]:
            self.tags[tag["id"]] = tag
        self.accounts[account["id"]] = {**account, "tags": [tag["id"] for tag in account["tags"]]}

    def _put_stage(self, pipeline: str, stage: Object) -> None:
        self.stages[stage["id"]] = {"pipeline": pipeline, "name": stage["name"], "position": stage["position"]}

    def _plain(self, table: Table, id: str, object: Object | None) -> None:
        if object is not None:
            table[id] = object

    def _merge_known(self, job: Object) -> None:
        if job["id"] in self.jobs:
            self.jobs[job["id"]].update(job)

    def _job_event(self, event: Object) -> None:
        # "where it is null, forget the job"
        if event["__typename"] in ("JobRemoved", "JobDeleted") or event["job"] is None:
            self.jobs.pop(event["jobId"], None)
        else:
            self.put_job(event["job"])

    def _stage_event(self, event: Object) -> None:
        if event["__typename"] == "StageDeleted" or event["stage"] is None:
            self.stages.pop(event["stageId"], None)
        else:
            self._put_stage(event["pipelineId"], event["stage"])

    def _pipeline_event(self, event: Object) -> None:
        id = event["pipelineId"]
        if event["__typename"] in ("PipelineRemoved", "PipelineDeleted") or event["pipeline"] is None:
            self.pipelines.pop(id, None)
            # "Forget it with its stages, statuses and jobs."
            for table in (self.stages, self.jobs):
                for inside in [key for key, row in table.items() if row["pipeline"] == id]:
                    del table[inside]
        else:
            self.put_pipeline(event["pipeline"])

    def _tag_event(self, event: Object) -> None:
        if event["__typename"] == "TagDeleted" or event["tag"] is None:
            # "removed from the firm and from every account"
            self.tags.pop(event["tagId"], None)
            for account in self.accounts.values():
                account["tags"] = [tag for tag in account["tags"] if tag != event["tagId"]]
        else:
            self.tags[event["tagId"]] = event["tag"]

    def view(self) -> View:
        """The board as this client shows it."""
        cards: dict[str, list[Object]] = {}
        for job in sorted(self.jobs.values(), key=lambda job: (job["position"], job["id"])):
            if self.statuses.get(job["status"], {}).get("category") != "ARCHIVED":
                cards.setdefault(job["stage"], []).append(self._card(job))
        return {id: {"name": row["name"], "stages": self._stages_of(id, cards)} for id, row in self.pipelines.items()}

    def _stages_of(self, pipeline: str, cards: dict[str, list[Object]]) -> list[Object]:
        stages = [(row["position"], id, row["name"]) for id, row in self.stages.items() if row["pipeline"] == pipeline]
        return [{"id": id, "name": name, "jobs": cards.get(id, [])} for _, id, name in sorted(stages)]

    def _card(self, job: Object) -> Object:
        account = self.accounts.get(job["account"]) if job["account"] else None
        if account is not None:
            account = {**account, "tags": _by_id([self.tags.get(tag, {"id": tag}) for tag in account["tags"]])}
        return {
            **job,
            "stage": _reference(job["stage"]),
            "pipeline": _reference(job["pipeline"]),
            "status": self.statuses.get(job["status"]),
            "account": account,
            "assignees": _by_id([self.members[member] for member in job["assignees"]]),
        }


def _id(object: Object | None) -> str | None:
    return None if object is None else str(object["id"])


def _reference(id: str | None) -> Object | None:
    return None if id is None else {"id": id}
