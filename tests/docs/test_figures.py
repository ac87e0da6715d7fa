"""The figures on the pages are those of the code."""

from __future__ import annotations

import re
from typing import Any

import pytest

from common.settings import Settings
from engine import admission
from engine.limits import TO_SIGN_IN, Limits
from engine.list_sizes import list_size
from engine.sheets import walk
from interchange.imports import bounds as files
from models import attempts, boards, bounds, hashing, housekeeping, refreshing, sign_in, signing_keys, texts, tokens
from models.commands import pipelines, statuses
from models.followers import runs
from models.imports.batches import MOST_LINES
from resolvers import filters, paging, queries, subscriptions
from resolvers.root import graphql_schema
from schema import list_fields
from subscriptions import bell, message
from subscriptions.live_documents import BOUNDS
from subscriptions.pace import PACE
from tests.docs.pages import page, prose, rows, section
from transport import decoding, traffic
from transport.options import TransportOptions
from transport.sheets import xlsx_file

LIMITS, WIRE = Limits(), TransportOptions()


def _n(value: float) -> str:
    return f"{value:,.0f}"


FIGURES = {
    ("docs/api.md", "Limits"): {
        "Body": f"{_n(WIRE.body_limit)} bytes; {_n(WIRE.stranger_body_limit)} without a token",
        "Nesting of the body's JSON": f"{decoding.MOST_LEVELS} levels",
        "Characters of a document": _n(LIMITS.characters),
        "Lines of a document": _n(LIMITS.lines),
        "Characters in its strings, numbers and comments": _n(LIMITS.text),
        "Letters of a name": _n(LIMITS.name),
        "Tokens of a document": _n(LIMITS.tokens),
        "Operations in a document": _n(LIMITS.operations),
        "Fragments in a document": _n(LIMITS.fragments),
        "Spreads of fragments": _n(LIMITS.spreads),
        "Fields and fragments selected, by all operations": _n(LIMITS.selections),
        "Depth": f"{LIMITS.depth} levels",
        "Aliases": _n(LIMITS.aliases),
        "Root fields": _n(LIMITS.root_fields),
        "Directives": _n(LIMITS.directives),
        "Cost": f"{_n(LIMITS.cost)} points",
        "Values in the variables": _n(LIMITS.values),
        "Depth of introspection": f"{LIMITS.introspection_depth} levels",
        "Aliases within introspection": _n(LIMITS.introspection_aliases),
        "Time for an operation": f"{_n(WIRE.deadline)} seconds",
    },
    ("docs/live.md", "Limits"): {
        "Events in a message, and events that are replayed after `after`": (
            f"{_n(message.MOST_EVENTS)}; beyond it `resync: true`"
        ),
        "Pipelines of a `boardChanges`, jobs of a `jobChanges`": _n(subscriptions.MOST_PIPELINES),
        "Time to `connection_init`": f"{_n(WIRE.init_timeout)} seconds",
        "Size of a message from a client": (
            f"{_n(WIRE.message_limit)} bytes, its JSON {decoding.MOST_LEVELS} levels deep"
        ),
        "Messages from a client": f"{_n(WIRE.message_rate)} a second, {_n(WIRE.message_burst)} at once",
        "Frames from a client, pings and pongs and pieces of messages included": (
            f"{_n(WIRE.frame_rate)} a second, {_n(WIRE.frame_burst)} at once"
        ),
        "Frames of one message": _n(WIRE.fragments_per_message),
        "Operations at once on a socket": _n(WIRE.operations_per_socket),
        "Sockets and event streams of a member": f"{_n(WIRE.sockets_per_member)} in each server process",
        "Different live documents of a member": f"{_n(BOUNDS.of_member)} in each server process",
        "Different live documents of a firm": (
            f"{_n(BOUNDS.of_firm)} in each server process; beyond it a member may still have {_n(BOUNDS.always)}"
        ),
        "What waits for a slow reader": f"{WIRE.queue_bound // 1024} KiB, then nothing new is made until it reads",
    },
    ("docs/sheets.md", "Limits"): {
        "Rows": _n(walk.MOST_ROWS),
        "Points": f"what its pages cost; of all of them together {walk.MOST_MINUTES} minutes'",
        "Sheets that are made at once": f"{WIRE.sheets_at_once} in each server process, one of a member",
        "Time": f"{_n(WIRE.sheet_deadline)} seconds",
        "Time in which a reader takes the next piece": f"{_n(WIRE.stall_timeout)} seconds",
        "XLSX, unpacked": f"{WIRE.sheet_file_limit // 2**20} MiB",
        "A cell of XLSX": f"{_n(xlsx_file.MOST_CHARACTERS)} characters",
    },
    ("docs/deployment.md", "Limits of connections"): {
        "Connections": f"{_n(WIRE.connections)}, or {traffic._FILES_FOR_OTHERS} fewer than files may be open",
        "Strangers": _n(WIRE.strangers),
        "Strangers of an address": _n(WIRE.strangers_per_address),
        "A request's target": f"{_n(WIRE.target_limit)} bytes",
        "A request's head": f"{_n(WIRE.head_limit)} bytes, {_n(WIRE.header_count)} headers",
        "Pieces of a body, chunks above all": _n(WIRE.body_pieces),
        "Time for a head": f"{_n(WIRE.head_timeout)} seconds",
        "Time for a body": f"{_n(WIRE.body_timeout)} seconds",
        "Time between two requests": f"{_n(WIRE.idle_timeout)} seconds",
        "Requests that are sent ahead": _n(WIRE.pipelined),
    },
}


@pytest.mark.parametrize(("name", "heading"), FIGURES)
def test_tables_of_limits(name: str, heading: str) -> None:
    assert {cells[0]: cells[1] for cells in rows(section(name, heading))} == FIGURES[name, heading]


def _assumed(owner: str, field: str) -> int:
    kind: Any = graphql_schema().type_map[owner]
    return list_size(kind.fields[field]).assumed


_STAGES, _CARDS = _assumed("Pipeline", "stages"), _assumed("Stage", "jobs")

#: Figures in sentences: the page, and the words with the figure of the code in them.
SENTENCES = [
    ("docs/live.md", f"after {_n(PACE.heartbeat)} seconds of silence"),
    (
        "docs/live.md",
        f"pings every {_n(WIRE.ping_interval)} seconds and drops a peer that is silent for "
        f"{_n(WIRE.ping_timeout)} more",
    ),
    ("docs/live.md", f"live for {tokens.ACCESS_LIFETIME.seconds // 60} minutes"),
    ("docs/live.md", f"a comment, sent every {_n(WIRE.keep_alive)} seconds"),
    ("docs/live.md", f"could not confirm for {_n(PACE.hold_after)} seconds"),
    ("docs/live.md", f"cannot be sent within {_n(WIRE.stall_timeout)} seconds"),
    ("docs/live.md", f"more than {_n(message.MOST_EVENTS)} things came or went"),
    ("docs/live.md", f"Up to {_n(message.MOST_EVENTS)} events are replayed"),
    ("docs/live.md", f"up to {subscriptions.MOST_PIPELINES} pipelines"),
    ("docs/live.md", f"1 to {subscriptions.MOST_JOBS} jobs"),
    ("docs/api.md", f"good for {tokens.ACCESS_LIFETIME.seconds // 60} minutes"),
    ("docs/api.md", f"has not been refreshed for {sign_in.SESSION_LIFETIME.days} days"),
    ("docs/api.md", f"{attempts.MOST_FAILURES} failed tries for an address in {attempts.WINDOW.seconds // 60} minutes"),
    ("docs/api.md", f"the same next one for {_n(refreshing.LEEWAY.total_seconds())} seconds"),
    ("docs/api.md", f"up to {attempts.MOST_OF_STRANGERS} failed tries of all together"),
    ("docs/operations.md", f"No token lives longer than {signing_keys.LONGEST_TOKEN.days} days"),
    ("docs/live.md", f"within a minute (some {_n(PACE.sessions)} seconds)"),
    (
        "docs/decisions/0026-guesses-and-hashes.md",
        f"then one more each {_n(24 * 60 / attempts.MOST_OF_STRANGERS)} minutes",
    ),
    ("docs/decisions/0025-refresh-tokens.md", f"At most {refreshing.MOST_EXCHANGES} exchanges"),
    ("docs/api.md", f"`--hours` up to {signing_keys.LONGEST_TOKEN.days * 24}"),
    (
        "docs/api.md",
        f"{_n(TO_SIGN_IN.tokens)} tokens in {_n(TO_SIGN_IN.characters)} characters, of which {_n(TO_SIGN_IN.text)} in "
        f"strings; {TO_SIGN_IN.depth} levels, {TO_SIGN_IN.root_fields} root fields, {TO_SIGN_IN.aliases} aliases, "
        f"{TO_SIGN_IN.fragments} fragments, {TO_SIGN_IN.spreads} spreads, {TO_SIGN_IN.cost} points, "
        f"{TO_SIGN_IN.values} values in the variables",
    ),
    (
        "docs/api.md",
        f"share {_n(admission.REQUESTS)} requests, and get {admission.REQUESTS_A_SECOND} more each second. A document "
        f"that was not seen before counts for {admission.NEW_DOCUMENT}, and the last {admission.KEPT_FOR_KNOWN} are",
    ),
    (
        "docs/api.md",
        f"{_n(admission.TOKENS)} tokens of documents that the server has not seen before, and "
        f"{_n(admission.TOKENS_A_SECOND)} more each second; the shortest document counts for {admission.LEAST_TOKENS}",
    ),
    ("docs/api.md", f"`nodes` takes up to {queries.MOST_NODES}"),
    ("docs/api.md", f"1 to {paging.MOST}, and 50 when left out"),
    ("docs/api.md", f"counts to {_n(paging.MOST_COUNTED)}, no further"),
    ("docs/api.md", f"Up to {filters.MOST_VALUES} ids"),
    ("docs/api.md", f"Up to {filters.MOST_FILTERS} filters in all, {filters.DEEPEST} levels deep"),
    ("docs/api.md", f"{texts.NAME.bounds}, at most {bounds.SEARCHED_WORDS.most} words"),
    ("docs/api.md", f"at most {bounds.RESULTS.most} hits"),
    ("docs/api.md", f"and {list_fields.USUAL_WITHIN} things when nothing is said"),
    ("docs/api.md", f"`jobs(limit:)` up to {_n(boards.MOST_CARDS)}"),
    ("docs/api.md", f"{pipelines.MOST_STAGES} stages and {statuses.MOST_CUSTOM_STATUSES} custom statuses a pipeline"),
    ("docs/api.md", f"{boards.MOST_TASKS} tasks of a job"),
    ("docs/api.md", f"{pipelines.MOST_MEMBERS} members of a pipeline"),
    (
        "docs/api.md",
        f"The body is over {_n(WIRE.body_limit)} bytes, or over {_n(WIRE.stranger_body_limit)} without a token",
    ),
    ("docs/api.md", f"variables of more than {_n(admission.FEW_VALUES)} values, waits for"),
    (
        "docs/api.md",
        f"within {_n(admission.LONGEST_WAIT)} seconds, or {admission.LONGEST_WAIT_OF_ANYBODY} without a token",
    ),
    (
        "docs/decisions/0066-what-takes-long-to-read-is-read-on-a-thread.md",
        f"more than {admission.FEW_TOKENS} tokens or {_n(admission.FEW_CHARACTERS)} characters "
        f"({admission.FEW_TOKENS_OF_ANYBODY} tokens without a token), or variables of more than {admission.FEW_VALUES}",
    ),
    (
        "docs/decisions/0066-what-takes-long-to-read-is-read-on-a-thread.md",
        f"have a limit, {_n(LIMITS.lines)} ({TO_SIGN_IN.lines} without a token)",
    ),
    ("docs/decisions/0066-what-takes-long-to-read-is-read-on-a-thread.md", f"hashed; {hashing.LONGEST_WAIT} s in all"),
    (
        "docs/domain.md",
        f"1 to {pipelines.MOST_STAGES} stages and up to {statuses.MOST_CUSTOM_STATUSES} custom statuses",
    ),
    ("docs/api.md", f"{texts.IDEMPOTENCY_KEY.bounds}, any but control characters"),
    (
        "docs/domain.md",
        f"Names have {texts.NAME.bounds}, those of tags, account roles, folders, statuses and client-facing "
        f"statuses {texts.LABEL.bounds.removesuffix(' characters')}",
    ),
    ("docs/documents.md", f"A document has at most {bounds.FILES_OF_SIGNED.most} files"),
    ("docs/documents.md", f"After {Settings.model_fields['trash_kept'].default} days"),
    ("docs/documents.md", f"another of its folders, {bounds.FOLDER_LEVELS.most} levels deep at most"),
    ("docs/documents.md", f"An account has at most {bounds.FOLDERS_OF_ACCOUNT.most} (RULE)"),
    ("docs/documents.md", f"Its name has {texts.LABEL.bounds}"),
    ("docs/documents.md", f"`moveDocuments` puts {bounds.BULK.least} to {bounds.BULK.most} documents"),
    ("docs/domain.md", f"Descriptions have {texts.DESCRIPTION.bounds}"),
    (
        "docs/domain.md",
        f"on time and on absences and what clients are told {texts.NOTE.bounds.removesuffix(' characters')}",
    ),
    ("docs/domain.md", f"what clients are told {texts.CLIENT_TEXT.bounds.removesuffix(' characters')}"),
    ("docs/domain.md", f"both included: {bounds.ABSENT} days"),
    ("docs/domain.md", f"The last {bounds.WIKI_VERSIONS.most} are kept"),
    ("docs/domain.md", f"A chat has at most {_n(bounds.MESSAGES.most)}"),
    ("docs/domain.md", f"something to up to {bounds.RELATIONS.most} others"),
    ("docs/domain.md", f"Up to {_n(bounds.BLOCKED_SEARCHED.most)} jobs may wait"),
    ("docs/domain.md", f"mentions up to {bounds.MENTIONS.most} members"),
    ("docs/domain.md", f"up to {bounds.CLIENT_TASKS.most}, each of"),
    ("docs/domain.md", f"Its checklist has up to {bounds.CHECKLIST.most} entries of {texts.NAME.bounds}"),
    ("docs/domain.md", f"up to {bounds.LINKED.most} active members"),
    ("docs/domain.md", f"An e-mail address has {texts.EMAIL.bounds.removesuffix(' characters')}"),
    (
        "docs/import.md",
        f"at most {files.MOST_BYTES >> 20} MiB, {_n(files.MOST_ROWS)} lines and {files.MOST_COLUMNS} columns, "
        f"{_n(files.MOST_IN_CELL)} characters in a cell and {_n(files.MOST_IN_LINE)} in a line of CSV",
    ),
    (
        "docs/import.md",
        f"at most {files.MOST_UNPACKED >> 20} MiB when it is unpacked, {_n(files.MOST_PARTS)} parts, and "
        f"{_n(files.MOST_CELLS)} cells",
    ),
    ("docs/import.md", f"{MOST_LINES} lines are one transaction and one revision"),
    ("docs/operations.md", f"kept for {_n(housekeeping.KEYS_KEPT_FOR.total_seconds() / 3600)} hours"),
    ("docs/operations.md", f"ended sessions for {sign_in.KEPT_AFTER_END.days} days"),
    ("docs/operations.md", f"runs of followers for {runs.RUNS_KEPT_FOR.days} days after they ended"),
    ("docs/decisions/0003-the-bell-is-one-redis-channel.md", f"`{bell.CHANNEL}`"),
    ("docs/decisions/0003-the-bell-is-one-redis-channel.md", f"over {bell.MOST_BYTES // 1024} KiB"),
    ("docs/decisions/0003-the-bell-is-one-redis-channel.md", f"{_n(bell.MOST_WAITING)} are kept"),
    ("docs/deployment.md", f"`{bell.CHANNEL}`"),
    ("docs/deployment.md", f"from {_n(WIRE.compress_from)} bytes on"),
    (
        "docs/deployment.md",
        f"websocket ping every {_n(WIRE.ping_interval)} seconds and a comment on event streams every "
        f"{_n(WIRE.keep_alive)}",
    ),
]


@pytest.mark.parametrize(("name", "words"), SENTENCES)
def test_figures_in_sentences(name: str, words: str) -> None:
    assert words in " ".join(prose(page(name)).split())


def test_the_promise_of_a_heartbeat_is_kept() -> None:
    """What clients may rely on is no more than what the server does, a sweep included."""
    (promised,) = set(re.findall(r"at least every (\d+) seconds", page("docs/live.md")))
    assert PACE.heartbeat + PACE.sweep < int(promised)


def test_what_a_leaked_key_signed_is_closed_within_the_promised_minute() -> None:
    """By a server that knows of the new key by then: it looks more often than that, and so does whoever verifies."""
    assert "refuses all earlier access tokens within a minute" in " ".join(prose(page("docs/operations.md")).split())
    assert PACE.sessions + PACE.sweep + PACE.hold_after < 60
    assert signing_keys._REFRESHED_AFTER <= 60


def test_keys_are_kept_for_as_long_as_clients_are_told() -> None:
    (promised,) = re.findall(r"for at least (\d+) hours", page("docs/api.md"))
    assert housekeeping.KEYS_KEPT_FOR.total_seconds() / 3600 >= int(promised)
