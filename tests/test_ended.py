"""What outlives a record, or never belonged to one, comes to its own end."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from chatbot.clock import local_date
from chatbot.eraser import Eraser
from chatbot.messages import Address
from models.case import Case, Decision, Verdict
from models.chat import Chat
from models.consent import Consent, Purpose
from models.data_request import DataRequest, RequestState
from models.database import fetch, run_tx
from models.deadline import Deadline
from models.erased import Erased
from models.event import Event, Tag
from models.inventory import INVENTORY
from models.keys import SubjectKey, new_id
from models.legal_hold import Ground, LegalHold
from models.roles import Role
from tests.backup_world import NOW, add_somebody, told_of
from tests.cases import SHOP
from tests.conftest import Database
from tests.people import put_on_file
from tests.requests import a_request
from tests.retention import DAY, Keeper

THREE_YEARS = NOW.replace(year=NOW.year + 3)
LAST_DAY, DAY_AFTER = THREE_YEARS, THREE_YEARS + DAY


async def holds(what: Case) -> LegalHold:
    """A hold on a case."""
    hold = await run_tx(
        lambda: LegalHold.put(
            what,
            Ground.DISPUTE,
            "kiện",
            review_on=local_date(NOW),
            member=new_id(),
            role=Role.DIRECTOR,
            now=NOW,
        )
    )
    assert hold
    return hold


async def left_of(case: Case) -> dict[str, int]:
    """In which tables there are rows of a case, but for the trail."""
    found = {}
    for table, holding in INVENTORY.items():
        for column in holding.subjects:
            [row] = await fetch(f'SELECT COUNT(*) AS n FROM "{table}" WHERE "{column}" = ?', str(case.id))
            found[table] = row["n"]
    return {table: count for table, count in found.items() if count}


async def test_a_case_goes_with_its_key_and_files_when_its_own_time_is_over(
    database: Database, tmp_path: Path
) -> None:
    """Three years after it was taken back, on the day after; the ledger says so, and others' cases stay."""
    mine, other = await add_somebody(tmp_path, "Hoadaoxanh"), await add_somebody(tmp_path, "Trangluoiliem")
    case = await Case.load(mine.case)
    assert case
    await run_tx(partial(case.withdraw, NOW))
    keeper = Keeper()
    await keeper.at(LAST_DAY)
    assert {"case", "evidence", "deadline", "subject_key"} <= (await left_of(case)).keys()
    await keeper.at(DAY_AFTER)
    assert "subject_key" not in await left_of(case)
    eraser = Eraser(tmp_path, SHOP, keeper.tell, {}, ["web"], None)
    while await eraser.remove(DAY_AFTER, DAY_AFTER):
        pass
    assert await left_of(case) == {}
    assert await Erased.filter(id=case.id).exists()
    assert await Event.filter(tag=Tag.RETENTION_ENDED, case=case.id).count() == 1
    assert len(await told_of(tmp_path, other)) == 8
    assert [file.stem for file in (tmp_path / "evidence").glob("*.sealed")] == [str(other.evidence)]


async def test_a_decision_that_nobody_answered_ends_the_case_too(database: Database, tmp_path: Path) -> None:
    """An open case never ends, and one that was decided long ago and appealed is open."""
    somebody = await add_somebody(tmp_path, "Hoadaoxanh")
    case = await Case.load(somebody.case)
    assert case
    assert await run_tx(partial(case.decide, Decision(Verdict.UPHELD, "đúng"), NOW))
    assert await run_tx(partial(case.deliver, NOW))
    await Keeper().at(LAST_DAY)
    assert await Case.exists(id=case.id)
    assert await run_tx(partial(case.appeal, NOW, SHOP.calendar))
    await Keeper().at(DAY_AFTER)
    assert await Case.exists(id=case.id)
    assert await run_tx(partial(case.decide, Decision(Verdict.UPHELD, "đúng"), NOW))
    assert await run_tx(partial(case.deliver, NOW))
    await Keeper().at(DAY_AFTER)
    assert not await SubjectKey.exists(id=case.id)


async def test_a_legal_hold_keeps_a_case(database: Database, tmp_path: Path) -> None:
    """Until it is lifted."""
    somebody = await add_somebody(tmp_path, "Hoadaoxanh")
    case = await Case.load(somebody.case)
    assert case
    await run_tx(partial(case.withdraw, NOW))
    hold = await holds(case)
    await Keeper().at(DAY_AFTER)
    assert await Case.exists(id=case.id)
    await run_tx(lambda: hold.lift("xong", member=new_id(), now=DAY_AFTER))
    await Keeper().at(DAY_AFTER)
    assert not await SubjectKey.exists(id=case.id)


async def test_a_request_leaves_the_register_three_years_after_its_closing(database: Database) -> None:
    """With its clocks; one that is open stays, however old."""
    customer = await put_on_file(NOW)
    closed, open_ = await a_request(customer, NOW), await a_request(customer, NOW)
    await run_tx(partial(closed.close, RequestState.DONE, NOW))
    await Keeper().at(LAST_DAY)
    assert await DataRequest.all().count() == 2
    await Keeper().at(DAY_AFTER)
    assert [one.id for one in await DataRequest.all()] == [open_.id]
    assert await Deadline.filter(about=closed.id).count() == 0
    assert await Deadline.filter(about=open_.id).count() == 2
    assert (await Event.get(tag=Tag.RETENTION_ENDED)).request == closed.id


async def test_consents_stay_three_years_after_the_erasure(database: Database) -> None:
    """Those of a customer who is still there stay as long as the record."""
    gone, here = new_id(), new_id()
    for customer in (gone, here):
        await Consent.create(
            customer=customer,
            who_index="x",
            purpose=Purpose.OFFERS,
            given=True,
            text="vi-1",
            how="web",
            chat=new_id(),
            at=NOW,
        )
    await SubjectKey.bulk_create([SubjectKey.make(gone), SubjectKey.make(here)])
    await run_tx(lambda: Erased.record(gone, NOW))
    await Keeper().at(LAST_DAY)
    assert await Consent.all().count() == 2
    await Keeper().at(DAY_AFTER)
    assert [one.customer for one in await Consent.all()] == [here]


@pytest.mark.parametrize("jump", [True, False])
async def test_after_a_jump_of_the_clock_they_wait_for_a_director_too(
    database: Database, tmp_path: Path, jump: bool
) -> None:
    """Nothing is erased by a clock that may be wrong."""
    somebody = await add_somebody(tmp_path, "Hoadaoxanh")
    case = await Case.load(somebody.case)
    assert case
    await run_tx(partial(case.withdraw, NOW))
    keeper = Keeper()
    await keeper.at(NOW)
    await (keeper.sweep(DAY_AFTER) if jump else keeper.at(DAY_AFTER))
    assert await SubjectKey.exists(id=case.id) is jump


async def test_a_chat_of_nobodys_record_goes_a_year_after_its_last_message(
    database: Database, tmp_path: Path
) -> None:
    """With all that was said in it; not while an answer is owed there, and not one that opened a record,
    which goes with that."""
    keeper, years = Keeper(), SHOP.retention_years
    last_day = NOW.replace(year=NOW.year + years)
    silent, knows = [
        await run_tx(partial(Chat.hold, Address("messenger", user), "vi", NOW)) for user in ("im", "biet")
    ]
    owner, asker = await put_on_file(last_day), await put_on_file(NOW, phone="+84900000009", external_id="9")
    await run_tx(partial(Event.record, Tag.RECORD_OPENED, NOW, chat=knows.id, customer=owner.id))
    asks = (await a_request(asker, NOW)).chat
    await keeper.at(last_day)
    assert await SubjectKey.filter(id=silent.id).exists()
    await keeper.at(last_day + DAY)
    assert not await SubjectKey.filter(id=silent.id).exists()
    assert await SubjectKey.filter(id__in=[asks, knows.id]).count() == 2
    eraser = Eraser(tmp_path, SHOP, keeper.tell, {}, ["web"], None)
    while await eraser.remove(last_day + DAY, last_day + DAY):
        pass
    assert {chat.id for chat in await Chat.all()} == {asks, knows.id}
    assert (await Event.get(tag=Tag.RETENTION_ENDED)).chat == silent.id
