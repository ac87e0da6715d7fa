"""Uploads by the tus protocol: begun, asked about, gone on with, and given up."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID

from starlette.datastructures import Headers
from starlette.types import Receive, Scope

from app.files import tus
from app.files.answers import not_found
from app.files.receiving import Arrival, Desk, whole_of
from models.actor import Actor
from models.caller import Caller
from models.command import expect_permitted
from models.errors import Refusal
from models.files.uploads import (
    UploadLimits,
    add_segments,
    begin_upload,
    discard_upload,
    reached,
)
from models.ids import Kind, encode
from models.reasons import Reason
from models.scope import Viewer
from models.seen import File, FileState
from transport.address import address_of
from transport.body_sizes import allow_body
from transport.reply import Rejected, Reply

#: So many requests bring bytes at once: to a process, and of a firm. Whoever sends slowly keeps their place for long:
#: their firm's, and no other's.
AT_ONCE, OF_FIRM = 500, 250


def actor_of(viewer: Viewer, scope: Scope) -> Actor:
    """Who comes with a request."""
    seen = viewer.scope
    caller = Caller(address_of(scope), viewer.session_id)
    return Actor.viewer(seen.audience, seen.firm_id, viewer.member_id, caller, viewer.token_id)


class Uploads:
    """The uploads of a process. Every method is given who asks: what others upload does not exist for them."""

    def __init__(self, desk: Desk, limits: UploadLimits) -> None:
        self._desk = desk
        self.limits = limits
        self._arrivals: dict[UUID, Arrival] = {}
        self._busy: Counter[UUID] = Counter()

    async def begin(self, viewer: Viewer, scope: Scope, headers: Headers) -> Reply:
        """POST: a file of so many bytes, of which none are here."""
        if "upload-defer-length" in headers:
            raise Rejected(400, "Say how many bytes the file has, in 'Upload-Length'.")
        size, said = tus.number_in(headers, "Upload-Length"), tus.metadata_in(headers)
        actor = actor_of(viewer, scope)
        name = said.get("filename", said.get("name", ""))
        file = (await begin_upload(actor, name=name, size=size, limits=self.limits)).value
        if not size:
            whole = await whole_of(self._desk, file, (), None)
            async with self._as_named(actor, file.id):
                file = (await add_segments(actor, file_id=file.id, segments=(), whole=whole)).value
        place = {"location": f"/files/{encode(Kind.FILE, file.id)}"}
        return Reply(201, headers={**place, **tus.expires(file.expires_at), "upload-offset": "0"})

    async def ask(self, viewer: Viewer, file_id: UUID) -> Reply:
        """HEAD: how far it is. Whatever still brings bytes of it is stopped: who asks has lost that connection."""
        file = await self._find(viewer, file_id)
        await self._stop(file_id)
        about = {"upload-offset": str(await self._reached(file)), "upload-length": str(file.size)}
        return Reply(200, headers={**about, **tus.metadata_of(file.name), **tus.expires(file.expires_at)})

    async def go_on(self, viewer: Viewer, scope: Scope, headers: Headers, receive: Receive, file_id: UUID) -> Reply:
        """PATCH: bytes from where it is. Before any is read, all else is looked at."""
        if headers.get("content-type", "").lower() != tus.MEDIA_TYPE:
            raise Rejected(
                415, f"Send the bytes as they are, with 'Content-Type: {tus.MEDIA_TYPE}'.", "UNSUPPORTED_MEDIA_TYPE"
            )
        offset, checksum = tus.number_in(headers, "Upload-Offset"), tus.checksum_in(headers)
        actor = actor_of(viewer, scope)
        expect_permitted(viewer, add_segments.action)
        file = await self._find(viewer, file_id)
        await self._stop(file_id)
        have = await self._reached(file)
        if offset != have:
            told = f"Of this file {have:,} bytes are here, so it does not go on at {offset:,}. Ask where it does."
            raise Rejected(409, told, "CONFLICT", upload_offset=str(have))
        if tus.length_of(headers) > file.size - have:
            raise Rejected(413, f"The file was to have {file.size:,} bytes, and this is more.", "TOO_LARGE")
        if file.state is FileState.RECEIVING:
            with self._room_for(file):
                arrival = self._arrivals[file_id] = Arrival(self._desk, actor, file, have, checksum)
                allow_body(scope, file.size - have)
                async with self._as_named(actor, file_id):
                    await arrival.receive(receive)
            file, have = arrival.file, arrival.reached
        return Reply(204, headers={"upload-offset": str(have), **tus.expires(file.expires_at)})

    @asynccontextmanager
    async def _as_named(self, actor: Actor, file_id: UUID) -> AsyncIterator[None]:
        """What turns out not to be what it is called is given up: it would be refused however often its end came."""
        try:
            yield
        except Refusal as refusal:
            if refusal.reason is Reason.NOT_AS_NAMED:
                await self._discard(actor, file_id)
            raise

    async def _discard(self, actor: Actor, file_id: UUID) -> None:
        await discard_upload(actor, file_id=file_id)
        self._desk.hashes.forget(file_id)

    @contextmanager
    def _room_for(self, file: Any) -> Iterator[None]:
        """For one request more that brings bytes of the file. `Rejected` where there is none: nothing is begun then."""
        if file.id in self._arrivals:
            raise Rejected(423, "Another request brings bytes of this file just now.", "LOCKED", retry_after="1")
        if self._busy.total() >= AT_ONCE or self._busy[file.firm_id] >= OF_FIRM:
            raise Rejected(503, "Too many uploads at once. Go on in a moment.", "UNAVAILABLE", retry_after="5")
        self._busy[file.firm_id] += 1
        try:
            yield
        finally:
            self._arrivals.pop(file.id, None)
            self._busy[file.firm_id] -= 1
            if not self._busy[file.firm_id]:
                del self._busy[file.firm_id]

    async def give_up(self, viewer: Viewer, scope: Scope, file_id: UUID) -> Reply:
        """DELETE: it is nobody's any more."""
        await self._find(viewer, file_id)
        await self._stop(file_id)
        await self._discard(actor_of(viewer, scope), file_id)
        return Reply(204)

    async def _find(self, viewer: Viewer, file_id: UUID) -> Any:
        file = await viewer.rows(File).find(file_id)
        if file is None or file.kept_for_id != viewer.member_id:
            raise not_found()
        return file

    async def _stop(self, file_id: UUID) -> None:
        if (arrival := self._arrivals.get(file_id)) is not None:
            await arrival.stop()

    async def _reached(self, file: Any) -> int:
        return await reached(file.id) if file.state is FileState.RECEIVING else int(file.size)
