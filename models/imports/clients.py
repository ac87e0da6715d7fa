"""Accounts and contacts of files: a line is a contact at an account, and each of the two may come many times."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

from models.command import Change, part_of
from models.commands.accounts import create_account, set_account_tags, set_account_team, update_account
from models.database import sql
from models.errors import Invalid, NotFound, Refusal
from models.external_keys import Keys, is_made, made_key
from models.firm.account_contacts import link_contact, update_account_contact
from models.firm.contacts import create_contact, update_contact
from models.ids import Kind
from models.imports.lines import AccountSaid, ClientLine, ContactSaid, Difference, Done
from models.imports.naming import Named, changes_between, differing, ids_at, letters_of, members_at, named_so, one_of
from models.imports.origins import Origin
from models.mail_addresses import mail_addresses, usual_address
from models.reasons import Reason
from models.rows import Account, Member, Tag
from models.rows.contacts import AccountContact, Contact
from models.texts import sameness

R = TypeVar("R")

_AT_ADDRESSES = "seen.emails ?| $1::text[] ORDER BY seen.id"
_AT_ACCOUNTS = """
seen.account_id = ANY($1) AND (seen.contact_id = ANY($2) OR EXISTS (
    SELECT FROM unnest($3::text[]) AS letters
    WHERE seen.contact_order >= letters AND seen.contact_order < letters || '!'))
"""
_LINKS = """
SELECT account_id, array_agg(tag_id) AS linked, 'tags' AS of FROM account_tag WHERE account_id = ANY($1)
GROUP BY account_id
UNION ALL
SELECT account_id, array_agg(member_id), 'team' FROM account_member WHERE account_id = ANY($1) GROUP BY account_id
"""


class Clients:
    """What the lines of a batch name, read in a few statements; and what becomes of it."""

    def __init__(self, change: Change, origin: Origin) -> None:
        self._change, self._origin = change, origin
        self._account_keys = Keys(change, origin.source, Kind.ACCOUNT)
        self._contact_keys = Keys(change, origin.source, Kind.CONTACT)
        self._accounts: dict[UUID, Account] = {}
        self._contacts: dict[UUID, Contact] = {}
        self._called: Named[Account] = Named(Kind.ACCOUNT)
        #: By their addresses.
        self._written_to: dict[str, list[UUID]] = defaultdict(list)
        self._there: dict[tuple[UUID, UUID], AccountContact] = {}
        #: The contacts at an account.
        self._at: dict[UUID, list[UUID]] = defaultdict(list)
        self._links: dict[tuple[UUID, str], list[UUID]] = {}

    async def begin(self, lines: Sequence[ClientLine]) -> None:
        """Read what is there of what the lines name."""
        change = self._change
        accounts = [line.account for line in lines if line.account is not None]
        contacts = [line.contact for line in lines if line.contact is not None]
        known = await self._account_keys.read(map(_key_of, accounts))
        keys = [_key_at(line.contact, line.account) for line in lines if line.contact is not None]
        self._tags: Named[Tag] = Named(Kind.TAG, await change.scope.rows(Tag).where())
        self._members: Named[Member] = await members_at(change)
        self._accounts = await change.scope.rows(Account).many(known)
        for account in await named_so(change, Kind.ACCOUNT, _names(accounts)):
            self._accounts[account.id] = account
        self._called = Named(Kind.ACCOUNT, self._accounts.values())
        await self._account_keys.ask_of(self._accounts)
        await self._read_contacts(contacts, keys)
        for row in await sql(_LINKS, list(self._accounts)):
            self._links[row["account_id"], row["of"]] = list(row["linked"])

    async def _read_contacts(self, contacts: Sequence[ContactSaid], keys: Sequence[str]) -> None:
        rows = self._change.scope.rows(Contact)
        self._contacts = await rows.many(await self._contact_keys.read(keys))
        addresses = sorted({address for contact in contacts for address in _usual(contact.emails)})
        if addresses:
            for contact in await rows.read(_AT_ADDRESSES, addresses):
                self._contacts[contact.id] = contact
        links = await self._change.scope.rows(AccountContact).read(
            _AT_ACCOUNTS, list(self._accounts), list(self._contacts), letters_of(_names(contacts))
        )
        self._contacts |= await rows.many({link.contact_id for link in links} - self._contacts.keys())
        for link in links:
            self._keep_link(link)
        for contact in self._contacts.values():
            self._keep_addresses(contact)
        await self._contact_keys.ask_of(self._contacts)

    def _keep_link(self, link: AccountContact) -> None:
        self._there[link.account_id, link.contact_id] = link
        self._at[link.account_id].append(link.contact_id)

    def _keep_addresses(self, contact: Contact) -> None:
        for address in contact.emails:
            if contact.id not in self._written_to[address]:
                self._written_to[address].append(contact.id)

    async def take(self, line: ClientLine) -> list[Difference]:
        """Make what is there say what the line says, and what is not there."""
        told: list[Difference] = []
        account = None
        if line.account is not None:
            try:
                account = await self._take_account(line.account, told)
            except Refusal as refusal:
                raise refusal.within("account") from None
        if line.contact is not None:
            await self._take_contact(line.contact, _key_at(line.contact, line.account), account, told)
        return told

    async def finish(self) -> None:
        """Write the keys of what was made and found."""
        await self._account_keys.write()
        await self._contact_keys.write()

    async def _take_account(self, said: AccountSaid, told: list[Difference]) -> Account:
        account = self._known_account(said)
        tags = [self._tags.get(name, "tags").id for name in said.tags]
        team = ids_at(self._members, said.team, "team")
        if account is None:
            account = await self._make_account(said, tags, team)
            told.append(Difference(Kind.ACCOUNT, Done.CREATED, account.name))
        else:
            account, changes = await self._update_account(account, said, tags, team)
            told.append(Difference(Kind.ACCOUNT, Done.UPDATED if changes else Done.SAME, account.name, changes))
        self._origin.expect_the_same(account.id, _besides(said))
        self._account_keys.keep(_key_of(said), account.id)
        return account

    def _known_account(self, said: AccountSaid) -> Account | None:
        keys, name = self._account_keys, said.fields.get("name")
        if (found := _found(keys, _key_of(said), self._accounts)) is not None:
            return found
        if name is None:
            told = "There is no account with this key yet: it needs a name to be made."
            raise Invalid(told, "name", reason=Reason.MISSING, field="name")
        # What has another key of this source is another one, though it has the same name.
        candidates = [account for account in self._called.called(name) if not said.key or account.id not in keys.keyed]
        return one_of(Kind.ACCOUNT, candidates, name, "name")

    async def _make_account(self, said: AccountSaid, tags: list[UUID], team: list[UUID]) -> Account:
        change = self._change
        account: Account = await part_of(change, create_account, **said.fields, tag_ids=tags, team_ids=team)
        if change.scope.accounts is not None:
            # They are on its team, and see it: the contacts of the same line come to it.
            change.scope = replace(change.scope, accounts=change.scope.accounts | {account.id})
        self._keep_account(account)
        self._links[account.id, "tags"], self._links[account.id, "team"] = list(tags), list(team)
        return account

    def _keep_account(self, account: Account) -> None:
        self._accounts[account.id] = account
        self._called.add(account, account.name)

    async def _update_account(
        self, account: Account, said: AccountSaid, tags: list[UUID], team: list[UUID]
    ) -> tuple[Account, dict[str, tuple[Any, Any]]]:
        change, changes = self._change, {}
        if wanted := differing(account, _besides(said)):
            after: Account = await part_of(change, update_account, account_id=account.id, **wanted)
            changes = changes_between(account, after, wanted)
            self._keep_account(after)
            account = after
        if added := self._added(account, "tags", tags):
            await part_of(change, set_account_tags, account_id=account.id, tag_ids=self._links[account.id, "tags"])
            changes["tags"] = (None, [name for name in said.tags if self._tags.get(name).id in added])
        if added := self._added(account, "team", team):
            await part_of(change, set_account_team, account_id=account.id, member_ids=self._links[account.id, "team"])
            changes["team"] = (None, [each for each in said.team if self._members.get(each).id in added])
        return account, changes

    def _added(self, account: Account, of: str, wanted: Iterable[UUID]) -> list[UUID]:
        """Those that the account does not have yet. What people gave it besides stays."""
        present = self._links.setdefault((account.id, of), [])
        added = [id for id in dict.fromkeys(wanted) if id not in present]
        present += added
        return added

    async def _take_contact(self, said: ContactSaid, key: str, account: Account | None, told: list[Difference]) -> None:
        emails = mail_addresses(said.emails)
        contact = self._known_contact(said, key, emails, account)
        if contact is None:
            contact = await self._make_contact(said, emails, account)
            told.append(Difference(Kind.CONTACT, Done.CREATED, contact.name))
        else:
            contact, changes = await self._update_contact(contact, said, emails)
            told.append(Difference(Kind.CONTACT, Done.UPDATED if changes else Done.SAME, contact.name, changes))
            if account is not None:
                told.append(await self._put(contact, account, said.there))
        self._origin.expect_the_same(contact.id, _besides(said))
        if account is not None:
            self._origin.expect_the_same(self._there[account.id, contact.id].id, said.there)
        self._contact_keys.keep(key, contact.id)

    def _known_contact(
        self, said: ContactSaid, key: str, emails: Sequence[str], account: Account | None
    ) -> Contact | None:
        keys, name = self._contact_keys, said.fields.get("name")
        if (found := _found(keys, key, self._contacts)) is not None:
            return found
        if name is None:
            told = "There is no contact with this key yet: it needs a name to be made."
            raise Invalid(told, "name", reason=Reason.MISSING, field="name")
        if said.key is None and not emails and account is None:
            told = (
                "Give a contact's key, a mail address, or the account that they are at: else nobody knows them again."
            )
            raise Invalid(told, "key", reason=Reason.MISSING, field="key")
        same = [each for each in self._like(emails, account) if sameness(each.name) == sameness(name)]
        if emails and not same:
            # Whoever is called so at this account, and has no address yet, is given one.
            at = [each for each in self._like((), account) if not each.emails]
            same = [each for each in at if sameness(each.name) == sameness(name)]
        return one_of(Kind.CONTACT, [each for each in same if not said.key or each.id not in keys.keyed], name, "name")

    def _like(self, emails: Sequence[str], account: Account | None) -> list[Contact]:
        """Those who have one of these addresses, or, without addresses, are at the account."""
        if emails:
            ids = {id for address in emails for id in self._written_to[address]}
        else:
            ids = set() if account is None else set(self._at[account.id])
        return [self._contacts[id] for id in sorted(ids)]

    async def _make_contact(self, said: ContactSaid, emails: Sequence[str], account: Account | None) -> Contact:
        there: Mapping[str, Any] = said.there if account is not None else {}
        contact: Contact = await part_of(
            self._change,
            create_contact,
            **said.fields,
            emails=emails,
            account_id=None if account is None else account.id,
            **there,
        )
        self._keep_contact(contact)
        if account is not None:
            link = await AccountContact.get(account_id=account.id, contact_id=contact.id)
            self._keep_link(link)
        return contact

    def _keep_contact(self, contact: Contact) -> None:
        self._contacts[contact.id] = contact
        self._keep_addresses(contact)

    async def _update_contact(
        self, contact: Contact, said: ContactSaid, emails: Sequence[str]
    ) -> tuple[Contact, dict[str, tuple[Any, Any]]]:
        present = list(contact.emails)
        wanted = differing(contact, {**_besides(said), "emails": list(dict.fromkeys([*present, *emails]))})
        if not wanted:
            return contact, {}
        after: Contact = await part_of(self._change, update_contact, contact_id=contact.id, **wanted)
        self._keep_contact(after)
        return after, changes_between(contact, after, wanted)

    async def _put(self, contact: Contact, account: Account, there: Mapping[str, Any]) -> Difference:
        """See that the contact is at the account, and is there what the line says."""
        link = self._there.get((account.id, contact.id))
        name = f"{contact.name}, {account.name}"
        if link is None:
            link = await part_of(self._change, link_contact, contact_id=contact.id, account_id=account.id, **there)
            self._keep_link(link)
            return Difference(Kind.ACCOUNT_CONTACT, Done.CREATED, name)
        if not (wanted := differing(link, there)):
            return Difference(Kind.ACCOUNT_CONTACT, Done.SAME, name)
        after = await part_of(self._change, update_account_contact, account_contact_id=link.id, **wanted)
        self._there[account.id, contact.id] = after
        changes = changes_between(link, after, wanted)
        return Difference(Kind.ACCOUNT_CONTACT, Done.UPDATED if changes else Done.SAME, name, changes)


def _found(keys: Keys, key: str, seen: Mapping[UUID, R]) -> R | None:
    """What has this key. What was known by its name alone and is out of sight is not what the name stands for here."""
    try:
        return keys.find(key, seen, "key")
    except NotFound:
        if is_made(key):
            return None
        raise


def _key_of(said: AccountSaid) -> str:
    return said.key if said.key is not None else made_key(*said.known_by)


def _key_at(said: ContactSaid, account: AccountSaid | None) -> str:
    return said.key if said.key is not None else made_key(*said.known_by(account))


def _besides(said: AccountSaid | ContactSaid) -> dict[str, Any]:
    """What a line says besides what the thing is known by: without a key that is its name, however it is spelled."""
    return {name: value for name, value in said.fields.items() if said.key is not None or name != "name"}


def _names(said: Iterable[AccountSaid | ContactSaid]) -> list[str]:
    return [each.fields["name"] for each in said if "name" in each.fields]


def _usual(addresses: Iterable[str]) -> list[str]:
    return [usual for address in addresses if (usual := usual_address(address)) is not None]
