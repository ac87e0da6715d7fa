"""The board in the terminal with a password that nobody types: `python -m tests.system.watch_command JSON`."""

import json
import sys

from watch.main import run

if __name__ == "__main__":
    sys.exit(run(**json.loads(sys.argv[1])))
