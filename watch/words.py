"""Events in words, for a line of text."""

from __future__ import annotations

import re
from typing import Any

from watch.store import Store

Data = dict[str, Any]

_VERBS = {
    "Created": "added {}",
    "Updated": "changed {}",
    "Moved": "moved {}",
    "Deleted": "deleted {}",
    "Archived": "archived {}",
    "Restored": "brought back {}",
    "TagsChanged": "tagged {} anew",
    "TeamChanged": "changed the team of {}",
    "MembersChanged": "changed who sees {}",
    "RoleChanged": "changed the role of {}",
    "RightsChanged": "changed the rights of {}",
    "Deactivated": "shut out {}",
    "Reactivated": "let {} back in",
    "StateChanged": "set {}",
    "AssigneesChanged": "assigned {} anew",
    "ClientStatusChanged": "changed what the client reads about {}",
    "Linked": "linked {}",
    "Unlinked": "unlinked {}",
}
_THINGS = ("Client Status", "Job", "Task", "Stage", "Status", "Pipeline", "Account", "Member", "Tag", "Firm")
_ARTICLED = ("Task", "Stage", "Status", "Pipeline", "Tag")
#: What nobody does: it is told because a change of rights moved something into or out of sight.
_VIEWS = {"Added": "{} came into your sight", "Removed": "{} left your sight"}


def in_words(event: Data, store: Store) -> str:
    """What happened, such as "Adam moved 1040 Smith to Review". The store is as it was before."""
    kind, what = _split(event["__typename"])
    thing = _thing(kind, event, store)
    if what in _VIEWS:
        return _VIEWS[what].format(thing)
    return f"{_who(event['actor'])} {_did(kind, what, thing, event, store)}{_client(event, store)}"


def _client(event: Data, store: Store) -> str:
    """Whose job it is: many are called the same."""
    job = event.get("job") or event.get("linkedJob") or {}
    account = job.get("account")
    if account is None and (known := store.find("Job", job.get("id"))) is not None:
        account = store.find("Account", known["account"].id if known["account"] else None)
    return f" · {account['name']}" if account else ""


def _did(kind: str, what: str, thing: str, event: Data, store: Store) -> str:
    job, linked = event.get("job"), event.get("linkedJob")
    if kind == "Job" and job is not None:
        if what == "Moved":
            return f"moved {thing} {_where(event, job, store)}"
        if what == "StatusChanged" and job["status"] is not None:
            return f"set {thing} to {job['status']['name']}"
        if what == "AssigneesChanged":
            names = ", ".join(member["name"] for member in job["assignees"])
            return f"assigned {thing} to {names}" if names else f"took everybody off {thing}"
    if kind == "Task":
        of_job = f" of {linked['name']}" if linked is not None else ""
        state = event["task"]["state"].replace("_", " ").lower() if event["task"] else "another state"
        return (_VERBS[what].format(thing) if what != "StateChanged" else f"set {thing} to {state}") + of_job
    if kind == "Time":
        return f"changed the time of {linked['name']}" if linked is not None else "changed some time"
    if not kind:
        return f"caused {what}"
    return _VERBS.get(what, "changed {}").format(thing)


def _split(name: str) -> tuple[str, str]:
    """JobMoved is ("Job", "Moved")."""
    if name.startswith(("Time", "Timer")):
        return "Time", name
    for kind in _THINGS:
        if name.startswith(kind.replace(" ", "")):
            return kind, name.removeprefix(kind.replace(" ", ""))
    return "", name


def _thing(kind: str, event: Data, store: Store) -> str:
    field = kind[:1].lower() + kind[1:].replace(" ", "")
    now = event.get(field) or {}
    before = store.find(kind, event.get(f"{field}Id")) or {}
    name = now.get("name") or before.get("name") or event.get("name")
    if kind == "Firm":
        return "the firm"
    if name is None:
        return f"a {kind.lower()}"
    return f"the {kind.lower()} {name}" if kind in _ARTICLED else str(name)


def _where(event: Data, job: Data, store: Store) -> str:
    stage = job["stage"]["name"] if job["stage"] else "another stage"
    if event.get("fromStageId") == event.get("toStageId"):
        return f"within {stage}"
    elsewhere = job["pipeline"] is not None and store.find("Pipeline", job["pipeline"]["id"]) is None
    return f"to {stage} of {job['pipeline']['name']}" if elsewhere else f"to {stage}"


def _who(actor: Data) -> str:
    if actor["member"] is not None:
        return str(actor["member"]["name"]).split()[0]
    return actor["label"] or re.sub(r"^(?=[aeiou])", "an ", actor["kind"].lower()).capitalize()
