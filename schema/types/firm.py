"""The firm, its team, its tags and what it tells its clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from models import seen as rows
from models.ids import Kind
from models.queries import Through
from models.scope import Viewer as SignedIn
from schema.enums import Right, Role, Weekday
from schema.inputs.filters import JobFilter, JobSort, TaskFilter
from schema.list_fields import ListWithin, list_within
from schema.scalars import Date, DateTime
from schema.types.base import Versioned, column, entity, loaded, name_order, value

if TYPE_CHECKING:
    from schema.types.job_lists import JobConnection, TaskConnection
    from schema.types.personal_tokens import PersonalToken
    from schema.types.time import TimeEntry


@entity(rows.Firm)
class Firm(Versioned):
    """An accounting firm: the tenant. Nothing of another firm exists for its members."""

    name: str = column("The firm's name.")
    time_zone: str = column(
        "The IANA time zone that its dates and its today are in. One that the server does not know counts as UTC."
    )
    currency: str = column("The ISO 4217 code of the currency of its rates.")
    week_start: Weekday = column("The first day of its weeks.")
    country: str | None = column("The ISO 3166-1 alpha-2 code of the country that it is in; null where nobody said.")
    region: str | None = column(
        "The region of that country, as far as holidays differ by it: `NY` of `US`. Null for the whole country."
    )
    client_status_enabled: bool = column("Whether clients are shown the status of their jobs at all.")
    count_pending_ach: bool = column("Whether an ACH payment counts as paid while it is pending.")
    undo_window: int = column("How many minutes what goes to clients waits in the outbox, and can be withdrawn.")
    reply_to: str | None = column("The address that clients answer to; null where that is where mail is sent from.")
    today: Date = loaded(lambda firm, context: context.today, "The present date where the firm is.")
    automations_wait_until: DateTime | None = loaded(
        lambda firm, context: context.load.automations_wait_until(firm.id),
        "Until when what is to happen by itself waits, as the firm has had its automatic actions of this minute; null "
        "where nothing waits for that.",
    )
    created_at: DateTime = column("When the firm was started.")


@entity(rows.Member)
class Member(Versioned):
    """A member of the firm's team."""

    name: str = column("The member's name.")
    name_order: str = name_order()
    email: str = column("The address that the member signs in with.")
    role: Role = column("The member's role.")
    rights: list[Right] | None = value(
        lambda member: sorted(member.given), "The rights that were given. OWNER and ADMIN hold all, whatever is here."
    )
    capacity: int | None = column("How many minutes a week the member can work.")
    active: bool = column("Whether the member may sign in.")
    invited_at: DateTime | None = column("When the member was last sent an invitation; null when they never were.")
    created_at: DateTime = column("When the member joined.")
    jobs: Annotated[JobConnection, strawberry.lazy("schema.types.job_lists")] = list_within(  # type: ignore[valid-type]
        ListWithin("jobs of member", Kind.JOB, Through(rows.JobAssignee, "job_id", "member_id"), "-created_at"),
        "The jobs that the member is assigned to and that you see, archived ones too; newest first when no order is "
        "given.",
        filter=JobFilter,
        sort=JobSort,
    )
    tasks: Annotated[TaskConnection, strawberry.lazy("schema.types.job_lists")] = list_within(  # type: ignore[valid-type]
        ListWithin("tasks of member", Kind.TASK, Through(rows.TaskAssignee, "task_id", "member_id"), "-created_at"),
        "The tasks that the member is assigned to and that you see, newest first.",
        filter=TaskFilter,
    )


@entity(rows.Tag)
class Tag(Versioned):
    """A label for accounts."""

    name: str = column("What the label says.")
    name_order: str = name_order()
    color: str = column("As #rrggbb.")


@entity(rows.ClientStatus)
class ClientStatus(Versioned):
    """A template of what clients are told about their jobs."""

    name: str = column("What the client reads.")
    name_order: str = name_order()
    color: str = column("As #rrggbb.")
    description: str = column("What it means, in the client's words.")


@strawberry.type(description="Who is signed in, and what they may do.")
class Viewer:
    """Made from the viewer of the operation, never from a row."""

    member: Member | None = loaded(
        lambda viewer, context: context.load.one(Kind.MEMBER, viewer.member_id), "The signed-in member."
    )
    firm: Firm | None = loaded(
        lambda viewer, context: context.load.one(Kind.FIRM, viewer.scope.firm_id), "The member's firm."
    )
    timer: Annotated[TimeEntry, strawberry.lazy("schema.types.time")] | None = loaded(
        lambda viewer, context: context.load.timer(viewer.member_id),
        "The member's running timer, wherever it runs; null for none. `viewerChanges` says when that changes.",
    )
    role: Role = value(lambda viewer: viewer.role, "The member's role; EMPLOYEE with a personal token.")
    rights: list[Right] = value(
        lambda viewer: sorted(viewer.scope.rights),
        "What the member may do: for an OWNER or ADMIN, every right; with a personal token, what it leaves of that.",
    )
    personal_token: Annotated[PersonalToken, strawberry.lazy("schema.types.personal_tokens")] | None = loaded(
        lambda viewer, context: viewer.token_id and context.load.one(Kind.PERSONAL_TOKEN, viewer.token_id),
        "The personal token that asks; null for who has signed in.",
    )
    sees_all_accounts: bool = value(
        lambda viewer: viewer.scope.accounts is None, "Whether every account is visible, not only the assigned ones."
    )
    sees_all_pipelines: bool = value(
        lambda viewer: viewer.scope.pipelines is None, "Whether every pipeline is visible, not only the available ones."
    )

    @classmethod
    def is_type_of(cls, source: object, _info: object) -> bool:
        """A signed-in viewer."""
        return isinstance(source, SignedIn)
