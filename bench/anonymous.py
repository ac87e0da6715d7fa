"""What somebody can send who has not signed in, in each way that there is."""

import json

from bench.families import Aim, Family
from bench.requests import asking, get, head, operation, post
from bench.script import CLOSED, NUMBER, RESPONSE, Line, Script
from bench.wire import BINARY, CONTINUATION, PING, PONG, TEXT, framed
from models.ids import new_id
from transport.options import TransportOptions

_WIRE = TransportOptions()
#: In what is signed in with: nobody has it.
_NOBODY = f"{NUMBER}@nobody.test"
SIGN_IN = (
    'mutation %s { signIn(input: {email: "%s", password: "no such password"}) '
    "{ viewer { member { id } } errors { message } } }"
)
_REFRESH = 'mutation { refreshSession(input: {refreshToken: "%s"}) { viewer { member { id } } } }'
#: What the server answers with 101.
UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
SUBPROTOCOL = "Sec-WebSocket-Protocol: graphql-transport-ws"
HANDSHAKE = head("GET /graphql HTTP/1.1", *UPGRADE, SUBPROTOCOL)
TYPENAME = "{ __typename }"
#: The frames that a socket may send at once.
FRAMES = _WIRE.frame_burst - 100
#: The messages, likewise.
MESSAGES = _WIRE.message_burst - 50


def anonymous(forged: str) -> list[Family]:
    """All of it. `forged` is an access token as good as one can be that was not signed by us."""
    return [
        *(Family(name, script, Aim.ANONYMOUS) for name, script in _bodies().items()),
        *(Family(name, script, Aim.ANONYMOUS) for name, script in _heads(forged).items()),
        *(Family(name, script, Aim.ANONYMOUS) for name, script in _documents().items()),
        *(Family(name, script, Aim.ANONYMOUS) for name, script in _sockets(forged).items()),
        Family("signIn, wrong password", sign_in(), Aim.ANONYMOUS, hashes=True),
        Family("signIn and 200 fragments", _as_reported(200), Aim.ANONYMOUS),
        Family("signIn and all fragments allowed", _as_reported(5), Aim.ANONYMOUS, hashes=True),
    ]


def nothing() -> Script:
    """The least that a document can be, always the same."""
    return asking(post(operation(TYPENAME)))


def alive() -> Script:
    """Whether the server lives."""
    return asking(get("/healthz"))


def sign_in() -> Script:
    """With an address that nobody has."""
    return asking(post(operation(SIGN_IN % (NUMBER, _NOBODY))))


def _as_reported(fragments: int) -> Script:
    """A fan of fragments behind signIn, under a new name each time: nothing that was kept is of use."""
    spreads = " ".join(f"...V{number}" for number in range(fragments - 1))
    defined = " ".join(f"fragment V{number} on Viewer {{ role }}" for number in range(fragments - 1))
    query = SIGN_IN % (NUMBER, _NOBODY)
    query = query.replace("errors {", "...X errors {") + f" fragment X on SessionPayload {{ viewer {{ {spreads} }} }} "
    return asking(post(operation(query + defined)))


def _bodies() -> dict[str, Script]:
    """Bodies that are not what they should be, as large as they may be."""
    most = _WIRE.body_limit
    values = ",".join("0" * ((most - 100) // 2))
    lists = ",".join("[]" for _ in range((most - 100) // 3))
    pieces = head("POST /graphql HTTP/1.1", "Content-Type: application/json", "Transfer-Encoding: chunked")
    return {
        "POST, empty": asking(post("")),
        "POST, garbage": asking(post('{"query":"' + "\\u0041" * ((most - 20) // 6))),
        "POST, deep JSON": asking(post('{"query":' + "[" * 900 + "]" * 900 + "}")),
        "POST, too deep JSON": asking(post("[" * (most - 1))),
        "POST, JSON of many values": asking(post('{"query":"{__typename}","variables":{"a":[' + values + "]}}")),
        "POST, JSON of many lists": asking(post('{"query":"{__typename}","variables":{"a":[' + lists + "]}}")),
        "POST, a body over the limit": asking(post(" " * (2 * most))),
        "POST, a body in bytes": asking(pieces + "1\r\n \r\n" * (most - 1) + "0\r\n\r\n"),
        "POST, a form": asking(post("query=1").replace("application/json", "application/x-www-form-urlencoded")),
        "POST, ten at once": Script(tuple(Line(post(""), RESPONSE) for _ in range(1)) + _pipelined(9), units=10),
    }


def _pipelined(number: int) -> tuple[Line, ...]:
    """Sent together, and then waited for."""
    return (Line(post("") * number, RESPONSE), *(Line("", RESPONSE) for _ in range(number - 1)))


def _heads(forged: str) -> dict[str, Script]:
    """Requests that are answered by their head, and heads that are none."""
    allowed = "GraphQL-Require-Preflight: 1"
    many = tuple(f"X-{number}: {'x' * 300}" for number in range(_WIRE.header_count - 10))
    asked = "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization"
    return {
        "GET, a document": asking(get(f"/graphql?query=query%20{NUMBER}%7B__typename%7D", allowed)),
        "GET, a long document": asking(get(f"/graphql?query=%7B{NUMBER}{'+a' * 8_000}%7D", allowed)),
        "GET, forgeable": asking(get("/graphql?query=%7B__typename%7D")),
        "GET, many headers": asking(get("/graphql", *many)),
        "preflight": asking(head("OPTIONS /graphql HTTP/1.1", "Origin: https://elsewhere.test", *asked)),
        "POST from a foreign page": asking(post(operation(TYPENAME), "Origin: https://elsewhere.test")),
        "POST, a token of nothing": asking(post(operation(TYPENAME), "Authorization: Bearer nothing")),
        "POST, a forged token": asking(post(operation(TYPENAME), f"Authorization: Bearer {forged}")),
        "a proxy that nobody knows": Script(
            (Line(get("/graphql", "X-Forwarded-For: 192.0.2.1"), RESPONSE),), repeat=1, direct=True
        ),
        "not HTTP": Script((Line("\x16\x03\x01" * 100, CLOSED),), direct=True),
        "half a head, left open": Script((Line(head("GET / HTTP/1.1")[:-2]),), repeat=1, direct=True, held=200),
        "half a body, left open": Script((Line(post(" " * 100)[:-50]),), repeat=1, direct=True, held=200),
        "elsewhere": asking(get("/elsewhere")),
        "/healthz": alive(),
        "/readyz": asking(get("/readyz")),
        "/metrics": asking(get("/metrics")),
    }


def _documents() -> dict[str, Script]:
    """Documents that everybody may send, and some that only members may."""
    made_up = f"jwr_{new_id().hex}_{'A' * 86}=="
    member = "query %s { jobs(first: 100, filter: {and: []}) { nodes { id name account { id name } } } }"
    return {
        "{ __typename }": nothing(),
        "{ __typename }, another name each time": asking(post(operation(f"query {NUMBER} {TYPENAME}"))),
        "what members may ask": asking(post(operation(member % NUMBER))),
        "introspection": asking(post(operation(f"query {NUMBER} {{ __schema {{ types {{ name }} }} }}"))),
        "refreshSession, no token": asking(post(operation(_REFRESH % NUMBER))),
        "refreshSession, a made-up token": asking(post(operation(_REFRESH % made_up))),
    }


def _sockets(forged: str) -> dict[str, Script]:
    """Handshakes, and frames before anybody has signed in. A socket has three seconds to do so."""
    opened = (Line(HANDSHAKE, RESPONSE),)

    def ending(*lines: Line) -> Script:
        return Script((*opened, *lines, Line("", CLOSED)), repeat=1, direct=True)

    def lasting(line: Line, repeat: int, units: int = 1) -> Script:
        return Script((line,), opened, repeat, units, direct=True)

    init = {"type": "connection_init", "payload": {"authorization": f"Bearer {forged}"}}
    deep = '{"type":"ping","payload":' + '{"a":' * 60 + "1" + "}" * 60 + "}"
    return {
        "handshake from a foreign page": asking(
            head("GET /graphql HTTP/1.1", *UPGRADE, SUBPROTOCOL, "Origin: https://elsewhere.test")
        ),
        "handshake without a protocol": Script(
            (Line(head("GET /graphql HTTP/1.1", *UPGRADE), RESPONSE), Line("", CLOSED)), repeat=1, direct=True
        ),
        "handshake, and gone": Script(opened, repeat=1, direct=True),
        "connection_init, a token of nothing": ending(Line('{"type":"connection_init"}', opcode=TEXT)),
        "connection_init, a forged token": ending(Line(json.dumps(init), opcode=TEXT)),
        "subscribe before connection_init": ending(
            Line(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": TYPENAME}}), opcode=TEXT)
        ),
        "a message of nothing": ending(Line("nothing", opcode=TEXT)),
        "a binary message": ending(Line("nothing", opcode=BINARY)),
        "a message over the limit": ending(Line("x" * (_WIRE.message_limit + 1), opcode=TEXT)),
        "a message in too many frames": ending(Line(fragments(_WIRE.fragments_per_message))),
        "frames until it is enough": ending(Line(_frames(PING, "", _WIRE.frame_burst + 200))),
        "ping frame": lasting(Line("x" * 125, "\x8a\x7d", PING), FRAMES),
        "ping frames, many at once": lasting(
            Line(_frames(PING, "x" * 125, FRAMES) + _frames(PING, "last", 1), "\x8a\x04last"), 1, FRAMES + 1
        ),
        "pong frames, many at once": lasting(
            Line(_frames(PONG, "", FRAMES) + _frames(PING, "last", 1), "\x8a\x04last"), 1, FRAMES + 1
        ),
        "empty fragments": lasting(
            Line(fragments(_WIRE.fragments_per_message - 2, whole='{"type":"ping"}'), '"type":"pong"'),
            1,
            _WIRE.fragments_per_message,
        ),
        "ping message": lasting(Line('{"type":"ping"}', '"type":"pong"', TEXT), MESSAGES),
        "ping message, deep": lasting(Line(deep, "}" * 61, TEXT), MESSAGES),
    }


def fragments(empty: int, *, whole: str = "") -> str:
    """A message that begins, goes on with so many frames that have nothing in them, and ends, if it is a whole one."""
    begun = _frame(TEXT, whole.encode(), last=False)
    ended = _frame(CONTINUATION, b"", last=True) if whole else b""
    return (begun + _frame(CONTINUATION, b"", last=False) * empty + ended).decode("latin-1")


def _frame(opcode: int, payload: bytes, *, last: bool) -> bytes:
    whole = framed(opcode, payload)
    return whole if last else bytes([whole[0] & 0x7F]) + whole[1:]


def _frames(opcode: int, payload: str, number: int) -> str:
    return framed(opcode, payload.encode()).decode("latin-1") * number
