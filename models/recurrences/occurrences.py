"""What becomes of an occurrence for an account: its job is made, once, or it is said why not."""

from asyncio import to_thread
from datetime import date, datetime
from uuid import UUID

from models.command import Change, command
from models.commands.wanted_jobs import account_and_pipeline
from models.database import sql
from models.errors import RuleBroken
from models.events import OccurrenceMade, OccurrenceNotMade
from models.ids import Kind, new_id
from models.reasons import Reason
from models.recurrences.placing import Setting, setting_of
from models.recurrences.schedule import Coming
from models.rights import Right
from models.rows import Account, Job, Occurrence, OccurrenceState, Recurrence, register
from models.templates.job_opening import Origin, open_of_content

register(Occurrence)

ARCHIVED = "The account was archived."
#: So much is kept of a refusal.
LONGEST_REASON = 1_000

# Whoever makes it holds the account's place in the recurrence. Others leave it alone: nobody waits for it.
_CLAIM = """
SELECT FROM recurrence_account AS place
WHERE recurrence_id = $1 AND account_id = $2 AND NOT EXISTS (
    SELECT FROM occurrence WHERE recurrence_id = $1 AND account_id = $2 AND day = $3
) FOR NO KEY UPDATE SKIP LOCKED
"""


@command("makeOccurrence", Right.MANAGE_RECURRENCES, internal=True)
async def make_occurrence(
    change: Change, *, recurrence_id: UUID, account_id: UUID, day: date, by: datetime
) -> Occurrence | None:
    """Make the job of an occurrence for an account, where it is due by a moment. None where there is nothing to do any
    more, or somebody is at it."""
    # Beside others who make jobs of it; whoever changes it waits for us, or we see what they made of it.
    recurrence = await change.scope.rows(Recurrence).share(recurrence_id)
    if recurrence.ended_at is not None or not await sql(_CLAIM, recurrence_id, account_id, day):
        return None
    setting = await setting_of(recurrence)
    coming = await to_thread(next, setting.coming(day), None)
    if coming is None or coming.day != day or setting.made_at(coming) > by:
        return None
    account = await change.scope.rows(Account).lock(account_id)
    occurrence = _occurrence(setting, account_id, coming)
    if account.archived:
        return await _not_made(change, occurrence, OccurrenceState.SKIPPED, ARCHIVED)
    job = await _open(change, setting, account, coming)
    return await _made(change, occurrence, job)


@command("refuseOccurrence", Right.MANAGE_RECURRENCES, internal=True)
async def refuse_occurrence(
    change: Change, *, recurrence_id: UUID, account_id: UUID, day: date, reason: str
) -> Occurrence | None:
    """Keep why the job of an occurrence could not be made. None where somebody else knows better by now."""
    recurrence = await change.scope.rows(Recurrence).share(recurrence_id)
    if recurrence.ended_at is not None or not await sql(_CLAIM, recurrence_id, account_id, day):
        return None
    setting = await setting_of(recurrence)
    coming = await to_thread(next, setting.coming(day), None)
    if coming is None or coming.day != day:
        return None
    return await _not_made(change, _occurrence(setting, account_id, coming), OccurrenceState.REFUSED, reason)


@command("retryOccurrence", Right.MANAGE_RECURRENCES)
async def retry_occurrence(change: Change, *, occurrence_id: UUID, expected_version: int | None = None) -> Occurrence:
    """Make the job of an occurrence that was skipped or refused, or whose job was deleted, after all: as its recurrence
    says now, for the day that it was on."""
    occurrence = await change.scope.rows(Occurrence).lock(occurrence_id, "occurrence_id")
    occurrence.expect(expected_version)
    if occurrence.job_id is not None:
        told = "The job of this occurrence has been made."
        raise RuleBroken(
            told, "occurrence_id", reason=Reason.WRONG_STATE, kind=Kind.OCCURRENCE.value, actual=occurrence.state.value
        )
    recurrence = await change.scope.rows(Recurrence).share(occurrence.recurrence_id, "occurrence_id")
    setting = await setting_of(recurrence)
    account = await change.scope.rows(Account).get(occurrence.account_id, "occurrence_id")
    job = await _open(change, setting, account, Coming(occurrence.day, occurrence.on_day))
    occurrence.state, occurrence.reason, occurrence.job_id = OccurrenceState.MADE, None, job.id
    await occurrence.store("state", "reason", "job_id")
    change.record(OccurrenceMade(**_told(occurrence), job=job.id))
    return occurrence


def _occurrence(setting: Setting, account_id: UUID, coming: Coming) -> Occurrence:
    recurrence = setting.recurrence
    return Occurrence(
        id=new_id(),
        firm_id=recurrence.firm_id,
        recurrence_id=recurrence.id,
        account_id=account_id,
        pipeline_id=recurrence.pipeline_id,
        day=coming.day,
        on_day=coming.on,
    )


async def _open(change: Change, setting: Setting, account: Account, coming: Coming) -> Job:
    recurrence = setting.recurrence
    content, told = setting.content_for(coming.day), setting.changed.told(coming)
    held, pipeline = await account_and_pipeline(change, account.id, recurrence.pipeline_id)
    origin = Origin(setting.template_id, recurrence.id)
    return await open_of_content(change, content, held, pipeline, recurrence.stage_id, told, origin)


async def _made(change: Change, occurrence: Occurrence, job: Job) -> Occurrence:
    occurrence.state, occurrence.job_id = OccurrenceState.MADE, job.id
    await occurrence.save(force_create=True)
    change.record(OccurrenceMade(**_told(occurrence), job=job.id))
    return occurrence


async def _not_made(change: Change, occurrence: Occurrence, state: OccurrenceState, reason: str) -> Occurrence:
    occurrence.state, occurrence.reason = state, reason[:LONGEST_REASON]
    await occurrence.save(force_create=True)
    change.record(OccurrenceNotMade(**_told(occurrence)))
    return occurrence


def _told(occurrence: Occurrence) -> dict[str, UUID]:
    return {
        "occurrence": occurrence.id,
        "recurrence": occurrence.recurrence_id,
        "account": occurrence.account_id,
        "pipeline": occurrence.pipeline_id,
    }
