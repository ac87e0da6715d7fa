"""A process that was started by another of ours ends with it, however that ends."""

import signal

from embedded.launch import die_with


def end_with(parent: int | None, number: signal.Signals) -> None:
    """Ask for this signal when the parent dies, and stop here if it is dead already."""
    if parent is not None:
        die_with(parent, number)
