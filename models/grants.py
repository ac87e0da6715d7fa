"""What a personal token leaves of its owner's authority."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from models.rights import Right, Role, effective_rights


@dataclass(frozen=True, slots=True)
class Grant:
    """Of the rights that the owner has at each moment those that the token names, and of what every member may do
    nothing that changes anything while it is `read_only`. No role: what needs one, a token never does."""

    token_id: UUID
    rights: frozenset[Right]
    read_only: bool
    expires_at: datetime
    #: When its use was last written down.
    used_at: datetime | None = field(default=None, compare=False)

    def narrowed(self, role: Role, given: frozenset[Right]) -> frozenset[Right]:
        """What is left of the rights of an owner with this role and these given rights."""
        return self.rights & effective_rights(role, given)
