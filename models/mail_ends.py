"""Mail that is not to go out any more: steps of the commands that end what it is about, or have it back."""

from collections.abc import Callable, Collection
from uuid import UUID

from models.command import Change
from models.events import Event
from models.ids import PipelineId
from models.mail_events import MailWithdrawn
from models.records import columns, read
from models.rows.mail import Mail
from models.stamps import raised, stamp


def tell(change: Change, event: Callable[..., Event], mail: Mail, pipeline: PipelineId | None) -> None:
    """Record an event of a mail: in the history of its job, whose pipeline this is, and once naming none, for those who
    see only the account."""
    told = {"mail": mail.id, "account": mail.account_id}
    if pipeline is not None:
        change.record(event(**told, job=mail.job_id, pipeline=pipeline))
    change.record(event(**told, job=None, pipeline=None))


# In the order of their ids. One that is being handed to the mail server is no longer to be had back.
_WITHDRAW = """
WITH held AS MATERIALIZED (
    SELECT id, job_id FROM mail WHERE {which} = ANY($1) AND state = 'WAITING' AND claim IS NULL
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE mail SET state = 'WITHDRAWN', next_at = NULL, ended_at = $2, {raised}
FROM held LEFT JOIN job ON job.id = held.job_id WHERE mail.id = held.id
RETURNING {columns}, job.pipeline_id AS of_pipeline
"""


async def withdraw_where(change: Change, which: str, ids: Collection[UUID]) -> list[Mail]:
    """Withdraw what waits and has one of these in this column. Its jobs are held."""
    if not ids:
        return []
    statement = _WITHDRAW.format(which=which, raised=raised(3, "mail"), columns=columns(Mail, "mail"))
    withdrawn = sorted(await read(Mail, statement, list(ids), change.now, *stamp()), key=lambda mail: mail.id)
    for mail in withdrawn:
        tell(change, MailWithdrawn, mail, mail["of_pipeline"])  # type: ignore[index]
    return withdrawn


async def withdraw_of_item(change: Change, item: UUID) -> None:
    """Withdraw what waits to tell of an item, which is held: it is over, and nobody has to hear of it any more."""
    await withdraw_where(change, "item", [item])
