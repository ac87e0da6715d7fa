"""What an access token is good for, and what is none."""

import logging
from collections import OrderedDict
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest

from models import tokens
from models.errors import Invalid, NotFound, Refusal
from models.ids import Kind, encode, new_id
from models.rows import Member, Session
from models.sign_in import SignedIn, authenticate, issue_for, sign_out
from models.signing_keys import KEYS, LONGEST_TOKEN, Keys
from models.tokens import read
from tests.signing_in import NOW, refused
from tests.world import World


async def test_a_token_expires_to_the_second(signed_in: SignedIn) -> None:
    await authenticate(signed_in.access_token, now=signed_in.expires_at - timedelta(seconds=1))
    await refused(authenticate(signed_in.access_token, now=signed_in.expires_at), "TOKEN_EXPIRED")


async def test_authenticating_is_one_statement(signed_in: SignedIn, caplog: pytest.LogCaptureFixture) -> None:
    await authenticate(signed_in.access_token, now=NOW)
    with caplog.at_level(logging.DEBUG, "tortoise.db_client"):
        await authenticate(signed_in.access_token, now=NOW)
    assert len(caplog.records) == 1


LONGEST = int(LONGEST_TOKEN.total_seconds())
NO_MOMENTS = [True, 1e30, float("inf"), float("nan"), "1", [], {}]


async def test_only_what_we_signed_the_way_we_sign_is_ours(signed_in: SignedIn) -> None:
    key = await KEYS.newest()
    claims = jwt.decode(signed_in.access_token, options={"verify_signature": False})
    header, payload, signature = signed_in.access_token.split(".")

    def forged(secret: Any = key.secret, algorithm: Any = "HS256", kid: Any = key.id.hex, **changed: Any) -> str:
        said = {name: value for name, value in {**claims, **changed}.items() if value is not None}
        return jwt.encode(said, secret, algorithm=algorithm, headers={"kid": kid} if kid else None)

    await authenticate(forged(), now=NOW)
    await authenticate(forged(exp=claims["iat"] + LONGEST, nbf=claims["iat"]), now=NOW)
    foreign = encode(Kind.MEMBER, new_id())
    for token in (
        forged("", "none"),
        forged("x" * 64),
        forged(algorithm="HS512"),
        forged(kid=None),
        forged(kid=new_id().hex),
        forged(kid="\0' OR 1=1"),
        f"{header}.{payload}.{'A' * len(signature)}",
        f"{header}.{payload[:-4]}AAAA.{signature}",
        f"{header}.{payload}.",
        f"{header}.{payload}",
        *(forged(**{name: None}) for name in claims),
        forged(iss="elsewhere"),
        forged(sub=foreign),
        forged(sid=new_id().hex),
        forged(sid="x"),
        forged(iat=int(NOW.timestamp()) + 60),
        forged(nbf=int(NOW.timestamp()) + 60),
        # Longer than any that we sign, whatever else is right about it.
        forged(exp=claims["iat"] + LONGEST + 1),
        forged(exp=2**62),
        forged(iat=claims["iat"] - LONGEST, exp=claims["exp"]),
        *(forged(**{name: wrong}) for name in ("iat", "exp", "nbf") for wrong in NO_MOMENTS),
        signed_in.refresh_token,
        "",
        "..",
        "\ud800",
        "x" * 100_000,
        jwt.utils.base64url_encode(b"[" * 700).decode() + "..",
    ):
        await refused(authenticate(token, now=NOW))


async def test_what_was_read_before_is_held_to_the_key_and_the_time_of_now(signed_in: SignedIn) -> None:
    """It is verified once, not with each request that it comes with."""
    token, key = signed_in.access_token, await KEYS.newest()
    await read(token, now=NOW)
    others = Keys(lambda: 0.0)
    others._keys, others._read_at = {key.id.hex: replace(key, secret="x" * 64)}, 0.0
    for _ in range(2):
        await refused(read(token, now=NOW, keys=others))
        await refused(read(token, now=NOW - timedelta(minutes=1)))
        await refused(read(token, now=signed_in.expires_at), "TOKEN_EXPIRED")
        await read(token, now=NOW)
    others._keys = {key.id.hex: replace(key, expires_at=NOW)}
    await refused(read(token, now=NOW, keys=others))


async def test_no_more_tokens_are_kept_than_there_is_room_for(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "_MOST_READ", 2)
    monkeypatch.setattr(tokens, "_read_last", kept := OrderedDict[bytes, Any]())
    member, session = signed_in.member_id, signed_in.session_id
    for _ in range(2):
        for seconds in range(5):
            issued = await tokens.issue(member, session, now=NOW - timedelta(seconds=seconds))
            assert (await read(issued.token, now=NOW)).session_id == session
    assert len(kept) == 2


async def test_scripts_get_a_long_token_that_can_be_ended(world: World) -> None:
    token = await issue_for(world.admin.id, 12, now=NOW)
    known = await authenticate(token, now=NOW + timedelta(hours=11, minutes=59))
    assert (known.viewer.member_id, known.expires_at) == (world.admin.id, (NOW + timedelta(hours=12)).timestamp())
    await refused(authenticate(token, now=NOW + timedelta(hours=12)), "TOKEN_EXPIRED")
    assert known.viewer.session_id is not None
    await sign_out(known.viewer.session_id)
    await refused(authenticate(token, now=NOW))


@pytest.mark.parametrize(("hours", "refusal"), [(0, Invalid), (721, Invalid), (float("nan"), Invalid), (1, NotFound)])
async def test_not_for_ever_and_not_for_who_is_out(world: World, hours: float, refusal: type[Refusal]) -> None:
    await Member.filter(id=world.admin.id).update(active=False)
    with pytest.raises(refusal):
        await issue_for(world.admin.id, hours)
    assert not await Session.exists(member_id=world.admin.id)
