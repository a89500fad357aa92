"""Whatever happens in whatever order, nobody is erased before their day or without both notices, and whoever
is due is erased.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from random import Random
from uuid import UUID

import pytest

from chatbot.clock import local_date
from models.customer import Customer, Stage
from models.data_request import DataRequest, RequestState
from models.database import run_tx
from models.erasure import Erasure
from models.event import Event, Tag
from models.holding import kept_until
from models.keys import new_id
from models.retention import NOTICE
from models.retention_ask import RetentionAsk
from tests.conftest import Database
from tests.requests import a_request
from tests.retention import DAY, Keeper, a_chat_of, a_record, at

STEPS = 50
SEEDS = range(4)


@dataclass
class World:
    """Customers, what was done to them, and a clock."""

    random: Random
    now: datetime = field(default_factory=lambda: at("2026-10-01T09:00"))
    keeper: Keeper = field(default_factory=Keeper)
    stopped: dict[UUID, DataRequest] = field(default_factory=dict)
    released: dict[UUID, datetime] = field(default_factory=dict)
    """When what stopped somebody's end was last over: then both notices come anew."""

    async def here(self) -> list[Customer]:
        """The customers whose erasure has not begun."""
        return await Customer.filter(frozen_at=None).order_by("id")

    async def comes(self) -> None:
        """An import brings somebody, of today or of long ago."""
        last = self.now - self.random.choice([0, 20, 340, 364, 500, 2000]) * DAY
        phone = f"+8490{self.random.randrange(10**7):07}" if self.random.random() < 0.8 else None
        record = await a_record(last, now=self.now, phone=phone)
        if self.random.random() < 0.3:
            await a_chat_of(record, last, user=str(record.id))

    async def writes(self) -> None:
        """Somebody is in contact."""
        if here := await self.here():
            await Customer.touched(self.random.choice(here).id, self.now)

    async def orders(self) -> None:
        """An import brings an order of some days ago."""
        if here := await self.here():
            record, at_ = self.random.choice(here), self.now - self.random.randrange(40) * DAY
            await Customer.touched(record.id, at_)

    async def asks(self) -> None:
        """Somebody's request is open, or is closed."""
        here = await self.here()
        if not here:
            return
        record = self.random.choice(here)
        if request := self.stopped.pop(record.id, None):
            await run_tx(partial(request.close, RequestState.DONE, self.now))
            self.released[record.id] = self.now
        else:
            self.stopped[record.id] = await a_request(record, self.now)
            await DataRequest.filter(id=self.stopped[record.id].id).update(who_index=None)

    async def passes(self) -> None:
        """Some days, with a sweep on each."""
        for _ in range(self.random.randrange(1, 25)):
            self.now += DAY
            await self.sweeps()

    async def stands(self) -> None:
        """Some days on which nothing runs."""
        self.now += self.random.randrange(1, 50) * DAY
        await self.sweeps()

    async def sweeps(self) -> None:
        """The sweep runs, and a director says yes to whatever is asked."""
        before = {one.id for one in await self.here()}
        for _ in range(3):
            await self.keeper.sweep(self.now)
            ask = await RetentionAsk.open_one()
            if ask is None:
                break
            assert await run_tx(partial(ask.allow, new_id(), self.now))
        await self.holds_true(before)

    async def holds_true(self, before: set[UUID]) -> None:
        """What must be so after every sweep; ``before`` are those who were there."""
        today = local_date(self.now)
        for one in await Customer.all():
            if one.frozen_at is None:
                await self.is_not_overdue(one)
            elif one.id in before:
                assert kept_until(one.last_contact_at, 1) < today
                assert one.id not in self.stopped
                await self.was_told(one)

    async def was_told(self, one: Customer) -> None:
        """Both notices since the last contact, those that reached somebody in time."""
        told = await self.notices(one)
        assert [int(event.detail[0]) for event in told if event.detail] == [1, 2]
        for event, ahead in zip(told, NOTICE.values(), strict=True):
            if event.tag is Tag.RETENTION_TOLD:
                assert local_date(event.at) + ahead <= local_date(self.now)

    async def is_not_overdue(self, one: Customer) -> None:
        """Each notice at most once; whose day has come, and who was told in time, is gone by now."""
        told = await self.notices(one)
        assert len(told) == one.retention
        today = local_date(self.now)
        if one.id in self.stopped or kept_until(one.last_contact_at, 1) >= today:
            return
        assert one.erase_on
        waits = {Stage.TOLD: today + NOTICE[Stage.TOLD], Stage.TOLD_TWICE: today}
        assert one.retention in waits
        assert one.erase_on > waits[one.retention]
        assert any(event.tag is Tag.RETENTION_TOLD for event in told)

    async def notices(self, one: Customer) -> list[Event]:
        """Those of the round under way: since the last one that was the first."""
        tags = [Tag.RETENTION_TOLD, Tag.RETENTION_UNREACHED]
        found = await Event.filter(customer=one.id, tag__in=tags).order_by("id")
        since = max(one.last_contact_at, self.released.get(one.id, one.last_contact_at))
        firsts = [place for place, event in enumerate(found) if event.detail and event.detail[0] == "1"]
        round_ = found[firsts[-1] :] if firsts else []
        if one.retention is Stage.KEPT and one.frozen_at is None:
            assert not round_ or round_[-1].at <= self.now
            return []
        assert all(event.at >= since for event in round_)
        return round_


@pytest.mark.parametrize("seed", SEEDS)
async def test_nobody_goes_too_early_and_nobody_is_forgotten(database: Database, seed: int) -> None:
    """Contacts, imports, requests, days and standstills in any order."""
    world = World(Random(seed))
    acts = [world.comes, world.comes, world.writes, world.orders, world.asks, world.passes, world.stands]
    for _ in range(STEPS):
        await world.random.choice(acts)()
    for request in world.stopped.values():
        await run_tx(partial(request.close, RequestState.DONE, world.now))
    world.stopped.clear()
    world.now += 400 * DAY
    await world.sweeps()
    world.now += 24 * DAY
    await world.sweeps()
    world.now += 8 * DAY
    await world.sweeps()
    assert await world.here() == []
    assert await Erasure.all().count() == await Customer.all().count()
