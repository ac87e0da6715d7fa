"""Events of the firm and of its team."""

from dataclasses import dataclass

from models.events.base import OfFirm
from models.events.values import Changes
from models.ids import ClientStatusId, MemberId, TagId
from models.rights import Right, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmUpdated(OfFirm):
    """The firm's name, time zone, currency, first day of the week, country, region or switches changed."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEvent(OfFirm):
    """Something happened to a team member."""

    subject = "member"

    member: MemberId

    @property
    def owners(self) -> frozenset[MemberId]:
        return frozenset({self.member})


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCreated(MemberEvent):
    """A member joined the team."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberInvited(MemberEvent):
    """A member is sent a mail by which they choose a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberUpdated(MemberEvent):
    """A member's name or capacity changed."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRescoped(MemberEvent):
    """Something happened to a member that changes what they may see."""

    @property
    def rescoped(self) -> frozenset[MemberId]:
        return frozenset({self.member})


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRoleChanged(MemberRescoped):
    """A member got another role."""

    from_role: Role
    to_role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRightsChanged(MemberRescoped):
    """A member's access rights changed."""

    # As the rights of the member.
    withheld = dict.fromkeys(("added", "removed"), Right.MANAGE_TEAM)
    called = {"added": "added_rights", "removed": "removed_rights"}
    says = {"added": "The rights that were given.", "removed": "The rights that were taken away."}

    added: tuple[Right, ...]
    removed: tuple[Right, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDeactivated(MemberRescoped):
    """A member was shut out: sessions end, sockets close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberReactivated(MemberRescoped):
    """A deactivated member may sign in again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagEvent(OfFirm):
    """Something happened to a tag."""

    subject = "tag"

    tag: TagId


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCreated(TagEvent):
    """A tag was added to the firm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagUpdated(TagEvent):
    """A tag's name or colour changed."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class TagDeleted(TagEvent):
    """A tag was removed from the firm and from every account."""

    ends = True

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientStatusEvent(OfFirm):
    """Something happened to a client-facing status."""

    subject = "client_status"

    client_status: ClientStatusId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientStatusCreated(ClientStatusEvent):
    """A template of a client-facing status was added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientStatusUpdated(ClientStatusEvent):
    """A template of a client-facing status changed. The copies that jobs hold did not."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientStatusDeleted(ClientStatusEvent):
    """A template of a client-facing status was removed. The copies that jobs hold stay."""

    ends = True

    name: str
