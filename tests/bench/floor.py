"""The least that a Telegram bot can do, in a process of its own: ``python -m tests.bench.floor``.

It parses each update and sends one fixed message by the same transport as the desk, and stores nothing.
"""

from __future__ import annotations

import asyncio
import os

import orjson
from aiohttp import web
from telegram import Bot, Update

from chatbot.channels.telegram.transport import AiohttpRequest
from tests.bench.process import ends, usage


async def main() -> None:
    """Serve until standard input ends."""
    request = AiohttpRequest()
    bot = Bot(
        os.environ["TELEGRAM_BOT_TOKEN"], base_url=os.environ["TELEGRAM_API_URL"] + "/bot", request=request
    )

    async def answer(http: web.Request) -> web.Response:
        update = Update.de_json(orjson.loads(await http.read()), bot)
        if update.effective_chat:
            await bot.send_message(update.effective_chat.id, "Quý khách cần chúng tôi giúp gì?")
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/telegram", answer), web.get("/usage", usage)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await ends()
    await runner.cleanup()
    await request.shutdown()


if __name__ == "__main__":
    asyncio.run(main())
