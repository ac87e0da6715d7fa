"""Executes operations for the transports: signs callers in, applies the limits, answers in bytes."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import orjson
from graphql import (
    ExecutionResult,
    Executor,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    create_source_event_stream,
)
from opentelemetry import trace

from engine.admission import Admission, BudgetSpent, of_anybody, of_members
from engine.answers import Answer, Answers, Moment
from engine.costs import Measured
from engine.execution.executor import execute
from engine.faults import formatted
from engine.limits import TO_SIGN_IN, Limits
from engine.live import Listener, LiveTopic, topic_key
from engine.persisted import Persisted, check_name, name_of, not_found
from engine.points import GIVEN_AGAIN, Points
from engine.preparation import Preparation
from engine.prepared import Key, Prepared
from engine.session import Session
from engine.sheets.table import table_of
from engine.sheets.walk import MOST_MINUTES, Walk
from engine.trusted import Trusted, not_trusted
from models.audiences import Audience
from models.caller import Caller
from models.clock import today_in
from models.command import shielded
from models.errors import LimitReached, Refusal, SignInRefused
from models.files.links import LINK_LIFETIME
from models.ids import encode
from models.scope import Scope, Viewer
from models.sign_in import KIND_OF, authenticate, elsewhere
from resolvers.context import MOST_THINGS, Context
from resolvers.sign_in import OPEN_MUTATIONS
from resolvers.subscriptions import SourceStream
from subscriptions.cohorts import Cohorts
from subscriptions.hub import Hub
from subscriptions.live_documents import TooManyDocuments
from subscriptions.subscribe import Standing, subscribe
from subscriptions.subscriber import Subscriber
from subscriptions.topic import Topic
from subscriptions.watches import Watch
from transport.engine import Ended, NotSignedIn, Refused, Request, Sheet, Sink

_tracer = trace.get_tracer("jobwire")
#: Fatal to clients: whoever was shut out does not come back by themselves.
_SHUT_OUT = 4401
#: Clients come back with a fresh token.
_REFRESH = 4403
#: In seconds: how long a sheet waits before it looks again whether there are points for its next page.
_PAUSE = 0.1
#: In a set. An estimate.
_BYTES_AN_ID = 120


@dataclass(frozen=True, slots=True)
class Services:
    """What resolvers may use of the process that serves."""

    hub: Hub
    #: How long links to the bytes of files are good.
    link_lifetime: timedelta = LINK_LIFETIME


class Engine:
    """The `transport.engine.Engine` of the product, over a schema, for those whom this schema is for."""

    def __init__(
        self,
        schema: GraphQLSchema,
        hub: Hub,
        *,
        audience: Audience = Audience.TEAM,
        limits: Limits | None = None,
        development: bool = False,
        trusted: Trusted | None = None,
        points: Points | None = None,
        link_lifetime: timedelta = LINK_LIFETIME,
        open_mutations: frozenset[str] = OPEN_MUTATIONS,
    ) -> None:
        self._open_mutations = open_mutations | {"__typename"}
        self._schema = schema
        self._audience = audience
        self._services = Services(hub, link_lifetime)
        self._hub = hub
        self._limits = limits or Limits()
        self._development = development
        self._trusted = Trusted() if trusted is None else trusted
        self._trusted.prepare(schema, self._limits)
        self._members = of_members(self._limits, self._trusted.documents)
        # Whoever develops looks at the schema before they sign in.
        self._anybody = of_anybody(self._limits if development else TO_SIGN_IN, self._trusted.documents)
        self.persisted = Persisted()
        self.points = Points() if points is None else points
        self.answers = Answers()
        self.cohorts = Cohorts(hub)

    async def sign_in(self, token: str | None, address: str = "") -> Session:
        """The session of an access token, or what a personal token serves for; nobody's for None."""
        if token is None:
            return Session(address, audience=self._audience)
        try:
            known = await authenticate(token, self._audience)
        except SignInRefused as refusal:
            raise NotSignedIn(refusal.message, refusal.code) from None
        viewer = known.viewer
        session = Session(
            address,
            member_key=encode(KIND_OF[self._audience], viewer.member_id),
            expires_at=known.expires_at,
            member_id=viewer.member_id,
            session_id=viewer.session_id,
            firm_id=viewer.scope.firm_id,
            key_id=known.key_id,
            token_id=viewer.token_id,
            fresh=viewer,
            audience=self._audience,
        )
        # An operation that is already here starts before the loop turns, and saves a statement.
        asyncio.get_running_loop().call_soon(session.settle)
        return session

    def on_end(self, session: Session, callback: Callable[[Ended], None]) -> Callable[[], None]:
        """Call back when the member is deactivated, the session ended, the key of the token replaced, or the personal
        token revoked."""
        if session.member_id is None or session.firm_id is None:
            return lambda: None
        return self._hub.watch(
            Watch(
                session.firm_id,
                session.member_id,
                session.session_id,
                session.key_id,
                lambda ending: callback(Ended(_SHUT_OUT if ending.for_good else _REFRESH, ending.reason)),
                session.token_id,
            )
        )

    async def prepare_in_turn(self, request: Request, session: Session) -> Prepared:
        """At once when that takes no time to speak of, or else when it is the caller's turn, and beside the event loop
        when it takes long. `Refused` when the turn does not come soon."""
        if not self._waits(request, session):
            return self.prepare(request, session)
        admission, asked = self._admission(session), monotonic()
        async with _turn(admission, session):
            waited = monotonic() - asked
            with _refusing():
                preparation = admission.reading.here(lambda: self._admit(request, session))
                return replace(await self._examined(preparation), waited=waited)

    def _waits(self, request: Request, session: Session) -> bool:
        return self._admission(session).waits(self._text_of(request, session), request.variables or {})

    def _text_of(self, request: Request, session: Session) -> str:
        """The text of a request's document, be it sent or named. `Refused` where it is not known, or not to be sent."""
        with _refusing():
            source = request.query or self._named(name_of(request), session)
            if self._trusted.only and source not in self._trusted:
                raise not_trusted()
        return source

    def _named(self, name: str | None, session: Session) -> str:
        if name is None:
            return ""
        source = self._trusted.find(name)
        if source is None and not self._trusted.only:
            # Who has not signed in finds nothing of what members have sent, and pays for having asked.
            if session.member_id is None:
                self._anybody.miss(session.address)
            else:
                source = self.persisted.find(name)
            if source is None:
                raise not_found()
        return source or ""

    def _admission(self, session: Session) -> Admission:
        return self._anybody if session.member_id is None else self._members

    def prepare(self, request: Request, session: Session) -> Prepared:
        """At once, and here. What may be executed can be named from now on, if it came with its name."""
        with _refusing():
            preparation = self._admit(request, session)
            try:
                return preparation.examine()
            finally:
                self._keep(preparation)

    def _admit(self, request: Request, session: Session) -> Preparation:
        """Count, before anything is read."""
        source = self._text_of(request, session)
        admission = self._admission(session)
        name = name_of(request) if request.query else None
        persists = name is not None and check_name(name, source) and session.member_id is not None
        document, tokens = admission.admit(source, _asker(session))
        check_asker = self._check_open if session.member_id is None else _anything
        return Preparation(
            self._schema, admission, request, source, tokens, check_asker, name if persists else None, document
        )

    async def _examined(self, preparation: Preparation) -> Prepared:
        reading = preparation.admission.reading
        try:
            if preparation.takes_long or reading.here(preparation.is_misspelt):
                return await reading.beside(preparation.examine)
            return reading.here(preparation.examine)
        finally:
            self._keep(preparation)

    def _keep(self, preparation: Preparation) -> None:
        """Keep a document, whatever is wrong with it: to be refused again takes no time then."""
        if preparation.document is not None:
            preparation.admission.keep(preparation.document)
        if preparation.done and preparation.name is not None:
            self.persisted.keep(preparation.name, preparation.source)

    def _check_open(self, operation: OperationDefinitionNode) -> None:
        if not self._open_to_all(operation):
            raise _not_signed_in()

    def _open_to_all(self, operation: OperationDefinitionNode) -> bool:
        names = {
            node.name.value if isinstance(node, FieldNode) else None for node in operation.selection_set.selections
        }
        if operation.operation.value == "mutation":
            return names <= self._open_mutations
        open_queries = {"__typename", "__schema", "__type"} if self._development else {"__typename"}
        return operation.operation.value == "query" and names <= open_queries

    async def execute(self, prepared: Prepared, session: Session) -> bytes:
        """The response to a query or mutation. `Refused` when its caller has spent too much."""
        price = self._charge(prepared, session)
        try:
            viewer = await session.viewer()
        except SignInRefused as refusal:
            return _body(ExecutionResult(None, [_as_error(refusal)]))
        if viewer is None:
            return await self._answer_to_nobody(prepared, self._context(prepared, None, session))
        if prepared.kind == "mutation" or prepared.is_per_viewer(viewer.scope):
            return (await self._answer(prepared, self._context(prepared, viewer, session))).body
        return await self._shared(prepared, viewer, price)

    def _context(self, prepared: Prepared, viewer: Viewer | None, session: Session) -> Context:
        return Context.of(viewer, self._services, session.address, waited=prepared.waited)

    async def _shared(self, prepared: Prepared, viewer: Viewer, price: int) -> bytes:
        """An answer that is made once for all who may see the same. Whoever it is not made for is given most of the
        price back."""
        # Read with the scope, so it is the present revision: what has been committed is in the answer.
        moment = Moment(viewer.position, today_in(viewer.time_zone))
        question = prepared.key, viewer.scope
        made = False

        async def make() -> Answer:
            nonlocal made
            made = True
            # One each time: each has a clock of its own.
            return await self._answer(prepared, Context.shared(viewer, self._services))

        body = await self.answers.get(question, moment, make, size=_bytes_of(*question))
        if not made:
            self.points.give_back(viewer.member_id, price - GIVEN_AGAIN)
        return body

    async def sheet(self, prepared: Prepared, session: Session, sheet: Sheet) -> None:
        """Write the answer to a query to a sheet. `Refused` when its caller has spent too much to begin."""
        if session.member_id is None:
            raise _not_signed_in()
        try:
            viewer = await session.viewer()
        except SignInRefused as refusal:
            raise Refused([formatted(_as_error(refusal))], 401) from None
        context = Context.of(viewer, self._services, session.address)
        table = table_of(prepared, context)
        price = self._charge(prepared, session)

        async def pay() -> None:
            await self._pay(session, price, sheet)

        affordable = MOST_MINUTES * self.points.a_minute // price
        walk = Walk(table, context, sheet, self._run, pay, affordable)
        try:
            await shielded(walk.go(prepared))
        except asyncio.CancelledError:
            context.abandoned = True
            raise

    async def _pay(self, session: Session, price: int, sheet: Sheet) -> None:
        """Let the member owe for one page more, when that leaves them what else they may ask for meanwhile."""
        assert session.member_id is not None
        keeping = max(0, min(self.points.a_minute // 2, self.points.a_minute - price))
        while sheet.wanted:
            try:
                return self.points.spend(session.member_id, price, keeping=keeping)
            except BudgetSpent:
                await asyncio.sleep(_PAUSE)

    def headers(self, session: Session) -> Mapping[str, str]:
        """What is left to a member, as headers (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/)."""
        if session.member_id is None:
            return {}
        standing = self.points.standing(session.member_id)
        return {
            "ratelimit-policy": f'"points";q={self.points.a_minute};w=60',
            "ratelimit": f'"points";r={standing.left};t={standing.whole_in}',
        }

    def _charge(self, prepared: Prepared, session: Session) -> int:
        """Let the member owe what the operation costs: its price."""
        price = max(GIVEN_AGAIN, prepared.measured.cost)
        if session.member_id is not None:
            try:
                self.points.spend(session.member_id, price)
            except BudgetSpent as spent:
                raise _too_soon(spent) from None
        return price

    async def _answer_to_nobody(self, prepared: Prepared, context: Context) -> bytes:
        answer = await self._answer(prepared, context)
        if context.known_viewer is not None:
            self._anybody.proven.keep(prepared.document)
        return answer.body

    async def _answer(self, prepared: Prepared, context: Context) -> Answer:
        result = await self._run(prepared, context)
        repeatable = not context.overfull and all(map(_is_of_the_question, result.errors or ()))
        timing = context.timing
        return Answer(_body(result, prepared.measured, self._limits), repeatable, timing.day, timing.momentary)

    async def subscribe(self, prepared: Prepared, session: Session, sink: Sink) -> Subscriber:
        """Serve a subscription: each message is executed under the scope that it was made for, once for all who are
        told the same."""
        if session.firm_id is None or session.member_id is None:
            raise _not_signed_in()
        self._charge(prepared, session)
        after, epoch = prepared.standing()
        try:
            return await subscribe(
                self.cohorts,
                sink,
                Standing(after, _epoch(epoch)),
                firm_id=session.firm_id,
                member_id=session.member_id,
                document=prepared.key,
                read_viewer=session.present_viewer,
                make_topic=lambda viewer: self._topic(prepared, viewer),
            )
        except SignInRefused as refusal:
            raise Refused([formatted(_as_error(refusal))], 401) from None
        except TooManyDocuments as refusal:
            error = GraphQLError(refusal.message, extensions={"code": "LIMIT", "limit": "live documents"})
            raise Refused([formatted(error)]) from None

    async def _topic(self, prepared: Prepared, viewer: Viewer) -> Topic:
        """That of those who follow the same already, if what the arguments name was looked up for them; or else it is
        now."""
        listener = Listener.of(viewer)
        key = topic_key(prepared, viewer.scope, listener)
        found = self.cohorts.find(key, viewer.scope)
        if found is not None and found.vouched and not prepared.may_be_per_viewer:
            return found.topic
        stream = await self._stream_of(prepared, Context.of(viewer, self._services))
        return LiveTopic(prepared, stream.interest, listener, self._run, self._services)

    async def _stream_of(self, prepared: Prepared, context: Context) -> SourceStream:
        executor = Executor.build(
            self._schema,
            prepared.document.ast,
            context_value=context,
            raw_variable_values=prepared.variables,
            operation_name=prepared.name,
        )
        if isinstance(executor, list):
            raise Refused([formatted(error) for error in executor])
        source: Any = create_source_event_stream(executor)
        if inspect.isawaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            raise Refused([formatted(error) for error in source.errors or []])
        assert isinstance(source, SourceStream)
        return source

    def _is_for(self, context: Context) -> bool:
        """Whether the schema is for whom this is executed. Sessions admit nobody else; whoever got past them would be
        shown by types that were not made for them what they see by types that were."""
        return context.known_scope is None or context.known_scope.audience is self._audience

    async def _run(self, prepared: Prepared, context: Context, root: Any = None) -> ExecutionResult:
        with _tracer.start_as_current_span(f"graphql {prepared.kind}") as span:
            # The name is the client's own; the document, which may hold what somebody typed, stays out.
            span.set_attributes(
                {"graphql.operation.type": prepared.kind, "graphql.operation.name": prepared.name or ""}
            )
            # Of a shared execution there is no viewer, and nothing is anybody's own.
            context.owner = context.known_viewer.member_id if prepared.is_own and context.known_viewer else None
            if not self._is_for(context):
                return ExecutionResult(None, [_as_error(elsewhere())])
            result: Any = execute(
                self._schema, prepared.document, root, context, prepared.variables, prepared.name, prepared.read
            )
            if inspect.isawaitable(result):
                result = await _to_its_end(result, context)
        assert isinstance(result, ExecutionResult)
        return _overfull() if context.overfull else result


@asynccontextmanager
async def _turn(admission: Admission, session: Session) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(admission.turns.turn(Caller(_asker(session))))
        except LimitReached as refusal:
            raise Refused([formatted(_busy(refusal))], 429, retry_after=refusal.retry_after) from None
        yield


@contextmanager
def _refusing() -> Iterator[None]:
    """A block in which a request is refused by errors."""
    try:
        yield
    except BudgetSpent as spent:
        raise _too_soon(spent) from None
    except GraphQLError as error:
        raise Refused([formatted(error)]) from None


def _anything(_operation: OperationDefinitionNode) -> None:
    """What members may ask for is another's business."""


def _too_soon(spent: BudgetSpent) -> Refused:
    return Refused([formatted(spent)], 429, retry_after=spent.retry_after)


def _asker(session: Session) -> str:
    """Whose budget it is, and whose turn."""
    return session.address if session.member_id is None else str(session.member_id)


def _busy(refusal: LimitReached) -> GraphQLError:
    extensions = {"code": "LIMIT", "limit": "turns", "retryAfter": refusal.retry_after}
    return GraphQLError(refusal.message, extensions=extensions)


async def _to_its_end(result: Awaitable[ExecutionResult], context: Context) -> ExecutionResult:
    """Await an execution. When the caller is cancelled it goes on by itself, but loads nothing more: cut off in the
    middle, it would leave behind coroutines that nobody awaits."""

    async def through() -> ExecutionResult:
        return await result

    try:
        return await shielded(through())
    except asyncio.CancelledError:
        context.abandoned = True
        raise


def _overfull() -> ExecutionResult:
    message = (
        f"The answer would have more than {MOST_THINGS:,} things in it. Ask for smaller pages, with `first` or "
        "`limit`, or for fewer lists within lists."
    )
    return ExecutionResult(None, [GraphQLError(message, extensions={"code": "LIMIT", "limit": "things"})])


def _bytes_of(key: Key, scope: Scope) -> int:
    """What a question takes that is kept: its text, its variables, and a scope that may be its caller's own."""
    source, _, variables = key
    return len(source) + len(variables) + _BYTES_AN_ID * (len(scope.accounts or ()) + len(scope.pipelines or ()))


def _is_of_the_question(error: GraphQLError) -> bool:
    """Whether asking the same again would give it again."""
    cause = error.original_error
    return cause is None or isinstance(cause, GraphQLError | Refusal)


def _epoch(text: str | None) -> UUID | None:
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError:
        # It names no log at all, so certainly not this one.
        return UUID(int=0)


def _as_error(refusal: SignInRefused) -> GraphQLError:
    return GraphQLError(refusal.message, original_error=refusal)


def _not_signed_in() -> Refused:
    refusal = SignInRefused("Sign in first: send the access token of `signIn` as `Authorization: Bearer …`.")
    return Refused([formatted(_as_error(refusal))], 401)


def _body(result: ExecutionResult, measured: Measured | None = None, limits: Limits | None = None) -> bytes:
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [formatted(error) for error in result.errors]
    if measured is not None and limits is not None:
        body["extensions"] = {"cost": {"actual": measured.cost, "limit": limits.cost}}
    return orjson.dumps(body)
