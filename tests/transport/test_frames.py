"""Whatever a websocket's client sends is answered with the protocol's close code: never with 1011, never with a
traceback."""

from __future__ import annotations

import asyncio

import pytest

from tests.transport.house import House, served, wait_until
from tests.transport.raw import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    framed,
    raw_socket,
)
from transport.options import TransportOptions


def nested(levels: int, opening: str = "[", closing: str = "]") -> str:
    return opening * levels + "1" + closing * levels


INIT = b'{"type":"connection_init","payload":{"Authorization":"Bearer alice"}}'
BROKEN = {
    "reserved bit 1": (framed(TEXT, b"{}", reserved=4), 1002),
    "reserved bit 2": (framed(TEXT, b"{}", reserved=2), 1002),
    "reserved bit 3": (framed(PING, b"", reserved=1), 1002),
    "unmasked": (framed(TEXT, b"{}", masked=False), 1002),
    **{f"opcode {code}": (framed(code, b""), 1002) for code in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "a long ping": (framed(PING, b"x" * 126), 1002),
    "a long close": (framed(CLOSE, b"\x03\xe8" + b"x" * 124), 1002),
    "a split ping": (framed(PING, b"", fin=False), 1002),
    "a split close": (framed(CLOSE, b"\x03\xe8", fin=False), 1002),
    "a continuation of nothing": (framed(CONTINUATION, b"x"), 1002),
    "a message within a message": (framed(TEXT, b"{", fin=False) + framed(TEXT, b"}"), 1002),
    "a close within a message": (framed(TEXT, b"{", fin=False) + framed(CLOSE, b"\x03\xe8"), 1002),
    "larger than allowed": (framed(TEXT, claims=100_001), 1009),
    "larger than memory": (framed(TEXT, claims=2**64 - 1), 1009),
    "larger piece by piece": (
        framed(TEXT, b"x" * 60_000, fin=False) + framed(CONTINUATION, b"x" * 60_000, fin=True),
        1009,
    ),
    "binary": (framed(BINARY, b"{}"), 4400),
    "binary that is no text": (framed(BINARY, b"\xff"), 4400),
    "no UTF-8": (framed(TEXT, b"\xff\xfe"), 1007),
    "a cut character": (framed(TEXT, b'{"type":"\xc3'), 1007),
    "a surrogate": (framed(TEXT, b'{"type":"\xed\xa0\x80"}'), 1007),
    "no UTF-8 over pieces": (framed(TEXT, b"\xc3", fin=False) + framed(CONTINUATION, b"x"), 1007),
    "no UTF-8 before what is broken": (framed(TEXT, b"\xff") + framed(TEXT, b"", reserved=4), 1002),
    **{
        f"close {code}": (framed(CLOSE, code.to_bytes(2)), 1002)
        for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)
    },
    "a close of one byte": (framed(CLOSE, b"\x03"), 1002),
    "a close with a reason that is no UTF-8": (framed(CLOSE, b"\x03\xe8\xff\xfe"), 1007),
}
SOUND = {
    "a close without a code": (framed(CLOSE), 1005),
    "a close": (framed(CLOSE, b"\x03\xe8bye"), 1000),
    "a close behind what is no UTF-8": (framed(TEXT, b"\xff") + framed(CLOSE, b"\x03\xe8"), 1000),
    "a close of one's own": (framed(CLOSE, (4999).to_bytes(2)), 4999),
}


@pytest.mark.parametrize(("frames", "code"), (BROKEN | SOUND).values(), ids=BROKEN | SOUND)
@pytest.mark.parametrize("greeted", [True, False], ids=["greeted", "ungreeted"])
@pytest.mark.usefixtures("quiet_log")
async def test_frames(house: House, frames: bytes, code: int, greeted: bool) -> None:
    async with raw_socket(house.port) as raw:
        if greeted:
            await raw.say(framed(TEXT, INIT))
            assert (await raw.frame())[0] == TEXT
        await raw.say(frames)
        assert await raw.close_code() == code
        assert await raw.rest() == b""
    await wait_until(lambda: house.counters.sockets_open == 0)


REFUSED_JSON = {
    "deeper than anybody needs": '{"type":"ping","payload":{"a":' + nested(300) + "}}",
    "deep objects": '{"type":"pong","payload":' + nested(300, '{"a":', "}") + "}",
    "deep in a variable": '{"type":"subscribe","id":"1","payload":{"query":"{hello}","variables":{"a":'
    + nested(250)
    + "}}}",
    "deep in extensions": '{"type":"subscribe","id":"1","payload":{"query":"{hello}","extensions":{"a":'
    + nested(100)
    + "}}}",
    "deep where nobody looks": '{"type":"complete","id":"1","more":' + nested(70) + "}",
    "deep in init": '{"type":"connection_init","payload":{"a":' + nested(200) + "}}",
    "deeper than the parser": '{"type":"ping","payload":{"a":' + nested(5000) + "}}",
    "a surrogate in a value": '{"type":"ping","payload":{"a":"\\ud800"}}',
    "a surrogate in a key": '{"type":"ping","payload":{"\\udfff":1}}',
    "a surrogate in an id": '{"type":"complete","id":"\\ud83d"}',
    "NaN": '{"type":"ping","payload":{"a":NaN}}',
    "Infinity": '{"type":"ping","payload":{"a":-Infinity}}',
    "a byte order mark": '\ufeff{"type":"ping"}',
    "two values": '{"type":"ping"}{"type":"ping"}',
    "a control character": '{"type":"pi\x00ng"}',
    "a zero in front": '{"type":"ping","payload":{"a":01}}',
}
TAKEN_JSON = {
    "as deep as allowed": '{"type":"ping","payload":{"a":' + nested(62) + "}}",
    "an integer without end": '{"type":"ping","payload":{"a":' + "9" * 5000 + "}}",
    "a large exponent": '{"type":"ping","payload":{"a":1e308,"b":1e-9999}}',
    "keys twice": '{"type":"pong","type":"ping","payload":1,"payload":{"a":1,"a":2}}',
    "a null character": '{"type":"ping","payload":{"\\u0000":"\\u0000"}}',
    "many brackets side by side": '{"type":"ping","payload":{"a":[' + ",".join(["[[]]"] * 10_000) + "]}}",
}


@pytest.mark.parametrize("text", REFUSED_JSON.values(), ids=REFUSED_JSON)
@pytest.mark.usefixtures("quiet_log")
async def test_json_that_is_refused_is_4400(house: House, text: str) -> None:
    async with raw_socket(house.port) as raw:
        await raw.say(framed(TEXT, text.encode()))
        assert await raw.close_code() == 4400


@pytest.mark.parametrize("text", TAKEN_JSON.values(), ids=TAKEN_JSON)
@pytest.mark.usefixtures("quiet_log")
async def test_json_that_is_only_odd_is_taken(house: House, text: str) -> None:
    async with raw_socket(house.port) as raw:
        await raw.say(framed(TEXT, text.encode()))
        opcode, payload = await raw.frame()
        assert opcode in (TEXT, CLOSE)
        assert payload.startswith(b'{"type":"pong"') or payload[:2] == (4400).to_bytes(2)


async def test_pongs_that_nobody_asked_for_are_nothing(house: House) -> None:
    async with raw_socket(house.port) as raw:
        await raw.say(framed(PONG, b"why"), framed(TEXT, b'{"type":"ping"}'))
        assert (await raw.frame())[1] == b'{"type":"pong"}'


UNITS = {
    "pings": framed(PING),
    "pongs": framed(PONG),
    "pings with a payload": framed(PING, b"x" * 125),
    "empty pieces": framed(CONTINUATION, fin=False),
    "pieces": framed(CONTINUATION, b"x", fin=False),
    "messages": framed(TEXT, b'{"type":"pong"}'),
}


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
@pytest.mark.parametrize("greeted", [True, False], ids=["greeted", "ungreeted"])
async def test_every_unit_counts_and_a_flood_of_any_is_cut_off(house: House, unit: bytes, greeted: bool) -> None:
    """Read until the limit and no further, however many come in one go."""
    options = TransportOptions()
    async with raw_socket(house.port) as raw:
        if greeted:
            await raw.say(framed(TEXT, INIT))
            assert (await raw.frame())[0] == TEXT
        begun = framed(TEXT, b"{", fin=False) if unit[0] & 0x0F == CONTINUATION else b""
        flood = asyncio.create_task(raw.say(begun, unit * 200_000))
        answered, code = 0, None
        while code is None:
            opcode, payload = await raw.frame()
            answered += opcode == PONG
            code = int.from_bytes(payload[:2]) if opcode == CLOSE else None
        assert code == 1008 and payload[2:]
        assert answered < options.frame_burst + 200  # what is allowed while they come
        flood.cancel()
        await asyncio.wait({flood})
    await wait_until(lambda: house.counters.sockets_open == 0)


async def test_a_message_in_as_many_pieces_as_allowed_is_one_message() -> None:
    with served(TransportOptions(fragments_per_message=5)) as house:
        for pieces, opcode in ((5, TEXT), (6, CLOSE)):
            async with raw_socket(house.port) as raw:
                for _ in range(2):
                    first, *rest = [b'{"type":"ping"}', *[b" "] * (pieces - 1)]
                    frames = [framed(CONTINUATION, piece, fin=False) for piece in rest[:-1]]
                    await raw.say(framed(TEXT, first, fin=False), *frames, framed(CONTINUATION, rest[-1]))
                    assert (await raw.frame())[0] == opcode
                    if opcode == CLOSE:
                        break


async def test_frames_are_allowed_again_in_time() -> None:
    with served(TransportOptions(frame_rate=1000.0, frame_burst=2)) as house:
        async with raw_socket(house.port) as raw:
            for _ in range(20):
                await raw.say(framed(PING, b"x"))
                assert await raw.frame() == (PONG, b"x")
                await asyncio.sleep(0.003)
