"""Trusted documents: a list of those that clients were built with, which may be the only ones that are answered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import orjson
import structlog
from graphql import GraphQLError, GraphQLSchema

from engine.documents import DocumentCache, validate_document
from engine.limits import Limits
from engine.persisted import PREFIX, coded
from models.errors import Invalid
from models.reasons import Reason

log = structlog.get_logger(__name__)


class Trusted:
    """The texts by their names, and whether there are no others. Each is kept parsed as long as the process lives."""

    def __init__(self, sources: Mapping[str, str] | None = None, *, only: bool = False) -> None:
        self._by_name = {name.removeprefix(PREFIX): source for name, source in (sources or {}).items()}
        self._sources = frozenset(self._by_name.values())
        self.only = only
        self.documents = DocumentCache(max_documents=len(self._sources), max_bytes=2**40)

    @classmethod
    def read(cls, path: Path, *, only: bool = False) -> Trusted:
        """Those of a JSON file that has each text under its name, as the compiler of Relay and graphql-codegen write
        it: what the name is made of is the client's business. `Invalid` when it is none."""
        try:
            found = orjson.loads(path.read_bytes())
        except OSError as error:
            told = f"{path} cannot be read: {error.strerror}."
            raise Invalid(told, reason=Reason.FORMAT, format="JSON") from None
        except orjson.JSONDecodeError:
            raise Invalid(f"{path} is not JSON.", reason=Reason.FORMAT, format="JSON") from None
        if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
            told = f"{path} must be an object in JSON that has the text of each document under its name."
            raise Invalid(told, reason=Reason.FORMAT, format="JSON")
        return cls(found, only=only)

    def __len__(self) -> int:
        return len(self._by_name)

    def __contains__(self, source: object) -> bool:
        """Whether a text is one of them, sent by its name or not."""
        return source in self._sources

    def find(self, name: str) -> str | None:
        """The text of this name."""
        return self._by_name.get(name)

    def prepare(self, schema: GraphQLSchema, limits: Limits) -> None:
        """Parse and validate them all, before anybody waits for it. Those that are none are told of in the log, by
        name: whoever asks for one is told what is wrong with it."""
        for name, source in self._by_name.items():
            try:
                errors = validate_document(schema, self.documents.parse(source, max_tokens=limits.tokens))
            except GraphQLError as error:
                errors = [error]
            if errors:
                log.warning("trusted_document.invalid", name=name[:80], reason=errors[0].message)


def not_trusted() -> GraphQLError:
    """The refusal of what is not on the list, where there is nothing else."""
    return coded(
        "Only listed documents are answered here, and this is none of them. Build the client's list anew, and have it "
        "put on the server before the client.",
        "UNTRUSTED_DOCUMENT",
    )
