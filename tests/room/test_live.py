"""What comes anew in the staff room without a reload."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from html import unescape

import aiohttp
import orjson

from models import Event
from models.case_entry import CaseEntry, Entry
from models.database import run_tx
from models.event import Tag
from models.staff_session import IDLE
from tests.room.inside import Enter
from tests.room_cases import a_case, a_chat
from tests.room_server import RoomServer
from tests.staff import NOW


class Stream:
    """An open stream of server-sent events."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self) -> str | None:
        """The next part that is sent, or None where the stream has ended."""
        async with asyncio.timeout(15):
            while line := await self.response.content.readline():
                if line.startswith(b"data: "):
                    return str(orjson.loads(line[6:]))
        return None


async def test_the_queue_and_a_case_come_anew_when_something_happens(enter: Enter) -> None:
    """Without a reload: a case that is taken, an answer that arrives."""
    mai, bình = await enter(), await enter("Trần Văn Bình")
    case = await a_case(await a_chat())
    session, url = mai.browser.session, mai.browser.server.url
    path = f"{url}/staff/case/{case.code}/live"
    async with session.get(f"{url}/staff/live") as one, session.get(path) as two:
        assert one.headers["Content-Type"].startswith("text/event-stream")
        queue, page = Stream(one), Stream(two)
        assert "Chưa ai phụ trách" in unescape(str(await queue.next()))
        assert "customer" not in str(await page.next())
        await bình.does(case, "take")
        assert "Trần Văn Bình" in unescape(str(await queue.next()))
        assert "Nhận phụ trách" in unescape(str(await page.next()))

        async def answer() -> None:
            await CaseEntry.add(case, Entry.CUSTOMER_WROTE, NOW, words="Hôm <qua>.")
            await Event.record(Tag.CASE_WORDS_ADDED, NOW, case=case.id)

        await run_tx(answer)
        assert "Hôm &lt;qua&gt;." in str(await page.next())


async def test_an_open_page_keeps_nobody_signed_in(enter: Enter, server: RoomServer) -> None:
    """The stream ends with the session, which it does not lengthen."""
    mai = await enter()
    async with mai.browser.session.get(f"{server.url}/staff/live") as response:
        stream = Stream(response)
        assert await stream.next()
        server.later(IDLE - timedelta(seconds=1))
        await asyncio.sleep(2.5)
        server.later(timedelta(seconds=1))
        assert await stream.next() is None
    assert (await mai.see()).to == "/staff/sign-in?ended=1"


async def test_a_stream_for_nobody_is_no_page(server: RoomServer) -> None:
    """It ends, and is not led to the sign-in, which a stream cannot show."""
    accept = {"Accept": "text/event-stream"}
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{server.url}/staff/live", headers=accept) as response:
            assert (response.status, await response.text()) == (401, "")
        async with session.get(f"{server.url}/staff/live", allow_redirects=False) as response:
            assert response.status == 303
