"""The accounts and jobs that lines name: read for a batch at once."""

from collections.abc import Iterable
from uuid import UUID

from models.command import Change
from models.errors import Invalid
from models.external_keys import Keys
from models.ids import Kind
from models.imports.lines import Called
from models.imports.naming import Named, letters_of, named_so, one_of
from models.reasons import Reason
from models.rows import Account, Job
from models.texts import sameness

_OF_ACCOUNTS = """
seen.account_id = ANY($1) AND EXISTS (
    SELECT FROM unnest($2::text[]) AS letters WHERE seen.name_order >= letters AND seen.name_order < letters || '!')
"""


class Places:
    """Where the things of a batch are to be: at an account, on a job of it."""

    def __init__(self, change: Change, source: str) -> None:
        self._change = change
        self._account_keys = Keys(change, source, Kind.ACCOUNT)
        self._job_keys = Keys(change, source, Kind.JOB)
        self._accounts: dict[UUID, Account] = {}
        self._jobs: dict[UUID, Job] = {}
        self._called: Named[Account] = Named(Kind.ACCOUNT)

    async def read(self, accounts: Iterable[Called], jobs: Iterable[Called] = ()) -> None:
        """Look up what these name."""
        accounts, jobs, scope = list(accounts), list(jobs), self._change.scope
        known = await self._account_keys.read(called.key for called in accounts)
        self._accounts = await scope.rows(Account).many(known)
        names = [called.name for called in accounts if called.key is None and called.name is not None]
        for account in await named_so(self._change, Kind.ACCOUNT, names):
            self._accounts[account.id] = account
        self._called = Named(Kind.ACCOUNT, self._accounts.values())
        self._jobs = await scope.rows(Job).many(await self._job_keys.read(called.key for called in jobs))
        names = [called.name for called in jobs if called.key is None and called.name is not None]
        if names and self._accounts:
            for job in await scope.rows(Job).read(_OF_ACCOUNTS, list(self._accounts), letters_of(names)):
                self._jobs[job.id] = job

    async def hold_accounts(self) -> None:
        """Hold the accounts, in the order of their ids, until the transaction ends."""
        await self._change.scope.rows(Account).lock_many(self._accounts)

    def account(self, called: Called) -> Account:
        """The account that is called so, or `Invalid`."""
        if called.key is None:
            if called.name is None:
                told = "Say which account it is of: its key, or its name."
                raise Invalid(told, "account", reason=Reason.MISSING, field="account")
            if (found := self._called.only(called.name, "account")) is None:
                told = f"There is no account {called.name!r} that you see. Import the accounts first, or mend the name."
                raise Invalid(told, "account", reason=Reason.NOT_ONE_OF, values=())
            return found
        if (account := self._account_keys.find(called.key, self._accounts, "account")) is None:
            told = "No account was imported with this key. Import the accounts first, from the same source."
            raise Invalid(told, "account", reason=Reason.NOT_ONE_OF, values=())
        return account

    def job(self, called: Called, of: Account | None) -> Job:
        """The job that is called so, or `Invalid`. By its name it is known at its account alone."""
        if called.key is not None:
            if (job := self._job_keys.find(called.key, self._jobs, "job")) is None:
                told = "No job was imported with this key. Import the jobs first, from the same source."
                raise Invalid(told, "job", reason=Reason.NOT_ONE_OF, values=())
            return job
        assert called.name is not None
        if of is None:
            told = "Say which account the job is of, or give the job's key."
            raise Invalid(told, "account", reason=Reason.MISSING, field="account")
        same = [job for job in self._jobs.values() if job.account_id == of.id]
        found = one_of(
            Kind.JOB, [job for job in same if sameness(job.name) == sameness(called.name)], called.name, "job"
        )
        if found is None:
            told = f"{of.name} has no job {called.name!r} that you see."
            raise Invalid(told, "job", reason=Reason.NOT_ONE_OF, values=())
        return found
