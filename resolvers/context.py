"""What one operation is answered with: who asks, what they may see, and loaders of its own."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from models.activity import ActivityFilter, read_activity
from models.actor import Actor
from models.automation.quota import waiting_until
from models.automation.run_reads import revisions_of_runs
from models.caller import Caller
from models.errors import SignInRefused
from models.files.links import LINK_LIFETIME
from models.ids import Kind
from models.log import Logged, Reached, read_histories
from models.partitions import log_begins
from models.policies import hides_own
from models.position import Position
from models.scope import Rows, Scope, Viewer
from models.seen import named
from models.viewers import viewer
from resolvers.loaders import Loaders
from resolvers.paging import MOST_COUNTED, Page
from resolvers.timing import Timing
from resolvers.within import OfPage, page_within
from schema.list_fields import ListWithin

#: The most things that one operation is answered with. Its cost, known before, takes lists to be of their usual size;
#: this is for those that are not, and for lists of them within each other.
MOST_THINGS = 100_000


@dataclass(slots=True)
class Context:
    """The context of one operation, or of one delivery of a subscription.

    Without a viewer it is either nobody's, who may sign in and no more, or that of an execution shared by all who have
    the same scope: a resolver that reaches for the viewer then fails at once, instead of answering one as another.
    """

    known_scope: Scope | None = None
    known_viewer: Viewer | None = None
    #: Where the firm's log was before anything was read. None on a message of a subscription,
    #: which says so itself.
    position: Position | None = None
    #: Whatever the process that serves has for its resolvers: the live part reads it.
    services: Any = None
    #: The network that the caller comes from. Empty where an answer is made for more than one caller.
    address: str = ""
    #: Whose own stream is told: what is theirs of what is told is not withheld from them. Set by the engine.
    owner: UUID | None = None
    load: Loaders = field(init=False)
    #: The clock. Nothing here reads another one.
    timing: Timing = field(default_factory=Timing)
    #: Whether the viewer was shut out meanwhile: of what they are told at last, nothing is anybody's own.
    shut_out: bool = False
    #: Whoever asked has gone: what is still being answered need not be.
    abandoned: bool = False
    #: How many things the answer has, so far.
    things: int = 0
    #: As far as `totalCount` counts.
    most_counted: int = MOST_COUNTED
    #: In seconds: how long whoever asks had to wait until their document was read.
    waited: float = 0.0

    def __post_init__(self) -> None:
        self.refresh()

    @classmethod
    def of(cls, viewer: Viewer | None, services: Any = None, address: str = "", *, waited: float = 0.0) -> "Context":
        """For an operation of a viewer, or of nobody, who has waited so many seconds already."""
        if viewer is None:
            return cls(services=services, address=address, waited=waited)
        return cls(viewer.scope, viewer, viewer.position, services, address, waited=waited)

    @classmethod
    def shared(cls, viewer: Viewer, services: Any = None) -> "Context":
        """For a query whose answer is given to all who may see what this viewer may see."""
        return cls(viewer.scope, None, viewer.position, services)

    @property
    def scope(self) -> Scope:
        """What may be seen; `SignInRefused` for nobody."""
        if self.known_scope is None:
            raise SignInRefused("Sign in first: send the access token of `signIn` as `Authorization: Bearer …`.")
        return self.known_scope

    @property
    def viewer(self) -> Viewer:
        """Who asks."""
        if self.known_viewer is None:
            # Nobody is told to sign in; a shared execution has no viewer, and must not have asked.
            raise RuntimeError(f"There is no viewer here: {self.scope}")
        return self.known_viewer

    def rows_of(self, kind: Kind) -> Rows[Any]:
        """The rows of a kind that are seen here: where some are seen for being one's own alone, through the viewer. A
        field that asks for such rows says so (`schema/per_viewer.py`), or fails at once when its answer is shared,
        instead of answering less."""
        if named(kind).untold:
            self.timing.momentary = True
        policy = named(kind).policy.of(self.scope.audience)
        if self.known_viewer is None and (self.shut_out or not hides_own(policy, self.scope)):
            return self.scope.of_kind(kind)
        return self.viewer.of_kind(kind)

    @property
    def actor(self) -> Actor:
        """The viewer as the actor of a command."""
        scope = self.scope  # First: nobody is told to sign in.
        return Actor.viewer(scope.audience, scope.firm_id, self.viewer.member_id, self.caller, self.viewer.token_id)

    @property
    def caller(self) -> Caller:
        """Where the operation comes from, signed in or not."""
        session_id = self.known_viewer.session_id if self.known_viewer else None
        return Caller(self.address, session_id, lambda: self.abandoned, self.waited)

    @property
    def firm_id(self) -> UUID:
        """The firm of the operation."""
        return self.scope.firm_id

    @property
    def now(self) -> datetime:
        """The moment of the operation. Its answer is then given to nobody else."""
        return self.timing.now

    @property
    def today(self) -> date | Awaitable[date]:
        """The firm's day, or the future of it. The answer is then given to nobody on another day."""
        return self.load.day_of(self.firm_id)

    def last_used(self, token: Any) -> datetime | None:
        """When a personal token was last used. That is written without a revision, so an answer that has it is given to
        nobody else."""
        self.timing.momentary = True
        moment: datetime | None = token.last_used_at
        return moment

    @property
    def link_lifetime(self) -> timedelta:
        """How long links to the bytes of files are good that are made here."""
        lifetime: timedelta = LINK_LIFETIME if self.services is None else self.services.link_lifetime
        return lifetime

    async def present_viewer(self) -> Viewer | None:
        """The viewer as of now; None when they are out."""
        return await viewer(self.viewer.member_id, self.viewer.token_id)

    async def page_within(
        self, within: ListWithin, owner: UUID, filter: Any, sort: list[Any] | None, of_page: OfPage
    ) -> Page[Any]:
        """A page of a list on a thing."""
        return await page_within(self, within, owner, filter, sort, of_page)

    async def read_histories(
        self, job_ids: Sequence[UUID], *, reached: Reached, limit: int
    ) -> dict[UUID, list[Logged]]:
        """What is shown of the histories of these jobs. The log may be pruned without a revision, so an answer that has
        something of it is given to nobody else."""
        self.timing.momentary = True
        return await read_histories(self.scope, job_ids, reached=reached, limit=limit)

    async def read_activity(self, wanted: ActivityFilter, *, reached: Reached, limit: int) -> list[Logged]:
        """What is shown of what happened in the firm; of the log, too."""
        self.timing.momentary = True
        return await read_activity(self.scope, wanted, reached=reached, limit=limit)

    async def revisions_of_runs(self, runs: Sequence[Any]) -> dict[Any, int]:
        """The revision in which each of these runs of automations ended: by the same."""
        self.timing.momentary = True
        return await revisions_of_runs(self.firm_id, runs)

    async def automations_wait_until(self) -> datetime | None:
        """Until when automatic actions of the firm wait. That is written without a revision."""
        return await waiting_until(self.firm_id, self.now)

    async def log_begins(self, firm_id: UUID) -> datetime | None:
        """Since when the firm's log has everything: by the same."""
        self.timing.momentary = True
        return await log_begins(firm_id)

    @property
    def overfull(self) -> bool:
        """Whether there are more things to answer with than allowed."""
        return self.things > MOST_THINGS

    def holds(self, things: int) -> bool:
        """Count so many things in, and say whether the answer still holds them. When it does not, leave them out: the
        whole answer is refused at the end, and an error for each of them would take longer than they."""
        self.things += things
        return self.things <= MOST_THINGS

    def see_as(self, viewer: Viewer | None) -> None:
        """Answer with what the viewer may see as of now, instead of when the operation began: it may have waited."""
        if viewer is None:
            raise SignInRefused("You are signed out. Sign in again.")
        self.known_viewer = replace(viewer, session_id=self.viewer.session_id)
        self.known_scope = viewer.scope

    def turn(self) -> None:
        """Forget what was loaded: another page of the same moment is to be answered."""
        self.load = Loaders(self)
        self.things = 0

    def refresh(self) -> None:
        """Forget what was loaded: something has changed, or may have."""
        self.load = Loaders(self)
        self.timing.go_on()
