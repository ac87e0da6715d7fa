"""Starting a firm. Everything later is done by its members."""

from datetime import datetime

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from models import checks
from models.actor import Actor, ActorKind
from models.clock import now
from models.command import shielded
from models.errors import RuleBroken
from models.events import MemberCreated
from models.ids import new_id
from models.log import append
from models.passwords import hash_password
from models.reasons import Reason
from models.rights import Role
from models.rows import ClientStatus, Firm, Member
from models.stamps import stamping
from models.texts import EMAIL, NAME, sameness

#: What a new firm tells its clients, until it says otherwise: name, colour, description.
DEFAULT_CLIENT_STATUSES = (
    ("Planned", "#8d99ae", "We have your work on our list."),
    ("On hold", "#f2994a", "We are waiting for something."),
    ("In progress", "#2f80ed", "We are working on it."),
    ("In review", "#9b51e0", "We are checking our work."),
    ("Done", "#27ae60", "It is finished."),
)


async def create_firm(
    *,
    name: str,
    owner_email: str,
    owner_name: str,
    password: str | None,
    time_zone: str = "America/New_York",
    at: datetime | None = None,
) -> tuple[Firm, Member]:
    """Start a firm with its owner and the default client-facing statuses, as revision 1 of its log: now, or at a moment
    that has passed. Without a password nobody can sign in yet."""
    kept = None if password is None else await hash_password(password)
    moment = at or now()
    with stamping(moment, None):
        firm = Firm(id=new_id(), name=NAME.check(name), time_zone=checks.time_zone(time_zone))
        owner = Member(
            id=new_id(),
            firm_id=firm.id,
            email=EMAIL.check(owner_email, "owner_email"),
            name=NAME.check(owner_name, "owner_name"),
            role=Role.OWNER,
            password_hash=kept,
        )
        try:
            return await shielded(_start(firm, owner, moment))
        except IntegrityError:
            raise _taken(owner) from None  # By somebody who was faster by a moment.


async def _start(firm: Firm, owner: Member, moment: datetime) -> tuple[Firm, Member]:
    async with in_transaction():
        if await Member.exists(email_key=sameness(owner.email)):
            raise _taken(owner)
        await firm.save(force_create=True)
        await owner.save(force_create=True)
        await ClientStatus.bulk_create(
            ClientStatus(id=new_id(), firm_id=firm.id, name=name, color=color, description=description)
            for name, color, description in DEFAULT_CLIENT_STATUSES
        )
        set_up = Actor(ActorKind.SCHEDULE, firm.id, label="Set-up")
        committed = await append(set_up, [MemberCreated(member=owner.id)], moment)
    firm.revision = committed.revision
    return firm, owner


def _taken(owner: Member) -> RuleBroken:
    return RuleBroken(f"Somebody already signs in as {owner.email}.", "owner_email", reason=Reason.TAKEN)
