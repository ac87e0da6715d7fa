"""The files of documents: another file is another version of the content, and what is signed has the digest of one."""

import asyncio
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from models.bounds import FILES_OF_SIGNED
from models.command import Change, command
from models.database import sql
from models.errors import Conflict, Invalid, NotFound, Refusal, RuleBroken
from models.firm.contacts import create_contact
from models.ids import new_id
from models.items.document_requests import (
    decide_document,
    record_document_signature,
    request_approval,
    request_signatures,
    sign_document,
)
from models.items.document_versions import add_document_version, versions_of
from models.items.documents import Document, create_document, delete_document
from models.items.signing import signers_of, signers_of_items
from models.reasons import Reason
from models.rights import EVERY_MEMBER
from models.rows.documents import DocumentVersion
from models.rows.files import File
from tests.domain.refusal import refused, told
from tests.files import begun, uploaded
from tests.world import World


async def document(world: World, file: UUID | None = None) -> Document:
    """A document of the world's account."""
    owner, account = world.acting(world.owner), world.account.id
    return (await create_document(owner, name="Form 8879", account_id=account, file_id=file)).value


async def add(world: World, id: UUID, file: File) -> Document:
    """Give a document another file."""
    return (await add_document_version(world.acting(world.owner), document_id=id, file_id=file.id)).value


async def contact(world: World) -> UUID:
    """Somebody at the world's account."""
    made = create_contact(world.acting(world.owner), name="Ada", account_id=world.account.id)
    return (await made).value.id


@command("sign", EVERY_MEMBER)
async def sign(change: Change, *, document_id: UUID, contact_id: UUID, shown: str) -> Document:
    """Sign, as the command of the client will."""
    return await sign_document(change, document_id, contact_id, shown)


async def test_each_file_is_a_version_and_the_former_ones_are_kept(world: World) -> None:
    owner = world.acting(world.owner)
    first, second = await uploaded(owner, text="First"), await uploaded(owner, text="Second")
    made = await document(world, first.id)
    assert (made.file_id, made.file_sha256, made.content_version) == (first.id, first.sha256, 1)
    before = await world.revision()
    changed = await add(world, made.id, second)
    assert await told(world, before) == ["DocumentVersionAdded"]
    (event,) = [logged.event for logged in await world.events(before)]
    assert (event.file, event.number) == (second.id, 2)  # type: ignore[attr-defined]
    assert (changed.file_id, changed.content_version, changed.version) == (second.id, 2, 2)
    assert changed.digest != made.digest
    versions = (await versions_of([made.id]))[made.id]
    assert [(each.number, each.content_version, each.file_id) for each in versions] == [
        (2, 2, second.id),
        (1, 1, first.id),
    ]
    assert versions[0].created_by_id == world.owner.id
    # Of two that come at once each is one.
    files = [await uploaded(owner, text=text) for text in ("Third", "Fourth")]
    await asyncio.gather(*(add(world, made.id, file) for file in files))
    assert [each.number for each in (await versions_of([made.id]))[made.id]] == [4, 3, 2, 1]
    assert (await Document.get(id=made.id)).content_version == 4


async def test_a_document_without_a_file_gets_its_first_one(world: World) -> None:
    made = await document(world)
    digest, file = made.digest, await uploaded(world.acting(world.owner))
    changed = await add(world, made.id, file)
    assert (changed.file_id, changed.content_version) == (file.id, 2)
    assert digest != changed.digest
    assert [each.number for each in (await versions_of([made.id]))[made.id]] == [1]


async def test_the_digest_of_what_is_signed_holds_that_of_the_bytes(world: World) -> None:
    owner, who = world.acting(world.owner), await contact(world)
    made = await document(world, (await uploaded(owner, text="What is signed")).id)
    assert made.file_sha256 == sha256(b"What is signed").hexdigest()
    await request_signatures(owner, document_id=made.id, signer_ids=[who])
    shown = made.digest
    # Changed after it was shown: it is another version, and nobody has signed it.
    await add(world, made.id, await uploaded(owner, text="Something else"))
    async with refused(world, Conflict, "shown", match="changed after it was shown"):
        await sign(owner, document_id=made.id, contact_id=who, shown=shown)
    async with refused(world, Conflict, "expected_content_version"):
        recorded = record_document_signature(
            owner, document_id=made.id, contact_id=who, evidence="In the safe", expected_content_version=1
        )
        await recorded
    present = await Document.get(id=made.id)
    await sign(owner, document_id=made.id, contact_id=who, shown=present.digest)
    (signer,) = await signers_of(made.id)
    assert signer.digest == present.digest
    # What is signed stays as it is.
    file = await uploaded(owner, text="Too late")
    async with refused(world, RuleBroken, "document_id", match="stays as it is"):
        await add(world, made.id, file)


async def test_what_is_approved_stays_as_it_is(world: World) -> None:
    owner, who = world.acting(world.owner), await contact(world)
    made = await document(world, (await uploaded(owner)).id)
    await request_approval(owner, document_id=made.id, approver_ids=[who])
    await add(world, made.id, await uploaded(owner))
    await decide_document(owner, document_id=made.id, contact_id=who, approved=True)
    file = await uploaded(owner)
    async with refused(world, RuleBroken, "document_id") as caught:
        await add(world, made.id, file)
    assert caught.value.reason is Reason.WRONG_STATE


async def test_only_ones_own_whole_file_that_nothing_has_taken(world: World) -> None:
    owner, made = world.acting(world.owner), await document(world)
    taken = await uploaded(owner)
    await add(world, made.id, taken)
    others, unfinished = await uploaded(world.acting(world.admin)), await begun(owner)
    tries: list[tuple[UUID, type[Refusal], Reason]] = [
        (taken.id, RuleBroken, Reason.TAKEN),
        (others.id, NotFound, Reason.NOT_FOUND),
        (unfinished.id, RuleBroken, Reason.UPLOAD_UNFINISHED),
        (new_id(), NotFound, Reason.NOT_FOUND),
    ]
    for file, kind, reason in tries:
        async with refused(world, kind, "file_id") as caught:
            await add_document_version(owner, document_id=made.id, file_id=file)
        assert caught.value.reason is reason
        async with refused(world, kind, "file_id"):
            await document(world, file)


async def test_so_many_files_and_no_more(world: World) -> None:
    owner, made = world.acting(world.owner), await document(world)
    await add(world, made.id, await uploaded(owner))
    await sql(
        "INSERT INTO file (id, version, firm_id, name, size, content_type, sha256, state, taken, taken_at, owner_kind, "
        "owner_id, account_id) SELECT gen_random_uuid(), 1, $1, 'f', 1, 'text/plain', repeat('0', 64), 'READY', true, "
        "now(), 'document', $2, $3 FROM generate_series(1, $4)",
        world.firm.id,
        made.id,
        world.account.id,
        FILES_OF_SIGNED.most - 1,
    )
    file = await uploaded(owner)
    async with refused(world, RuleBroken, "file_id") as caught:
        await add(world, made.id, file)
    assert caught.value.reason is Reason.FULL


async def test_evidence_may_be_a_file(world: World) -> None:
    owner, who = world.acting(world.owner), await contact(world)
    made = await document(world)
    await request_signatures(owner, document_id=made.id, signer_ids=[who])
    scan = await uploaded(owner, "Signed.txt")
    fields: dict[str, Any] = {"document_id": made.id, "contact_id": who}
    # A file alone says not where it comes from.
    async with refused(world, Invalid, "evidence"):
        await record_document_signature(owner, **fields, evidence=" ", evidence_file_id=scan.id)
    async with refused(world, NotFound, "evidence_file_id"):
        await record_document_signature(owner, **fields, evidence="Scan", evidence_file_id=new_id())
    await record_document_signature(owner, **fields, evidence="Scan", evidence_file_id=scan.id)
    (signer,) = (await signers_of_items([made.id]))[made.id]
    assert signer.signature is not None and signer.signature.evidence_file_id == scan.id
    kept = await File.get(id=scan.id)
    assert (kept.owner_id, kept.account_id) == (made.id, world.account.id)
    # It is evidence, and no version of the document.
    assert await versions_of([made.id]) == {}


async def test_the_files_of_a_deleted_document_are_given_up(world: World) -> None:
    owner = world.acting(world.owner)
    files = [await uploaded(owner) for _ in range(2)]
    made = await document(world, files[0].id)
    await add(world, made.id, files[1])
    await delete_document(owner, document_id=made.id)
    rows = await File.filter(id__in=[file.id for file in files])
    assert [(row.taken, row.given_up_at is not None, row.account_id) for row in rows] == [(False, True, None)] * 2
    assert await DocumentVersion.filter(document_id=made.id).count() == 0


@pytest.mark.parametrize("signature", ["evidence_file_id", "digest"])
async def test_the_database_refuses_half_of_each_signature(signature: str, world: World) -> None:
    owner, who = world.acting(world.owner), await contact(world)
    made = await document(world)
    await request_signatures(owner, document_id=made.id, signer_ids=[who])
    value = (await uploaded(owner)).id if signature == "evidence_file_id" else "0" * 64
    with pytest.raises(Exception, match="signer_signature"):
        await sql(f"UPDATE signer SET {signature} = $2 WHERE item = $1", made.id, value)
