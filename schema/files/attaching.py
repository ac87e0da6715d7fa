"""Attached files in the inputs of what members write: notes, messages, wiki pages."""

from __future__ import annotations

from typing import Any

from models.bounds import ATTACHED
from models.ids import Kind
from schema.inputs.base import change_id_of, maybe_id_of

_FILES = f"The files to attach, which you have uploaded and nothing has taken: at most {ATTACHED.most}"


def attached() -> Any:
    """The files of a new thing."""
    return maybe_id_of(Kind.FILE, f"{_FILES}. None when left out.")


def attached_now() -> Any:
    """All files of a thing that is changed."""
    return change_id_of(
        Kind.FILE, f"{_FILES}. Just these: what it has already and is named again stays, the rest is deleted."
    )
