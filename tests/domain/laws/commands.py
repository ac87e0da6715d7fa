"""Random commands on items of all kinds, on the jobs that they are linked to, and on money: how often each comes, and
what it is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from models.commands import firm, jobs, moves, relations, subtasks, tasks, time, timers
from models.firm import contact_merging, contacts
from models.ids import Kind
from models.items import (
    chats,
    client_requests,
    document_requests,
    documents,
    invoice_states,
    invoices,
    notes,
    organizers,
    payments,
    proposal_signing,
    proposals,
    time_billing,
    wiki_pages,
)
from models.items.approvers import approvers_of
from models.items.invoice_lines import NewLine, lines_of
from models.items.links import OpenItems
from models.items.organizer_answers import Answer, Answering
from models.items.organizer_questions import Question, Section
from models.items.payment_allocations import Allocation
from models.items.proposal_services import Service
from models.items.request_entries import EntryAnswer, RequestEntry
from models.items.signing import signers_of
from models.money import rounded
from models.rows import JobItem, Relation, TaskState
from models.rows.invoices import Invoice
from models.rows.payment_providers import ProviderFact
from models.rows.payments import PaymentMethod
from models.targets import Target
from models.templates.jobs import create_job, create_job_from_template
from tests import telling

if TYPE_CHECKING:
    from tests.domain.laws.writers import Writer


@dataclass(frozen=True)
class Drawn:
    """A kind of command: how often it comes, and how a writer gives it."""

    weight: float
    make: Callable[[Writer], Awaitable[Any]]


#: On which entries are: each with room for many.
_DAYS = [date(2026, 1, 1) + timedelta(days) for days in range(250)]
_ENTRIES = [RequestEntry("w2", "Your W-2"), RequestEntry("more", "Anything else", required=False)]
_SECTIONS = [Section("You", (Question("name", "Your name"), Question("more", "Anything else", required=False)))]
_TAXES = ("0", "8.875", "19", "0.001")
_PRICES = ("0.01", "0.5", "33.33", "99.99", "120")
_DISCOUNTS = ("0", "0", "12.5", "33.333", "100")
_RATES = ("60", "99.99", "33.33")
_QUANTITIES = ("1", "3", "0.3333", "17.5")


def _client_contacts(w: Writer) -> list[UUID]:
    return w.some(Kind.CONTACT)


def _acting(w: Writer) -> dict[str, UUID | None]:
    return {"contact_id": w.one(Kind.CONTACT) if w.often(0.3) else None}


async def _move_jobs(w: Writer) -> None:
    targets = [Target(id) for id in w.some(Kind.JOB)]
    await moves.move_jobs(
        w.actor, jobs=targets, stage_id=w.any(*w.office.stages), open_items=w.any(*OpenItems), atomic=w.often()
    )


async def _create_from_template(w: Writer) -> None:
    client = w.client
    place = {"account_id": client.account, "pipeline_id": w.office.world.pipeline.id}
    job = await w.make(Kind.JOB, create_job_from_template, 4, template_id=w.office.template, **place)
    # What came with it is worked on too.
    items = await JobItem.filter(job_id=job).order_by("item").values_list("item", flat=True)
    client.things[Kind.TASK] += map(UUID, map(str, items))


def _line(w: Writer, currency: str = "USD") -> NewLine:
    price = Decimal(w.any(*_PRICES))
    much: dict[str, Any] = {"minutes": w.any(1, 7, 50)} if w.often(0.3) else {"quantity": Decimal(w.any(*_QUANTITIES))}
    return NewLine(
        "Advice",
        price.to_integral_value() if currency == "JPY" else price,
        discount=Decimal(w.any(*_DISCOUNTS)),
        tax_rate=Decimal(w.any(*_TAXES)),
        **much,
    )


async def _create_invoice(w: Writer) -> None:
    currency = w.any("USD", "USD", "USD", "USD", "JPY", "KWD")
    lines = [_line(w, currency) for _ in range(w.any(0, 1, 2, 4))]
    await w.make(Kind.INVOICE, invoices.create_invoice, currency=currency, lines=lines, **w.place())


async def _update_invoice(w: Writer) -> None:
    invoice = w.one(Kind.INVOICE)
    if w.often(0.3):
        payer = w.one(Kind.CONTACT) if w.often() else None
        await w.do(invoices.update_invoice, invoice_id=invoice, memo=w.any("Thanks", ""), payer_id=payer)
        return
    # Some of its lines, which may bill time, and a new one.
    kept = [
        NewLine(each.description, each.unit_price, each.quantity, each.minutes, each.discount, each.tax_rate, entry)
        for each in (await lines_of([invoice]))[invoice]
        if w.often(0.7)
        for entry in [each.time_entry_id]
    ]
    await w.do(invoices.update_invoice, invoice_id=invoice, lines=[*kept, _line(w)] if w.often(0.7) else kept)


async def _amount(w: Writer, invoice: UUID) -> Decimal:
    """What might be paid of an invoice: all that is owed on it by now, a part of that, or whatever."""
    found = await Invoice.get_or_none(id=invoice)
    if found is None or w.often(0.3):
        return Decimal(w.any("0", "0.01", "7", "60.5"))
    owed = found.balance
    return owed if w.often(0.6) else Decimal(int(owed) // 2)


async def _allocations(w: Writer) -> list[Allocation]:
    return [Allocation(id, await _amount(w, id)) for id in w.some(Kind.INVOICE)]


async def _record_payment(w: Writer) -> None:
    allocations = [each for each in await _allocations(w) if each.amount] if w.often(0.8) else []
    applied = sum((each.amount for each in allocations), Decimal())
    await w.make(
        Kind.PAYMENT,
        payments.record_payment,
        method=w.any(PaymentMethod.BANK_DEBIT, *PaymentMethod),
        amount=applied + Decimal(w.any("0", "0.01", "25")),
        currency=w.any("USD", "USD", "USD", "USD", "JPY", "KWD"),
        allocations=allocations,
        **_acting(w),
        **w.place(),
    )


async def _apply_payment(w: Writer) -> None:
    await w.do(payments.apply_payment, payment_id=w.one(Kind.PAYMENT), allocations=await _allocations(w))


async def _hear_of_provider(w: Writer) -> None:
    """Something that a payment provider tells of one of a few payments of an invoice, whatever it told before."""
    client, invoice = w.client, w.one(Kind.INVOICE)
    pi = f"pi_{invoice.hex}_{w.any(1, 2)}"
    paid = rounded(await _amount(w, invoice), "USD")
    back = f"re_{pi}_{w.any(1, 2, 3)}"
    told = telling.told(
        w.any(*ProviderFact, ProviderFact.PENDING, *[ProviderFact.RECEIVED] * 4, *[ProviderFact.RETURNED] * 2),
        pi,
        str(paid or 1),
        invoice=invoice,
        returned=back,
        happened_at=datetime.now(UTC) - timedelta(seconds=w.any(1, 2, 3)),
    )
    delivery = await telling.take(w.actor.firm_id, told)
    if (payment := delivery.payment_id) is not None and payment not in client.things[Kind.PAYMENT]:
        client.things[Kind.PAYMENT].append(payment)


async def _credit_invoice(w: Writer) -> None:
    invoice = w.one(Kind.INVOICE)
    amount = await _amount(w, invoice)
    await w.do(invoice_states.credit_invoice, invoice_id=invoice, amount=amount, reason="A fault of ours")


async def _bill_time(w: Writer) -> None:
    entries, rate = w.some(Kind.TIME_ENTRY), Decimal(w.any(*_TAXES))
    invoice = w.one(Kind.INVOICE)
    await w.do(time_billing.bill_time_entries, invoice_id=invoice, time_entry_ids=entries, tax_rate=rate)


async def _decide(w: Writer) -> None:
    document = w.one(Kind.DOCUMENT)
    contact = w.any(*await approvers_of(document), w.one(Kind.CONTACT))
    await w.do(document_requests.decide_document, document_id=document, contact_id=contact, approved=w.often(0.6))


def _signing(kind: Kind, command: Any) -> Callable[[Writer], Awaitable[UUID]]:
    async def sign(w: Writer) -> UUID:
        item = w.one(kind)
        signers = [signer.contact_id for signer in await signers_of(item)]
        contact = w.any(*signers, *signers, w.one(Kind.CONTACT))
        await w.do(command, **{f"{kind}_id": item, "contact_id": contact, "evidence": "A scan"})
        return item

    return sign


async def _sign_proposal(w: Writer) -> None:
    proposal = await _signing(Kind.PROPOSAL, proposal_signing.record_proposal_signature)(w)
    # What is made of one that all have signed is sent and paid like any other.
    if (made := await Invoice.get_or_none(proposal_id=proposal)) is not None:
        w.client.things[Kind.INVOICE].append(made.id)


async def _start_timer(w: Writer) -> None:
    await w.make(Kind.TIME_ENTRY, timers.start_timer, **w.place())


async def _log_time(w: Writer) -> None:
    minutes = w.any(1, 7, 50)
    entry = await w.make(Kind.TIME_ENTRY, time.log_time, minutes=minutes, day=w.any(*_DAYS), **w.place())
    # Most of it is to be billed.
    if w.often(0.7):
        await time.set_time_entry_rate(w.actor, time_entry_id=entry, rate=Decimal(w.any(*_RATES)))


async def _update_time(w: Writer) -> None:
    fields: dict[str, Any] = w.any({"minutes": w.any(2, 20)}, {"billable": w.often(0.8)}, {"job_id": None}, {})
    if not fields:
        fields = {"job_id": w.one(Kind.JOB)}
    await w.do(time.update_time_entry, time_entry_id=w.one(Kind.TIME_ENTRY), **fields)


async def _set_rate(w: Writer) -> None:
    rate = Decimal(w.any(*_RATES))
    await w.do(time.set_time_entry_rate, time_entry_id=w.one(Kind.TIME_ENTRY), rate=rate)


async def _set_client_tasks(w: Writer) -> None:
    names = [name for name in ("W-2", "1099", "A statement") if w.often()]
    await w.do(chats.set_client_tasks, chat_id=w.one(Kind.CHAT), client_tasks=names)


async def _set_checklist(w: Writer) -> None:
    names = [name for name in ("Read it", "Sign it", "Send it") if w.often()]
    await w.do(tasks.set_task_checklist, task_id=w.one(Kind.TASK), checklist=names)


async def _check_entry(w: Writer) -> None:
    await w.do(tasks.check_task_entry, task_id=w.one(Kind.TASK), number=w.any(1, 2), checked=w.often(0.7))


async def _set_parent(w: Writer) -> None:
    parent = w.one(Kind.TASK) if w.often(0.8) else None
    await w.do(subtasks.set_task_parent, task_id=w.one(Kind.TASK), parent_id=parent)


async def _relate(w: Writer) -> None:
    one, another = w.one(Kind.JOB), w.one(Kind.JOB)
    await w.do(relations.relate_job, job_id=one, other_job_id=another, relation=w.any(*Relation))


async def _merge(w: Writer) -> None:
    client, one, another = w.client, w.one(Kind.CONTACT), w.one(Kind.CONTACT)
    await w.do(contact_merging.merge_contacts, contact_id=one, into_id=another)
    if one in client.things[Kind.CONTACT]:
        client.things[Kind.CONTACT].remove(one)


_FIRM: dict[str, Drawn] = {
    "createJob": Drawn(
        5,
        lambda w: w.make(
            Kind.JOB,
            create_job,
            4,
            name="1040",
            account_id=w.client.account,
            pipeline_id=w.office.world.pipeline.id,
        ),
    ),
    "createJobFromTemplate": Drawn(2, _create_from_template),
    "moveJob": Drawn(
        4,
        lambda w: w.do(
            moves.move_job, job_id=w.one(Kind.JOB), stage_id=w.any(*w.office.stages), open_items=w.any(*OpenItems)
        ),
    ),
    "moveJobs": Drawn(2, _move_jobs),
    "completeJob": Drawn(0.5, lambda w: w.do(moves.complete_job, job_id=w.one(Kind.JOB))),
    "archiveJob": Drawn(0.5, lambda w: w.do(moves.archive_job, job_id=w.one(Kind.JOB))),
    "restoreJob": Drawn(1, lambda w: w.do(moves.restore_job, job_id=w.one(Kind.JOB))),
    "deleteJob": Drawn(0.7, lambda w: w.end(Kind.JOB, jobs.delete_job)),
    "relateJob": Drawn(1, _relate),
    "unrelateJob": Drawn(
        0.5, lambda w: w.do(relations.unrelate_job, job_id=w.one(Kind.JOB), other_job_id=w.one(Kind.JOB))
    ),
    "createContact": Drawn(
        3, lambda w: w.make(Kind.CONTACT, contacts.create_contact, 4, name="Ada", account_id=w.client.account)
    ),
    "mergeContacts": Drawn(0.3, _merge),
    "updateFirm": Drawn(1, lambda w: w.do(firm.update_firm, count_pending_ach=w.often())),
}

_MONEY: dict[str, Drawn] = {
    "createInvoice": Drawn(6, _create_invoice),
    "updateInvoice": Drawn(4, _update_invoice),
    "billTimeEntries": Drawn(5, _bill_time),
    "sendInvoice": Drawn(5, lambda w: w.do(invoice_states.send_invoice, invoice_id=w.one(Kind.INVOICE))),
    "creditInvoice": Drawn(3, _credit_invoice),
    "voidInvoice": Drawn(2, lambda w: w.do(invoice_states.void_invoice, invoice_id=w.one(Kind.INVOICE))),
    "deleteInvoice": Drawn(1, lambda w: w.end(Kind.INVOICE, invoices.delete_invoice)),
    "recordPayment": Drawn(8, _record_payment),
    "applyPayment": Drawn(8, _apply_payment),
    "takeDelivery": Drawn(5, _hear_of_provider),
    "clearPayment": Drawn(2, lambda w: w.do(payments.clear_payment, payment_id=w.one(Kind.PAYMENT))),
    "failPayment": Drawn(2, lambda w: w.do(payments.fail_payment, payment_id=w.one(Kind.PAYMENT))),
    "refundPayment": Drawn(
        3,
        lambda w: w.do(
            payments.refund_payment, payment_id=w.one(Kind.PAYMENT), amount=Decimal(w.any("0.01", "5", "25"))
        ),
    ),
}

_WORK: dict[str, Drawn] = {
    "createTask": Drawn(3, lambda w: w.make(Kind.TASK, tasks.create_task, name="Call", **w.place())),
    "setTaskState": Drawn(4, lambda w: w.do(tasks.set_task_state, task_id=w.one(Kind.TASK), state=w.any(*TaskState))),
    "updateTask": Drawn(0.5, lambda w: w.do(tasks.update_task, task_id=w.one(Kind.TASK), name=w.any("Call", "Ask"))),
    "setTaskChecklist": Drawn(1, _set_checklist),
    "checkTaskEntry": Drawn(1, _check_entry),
    "setTaskParent": Drawn(2, _set_parent),
    "linkTask": Drawn(2, lambda w: w.do(tasks.link_task, task_id=w.one(Kind.TASK), job_id=w.one(Kind.JOB))),
    "unlinkTask": Drawn(1, lambda w: w.do(tasks.unlink_task, task_id=w.one(Kind.TASK))),
    "deleteTask": Drawn(0.5, lambda w: w.end(Kind.TASK, tasks.delete_task)),
    "logTime": Drawn(5, _log_time),
    "updateTimeEntry": Drawn(2, _update_time),
    "setTimeEntryRate": Drawn(4, _set_rate),
    "deleteTimeEntry": Drawn(0.5, lambda w: w.end(Kind.TIME_ENTRY, time.delete_time_entry)),
    "startTimer": Drawn(1, _start_timer),
    "stopTimer": Drawn(1, lambda w: timers.stop_timer(w.actor)),
    "createNote": Drawn(1, lambda w: w.make(Kind.NOTE, notes.create_note, text="She called.", **w.place())),
    "updateNote": Drawn(0.5, lambda w: w.do(notes.update_note, note_id=w.one(Kind.NOTE), pinned=w.often())),
    "deleteNote": Drawn(0.3, lambda w: w.end(Kind.NOTE, notes.delete_note)),
    "createWikiPage": Drawn(
        1, lambda w: w.make(Kind.WIKI_PAGE, wiki_pages.create_wiki_page, name="How", text="So.", **w.place())
    ),
    "updateWikiPage": Drawn(
        0.5, lambda w: w.do(wiki_pages.update_wiki_page, wiki_page_id=w.one(Kind.WIKI_PAGE), text=w.any("So.", "Not."))
    ),
    "deleteWikiPage": Drawn(0.3, lambda w: w.end(Kind.WIKI_PAGE, wiki_pages.delete_wiki_page)),
}

_CLIENTS: dict[str, Drawn] = {
    "createClientRequest": Drawn(
        2,
        lambda w: w.make(
            Kind.CLIENT_REQUEST,
            client_requests.create_client_request,
            title="2026",
            entries=_ENTRIES,
            recipient_ids=_client_contacts(w),
            **w.place(),
        ),
    ),
    "updateClientRequest": Drawn(
        0.5,
        lambda w: w.do(
            client_requests.update_client_request,
            client_request_id=w.one(Kind.CLIENT_REQUEST),
            title=w.any("2026", "2027"),
        ),
    ),
    "answerClientRequest": Drawn(
        2,
        lambda w: w.do(
            client_requests.answer_client_request,
            client_request_id=w.one(Kind.CLIENT_REQUEST),
            answers=[EntryAnswer("w2", w.any("Here", "Here", "There", None))],
            **_acting(w),
        ),
    ),
    "submitClientRequest": Drawn(
        2,
        lambda w: w.do(
            client_requests.submit_client_request, client_request_id=w.one(Kind.CLIENT_REQUEST), **_acting(w)
        ),
    ),
    "reopenClientRequest": Drawn(
        1, lambda w: w.do(client_requests.reopen_client_request, client_request_id=w.one(Kind.CLIENT_REQUEST))
    ),
    "deleteClientRequest": Drawn(0.5, lambda w: w.end(Kind.CLIENT_REQUEST, client_requests.delete_client_request)),
    "createOrganizer": Drawn(
        2,
        lambda w: w.make(Kind.ORGANIZER, organizers.create_organizer, title="2026", sections=_SECTIONS, **w.place()),
    ),
    "updateOrganizer": Drawn(
        0.5,
        lambda w: w.do(
            organizers.update_organizer, organizer_id=w.one(Kind.ORGANIZER), recipient_ids=_client_contacts(w)
        ),
    ),
    "sendOrganizer": Drawn(2, lambda w: w.do(organizers.send_organizer, organizer_id=w.one(Kind.ORGANIZER))),
    "answerOrganizer": Drawn(
        2,
        lambda w: w.do(
            organizers.answer_organizer,
            organizer_id=w.one(Kind.ORGANIZER),
            answers=[Answering("name", Answer(text=w.any("Ada", "Augusta", None)))],
            **_acting(w),
        ),
    ),
    "submitOrganizer": Drawn(
        2, lambda w: w.do(organizers.submit_organizer, organizer_id=w.one(Kind.ORGANIZER), **_acting(w))
    ),
    "unsubmitOrganizer": Drawn(1, lambda w: w.do(organizers.unsubmit_organizer, organizer_id=w.one(Kind.ORGANIZER))),
    "sealOrganizer": Drawn(0.3, lambda w: w.do(organizers.seal_organizer, organizer_id=w.one(Kind.ORGANIZER))),
    "deleteOrganizer": Drawn(0.3, lambda w: w.end(Kind.ORGANIZER, organizers.delete_organizer)),
    "createChat": Drawn(
        2,
        lambda w: w.make(
            Kind.CHAT, chats.create_chat, subject="Taxes", client_tasks=w.any((), ("W-2", "1099")), **w.place()
        ),
    ),
    "updateChat": Drawn(0.3, lambda w: w.do(chats.update_chat, chat_id=w.one(Kind.CHAT), subject=w.any("Tax", "VAT"))),
    "setClientTasks": Drawn(1, _set_client_tasks),
    "checkClientTask": Drawn(
        3,
        lambda w: w.do(
            chats.check_client_task,
            chat_id=w.one(Kind.CHAT),
            number=w.any(1, 2),
            checked=w.often(0.7),
            **_acting(w),
        ),
    ),
    "deleteChat": Drawn(0.3, lambda w: w.end(Kind.CHAT, chats.delete_chat)),
    "createDocument": Drawn(2, lambda w: w.make(Kind.DOCUMENT, documents.create_document, name="Return", **w.place())),
    "updateDocument": Drawn(
        0.5,
        lambda w: w.do(documents.update_document, document_id=w.one(Kind.DOCUMENT), name=w.any("Return", "Letter")),
    ),
    "requestApproval": Drawn(
        2,
        lambda w: w.do(
            document_requests.request_approval, document_id=w.one(Kind.DOCUMENT), approver_ids=_client_contacts(w)
        ),
    ),
    "decideDocument": Drawn(2, _decide),
    "requestSignatures": Drawn(
        2,
        lambda w: w.do(
            document_requests.request_signatures,
            document_id=w.one(Kind.DOCUMENT),
            signer_ids=_client_contacts(w),
            in_order=w.often(),
        ),
    ),
    "recordDocumentSignature": Drawn(4, _signing(Kind.DOCUMENT, document_requests.record_document_signature)),
    "voidDocument": Drawn(0.5, lambda w: w.do(documents.void_document, document_id=w.one(Kind.DOCUMENT))),
    "deleteDocument": Drawn(0.5, lambda w: w.end(Kind.DOCUMENT, documents.delete_document)),
    "createProposal": Drawn(
        2,
        lambda w: w.make(
            Kind.PROPOSAL,
            proposals.create_proposal,
            name="2027",
            services=[Service(name="Books", price=Decimal(100), tax_rate=Decimal(w.any(*_TAXES)))],
            invoiced_once=w.often(0.7),
            **w.place(),
        ),
    ),
    "updateProposal": Drawn(
        0.5, lambda w: w.do(proposals.update_proposal, proposal_id=w.one(Kind.PROPOSAL), name=w.any("2027", "2028"))
    ),
    "sendProposal": Drawn(
        2,
        lambda w: w.do(
            proposal_signing.send_proposal,
            proposal_id=w.one(Kind.PROPOSAL),
            signer_ids=_client_contacts(w),
            in_order=w.often(),
        ),
    ),
    "recordProposalSignature": Drawn(4, _sign_proposal),
    "withdrawProposal": Drawn(
        0.5, lambda w: w.do(proposal_signing.withdraw_proposal, proposal_id=w.one(Kind.PROPOSAL))
    ),
    "deleteProposal": Drawn(0.5, lambda w: w.end(Kind.PROPOSAL, proposals.delete_proposal)),
}

#: Of the kinds that any number of jobs have.
_LINKING: dict[Kind, tuple[Any, Any]] = {
    Kind.NOTE: (notes.link_note, notes.unlink_note),
    Kind.WIKI_PAGE: (wiki_pages.link_wiki_page, wiki_pages.unlink_wiki_page),
    Kind.CLIENT_REQUEST: (client_requests.link_client_request, client_requests.unlink_client_request),
    Kind.ORGANIZER: (organizers.link_organizer, organizers.unlink_organizer),
    Kind.CHAT: (chats.link_chat, chats.unlink_chat),
    Kind.DOCUMENT: (documents.link_document, documents.unlink_document),
    Kind.PROPOSAL: (proposals.link_proposal, proposals.unlink_proposal),
    Kind.INVOICE: (invoices.link_invoice, invoices.unlink_invoice),
    Kind.PAYMENT: (payments.link_payment, payments.unlink_payment),
}


def _linking(kind: Kind, command: Any) -> Callable[[Writer], Awaitable[Any]]:
    return lambda w: w.do(command, **{f"{kind}_id": w.one(kind), "job_id": w.one(Kind.JOB)})


_LINKS: dict[str, Drawn] = {
    command.action.name: Drawn(weight, _linking(kind, command))
    for kind, both in _LINKING.items()
    for command, weight in zip(both, (1.5, 0.7), strict=True)
}

#: By name.
COMMANDS: dict[str, Drawn] = _FIRM | _MONEY | _WORK | _CLIENTS | _LINKS
