"""Random commands on what happens by itself: mail, reminders, what automations could not do; and taking things back."""

from __future__ import annotations

import random

from tests.system.oracle.api import Api
from tests.system.oracle.atlas import Atlas
from tests.system.oracle.command import Kind, Make
from tests.system.oracle.items import COMMANDS as OF_ITEMS
from tests.system.oracle.picking import Input, pick_name
from tests.system.oracle.replica import Object


def _mail(chance: random.Random, atlas: Atlas) -> Input | None:
    account = chance.choice([account for account, contacts in atlas.contacts.items() if contacts])
    of_account = [job for job, of in atlas.jobs.items() if of == account]
    place = {"jobId": chance.choice(of_account)} if of_account else {"accountId": account}
    return place | {
        "contactId": chance.choice(atlas.contacts[account]),
        "subject": pick_name(chance, atlas, account, "mail"),
        "text": pick_name(chance, atlas, account, "text"),
    }


def _learn_mail(atlas: Atlas, _input: Input, payload: Object) -> None:
    if payload["mail"] is not None:
        atlas.mails[payload["mail"]["id"]] = payload["mail"]["state"]


def _of_mails(*states: str, **more: str) -> Make:
    def make(chance: random.Random, atlas: Atlas) -> Input | None:
        # Now and then another one: that is refused.
        wanted = set(states) if chance.random() < 0.95 else set(atlas.mails.values())
        fitting = [id for id, state in atlas.mails.items() if state in wanted]
        return {"mailId": chance.choice(fitting)} | more if fitting else None

    return make


def _several(of: str, things: str, key: str) -> Make:
    def make(chance: random.Random, atlas: Atlas) -> Input | None:
        known: list[str] = list(getattr(atlas, of))
        chosen = chance.sample(known, min(len(known), 3))
        return {things: [{key: id} for id in chosen], "atomic": chance.random() < 0.3} if chosen else None

    return make


def _one(of: str, key: str) -> Make:
    def make(chance: random.Random, atlas: Atlas) -> Input | None:
        known: list[str] = list(getattr(atlas, of))
        return {key: chance.choice(known)} if known else None

    return make


def _remind(kind: str, key: str) -> Make:
    def make(chance: random.Random, atlas: Atlas) -> Input | None:
        pending = [id for id, item in atlas.items[kind].items() if item.read["state"] == "PENDING"]
        status = chance.choice([None, *chance.choice(atlas.boards).custom])
        often = {"everyDays": chance.randint(1, 9), "atMost": chance.randint(1, 3), "thenStatusId": status}
        return {key: chance.choice(pending)} | often if pending else None

    return make


def _learn_reminder(atlas: Atlas, _input: Input, payload: Object) -> None:
    if payload["reminder"] is not None:
        atlas.reminders.add(payload["reminder"]["id"])


def _undo(chance: random.Random, atlas: Atlas) -> Input | None:
    # Of the latest ones: what somebody has gone on with is not taken back.
    return {"revision": chance.choice(atlas.revisions)} if atlas.revisions else None


#: So many things of each kind are handed in at the end.
HANDED_IN = 25
REMINDER = "reminder { id }"
MAIL = "mail { id state }"
COMMANDS = (
    Kind("sendMail", 3, _mail, MAIL, _learn_mail, lead=True),
    Kind("withdrawMail", 3, _of_mails("WAITING"), MAIL, _learn_mail),
    Kind("withdrawMails", 1, _several("waiting_mails", "mails", "mailId")),
    Kind("sendMailAgain", 1, _of_mails("WITHDRAWN", "UNCERTAIN", "BOUNCED"), MAIL, _learn_mail, lead=True),
    Kind("confirmMailSent", 1, _of_mails("UNCERTAIN"), MAIL, _learn_mail, lead=True),
    Kind("recordMailBounce", 0.5, _of_mails("SENT", answer="550 Nobody here."), MAIL, _learn_mail, lead=True),
    Kind("remindOfClientRequest", 4, _remind("client_request", "clientRequestId"), REMINDER, _learn_reminder),
    Kind("remindOfOrganizer", 2, _remind("organizer", "organizerId"), REMINDER, _learn_reminder, lead=True),
    Kind("endReminders", 0.5, _one("reminders", "reminderId"), REMINDER, _learn_reminder),
    Kind("retryAutomationRun", 1, _one("failed", "automationRunId")),
    Kind("retryAutomationRuns", 1, _several("failed", "automationRuns", "automationRunId")),
    Kind("dismissAutomationRun", 0.5, _one("failed", "automationRunId")),
    Kind("dismissAutomationRuns", 0.5, _several("failed", "automationRuns", "automationRunId")),
    Kind("undoRevision", 6, _undo),
)

# What a member finds in lists that nobody of the team has made.
_LISTS = """
{
  clientRequests(first: 50, filter: { state: [PENDING] }) {
    nodes { id account { id } jobs { id } state entries { key required answer } }
  }
  organizers(first: 50, filter: { state: [PENDING] }) { nodes { id account { id } jobs { id } state sealed } }
  occurrences(first: 30) { nodes { job { id account { id } stage { id } } } }
  automationRuns(first: 50, filter: { state: [FAILED] }) { nodes { id } }
  mails(first: 40) { nodes { id state } }
}
"""


async def learn(api: Api, atlas: Atlas) -> None:
    """Let the members know what automations and recurrences have made, and what could not be done."""
    found = (await api.anywhere(atlas.owner.email, _LISTS))["data"]
    for kind, things in (("client_request", "clientRequests"), ("organizer", "organizers")):
        for item in found[things]["nodes"]:
            atlas.add_item(kind, item["account"]["id"], item)
    for job in (occurrence["job"] for occurrence in found["occurrences"]["nodes"]):
        if job is not None and job["id"] not in atlas.jobs:
            atlas.add_job(job["id"], job["account"]["id"], job["stage"]["id"])
    atlas.failed = [run["id"] for run in found["automationRuns"]["nodes"]]
    atlas.mails |= {mail["id"]: mail["state"] for mail in found["mails"]["nodes"]}


async def hand_in(api: Api, atlas: Atlas) -> None:
    """Let clients hand in what they owe, as far as nothing is missing in it: jobs return to Active by that."""
    for kind, mutation in (("client_request", "submitClientRequest"), ("organizer", "submitOrganizer")):
        command = next(each for each in OF_ITEMS if each.mutation == mutation)
        pending = [id for id, item in atlas.items[kind].items() if item.read["state"] == "PENDING"]
        for id in pending[-HANDED_IN:]:
            thing = command.mutation.removeprefix("submit")
            input = {f"{thing[0].lower()}{thing[1:]}Id": id}
            await api.anywhere(atlas.owner.email, command.document, {"input": input})
