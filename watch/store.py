"""What a client knows of its boards: things by their ids, as the last answer or message said. Pure, no I/O.

Events carry the present state of what they are about, so a change is applied by putting that in place of what is
there. Nothing is worked out from what an event says happened, and applying one twice is harmless.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

Data = dict[str, Any]
#: The kinds of things that boards are made of. Others, tasks say, only pass by in events.
KINDS = frozenset({"Firm", "Pipeline", "Stage", "Status", "Job", "Account", "Member", "Tag"})
_BUILT_IN = ("ACTIVE", "COMPLETED", "ARCHIVED", "CUSTOM")


class Gap(StrEnum):
    """Why a message cannot be applied. The board must be read anew."""

    MISSED = "a message was missed"
    RESYNC = "too much has changed"
    EPOCH = "the server's log is another one"
    FIELDS = "the cards show something else"


class Ref(NamedTuple):
    """A thing in place of its copy."""

    kind: str
    id: str


@dataclass(slots=True)
class Store:
    """The things of one or more boards. `cursor` is the revision to go on from, None before anything was read."""

    cursor: str | None = None
    epoch: str | None = None
    #: Things by kind and id. Stages and statuses have the id of their pipeline under `pipeline`, jobs theirs as a Ref.
    things: dict[str, dict[str, Data]] = field(default_factory=lambda: defaultdict(dict))
    #: Stages of which only the top cards were read: further ones are there, but not known.
    cut_off: set[str] = field(default_factory=set)

    def apply_snapshot(self, data: Data, most_cards: int = 500) -> None:
        """Take over the answer to BOARD, or to a query of several such pipelines, in place of all that is here."""
        self.things.clear()
        self.cut_off.clear()
        self._merge({name: value for name, value in data.items() if name not in ("revision", "epoch")})
        for pipeline in _pipelines(data):
            self._place(pipeline, most_cards)
        self.cursor, self.epoch = data["revision"], data["epoch"]

    def apply_changes(self, message: Data) -> Gap | None:
        """Take over a message of `boardChanges`. With a Gap nothing was applied: read the board anew."""
        if gap := self._gap(message):
            return gap
        for event in message["events"]:
            self._apply(event)
        self._prune()
        self.cursor, self.epoch = message["revision"], message["epoch"]
        return None

    def forget(self) -> None:
        """Know nothing, as before anything was read."""
        self.things.clear()
        self.cut_off.clear()
        self.cursor = self.epoch = None

    def find(self, kind: str, id: str | None) -> Data | None:
        """A thing as it is kept, with a Ref in place of each other thing."""
        return self.things[kind].get(id) if id is not None else None

    @property
    def firm(self) -> Data | None:
        """The viewer's firm."""
        return next(iter(self.things["Firm"].values()), None)

    def board(self, pipeline_id: str) -> Data | None:
        """A pipeline just as BOARD answers it, cards in their order; None when it is not available."""
        pipeline = self.find("Pipeline", pipeline_id)
        if pipeline is None:
            return None
        cards: dict[str, list[Data]] = defaultdict(list)
        for job in sorted(self.things["Job"].values(), key=_by_position):
            cards[job["stage"].id].append(job)
        return {
            **pipeline,
            "stages": [
                {**_without(stage, "pipeline"), "jobs": [self._card(job) for job in cards[stage["id"]]]}
                for stage in sorted(self._of("Stage", pipeline_id), key=_by_position)
            ],
            "statuses": [
                _without(status, "pipeline") for status in sorted(self._of("Status", pipeline_id), key=_built_in_first)
            ],
        }

    def _of(self, kind: str, pipeline_id: str) -> list[Data]:
        return [thing for thing in self.things[kind].values() if thing.get("pipeline") == pipeline_id]

    def _card(self, job: Data) -> Data:
        return {name: self._whole(value) for name, value in job.items() if name not in ("stage", "pipeline")}

    def _whole(self, value: Any) -> Any:
        """A value with the things themselves in place of Refs. Lists of things are by name, as the API has them."""
        if isinstance(value, Ref):
            thing = self.things[value.kind].get(value.id)
            if thing is None:
                return None
            return {name: self._whole(inner) for name, inner in _without(thing, "pipeline").items()}
        if isinstance(value, list):
            whole = [self._whole(item) for item in value]
            if any(isinstance(item, Ref) for item in value):
                return sorted((item for item in whole if item is not None), key=_by_name)
            return whole
        return value

    def _gap(self, message: Data) -> Gap | None:
        if self.epoch is not None and message["epoch"] != self.epoch:
            return Gap.EPOCH
        if message["resync"]:
            return Gap.RESYNC
        return Gap.MISSED if message["previous"] != self.cursor else None

    def _apply(self, event: Data) -> None:
        for name, value in event.items():
            if value is None and f"{name}Id" in event:
                # Gone, or out of sight: there is, or comes, an event that says so. Time and tasks have a job of theirs.
                self._forget(name.capitalize(), event[f"{name}Id"])
            else:
                self._merge(value)
        if event["__typename"] == "FirmUpdated" and (firm := self.firm) is not None:
            firm.update({change["field"]: change["after"] for change in event["changes"] if change["field"] in firm})
        for part, owner in (("stage", "pipelineId"), ("status", "pipelineId")):
            if event.get(part):
                self._own(event[part], event[owner])
        if pipeline := event.get("pipeline"):
            self._keep_parts(pipeline)

    def _merge(self, value: Any) -> Any:
        """Put every thing inside a value in place of what is known of it. Returns the value with Refs."""
        if isinstance(value, list):
            return [self._merge(item) for item in value]
        if not isinstance(value, dict):
            return value
        merged = {name: self._merge(inner) for name, inner in value.items()}
        kind, id = merged.get("__typename"), merged.get("id")
        if kind not in KINDS or id is None:
            return merged
        known = self.things[kind]
        # Without a version it is only mentioned: that makes nothing known that is not.
        if id in known or "version" in merged or kind == "Firm":
            known.setdefault(id, {}).update(_without(merged, "stages", "statuses", "jobs"))
        return Ref(kind, id)

    def _place(self, pipeline: Data, most_cards: int) -> None:
        """Note where things are that stood inside others."""
        self._keep_parts(pipeline)
        for stage in pipeline["stages"]:
            if len(stage["jobs"]) >= most_cards:
                self.cut_off.add(stage["id"])
            for job in stage["jobs"]:
                place = {"stage": Ref("Stage", stage["id"]), "pipeline": Ref("Pipeline", pipeline["id"])}
                self.things["Job"][job["id"]].update(place)

    def _keep_parts(self, pipeline: Data) -> None:
        """Of a pipeline's stages and statuses, keep just these."""
        for kind, parts in (("Stage", pipeline["stages"]), ("Status", pipeline["statuses"])):
            there = {part["id"] for part in parts}
            for former in self._of(kind, pipeline["id"]):
                if former["id"] not in there:
                    self._forget(kind, former["id"])
            for part in parts:
                self._own(part, pipeline["id"])

    def _own(self, part: Data, pipeline_id: str) -> None:
        self.things[part["__typename"]][part["id"]]["pipeline"] = pipeline_id

    def _forget(self, kind: str, id: str | None) -> None:
        if kind in KINDS and id is not None:
            self.things[kind].pop(id, None)

    def _prune(self) -> None:
        """Drop what is on no board that is shown: archived cards, cards of other pipelines, parts of lost ones."""
        pipelines = self.things["Pipeline"]
        self._keep("Job", lambda job: _on_board(job) and job["pipeline"].id in pipelines)
        self._keep("Stage", lambda stage: stage.get("pipeline") in pipelines)
        # A status without its pipeline came with a card, and is as good as any.
        self._keep("Status", lambda status: status.get("pipeline") is None or status["pipeline"] in pipelines)

    def _keep(self, kind: str, wanted: Callable[[Data], bool]) -> None:
        self.things[kind] = {id: thing for id, thing in self.things[kind].items() if wanted(thing)}


def _on_board(job: Data) -> bool:
    # Without a place it was deleted while it was read: the event that says so is on its way.
    return job["archivedAt"] is None and None not in (job["stage"], job["pipeline"])


def _pipelines(value: Any) -> Iterator[Data]:
    if isinstance(value, dict):
        if value.get("__typename") == "Pipeline":
            yield value
        else:
            for inner in value.values():
                yield from _pipelines(inner)
    elif isinstance(value, list):
        for item in value:
            yield from _pipelines(item)


def _without(thing: Data, *names: str) -> Data:
    return {name: value for name, value in thing.items() if name not in names}


def _by_position(thing: Data) -> tuple[bytes, str]:
    return thing["position"].encode(), thing["id"]


def _by_name(thing: Data) -> tuple[str, str]:
    return thing["nameOrder"], thing["id"]


def _built_in_first(status: Data) -> tuple[int, str, str]:
    return _BUILT_IN.index(status["category"]), status["nameOrder"], status["id"]
