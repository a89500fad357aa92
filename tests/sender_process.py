"""A process of its own that sends whatever is in an outbox: ``DATABASE_URL KEYRING FILE``.

It waits for a line on its standard input, so that several can begin together, appends a line to FILE for
each message (process, address, words), and ends when nothing is left.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from chatbot import sender
from chatbot.channels import Pace
from chatbot.crypto import KeyRing
from chatbot.messages import Address, Reply
from chatbot.texts import Texts
from models import Outgoing
from models.database import connect, disconnect
from models.keys import use_ring
from models.outgoing import State


class Line:
    """An outlet that writes its messages to a file, shared with other processes."""

    name = "chat"
    pace = Pace()

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def send(self, to: Address, reply: Reply) -> str | None:
        """Append a line."""
        await asyncio.sleep(0.002)
        os.write(self._file, f"{os.getpid()} {to.user} {reply.text}\n".encode())
        return None


async def main(url: str, keyring: str, path: str) -> None:
    """Send until nothing is left."""
    # Few at a time, so that the processes get in each other's way as often as they can.
    sender.SLOTS, sender.BATCH = 6, 3
    use_ring(KeyRing.load(Path(keyring)))
    await connect(url)
    at_work = sender.Sender({"chat": Line(path)}, Texts.load(), lambda: datetime.now(UTC))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await at_work.start()
    while await Outgoing.filter(state__in=[State.QUEUED, State.SENDING]).exists():
        at_work.wake()
        await asyncio.sleep(0.01)
    await at_work.stop()
    await disconnect()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
