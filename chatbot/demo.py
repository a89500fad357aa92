"""The demo: the real desk on a fresh database, with outlets that show on a page what would go out, and
a clock that can be moved on, and a sample member of staff. Nothing in the desk itself knows of it."""

from __future__ import annotations

import asyncio
import csv
import re
import shutil
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from datetime import date, datetime, time, timedelta
from importlib import import_module
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal

from chatbot.app import App
from chatbot.channels import Pace
from chatbot.channels.zalo.tokens import REFRESH_LIVES
from chatbot.clock import ZONE, MovableClock, SystemClock, local_date
from chatbot.crypto import KeyRing
from chatbot.demo_member import SampleMember
from chatbot.importing import import_file
from chatbot.masking import national
from chatbot.messages import Address, Reply
from chatbot.opening import CannotOpen, opened
from chatbot.pages.demo import DemoPage
from chatbot.pages.demo_room import demo_room_routes
from chatbot.pages.static import Static
from chatbot.settings import load_settings
from chatbot.shop import Shop
from chatbot.texts import Texts
from models.customer import Customer
from models.database import run_tx
from models.migrate import migrate
from models.outgoing import STAFF
from models.roles import Role
from models.staff import StaffMember
from models.zalo_chain import ZaloChain

SAMPLES = Path(__file__).parent / "data" / "customers_sample.csv"
_LONGEST_SILENT = timedelta(days=300)
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


def _stand_in() -> Callable[..., Any]:
    """The stand-in for Zalo's servers, which is part of the tests and not installed. Raises CannotOpen."""
    root = Path(__file__).parents[1]
    if not (root / "tests" / "zalo_server.py").exists():
        raise CannotOpen("--zalo needs the stand-in among the tests: run it from a checkout of the source")
    sys.path.append(str(root))  # an editable installation shows the packages alone
    return import_module("tests.zalo_server").ZaloServer  # type: ignore[no-any-return]


class Demo:
    """The demo from start to end, in a folder of its own that is removed at the end. With ``zalo`` a
    stand-in for Zalo's servers runs beside it, whose page (``zalo_url``) is a customer's phone."""

    def __init__(self, host: str, port: int, shop: Shop, texts: Texts, *, zalo: bool = False) -> None:
        self._stand_in = _stand_in() if zalo else None
        self.zalo_url = ""
        self._folder = Path(mkdtemp(prefix="chatbot-demo-"))
        self._stack = AsyncExitStack()
        self._stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
        self._environment = {
            "HOST": host,
            "PORT": str(port),
            "DATA_DIR": f"{self._folder}/data",
            "DATABASE_URL": f"sqlite://{self._folder}/data/chatbot.db",
            "KEYRING": f"{self._folder}/keyring.json",
        }
        clock = MovableClock()
        self._clock = clock
        self._board = DemoBoard(clock, shop)
        self._page = DemoPage(texts, Static(), self._board, shop=shop.name)
        self._shop, self._texts = shop, texts

    async def start(self) -> int:
        """Make the database, put the sample customers in, and open the desk; the port."""
        ring = self._folder / "keyring.json"
        KeyRing.create(ring)
        settings = load_settings(self._environment, env_file=None)
        if self._stand_in:
            zalo = await self._stack.enter_async_context(self._stand_in(now=self._clock.now))
            self.zalo_url = zalo.url
            # Zalo itself delivers to https alone; the stand-in finds the desk where it listens.
            environment = {**self._environment, **zalo.settings, "PUBLIC_URL": "https://demo.invalid"}
            settings = load_settings(environment, env_file=None).model_copy(update={"public_url": None})
        await migrate(settings.database_url.get_secret_value())
        async with opened(settings):
            now = self._clock.now()
            await import_file(SAMPLES, now=now)
            # Nobody's year ends yet, so that its notices come when the clock is moved on, and not at once.
            silent = Customer.filter(last_contact_at__lt=now - _LONGEST_SILENT)
            await silent.update(last_contact_at=now - _LONGEST_SILENT)
            login, invitation = await run_tx(lambda: StaffMember.invite(_STAFF, Role.DIRECTOR, None, now))
            if self._stand_in:
                await run_tx(lambda: ZaloChain.begin(zalo.refresh, now, now + REFRESH_LIVES))
        member = SampleMember(login, _PASSWORD, SystemClock().now)
        app = App(
            settings,
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
        host = _LOOPBACK.get(settings.host, settings.host)
        await member.join(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}", invitation)
        if self._stand_in:
            zalo.desk = f"http://{settings.host}:{port}"
        return port

    async def stop(self) -> None:
        """Close the desk, as far as it was opened, and remove everything that it held."""
        await self._stack.aclose()
