"""Who is asked to sign an item, and what is kept of each signature."""

import dataclasses
import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.errors import Conflict, Invalid
from models.reasons import Reason
from models.rows.base import Link, belongs_to
from models.rows.items import Item
from models.texts import NAME

#: The hexadecimal digits of a SHA-256.
DIGEST_LENGTH = 64
_DIGEST = re.compile(rf"[0-9a-f]{{{DIGEST_LENGTH}}}")
#: No address is longer, nor a network of IPv6 with the length of its prefix.
_LONGEST_ADDRESS = 45


class SignatureMethod(StrEnum):
    """How a signature came about: given here, or obtained elsewhere and recorded by a member."""

    ELECTRONIC = "ELECTRONIC"
    RECORDED = "RECORDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What is kept of a signature. One that was obtained elsewhere has evidence, and who recorded it; one that was
    given here has the digest of what was signed, and the address that it came from, where that is known."""

    method: SignatureMethod
    signed_at: datetime
    signed_on: date
    digest: str | None = None
    address: str | None = None
    evidence: str | None = None
    evidence_file_id: UUID | None = None
    recorded_by_id: UUID | None = None


#: What is kept of one, as columns.
SIGNATURE = tuple(field.name for field in dataclasses.fields(Signature))


class SignedItem(Item):
    """An item that contacts may be asked to sign."""

    # Rises with every change of what is signed: so a signature is of one of these.
    content_version: int = fields.IntField(default=1)
    # Whether each signer signs after the one before.
    signs_in_order = fields.BooleanField(default=False)

    class Meta:
        abstract = True

    def expect_content(self, version: int | None) -> None:
        """`Conflict` where somebody has signed another version of its content than there is. None asks for nothing."""
        if version not in (None, self.content_version):
            raise Conflict(
                f"This {self.kind.spoken} has version {self.content_version} of its content, and not {version}, which "
                "was signed: somebody changed it meanwhile. Have the present one signed.",
                self,
                "expected_content_version",
                reason=Reason.CHANGED,
                expected=version,
                actual=self.content_version,
            )

    def expect_shown(self, digest: str, shown: str) -> None:
        """`Conflict` where whoever signs was shown what has another digest than what there is, `Invalid` where that is
        none."""
        if not _DIGEST.fullmatch(shown):
            told = "This is not the digest of anything. Send the one that was shown."
            raise Invalid(told, "shown", reason=Reason.FORMAT, format="SHA256")
        if shown != digest:
            told = f"This {self.kind.spoken} was changed after it was shown. Read it as it is now, and decide again."
            raise Conflict(told, self, "shown", reason=Reason.CHANGED, expected=shown, actual=digest)


class Signer(Link):
    """A contact who is asked to sign an item, and their signature once they have. That is never changed.

    Of two signers who turn out to be one person each place stays as it was asked for, and is signed by itself."""

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    item: UUID = fields.UUIDField()
    contact: Any = belongs_to("Contact", index=True)
    contact_id: UUID
    # What they were called when they were asked.
    name = fields.CharField(max_length=NAME.most)
    # Which of the signers they are, from 1.
    place: int = fields.SmallIntField()
    method: Any = fields.CharEnumField(SignatureMethod, max_length=10, null=True)
    signed_at: datetime | None = fields.DatetimeField(null=True)
    signed_on: date | None = fields.DateField(null=True)
    digest: Any = fields.CharField(max_length=DIGEST_LENGTH, null=True)
    address: Any = fields.CharField(max_length=_LONGEST_ADDRESS, null=True)
    evidence: Any = fields.TextField(null=True)
    evidence_file: Any = belongs_to("File", null=True)
    evidence_file_id: UUID | None
    recorded_by: Any = belongs_to("Member", null=True)
    recorded_by_id: UUID | None

    class Meta:
        table = "signer"
        unique_together = (("item", "place"),)

    @property
    def signed(self) -> bool:
        """Whether they have signed."""
        return self.signed_at is not None

    async def sign(self, signature: Signature) -> None:
        """Keep their signature."""
        assert not self.signed, "A signature is never replaced."
        await self.update_from_dict(dataclasses.asdict(signature)).save(update_fields=SIGNATURE)
