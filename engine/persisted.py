"""Documents that are sent by their name instead of their text.

Two sorts, which have nothing in common but how they are named:

Automatic persisted queries (https://www.apollographql.com/docs/apollo-server/performance/apq): a client sends the
digest of a text, is told PersistedQueryNotFound, and sends both; from then on the digest will do. See `Persisted`.

Trusted documents: a list that whoever operates the server has made when the clients were built. See
`engine.trusted.Trusted`.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict

from graphql import GraphQLError

from transport.engine import Request

MOST_DOCUMENTS = 1_000
MOST_BYTES = 8 * 1024 * 1024
# What keeping one takes beside its text. An estimate.
_OVERHEAD = 300
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: As "Persisted Documents" of GraphQL over HTTP writes the digest in a `documentId`.
PREFIX = "sha256:"


class Persisted:
    """Texts by their SHA-256, of one process: those that were used last, bounded in number and in bytes."""

    def __init__(self, *, most_documents: int = MOST_DOCUMENTS, most_bytes: int = MOST_BYTES) -> None:
        self.bytes = 0
        self._most_documents = most_documents
        self._most_bytes = most_bytes
        self._sources: OrderedDict[str, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sources)

    def find(self, name: str) -> str | None:
        """The text with this digest, if it is kept."""
        source = self._sources.get(name)
        if source is not None:
            self._sources.move_to_end(name)
        return source

    def keep(self, name: str, source: str) -> None:
        """Keep a text that may be executed, until others need its place."""
        if name not in self._sources:
            self.bytes += _weight(source)
        self._sources[name] = source
        self._sources.move_to_end(name)
        while self.bytes > self._most_bytes or len(self._sources) > self._most_documents:
            _, dropped = self._sources.popitem(last=False)
            self.bytes -= _weight(dropped)


def name_of(request: Request) -> str | None:
    """What the request calls its document, if it names it. GraphQLError when that is no name."""
    given = (request.extensions or {}).get("persistedQuery")
    if given is None:
        return None if request.document_id is None else request.document_id.removeprefix(PREFIX)
    if not isinstance(given, dict) or given.get("version") != 1:
        raise _invalid(
            "extensions.persistedQuery must be { version: 1, sha256Hash: … }: no other version is known here."
        )
    name = given.get("sha256Hash")
    if not isinstance(name, str) or not name:
        raise _invalid("extensions.persistedQuery.sha256Hash must be the SHA-256 of the query, in hexadecimal letters.")
    return name.lower()


def check_name(name: str, source: str) -> bool:
    """Whether it is the digest of the text; False of a name that is none. GraphQLError when it is that of another."""
    if not _SHA256.fullmatch(name):
        return False
    if hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest() != name:
        raise _invalid(
            "The query is not the one that the sha256Hash was made of. Send the SHA-256 of the text as it is sent, in "
            "UTF-8."
        )
    return True


def not_found() -> GraphQLError:
    """In the words that clients wait for to send the text."""
    return coded("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")


def coded(message: str, code: str) -> GraphQLError:
    """An error with `extensions.code`."""
    return GraphQLError(message, extensions={"code": code})


def _weight(source: str) -> int:
    return len(source.encode("utf-8", "surrogatepass")) + _OVERHEAD


def _invalid(message: str) -> GraphQLError:
    return coded(message, "INVALID")
