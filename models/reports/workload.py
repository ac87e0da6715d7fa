"""What there is to do, what was done and who is there for it, by member and week: the rows that the report on capacity
adds up, as SQL. What is in braces are the places of values, and whether what a part reads is in sight: the rows are few
because they say that instead of where they are.

Minutes are never rounded away: of what is split over members, or spread over days, each part is what the sum up to it
has more than the sum before it."""

#: What a row has: whose it is, when and where, and figures. The others of them are 0.
COLUMNS = "member_id, week, seen, capacity, days_off, available, tracked, estimated, budgeted, undated"

_WEEKS = """
weeks AS (
    SELECT week, greatest(usual, 1) AS usual FROM unnest({weeks}::date[], {usual}::int[]) AS given(week, usual)
), worked AS (
    SELECT day, {first} + (day - {first}) / 7 * 7 AS week FROM unnest({worked}::date[]) AS given(day)
), days AS (
    SELECT week, usual, (SELECT count(*) FROM worked WHERE worked.week = weeks.week) AS worked FROM weeks
)"""
# No two absences of a member have a day in common.
_TEAM = """
absent AS (
    SELECT absence.member_id, worked.week, count(*) AS days
    FROM absence JOIN worked ON worked.day BETWEEN absence.first_day AND absence.last_day
    WHERE absence.firm_id = {firm} AND absence.first_day < {end} AND absence.last_day >= {first}
    GROUP BY absence.member_id, worked.week
), team AS (
    SELECT member.id AS member_id, days.week, days.usual, member.capacity::bigint AS capacity,
        days.worked - coalesce(absent.days, 0) AS present
    FROM member CROSS JOIN days LEFT JOIN absent ON absent.member_id = member.id AND absent.week = days.week
    WHERE member.firm_id = {firm} AND member.active
)"""
# A running timer counts when it is stopped.
_TIME = """
time AS (
    SELECT entry.member_id, {first} + (entry.day - {first}) / 7 * 7 AS week, {time_seen} AS seen,
        sum(entry.minutes) AS minutes
    FROM time_entry AS entry {time_jobs}
    WHERE entry.firm_id = {firm} AND entry.day >= {first} AND entry.day < {end} AND entry.started_at IS NULL
    GROUP BY 1, 2, 3
)"""
#: The jobs that entries are on.
JOBS_OF_TIME = "LEFT JOIN job ON job.id = entry.on_job"
# Nothing is planned by the budget of a job whose tasks have estimates, also when these are done.
_WORK = """
work AS (
    SELECT task.id, true AS estimated, {task_seen} AS seen, task.estimate::bigint AS minutes,
        coalesce(task.start_date, job.start_date) AS starts, coalesce(task.due_date, job.due_date) AS due
    FROM task
    LEFT JOIN job_item AS link ON link.item = task.id AND link.kind = 'task' AND link.unlinked_at IS NULL
    LEFT JOIN job ON job.id = link.job_id
    WHERE task.firm_id = {firm} AND task.state IN ('PLANNED', 'IN_PROGRESS') AND task.estimate IS NOT NULL
        AND job.archived_at IS NULL
    UNION ALL
    SELECT job.id, false, {job_seen}, job.budget - coalesce(spent.minutes, 0), job.start_date, job.due_date
    FROM job LEFT JOIN LATERAL (
        SELECT sum(minutes) AS minutes FROM job_item
        WHERE job_id = job.id AND kind = 'time_entry' AND unlinked_at IS NULL
    ) AS spent ON true
    WHERE job.firm_id = {firm} AND job.budget IS NOT NULL AND job.completed_at IS NULL AND job.archived_at IS NULL
        AND NOT EXISTS (
            SELECT FROM job_item AS link JOIN task ON task.id = link.item
            WHERE link.job_id = job.id AND link.kind = 'task' AND link.unlinked_at IS NULL
                AND task.estimate IS NOT NULL AND task.state <> 'CANCELED'
        )
), has AS (
    SELECT task_id AS id, true AS estimated, member_id FROM task_assignee
    UNION ALL SELECT job_id, false, member_id FROM job_assignee
)"""
# Who has left does nothing any more: the others have all of it, or nobody.
_SPLIT = """
shared AS (
    SELECT work.*, member.id AS member_id,
        row_number() OVER (PARTITION BY work.id, work.estimated ORDER BY member.id) AS place,
        count(member.id) OVER (PARTITION BY work.id, work.estimated) AS people
    FROM work
    LEFT JOIN (has JOIN member ON member.id = has.member_id AND member.active)
        ON has.id = work.id AND has.estimated = work.estimated
    WHERE work.minutes > 0
), split AS (
    SELECT member_id, seen, estimated, starts, due, CASE WHEN people = 0 THEN minutes
        ELSE minutes * place / people - minutes * (place - 1) / people END AS minutes
    FROM shared
)"""
# From today on. What is overdue is of today; so is, of its last day, what no working day is left for.
_SPREAD = """
dated AS (
    SELECT *, least(greatest(starts, {today}), greatest(due, {today}), {horizon}) AS since,
        least(greatest(due, {today}), {horizon}) AS until
    FROM split WHERE due IS NOT NULL
), counted AS (
    SELECT *, ({counted}::int[])[since - {today} + 1] AS before,
        ({counted}::int[])[until - {today} + 2] - ({counted}::int[])[since - {today} + 1] AS days
    FROM dated WHERE until >= {first} AND since < {end}
), spread AS (
    SELECT member_id, week.first_day AS week, seen, estimated, sum(CASE
        WHEN days > 0 THEN
            minutes * (({counted}::int[])[least(until, week.first_day + 6) - {today} + 2] - before) / days
            - minutes * (({counted}::int[])[greatest(since, week.first_day) - {today} + 1] - before) / days
        WHEN until BETWEEN week.first_day AND week.first_day + 6 THEN minutes ELSE 0 END)::bigint AS minutes
    FROM counted, LATERAL (
        SELECT {first} + number * 7 AS first_day FROM generate_series(
            (greatest(since, {first}) - {first}) / 7, (least(until, {end} - 1) - {first}) / 7
        ) AS number
    ) AS week
    GROUP BY 1, 2, 3, 4
)"""

ROWS = f"""(
WITH {_WEEKS}, {_TEAM}, {_TIME}, {_WORK}, {_SPLIT}, {_SPREAD}
SELECT {COLUMNS} FROM (
    SELECT member_id, week, true, capacity, usual - present, capacity * present / usual, 0, 0, 0, 0 FROM team
    UNION ALL SELECT member_id, week, seen, 0, 0, 0, minutes, 0, 0, 0 FROM time
    UNION ALL
    SELECT member_id, week, seen, 0, 0, 0, 0, CASE WHEN estimated THEN minutes ELSE 0 END,
        CASE WHEN estimated THEN 0 ELSE minutes END, 0
    FROM spread WHERE minutes > 0
    UNION ALL
    SELECT member_id, NULL, seen, 0, 0, 0, 0, 0, 0, sum(minutes)::bigint FROM split WHERE due IS NULL GROUP BY 1, 3
) AS parts({COLUMNS})
) AS fact"""
