"""Random commands on the contacts of accounts, for whom items are, and on whose behalf members act."""

from __future__ import annotations

import random

from tests.system.oracle.atlas import Atlas
from tests.system.oracle.command import Kind
from tests.system.oracle.picking import Input, pick_account, pick_name
from tests.system.oracle.replica import Object


def _pick(chance: random.Random, atlas: Atlas) -> tuple[str, str]:
    """An account that has some, and one of them."""
    account = chance.choice([account for account, contacts in atlas.contacts.items() if contacts])
    return account, chance.choice(atlas.contacts[account])


def _one(chance: random.Random, atlas: Atlas) -> Input:
    return {"contactId": _pick(chance, atlas)[1]}


def _make(chance: random.Random, atlas: Atlas) -> Input:
    account = pick_account(chance, atlas)["accountId"]
    return {"accountId": account, "name": pick_name(chance, atlas, account, "contact")}


def _rename(chance: random.Random, atlas: Atlas) -> Input:
    account, contact = _pick(chance, atlas)
    return {"contactId": contact, "name": pick_name(chance, atlas, account, "contact")}


def _merge(chance: random.Random, atlas: Atlas) -> Input | None:
    several = [contacts for contacts in atlas.contacts.values() if len(contacts) > 1]
    if not several:
        return None
    one, other = chance.sample(chance.choice(several), 2)
    return {"contactId": one, "intoId": other}


def _link(chance: random.Random, atlas: Atlas) -> Input | None:
    # Who is at a secret account is at no other one: they would be seen there.
    account, contact = _pick(chance, atlas)
    others = [other for other in atlas.accounts if other not in atlas.secrets and other != account]
    return None if account in atlas.secrets else {"contactId": contact, "accountId": chance.choice(others)}


def _learn(atlas: Atlas, input: Input, payload: Object) -> None:
    # Somebody else may have merged them, or taken them out of sight, by now.
    if (contact := payload["contact"]) is not None:
        atlas.contacts.setdefault(input["accountId"], []).append(contact["id"])


def _forget(atlas: Atlas, input: Input, _payload: Object) -> None:
    for account, contacts in atlas.contacts.items():
        if input["contactId"] in contacts:
            contacts.remove(input["contactId"])
            if input["intoId"] not in contacts:
                atlas.contacts[account].append(input["intoId"])


COMMANDS = (
    Kind("createContact", 1.5, _make, "contact { id }", _learn, lead=True),
    Kind("updateContact", 0.5, _rename, lead=True),
    Kind("archiveContact", 0.5, _one, lead=True),
    Kind("restoreContact", 1, _one, lead=True),
    Kind("mergeContacts", 1, _merge, learn=_forget, lead=True),
    Kind("linkContact", 0.5, _link, lead=True),
)
