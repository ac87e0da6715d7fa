"""Who is asked to sign something, and their signatures: alike for every kind of item that is signed."""

from __future__ import annotations

from typing import Any

import strawberry

from models.ids import Kind, encode
from models.items.signing import ShownSigner
from models.seen import SignatureMethod as _SignatureMethod
from schema.describing import described
from schema.field_resolvers import TypeCheck
from schema.inputs.base import maybe_id_of
from schema.per_viewer import own_rows
from schema.scalars import Date, DateTime
from schema.types.base import column, loaded, value
from schema.types.contacts import Contact
from schema.types.files import File
from schema.types.firm import Member

SignatureMethod: Any = described(
    _SignatureMethod,
    "SignatureMethod",
    "How a signature came about.",
    ELECTRONIC="It was given here, by the contact, of a text with a digest.",
    RECORDED="It was obtained elsewhere, and a member recorded it with its evidence.",
)


def evidence_file() -> Any:
    """A field of an input: the file of the evidence of a signature that was obtained elsewhere."""
    return maybe_id_of(
        Kind.FILE, "A file that you have uploaded, such as a scan of the signed pages; none when left out."
    )


@strawberry.type(description="A contact who is asked to sign something.")
class Signer:
    """Its objects are `models.items.signing.ShownSigner`."""

    contact: Contact | None = loaded(
        lambda signer, context: context.load.one(Kind.CONTACT, signer.contact_id) if context.holds(1) else None,
        "The contact; null where they left your sight: they stay a signer.",
    )
    contact_id: strawberry.ID = value(
        lambda signer: encode(Kind.CONTACT, signer.contact_id),
        "The id of the contact: of whom they were merged into, where they were.",
    )
    name: str = column("What they were called when they were asked.")
    signed_at: DateTime | None = value(
        lambda signer: signer.signature and signer.signature.signed_at,
        "When they signed, or when that was recorded; null while they have not.",
    )
    signed_on: Date | None = value(
        lambda signer: signer.signature and signer.signature.signed_on,
        "The day on which they signed, also of what was signed elsewhere; null while they have not.",
    )
    method: SignatureMethod | None = value(
        lambda signer: signer.signature and signer.signature.method, "How they signed; null while they have not."
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, ShownSigner))


@strawberry.type(description="What is kept of a signature. It is never changed.")
class Signature:
    """Its objects are `models.items.signing.ShownSigner` of those who have signed."""

    signer: Signer = value(lambda signer: signer, "Who signed.")
    digest: str | None = value(
        lambda signer: signer.signature.digest,
        "The SHA-256 of what was signed, in hexadecimal digits; null of a signature that was obtained elsewhere.",
    )
    address: str | None = value(
        lambda signer: signer.signature.address,
        "The address that it came from, of IPv6 the network; null where it is not known, and of a signature that was "
        "obtained elsewhere.",
    )
    evidence: str | None = value(
        lambda signer: signer.signature.evidence,
        "Where a signature that was obtained elsewhere is, and what there is of it; null of an electronic one.",
    )
    evidence_file: File | None = loaded(
        lambda signer, context: (
            None
            if signer.signature.evidence_file_id is None or not context.holds(1)
            else context.load.one(Kind.FILE, signer.signature.evidence_file_id)
        ),
        "A file of that evidence; null where there is none.",
        depends=own_rows(Kind.FILE),
    )
    recorded_by: Member | None = loaded(
        lambda signer, context: (
            None
            if signer.signature.recorded_by_id is None
            else context.load.one(Kind.MEMBER, signer.signature.recorded_by_id)
        ),
        "The member who recorded it; null of an electronic one.",
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, ShownSigner) and source.signature is not None)
