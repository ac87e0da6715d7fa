"""How a subscription begins: under which scope, from where, and with whom."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from uuid import UUID

from models.scope import Scope, Viewer
from subscriptions.cohorts import Cohorts
from subscriptions.feed import Feed
from subscriptions.log_tail import changes_scope
from subscriptions.rank import Owed
from subscriptions.retrying_reads import RetryingReads
from subscriptions.subscriber import Subscriber
from subscriptions.topic import Topic
from transport.engine import Sink


@dataclass(frozen=True, slots=True)
class Standing:
    """What a client has: everything up to `after` of the log that is named `epoch`; None is nothing, and any log."""

    after: int | None = None
    epoch: UUID | None = None


async def subscribe(
    cohorts: Cohorts,
    sink: Sink,
    standing: Standing,
    *,
    firm_id: UUID,
    member_id: UUID,
    document: Hashable,
    read_viewer: Callable[[], Awaitable[Viewer]],
    make_topic: Callable[[Viewer], Awaitable[Topic]],
) -> Subscriber:
    """Serve a member of the firm from now on. `document` is that of the topic, which may be one too many. Whatever
    `read_viewer` and `make_topic` raise is passed on."""
    hub = cohorts.hub
    # Before anything is read for it: of many that come at the same time, too, no more begin than may.
    hub.documents.enter(firm_id, member_id, document)
    try:
        return await _serve(cohorts, await hub.follow(firm_id), sink, standing, read_viewer, make_topic)
    except BaseException:
        hub.documents.leave(firm_id, member_id, document)
        raise


async def _serve(
    cohorts: Cohorts,
    feed: Feed,
    sink: Sink,
    standing: Standing,
    read_viewer: Callable[[], Awaitable[Viewer]],
    make_topic: Callable[[Viewer], Awaitable[Topic]],
) -> Subscriber:
    hub = cohorts.hub
    try:
        viewer, topic, kept = await _read(cohorts, feed, standing, read_viewer, make_topic)
        subscriber = Subscriber(hub, viewer, topic, sink)
    except BaseException:
        hub.leave(feed.firm_id)
        raise
    owed = Owed.MESSAGE
    if standing.after is not None:
        hub.counts.resumed += 1
        if not kept or not _may_resume(feed, standing.after, standing.epoch, viewer.member_id):
            owed = Owed.RESYNC
    cohort = cohorts.of(feed, topic, viewer.scope)
    cohort.vouched = True
    cohort.join(subscriber, standing.after, owed)
    return subscriber


async def _read(
    cohorts: Cohorts,
    feed: Feed,
    standing: Standing,
    read_viewer: Callable[[], Awaitable[Viewer]],
    make_topic: Callable[[Viewer], Awaitable[Topic]],
) -> tuple[Viewer, Topic, bool]:
    """The viewer as of the feed's head, what they ask, and whether what came after where they stand can be told."""
    reads = RetryingReads(cohorts.hub, feed)
    after, kept = standing.after, True
    while True:
        asked_at = asyncio.get_running_loop().time()
        viewer = await reads.read(read_viewer)
        feed.confirm(viewer.position, asked_at)
        life = feed.life
        if viewer.epoch != feed.epoch:
            continue  # read before the other log came
        await feed.reach(viewer.revision)
        looked_up_at = feed.head
        topic = await make_topic(viewer)
        if after is not None and standing.epoch in (None, feed.epoch) and after <= feed.head:
            kept = await reads.read(lambda: feed.reach_back(after))
        # The feed was joined before the viewer was read: what it has not heard did not happen.
        same_scope = feed.rescoped_at.get(viewer.member_id, 0) <= viewer.revision
        if feed.life == life and same_scope and not _lost_since(feed, topic, viewer.scope, looked_up_at):
            return viewer, topic, kept


def _lost_since(feed: Feed, topic: Topic, scope: Scope, revision: int) -> bool:
    """Whether something that the topic names has left this scope's sight after a revision, or may have."""
    since = feed.tail.after(revision)
    if since is None:
        return True
    told = (topic.interest.told(logged.event, scope) for each in since for logged in each.committed.events)
    return any(topic.interest.loses(event) for event in told if event is not None)


def _may_resume(feed: Feed, after: int, epoch: UUID | None, member_id: UUID) -> bool:
    """Whether the client's cursor is one of this log, and all that they could see since is known."""
    if epoch not in (None, feed.epoch) or after > feed.head:
        return False
    revisions = feed.tail.after(after)
    # What was visible at the cursor under another scope is not known any more.
    return revisions is not None and not changes_scope(member_id, revisions)
