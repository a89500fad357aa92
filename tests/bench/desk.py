"""The desk under load, in a process of its own: ``python -m tests.bench.desk [PROFILE]``.

The real one, set up by the environment as in production, but that nothing limits how fast it may send. It
prints its port, and ends when its standard input does; with PROFILE it leaves a profile there.
"""

from __future__ import annotations

import asyncio
import cProfile
import sys

from aiohttp import web

from chatbot.app import App
from chatbot.channels import Pace
from chatbot.channels.telegram import TelegramChannel
from chatbot.logs import set_up_logs
from chatbot.settings import load_settings
from chatbot.shop import load_shop
from chatbot.texts import Texts
from tests.bench.process import ends, usage


async def main() -> None:
    """Serve until standard input ends."""
    settings = load_settings()
    set_up_logs(settings.log_format, settings.log_level)
    TelegramChannel.pace = Pace()
    app = App(settings, load_shop(), Texts.load(), routes=[web.get("/usage", usage)])
    print(await app.start(), flush=True)
    await ends()
    await app.stop()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        asyncio.run(main())
    else:
        with cProfile.Profile() as profile:
            asyncio.run(main())
        profile.dump_stats(sys.argv[1])
