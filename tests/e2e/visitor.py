"""A visitor of the web chat: a browser's cookie and its WebSocket, without the browser."""

from __future__ import annotations

from io import BytesIO
from typing import Self

from aiohttp import ClientSession, ClientWSTimeout, CookieJar, FormData
from yarl import URL

from tests.e2e.program import PUBLIC
from tests.web_customer import Frame, Tab


class Visitor:
    """One browser, on the desk's page at its public address; ``headers`` are what the proxy adds."""

    def __init__(self, desk: str, **headers: str) -> None:
        self._desk = desk
        self._headers = {"Origin": PUBLIC, **headers}
        # A proxy in front ends TLS, so what counts as secure outside comes here without it.
        self._jar = CookieJar(unsafe=True, treat_as_secure_origin=URL(desk))
        self._lines: dict[int, str] = {}

    async def __aenter__(self) -> Self:
        self._session = ClientSession(cookie_jar=self._jar, headers=self._headers)
        async with self._session.get(f"{self._desk}/") as answer:
            assert answer.status == 200
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    @property
    def cookie(self) -> str:
        """The secret by which this browser is known."""
        return next(cookie.value for cookie in self._jar)

    @property
    def words(self) -> str:
        """All that the desk has said to this visitor, each line once."""
        return "\n".join(self._lines.values())

    async def tab(self) -> Tab:
        """An open page that has everything so far."""
        socket = await self._session.ws_connect(
            f"{self._desk}/chat/ws", timeout=ClientWSTimeout(ws_close=2.0)
        )
        tab = Tab(socket)
        await tab.write(type="hello", after=max(self._lines, default=0), language="vi")
        return tab

    async def upload(self, content: bytes, name: str) -> Frame:
        """Send a file as the page does; what the desk says to it."""
        form = FormData(quote_fields=False)
        form.add_field("file", BytesIO(content), filename=name, content_type="image/jpeg")
        headers = {"X-Desk-Upload": "1"}
        async with self._session.post(f"{self._desk}/chat/files", data=form, headers=headers) as answer:
            assert answer.status == 200
            taken: Frame = await answer.json()
            return taken

    async def hears(self, tab: Tab, words: str) -> None:
        """Read on until the desk has said some words."""
        while words not in self.words:
            try:
                frame = await tab.read()
            except TimeoutError:
                raise AssertionError(f"{words!r} is not in {self.words!r}") from None
            if frame["type"] == "reset":
                self._lines.clear()  # shown data was hidden: the page begins anew
            if frame["type"] == "entry" and not frame["mine"]:
                assert frame["seq"] not in self._lines, "a line came twice"
                self._lines[frame["seq"]] = frame["text"]
