"""The keys that all processes on a database share."""

import asyncio
from datetime import timedelta

import jwt

from models import tokens
from models.rows import SigningKey
from models.sign_in import SignedIn, authenticate, refresh, sweep_sessions
from models.signing_keys import KEYS, Keys, ensure_signing_key, rotate_signing_key
from tests.signing_in import DAY, NOW, refused, session_of


async def test_the_first_key_is_made_once(database: str) -> None:
    await SigningKey.all().delete()
    await asyncio.gather(*(ensure_signing_key() for _ in range(10)))
    assert await SigningKey.all().count() == 1
    KEYS.forget()


async def test_a_process_with_no_key_makes_one(database: str) -> None:
    await SigningKey.all().delete()
    made = await asyncio.gather(*(Keys().newest() for _ in range(5)))
    assert {key.id for key in made} == {(await SigningKey.get()).id}
    KEYS.forget()


async def test_a_rotation_is_noticed_by_every_process_and_by_nobody_signed_in(signed_in: SignedIn) -> None:
    seconds = 0.0
    here, there = Keys(), Keys(lambda: seconds)
    old = await there.newest()
    made = await rotate_signing_key(now=NOW)
    session = await session_of(signed_in)

    async def signed_by(keys: Keys) -> str:
        return (await tokens.issue(signed_in.member_id, session.id, now=NOW, keys=keys)).token

    new_token = await signed_by(here)
    assert jwt.get_unverified_header(new_token)["kid"] == made.hex
    # The other process has read the keys just now, and names of keys may be made up: it asks again two seconds later.
    await refused(tokens.read(new_token, now=NOW, keys=there))
    seconds += 2
    assert (await tokens.read(new_token, now=NOW, keys=there)).session_id == session.id
    assert (await there.newest()).id == made
    # What the old key signed runs out before the key does.
    assert (await tokens.read(signed_in.access_token, now=NOW, keys=there)).session_id == session.id
    assert await there.find(old.id.hex, NOW + 30 * DAY)
    assert not await there.find(old.id.hex, NOW + 31 * DAY)
    await sweep_sessions(NOW + 31 * DAY)
    assert not await SigningKey.exists(id=old.id)


async def test_a_process_signs_with_the_new_key_within_a_minute(database: str) -> None:
    seconds = 0.0
    there = Keys(lambda: seconds)
    old = await there.newest()
    made = await rotate_signing_key()
    seconds += 59
    assert (await there.newest()).id == old.id
    seconds += 1
    assert (await there.newest()).id == made


async def test_what_was_being_read_when_it_changed_is_read_again(database: str) -> None:
    keys = Keys(lambda: 0.0)
    reading = asyncio.create_task(keys.newest())
    await asyncio.sleep(0)
    assert not reading.done()
    keys.forget()
    old = await reading
    made = await rotate_signing_key()
    assert old.id != (await keys.newest()).id == made


async def test_a_leaked_key_is_worth_nothing_without_grace(signed_in: SignedIn) -> None:
    await rotate_signing_key(grace=timedelta(0), now=NOW)
    await refused(authenticate(signed_in.access_token, now=NOW))
    following = await refresh(signed_in.refresh_token, now=NOW)
    await authenticate(following.access_token, now=NOW)
