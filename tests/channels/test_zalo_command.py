"""``chatbot zalo token`` and what ``chatbot check`` says of the chain, as an operator meets them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from chatbot import demo
from chatbot.opening import CannotOpen
from chatbot.shop import load_shop
from chatbot.texts import Texts
from models.database import run_tx
from models.zalo_chain import UNKNOWN, ZaloChain
from tests.conftest import Database
from tests.e2e.program import Program, soon
from tests.zalo_server import ZaloServer


@pytest.fixture
async def zalo() -> AsyncIterator[ZaloServer]:
    """Zalo."""
    async with ZaloServer() as server:
        yield server


@pytest.fixture
async def program(tmp_path: Path, database: Database, zalo: ZaloServer) -> AsyncIterator[Program]:
    """The program with Zalo configured and no token yet."""
    settings = {"PUBLIC_URL": "https://desk.partyshop.example", **zalo.settings}
    async with Program(
        tmp_path, DATABASE_URL=database.url, KEYRING=str(database.keyring), **settings
    ) as program:
        yield program


async def test_a_chain_is_shown_and_mended(program: Program, zalo: ZaloServer) -> None:
    """None yet, whole, unknown and whole again; no token is ever printed."""
    code, _, err = await program.run("zalo", "token")
    assert (code, err) == (1, "chatbot zalo token: there is no token yet: run 'chatbot zalo token --paste'\n")
    now = zalo.now()
    await run_tx(lambda: ZaloChain.begin(zalo.refresh, now, now))
    code, out, _ = await program.run("zalo", "token", "--renew")
    assert (code, out.splitlines()[0]) == (0, "chain    whole")
    code, out, _ = await program.run("check")
    assert "renewed by itself; lives 89 more days" in out
    await ZaloChain.all().update(link=UNKNOWN)
    code, out, _ = await program.run("zalo", "token")
    assert (code, "--renew" in out) == (1, True)
    code, out, _ = await program.run("check")
    assert (code, "unknown: see 'chatbot zalo token'" in out) == (1, True)
    code, out, _ = await program.run("zalo", "token", "--renew")
    assert (code, out.splitlines()[0]) == (0, "chain    whole")
    assert zalo.refreshed == 2
    zalo.refresh = "spent elsewhere"
    code, out, err = await program.run("zalo", "token", "--renew")
    assert (code, out.splitlines()[0][:15], "broken" in err) == (1, "chain    broken", True)
    assert zalo.access not in program.said


async def test_the_demo_runs_with_a_phone_beside_it(tmp_path: Path) -> None:
    """What is typed on the stand-in's page reaches the desk, and its answer the page."""
    async with Program(tmp_path, TMPDIR=str(tmp_path)) as program, ClientSession() as session:
        await program.start("demo --zalo")
        await soon(lambda: "Zalo is at" in program.said)
        [phone] = re.findall(r"Zalo is at (http://\S+)", program.said)
        async with session.get(phone) as page:
            assert page.status == 200
        async with session.post(f"{phone}/phone/says", data="xin chào") as answer:
            assert await answer.json() == 200

        async def answered() -> bool:
            async with session.get(f"{phone}/phone/sent?after=0") as sent:
                return any("8. " in one["text"] for one in await sent.json())

        await soon(answered)
        assert await program.terminate() == 0


def test_the_demo_with_zalo_needs_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere it says so in one line, and leaves nothing behind."""
    monkeypatch.setattr(demo, "__file__", str(tmp_path / "chatbot" / "demo.py"))
    with pytest.raises(CannotOpen, match="run it from a checkout"):
        demo.Demo("127.0.0.1", 0, load_shop(), Texts.load(), zalo=True)
