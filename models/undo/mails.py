"""Taking back mail that was put into the outbox, as long as it waits there."""

from collections.abc import Sequence
from uuid import UUID

from models.command import part_of
from models.ids import Kind
from models.log import Logged
from models.mail.mails import withdraw_mail
from models.rows.mail import Mail, MailState
from models.undo.report import Lasting
from models.undo.taking import Act, Inverse, Taking, by_thing


class Queued(Inverse):
    """Withdraws what waits. What went out lasts."""

    async def look(self, taking: Taking, logged: Sequence[Logged]) -> Act:
        """See `Inverse`."""
        told = by_thing(logged)
        there = await taking.change.scope.rows(Mail).lock_many(told)
        waiting: list[UUID] = []
        for id, events in told.items():
            state = there[id].state if id in there else MailState.WITHDRAWN
            if state is MailState.WAITING:
                waiting.append(id)
                continue
            for each in events:
                taking.leave(each, Lasting.GONE if state is MailState.WITHDRAWN else Lasting.SENT)

        async def act() -> None:
            # What told of an item that was made by the same is withdrawn with that by now.
            waits = Mail.filter(id__in=waiting, state=MailState.WAITING).order_by("id")
            for id in await waits.values_list("id", flat=True):
                await part_of(taking.change, withdraw_mail, **{f"{Kind.MAIL}_id": id})

        return act
