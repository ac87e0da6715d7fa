"""Those whom automations put in charge: members by name, and account roles, which become whoever holds them there."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models.automation.people_settings import PeopleSettings
from models.command import Change
from models.command_steps import active_members
from models.firm.account_roles import AccountRole
from models.templates.job_people import people_of


@dataclass(frozen=True, slots=True)
class Named:
    """Members and roles that settings name."""

    assignee_ids: tuple[UUID, ...]
    assignee_role_ids: tuple[UUID, ...]


async def changed(
    change: Change, account_id: UUID, present: Sequence[UUID], settings: PeopleSettings
) -> tuple[list[UUID], tuple[UUID, ...]]:
    """Those who are in charge then, and the roles that nobody holds at the account: they mean nobody. `RuleBroken`
    where a member is deactivated: somebody has to choose another one."""
    await active_members(change, settings.add_member_ids)
    added = Named(settings.add_member_ids, settings.add_role_ids)
    removed = Named(settings.remove_member_ids, settings.remove_role_ids)
    people = await people_of([added, removed], account_id)
    # Whoever was deactivated since is taken off all the same.
    gone = {*people.assigned(removed), *settings.remove_member_ids}
    kept = [id for id in present if id not in gone]
    return list(dict.fromkeys([*kept, *people.assigned(added)])), people.unfilled([added])


async def said_of(change: Change, unheld: Sequence[UUID]) -> str | None:
    """What people read where nobody holds roles."""
    if not unheld:
        return None
    roles = await change.scope.rows(AccountRole).many(unheld)
    names = ", ".join(sorted(role.name for role in roles.values()))
    return f"Nobody at this client holds {names}: nobody was chosen by that."
