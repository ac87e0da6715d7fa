"""How many there may be, and how long it may take. What a client reads of a bound and what is checked are one value.
The lengths of texts are in `models/texts.py`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """From `least` to `most`, both included."""

    least: int
    most: int

    def __str__(self) -> str:
        return f"{self.least:,} to {self.most:,}"

    def __contains__(self, number: int) -> bool:
        return self.least <= number <= self.most


_HOUR, _WEEK = 60, 7 * 24 * 60
_TEN_YEARS = 10 * 366 * 24 * _HOUR

#: Minutes: of one time entry, of a job, of a task, on a stage, of a member in a week.
LOGGED = Bounds(1, 24 * _HOUR)
BUDGET = Bounds(0, _TEN_YEARS)
ESTIMATE = Bounds(0, _TEN_YEARS)
TIME_LIMIT = Bounds(1, _TEN_YEARS)
CAPACITY = Bounds(0, _WEEK)

#: The days of one absence.
ABSENT = Bounds(1, 366)

#: The days for which a personal token is good, and how many good ones a member may have.
TOKEN_DAYS = Bounds(1, 366)
TOKENS = Bounds(0, 50)

#: The saved views of a member, shared ones among them.
VIEWS = Bounds(0, 100)

#: The tags and the team of an account, the holders of a role there, the assignees of a job or a task.
LINKED = Bounds(0, 100)
#: The accounts that a contact is at: each of its events is told once for each. And its e-mail addresses.
ACCOUNTS_OF_CONTACT = Bounds(0, 100)
ADDRESSES = Bounds(0, 5)
#: The items of a kind that name a contact who is merged into another one.
NAMED = Bounds(0, 500)
#: The lines of an invoice; how many of something one charges, for how many minutes, and what part of a hundred; and the
#: credit notes on it.
INVOICE_LINES = Bounds(0, 200)
QUANTITY = Bounds(0, 1_000_000)
MINUTES_CHARGED = Bounds(0, _TEN_YEARS)
PERCENT = Bounds(0, 100)
CREDIT_NOTES = Bounds(0, 50)
#: The invoices that a payment is applied to at once, how often it may be applied or taken back, and given back in part.
ALLOCATED = Bounds(0, 50)
ALLOCATIONS = Bounds(0, 500)
REFUNDS = Bounds(0, 50)
#: The payment providers of a firm: of each of its companies, and to try one out. And the secrets of one that are good.
PROVIDERS = Bounds(0, 50)
PROVIDER_SECRETS = Bounds(0, 2)
#: For how many minutes what goes to clients waits, and can be withdrawn.
UNDO_WINDOW = Bounds(0, 60)
#: After how many days a client is reminded of what they owe, and how often.
REMINDED_EVERY = Bounds(1, 366)
REMINDED = Bounds(1, 50)
#: The time entries that one call bills.
BILLED = Bounds(1, 200)

#: The jobs that an item is linked to: each of its events is told once for each.
JOBS_OF_ITEM = Bounds(0, 200)
#: What stands on the checklist of a task, and the tasks that are parts of it.
CHECKLIST = Bounds(0, 50)
SUBTASKS = Bounds(0, 50)
#: The contacts whom an item is for; and what a client request asks for.
RECIPIENTS = Bounds(0, 20)
REQUEST_ENTRIES = Bounds(1, 50)
#: The files that are attached to a note, a message or a wiki page; and all that one thing has: a page with its
#: versions, what is asked with all answers.
ATTACHED = Bounds(0, 50)
FILES_OF_THING = Bounds(0, 200)
#: What is kept of what a wiki page said before.
WIKI_VERSIONS = Bounds(0, 50)
#: The messages of a chat, the members that one mentions, and what a client is asked for there.
MESSAGES = Bounds(0, 10_000)
MENTIONS = Bounds(0, 20)
CLIENT_TASKS = Bounds(0, 50)
#: What an organizer asks: its sections, the questions of all of them, the options of a question, and the conditions
#: under which it is shown.
SECTIONS = Bounds(1, 30)
QUESTIONS = Bounds(1, 200)
OPTIONS = Bounds(1, 50)
SHOWN_WHEN = Bounds(0, 5)
#: The files that an answer has or names, and the characters of all answers to an organizer.
ANSWER_FILES = Bounds(1, 20)
FILE_NAMES = Bounds(1, 20)
ANSWERED = Bounds(0, 100_000)
#: The files of what is signed: those that the versions of a document have, and the evidence of signatures.
FILES_OF_SIGNED = Bounds(0, 100)
#: The contacts who are asked to approve something, or to sign it.
ASKED = Bounds(1, 20)
#: The services of a proposal, and how many of one there are.
SERVICES = Bounds(1, 50)
SERVICE_QUANTITY = Bounds(1, 10_000)
#: The days after the last signature of a proposal within which its invoice is to be paid.
INVOICE_DUE_DAYS = Bounds(0, 366)
#: The folders of a template of folder trees, and how many others one has within it; those of an account; and how deep
#: any may be.
FOLDERS = Bounds(1, 200)
FOLDERS_WITHIN = Bounds(0, 50)
FOLDERS_OF_ACCOUNT = Bounds(0, 500)
FOLDER_LEVELS = Bounds(1, 8)
#: The tasks of a template of jobs.
TEMPLATE_TASKS = Bounds(0, 100)
#: The jobs that a job is something to; and those that may wait for one, by however many between them.
RELATIONS = Bounds(0, 50)
BLOCKED_SEARCHED = Bounds(0, 1_000)
#: By how many days a date of a template is before or after the one that it is counted from.
OFFSET = Bounds(-3_660, 3_660)
#: How many days before its day a recurrence makes a job; the accounts that it makes them for, and those that one call
#: names; and the occurrences that one looks ahead at.
DAYS_AHEAD = Bounds(0, 366)
ACCOUNTS_OF_RECURRENCE = Bounds(0, 1_000)
UPCOMING = Bounds(1, 50)
#: The members that a pipeline is available to.
AVAILABLE_TO = Bounds(0, 500)
STAGES = Bounds(1, 50)
CUSTOM_STATUSES = Bounds(0, 50)
#: On one stage, under one status, or when jobs are created in one pipeline.
AUTOMATIONS = Bounds(0, 50)
#: What is shown on a card of what automations could not do.
FAILED_RUNS = Bounds(0, 20)
AUTOMATION_TASKS = Bounds(1, 50)
#: Of the conditions of one automation: how many there are, and how deep they are within each other.
CONDITIONS = Bounds(1, 50)
CONDITION_LEVELS = Bounds(1, 3)
#: The jobs of which it is tried what would become of them.
DRY_RUN = Bounds(0, 100)
#: What one call changes.
BULK = Bounds(1, 200)
#: What a firm's changes are numbered with: what fits the database's column.
REVISION = Bounds(1, 2**63 - 1)
#: The events that are taken back at once: of a revision, and of what automations did because of it.
UNDONE = Bounds(1, 2_000)
#: The cards of a stage that a board reads at once, the tasks of a job, and what is outstanding on it.
CARDS = Bounds(1, 1_000)
#: What a client is shown of an account's jobs at once; and of a job's past, how much of what its client was shown.
WORK_IN_PROGRESS = Bounds(1, 500)
SHOWN_STATUSES = Bounds(0, 100)
TASKS = Bounds(0, 200)
OUTSTANDING = Bounds(0, 200)

#: The things of a page, the values of a filter, the levels of an order.
PAGE = Bounds(1, 100)
FILTER = Bounds(0, 100)
SORT = Bounds(0, 3)
#: What is told of what is coming.
SCHEDULED = Bounds(1, 100)
#: The results of a search, and the different words that it is for.
RESULTS = Bounds(1, 50)
SEARCHED_WORDS = Bounds(1, 10)

#: The rows of a report that are told, and the days or, of capacity, the weeks that one may be of.
REPORT_ROWS = Bounds(1, 1_000)
REPORT_DAYS = Bounds(1, 3_660)
REPORT_WEEKS = Bounds(1, 53)
#: The days of the past that a forecast may be from.
FORECAST_DAYS = Bounds(1, 366)

#: For how many days nothing has been told of a job, and how far ahead its deadline may be, for somebody to mind it; and
#: the jobs that are told of each concern.
IDLE_DAYS = Bounds(1, 366)
NEAR_DAYS = Bounds(0, 366)
MINDED = Bounds(1, 100)
