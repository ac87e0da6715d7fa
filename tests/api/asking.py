"""Asking the API in bytes: for what must not be in an answer, wherever in it."""

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
