"""A customer's browser without the browser: the cookie of the page, and the frames of the web chat."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO
from types import TracebackType
from typing import Any
from uuid import uuid4

from aiohttp import ClientSession, ClientWebSocketResponse, ClientWSTimeout, CookieJar, FormData

from tests.web_world import World

Frame = dict[str, Any]


class Browser:
    """One browser: it has opened the page, and so has a cookie."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.session = ClientSession(cookie_jar=CookieJar(unsafe=True))
        self.headers = {"Origin": world.url}
        self._sockets: list[ClientWebSocketResponse] = []

    async def __aenter__(self) -> Browser:
        async with self.session.get(self.world.url + "/") as answer:
            assert answer.status == 200
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for socket in self._sockets:
            await socket.close()
        await self.session.close()

    @property
    def user(self) -> str:
        """What the rest of the program knows this browser by."""
        secret = next(cookie.value for cookie in self.session.cookie_jar if cookie.key == "desk")
        return hashlib.sha256(secret.encode()).hexdigest()

    async def dial(self, **headers: str) -> Tab:
        """A WebSocket, without a word said."""
        socket = await self.session.ws_connect(
            self.world.url + "/chat/ws",
            headers={**self.headers, **headers},
            timeout=ClientWSTimeout(ws_close=2.0),
        )
        self._sockets.append(socket)
        return Tab(socket)

    async def tab(self, after: int = 0) -> Tab:
        """An open page that has said hello."""
        tab = await self.dial()
        await tab.write(type="hello", after=after, language="vi")
        return tab

    async def upload(self, content: bytes, name: str = "anh.jpg", **headers: str) -> tuple[int, Frame]:
        """Send a file as the page does."""
        form = FormData(quote_fields=False)
        form.add_field("file", BytesIO(content), filename=name, content_type="image/jpeg")
        return await self.post(form, **headers)

    async def post(self, body: FormData | bytes, **headers: str) -> tuple[int, Frame]:
        """Post anything to where files go."""
        all_headers = {**self.headers, "X-Desk-Upload": "1", **headers}
        url = self.world.url + "/chat/files"
        async with self.session.post(url, data=body, headers=all_headers) as answer:
            return answer.status, await answer.json()


class Tab:
    """One open page."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket

    async def write(self, **frame: object) -> None:
        """Send one frame."""
        await self.socket.send_str(json.dumps(frame, ensure_ascii=False))

    async def say(self, text: str, id: str | None = None) -> str:
        """Send a message and return its id, without waiting."""
        id = id or str(uuid4())
        await self.write(type="message", id=id, text=text)
        return id

    async def read(self) -> Frame:
        """The next frame, within two seconds."""
        frame: Frame = await self.socket.receive_json(timeout=2)
        return frame

    async def until(self, kind: str, **values: object) -> list[Frame]:
        """All frames up to and with the first of a kind that has these values."""
        frames = []
        while True:
            frame = await self.read()
            frames.append(frame)
            if frame["type"] == kind and all(frame.get(name) == value for name, value in values.items()):
                return frames

    async def closed(self) -> int | None:
        """Read on until the server hangs up; the code with which it did."""
        async for _ in self.socket:
            pass
        return self.socket.close_code


def texts(frames: list[Frame]) -> list[str]:
    """The words of all entries."""
    return [frame["text"] for frame in frames if frame["type"] == "entry"]
