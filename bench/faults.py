"""Changes that are lost, repeated or leaked while servers, Redis, sockets and rights fail: the oracle of the tests.

`python -m bench.faults`
"""

import asyncio
import sys

from bench.goals import Goal
from bench.house import House, run
from bench.measure import heading

_ORACLE = "tests/system/test_oracle.py"


async def benchmark(house: House) -> None:
    """50 sockets on two servers, 2,000 commands of 54 kinds: at random moments, and at the end, each client's replica
    must equal a fresh query under its present rights. The control, a client that does not resume, must differ."""
    heading("Faults: servers killed, Valkey killed, sockets dropped, rights changed (some two minutes)")
    if house.quick:
        print("Left out of a quick run.")
        return
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-m", "not soak", "-q", "-s", "--no-header", _ORACLE),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    print(told.decode().strip()[-2_000:], flush=True)
    found = 0 if process.returncode == 0 else None
    house.goals.append(Goal("lost, repeated or leaked changes in the faults", found, 0))


if __name__ == "__main__":
    run(benchmark)
