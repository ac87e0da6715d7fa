"""The machine that the figures are of."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from models.database import sql

_PACKAGES = ("strawberry-graphql", "graphql-core", "tortoise-orm", "asyncpg", "uvicorn", "uvloop", "orjson")


def print_machine() -> None:
    """What somebody who compares figures has to know, without anything that names the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    print(f"{_processor()}, {cores} cores, {platform.system()} {platform.release()}, load average {load}")
    print(f"Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in _PACKAGES))


async def print_database() -> None:
    """The version of PostgreSQL, and how it commits."""
    (row,) = await sql(
        "SELECT version() AS version, current_setting('synchronous_commit') AS commits, "
        "current_setting('fsync') AS fsync"
    )
    print(f"{row['version'].split(' on ')[0]}, synchronous_commit {row['commits']}, fsync {row['fsync']}", flush=True)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
