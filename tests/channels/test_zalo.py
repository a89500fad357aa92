"""The whole desk on Zalo: what a customer meets there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import Database
from tests.zalo_desk import ZaloDesk, zalo_desk
from tests.zalo_server import ZaloServer

USER = "246845883529197922"


@pytest.fixture
async def zalo() -> AsyncIterator[ZaloServer]:
    """Zalo, to which nothing has been said."""
    async with ZaloServer() as server:
        yield server


@pytest.fixture
async def desk(zalo: ZaloServer, database: Database, tmp_path: Path) -> AsyncIterator[ZaloDesk]:
    """The desk, open."""
    async with zalo_desk(database, tmp_path, zalo) as desk:
        yield desk


async def test_the_menu_has_four_choices_and_leads_on(zalo: ZaloServer, desk: ZaloDesk) -> None:
    """At most five buttons, the last of them "Xem thêm"; all choices are numbered in the text."""
    assert await zalo.says(USER, "xin chào") == 200
    await zalo.hears(USER, "8. ")
    menu = zalo.to(USER)[-1]
    assert [button["title"] for button in menu.buttons][-1] == "Xem thêm"
    assert len(menu.buttons) == 5
    await zalo.taps(USER, "Xem thêm")
    await zalo.hears(USER, "Mời quý khách chọn tiếp:")
    assert len(zalo.to(USER)[-1].buttons) == 4
    assert zalo.to(USER)[-1].text.splitlines()[-1].startswith("8. ")
