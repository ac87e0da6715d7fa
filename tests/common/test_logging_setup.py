"""What the log says of a Redis that is away: a fact, told seldom, and no fault."""

import json
import subprocess
import sys

from tests.system.mother import HOUSE

LOGGING = """
import logging
from redis.exceptions import ConnectionError
from common.logging_setup import set_up_logging

set_up_logging("INFO")
library = logging.getLogger("docket.worker")
both = ExceptionGroup("both", [ConnectionError("gone"), OSError("other")])
for error in [ConnectionError("gone")] * 3 + [both, KeyError("k")]:
    try:
        raise error
    except Exception:
        library.exception("Error in scheduler loop")
for _ in range(3):
    library.warning("Redis is unavailable, retrying in 1s...")
"""


def test_a_redis_that_is_away_is_no_fault_and_told_once_a_minute() -> None:
    done = subprocess.run([sys.executable, "-c", LOGGING], cwd=HOUSE, capture_output=True, text=True, check=True)
    said = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["level"], line["event"], "exception" in line) for line in said] == [
        ("warning", "Error in scheduler loop (ConnectionError)", False),
        # Something else failed as well, or alone: that is a fault.
        ("error", "Error in scheduler loop", True),
        ("error", "Error in scheduler loop", True),
        ("warning", "Redis is unavailable, retrying in 1s...", False),
    ]
