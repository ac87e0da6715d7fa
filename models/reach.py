"""Rank: nobody changes whoever is above them, nor gives or takes a right that they lack."""

from collections.abc import Iterable

from models.command import Change
from models.errors import Forbidden
from models.reasons import Reason
from models.rights import RANKS, Right, Role
from models.rows import Member


def check_reach(change: Change, member: Member, field: str) -> None:
    """`Forbidden` of somebody who is above the actor: in a higher role, or with a right that they lack."""
    if RANKS.index(member.role) > RANKS.index(change.role):
        whom = "the owner" if member.role is Role.OWNER else "an admin"
        told = f"{member.name} is above your own rights. Ask {whom}."
        raise Forbidden(told, field, reason=Reason.ABOVE_YOU, name=member.name)
    check_held(change, member.given, field)


def check_held(change: Change, rights: Iterable[Right], field: str) -> None:
    """`Forbidden` when one of the rights is none of the actor's."""
    lacking = sorted(set(rights) - change.scope.rights)
    if lacking:
        told = f"This needs rights that you do not have yourself: {', '.join(lacking)}. Ask an admin."
        raise Forbidden(told, field, reason=Reason.RIGHT_MISSING, rights=lacking)
