"""Clients read, hear and do nothing at all, until something says that it is for them: no row, no event, no action, no
field. What is added later is found by itself."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from engine.engine import Engine, _body
from engine.session import Session
from models.actions import Action, Command
from models.actor import ActorKind
from models.audiences import Audience
from models.command import expect_permitted
from models.commands import members
from models.errors import Forbidden, SignInRefused
from models.event_kinds import KINDS, VIEWS
from models.events import Event, JobMoved, JobRemoved
from models.ids import Kind
from models.items.reads import Wanted
from models.log import Logged, Reached, read_histories
from models.policies import Policy
from models.rights import EVERY_MEMBER, Requirement, Right, Role
from models.rows import Tag, model_of
from models.scope import Scope, Viewer
from models.templates.jobs import create_job
from models.viewers import viewer as viewer_of
from models.visibility import own, saw, shown
from resolvers.context import Context
from schema.permissions import FIELDS
from subscriptions.interest import BoardInterest, JobInterest, OwnInterest
from tests.api.asking import MUTATIONS, QUERIES, SUBSCRIPTIONS
from tests.api.furnished import Furnished
from tests.api.peers import Peers
from tests.api.samples import Sampler, asked, filled
from tests.api.selections import document, root_fields
from tests.api.untouched import untouched
from tests.commands import every_command
from tests.live.direct import open_stream
from transport.engine import Refused, Request

BOTH = frozenset(Audience)


@dataclass
class Portal:
    """A firm with one of everything, and a client of all of its accounts. They have the id of the owner, whose timer
    runs: what is a member's own is nothing of theirs."""

    firm: Furnished
    member: Viewer
    client: Viewer
    #: What no answer to the client may hold.
    traces: list[bytes]

    @property
    def session(self) -> Session:
        """The client's, who has just come."""
        return Session(
            "192.0.2.1",
            member_key="m",
            member_id=self.client.member_id,
            session_id=self.client.member_id,
            firm_id=self.client.scope.firm_id,
            fresh=self.client,
        )


@pytest.fixture(scope="module")
async def portal(database: str) -> Portal:
    """Nothing is changed in it."""
    firm = await Furnished.build("client")
    member = await viewer_of(firm.world.owner.id)
    assert member is not None
    accounts = frozenset(await _ids(Scope.whole(firm.world.firm.id), Kind.ACCOUNT))
    return Portal(firm, member, _as_client(member, accounts), await firm.traces())


def _as_client(member: Viewer, accounts: frozenset[UUID]) -> Viewer:
    return replace(member, scope=Scope.of_client(member.scope.firm_id, accounts))


async def _ids(seen: Scope | Viewer, kind: Kind) -> set[UUID]:
    """What is seen of a kind, whichever way it is read."""
    rows = seen.of_kind(kind)
    by_orm = {row.id for row in await rows.where()}
    assert by_orm == {row.id for row in await rows.read("true")}
    return by_orm


#: The kinds of which clients read anything, each by a policy of its own: those of which there are some for nobody in
#: particular, and those that are each for some.
READ_BY_ALL = {Kind.FIRM, Kind.ACCOUNT, Kind.CHAT}
READ = READ_BY_ALL | {
    Kind.CONTACT,
    Kind.CLIENT_REQUEST,
    Kind.ORGANIZER,
    Kind.PROPOSAL,
    Kind.INVOICE,
    Kind.PAYMENT,
    Kind.DOCUMENT,
}


async def kinds_read(seen: Scope | Viewer) -> set[Kind]:
    """The kinds of which anything is seen."""
    return {kind for kind in Kind if await _ids(seen, kind)}


def _of_peers(peers: Peers, viewer: Viewer) -> list[Logged]:
    logged = [*peers.everything(viewer).events, *(each for each in peers.log if each.event.own_only)]
    assert {type(each.event).__name__ for each in logged} == KINDS.keys() | VIEWS.keys()
    return logged


def events_heard(scope: Scope, viewer: UUID, logged: list[Logged]) -> set[type[Event]]:
    """The kinds of these events that are told in any way, of whatever stream."""
    return {type(each.event) for each in logged if any(_told(each.event, scope, viewer))}


def _told(event: Event, scope: Scope, viewer: UUID) -> Iterator[object]:
    yield shown(event, scope)
    yield saw(event, scope)
    for member in (viewer, *event.owners):
        yield own(event, member, scope)
        yield OwnInterest(member).told(event, scope)
    yield BoardInterest().told(event, scope)
    if event.subject_job is not None:
        yield JobInterest(frozenset({event.subject_job})).told(event, scope)


def actions_allowed(viewer: Viewer, commands: list[Command[..., Any]]) -> set[str]:
    """What a viewer may do at all, whatever role and rights they were given by mistake."""
    return {command.action.name for command in commands if any(_allowed(viewer, command))}


def _allowed(viewer: Viewer, command: Command[..., Any]) -> Iterator[bool]:
    for role in Role:
        for rights in (frozenset[Right](), frozenset(Right)):
            entitled = replace(viewer, role=role, scope=replace(viewer.scope, rights=rights))
            try:
                expect_permitted(entitled, command.action)
            except Forbidden:
                yield False
            else:
                yield True


async def test_a_client_reads_no_row_but_of_these_kinds(portal: Portal) -> None:
    assert await kinds_read(portal.member) == set(Kind)
    for seen in (portal.client, portal.client.scope, replace(portal.client.scope, rights=frozenset(Right))):
        # Of contacts they read themselves alone: the owner's id is no contact's, and nothing is for them by name.
        assert READ_BY_ALL <= await kinds_read(seen) <= READ - {Kind.CONTACT}
    contacts = await _ids(portal.member, Kind.CONTACT)
    assert {kind for id in contacts for kind in await kinds_read(replace(portal.client, member_id=id))} == READ
    assert await _ids(portal.client, Kind.FIRM) == {portal.client.scope.firm_id}
    accounts = portal.client.scope.accounts
    assert accounts is not None
    archived = portal.firm.things["archived account"]
    assert await _ids(portal.client, Kind.ACCOUNT) == accounts - {archived} < accounts
    assert Wanted.of(portal.member.scope, None, None).kinds
    assert Wanted.of(portal.client.scope, None, None).kinds == ()


async def test_of_contacts_a_client_reads_themselves_alone(portal: Portal) -> None:
    contacts = await _ids(portal.member, Kind.CONTACT)
    assert len(contacts) > 1
    for contact in contacts:
        assert await _ids(replace(portal.client, member_id=contact), Kind.CONTACT) == {contact}


async def test_a_client_holds_no_row_of_any_other_kind(portal: Portal) -> None:
    for kind in set(Kind) - READ | {Kind.CONTACT}:
        ids = await _ids(portal.member, kind)
        rows = portal.client.of_kind(kind)
        assert await rows.many(ids) == {}
        assert not await rows.lock_many(ids)
        assert [await rows.find(id) for id in ids] == [None] * len(ids)


async def test_a_policy_that_serves_clients_by_mistake_is_found(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tag, "policy", Policy(whole_team=True, audiences=BOTH))
    assert Kind.TAG in await kinds_read(portal.client.scope)


@pytest.mark.parametrize("kind", Kind)
def test_every_policy_says_for_whom_it_is(kind: Kind) -> None:
    policy = model_of(kind).policy
    assert policy.audiences == {Audience.TEAM}, "What clients see is a policy of its own."
    assert (policy.clients is not None) == (kind in READ), "Then say here that clients read of it."
    assert policy.of(Audience.TEAM) is policy


async def test_a_client_hears_of_no_event_of_any_kind(peers: Peers) -> None:
    one, _ = await peers.viewers("leaders")
    logged = _of_peers(peers, one)
    assert events_heard(one.scope, one.member_id, logged) == {type(each.event) for each in logged}
    places = [place for each in logged if not hasattr(each.event, "of") for place in each.event.now()]
    accounts = frozenset(place.account for place in places if place.account is not None)
    assert accounts
    client = Scope.of_client(one.scope.firm_id, accounts)
    for scope in (client, replace(client, rights=frozenset(Right), accounts=None, pipelines=None)):
        assert events_heard(scope, one.member_id, logged) == set()


@pytest.mark.parametrize("kind", [JobMoved, JobRemoved])
async def test_an_event_that_serves_clients_by_mistake_is_found(
    peers: Peers, monkeypatch: pytest.MonkeyPatch, kind: type[Event]
) -> None:
    one, _ = await peers.viewers("leaders")
    monkeypatch.setattr(kind, "audiences", BOTH)
    client = replace(Scope.of_client(one.scope.firm_id, frozenset()), accounts=None, pipelines=None)
    assert events_heard(client, one.member_id, _of_peers(peers, one)) == {kind}


async def test_no_history_is_told_to_a_client(portal: Portal) -> None:
    jobs = list(await _ids(portal.member, Kind.JOB))

    async def read(scope: Scope) -> list[Logged]:
        found = await read_histories(scope, jobs, reached=Reached(), limit=100)
        return [logged for of_job in found.values() for logged in of_job]

    assert await read(portal.member.scope)
    assert await read(portal.client.scope) == []


async def test_a_client_may_do_nothing(portal: Portal) -> None:
    commands = list(every_command())
    assert actions_allowed(portal.member, commands) == {command.action.name for command in commands}
    assert actions_allowed(portal.client, commands) == set()


async def test_an_action_that_serves_clients_by_mistake_is_found(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(create_job, "action", Action("createJob", replace(EVERY_MEMBER, audiences=BOTH)))
    assert actions_allowed(portal.client, list(every_command())) == {"createJob"}


def test_what_is_withheld_is_from_clients_whatever_they_hold() -> None:
    for needed in FIELDS.values():
        assert needed.met_by(Audience.TEAM, None, frozenset(Right))
        assert not needed.met_by(Audience.CLIENT, None, frozenset(Right))
    mistaken = Requirement(right=Right.MANAGE_RATES, audiences=BOTH)
    assert mistaken.met_by(Audience.CLIENT, None, frozenset(Right))


@asynccontextmanager
async def told_nothing(portal: Portal) -> AsyncIterator[list[bytes]]:
    """The answers that the block collects hold nothing of the firm, and it changes nothing."""
    answers: list[bytes] = []
    async with untouched():
        yield answers
    for trace in portal.traces:
        assert not any(trace in answer for answer in answers), answers


@pytest.mark.parametrize("query", QUERIES)
async def test_a_query_of_a_clients_is_refused(portal: Portal, engine: Engine, query: str) -> None:
    async with told_nothing(portal) as answers:
        for arguments, _ in asked(query, root_fields("query")[query]):
            session, request = portal.session, Request(document("query", query, arguments))
            request = replace(request, variables=filled(arguments, portal.firm.id))
            prepared = engine.prepare(request, session)
            refused = await engine.execute(prepared, session)
            assert b"UNAUTHENTICATED" in refused and b"not for what you ask here" in refused
            # And nobody who came past it would be told more: it is executed for nobody else.
            behind = _body(await engine._run(prepared, Context.of(portal.client, engine._services)))
            answers += [refused, behind]


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_mutation_of_a_clients_is_refused(portal: Portal, engine: Engine, mutation: str) -> None:
    variables = filled(Sampler(mutation, "word").input(), portal.firm.id)
    async with told_nothing(portal) as answers:
        session = portal.session
        prepared = engine.prepare(Request(document("mutation", mutation, ["input"]), variables=variables), session)
        refused = await engine.execute(prepared, session)
        assert b"UNAUTHENTICATED" in refused and b"not for what you ask here" in refused
        behind = _body(await engine._run(prepared, Context.of(portal.client, engine._services)))
        assert b"UNAUTHENTICATED" in behind and b"not for what you ask here" in behind
        answers += [refused, behind]


@pytest.mark.parametrize("subscription", SUBSCRIPTIONS)
async def test_a_stream_of_a_clients_is_refused(portal: Portal, engine: Engine, subscription: str) -> None:
    for arguments, _ in asked(subscription, root_fields("subscription")[subscription]):
        text = document("subscription", subscription, arguments)
        with pytest.raises(Refused) as caught:
            await open_stream(engine, portal.session, text, **filled(arguments, portal.firm.id))
        assert caught.value.status == 401


async def test_a_contact_is_no_actor_of_any_command(portal: Portal) -> None:
    contact = Context.of(portal.client).actor
    assert (contact.kind, contact.id) == (ActorKind.CONTACT, portal.client.member_id)
    # Refused before anything that it is given is looked at. What only prepares another command has an actor of its own.
    commands = [each for each in every_command() if "change" in inspect.signature(each).parameters]
    assert len(commands) > 50
    async with untouched():
        for command in (*commands, members._create_member, members._change_password):
            with pytest.raises(Forbidden, match="Clients do not change"):
                await command(contact)


def test_a_schema_is_answered_to_those_whom_it_is_for(portal: Portal) -> None:
    for audience, viewer, other in (
        (Audience.TEAM, portal.member, portal.client),
        (Audience.CLIENT, portal.client, portal.member),
    ):
        session = Session(audience=audience)
        assert session.admit(viewer) is viewer
        with pytest.raises(SignInRefused):
            session.admit(other)
