"""Random commands on folders: added, moved, deleted, made of templates, and documents put into them."""

from __future__ import annotations

import random

from tests.system.oracle.atlas import Atlas
from tests.system.oracle.command import Kind
from tests.system.oracle.picking import Input, pick_job, pick_name
from tests.system.oracle.replica import Object

#: How many there are before no more are made.
_ENOUGH = 60
_ACCESS = (None, "NONE", "VIEW", "EDIT")
_READ = "{ id account { id } }"


def of_account(chance: random.Random, atlas: Atlas, account: str) -> str | None:
    """A folder of the account, or none. Now and then one of another account: that is refused."""
    there = [id for id, of in atlas.folders.items() if of == account]
    known = there if chance.random() < 0.95 else list(atlas.folders)
    return chance.choice([None, *known])


def _create(chance: random.Random, atlas: Atlas) -> Input | None:
    if len(atlas.folders) > _ENOUGH:
        return None
    account = chance.choice(atlas.accounts)
    return {
        "accountId": account,
        "parentId": of_account(chance, atlas, account),
        "name": pick_name(chance, atlas, account, "folder"),
        "clientAccess": chance.choice(_ACCESS),
    }


def _pick(chance: random.Random, atlas: Atlas) -> Input | None:
    return {"folderId": chance.choice(list(atlas.folders))} if atlas.folders else None


def _update(chance: random.Random, atlas: Atlas) -> Input | None:
    if (input := _pick(chance, atlas)) is None:
        return None
    name = pick_name(chance, atlas, atlas.folders[input["folderId"]], "folder")
    return input | chance.choice([{"name": name}, {"clientAccess": chance.choice(_ACCESS)}])


def _move(chance: random.Random, atlas: Atlas) -> Input | None:
    if (input := _pick(chance, atlas)) is None:
        return None
    return input | {"parentId": of_account(chance, atlas, atlas.folders[input["folderId"]])}


def _apply(chance: random.Random, atlas: Atlas) -> Input | None:
    known = [id for id, field in atlas.templates.items() if field == "folderTree"]
    return {"templateId": chance.choice(known)} | pick_job(chance, atlas) if known else None


def _move_documents(chance: random.Random, atlas: Atlas) -> Input | None:
    documents = atlas.items["document"]
    if not documents:
        return None
    account = chance.choice(list(documents.values())).account
    # Now and then one of another account: that is refused.
    of = [id for id, item in documents.items() if item.account == account or chance.random() < 0.02]
    return {
        "documents": [{"documentId": id} for id in chance.sample(of, chance.randint(1, min(4, len(of))))],
        "folderId": of_account(chance, atlas, account),
        "atomic": chance.random() < 0.5,
    }


def _some_documents(chance: random.Random, atlas: Atlas) -> Input | None:
    # Now and then one of which the client is asked something: that is refused.
    fitting = [
        id
        for id, item in atlas.items["document"].items()
        if item.read["state"] in ("PLAIN", "VOID") or chance.random() < 0.1
    ]
    chosen = chance.sample(fitting, min(len(fitting), chance.randint(1, 3)))
    return {"documents": [{"documentId": id} for id in chosen], "atomic": False} if chosen else None


def _learn(atlas: Atlas, _input: Input, payload: Object) -> None:
    _note(atlas, payload["folder"])


def _learn_several(atlas: Atlas, _input: Input, payload: Object) -> None:
    for folder in payload["account"]["folders"] if payload["account"] is not None else ():
        _note(atlas, folder)


def _note(atlas: Atlas, folder: Object | None) -> None:
    # Somebody else may have deleted it, or taken it out of sight, before it was read for the answer.
    if folder is not None and folder["account"] is not None:
        atlas.folders[folder["id"]] = folder["account"]["id"]


def _forget(atlas: Atlas, input: Input, _payload: Object) -> None:
    atlas.folders.pop(input["folderId"], None)


COMMANDS = (
    Kind("createFolder", 2, _create, f"folder {_READ}", _learn, lead=True),
    Kind("updateFolder", 1, _update, lead=True),
    Kind("moveFolder", 1.5, _move, lead=True),
    Kind("deleteFolder", 1, _pick, learn=_forget, lead=True),
    Kind("applyFolderTemplate", 1, _apply, f"account {{ folders {_READ} }}", _learn_several, lead=True),
    Kind("moveDocuments", 3, _move_documents, lead=True),
    Kind("trashDocuments", 1, _some_documents, lead=True),
    Kind("restoreDocuments", 2, _some_documents, lead=True),
)
