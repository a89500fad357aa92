"""The demo: the real desk on a fresh database, with outlets that show on a page what would go out, and
a clock that can be moved on, and a sample member of staff. Nothing in the desk itself knows of it."""

from __future__ import annotations

import asyncio
import csv
import re
import shutil
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

from chatbot.app import App
from chatbot.channels import Pace
from chatbot.clock import ZONE, MovableClock, SystemClock, local_date
from chatbot.crypto import KeyRing
from chatbot.demo_member import SampleMember
from chatbot.importing import import_file
from chatbot.masking import national
from chatbot.messages import Address, Reply
from chatbot.opening import opened
from chatbot.pages.demo import DemoPage
from chatbot.pages.demo_room import demo_room_routes
from chatbot.pages.static import Static
from chatbot.settings import load_settings
from chatbot.shop import Shop
from chatbot.texts import Texts
from models.database import run_tx
from models.migrate import migrate
from models.outgoing import STAFF
from models.roles import Role
from models.staff import StaffMember

SAMPLES = Path(__file__).parent / "data" / "customers_sample.csv"
_STAFF = "Nhân viên mẫu"
_PASSWORD = "ba-qua-bong-do"
"""Anybody who sees the demo's page may be its member of staff; there is nothing but samples to see."""
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""By which address a desk is reached from its own machine that listens on all of them."""
_CUSTOMERS_SHOWN = 5
_MOST_SHOWN = 50


class Shown:
    """An outlet that delivers to the demo's page."""

    pace = Pace()

    def __init__(self, name: str, board: DemoBoard) -> None:
        self.name = name
        self._board = board

    async def send(self, to: Address, reply: Reply) -> str | None:
        """Show a message. Never fails."""
        self._board.show(self.name, to.user, reply.text)
        return None


class DemoBoard:
    """What the demo's page shows (see ``chatbot.pages.demo``)."""

    def __init__(self, clock: MovableClock, shop: Shop) -> None:
        self._clock = clock
        self._shop = shop
        self._staff: list[dict[str, str]] = []
        self._codes: list[dict[str, str]] = []
        self._customers = _samples()
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._count = 0
        self.app: App | None = None
        self.outlets = {name: Shown(name, self) for name in ("sms", "email", STAFF)}

    def show(self, by: str, to: str, text: str) -> None:
        """Put a message on the board."""
        self._count += 1
        line = {"id": str(self._count), "at": self._clock.now().isoformat()}
        if by == STAFF:
            self._staff = [*self._staff, {**line, "text": text}][-_MOST_SHOWN:]
        else:
            code = re.search(r"(?<!-)\b\d{6}\b", text)  # not the number of a case
            to = national(to) if by == "sms" else to
            self._codes = [*self._codes, {**line, "to": to, "by": by, "code": code[0] if code else text}][
                -_MOST_SHOWN:
            ]
        task = asyncio.ensure_future(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def watch(self) -> AsyncGenerator[dict[str, object], None]:
        """The state now, and again after every change."""
        while True:
            yield {
                "now": self._clock.now().isoformat(),
                "staff": self._staff,
                "codes": self._codes,
                "customers": self._customers,
            }
            async with self._changed:
                await self._changed.wait()

    async def move(self, step: Literal["hour", "working_day", "year"]) -> datetime:
        """Move the clock on, run what has become due, and return the new time."""
        now = self._clock.now().astimezone(ZONE)
        if step == "hour":
            then = datetime.fromtimestamp(now.timestamp() + 3600, ZONE)
        else:
            today = local_date(now)
            working = step == "working_day"
            day = self._shop.calendar.add_working_days(today, 1) if working else _a_year_after(today)
            then = datetime.combine(day, time(now.hour, now.minute, now.second), ZONE)
        self._clock.move(then - now)
        if self.app:
            await self.app.scheduler.run_all()
        await self._tell()
        return self._clock.now()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _samples() -> list[dict[str, str | None]]:
    with SAMPLES.open(encoding="utf-8", newline="") as file:
        rows = islice(csv.DictReader(file), _CUSTOMERS_SHOWN)
        return [
            {"name": row["full_name"], "phone": row["phone"] or None, "email": row["email"] or None}
            for row in rows
        ]


def _a_year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


class Demo:
    """The demo from start to end, in a folder of its own that is removed at the end."""

    def __init__(self, host: str, port: int, shop: Shop, texts: Texts) -> None:
        self._folder = Path(mkdtemp(prefix="chatbot-demo-"))
        self._stack = AsyncExitStack()
        self._stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
        self._settings = load_settings(
            {
                "HOST": host,
                "PORT": str(port),
                "DATA_DIR": f"{self._folder}/data",
                "DATABASE_URL": f"sqlite://{self._folder}/data/chatbot.db",
                "KEYRING": f"{self._folder}/keyring.json",
            },
            env_file=None,
        )
        clock = MovableClock()
        self._clock = clock
        self._board = DemoBoard(clock, shop)
        self._page = DemoPage(texts, Static(), self._board, shop=shop.name)
        self._shop, self._texts = shop, texts

    async def start(self) -> int:
        """Make the database, put the sample customers in, and open the desk; the port."""
        ring = self._folder / "keyring.json"
        KeyRing.create(ring)
        await migrate(self._settings.database_url.get_secret_value())
        async with opened(self._settings):
            await import_file(SAMPLES, now=self._clock.now())
            now = self._clock.now()
            login, invitation = await run_tx(lambda: StaffMember.invite(_STAFF, Role.DIRECTOR, None, now))
        member = SampleMember(login, _PASSWORD, SystemClock().now)
        app = App(
            self._settings,
            self._shop,
            self._texts,
            clock=self._clock,
            outlets=self._board.outlets,
            routes=[*self._page.routes(), *demo_room_routes(member)],
            room_framed_by=("'self'",),
        )
        self._board.app = app
        self._stack.push_async_callback(app.stop)
        self._stack.push_async_callback(self._page.close)
        port = await app.start()
        host = _LOOPBACK.get(self._settings.host, self._settings.host)
        await member.join(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}", invitation)
        return port

    async def stop(self) -> None:
        """Close the desk, as far as it was opened, and remove everything that it held."""
        await self._stack.aclose()
