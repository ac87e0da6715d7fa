"""Asking the API in bytes: for what must not be in an answer, wherever in it."""

import json
from typing import Any

from models.rows import Member
from tests.api.selections import root_fields
from tests.serving import Api

#: They take no id and are of no firm: tests/api/test_sign_in.py is about them.
SESSIONS = {"signIn", "refreshSession", "signOut"}
MUTATIONS = sorted(root_fields("mutation").keys() - SESSIONS)
QUERIES = sorted(root_fields("query"))
SUBSCRIPTIONS = sorted(root_fields("subscription"))


async def post(api: Api, member: Member, query: str, variables: dict[str, Any]) -> bytes:
    """The bytes of the answer."""
    return (await api.ask_in_bytes(member, query, variables)).body


def said_by_server(answer: bytes, variables: dict[str, Any]) -> bytes:
    """The answer without the ids of errors that say which of the ids that were sent is nobody's."""
    sent = json.dumps(variables)

    def known(value: Any) -> Any:
        if isinstance(value, list):
            return [known(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get("name") == "ID" and json.dumps(value.get("value")) in sent:
            return {**value, "value": None}
        return {
            name: None if name == "ID" and json.dumps(inner) in sent else known(inner) for name, inner in value.items()
        }

    return json.dumps(known(json.loads(answer)), separators=(",", ":")).encode()
