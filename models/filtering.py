"""What a list can be narrowed by: conditions of the ORM, of which a filter declares one for each of its fields.

They narrow what a scope sees, and never widen it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Protocol

from tortoise.expressions import Q, Subquery

from models.bounds import IDLE_DAYS
from models.checks import days
from models.conditions import fails, holds, in_sql, none_holds
from models.languages import usual_tag
from models.mail_addresses import usual_address
from models.periods import period_key
from models.rows import Category, ItemRecipient, Job, JobItem, Row, Subtask, Task
from models.rows.contacts import Contact
from models.rows.names import row_class
from models.scope import Scope
from models.texts import LABEL, sameness, storable
from models.visibility_in_sql import shown_values, shown_where


class Asking(Protocol):
    """Who asks, and when. An answer that has to do with the time is known by having been asked for it here."""

    @property
    def scope(self) -> Scope:
        """What may be seen."""

    @property
    def today(self) -> date:
        """The firm's day. Only a condition that is `of_day` may ask for it."""

    @property
    def now(self) -> datetime:
        """The moment."""


class Condition(Protocol):
    """What is asked of a row: `wanted` is what the caller gave."""

    def __call__(self, wanted: Any, asking: Asking, /) -> Q: ...


def is_of_day(condition: Condition | None) -> bool:
    """Whether it has to do with the firm's day, which is read before."""
    return bool(getattr(condition, "of_day", False))


@dataclass(frozen=True, slots=True)
class Among:
    """The column holds one of these values."""

    column: str

    def __call__(self, wanted: Sequence[Any], _asking: Asking, /) -> Q:
        return holds(**{f"{self.column}__in": wanted})


@dataclass(frozen=True, slots=True)
class AmongSeen:
    """The column holds one of these ids of things that may be out of sight where the rows are not: those then match
    nothing, as if they were not."""

    column: str
    model: type[Row]

    def __call__(self, wanted: Sequence[Any], asking: Asking, /) -> Q:
        return holds(
            **{f"{self.column}__in": Subquery(asking.scope.rows(self.model).where(id__in=wanted).values("id"))}
        )


@dataclass(frozen=True, slots=True)
class InPeriod:
    """The column holds the key of one of these periods, however they are written. A text that is too long is none."""

    column: str

    def __call__(self, wanted: Sequence[str], _asking: Asking, /) -> Q:
        keys = {period_key(text) for text in wanted if len(text) <= LABEL.most}
        return holds(**{f"{self.column}__in": [key for key in keys if storable(key)]})


@dataclass(frozen=True, slots=True)
class HasMessageId:
    """The column holds what one of these Message-IDs has before its domain, whatever is around it."""

    column: str

    def __call__(self, wanted: Sequence[str], _asking: Asking, /) -> Q:
        keys = [text.strip(" <>").partition("@")[0] for text in wanted]
        return holds(**{f"{self.column}__in": [key for key in keys if storable(key)]})


@dataclass(frozen=True, slots=True)
class Linked:
    """A row of a table of links ties the row to one of these ids. A subquery: a join would give a row once for each of
    its links."""

    link: type[Any]
    #: The link's columns of the row, and of what it is linked to.
    row: str
    to: str
    #: The row's column that the link names: its account's links are asked about too.
    by: str = "id"

    def __call__(self, wanted: Sequence[Any], _asking: Asking, /) -> Q:
        links = row_class(self.link).filter(**{f"{self.to}__in": wanted})
        return holds(**{f"{self.by}__in": Subquery(links.values(self.row))})


@dataclass(frozen=True, slots=True)
class LinkedInSight:
    """As `Linked`, by rows of a kind that may be out of sight where the row is not: those then tie nothing."""

    model: type[Row]
    #: The columns of the row, and of what it is tied to.
    row: str
    to: str

    def __call__(self, wanted: Sequence[Any], asking: Asking, /) -> Q:
        links = asking.scope.rows(self.model).where(**{f"{self.to}__in": wanted})
        return holds(id__in=Subquery(links.values(self.row)))


@dataclass(frozen=True, slots=True)
class LinkedToSeen:
    """As `Linked`, to things that may be out of sight where the row is not: those are then as if they were not."""

    link: type[Any]
    #: The link's columns of the row, and of what it is linked to.
    row: str
    to: str
    model: type[Row]

    def __call__(self, wanted: Sequence[Any], asking: Asking, /) -> Q:
        seen = asking.scope.rows(self.model).where(id__in=wanted)
        links = row_class(self.link).filter(**{f"{self.to}__in": Subquery(seen.values("id"))})
        return holds(id__in=Subquery(links.values(self.row)))


@dataclass(frozen=True, slots=True)
class Unlinked:
    """No row of a table of links names the row."""

    link: type[Any]
    #: The link's column of the row.
    row: str

    def __call__(self, wanted: bool, _asking: Asking, /) -> Q:
        table = row_class(self.link)._meta.db_table
        linked = in_sql(f"EXISTS (SELECT FROM {table} AS link WHERE link.{self.row} = {{row}}.id)")
        return fails(linked) if wanted else linked


@dataclass(frozen=True, slots=True)
class LinkedToJob:
    """The row is an item that is linked to a job whose column holds one of these, as far as the job is visible."""

    column: str = "id"

    def __call__(self, wanted: Sequence[Any], asking: Asking, /) -> Q:
        jobs = asking.scope.rows(Job).where(holds(**{f"{self.column}__in": wanted}))
        links = JobItem.filter(job_id__in=Subquery(jobs.values("id")), unlinked_at__isnull=True)
        return Q(id__in=Subquery(links.values("item")))


_OF_JOB_IN = "EXISTS (SELECT FROM job WHERE job.id = {row}.job_id AND job.pipeline_id = ANY({pipelines}::uuid[]))"


@dataclass(frozen=True, slots=True)
class OfJobIn:
    """The row is of a job that is in one of these pipelines by now."""

    def __call__(self, wanted: Sequence[Any], _asking: Asking, /) -> Q:
        return in_sql(_OF_JOB_IN, pipelines=list(wanted))


@dataclass(frozen=True, slots=True)
class ForRecipient:
    """The row is an item that is for one of these contacts, as far as they are visible."""

    def __call__(self, wanted: Sequence[Any], asking: Asking, /) -> Q:
        contacts = asking.scope.rows(Contact).where(holds(id__in=wanted))
        links = ItemRecipient.filter(contact_id__in=Subquery(contacts.values("id")))
        return Q(id__in=Subquery(links.values("item")))


@dataclass(frozen=True, slots=True)
class OnNoJob:
    """The row is an item that is linked to no job."""

    def __call__(self, wanted: bool, _asking: Asking, /) -> Q:
        linked = in_sql("EXISTS (SELECT FROM job_item AS link WHERE link.item = {row}.id AND link.unlinked_at IS NULL)")
        return fails(linked) if wanted else linked


@dataclass(frozen=True, slots=True)
class SubtaskOf:
    """The row is a subtask of one of these tasks, as far as they are visible."""

    def __call__(self, wanted: Sequence[Any], asking: Asking, /) -> Q:
        parents = asking.scope.rows(Task).where(holds(id__in=wanted))
        return _parts_of(parents)


@dataclass(frozen=True, slots=True)
class IsSubtask:
    """The row is a subtask of a task that is visible, or is not."""

    def __call__(self, wanted: bool, asking: Asking, /) -> Q:
        is_part = _parts_of(asking.scope.rows(Task).where())
        return is_part if wanted else fails(is_part)


def _parts_of(parents: Any) -> Q:
    links = Subtask.filter(parent_id__in=Subquery(parents.values("id")))
    return Q(id__in=Subquery(links.values("task_id")))


@dataclass(frozen=True, slots=True)
class SameAs:
    """The column holds what one of these texts has in common with all that are taken for the same."""

    column: str

    def __call__(self, wanted: Sequence[str], _asking: Asking, /) -> Q:
        keys = {sameness(text) for text in wanted if len(text) <= LABEL.most}
        return holds(**{f"{self.column}__in": [key for key in keys if storable(key)]})


@dataclass(frozen=True, slots=True)
class HasAddress:
    """The column holds several addresses, one of these among them. What is no address is nobody's."""

    column: str

    def __call__(self, wanted: Sequence[str], _asking: Asking, /) -> Q:
        addresses = [address for text in wanted if (address := usual_address(text)) is not None]
        return in_sql(f"{{row}}.{self.column} ?| {{addresses}}::text[]", addresses=addresses)


@dataclass(frozen=True, slots=True)
class InLanguage:
    """The column holds the tag of one of these languages, or of a variety of it (basic filtering of
    https://www.rfc-editor.org/rfc/rfc4647). What is no tag is no language."""

    column: str

    def __call__(self, wanted: Sequence[str], _asking: Asking, /) -> Q:
        tags = {tag for text in wanted if (tag := usual_tag(text)) is not None}
        found = none_holds()
        for tag in sorted(tags):
            found |= holds(**{self.column: tag}) | holds(**{f"{self.column}__startswith": f"{tag}-"})
        return found


@dataclass(frozen=True, slots=True)
class Between:
    """Days, or moments. None asks for nothing; neither end is part of it."""

    before: date | datetime | None = None
    after: date | datetime | None = None
    on: date | None = None
    is_set: bool | None = None


@dataclass(frozen=True, slots=True)
class Within:
    """The column holds a day, or a moment, that is between others."""

    column: str

    def __call__(self, wanted: Between, _asking: Asking, /) -> Q:
        asked = {"__lt": wanted.before, "__gt": wanted.after, "": wanted.on}
        condition = holds(**{f"{self.column}{how}": value for how, value in asked.items() if value is not None})
        return condition if wanted.is_set is None else condition & Filled(self.column)(wanted.is_set, _asking)


@dataclass(frozen=True, slots=True)
class Filled:
    """The column holds something, or nothing."""

    column: str

    def __call__(self, wanted: bool, _asking: Asking, /) -> Q:
        return holds(**{f"{self.column}__isnull": not wanted})


@dataclass(frozen=True, slots=True)
class Is:
    """The column holds this value."""

    column: str

    def __call__(self, wanted: Any, _asking: Asking, /) -> Q:
        return holds(**{self.column: wanted})


@dataclass(frozen=True, slots=True)
class Overdue:
    """The job is overdue on the firm's day: as `Status.can_be_overdue` has it, in SQL."""

    of_day: ClassVar[bool] = True

    def __call__(self, wanted: bool, asking: Asking, /) -> Q:
        counts = holds(status__category=Category.ACTIVE) | holds(
            status__category=Category.CUSTOM, status__counts_as_overdue=True
        )
        overdue = holds(due_date__lt=asking.today) & counts
        return overdue if wanted else fails(overdue)


_OVER_LIMIT = """EXISTS (SELECT FROM stage WHERE stage.id = {row}.stage_id
AND {row}.stage_entered_at + make_interval(mins => stage.time_limit) < {now})"""


@dataclass(frozen=True, slots=True)
class OverLimit:
    """The job has been on its stage for longer than the stage's time limit."""

    def __call__(self, wanted: bool, asking: Asking, /) -> Q:
        over = in_sql(_OVER_LIMIT, now=asking.now)
        return over if wanted else fails(over)


_BLOCKED = """EXISTS (SELECT FROM job_relation AS relation JOIN job AS blocking ON blocking.id = relation.job_id
WHERE relation.other_id = {row}.id AND relation.relation = 'BLOCKS'
AND blocking.completed_at IS NULL AND blocking.archived_at IS NULL)"""


@dataclass(frozen=True, slots=True)
class Blocked:
    """The job is blocked, by whichever job: in sight or not, as the job itself says it."""

    def __call__(self, wanted: bool, _asking: Asking, /) -> Q:
        blocked = in_sql(_BLOCKED)
        return blocked if wanted else fails(blocked)


@dataclass(frozen=True, slots=True)
class InHand:
    """The job is neither completed nor archived."""

    def __call__(self, wanted: bool, _asking: Asking, /) -> Q:
        in_hand = holds(status__category__in=(Category.ACTIVE, Category.CUSTOM))
        return in_hand if wanted else fails(in_hand)


# The row is asked first: of most jobs it says enough, and nothing of the log is read for them. Of the others the newest
# event that is shown is looked up, job by job, and not whether there is one: for that PostgreSQL goes through all that
# happened meanwhile, and looks at each event whether it is in sight. A partition of another month is not looked into.
_IDLE = """{row}.updated_at < {since} AND (SELECT true FROM event WHERE event.job = {row}.id
AND event.firm_id = {row}.firm_id AND event.at >= {since} AND {shown}
ORDER BY event.revision DESC, event.index DESC LIMIT 1) IS NULL"""


@dataclass(frozen=True, slots=True)
class Idle:
    """For so many days nothing has changed of the job, and nothing been told of it or of what is linked to it: of what
    the scope is shown, or it would tell that there is more."""

    def __call__(self, wanted: int, asking: Asking, /) -> Q:
        days(wanted, "filter", IDLE_DAYS)
        told, accounts, pipelines = shown_values(asking.scope)
        shown = shown_where("event", "{told}", "{accounts}", "{pipelines}")
        return in_sql(
            _IDLE.replace("{shown}", shown),
            since=asking.now - timedelta(wanted),
            told=told,
            accounts=accounts,
            pipelines=pipelines,
        )
