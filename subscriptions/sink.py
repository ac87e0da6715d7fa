"""Where messages go: what a cohort needs of whoever is at the other end."""

from __future__ import annotations

from typing import Any, Protocol


class Sink(Protocol):
    """As the `Sink` of `transport.engine`."""

    @property
    def ready(self) -> bool:
        """Whether it has room for a message. One that says no calls `Subscriber.resume` when it has room again."""

    def send(self, body: bytes) -> None:
        """One message, which many may be sent."""

    def end(self, errors: list[dict[str, Any]] | None = None) -> None:
        """Nothing more comes. With errors: because of them."""
