"""Random commands on templates: saved, changed, deleted, and what is made of them, where it is made by hand too."""

from __future__ import annotations

import random

from tests.system.oracle.atlas import Atlas
from tests.system.oracle.command import Kind, Learn, Make
from tests.system.oracle.picking import Input, pick_job
from tests.system.oracle.replica import Object

#: No more than these: names are unique.
_NAMES = 30
#: What is in one of each kind, by the field that it is given in. Of jobs without a due date nothing is made.
_CONTENTS: dict[str, Input] = {
    "task": {"name": "[JOB_NAME] of [ACCOUNT_NAME]", "dueDate": {"offset": 3, "unit": "BUSINESS_DAYS"}},
    "clientRequest": {"title": "[ACCOUNT_NAME], [DUE_DATE]", "entries": [{"key": "a", "prompt": "[CURRENT_YEAR]"}]},
    "organizer": {
        "title": "[ACCOUNT_NAME]",
        "sections": [
            {
                "title": "[PREVIOUS_YEAR]",
                "questions": [
                    {"key": "a", "prompt": "[FIRM_NAME]?", "type": "YES_NO"},
                    {"key": "b", "prompt": "Why?", "shownWhen": [{"question": "a", "values": ["YES"]}]},
                ],
            }
        ],
    },
    "invoice": {
        "currency": "USD",
        "lines": [{"description": "[ACCOUNT_NAME], [CURRENT_MONTH]", "quantity": "2", "unitPrice": "12.50"}],
        "dueDate": {"offset": 14},
    },
    "proposal": {
        "name": "[ACCOUNT_NAME]",
        "currency": "USD",
        "services": [{"name": "[CURRENT_YEAR]", "price": "90"}],
        "invoicedOnce": True,
    },
    "folderTree": {
        "folders": [
            {"name": name, "level": level} for name, level in (("Taxes", 1), ("[CURRENT_YEAR]", 2), ("Books", 1))
        ]
    },
}


def _name(chance: random.Random, atlas: Atlas) -> Input:
    return {"name": f"{atlas.tag} template {chance.randrange(_NAMES)}"}


def _new(chance: random.Random, atlas: Atlas) -> Input:
    field = chance.choice(list(_CONTENTS))
    return _name(chance, atlas) | {field: _CONTENTS[field]}


def _pick(chance: random.Random, atlas: Atlas, *fields: str) -> Input | None:
    known = [id for id, field in atlas.templates.items() if not fields or field in fields]
    return {"templateId": chance.choice(known)} if known else None


def _other(chance: random.Random, atlas: Atlas) -> Input | None:
    if (template := _pick(chance, atlas)) is None:
        return None
    field = atlas.templates[template["templateId"]]
    return template | chance.choice([_name(chance, atlas), {field: _CONTENTS[field]}])


def _of_item(chance: random.Random, atlas: Atlas) -> Input | None:
    # What is at a secret account is not told to the whole team.
    known = [id for id, item in atlas.items["client_request"].items() if item.account not in atlas.secrets]
    return _name(chance, atlas) | {"fromClientRequestId": chance.choice(known)} if known else None


def _made_of(field: str) -> Make:
    def make(chance: random.Random, atlas: Atlas) -> Input | None:
        template = _pick(chance, atlas, field)
        return None if template is None else template | pick_job(chance, atlas)

    return make


def _learn(atlas: Atlas, _input: Input, payload: Object) -> None:
    # Somebody else may have deleted it by now.
    if (template := payload["template"]) is not None:
        (field,) = (field for field in _CONTENTS if _kind(field) == template["kind"])
        atlas.templates[template["id"]] = field


def _kind(field: str) -> str:
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in field).upper()


def _forget(atlas: Atlas, input: Input, _payload: Object) -> None:
    atlas.templates.pop(input["templateId"], None)


def _learn_item(kind: str, thing: str) -> Learn:
    def learn(atlas: Atlas, _input: Input, payload: Object) -> None:
        # Somebody else may have deleted it, or taken it out of sight, before it was read for the answer.
        if (read := payload[thing]) is not None and read["account"] is not None:
            atlas.add_item(kind, read["account"]["id"], read)

    return learn


def _learn_task(atlas: Atlas, input: Input, payload: Object) -> None:
    if (task := payload["task"]) is not None:
        atlas.tasks[task["id"]] = atlas.jobs.get(input["jobId"], "")


COMMANDS = (
    Kind("createTemplate", 2, _new, "template { id kind }", _learn, lead=True),
    Kind("saveAsTemplate", 1, _of_item, "template { id kind }", _learn, lead=True),
    Kind("updateTemplate", 1, _other, lead=True),
    Kind("deleteTemplate", 0.5, lambda c, a: _pick(c, a), learn=_forget, lead=True),
    Kind("createTaskFromTemplate", 1, _made_of("task"), "task { id }", _learn_task),
    Kind(
        "createClientRequestFromTemplate",
        1,
        _made_of("clientRequest"),
        "clientRequest { id account { id } jobs { id } state entries { key required answer } }",
        _learn_item("client_request", "clientRequest"),
    ),
    Kind(
        "createOrganizerFromTemplate",
        1,
        _made_of("organizer"),
        "organizer { id account { id } jobs { id } state sealed }",
        _learn_item("organizer", "organizer"),
        lead=True,
    ),
    Kind(
        "createInvoiceFromTemplate",
        1,
        _made_of("invoice"),
        "invoice { id account { id } jobs { id } number state }",
        _learn_item("invoice", "invoice"),
        lead=True,
    ),
    Kind(
        "createProposalFromTemplate",
        1,
        _made_of("proposal"),
        "proposal { id account { id } jobs { id } state signers { contactId signedAt } }",
        _learn_item("proposal", "proposal"),
        lead=True,
    ),
)
