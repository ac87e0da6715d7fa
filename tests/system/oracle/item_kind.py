"""A kind of linked items: how one is made, what is done to it, and that it is linked, unlinked and deleted."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from tests.system.oracle.atlas import Atlas, Item
from tests.system.oracle.command import Kind, Make
from tests.system.oracle.picking import Input, pick_job, pick_name
from tests.system.oracle.replica import Object

#: What a new item is given besides its place, which is on this account.
New = Callable[[random.Random, Atlas, str], Input]
#: None where there is nothing to do it with.
Give = Callable[[random.Random, Atlas, Item], Input | None]
#: How many items of a kind there are before no more are made.
ENOUGH = 60


@dataclass(frozen=True)
class Deed:
    """What is done to an item."""

    mutation: str
    weight: float = 1
    give: Give = lambda _chance, _atlas, _item: {}
    #: To which items, as they were last read. Now and then it is tried with another one: that is refused.
    fits: Callable[[Object], bool] = lambda _read: True
    #: Whether the client does it: then it may be done on behalf of a contact.
    for_client: bool = False
    #: What it makes, where the answer is not the item itself.
    makes: ItemKind | None = None


@dataclass(frozen=True)
class ItemKind:
    """A kind of linked items, or of what is part of one: that is not made, linked and deleted by itself."""

    #: As its ids begin.
    kind: str
    new: New | None
    deeds: Sequence[Deed]
    #: What is read of one each time, for `fits`.
    reads: str = ""
    #: The mutation that makes one, where it is not `create…`.
    makes: str = ""
    #: Which of them can be deleted.
    deleted: Callable[[Object], bool] | None = lambda _read: True
    #: Whether it takes a right that few have.
    lead: bool = False
    #: Of which kind an item is that may be made with it: it has it in the field that is called so.
    beside: ItemKind | None = None

    @property
    def thing(self) -> str:
        """As fields are called for it."""
        word = self.pascal
        return word[0].lower() + word[1:]

    @property
    def pascal(self) -> str:
        """As mutations are called for it."""
        return "".join(word.capitalize() for word in self.kind.split("_"))

    @property
    def commands(self) -> list[Kind]:
        """All that is done with them."""
        if self.new is None:
            return [self._command(deed) for deed in self.deeds]
        linking = Deed(f"link{self.pascal}", 3, _job_of_account), Deed(f"unlink{self.pascal}", 1.5, _its_job, _linked)
        deeds = [self._command(deed) for deed in (*self.deeds, *linking)]
        made = Kind(self.makes or f"create{self.pascal}", 2, self._make, self._asked, self._learn, lead=self.lead)
        if self.deleted is None:
            return [made, *deeds]
        deleting = self._doing(Deed(f"delete{self.pascal}", fits=self.deleted))
        return [made, *deeds, Kind(f"delete{self.pascal}", 1, deleting, learn=self._forget, lead=self.lead)]

    @property
    def _asked(self) -> str:
        jobs = "jobs { id }" if self.new is not None else ""
        beside = "" if self.beside is None else self.beside._asked
        return f"{self.thing} {{ id account {{ id }} {jobs} {self.reads} {beside} }}"

    def _command(self, deed: Deed) -> Kind:
        asked, learn = self._asked, self._learn
        if deed.makes is not None:
            asked, learn = deed.makes._asked, deed.makes._learn
        return Kind(deed.mutation, deed.weight, self._doing(deed), asked, learn, lead=self.lead)

    def _make(self, chance: random.Random, atlas: Atlas) -> Input | None:
        if len(atlas.items[self.kind]) > ENOUGH or self.new is None:
            return None
        place = pick_job(chance, atlas)
        account = atlas.jobs[place["jobId"]]
        return (place if chance.random() < 0.85 else {"accountId": account}) | self.new(chance, atlas, account)

    def _doing(self, deed: Deed) -> Make:
        def make(chance: random.Random, atlas: Atlas) -> Input | None:
            known = atlas.items[self.kind]
            fitting = [id for id, item in known.items() if deed.fits(item.read)]
            ids = list(known) if chance.random() < 0.05 else fitting
            for id in chance.sample(ids, len(ids)):
                if (given := deed.give(chance, atlas, known[id])) is not None:
                    return {f"{self.thing}Id": id} | self._behalf(deed, chance, atlas, known[id]) | given
            return None

        return make

    def _behalf(self, deed: Deed, chance: random.Random, atlas: Atlas, item: Item) -> Input:
        named = deed.for_client and chance.random() < 0.7
        return {"contactId": contact_of(chance, atlas, item.account)} if named else {}

    def _learn(self, atlas: Atlas, _input: Input, payload: Object) -> None:
        # Somebody else may have deleted it, or taken it out of sight, before it was read for the answer.
        if (read := payload[self.thing]) is not None and read["account"] is not None:
            atlas.add_item(self.kind, read["account"]["id"], read)
            if self.beside is not None:
                self.beside._learn(atlas, _input, read)

    def _forget(self, atlas: Atlas, input: Input, _payload: Object) -> None:
        atlas.end_item(self.kind, input[f"{self.thing}Id"])


def contact_of(chance: random.Random, atlas: Atlas, account: str) -> str:
    """A contact of the account. Now and then one of another account: that is refused."""
    there = atlas.contacts.get(account)
    return chance.choice(there if there and chance.random() < 0.95 else list(chain(*atlas.contacts.values())))


def contacts_of(chance: random.Random, atlas: Atlas, account: str) -> list[str]:
    """One of them, or nobody."""
    return [contact_of(chance, atlas, account)] if account in atlas.contacts and chance.random() < 0.5 else []


def _job_of_account(chance: random.Random, atlas: Atlas, item: Item) -> Input:
    # Now and then a job of another account: that is refused.
    of_account = [job for job, account in atlas.jobs.items() if account == item.account]
    return {"jobId": chance.choice(of_account)} if of_account and chance.random() < 0.9 else pick_job(chance, atlas)


def _its_job(chance: random.Random, atlas: Atlas, item: Item) -> Input:
    jobs = item.read["jobs"]
    return {"jobId": chance.choice(jobs)["id"]} if jobs else pick_job(chance, atlas)


def _linked(read: Object) -> bool:
    return bool(read["jobs"])


def another(what: str, field: str) -> Callable[[random.Random, Atlas, Item], Input]:
    """Another name for it, or another text."""
    return lambda chance, atlas, item: {field: pick_name(chance, atlas, item.account, what)}


def in_state(*states: str) -> Callable[[Object], bool]:
    """Of those that were last read in one of these states."""
    return lambda read: read["state"] in states
