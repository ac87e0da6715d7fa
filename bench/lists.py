"""Lists of a firm of 100,000 jobs, a million time entries and a million events, as a client asks for their pages:
beside SQL by hand that finds the same, and how PostgreSQL goes about them.

`python -m bench.lists`
"""

import base64
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import orjson

from bench.changes import Commits
from bench.firms import BenchFirm
from bench.goals import Goal
from bench.house import House, run
from bench.measure import heading, median, ratio, table, taking_turns
from bench.reports import FACTOR, MORE_MS, print_plan
from bench.search import furnish
from engine.engine import Engine
from engine.session import Session
from models.connection import credentials
from models.database import fetch
from models.ids import Kind, decode, encode
from models.partitions import make_partitions
from models.scope import Viewer
from models.search_entries import prefix_of
from models.searching import Search
from models.sign_in import issue_for
from resolvers.root import graphql_schema
from subscriptions.bell import Bell
from subscriptions.hub import Hub
from transport.engine import Request

JOBS, ENTRIES, EVENTS = 100_000, 1_000_000, 1_000_000
QUICK = 10
ROUNDS = 9
PAGE = 50
FIRST_DAY, DAYS = date(2024, 11, 26), 730
#: How far down a deep page is, as a part of the list.
DEEP = 0.4

# Two of three have a due date. Of a hundred and twenty one is under a status of its own, so few are.
_DATES = (
    "UPDATE job SET due_date = CASE WHEN n % 3 > 0 THEN $2::date + (n % 900)::int END, "
    "(priority_order, priority) = ((n % 4)::text, (ARRAY['LOW', 'MEDIUM', 'HIGH', 'URGENT'])[1 + n % 4]), "
    "created_at = now() - make_interval(mins => n::int) "
    "FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM job WHERE firm_id = $1) AS numbered "
    "WHERE numbered.id = job.id",
    "INSERT INTO job_assignee (job_id, member_id) SELECT job.id, member.id "
    "FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM job WHERE firm_id = $1) AS job "
    "JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM member WHERE firm_id = $1) AS member "
    "ON member.n = 1 + job.n % (SELECT count(*) FROM member WHERE firm_id = $1) WHERE $2::date IS NOT NULL "
    "ON CONFLICT DO NOTHING",
)
_ENTRIES = """
WITH accounts AS (SELECT id, row_number() OVER () AS n FROM account WHERE firm_id = $1),
members AS (SELECT id, row_number() OVER () AS n FROM member WHERE firm_id = $1)
INSERT INTO time_entry
  (id, version, firm_id, account_id, member_id, day, minutes, note, billable, rate, flags, created_at)
SELECT uuidv7(), 1, $1, accounts.id, members.id, $2::date + (e::bigint * $3::int / $4::int)::int, 1 + e % 240, '',
  e % 3 > 0, 120, '[]', now()
FROM generate_series(0, $4::int - 1) AS e JOIN accounts ON accounts.n = 1 + e % (SELECT count(*) FROM accounts)
JOIN members ON members.n = 1 + e % (SELECT count(*) FROM members)
"""
_EVENTS = """
WITH jobs AS (SELECT id, account_id, pipeline_id, row_number() OVER () AS n FROM job WHERE firm_id = $1)
INSERT INTO event (firm_id, revision, index, type, data, subject, job, actor, at)
SELECT $1, (SELECT revision FROM firm WHERE id = $1) + e, 0, 'JobUpdated', jsonb_build_object(
    'job', id, 'account', account_id, 'pipeline', pipeline_id, 'changes', '{}'::jsonb), id, id,
  jsonb_build_object('kind', 'MEMBER', 'id', $2::text, 'label', null), now() - make_interval(secs => ($3 - e) * 28)
FROM generate_series(1, $3::int) AS e JOIN jobs ON jobs.n = 1 + e * 31::bigint % (SELECT count(*) FROM jobs)
"""

_JOB_PAGE = """query Jobs($filter: JobFilter, $sort: [JobSort!], $after: String) {
  list: jobs(filter: $filter, sort: $sort, first: 50, after: $after) {
    nodes { id name dueDate priority } pageInfo { endCursor hasNextPage } } }"""
_ENTRY_PAGE = """query Entries($filter: TimeEntryFilter, $after: String) {
  list: timeEntries(filter: $filter, first: 50, after: $after) {
    nodes { id day minutes billable } pageInfo { endCursor hasNextPage } } }"""
_EVENT_PAGE = """query Activity($filter: ActivityFilter, $after: String) {
  list: activity(filter: $filter, first: 50, after: $after) {
    nodes { id: revision at } pageInfo { endCursor hasNextPage } } }"""

_JOBS_BY_HAND = "SELECT job.id, job.name, job.due_date, job.priority FROM job"
_ENTRIES_BY_HAND = "SELECT id, day, minutes, billable FROM time_entry"
_EVENTS_BY_HAND = "SELECT revision AS id, at FROM event"

#: What tells the statement of a list from others that are sent for it.
_TABLES = {_JOB_PAGE: 'FROM "job"', _ENTRY_PAGE: 'FROM "time_entry"', _EVENT_PAGE: "FROM event"}


@dataclass(frozen=True, slots=True)
class Case:
    """A list that is asked for, and what somebody would write for it: a FROM, what holds for the rows, and an order.
    Deep, it is a page far down, after a row that the statement `deep` finds: the values of its cursor."""

    called: str
    document: str
    by_hand: str
    where: str = "true"
    order: str = "created_at DESC, id"
    variables: dict[str, Any] = field(default_factory=dict)
    values: tuple[Any, ...] = ()
    deep: str | None = None
    beyond: str = "true"


def _by(field: str, direction: str = "ASC") -> dict[str, Any]:
    return {"sort": [{"field": field, "direction": direction}]}


async def _cases(firm: BenchFirm) -> list[Case]:
    member, account = firm.members[2].id, firm.accounts[50].id
    due = Case("jobs, by due date", _JOB_PAGE, _JOBS_BY_HAND, order="due_date, id", variables=_by("DUE_DATE"))
    entries = Case("time entries", _ENTRY_PAGE, _ENTRIES_BY_HAND, order="day DESC, id")
    activity = Case("activity", _EVENT_PAGE, _EVENTS_BY_HAND, order="revision DESC, index DESC")
    assigned = f"job.id IN (SELECT job_id FROM job_assignee WHERE member_id = '{member}')"
    text = Search.of("payroll monthly", "text").nearly(prefix_of(firm.id, Kind.JOB))
    active = "job.status_id IN (SELECT id FROM status WHERE category = 'ACTIVE')"
    today = datetime.now(UTC).date()
    return [
        Case("jobs", _JOB_PAGE, _JOBS_BY_HAND),
        due,
        _deep(due, "a deep page", "due_date, id", "job WHERE due_date IS NOT NULL", "(due_date, id) > ({0}, {1}) "),
        _deep(
            due,
            "a page of those without",
            "due_date, id",
            "job WHERE due_date IS NULL",
            "due_date IS NULL AND id > {1}",
        ),
        Case(
            "jobs, by due date from the end",
            _JOB_PAGE,
            _JOBS_BY_HAND,
            order="due_date DESC, id",
            variables=_by("DUE_DATE", "DESC"),
        ),
        _deep(
            Case("jobs, by name", _JOB_PAGE, _JOBS_BY_HAND, order="name_order, id", variables=_by("NAME")),
            "a deep page",
            "name_order, id",
            "job",
            "(name_order, id) > ({0}, {1})",
        ),
        Case(
            "jobs of one assignee, by priority",
            _JOB_PAGE,
            _JOBS_BY_HAND,
            assigned,
            "priority_order DESC, id",
            {"filter": {"assignee": {"in": [encode(Kind.MEMBER, member)]}}} | _by("PRIORITY", "DESC"),
        ),
        Case(
            "jobs of one account",
            _JOB_PAGE,
            _JOBS_BY_HAND,
            f"account_id = '{account}'",
            variables={"filter": {"account": {"in": [encode(Kind.ACCOUNT, account)]}}},
        ),
        Case(
            "jobs that are overdue, by due date",
            _JOB_PAGE,
            _JOBS_BY_HAND,
            f"due_date < '{today}' AND {active}",
            "due_date, id",
            {"filter": {"overdue": True}} | _by("DUE_DATE"),
        ),
        Case(
            "jobs found by a text, by due date",
            _JOB_PAGE,
            f"{_JOBS_BY_HAND} JOIN search_entry AS entry ON entry.thing = job.id",
            "entry.words @@ $3::text::tsquery",
            "due_date, job.id",
            {"filter": {"search": "payroll monthly"}} | _by("DUE_DATE"),
            (text,),
        ),
        entries,
        _deep(entries, "a deep page", "day, id", "time_entry", "(day < {0} OR day = {0} AND id > {1}) AND day <= {0}"),
        Case(
            "time entries of one member, billable",
            _ENTRY_PAGE,
            _ENTRIES_BY_HAND,
            f"member_id = '{member}' AND billable",
            "day DESC, id",
            {"filter": {"member": {"in": [encode(Kind.MEMBER, member)]}, "billable": True}},
        ),
        activity,
        _deep(activity, "a deep page", "revision", "event", "revision <= {0}"),
        Case(
            "activity of one account",
            _EVENT_PAGE,
            _EVENTS_BY_HAND,
            f"(data->>'account')::uuid = '{account}'",
            "revision DESC, index DESC",
            {"filter": {"account": {"in": [encode(Kind.ACCOUNT, account)]}}},
        ),
    ]


def _deep(case: Case, called: str, columns: str, of: str, beyond: str) -> Case:
    where = "AND" if "WHERE" in of else "WHERE"
    deep = (
        f"SELECT {columns} FROM {of} {where} firm_id = $1 ORDER BY {case.order} "
        f"OFFSET (SELECT (count(*) * {DEEP})::int FROM {of} {where} firm_id = $1) LIMIT 1"
    )
    return Case(
        f"{case.called}: {called}", case.document, case.by_hand, case.where, case.order, case.variables, case.values,
        deep, beyond,
    )  # fmt: skip


@dataclass(slots=True)
class Reader:
    """Somebody who asks for lists, through the engine as a transport does."""

    engine: Engine
    session: Session
    viewer: Viewer
    changes: Commits

    async def at(self, case: Case) -> "Asked":
        """What they ask for."""
        firm = self.changes.firm.id
        if case.deep is None:
            return Asked(self, case, None, case.where)
        (row,) = await fetch(case.deep, firm)
        first = (await self.answer(case, None))["pageInfo"]["endCursor"]
        of = orjson.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))[0]
        values = [*row.values()]
        # Of a history the cursor says how many events of the revision were read: none.
        cursor = [of, *values, 0] if case.document == _EVENT_PAGE else [of, *map(_plain, values)]
        beyond = case.beyond.format(*(f"'{value}'" for value in values))
        after = base64.urlsafe_b64encode(orjson.dumps(cursor)).decode().rstrip("=")
        return Asked(self, case, after, f"{case.where} AND {beyond}")

    async def answer(self, case: Case, after: str | None) -> dict[str, Any]:
        """The page."""
        request = Request(case.document, None, {**case.variables, "after": after})
        answer = orjson.loads(await self.engine.execute(self.engine.prepare(request, self.session), self.session))
        if "errors" in answer:
            raise SystemExit(f"{case.called}: {answer['errors']}")
        page: dict[str, Any] = answer["data"]["list"]
        return page


def _plain(value: Any) -> Any:
    return value if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Asked:
    """A page that somebody asks for."""

    reader: Reader
    case: Case
    after: str | None
    where: str

    async def page(self) -> dict[str, Any]:
        """As the API answers."""
        return await self.reader.answer(self.case, self.after)

    async def ours(self) -> float:
        """Milliseconds, at a revision that nobody has asked at: of no use is what is kept of answers."""
        await self.reader.changes.make(1)
        started = time.perf_counter()
        await self.page()
        return (time.perf_counter() - started) * 1000

    async def bare(self) -> float:
        """Milliseconds."""
        started = time.perf_counter()
        await self._rows()
        return (time.perf_counter() - started) * 1000

    async def check(self) -> None:
        """Stops where they do not say the same."""
        page = await self.page()
        rows = await self._rows()
        kinds = {_JOB_PAGE: Kind.JOB, _ENTRY_PAGE: Kind.TIME_ENTRY}
        kind = kinds.get(self.case.document)
        found = [int(node["id"]) if kind is None else decode(kind, node["id"]) for node in page["nodes"]]
        if found != [row["id"] for row in rows[:PAGE]] or page["pageInfo"]["hasNextPage"] != (len(rows) > PAGE):
            raise SystemExit(f"{self.case.called}: they do not say the same.")

    async def _rows(self) -> list[Any]:
        case, viewer = self.case, self.reader.viewer
        seen, column = viewer.scope.accounts, "account_id"
        if case.document == _EVENT_PAGE:
            column = "(data->>'account')::uuid"
        elif case.document == _ENTRY_PAGE and seen is not None:
            # Without a right, nobody is told of others' time.
            seen, column = frozenset({viewer.member_id}), "member_id"
        sight = "$2::uuid[] IS NULL" if seen is None else f"{column} = ANY ($2::uuid[])"
        firm = "job.firm_id" if case.document == _JOB_PAGE else "firm_id"
        statement = f"{case.by_hand} WHERE {firm} = $1 AND {sight} AND {self.where} ORDER BY {case.order} LIMIT 51"
        return await fetch(statement, self.reader.changes.firm.id, seen and list(seen), *case.values)


async def _fill(house: House, by: int) -> tuple[BenchFirm, Viewer, Viewer]:
    firm, admin, employee = await furnish(JOBS // by)
    events, now = EVENTS // by, datetime.now(UTC)
    for days in range(0, 365, 28):
        await make_partitions(now - timedelta(days))
    # A connection of its own: those of the product end what takes long.
    connection = await asyncpg.connect(**credentials(house.database_url))
    for statement in _DATES:
        await connection.execute(statement, firm.id, now.date() - timedelta(20))
    await connection.execute(_ENTRIES, firm.id, FIRST_DAY, DAYS, ENTRIES // by)
    await connection.execute(_EVENTS, firm.id, str(firm.members[0].id), events)
    await connection.execute("UPDATE firm SET revision = revision + $2 WHERE id = $1", firm.id, events)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    return firm, admin, employee


async def benchmark(house: House) -> None:
    """Milliseconds from the question to the page."""
    by, rounds = (QUICK, 3) if house.quick else (1, ROUNDS)
    firm, *people = await _fill(house, by)
    engine, cases = Engine(graphql_schema(), Hub(Bell(house.redis_url))), await _cases(firm)
    heading(
        f"Pages of {JOBS // by:,} jobs, {ENTRIES // by:,} time entries, {EVENTS // by:,} events, ms ({rounds} rounds)"
    )
    rows: list[tuple[str, float, float, float]] = []
    readers = []
    for who, viewer in zip(("admin", "employee"), people, strict=True):
        session = await engine.sign_in(await issue_for(viewer.member_id, 1))
        readers.append(reader := Reader(engine, session, viewer, Commits(firm)))
        for case in cases:
            asked = await reader.at(case)
            await asked.check()
            found = await taking_turns({"ours": asked.ours, "bare": asked.bare}, rounds)
            rows.append(_measured(f"{case.called}; {who}", found))
    table(["list; who sees", "page", "bare SQL", "÷"], rows)
    for case in cases:
        asked = await readers[0].at(case)
        await print_plan(asked.page, case.called, _TABLES[case.document])
    worst = max((row[3] for row in rows if row[1] > row[2] + MORE_MS), default=1.0)
    house.goals.append(Goal(f"a page of a list ÷ bare SQL, where it is {MORE_MS} ms more", worst, FACTOR))


def _measured(what: str, found: dict[str, list[float]]) -> tuple[str, float, float, float]:
    return what, median(found["ours"]), median(found["bare"]), ratio(found["ours"], found["bare"])


if __name__ == "__main__":
    run(benchmark)
