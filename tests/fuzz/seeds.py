"""What once broke something, here or in other servers: where the fuzzing starts from."""

from __future__ import annotations

import json
from typing import Any

#: Texts, for every field that takes one.
TEXTS = [
    "", " ", "a", "\0", "a\0b", "\x1b]2;T\x1b\\y", "a\nb", "a\r\nb", "\u200b", "\u202e", "\ufeff", "\U0001f468\u200d\U0001f469", "Cafe\u0301", "Café",
    "İ", "ß", "\uffff", "\U0010ffff", "x" * 201, "y" * 20_001, "%s%n", "'; --", "<b>", "{{7*7}}", "__proto__", "null", "NaN", "-0", "-0.00",
    "localtime", "posix/UTC", "right/UTC", "Europe/Paris", "../etc/passwd", "#123abc", "#12345", "EUR", "XXX", "JPY",
    "nobody@nowhere.test", "NOBODY@NOWHERE.TEST", "@", "2026-02-30", "0000-00-00", "9999-12-31", "2026-04-15",
    "2026-04-15T09:30:00Z", "9999-12-31T23:59:59+23:59", "0001-01-01T00:00:00+23:59", "1", "-1", "0.001", "9" * 20, "9" * 40,
    "1e5", "99999999999.99", "32.25", "18446744073709551616", "job_", "job_" + "0" * 26, "job_" + "z" * 26, "firm_" + "7" + "z" * 25,
    "JOB_00000000000000000000000000", "_", "client_status_00000000000000000000000000", "eyJhbGciOiJub25lIn0.e30.", "WzFd",
]  # fmt: skip

#: Anything, for any field.
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2**31 - 1, 2**31, -(2**31) - 1, 2**53, 2**63, 2**64 - 1, 1.5, 1.0, -0.0, 1e300, [], {}, [[]], [None],
    {"": ""}, {"__typename": "Job"}, {"__proto__": {"a": 1}},
]  # fmt: skip


def nested(levels: int, inner: Any = None) -> Any:
    """A list in a list in a list."""
    for _ in range(levels):
        inner = [inner]
    return inner


DOCUMENTS = [
    "",
    "{",
    "{ }",
    "{ __typename }",
    "{ firm { id name } viewer { role rights } }",
    "{ jobs(first: " + "9" * 4_301 + ") { totalCount } }",
    "{ jobs(first: -0) { totalCount } }",
    "{ jobs(first: 1e999999) { totalCount } }",
    "{ jobs(filter: {or: []}) { nodes { id name } } }",
    "{ jobs(filter: " + "{and: [" * 40 + "]}" * 40 + ") { totalCount } }",
    '{ job(id: "\\u0000") { id } }',
    '{ job(id: "\\ud800") { id } }',
    '{ job(id: "\\u{110000}") { id } }',
    '{ node(id: "job_00000000000000000000000000") { id ... on Job { name } } }',
    "query A { ...F } fragment F on Query { ...F }",
    "query A($v: [[[ID]]]) { nodes(ids: $v) { id } }",
    "query A($v: Int! = null) { jobs(first: $v) { totalCount } }",
    "query A($a: Int, $a: Int) { jobs(first: $a) { totalCount } } query A { firm { id } }",
    "{ __schema { types { name fields { name type { name ofType { name } } } } } }",
    'mutation { signIn(input: {email: "a@b.test", password: "x", unknown: 1}) { viewer { role } } }',
    'mutation { signIn(input: {email: "a\\u0000@b.test", password: ""}) { viewer { role } errors { code } } }',
    'mutation { refreshSession(input: {refreshToken: "\\u0000"}) { viewer { role } errors { code } } }',
    'mutation { refreshSession(input: {refreshToken: "00000000-0000-0000-0000-000000000000.AAAA"}) { accessToken } }',
    'mutation { updateFirm(input: {timeZone: "localtime"}) { errors { code } } }',
    'subscription { boardChanges(pipelineIds: ["x"]) { revision } }',
    "subscription { __typename }",
    "subscription A($p: [ID!]!) { boardChanges(pipelineIds: $p, after: 99999, epoch: \"x\") { revision } }",
    "type A { b: C }",
    'query A @include(if: "x") { firm @skip(if: null) { id } }',
    '"described" query A { firm { id } }',
    "{ a: firm { id } a: viewer { role } }",
    'mutation { setJobBudget(input: {jobId: "job_00000000000000000000000000"}) { errors { code } } }',
    'mutation { setTimeEntryRate(input: {timeEntryId: "time_entry_00000000000000000000000000"}) { errors { code } } }',
]  # fmt: skip

#: What may stand around a document in the body of a request.
BODIES: list[Any] = [
    None, [], [{"query": "{ __typename }"}], {}, {"query": None}, {"query": 1}, {"query": "{ __typename }", "variables": []},
    {"query": "{ __typename }", "variables": "{}"}, {"query": "{ __typename }", "operationName": 1},
    {"query": "{ __typename }", "operationName": "x" * 50_000}, {"query": "query A { __typename }", "operationName": "\0"},
    {"query": "{ __typename }", "variables": {"a": nested(300)}},
    {"query": "query A($a: JSON) { __typename }", "variables": {"a": nested(400)}},
    {"query": "query A($a: [ID!]!) { nodes(ids: $a) { id } }", "variables": {"a": ["x"] * 20_000}},
    {"query": "query A($a: [ID!]!) { nodes(ids: $a) { id } }", "variables": {"a": nested(400, "x")}},
    {"query": "query A($a: [ID!]!) { nodes(ids: $a) { id } }", "variables": {"a": {"__proto__": 1}}},
    {"query": "query A($f: JobFilter) { jobs(filter: $f) { totalCount } }", "variables": {"f": {"and": [{"and": []}] * 2_000}}},
    {"query": "{ __typename }", "extensions": nested(200)}, {"query": "{ __typename }", "extensions": {"persistedQuery": {}}},
    {"query": "{ __typename }", "junk": "x" * 50_000}, {"query": "{ __typename }", "variables": {str(n): n for n in range(4_000)}},
]  # fmt: skip
#: Bodies that are no JSON.
RAW_BODIES = [
    b"", b"\0", b"\xff\xfe", b'{"query": "\xff"}', b'{"query": "\\ud800"}', b'{"query": "{ __typename }"} ', b'{"query": 1e999}',
    b"[" * 50_000, b'{"a":' * 20_000, b'{"query": "{ __typename }", "query": "{ firm { id } }"}', b'\xef\xbb\xbf{"query": "{ __typename }"}',
    b'{"query": "{ __typename }", "variables": {"a": ' + b"9" * 5_000 + b"}}",
    *(b'{"query": "query A($v: [ID!]) { nodes(ids: $v) { id } }", "variables": {"v": ' + b"[" * n + b"]" * n + b"}}" for n in (250, 700, 1_000, 1_030)),
]  # fmt: skip

#: What a client may send once it is acknowledged.
FRAMES: list[Any] = [
    {"type": "ping", "payload": {"a": nested(300)}},
    {"type": "ping"}, {"type": "ping", "payload": {}}, {"type": "ping", "payload": {"a": [1]}}, {"type": "pong", "payload": {}},
    {"type": "ping", "payload": 1}, {"type": "connection_init"}, {"type": "complete", "id": "nobody's"}, {"type": "complete"},
    {"type": "subscribe"}, {"type": "subscribe", "id": 1, "payload": {}}, {"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}},
    {"type": "subscribe", "id": "x" * 257, "payload": {"query": "{ __typename }"}},
    {"type": "subscribe", "id": "\0", "payload": {"query": "{ __typename }"}},
    {"type": "subscribe", "id": "a", "payload": {"query": "{ __typename }", "variables": {"a": nested(400)}}},
    {"type": "subscribe", "id": "b", "payload": {"query": "subscription { __typename }"}},
    {"type": "subscribe", "id": "c", "payload": {"query": "mutation { signOut { errors { code } } }"}},
    {"type": "next"}, {"type": None}, {"type": ["ping"]}, {"type": "ping", "extra": nested(100)}, [], 1, None, "ping", nested(500),
]  # fmt: skip
#: Sent as text, which they are not.
NOT_UTF8 = [b"\xff\xfe", b"\xed\xa0\x80"]

RAW_FRAMES = [
    "",
    "{",
    "\0",
    "[" * 5_000,
    '{"type":"ping"}' * 2,
    '{"type":"ping","type":"pong"}',
    "null",
    '{"type":"ping","payload":{"a":1e999}}',
]

#: Whole requests as they are on the wire, `%d` being the length of the body.
_BODY = json.dumps({"query": "{ __typename }"})
HEADS = [
    "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
    "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; charset=utf-16\r\nContent-Length: %d\r\n\r\n",
    "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: ;;;=\r\nContent-Length: %d\r\n\r\n",
    "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: ;q=x,*/*;q=9,,\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
    "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
    "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer e30.e30.\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
    "POST /graphql HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
    "POST /graphql HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ,::ffff:1.2.3.4,\xff\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
    "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: %d\r\n\r\n",
    "POST /graphql HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nzz\r\n",
    "GET /graphql?query=%%7B__typename%%7D&query=x HTTP/1.1\r\nHost: localhost\r\nGraphQL-Require-Preflight: 1\r\n\r\n",
    "GET /graphql?query=%%FF&variables=%%7B HTTP/1.1\r\nHost: localhost\r\nGraphQL-Require-Preflight: 1\r\n\r\n",
    "GET /graphql?query=%%7B__typename%%7D&variables=" + "[" * 2_000 + " HTTP/1.1\r\nHost: localhost\r\nGraphQL-Require-Preflight: 1\r\n\r\n",
    "GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 99\r\n\r\n",
    "OPTIONS /graphql HTTP/1.1\r\nHost: localhost\r\nOrigin: http://b\r\nAccess-Control-Request-Method: \xff\r\n\r\n",
    "HEAD /graphql HTTP/1.0\r\n\r\n",
    "PUT /graphql HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /graphql/../healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "POST /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
    "POST /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\nContent-Length: %d\r\n\r\n",
]  # fmt: skip
#: Held back: an upgrade that is not offered loses the body of its request.


def request(head: str) -> bytes:
    """A head with a body."""
    return (head % len(_BODY) if "%d" in head else head % ()).encode("latin-1") + _BODY.encode()
