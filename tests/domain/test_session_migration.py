"""What sessions and keys of calls from before become."""

import hashlib
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

import embedded
from models.connection import credentials, migrate
from models.sign_in import refresh
from tests.databases import on, own_database


@pytest.fixture
async def old(servers: embedded.Servers) -> AsyncIterator[str]:
    """A database from before."""
    async with own_database(servers, "sessions_before", migrated_to="0003_log_by_month") as url:
        yield url


@pytest.fixture
async def db(old: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to it, and a firm with a member whose id is the firm's."""
    connection = await asyncpg.connect(**credentials(old))
    yield connection
    await connection.close()


async def a_firm(db: asyncpg.Connection) -> UUID:
    """A firm and its owner, who has the same id."""
    firm: UUID = uuid4()
    await db.execute(
        "INSERT INTO firm (id, version, name, time_zone, currency, client_status_enabled, count_pending_ach, "
        "revision, scope_revision, epoch, created_at) VALUES ($1, 1, 'F', 'UTC', 'USD', true, false, 0, 0, $1, now())",
        firm,
    )
    await db.execute(
        "INSERT INTO member (id, version, firm_id, email, name, role, given_rights, capacity, active, created_at) "
        "VALUES ($1, 1, $1, 'o@f.test', 'O', 'OWNER', '[]', 0, true, now())",
        firm,
    )
    return firm


async def test_sessions_go_on(old: str, db: asyncpg.Connection) -> None:
    firm = await a_firm(db)
    sessions = {uuid4(): "abc"[place] * 43 for place in range(3)}
    tokens = {id: f"jwr_{id.hex}_{secret}" for id, secret in sessions.items()}
    for id, token in tokens.items():
        await db.execute(
            "INSERT INTO session (id, member_id, refresh_hash, created_at, expires_at) "
            "VALUES ($1, $2, $3, now(), now() + interval '1 day')",
            *(id, firm, hashlib.sha256(token.encode()).hexdigest()),
        )
    await migrate(old)
    keys = await db.fetch("SELECT refresh_key FROM session")
    assert {len(row["refresh_key"]) for row in keys} == {64}
    assert len({row["refresh_key"] for row in keys}) == 3
    async with on(old):
        for token in tokens.values():
            following = await refresh(token)
            assert (await refresh(token)).refresh_token == following.refresh_token


async def test_keys_of_calls_become_their_askers(old: str, db: asyncpg.Connection) -> None:
    firm, asker = await a_firm(db), uuid4()
    kept = (
        "INSERT INTO idempotency_key (firm_id, key, fingerprint, revision, created_at) VALUES ($1, $2, 'f', $3, now())"
    )
    told = """INSERT INTO event (firm_id, revision, index, type, data, actor, idempotency_key, at)
    VALUES ($1, $2, 0, 'JobUpdated', '{}', $3, $4, now())"""
    for key, revision, actor in [
        ("a member's", 1, f'{{"kind": "MEMBER", "id": "{asker}"}}'),
        ("a schedule's", 2, '{"kind": "SCHEDULE", "id": null}'),
    ]:
        await db.execute(kept, firm, key, revision)
        await db.execute(told, firm, revision, actor, key)
    # At this revision something else happened: this call changed nothing.
    await db.execute(kept, firm, "nobody's", 1)
    await migrate(old)
    rows = await db.fetch("SELECT key, asker, secrets FROM idempotency_key")
    assert {row["key"]: row["asker"] for row in rows} == {"a member's": asker, "a schedule's": firm}
    assert {row["secrets"] for row in rows} == {"{}"}
