"""Reading JSON from a client."""

import gc

from transport.decoding import read_json


def test_many_lists_are_read_without_the_collector() -> None:
    """It would look through all that the process keeps, for whoever sends brackets."""
    begun: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            begun.append(info["generation"])

    gc.collect()
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)  # as in the product: the tests have it come less often
    gc.callbacks.append(note)
    try:
        value = read_json(b"[" + b"[]," * 30_000 + b"[]]")
        during = len(begun)
        same: list[list[object]] = [[] for _ in range(30_001)]  # made here, the collector is called
        often = len(begun) - during
    finally:
        gc.callbacks.remove(note)
        gc.set_threshold(*before)
    assert value == same
    assert during <= 1  # once, when it is called again
    assert often > 3
    assert gc.isenabled()
