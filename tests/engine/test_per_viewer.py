"""Which fields depend on who asks is said where they are declared: no table has to be remembered."""

from typing import Any
from uuid import UUID

import pytest
import strawberry

from engine.sharing import own_streams, per_viewer
from models.audiences import Audience
from models.event_kinds import KINDS
from models.events import EventWithFiles, TimeEvent
from models.firm.absences import AbsenceEvent
from models.firm.personal_tokens import PersonalTokenEvent
from models.firm.saved_views import SavedViewEvent
from models.ids import Kind, new_id
from models.policies import Policy, hides_own
from models.rights import Right
from models.scope import Scope
from models.seen import Task, TimeEntry
from resolvers.listing import fields_of
from resolvers.root import graphql_schema
from schema import per_viewer as declaring
from schema.declarations import listing
from schema.per_viewer import PER_VIEWER, always, any_of, own_rows, where
from schema.types.base import one

DECLARED = per_viewer(graphql_schema())
ALL = frozenset(Right)


def scope(*rights: Right, accounts: bool = True, pipelines: bool = True) -> Scope:
    """Of somebody with these rights, who sees all accounts and pipelines, or some."""
    some = frozenset[UUID]({new_id()})
    return Scope(new_id(), Audience.TEAM, frozenset(rights), None if accounts else some, None if pipelines else some)


def test_these_fields_say_that_they_depend_on_the_viewer() -> None:
    of_time = {kind.__name__ for kind in KINDS.values() if issubclass(kind, TimeEvent)} | {"TimeEvent"}
    of_absences = {kind.__name__ for kind in KINDS.values() if issubclass(kind, AbsenceEvent)} | {"AbsenceEvent"}
    of_views = {kind.__name__ for kind in KINDS.values() if issubclass(kind, SavedViewEvent)} | {"SavedViewEvent"}
    of_tokens = {kind.__name__ for kind in KINDS.values() if issubclass(kind, PersonalTokenEvent)}
    of_files = {kind.__name__ for kind in KINDS.values() if issubclass(kind, EventWithFiles)} | {"EventWithFiles"}
    have_files = ("Note", "Message", "WikiPage", "WikiPageVersion", "ClientRequest", "RequestEntry", "Organizer")
    assert {(owner, field) for owner, field in DECLARED} == {
        *(
            ("Query", name)
            for name in (
                *("viewer", "node", "nodes", "timeEntries", "timeReport", "capacityReport", "absences"),
                *("personalTokens", "automationPreview", "automationDryRun", "undoable"),
            )
        ),
        *(("Query", "file"), ("Query", "files"), ("File", "url")),
        *(
            (name, "file")
            for name in ("FileEvent", "FileChecked", "Document", "DocumentVersion", "DocumentVersionAdded")
        ),
        ("Signature", "evidenceFile"),
        *((name, "files") for name in (*have_files, "OrganizerAnswer")),
        *((name, field) for name in of_files for field in ("addedFiles", "removedFiles")),
        ("Query", "savedView"),
        ("Query", "savedViews"),
        *((name, "savedView") for name in of_views),
        *((name, "timeEntry") for name in of_time),
        # Of items of all kinds, time is one's own.
        *((name, "item") for name in of_time | {"ItemEvent"}),
        *((name, "absence") for name in of_absences),
        *((name, "personalToken") for name in of_tokens | {"PersonalTokenEvent"}),
        # What an automation made may be one's own.
        ("MadeThing", "thing"),
        ("Subscription", "viewerChanges"),
    }
    assert own_streams(graphql_schema()) == {("Subscription", "viewerChanges")}


def depends(coordinate: tuple[str, str], scope: Scope) -> bool:
    """Whether the field does under this scope."""
    return any(condition(scope) for condition in DECLARED[coordinate])


@pytest.mark.parametrize(
    ("seeing", "list_depends", "event_depends"),
    [
        (scope(*ALL), False, False),
        # They are told of no time at all, and read their own.
        (scope(accounts=False, pipelines=False), True, False),
        (scope(), True, False),
        (scope(Right.MANAGE_TIME_BUDGETS), True, True),
        (scope(Right.MANAGE_TIME_ENTRIES), False, False),
        (scope(Right.MANAGE_TIME_ENTRIES, accounts=False), True, True),
        (scope(Right.MANAGE_TIME_ENTRIES, pipelines=False), True, True),
    ],
    ids=[
        "all",
        "no rights, some places",
        "no rights",
        "budgets",
        "time",
        "time at some accounts",
        "time in some pipelines",
    ],
)
def test_time_is_ones_own_where_not_everybody_of_the_scope_sees_it(
    seeing: Scope, list_depends: bool, event_depends: bool
) -> None:
    absences = Right.MANAGE_TEAM not in seeing.rights
    assert depends(("Query", "timeEntries"), seeing) is list_depends
    assert depends(("Query", "absences"), seeing) is absences
    assert depends(("Query", "personalTokens"), seeing) is absences
    # Everybody may have views that nobody else sees.
    for field in ("node", "nodes", "savedView", "savedViews"):
        assert depends(("Query", field), seeing)
    for owner in ("TimeEvent", "TimeLogged"):
        assert depends((owner, "timeEntry"), seeing) is event_depends
    assert depends(("Query", "viewer"), seeing)


@pytest.mark.parametrize(
    ("policy", "hidden"),
    [
        (Policy(whole_team=True), (False, False, False, False)),
        (Policy(whole_team=True, owner="member_id"), (False, False, False, False)),
        (Policy(right=Right.MANAGE_TEAM, owner="member_id"), (False, True, False, False)),
        (Policy(right=Right.MANAGE_TEAM), (False, False, False, False)),
        (Policy(account="account_id", owner="member_id"), (False, False, True, False)),
        (Policy(pipeline="pipeline_id", owner="member_id"), (False, False, False, True)),
        (Policy(with_jobs=True, owner="member_id"), (False, False, False, True)),
        (Policy(job="job_id", owner="member_id"), (False, False, False, True)),
        (Policy(shared="shared", owner="member_id"), (True, True, True, True)),
    ],
    ids=str,
)
def test_rows_are_ones_own_where_the_policy_shows_them_for_that_alone(policy: Policy, hidden: tuple[bool, ...]) -> None:
    scopes = (scope(*ALL), scope(), scope(*ALL, accounts=False), scope(*ALL, pipelines=False))
    assert tuple(hides_own(policy, each) for each in scopes) == hidden


def metadata(field: Any) -> Any:
    """What a field of Strawberry says of itself."""
    return field.metadata.get(PER_VIEWER)


def test_a_list_of_what_has_an_owner_and_a_reference_to_it_say_so_by_themselves() -> None:
    owned = fields_of(listing(TimeEntry, order="-day", description="Time.", one="A time entry."))
    shared = fields_of(listing(Task, order="-created_at", description="Tasks.", one="A task."))
    for field in owned.values():
        assert metadata(field)(scope())
        assert not metadata(field)(scope(*ALL))
    assert [metadata(field) for field in shared.values()] == [None, None]
    assert metadata(one(Kind.TIME_ENTRY, "entry_id", "The time."))(scope())
    assert metadata(one(Kind.TASK, "task_id", "The task.")) is None


def test_a_field_of_an_interface_depends_where_that_of_one_of_its_types_does() -> None:
    @strawberry.interface
    class Thing:
        name: str

    @strawberry.type
    class Own(Thing):
        name: str = strawberry.field(metadata=declaring.per_viewer(always))

    @strawberry.type
    class Other(Thing):
        pass

    @strawberry.type
    class Query:
        thing: Thing

    found = per_viewer(strawberry.Schema(query=Query, types=[Own, Other])._schema)
    assert found.keys() == {("Thing", "name"), ("Own", "name")}


def test_conditions_join() -> None:
    entries = own_rows(Kind.TASK, Kind.TIME_ENTRY)
    assert entries is not None
    assert own_rows(Kind.TASK, Kind.JOB) is None
    assert any_of(None, None) is where(always, None) is None
    for seeing in (scope(), scope(*ALL)):
        both, never = any_of(None, entries, lambda _: False), where(lambda _: False, entries)
        assert both is not None
        assert never is not None
        assert both(seeing) is entries(seeing)
        assert not never(seeing)
