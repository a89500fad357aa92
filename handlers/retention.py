"""What becomes of records whose year is over (policy, section 3): two notices, and the erasure on its day.

Customers are written to by day only; a director is asked before many records go at once; the erasure itself
is the eraser's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from chatbot.clock import local_date
from chatbot.conversation import Say, Tell, ToStaff
from chatbot.shop import Shop
from handlers.arrivals import Reach
from handlers.last_notice import LastWay, last_notice, last_ways
from handlers.rungs import DAYTIME, within
from models.chat import Chat
from models.customer import Customer, Stage
from models.database import in_batches, run_tx
from models.ended import (
    end_cases,
    end_chats,
    end_consents,
    end_requests,
    ended_cases,
    ended_chats,
    ended_consents,
    ended_requests,
)
from models.retention import NOTICE, begin_anew, due, erase, erased_on, stopped, told
from models.retention_ask import JUMP, RetentionAsk, RetentionDay, Why, too_many

FEW, MANY = 3, 200
"""Records per transaction: where each takes several statements, and where one deals with all."""

PAGE = "/staff/retention"


@dataclass(frozen=True, slots=True)
class Retention:
    """The sweep over records, with what the desk hands to it."""

    shop: Shop
    tell: Tell
    reach: Reach

    async def run(self, now: datetime, wall: datetime) -> int:
        """All that is due now; how many notices and erasures. It looks at what is true, so that it goes on
        where it was cut off."""
        today, years = local_date(now), self.shop.retention_years
        await in_batches(await stopped(today, years), MANY, begin_anew)
        ask = await self._asked(now)
        await run_tx(lambda: RetentionDay.add(now))
        if ask and ask.why is Why.CLOCK and ask.allowed_at is None:
            await self._show(ask, now, wall)
            return 0
        done = await _end_others(now, years)
        for stage in NOTICE if within(DAYTIME, now) else ():
            done += await self._tell_all(stage, await due(stage, today, years), now, wall)
        if ask is None and await too_many(len(await due(Stage.TOLD_TWICE, today, years)), today):
            ask = await _begin(Why.MANY, now)
        if ask is None:
            return done + await self._erasures(Stage.TOLD_TWICE, now)
        if ask.allowed_at is None:
            await self._show(ask, now, wall)
            return done
        done += await self._erasures(Stage.SHOWN, now)
        await _settle(ask, now)
        return done

    async def _asked(self, now: datetime) -> RetentionAsk | None:
        """What a director is being asked. A clock that has jumped may be wrong: where anything is due by it,
        that is asked before anything is done; where it was set back meanwhile, no more."""
        ask = await RetentionAsk.open_one()
        if ask and ask.asked_at > now:
            await _settle(ask, now)
            ask = None
        if ask is None and await RetentionDay.jumped(now):
            today, years = local_date(now), self.shop.retention_years
            waiting = [await due(stage, today, years) for stage in (*NOTICE, Stage.TOLD_TWICE)]
            others = [await ended_chats(today, years), await ended_cases(today), await ended_requests(today)]
            if any(waiting) or any(others):
                return await _begin(Why.CLOCK, now)
        return ask

    async def _show(self, ask: RetentionAsk, now: datetime, wall: datetime) -> None:
        """Gather what it is about, and have staff told, once. What falls due later is no part of it."""
        if ask.records is not None:
            return
        waiting = await due(Stage.TOLD_TWICE, ask.day, self.shop.retention_years)
        await in_batches(waiting, MANY, ask.collect)

        async def show() -> None:
            if await ask.show(now):
                words = Say(f"retention.ask.{ask.why}", records=ask.records, total=ask.total, jump=JUMP)
                await self.tell(ToStaff(words, page=PAGE), now, wall)

        await run_tx(show)

    async def _erasures(self, stage: Stage, now: datetime) -> int:
        """Begin the erasures whose day has come; how many."""
        years, how = self.shop.retention_years, "allowed" if stage is Stage.SHOWN else "begun"

        async def batch(some: Sequence[UUID]) -> int:
            begun = sum([await erase(one, stage, now, years) for one in some])
            await RetentionDay.add(now, **{how: begun})
            return begun

        return await in_batches(await due(stage, local_date(now), years), FEW, batch)

    async def _tell_all(self, stage: Stage, ids: Sequence[UUID], now: datetime, wall: datetime) -> int:
        """Give records the notice that is due in a stage, if another worker has not meanwhile. They are read
        before the write lock is taken; ``told`` sees to it that they are still what was read."""
        done = 0
        for start in range(0, len(ids), MANY):
            ways = await last_ways(ids[start : start + MANY], self.reach, now)
            found = [(customer, way) for customer, way in ways if customer.retention is stage]
            done += await in_batches(found, FEW, partial(self._notices, now=now, wall=wall))
        return done

    async def _notices(
        self, some: Sequence[tuple[Customer, LastWay | None]], now: datetime, wall: datetime
    ) -> int:
        reached = [await self._notice(customer, way, now, wall) for customer, way in some]
        await RetentionDay.add(now, told=reached.count(True), unreached=reached.count(False))
        return len(reached) - reached.count(None)

    async def _notice(
        self, customer: Customer, way: LastWay | None, now: datetime, wall: datetime
    ) -> bool | None:
        """Whether a notice goes out; None where none is due any more."""
        if way and way.chat:  # held before the record, in the order of the customer's own messages
            await Chat.hold_by_id(way.chat.id)
        day = erased_on(customer, local_date(now), self.shop.retention_years, reached=way is not None)
        if not await told(customer, day, way.name if way else None, now):
            return None
        if way:
            await self.tell(last_notice(customer, way, day, self.shop, self.reach.page), now, wall)
        return way is not None


async def _end_others(now: datetime, years: int) -> int:
    """Remove what outlived a record, or was never part of one, and has come to its own end."""
    today = local_date(now)
    return (
        await in_batches(await ended_chats(today, years), FEW, partial(end_chats, now=now, years=years))
        + await in_batches(await ended_cases(today), FEW, partial(end_cases, now=now))
        + await in_batches(await ended_requests(today), FEW, partial(end_requests, now=now))
        + await in_batches(await ended_consents(today), MANY, partial(end_consents, now=now))
    )


async def _begin(why: Why, now: datetime) -> RetentionAsk | None:
    total = await Customer.all().count()
    await run_tx(lambda: RetentionAsk.begin(why, total, now))
    return await RetentionAsk.open_one()


async def _settle(ask: RetentionAsk, now: datetime) -> None:
    """It is answered and carried out, or has lost its reason; what was gathered and is still here waits as
    before."""
    await in_batches(await ask.collected(), MANY, ask.let_go)
    await run_tx(lambda: ask.close(now))
