"""What is in a template of client requests."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self
from uuid import UUID

from models.clock import day_in
from models.command import Change
from models.gathered import Gathered, Rules
from models.ids import Kind
from models.items.client_requests import ClientRequest
from models.items.request_entries import RequestEntry, checked_entries, entries_in, to_store, unanswered
from models.templates.content import Content, Rewrite, TemplateKind, Text, content
from models.templates.dates import checked_date, date_in, since, stored_date
from models.templates.relative_dates import RelativeDate
from models.texts import DESCRIPTION, NAME, PROMPT

_RULES: Rules = {"title": NAME.check, "description": DESCRIPTION.check, "due_date": checked_date}


@content
@dataclass(frozen=True, slots=True)
class ClientRequestContent(Content):
    """A client request to be made: what is asked for, of nobody yet."""

    kind = TemplateKind.CLIENT_REQUEST
    source = Kind.CLIENT_REQUEST

    title: str
    entries: tuple[RequestEntry, ...]
    description: str = ""
    due_date: RelativeDate | None = None

    def stored(self) -> dict[str, Any]:
        return {**asdict(self), "due_date": stored_date(self.due_date), "entries": to_store(self.entries)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        read = {"due_date": date_in(stored["due_date"]), "entries": tuple(entries_in(stored["entries"]))}
        return cls(**{**stored, **read})

    def checked(self) -> Self:
        with Gathered() as check:
            told = check.each({name: getattr(self, name) for name in _RULES}, _RULES)
            asked = check(checked_entries, self.entries)
        return replace(self, **told, entries=tuple(asked))

    def rewritten(self, each: Rewrite) -> Self:
        return replace(
            self,
            title=each(Text(self.title, ("title",), NAME)),
            description=each(Text(self.description, ("description",), DESCRIPTION, markdown=True)),
            entries=tuple(
                replace(entry, prompt=each(Text(entry.prompt, ("entries", place, "prompt"), PROMPT)))
                for place, entry in enumerate(self.entries)
            ),
        )

    @classmethod
    async def made_of(cls, change: Change, id: UUID, *path: str) -> Self:
        request = await change.scope.rows(ClientRequest).get(id, *path)
        return cls(
            title=request.title,
            description=request.description,
            due_date=since(day_in(change.time_zone, request.created_at), request.due_date),
            entries=tuple(unanswered(request.asked)),
        )
