"""A mail server as a process of its own: `python -m tests.system.season.post PORT JOURNAL`.

What it has taken is in the journal, a line of its Message-ID each, before it answers. SIGUSR1 lets it die of the next
mail, between the one and the other.
"""

import asyncio
import os
import signal
import sys

from tests.mail_server import Taken, mail_server


def key_of(mail: Taken) -> str:
    """What the mail is known by: its Message-ID, without whose it is."""
    return str(mail.message["Message-ID"]).strip("<>").partition("@")[0]


async def serve(port: int, journal: str) -> None:
    """Take mail, until somebody ends it."""
    file = os.open(journal, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    dies = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, dies.set)

    async def note(mail: Taken) -> None:
        os.write(file, f"{key_of(mail)}\n".encode())
        if dies.is_set():
            os.kill(os.getpid(), signal.SIGKILL)

    async with mail_server(port=port) as server:
        server.before_answer = note
        print(f"Takes mail at {server.port}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
