"""The whole desk in this process, with a stand-in for Zalo's servers around it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chatbot.app import App
from chatbot.channels import Pace
from chatbot.channels.zalo.tokens import REFRESH_LIVES
from chatbot.clock import MovableClock
from chatbot.messages import Address, Reply
from chatbot.settings import load_settings
from chatbot.shop import load_shop
from chatbot.texts import Texts
from models.database import run_tx
from models.outgoing import STAFF
from models.zalo_chain import ZaloChain
from tests.conftest import Database
from tests.zalo_server import ZaloServer

PUBLIC = "https://desk.partyshop.example"


@dataclass
class Heard:
    """An outlet that keeps what it is given."""

    name: str
    pace: Pace = field(default_factory=Pace)
    sent: list[tuple[str, Reply]] = field(default_factory=list)

    async def send(self, to: Address, reply: Reply) -> str | None:
        self.sent.append((to.user, reply))
        return None

    @property
    def words(self) -> str:
        """All that it was given, as one text."""
        return "\n".join(reply.text for _, reply in self.sent)


@dataclass
class ZaloDesk:
    """The desk, open, and what stands around it."""

    app: App
    clock: MovableClock
    staff: Heard
    email: Heard
    url: str


async def begin_chain(zalo: ZaloServer) -> None:
    """Put the stand-in's refresh token in, as ``chatbot zalo token --paste`` does."""
    now = zalo.now()
    await run_tx(lambda: ZaloChain.begin(zalo.refresh, now, now + REFRESH_LIVES))


@asynccontextmanager
async def zalo_desk(
    database: Database, folder: Path, zalo: ZaloServer, **more: str
) -> AsyncIterator[ZaloDesk]:
    """A desk with Zalo configured, whose clock is the stand-in's too. ``more`` are further settings."""
    settings = load_settings(
        {
            "DATABASE_URL": database.url,
            "DATA_DIR": str(folder / "data"),
            "KEYRING": str(database.keyring),
            "PUBLIC_URL": PUBLIC,
            "PORT": "0",
            **zalo.settings,
            **more,
        },
        env_file=None,
    )
    clock = MovableClock()
    staff, email = Heard(STAFF), Heard("email")
    outlets = {STAFF: staff, "email": email}
    app = App(settings, load_shop(), Texts.load(), clock=clock, outlets=outlets)
    zalo.now = clock.now
    port = await app.start()
    try:
        await begin_chain(zalo)
        zalo.desk = f"http://127.0.0.1:{port}"
        yield ZaloDesk(app, clock, staff, email, zalo.desk)
    finally:
        await app.stop()
