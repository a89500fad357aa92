"""The token chain: whole, or people alarmed; never silent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chatbot.channels import Later
from chatbot.channels.zalo.client import ZaloClient
from chatbot.channels.zalo.tokens import LEASE, Link, Tokens
from chatbot.conversation import ToStaff
from chatbot.token_chain import StoredChain
from models.event import Event, Tag
from models.zalo_chain import ZaloChain
from tests.conftest import Database
from tests.zalo_desk import begin_chain
from tests.zalo_server import APP_ID, APP_SECRET, ZaloServer

OAUTH = "/v4/oa/access_token"
CS = "/v3.0/oa/message/cs"


@dataclass
class Process:
    """One process of the desk that uses the chain; ``told`` are its notices to staff."""

    zalo: ZaloServer
    late: timedelta = timedelta(0)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chain = StoredChain(self._tell)
        self.tokens = Tokens(
            self.chain, oauth_url=self.zalo.url, app_id=APP_ID, app_secret=APP_SECRET, now=self.now
        )
        self.client = ZaloClient(self.tokens, api_url=self.zalo.url, zns_url=self.zalo.url)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.late

    async def _tell(self, notice: Any, now: datetime, wall: datetime) -> None:
        assert isinstance(notice, ToStaff)
        self.told.append(notice.say.key)

    async def link(self) -> Link:
        """How the chain stands."""
        held = await self.chain.read()
        assert held
        return held.link


@pytest.fixture
async def zalo(database: Database) -> AsyncIterator[ZaloServer]:
    """Zalo, and a chain that begins with its refresh token."""
    async with ZaloServer() as server:
        await begin_chain(server)
        server.interacted["1001"] = server.now()
        yield server


@pytest.fixture
async def process(zalo: ZaloServer) -> AsyncIterator[Process]:
    """A process of the desk."""
    process = Process(zalo)
    yield process
    await process.client.close()


async def test_a_token_is_renewed_once_and_its_successor_stored_sealed(
    zalo: ZaloServer, process: Process
) -> None:
    """Before it is used; neither token stands in the clear."""
    assert await process.tokens.access() == zalo.access
    assert await process.tokens.access() == zalo.access
    assert zalo.refreshed == 1
    chain = await ZaloChain.read()
    assert chain
    assert await chain.opened() == (zalo.access, zalo.refresh)
    assert zalo.refresh.encode() not in bytes(chain.refresh)
    assert chain.access is not None
    assert zalo.access.encode() not in bytes(chain.access)


async def test_a_dead_access_token_is_renewed_in_passing(zalo: ZaloServer, process: Process) -> None:
    """-216: one renewal, and the same call again."""
    await process.client.send_text("1001", "một")
    zalo.access = "dead on Zalo's side"
    await process.client.send_text("1001", "hai")
    assert [sent.text for sent in zalo.to("1001")] == ["một", "hai"]
    assert zalo.refreshed == 2


async def test_many_calls_and_two_processes_renew_once(zalo: ZaloServer, process: Process) -> None:
    """A refresh token is good for one use: whoever comes second waits for the successor."""
    zalo.faults[OAUTH] = [0.3]
    other = Process(zalo)
    tokens = await asyncio.gather(*(one.tokens.access() for one in (process, other) for _ in range(5)))
    assert set(tokens) == {zalo.access}
    assert zalo.refreshed == 1
    assert process.told == other.told == []


async def test_it_is_renewed_early(zalo: ZaloServer, process: Process) -> None:
    """With five hours left, by the sweep; not before."""
    await process.tokens.access()
    assert not await process.tokens.renew_early()
    later = Process(zalo, late=timedelta(hours=21))
    assert await later.tokens.renew_early()
    assert zalo.refreshed == 2


@pytest.mark.parametrize("fault", ["drop", 500, 502])
async def test_an_answer_that_is_lost_alarms(zalo: ZaloServer, process: Process, fault: int | str) -> None:
    """Nobody knows whether the refresh token was spent: staff are told once, nothing is tried blindly."""
    zalo.faults[OAUTH] = [fault]
    with pytest.raises(Later):
        await process.tokens.access()
    assert process.told == ["zalo.chain.unknown"]
    assert await process.link() is Link.UNKNOWN
    calls = len(zalo.calls)
    with pytest.raises(Later):
        await process.tokens.access()
    assert (len(zalo.calls), len(process.told)) == (calls, 1)
    assert await Event.filter(tag=Tag.ZALO_CHAIN_TORN).count() == 1


async def test_the_token_at_hand_is_used_while_the_chain_is_unknown(
    zalo: ZaloServer, process: Process
) -> None:
    """Customers notice nothing until it ends."""
    await process.tokens.access()
    zalo.faults[OAUTH] = [500]
    later = Process(zalo, late=timedelta(hours=21))
    with pytest.raises(Later):
        await later.tokens.renew_early()
    assert await process.link() is Link.UNKNOWN
    await process.client.send_text("1001", "vẫn gửi được")
    assert zalo.to("1001")


async def test_a_refusal_of_the_refresh_token_alarms(zalo: ZaloServer, process: Process) -> None:
    """Broken: only a new one helps, and does."""
    zalo.refresh, kept = "spent elsewhere", zalo.refresh
    with pytest.raises(Later):
        await process.tokens.access()
    assert process.told == ["zalo.chain.broken"]
    zalo.refresh = kept + "-anew"
    await begin_chain(zalo)
    assert await process.tokens.access() == zalo.access
    assert await process.link() is Link.WHOLE


@pytest.mark.parametrize("fault", [-32, 503, 429])
async def test_what_was_certainly_not_carried_out_is_tried_again(
    zalo: ZaloServer, process: Process, fault: int
) -> None:
    """Too many calls, or a proxy that kept it: nobody is alarmed."""
    zalo.faults[OAUTH] = [fault]
    with pytest.raises(Later):
        await process.tokens.access()
    assert await process.tokens.access() == zalo.access
    assert process.told == []


DEATHS = ("claim", "ask", "store")


@pytest.mark.parametrize("at", DEATHS)
async def test_killed_at_any_point_the_chain_is_whole_or_people_are_alarmed(
    zalo: ZaloServer, process: Process, at: str
) -> None:
    """A process that dies before, during or after its call leaves a claim; once that has run out, whoever
    comes next finds it, and an attempt to mend ends whole or broken."""
    died = asyncio.Event()

    async def dies(*_: Any) -> Any:
        died.set()
        await asyncio.Event().wait()

    if at == "claim":
        process.tokens._ask = dies  # type: ignore[method-assign, assignment]  # before the call
    elif at == "ask":
        zalo.faults[OAUTH] = [30.0]
    else:
        process.tokens._store = dies  # type: ignore[method-assign, assignment]  # after the call
    task = asyncio.create_task(process.tokens.access())
    if at == "ask":
        await zalo_was_asked(zalo)
    else:
        await asyncio.wait_for(died.wait(), 5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    other = Process(zalo, late=LEASE + timedelta(seconds=1))
    with pytest.raises(Later, match="unknown"):
        await other.tokens.access()
    assert other.told == ["zalo.chain.unknown"]
    if at == "store":
        with pytest.raises(Later, match="broken"):
            await other.tokens.renewed(None, mend=True)
        assert other.told == ["zalo.chain.unknown", "zalo.chain.broken"]
    else:
        assert await other.tokens.renewed(None, mend=True) == zalo.access
        assert await other.link() is Link.WHOLE


async def zalo_was_asked(zalo: ZaloServer) -> None:
    end = time.monotonic() + 5
    while OAUTH not in zalo.calls:
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def test_a_holder_that_was_only_slow_still_stores_what_it_got(
    zalo: ZaloServer, process: Process
) -> None:
    """A successor mends a chain that others had thought unknown."""
    now = process.now()
    claimed = await process.chain.claim("slow", now, now + LEASE, mend=False)
    assert claimed
    other = Process(zalo, late=LEASE + timedelta(seconds=1))
    with pytest.raises(Later):
        await other.tokens.access()
    assert await process.tokens._renew(claimed, "slow") == zalo.access
    assert await other.tokens.access() == zalo.access
    assert await other.link() is Link.WHOLE
