"""Whatever stands where a token should is refused as one: over HTTP with 401, on a websocket with 4403."""

import base64
import json

import pytest

from tests.serving import Api
from tests.transport.raw import TEXT, framed, raw_socket


def part(text: str | bytes) -> str:
    """A part of a JWT."""
    raw = text if isinstance(text, bytes) else text.encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token_of(head: str | bytes, claims: str = '{"sub":"1","exp":9999999999}') -> str:
    return ".".join([part(head), part(claims), part(b"s" * 32)])


ODD_TOKENS = {
    "one word": "a",
    "dots": "..",
    "many dots": "." * 60_000,
    "an endless word": "a" * 60_000,
    "a head nested deep": token_of("[" * 3000 + "]" * 3000),
    "a head nested deeper": token_of("[" * 40_000),
    "a head of objects": token_of('{"a":' * 3000 + "1" + "}" * 3000),
    "a head that is no UTF-8": token_of(bytes(range(128, 256))),
    "a head that is a list": token_of("[]"),
    "a number without end": token_of('{"alg":"HS256","kid":' + "9" * 5000 + "}"),
    "a kid that is a list": token_of('{"alg":"HS256","kid":["a"]}'),
    "a kid that is an object": token_of('{"alg":"HS256","kid":{"a":1}}'),
    "a kid that is a surrogate": token_of('{"alg":"HS256","kid":"\\ud800"}'),
    "a kid with a null character": token_of('{"alg":"HS256","kid":"\\u0000"}'),
    "no algorithm": token_of('{"alg":"none","kid":"a"}'),
    "an algorithm that is a list": token_of('{"alg":["HS256"],"kid":"a"}'),
    "claims nested deep": token_of('{"alg":"HS256","kid":"a"}', "[" * 3000 + "]" * 3000),
}


@pytest.mark.parametrize("token", ODD_TOKENS.values(), ids=ODD_TOKENS)
async def test_what_is_no_token_is_refused_as_one(api: Api, token: str) -> None:
    port = int(api.url.split(":")[2].split("/")[0])
    payload = {"authorization": f"Bearer {token}"}
    async with raw_socket(port) as raw:
        await raw.say(framed(TEXT, json.dumps({"type": "connection_init", "payload": payload}).encode()))
        assert await raw.close_code() == 4403
    if len(token) < 10_000:  # a head is not that large
        answer = await api.send({"query": "{ revision }"}, **payload)
        assert (answer.status, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
