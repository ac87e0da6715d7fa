"""The recount: what holds each job, worked out from the states of its items and from its links."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from models.bounds import OUTSTANDING
from tests.domain.laws import money
from tests.domain.laws.books import Books, Record


class _Waiting:
    """What each item waits for, as docs/domain.md has it: None where nobody has to act any more."""

    def __init__(self, books: Books) -> None:
        self._items = books.items
        self._signers = books.by("signer", "item")
        self._states = money.states(books)
        self._invoice_of = books.by("invoice", "proposal_id")

    def of(self, item: UUID) -> str | None:
        """What this one waits for."""
        kind, row = self._items[item]
        rule: Callable[[Record], str | None] | None = getattr(self, f"_{kind}", None)
        # Payments, time entries, notes and wiki pages never do.
        return None if rule is None else rule(row)

    def _task(self, task: Record) -> str | None:
        return {"PLANNED": "START", "IN_PROGRESS": "COMPLETION", "COMPLETED": None, "CANCELED": None}[task["state"]]

    def _organizer(self, organizer: Record) -> str | None:
        return {"DRAFT": "SENDING", "PENDING": "SUBMISSION", "SUBMITTED": None}[organizer["state"]]

    def _client_request(self, request: Record) -> str | None:
        return {"WITHDRAWN": "SENDING", "PENDING": "SUBMISSION", "SUBMITTED": None}[request["state"]]

    def _chat(self, chat: Record) -> str | None:
        return None if all(task["checked_at"] for task in chat["client_tasks"]) else "CHECKING_OFF"

    def _invoice(self, invoice: Record) -> str | None:
        if self._states[invoice["id"]] in ("PAID", "VOID"):
            return None
        return "SENDING" if invoice["sent_at"] is None else "PAYMENT"

    def _document(self, document: Record) -> str | None:
        if document["state"] in ("PLAIN", "APPROVED", "VOID"):
            return None
        asked = {"PENDING_APPROVAL": "APPROVAL", "DISAPPROVED": "REVISION"}
        return asked.get(document["state"]) or self._signature(document)

    def _proposal(self, proposal: Record) -> str | None:
        if proposal["sent_at"] is None:
            return "SENDING"
        # Signed by all, it waits for what its invoice waits for, where it has one.
        of_invoice = [self._invoice(invoice) for invoice in self._invoice_of[proposal["id"]]]
        return self._signature(proposal) or next(iter(of_invoice), None)

    def _signature(self, item: Record) -> str | None:
        signers = self._signers[item["id"]]
        return None if signers and all(signer["signed_at"] is not None for signer in signers) else "SIGNATURE"


def broken(books: Books) -> Iterator[str]:
    """What is wrong with what is said of the jobs, and with their links."""
    waiting = _Waiting(books)
    holding: dict[UUID, dict[UUID, str]] = {job["id"]: {} for job in books.tables["job"]}
    for link in books.tables["job_item"]:
        awaited = waiting.of(link["item"]) if link["unlinked_at"] is None else None
        if link["open"] != (awaited is not None):
            yield f"link of {link['kind']} {link['item']}: open is {link['open']}, and it waits for {awaited}"
        if (link["open_since"] is None) != (awaited is None):
            yield f"link of {link['kind']} {link['item']}: open since {link['open_since']}, and it waits for {awaited}"
        if awaited is not None and link["dismissed_at"] is None:
            holding[link["job_id"]][link["item"]] = awaited
    for job, held in holding.items():
        if (told := books.open_counts.get(job, 0)) != len(held):
            yield f"job {job}: openItemCount is {told}, and {len(held)} items hold it"
        shown = dict(books.outstanding[job])
        if not shown.items() <= held.items() or len(shown) != min(len(held), OUTSTANDING.most):
            yield f"job {job}: outstanding is {shown}, and these hold it: {held}"
    yield from _links(books)
    yield from _subtasks(books)


def _links(books: Books) -> Iterator[str]:
    jobs, items, links = books.of("job"), books.items, books.by("job_item", "item")
    for link in books.tables["job_item"]:
        if link["item"] not in items or items[link["item"]][0] != link["kind"]:
            yield f"link {link['id']}: there is no {link['kind']} {link['item']}"
        elif items[link["item"]][1]["account_id"] != jobs[link["job_id"]]["account_id"]:
            yield f"link {link['id']}: {link['kind']} {link['item']} is of another account than its job"
    for item, (kind, row) in items.items():
        linked: list[Any] = [link for link in links[item] if link["unlinked_at"] is None]
        if kind in ("task", "time_entry") and len(linked) > 1:
            yield f"{kind} {item}: it is linked to {len(linked)} jobs"
        minutes = row["minutes"] if kind == "time_entry" and row["started_at"] is None else 0
        if any(link["minutes"] != minutes for link in linked):
            yield f"{kind} {item}: its links do not say that it is {minutes} minutes"
        if kind == "time_entry" and row["on_job"] != (linked[0]["job_id"] if linked else None):
            yield f"{kind} {item}: it says that it is on job {row['on_job']}"


def _subtasks(books: Books) -> Iterator[str]:
    tasks = books.of("task")
    parents = {row["task_id"]: row["parent_id"] for row in books.tables["subtask"]}
    for task, parent in parents.items():
        if parent in parents:
            yield f"task {task}: it is a subtask of {parent}, which is one itself"
        if tasks[task]["account_id"] != tasks[parent]["account_id"]:
            yield f"task {task}: it is a subtask of {parent}, which is of another account"
