"""The member of staff whom the demo invites. It joins and signs in as anybody does, by the pages of the
staff room and with an authenticator app of its own; all that is special is that its password and its
codes are shown to whoever tries the demo."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from http.cookies import Morsel

import aiohttp
import pyotp

from models.totp import DRIFT, STEP

_TRIES = 3
"""Codes that are tried for one sign-in: somebody may have typed the one that was shown."""


class SampleMember:
    """``password`` is what it chooses when it joins; ``wall`` tells the real time, by which codes go."""

    def __init__(self, login: str, password: str, wall: Callable[[], datetime]) -> None:
        self.login = login
        self.password = password
        self._wall = wall
        self._url = ""
        self._app = pyotp.TOTP(pyotp.random_base32())
        self._used = 0
        self._turn = asyncio.Lock()

    @property
    def code(self) -> str:
        """What the app shows; where that was used already, what it shows next, which is taken too."""
        return self._app.generate_otp(max(self._step(), self._used + 1))

    async def join(self, url: str, invitation: str) -> None:
        """Spend an invitation to the staff room of the desk at ``url``. Raises ClientError."""
        self._url = url
        _, page = await self._send("join", invitation=invitation)
        secret = re.search(r'<code id="secret">([A-Z2-7 ]+)</code>', page)
        if secret is None:
            raise aiohttp.ClientError("the invitation opens nothing")
        self._app = pyotp.TOTP(secret[1].replace(" ", ""))
        self._used = self._step() - DRIFT
        cookie, _ = await self._send(
            "join",
            invitation=invitation,
            password=self.password,
            again=self.password,
            code=self._app.generate_otp(self._used),
        )
        if cookie is None:
            raise aiohttp.ClientError("the sample member could not join")

    async def sign_in(self) -> Morsel[str] | None:
        """The cookie of a new session, or None where it is not let in. As no code counts twice, this may
        wait for half a minute where many sign in at once."""
        async with self._turn:
            for _ in range(_TRIES):
                step = max(self._used + 1, self._step() - DRIFT)
                while step > self._step() + DRIFT:  # noqa: ASYNC110  # time passes without an event
                    await asyncio.sleep(1)
                self._used = step
                cookie, _ = await self._send(
                    "sign-in", login=self.login, password=self.password, code=self._app.generate_otp(step)
                )
                if cookie:
                    return cookie
            return None

    def _step(self) -> int:
        return int(self._wall().timestamp() // STEP.total_seconds())

    async def _send(self, form: str, **fields: str) -> tuple[Morsel[str] | None, str]:
        """Send a form of the staff room; the cookie, where one was given, and the page."""
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser,
            browser.post(
                f"{self._url}/staff/{form}", data=fields, headers={"Origin": self._url}, allow_redirects=False
            ) as answer,
        ):
            return answer.cookies.get("staff"), await answer.text()
