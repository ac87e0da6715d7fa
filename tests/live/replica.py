"""A client's store, as small as it can be: things by id, from a snapshot and the messages of a stream.

It is written from the descriptions in schema.graphql, and works nothing out: the present state of a thing replaces what
was known of it. Of kinds that tests/kinds has, it keeps all that there is to read.
"""

from typing import Any

from tests.live import of_kinds

Data = dict[str, Any]

_PARTS = """
fragment J on Job { __typename id version name description priority startDate dueDate deadline position budget tracked
  remaining period { text unit firstDay lastDay }
  taskCount openTaskCount completedAt archivedAt stageEnteredAt account { id } pipeline { id } stage { id }
  status { id } assignees { id } clientStatus { visible name color description } tasks { ...T }
  blocked relations { relation job { id } }
  openItemCount items(first: 5) { nodes { id } totalCount } }
fragment T on Task { __typename id version name description state priority startDate dueDate estimate completedAt
  account { id } job { id } assignees { id } checklist { number name checked checkedAt checkedBy { id } }
  parent { id } }
fragment A on Account { __typename id version name type archived tags { id } team { id }
  roles { role { id } members { id } } }
fragment P on Pipeline { __typename id version name cardFields jobOrder members { id } stages { ...S }
  statuses { ...U } }
fragment S on Stage { __typename id version name position timeLimit pipeline { id } }
fragment U on Status { __typename id version name category color countsAsOverdue pipeline { id } }
fragment M on Member { __typename id version name role active }
fragment G on Tag { __typename id version name color }
fragment F on Firm { __typename id version name timeZone currency weekStart country region clientStatusEnabled
  countPendingAch }
fragment E on TimeEntry { __typename id version day minutes note billable running flags account { id } job { id }
  member { id } }
"""
SNAPSHOT = (
    """query {
  revision epoch firm { ...F }
  pipelines(first: 10) { nodes { ...P } } jobs(first: 20) { nodes { ...J } } tasks(first: 20) { nodes { ...T } }
  accounts(first: 20) { nodes { ...A } } members(first: 20) { nodes { ...M } } tags(first: 10) { nodes { ...G } }
  timeEntries(first: 20) { nodes { ...E } } }
"""
    + _PARTS
)
#: The first says as of when all of it is: what the others have may be newer, and is told once more.
SNAPSHOTS = [SNAPSHOT, *of_kinds.QUERIES]
CHANGES = (
    """
subscription Changes($pipelines: [ID!], $after: Revision, $epoch: ID) {
  boardChanges(pipelines: $pipelines, after: $after, epoch: $epoch) { revision previous resync epoch
    events { __typename revision
      ... on FirmUpdated { firm { ...F } }
      ... on MemberEvent { memberId member { ...M } }
      ... on TagEvent { tagId tag { ...G } }
      ... on AccountEvent { accountId account { ...A } }
      ... on PipelineEvent { pipelineId pipeline { ...P } }
      ... on StageEvent { stageId stage { ...S } }
      ... on StatusEvent { statusId status { ...U } }
      ... on JobEvent { jobId job { ...J } }
      ... on TaskEvent { taskId task { ...T } }
      ... on TimeEvent { timeEntryId timeEntry { ...E } } """
    + of_kinds.EVENTS
    + "} } }"
    + _PARTS
    + of_kinds.VERSIONED
)
#: What an event is about, by the name of the field that holds its id.
_SUBJECTS = ("member", "tag", "account", "pipeline", "stage", "status", "job", "task", "timeEntry", *of_kinds.SUBJECTS)
#: What belongs to a thing says of which it is in the field of this name.
_OWNED_AS = {"Account": "account", "Pipeline": "pipeline", "Job": "job", "Chat": "chat"}
#: Lists by name, which another name of what is in them puts into another order.
_IN_ANY_ORDER = ("tags", "team", "members", "assignees", "tasks", "roles")


class Replica:
    """Everything that a client knows."""

    def __init__(self, snapshot: Data) -> None:
        self.things: dict[str, Data] = {}
        self.cursor = snapshot["revision"]
        self.epoch = snapshot["epoch"]
        self._put(snapshot)

    def apply(self, message: Data) -> None:
        """Take over a message that follows on what is known."""
        assert message["previous"] == self.cursor, f"{message['previous']} does not follow {self.cursor}"
        assert not message["resync"]
        assert message["epoch"] == self.epoch
        for event in message["events"]:
            self._apply(event)
        self.cursor = message["revision"]

    def shown(self) -> dict[str, Data]:
        """What there is to show. Archived jobs are on no board, what is in the trash on no list, and what is not shared
        is told of elsewhere. Links are another one each time: they show where they lead."""
        there = self.things.items()
        shown = {id: thing for id, thing in there if not (thing.get("archivedAt") or thing.get("trashedAt"))}
        return {id: _without_link(thing) for id, thing in shown.items() if thing.get("shared", True)}

    def _apply(self, event: Data) -> None:
        # What an event shows beside its subject, the job of a task, is put in place first.
        self._put(event)
        # What a thing has no longer is gone, but for what its versions keep.
        for id in set(event.get("removedFileIds", ())) - _files_of(list(self.things.values())):
            self.things.pop(id, None)
        kind = next((kind for kind in _SUBJECTS if event.get(f"{kind}Id")), None)
        if kind is None:
            return
        gone = event["__typename"].endswith(("Deleted", "Removed"))
        if gone or event[kind] is None:
            self._forget(event[f"{kind}Id"], with_parts=event["__typename"].endswith("Removed"))
        if event["__typename"] == "AccountRemoved":
            self._forget_who_is_nowhere()
        for linked in of_kinds.LINKED:
            if event.get(f"{linked}Id") and event[linked] is None:
                self._forget(event[f"{linked}Id"], with_parts=False)

    def _forget_who_is_nowhere(self) -> None:
        """Contacts leave sight with the last account in sight that they are at."""
        there = {thing["contact"] for thing in self.things.values() if thing["__typename"] == "AccountContact"}
        for id, thing in list(self.things.items()):
            if thing["__typename"] == "Contact" and id not in there:
                del self.things[id]

    def _put(self, value: Any) -> Any:
        """Store what has an id and a type, and return what stands for it."""
        if isinstance(value, list):
            return [self._put(item) for item in value]
        if not isinstance(value, dict):
            return value
        flat = {name: self._put(inner) for name, inner in value.items()}
        for name, value in flat.items():
            if isinstance(value, list) and (name in _IN_ANY_ORDER or flat.get("__typename") in of_kinds.TYPES):
                flat[name] = sorted(value, key=str)
        if "id" not in flat:
            return flat
        if "__typename" in flat:
            for name in ("stages", "statuses"):  # they say themselves which pipeline they are of
                flat.pop(name, None)
            self.things[flat["id"]] = flat
        return flat["id"]

    def _forget(self, id: str, *, with_parts: bool) -> None:
        """A thing that leaves sight takes along what belongs to it: so say the descriptions of the events."""
        thing = self.things.pop(id, None)
        for file in _files_of(thing):
            self.things.pop(file, None)
        if thing is None or not (with_parts or thing["__typename"] in ("Pipeline", "Chat")):
            return
        owner = _OWNED_AS.get(thing["__typename"])
        parts = [part for part in self.things.values() if owner and part.get(owner) == id]
        for part in parts:
            # A job's time entries stay with the account.
            if owner != "job" or part["__typename"] == "Task":
                self._forget(part["id"], with_parts=True)


def _without_link(thing: Data) -> Data:
    return {**thing, "url": thing["url"].partition("?")[0]} if thing.get("url") else thing


def _files_of(thing: Any) -> set[str]:
    """The files that a thing has, and its parts: they go with it."""
    if isinstance(thing, list):
        return set().union(*map(_files_of, thing))
    if not isinstance(thing, dict):
        return set()
    return set(thing.get("files") or ()).union(*map(_files_of, thing.values()))


def difference(one: Replica, other: Replica) -> dict[str, tuple[Any, Any]]:
    """The things that two stores do not agree on, with what each has of them."""
    left, right = one.shown(), other.shown()
    return {id: (left.get(id), right.get(id)) for id in left.keys() | right.keys() if left.get(id) != right.get(id)}
