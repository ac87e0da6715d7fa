"""Random commands on linked items: notes, pages, requests, chats, organizers, and whatever is paid and signed."""

from __future__ import annotations

import random

from tests.system.oracle.atlas import Atlas, Item
from tests.system.oracle.item_kind import Deed, ItemKind, another, contacts_of, in_state
from tests.system.oracle.paid_and_signed import PAID_AND_SIGNED
from tests.system.oracle.picking import Input, pick_date, pick_name, pick_people
from tests.system.oracle.replica import Object

_KEYS = ("a", "b", "c")


def _entries(chance: random.Random, atlas: Atlas, account: str) -> Input:
    return {
        "entries": [
            {"key": key, "prompt": atlas.named(account, f"entry {key}"), "required": chance.random() < 0.5}
            for key in chance.sample(_KEYS, chance.randint(1, len(_KEYS)))
        ]
    }


def _request(chance: random.Random, atlas: Atlas, account: str) -> Input:
    return {
        "title": pick_name(chance, atlas, account, "request"),
        "dueDate": pick_date(chance),
        "recipientIds": contacts_of(chance, atlas, account),
    } | _entries(chance, atlas, account)


def _changed_request(chance: random.Random, atlas: Atlas, item: Item) -> Input:
    changed = _request(chance, atlas, item.account)
    return {name: changed[name] for name in chance.sample(list(changed), 2)}


def _answers(chance: random.Random, atlas: Atlas, item: Item) -> Input:
    asked = [entry["key"] for entry in item.read["entries"]]
    answers = [None, *(atlas.named(item.account, f"answer {number}") for number in range(5))]
    return {"answers": [{"key": key, "text": chance.choice(answers)} for key in asked]}


def _pending(read: Object) -> bool:
    return bool(read["state"] == "PENDING")


def _answered(read: Object) -> bool:
    return _pending(read) and all(entry["answer"] or not entry["required"] for entry in read["entries"])


def _tasks(chance: random.Random, atlas: Atlas, account: str) -> list[str]:
    return [atlas.named(account, f"paper {number}") for number in chance.sample(range(6), chance.randint(0, 3))]


def _check(chance: random.Random, _atlas: Atlas, item: Item) -> Input:
    tasks = item.read["clientTasks"]
    # Where there is none, any number is refused.
    task = chance.choice(tasks) if tasks else {"number": 1, "checked": False}
    return {"number": task["number"], "checked": not task["checked"]}


def _message(chance: random.Random, atlas: Atlas, item: Item) -> Input:
    return another("message", "text")(chance, atlas, item) | {"mentionIds": pick_people(chance, atlas, 1)}


def _sections(atlas: Atlas, account: str) -> Input:
    first = {"key": "a", "prompt": atlas.named(account, "question a"), "type": "YES_NO", "required": True}
    then = {"key": "b", "prompt": atlas.named(account, "question b"), "required": True}
    then["shownWhen"] = [{"question": "a", "values": ["YES"]}]
    return {"sections": [{"title": atlas.named(account, "section"), "questions": [first, then]}]}


def _organizer(chance: random.Random, atlas: Atlas, account: str) -> Input:
    return {
        "title": pick_name(chance, atlas, account, "organizer"),
        "dueDate": pick_date(chance),
        "recipientIds": contacts_of(chance, atlas, account),
    } | _sections(atlas, account)


def _answers_to_all(chance: random.Random, atlas: Atlas, item: Item) -> Input:
    text = {"key": "b", "text": atlas.named(item.account, f"answer {chance.randrange(5)}")}
    return {"answers": [{"key": "a", "yes": chance.random() < 0.5}, text]}


MESSAGE = ItemKind(
    "message",
    None,
    [
        # Its author's to do, and it is anybody who tries.
        Deed("updateMessage", 3, another("message", "text"), lambda read: not read["retracted"]),
        Deed("retractMessage", 1, fits=lambda read: not read["retracted"]),
    ],
    reads="retracted",
)
ITEMS = (
    ItemKind(
        "note",
        lambda chance, atlas, account: {"text": pick_name(chance, atlas, account, "note")},
        [Deed("updateNote", 2, another("note", "text"))],
    ),
    ItemKind(
        "wiki_page",
        lambda chance, atlas, account: {
            name: pick_name(chance, atlas, account, f"page {name}") for name in ("name", "text")
        },
        [
            Deed("updateWikiPage", 2, another("page name", "name")),
            Deed("restoreWikiPageVersion", 1, lambda _c, _a, _i: {"version": 1}, lambda read: read["version"] > 1),
        ],
        reads="version",
    ),
    ItemKind(
        "client_request",
        _request,
        [
            Deed("updateClientRequest", 2, _changed_request, _pending),
            Deed("answerClientRequest", 4, _answers, _pending, for_client=True),
            Deed("submitClientRequest", 3, fits=_answered, for_client=True),
            Deed("reopenClientRequest", 2, fits=lambda read: not _pending(read)),
        ],
        reads="state entries { key required answer }",
        deleted=_pending,
    ),
    ItemKind(
        "chat",
        lambda chance, atlas, account: {
            "subject": pick_name(chance, atlas, account, "chat"),
            "text": chance.choice([None, atlas.named(account, "message")]),
            "clientTasks": _tasks(chance, atlas, account),
        },
        [
            Deed("updateChat", 1, another("chat", "subject")),
            Deed("setClientTasks", 2, lambda c, a, item: {"clientTasks": _tasks(c, a, item.account)}),
            Deed("checkClientTask", 5, _check, lambda read: bool(read["clientTasks"]), for_client=True),
            Deed("postMessage", 3, _message, makes=MESSAGE),
        ],
        reads="clientTasks { number checked }",
    ),
    MESSAGE,
    ItemKind(
        "organizer",
        _organizer,
        [
            Deed("updateOrganizer", 1, another("organizer", "title"), lambda read: not read["sealed"]),
            Deed("sendOrganizer", 3, fits=in_state("DRAFT")),
            Deed("answerOrganizer", 4, _answers_to_all, in_state("PENDING"), for_client=True),
            Deed("submitOrganizer", 3, fits=in_state("PENDING"), for_client=True),
            Deed("unsubmitOrganizer", 2, fits=in_state("SUBMITTED")),
            Deed("sealOrganizer", 0.5, fits=in_state("SUBMITTED")),
        ],
        reads="state sealed",
        deleted=in_state("DRAFT", "PENDING"),
        lead=True,
    ),
    *PAID_AND_SIGNED,
)
COMMANDS = tuple(command for kind in ITEMS for command in kind.commands)
