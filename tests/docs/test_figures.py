"""The figures on the pages are those of the code."""

from __future__ import annotations

import re
from typing import Any

import pytest

from models import attempts, boards, housekeeping, refreshing, sign_in, signing_keys, tokens
from models.commands import pipelines, statuses
from resolvers import filters, paging, queries, subscriptions
from schema.limits import Limits, list_size
from schema.root import graphql_schema
from subscriptions import bell, message
from subscriptions.pace import PACE
from tests.docs.pages import page, prose, rows, section
from transport.options import TransportOptions

LIMITS, WIRE = Limits(), TransportOptions()


def _n(value: float) -> str:
    return f"{value:,.0f}"


FIGURES = {
    ("docs/api.md", "Limits"): {
        "Body": f"{_n(WIRE.body_limit)} bytes",
        "Tokens of a document": _n(LIMITS.tokens),
        "Depth": f"{LIMITS.depth} levels",
        "Aliases": _n(LIMITS.aliases),
        "Root fields": _n(LIMITS.root_fields),
        "Directives": _n(LIMITS.directives),
        "Cost": f"{_n(LIMITS.cost)} points",
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
        "Size of a message from a client": f"{_n(WIRE.message_limit)} bytes",
        "Messages from a client": f"{_n(WIRE.message_rate)} a second, {_n(WIRE.message_burst)} at once",
        "Operations at once on a socket": _n(WIRE.operations_per_socket),
        "Sockets and event streams of a member": f"{_n(WIRE.sockets_per_member)} in each server process",
        "What waits for a slow reader": f"{WIRE.queue_bound // 1024} KiB, then nothing new is made until it reads",
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
    ("docs/api.md", f"`nodes` takes up to {queries.MOST_NODES}"),
    ("docs/api.md", f"1 to {paging.MOST}, and 50 when left out"),
    ("docs/api.md", f"counts to {_n(paging.MOST_COUNTED)}, no further"),
    ("docs/api.md", f"Up to {filters.MOST_VALUES} ids"),
    ("docs/api.md", f"Up to {filters.MOST_FILTERS} filters in all, {filters.DEEPEST} levels deep"),
    ("docs/api.md", f"`jobs(limit:)` up to {_n(boards.MOST_CARDS)}"),
    ("docs/api.md", f"{pipelines.MOST_STAGES} stages and {statuses.MOST_CUSTOM_STATUSES} custom statuses a pipeline"),
    ("docs/api.md", f"{boards.MOST_TASKS} tasks of a job"),
    ("docs/api.md", f"{pipelines.MOST_MEMBERS} members of a pipeline"),
    ("docs/api.md", f"The body is over {_n(WIRE.body_limit)} bytes"),
    (
        "docs/domain.md",
        f"1 to {pipelines.MOST_STAGES} stages and up to {statuses.MOST_CUSTOM_STATUSES} custom statuses",
    ),
    ("docs/operations.md", f"kept for {_n(housekeeping.KEYS_KEPT_FOR.total_seconds() / 3600)} hours"),
    ("docs/operations.md", f"ended sessions for {sign_in.KEPT_AFTER_END.days} days"),
    ("docs/decisions/0003-the-bell-is-one-redis-channel.md", f"`{bell.CHANNEL}`"),
    ("docs/decisions/0003-the-bell-is-one-redis-channel.md", f"over {bell.MOST_BYTES // 1024} KiB"),
    ("docs/decisions/0003-the-bell-is-one-redis-channel.md", f"{_n(bell.MOST_WAITING)} are kept"),
    ("docs/deployment.md", f"`{bell.CHANNEL}`"),
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
