"""A client of the tus protocol that says just what a test has it say."""

from __future__ import annotations

import io
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from models.rows import Member
from tests.serving import Api

OCTETS = "application/offset+octet-stream"


@dataclass(frozen=True)
class Told:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def offset(self) -> int:
        """How many bytes are there, by the server's word."""
        return int(self.headers["upload-offset"])


@dataclass
class Tus:
    """A member's client, at a server."""

    api: Api
    member: Member | None
    #: What every request has besides, or has instead.
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """Where the server is."""
        return self.api.url.removesuffix("/graphql")

    async def ask(self, method: str, path: str, body: Any = None, **headers: str | None) -> Told:
        """The answer to a request. A header's name has _ for its -; one that is None is not sent."""
        signed = {} if self.member is None else {"authorization": f"Bearer {await self.api.token(self.member)}"}
        given = {"tus-resumable": "1.0.0", **signed, **self.headers}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}  # type: ignore[misc]
        sent = {name: value for name, value in given.items() if value is not None}
        data = io.BytesIO(body) if isinstance(body, bytes) else body
        options: dict[str, Any] = {"data": data, "headers": sent, "skip_auto_headers": ["content-type"]}
        async with self.api.http.request(method, self.origin + path, **options) as answer:
            told = {name.lower(): value for name, value in answer.headers.items()}
            return Told(answer.status, told, await answer.read())

    async def begin(self, size: int, name: str = "Return 2025.txt", **headers: str | None) -> str:
        """Where an upload of so many bytes is."""
        said = {"upload_length": str(size), "upload_metadata": named(name), **headers}
        told = await self.ask("POST", "/files", **said)
        assert told.status == 201, told
        return told.headers["location"]

    async def send(self, path: str, data: Any, offset: int = 0, **headers: str | None) -> Told:
        """The answer to bytes from there on."""
        said = {"content_type": OCTETS, "upload_offset": str(offset), **headers}
        return await self.ask("PATCH", path, data, **said)

    async def upload(self, data: bytes, name: str = "Return 2025.txt") -> str:
        """The id of a file that was uploaded whole."""
        path = await self.begin(len(data), name)
        if data:
            told = await self.send(path, data)
            assert (told.status, told.offset) == (204, len(data)), told
        return path.rpartition("/")[2]

    async def file(self, id: str) -> Any:
        """What GraphQL says of a file."""
        assert self.member is not None
        return (await self.api.ask(self.member, FILE, id=id))["file"]

    async def read(self, id: str, method: str = "GET", **headers: str | None) -> Told:
        """The answer at the file's link."""
        url = (await self.file(id))["url"]
        assert url is not None
        return await self.ask(method, url, **{"authorization": None, "tus_resumable": None, **headers})


FILE = """
query OneFile($id: ID!) {
  file(id: $id) { id name size contentType sha256 state url expiresAt account { id } createdBy { id } }
}
"""


def named(name: str) -> str:
    """What a client says of a file that is called so."""
    return f"filename {b64encode(name.encode('utf-8', 'surrogatepass')).decode()}"
