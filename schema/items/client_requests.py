"""Client requests, as members make them and, on behalf of clients, answer and submit them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import strawberry

from models.bounds import ANSWER_FILES, FILES_OF_THING, JOBS_OF_ITEM, RECIPIENTS, REQUEST_ENTRIES
from models.filtering import Among, ForRecipient, LinkedToJob, Within
from models.ids import Kind
from models.items import client_requests, request_entries
from models.items.client_requests import ClientRequestState as _ClientRequestState
from models.searching import Matches
from models.seen import named
from models.texts import ANSWER, DESCRIPTION, ENTRY_KEY, NAME, PROMPT
from schema.declarations import listing, mutation
from schema.describing import described
from schema.inputs.base import (
    Expecting,
    Keyed,
    change,
    change_id_of,
    clearable,
    id_of,
    input_type,
    maybe_id_of,
    needed,
    optional,
    own_id,
)
from schema.inputs.filters import FOUND_BY, DateFilter, IdFilter, asks, asks_ids, filter_type
from schema.inputs.tasks import AtAccountOrJob
from schema.items.clients import ForClient, recipients
from schema.items.linking import links
from schema.scalars import Date, DateTime
from schema.types.base import column, jobs_of_item, value
from schema.types.contacts import Contact
from schema.types.files import File, files_named, files_of
from schema.types.items import LinkedItem, linked_item
from schema.types.jobs import Job

ClientRequestState: Any = described(
    _ClientRequestState,
    "ClientRequestState",
    "Where a client request stands.",
    WITHDRAWN="It was withdrawn before the client heard of it: it holds its jobs, and nobody can answer it, until the "
    "mail that tells of it is sent again (`sendMailAgain`).",
    PENDING="The client is to answer and submit it.",
    SUBMITTED="The client submitted it.",
)


@strawberry.type(description="One thing that a client request asks for.")
class RequestEntry:
    """Its objects are `models.items.request_entries.RequestEntry`."""

    key: str = column("What it is known by, among those of its request.")
    prompt: str = column("What is asked for.")
    required: bool = column("Whether the request cannot be submitted without an answer to it.")
    answer: str | None = column("The text that the client answered so far.")
    files: list[File] = files_named(lambda entry: entry.file_ids, "The files that they answered with.")


@linked_item(Kind.CLIENT_REQUEST)
class ClientRequest(LinkedItem):
    """A checklist that a client is asked to fill in. Whoever sees the account sees it."""

    description: str = column("What the client is told about it, in Markdown: clean what you make of it.")
    due_date: Date | None = column("By when it is to be submitted.")
    state: ClientRequestState = column("Where it stands.")
    submitted_at: DateTime | None = column("When it was submitted; null while it is pending.")
    recipients: list[Contact] = recipients()
    entries: list[RequestEntry] = value(
        lambda request: request.asked, f"What is asked for, in order: {REQUEST_ENTRIES} entries."
    )
    entry_count: int = value(lambda request: len(request.entries), "How many entries it has.")
    answered_count: int = value(lambda request: request.answered, "How many of them have an answer.")
    files: list[File] = files_of(
        f"The files of all answers, at most {FILES_OF_THING.most}, in the order in which they came."
    )
    jobs: list[Job] = jobs_of_item(
        f"The jobs it is linked to, at most {JOBS_OF_ITEM.most}, as far as you see them, in the order in which it was."
    )


@input_type
class RequestEntryInput:
    """One thing to ask for."""

    key: str = needed(f"What it is to be known by: {ENTRY_KEY.bounds}, of which no other entry has the same.")
    prompt: str = needed(f"What is asked for: {PROMPT.bounds}.")
    required: bool | None = optional("Whether it must be answered; true when left out.")

    @staticmethod
    def build(key: str, prompt: str, required: bool = True) -> request_entries.RequestEntry:
        """The entry that the command takes."""
        return request_entries.RequestEntry(key, prompt, required)


@input_type
class EntryAnswerInput:
    """What the client answers to an entry: a text, files or both, in place of what there is. With neither the answer is
    taken back."""

    key: str = needed("The key of the entry.")
    text: str | None = optional(f"What they say: {ANSWER.bounds}.")
    file_ids: list[strawberry.ID] | None = maybe_id_of(
        Kind.FILE,
        f"What they gave, at most {ANSWER_FILES.most}: files that you have uploaded and nothing has taken, or that the "
        "request has already.",
    )

    @staticmethod
    def build(key: str, text: str | None = None, file_ids: Sequence[UUID] = ()) -> request_entries.EntryAnswer:
        """The answer that the command takes."""
        return request_entries.EntryAnswer(key, text, file_ids)


_TITLE = f"What it is called, also for the client: {NAME.bounds}."
_DESCRIPTION = f"Markdown, which is kept as it was written: {DESCRIPTION.bounds}."
_RECIPIENTS = f"The contacts of the account who are asked; at most {RECIPIENTS.most}"


@input_type
class CreateClientRequestInput(AtAccountOrJob, Keyed):
    """What a client is asked for."""

    id: strawberry.ID | None = own_id(Kind.CLIENT_REQUEST)
    title: str = needed(_TITLE)
    description: str | None = optional(_DESCRIPTION)
    due_date: Date | None = optional("By when it is to be submitted.")
    entries: list[RequestEntryInput] = needed(f"What is asked for, in order: {REQUEST_ENTRIES} entries.")
    recipient_ids: list[strawberry.ID] | None = maybe_id_of(
        Kind.CONTACT, f"{_RECIPIENTS}. None when left out: anybody of theirs may answer."
    )


@input_type
class UpdateClientRequestInput(Expecting):
    """What to change about a client request. What is left out stays."""

    client_request_id: strawberry.ID = id_of(Kind.CLIENT_REQUEST, "The request.")
    title: str | None = change(_TITLE)
    description: str | None = change(_DESCRIPTION)
    due_date: Date | None = clearable("By when it is to be submitted. Null for no day.")
    entries: list[RequestEntryInput] | None = change(
        f"What is asked for, in order: {REQUEST_ENTRIES} entries, in place of all that it has. Those with the same key "
        "keep their answers; one that is answered keeps its prompt, and stays."
    )
    recipient_ids: list[strawberry.ID] | None = change_id_of(
        Kind.CONTACT, f"{_RECIPIENTS}. Just these, besides those out of your sight."
    )


@input_type
class ClientRequestInput(Expecting):
    """Which client request."""

    client_request_id: strawberry.ID = id_of(Kind.CLIENT_REQUEST, "The request.")


@input_type
class AnswerClientRequestInput(ForClient):
    """What the client answers to a request."""

    client_request_id: strawberry.ID = id_of(Kind.CLIENT_REQUEST, "The request.")
    answers: list[EntryAnswerInput] = needed(
        "From one answer to one for each of its entries. Those that none is for keep what they have."
    )


@input_type
class SubmitClientRequestInput(ForClient):
    """Which request is submitted."""

    client_request_id: strawberry.ID = id_of(Kind.CLIENT_REQUEST, "The request.")


@filter_type
class ClientRequestFilter:
    """Which client requests. All that is given must hold."""

    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "For one of these accounts.")
    job: IdFilter | None = asks_ids(Kind.JOB, LinkedToJob(), "Linked to one of these jobs.")
    recipient: IdFilter | None = asks_ids(Kind.CONTACT, ForRecipient(), "For one of these contacts by name.")
    search: str | None = asks(Matches(Kind.CLIENT_REQUEST), FOUND_BY)
    state: list[ClientRequestState] | None = asks(Among("state"), "In one of these states.")
    due: DateFilter | None = asks(Within("due_date"), "By due date.")
    created_by: IdFilter | None = asks_ids(Kind.MEMBER, Among("created_by_id"), "Made by one of these members.")


MUTATIONS = (
    mutation(client_requests.create_client_request, CreateClientRequestInput),
    mutation(client_requests.update_client_request, UpdateClientRequestInput),
    mutation(client_requests.answer_client_request, AnswerClientRequestInput),
    mutation(client_requests.submit_client_request, SubmitClientRequestInput),
    mutation(client_requests.reopen_client_request, ClientRequestInput),
    *links(client_requests.link_client_request, client_requests.unlink_client_request),
    mutation(client_requests.delete_client_request, ClientRequestInput),
)
LISTS = (
    listing(
        named(Kind.CLIENT_REQUEST),
        ClientRequestFilter,
        order="-created_at",
        description="The client requests that you see, newest first.",
        one="A client request.",
    ),
)
