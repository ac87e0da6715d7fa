"""What a member can send, in each way that there is. The dearest documents are looked for apart: bench/dearest.py."""

import json
from typing import Any

from bench.anonymous import FRAMES, HANDSHAKE, MESSAGES, TYPENAME, fragments
from bench.dearest import SIGNED
from bench.families import Aim, Family
from bench.requests import asking, get, operation, post
from bench.script import CLOSED, NUMBER, RESPONSE, TOKEN, Line, Script
from bench.wire import BINARY, PING, PONG, TEXT, framed
from transport.options import TransportOptions

_WIRE = TransportOptions()
_STREAM = "subscription %s { boardChanges { revision previous events { __typename } } }"
_EVENTS = "Accept: text/event-stream"
_BY_IDS = f"query {NUMBER}($ids: [ID!]!) {{ nodes(ids: $ids) {{ id }} }}"
_BY_FILTER = f"query {NUMBER}($filter: JobFilter) {{ jobs(filter: $filter) {{ totalCount }} __typename }}"
#: So many values as variables may have, nearly.
_VALUES = 4_900


def signed_in() -> list[Family]:
    """All of it."""
    return [
        *(Family(name, script, Aim.REFUSED) for name, script in _refused().items()),
        *(Family(name, script, Aim.REFUSED) for name, script in _refused_frames().items()),
        *(Family(name, script, Aim.ACCEPTED) for name, script in _accepted().items()),
        Family("stream over HTTP, begun and left", _stream(), None),
        Family("subscribe and complete, one document", _churn("Churn"), None),
        Family("subscribe and complete, another each time", _churn(NUMBER), None),
    ]


def socket_of(script_line: Line, *, repeat: int = MESSAGES, units: int = 1, after: tuple[Line, ...] = ()) -> Script:
    """On a socket on which somebody has signed in."""
    init = {"type": "connection_init", "payload": {"authorization": f"Bearer {TOKEN}"}}
    opening = (Line(HANDSHAKE, RESPONSE), Line(json.dumps(init), '"connection_ack"', TEXT))
    return Script((script_line, *after), opening, repeat, units, direct=True)


def subscribing(query: str, until: str) -> Line:
    """Asks on a socket, and waits for the answer or the refusal."""
    message = {"id": NUMBER, "type": "subscribe", "payload": {"query": query}}
    return Line(json.dumps(message), f'"type":"{until}"', TEXT)


def _refused() -> dict[str, Script]:
    unfit: list[dict[str, int]] = [{"a": 1}] * (_VALUES // 2)
    return {
        "an unknown field": asking(post(operation(f"query {NUMBER} {{ viewer {{ rol }} }}"), SIGNED)),
        "variables over the limit": _by_ids(["x"] * 6_000),
        "variables that do not fit": _by_ids(unfit),
        "a variable that is missing": asking(post(operation(_BY_IDS), SIGNED)),
        "GET, a mutation": asking(get(f"/graphql?query=mutation%20{NUMBER}%7B__typename%7D", SIGNED)),
        "two passwords in one operation": asking(post(operation(_two_passwords()), SIGNED)),
        "stream over HTTP, refused": asking_stream("subscription { boardChanges { no } }"),
    }


def asking_stream(query: str) -> Script:
    """For an event stream, to its end."""
    request = post(operation(query), SIGNED, accept=_EVENTS)
    return Script((Line(request, "event: complete"),), repeat=1)


def _by_ids(ids: list[Any]) -> Script:
    return asking(post(operation(_BY_IDS, variables={"ids": ids}), SIGNED))


def _two_passwords() -> str:
    change = 'changePassword(input: {currentPassword: "a", newPassword: "b"}) { errors { code } }'
    return f"mutation {NUMBER} {{ a: {change} b: {change} }}"


def _refused_frames() -> dict[str, Script]:
    """Each ends the socket, or is refused on it."""
    ping_at_the_end = framed(PING, b"last").decode("latin-1")

    def ending(line: Line) -> Script:
        return socket_of(line, repeat=1, after=(Line("", CLOSED),))

    deep = '{"type":"ping","payload":' + '{"a":' * 60 + "1" + "}" * 60 + "}"
    return {
        "socket: a message of nothing": ending(Line("nothing", opcode=TEXT)),
        "socket: a binary message": ending(Line("nothing", opcode=BINARY)),
        "socket: a message over the limit": ending(Line("x" * (_WIRE.message_limit + 1), opcode=TEXT)),
        "socket: connection_init again": ending(Line('{"type":"connection_init"}', opcode=TEXT)),
        "socket: too many fragments": ending(Line(fragments(_WIRE.fragments_per_message))),
        "socket: ping frame": socket_of(Line("x" * 125, "\x8a\x7d", PING), repeat=FRAMES),
        "socket: pong frames": socket_of(
            Line(framed(PONG, b"").decode("latin-1") * FRAMES + ping_at_the_end, "\x8a\x04last"), repeat=1, units=FRAMES
        ),
        "socket: empty fragments": socket_of(
            Line(fragments(_WIRE.fragments_per_message - 2, whole='{"type":"ping"}'), '"type":"pong"'),
            repeat=1,
            units=_WIRE.fragments_per_message,
        ),
        "socket: ping message": socket_of(Line('{"type":"ping"}', '"type":"pong"', TEXT)),
        "socket: ping message, deep": socket_of(Line(deep, "}" * 61, TEXT)),
        "socket: ping message, 95 KB": socket_of(
            Line('{"type":"ping","payload":{"a":"' + "x" * 95_000 + '"}}', 'x"}}', TEXT)
        ),
        "socket: complete of nothing": socket_of(
            Line('{"id":"none","type":"complete"}', opcode=TEXT),
            repeat=MESSAGES // 2,
            after=(Line('{"type":"ping"}', '"type":"pong"', TEXT),),
            units=2,
        ),
        "socket: subscribe, refused": socket_of(subscribing(f"query {NUMBER} {{ viewer {{ rol }} }}", "error")),
        "socket: subscribe, a mutation": socket_of(subscribing(f"mutation {NUMBER} {TYPENAME}", "error")),
    }


def _accepted() -> dict[str, Script]:
    """What takes next to nothing when it runs."""
    ids = {"and": [{"id": {"in": [f"x{number}" for number in range(100)]}}] * (_VALUES // 103)}
    bounds = {"and": [{"and": [{"archived": True}] * 20}] * 60}
    skipped = _BY_FILTER.replace("{ totalCount }", "@skip(if: true) { totalCount }")
    return {
        "{ __typename }, signed in": asking(post(operation(f"query {NUMBER} {TYPENAME}"), SIGNED)),
        "variables of many ids": asking(post(operation(skipped, variables={"filter": ids}), SIGNED)),
        "variables of many filters": asking(post(operation(skipped, variables={"filter": bounds}), SIGNED)),
        "socket: subscribe, { __typename }": socket_of(subscribing(f"query {NUMBER} {TYPENAME}", "next")),
    }


def _stream() -> Script:
    """Until the first message is there."""
    return Script((Line(post(operation(_STREAM % NUMBER), SIGNED, accept=_EVENTS), "event: next"),), repeat=1)


def _churn(name: str) -> Script:
    """Begins to follow the boards, and stops."""
    begin = json.dumps({"id": NUMBER, "type": "subscribe", "payload": {"query": _STREAM % name}})
    stop = json.dumps({"id": NUMBER, "type": "complete"})
    return socket_of(Line(begin, '"next"', TEXT), repeat=MESSAGES // 2, after=(Line(stop, opcode=TEXT),), units=2)
