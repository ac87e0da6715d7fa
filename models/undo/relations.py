"""Taking back what jobs became to each other, and tasks."""

from collections.abc import Sequence
from uuid import UUID

from models.command import part_of
from models.commands.relations import relate_job, unrelate_job
from models.commands.subtasks import set_task_parent
from models.database import sql
from models.events import JobRelationChanged, SubtaskChanged
from models.ids import Kind
from models.log import Logged
from models.rows import Relation, TaskRelation
from models.scope import not_found
from models.subtasks import pairs_of
from models.undo.sets import hold
from models.undo.taking import Act, Inverse, Taking, by_thing, changed_since

_PRESENT = """
SELECT job_id, other_id, relation FROM job_relation
WHERE (job_id, other_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
"""


class JobRelations(Inverse):
    """Makes jobs to each other what they were. Of the two events of a change one is enough."""

    async def look(self, taking: Taking, logged: Sequence[Logged]) -> Act:
        """See `Inverse`."""
        told: dict[tuple[UUID, UUID], list[JobRelationChanged]] = {}
        for event in (each.event for each in logged):
            assert isinstance(event, JobRelationChanged)
            if event.job < event.other_job:
                told.setdefault((event.job, event.other_job), []).append(event)
        present = await _present(list(told))
        for pair, events in told.items():
            if missing := [id for id in pair if id not in taking.jobs]:
                taking.refuse(not_found(Kind.JOB, missing[0]))
            elif present.get(pair) is not events[-1].to_relation:
                taking.refuse(changed_since(Kind.JOB, pair[0], "relations"))

        async def act() -> None:
            for (job, other), events in told.items():
                named = {"job_id": job, "other_job_id": other}
                if (relation := events[0].from_relation) is None:
                    await part_of(taking.change, unrelate_job, **named)
                else:
                    await part_of(taking.change, relate_job, **named, relation=relation)

        return act


async def _present(pairs: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Relation]:
    """What the first job of each pair is to the second now, whichever of the two says so."""
    one, another = [first for first, _ in pairs], [second for _, second in pairs]
    found = {}
    for row in await sql(_PRESENT, [*one, *another], [*another, *one]):
        relation, pair = Relation(row["relation"]), (row["job_id"], row["other_id"])
        if pair[0] < pair[1]:
            found[pair] = relation
        else:
            found[pair[1], pair[0]] = relation.inverse
    return found


class TaskParents(Inverse):
    """Makes tasks subtasks of those that they were subtasks of, or of none. What its parent is told says the same."""

    async def look(self, taking: Taking, logged: Sequence[Logged]) -> Act:
        """See `Inverse`."""
        said = []
        for each in logged:
            assert isinstance(each.event, SubtaskChanged)
            if TaskRelation.SUBTASK in (each.event.from_relation, each.event.to_relation):
                said.append(each)
            else:
                taking.pass_over(each)
        told = by_thing(said)
        there, present = await hold(taking, Kind.TASK, told), dict(await pairs_of(list(told)))
        parents: dict[UUID, UUID | None] = {}
        for id, of_task in told.items():
            then = left = None
            for each in reversed(of_task):
                assert isinstance(each.event, SubtaskChanged)
                then = each.event.other_task if each.event.from_relation is not None else then
            for each in of_task:
                assert isinstance(each.event, SubtaskChanged)
                left = each.event.other_task if each.event.to_relation is not None else left
            if id not in there:
                taking.refuse(not_found(Kind.TASK, id))
            elif present.get(id) != left:
                taking.refuse(changed_since(Kind.TASK, id, "parent"))
            parents[id] = then

        async def act() -> None:
            for id, parent in parents.items():
                await part_of(taking.change, set_task_parent, task_id=id, parent_id=parent)

        return act
