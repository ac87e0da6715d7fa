"""What a server has said, whoever runs it: its texts may hold anything, and are made for eyes here, once for all."""

from __future__ import annotations

import json
from typing import Any

from common.terminal import printable_in


def read_answer(text: str | bytes) -> Any:
    """The value of a JSON text, with all its texts printable. ValueError when it is none, or nested beyond reason."""
    try:
        return printable_in(json.loads(text))
    except RecursionError:
        raise ValueError("nested too deep") from None
