"""Is a process that we wrote down still that process?"""

import subprocess
import sys
from pathlib import Path


def birth(pid: int) -> str | None:
    """When the living process with this number began; None if there is none. Numbers are used again."""
    if sys.platform == "linux":
        return _birth_in_proc(pid)
    asked = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or None


def _birth_in_proc(pid: int) -> str | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
