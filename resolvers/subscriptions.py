"""The root of subscriptions: which stream, for whom. What is sent is executed by the engine, under the scope of each
message."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry
from strawberry.types.info import Info

from models.ids import Kind
from resolvers.context import Context
from resolvers.naming import visible_ids
from schema.field_resolvers import RESOLVER, Read, TypeCheck
from schema.list_size import ListSize
from schema.per_viewer import own_stream
from schema.scalars import Revision
from schema.types.base import value
from schema.types.events import Event
from subscriptions.interest import BoardInterest, Interest, JobInterest, OwnInterest
from subscriptions.message import MOST_EVENTS, Message

MOST_PIPELINES = 100
MOST_JOBS = 100


@strawberry.type(
    description="What has changed since the last message of this subscription. If `previous` is not your cursor, or "
    "`resync` is true, what you have is not whole: read it anew, then go on from the `revision` of that answer."
)
class Changes:
    """Made of a `subscriptions.message.Message`."""

    revision: Revision = value(lambda message: message.revision, "Your cursor from now on.")
    previous: Revision | None = value(
        lambda message: message.previous,
        "The revision of the last message of this subscription, or your `after`; null on the first without one. It "
        "proves that nothing is missing: revisions that you may not see leave gaps between the numbers.",
    )
    resync: bool = value(
        lambda message: message.resync, "Too much has changed to say what, or the log is another one: read anew."
    )
    epoch: strawberry.ID = value(
        lambda message: str(message.epoch), "Names the log. Another one than that of your data: read anew."
    )
    events: list[Event] = strawberry.field(
        resolver=lambda root: root.events,
        metadata={RESOLVER: Read(lambda message: message.events)},
        description="What happened, one event for each thing that changed (and each job that its task or time entry "
        "touched), the last one, with the thing's present "
        f"state; in order; at most {MOST_EVENTS:,}. Empty in a heartbeat, which comes at least every 25 seconds.",
        directives=[ListSize(assumed_size=10)],
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, Message))


After = Annotated[
    Revision | None,
    strawberry.argument(
        description="The `revision` of the answer or message that you have: you get what came after it, then what "
        "comes. Without it you get what comes from now on."
    ),
]
Epoch = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The `epoch` that goes with `after`: with another one you are told to read anew."),
]


async def _board_changes(
    info: Info,
    pipelines: Annotated[
        list[strawberry.ID] | None,
        strawberry.argument(
            description=f"The boards that you show, 1 to {MOST_PIPELINES}; all that you see when left out."
        ),
    ] = None,
    after: After = None,
    epoch: Epoch = None,
) -> AsyncIterator[Changes]:
    context: Context = info.context
    if pipelines is None:
        return SourceStream(BoardInterest())  # type: ignore[return-value]
    ids = await visible_ids(context, Kind.PIPELINE, pipelines, MOST_PIPELINES, "pipelines")
    return SourceStream(BoardInterest(ids))  # type: ignore[return-value]


async def _job_changes(
    info: Info,
    jobs: Annotated[list[strawberry.ID], strawberry.argument(description=f"From 1 to {MOST_JOBS} jobs.")],
    after: After = None,
    epoch: Epoch = None,
) -> AsyncIterator[Changes]:
    context: Context = info.context
    return SourceStream(JobInterest(await visible_ids(context, Kind.JOB, jobs, MOST_JOBS, "jobs")))  # type: ignore[return-value]


async def _viewer_changes(info: Info, after: After = None, epoch: Epoch = None) -> AsyncIterator[Changes]:
    context: Context = info.context
    return SourceStream(OwnInterest(context.viewer.member_id))  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class SourceStream:
    """What a subscription is about. It is the source stream of the specification only in name: messages are made once
    for all who follow the same, by `subscriptions.cohort`, and pushed."""

    interest: Interest

    def __aiter__(self) -> AsyncIterator[Any]:
        raise TypeError("A subscription is not iterated here: see subscriptions/subscribe.py.")


@strawberry.type(
    description="What is told as it happens. Each field is a stream that survives lost connections: come back with "
    "`after`."
)
class Subscription:
    """The root."""

    board_changes: Changes = strawberry.subscription(
        resolver=_board_changes,
        description="What happens on boards: to cards, stages, statuses, and to what cards are made of.",
    )
    job_changes: Changes = strawberry.subscription(
        resolver=_job_changes, description="What happens to jobs, their tasks and their time, and to what they show."
    )
    viewer_changes: Changes = strawberry.subscription(
        resolver=_viewer_changes,
        description="What is your own, wherever you look: your time and your timer, also at accounts that you no "
        "longer see; your name, role and rights; that an account or a pipeline was given to you or taken from you. Of "
        "your own time everything is told but what needs MANAGE_RATES. When what you may see has changed, the event "
        "that says so is followed by a message with `resync`. Read `viewer { timer { … } }` with `revision`, and go on "
        "from there.",
        metadata=own_stream(),
    )
