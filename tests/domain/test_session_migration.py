"""What sessions and keys of calls from before become."""

import hashlib
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

import embedded
from models.sign_in import refresh
from tests.databases import OldDatabase, database_before, on


@pytest.fixture
async def old(servers: embedded.Servers) -> AsyncIterator[OldDatabase]:
    """A database from before."""
    async with database_before(servers, "0006_sessions_and_keys") as old:
        yield old


async def a_member(old: OldDatabase, firm: UUID) -> UUID:
    """A member of a firm. Their id."""
    return await old.member(firm, email_key="o@f.test", name_order="o")


async def test_sessions_go_on(old: OldDatabase) -> None:
    member = await a_member(old, await old.firm())
    sessions = {uuid4(): "abc"[place] * 43 for place in range(3)}
    tokens = {id: f"jwr_{id.hex}_{secret}" for id, secret in sessions.items()}
    for id, token in tokens.items():
        await old.db.execute(
            "INSERT INTO session (id, member_id, refresh_hash, created_at, expires_at) "
            "VALUES ($1, $2, $3, now(), now() + interval '1 day')",
            *(id, member, hashlib.sha256(token.encode()).hexdigest()),
        )
    await old.migrate()
    keys = await old.db.fetch("SELECT refresh_key FROM session")
    assert {len(row["refresh_key"]) for row in keys} == {64}
    assert len({row["refresh_key"] for row in keys}) == 3
    async with on(old.url):
        for token in tokens.values():
            following = await refresh(token)
            assert (await refresh(token)).refresh_token == following.refresh_token


async def test_keys_of_calls_become_their_askers(old: OldDatabase) -> None:
    firm, asker = await old.firm(), uuid4()
    kept = (
        "INSERT INTO idempotency_key (firm_id, key, fingerprint, revision, created_at) VALUES ($1, $2, 'f', $3, now())"
    )
    told = """INSERT INTO event (firm_id, revision, index, type, data, actor, idempotency_key, at)
    VALUES ($1, $2, 0, 'JobUpdated', '{}', $3, $4, now())"""
    for key, revision, actor in [
        ("a member's", 1, f'{{"kind": "MEMBER", "id": "{asker}"}}'),
        ("a schedule's", 2, '{"kind": "SCHEDULE", "id": null}'),
    ]:
        await old.db.execute(kept, firm, key, revision)
        await old.db.execute(told, firm, revision, actor, key)
    # At this revision something else happened: this call changed nothing.
    await old.db.execute(kept, firm, "nobody's", 1)
    await old.migrate()
    rows = await old.db.fetch("SELECT key, asker, secrets FROM idempotency_key")
    assert {row["key"]: row["asker"] for row in rows} == {"a member's": asker, "a schedule's": firm}
    assert {row["secrets"] for row in rows} == {"{}"}
