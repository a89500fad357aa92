"""The audit trail's chain: made within seconds, told to staff day by day, and no change of it goes unseen."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, date, datetime, timedelta
from functools import partial
from uuid import UUID

import asyncpg
import pytest

from chatbot.auditing import verify
from chatbot.crypto import KeyRing
from chatbot.scheduler import Scheduler
from handlers.audit import audit_sweeps
from models.audit import AuditDay, chain
from models.database import fetch, run_tx
from models.event import Event, Tag
from models.keys import new_id, use_ring
from tests.cases import Watch, staff_messages
from tests.conftest import Database

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 25)
DAY = timedelta(days=1)


async def happen(count: int, at: datetime = NOW) -> None:
    """So many events, not chained yet."""
    for number in range(count):
        await Event.record(Tag.LINK_MADE, at, chat=new_id(), detail=str(number))


async def chain_all(now: datetime = NOW, batch: int = 200) -> int:
    """Chain what there is; how many batches that took."""
    batches = 0
    while await run_tx(partial(chain, now, batch)):
        batches += 1
    return batches


@pytest.fixture
async def trail(database: Database) -> list[int]:
    """Ten chained events of two days, as their ids in order."""
    await happen(5)
    await chain_all(NOW)
    await happen(5)
    await chain_all(NOW + DAY)
    return [event.id for event in await Event.all().order_by("position")]


async def faults(*told: tuple[date, str]) -> list[str]:
    """What is found to be wrong."""
    return (await verify(told)).faults


async def test_events_are_chained_in_batches_and_the_tail_is_named(database: Database) -> None:
    """In the order of their ids, however they are cut into batches; what came since is no fault."""
    assert await faults() == []
    await happen(25)
    assert await chain_all(batch=10) == 3
    await happen(2)
    found = await verify()
    assert (found.faults, found.chained, found.tail) == ([], 25, 2)
    ids = [event.id for event in await Event.filter(position__not_isnull=True).order_by("position")]
    assert ids == sorted(ids)
    [first] = await Event.filter(position=None).order_by("id").limit(1)
    assert found.tail_from == first.id


async def test_a_changed_event_is_found(trail: list[int]) -> None:
    """Whichever of its columns it was; and that one alone is named."""
    other = str(UUID(int=7))
    for column, value in (
        ("tag", "'link.spent'"),
        ("detail", "'9'"),
        ("detail", "NULL"),
        ("member", f"'{other}'"),
        ("chat", f"'{other}'"),
        ("at", "'2026-11-25 02:00:01+00:00'"),
    ):
        [before] = await fetch(f"SELECT {column} AS was FROM event WHERE id = ?", trail[3])
        await fetch(f"UPDATE event SET {column} = {value} WHERE id = ?", trail[3])
        [fault] = await faults()
        assert f"event {trail[3]} at place 4 " in fault
        was = before["was"]
        await fetch(f"UPDATE event SET {column} = ? WHERE id = ?", was, trail[3])
        assert await faults() == []


@pytest.mark.parametrize(("gone", "told"), [([0], "place 1"), ([4, 5, 6], "places 5 to 7")])
async def test_a_removed_event_is_found(trail: list[int], gone: list[int], told: str) -> None:
    """At the beginning or in the middle, also where it was the head of a day."""
    await Event.filter(id__in=[trail[one] for one in gone]).delete()
    found = await faults()
    assert told in found[0]
    assert len(found) == 1 + (4 in gone)


async def test_events_that_changed_places_are_found(trail: list[int]) -> None:
    """Neither places nor contents can be exchanged."""
    await fetch("UPDATE event SET position = -1 WHERE id = ?", trail[2])
    await fetch("UPDATE event SET position = 3 WHERE id = ?", trail[6])
    await fetch("UPDATE event SET position = 7 WHERE id = ?", trail[2])
    found = await faults()
    assert any(f"event {trail[2]} at place 7" in fault for fault in found)
    assert any(f"event {trail[6]} at place 3" in fault for fault in found)


async def test_an_event_that_was_put_in_is_found(trail: list[int]) -> None:
    """Without the key ring nobody can make a digest that fits, also not with all of the database."""
    await Event.create(tag=Tag.LINK_MADE, at=NOW, position=11, digest="0" * 64)
    found = await faults()
    assert any("place 11" in fault and "put in" in fault for fault in found)
    assert any("after the last head" in fault for fault in found)


async def test_another_key_ring_makes_another_chain(
    trail: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The digests are keyed: nothing of them is a plain hash of what the database holds."""
    use_ring(KeyRing.create(tmp_path_factory.mktemp("other") / "ring.json"))
    assert len(await faults()) == len(trail)


async def test_an_end_that_was_cut_off_is_found(trail: list[int]) -> None:
    """By the head of the day under way, and after more has happened by the gap."""
    await Event.filter(id__in=trail[-2:]).delete()
    [fault] = await faults()
    assert "lies at place 10, and nothing is there" in fault
    await happen(1)
    await chain_all(NOW + DAY)
    [fault] = await faults()
    assert "places 9 to 10" in fault


async def test_an_end_cut_off_with_its_heads_shows_by_a_head_that_was_told(trail: list[int]) -> None:
    """What only the staff channel or a backup remembers."""
    first, second = await AuditDay.all().order_by("day")
    told = [(first.day, first.digest), (second.day, second.digest)]
    assert await faults(*told) == []
    await Event.filter(id__in=trail[5:]).delete()
    await second.delete()
    assert await faults() == []
    [fault] = await faults(*told)
    assert str(second.day) in fault


async def test_a_head_told_for_another_day_is_a_fault(trail: list[int]) -> None:
    """A day's head cannot be passed off as an earlier one's."""
    first, second = await AuditDay.all().order_by("day")
    [fault] = await faults((first.day, second.digest))
    assert "another day" in fault


async def test_removed_heads_are_found(trail: list[int]) -> None:
    """The chain may not go on behind the last head that is written down."""
    await AuditDay.filter(day=TODAY + DAY).delete()
    [fault] = await faults()
    assert "heads of days were removed" in fault


async def test_a_clock_that_was_set_back_changes_no_day_that_is_over(trail: list[int]) -> None:
    """A head that may have been told stays as it is."""
    [before, _] = await AuditDay.all().order_by("day").values_list("digest", flat=True)
    await happen(1)
    await chain_all(NOW)
    [after, _] = await AuditDay.all().order_by("day").values_list("digest", flat=True)
    assert (before, await faults()) == (after, [])


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_an_event_that_appears_late_is_chained_later(database: Database) -> None:
    """PostgreSQL hands out ids before the commit: the lower id that was not visible yet gets a later place,
    and the chain stays whole."""
    insert = "INSERT INTO event (at, tag) VALUES (now(), 'link.made') RETURNING id"
    slow = await asyncpg.connect(database.url)
    try:
        transaction = slow.transaction()
        await transaction.start()
        low = await slow.fetchval(insert)
        await happen(1)
        await chain_all()
        await transaction.commit()
    finally:
        await slow.close()
    assert (await verify()).tail_from == low
    await chain_all()
    late = await Event.get(id=low)
    assert late.position == 2
    found = await verify()
    assert (found.faults, found.chained, found.tail) == ([], 2, 0)


async def test_several_sweeps_at_once_make_one_chain(database: Database) -> None:
    """Several processes may share a database."""
    await happen(40)
    await asyncio.gather(*(chain_all(batch=7) for _ in range(4)))
    found = await verify()
    assert (found.faults, found.chained, found.tail) == ([], 40, 0)


async def test_each_days_head_is_told_to_staff_once(database: Database) -> None:
    """After the day has ended, as ``audit verify --head`` takes it; a day without events has none."""
    watch = Watch()
    now = [NOW]
    scheduler = Scheduler(audit_sweeps(watch.tell), lambda: now[0], lambda: NOW, lambda: None)
    await happen(3)
    for _ in range(2):
        await scheduler.run_all()
    assert await staff_messages() == []
    now[0] = NOW + 3 * DAY
    for _ in range(2):
        await scheduler.run_all()
    [text] = await staff_messages()
    told = re.search(r"^(2026-11-25)=([0-9a-f]{64})$", text, re.MULTILINE)
    assert told
    assert await faults((date.fromisoformat(told[1]), told[2])) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_batch_is_short(database: Database) -> None:
    """Well under the 100 ms for which anybody may hold the write lock."""
    await Event.bulk_create(Event(at=NOW, tag=Tag.LINK_MADE, chat=new_id()) for _ in range(400))
    begun = asyncio.get_running_loop().time()
    await run_tx(partial(chain, NOW, 200))
    assert asyncio.get_running_loop().time() - begun < 0.1
