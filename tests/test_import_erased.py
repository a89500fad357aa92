"""An import never brings back whoever was erased, and takes whoever has come back by themselves."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from chatbot.importing import RowReport, import_file
from chatbot.messages import Kind
from models.customer import Customer, Profile
from models.database import run_tx
from models.erased import ErasedMark
from models.erasure import Erasure, Why
from models.intake import Became, Columns, Incoming, Outcome, Overtaken, Plan
from tests.conftest import Database
from tests.erasure_world import NOW, Erasing, Somebody, add_somebody, freeze

MARK = "Hoadaoxanh"
PHONE, EMAIL = "0900000001", f"{MARK.lower()}@example.com"
HEADER = "external_id,full_name,phone,email,last_contact_at"
SINCE = NOW + timedelta(days=4)
"""When the erasure was carried out."""
OLD, NEW = "2026-11-01", "2026-12-05"
"""Contacts before and after it."""


@pytest.fixture
async def gone(database: Database, tmp_path: Path) -> Somebody:
    """Somebody who is on file."""
    return await add_somebody(tmp_path, MARK, 1, case=False)


async def erase(tmp_path: Path, somebody: Somebody, why: Why = Why.ASKED) -> None:
    """Their erasure is carried out."""
    await freeze(somebody, why=why)
    await Erasing(tmp_path, now=SINCE).run()


async def result(tmp_path: Path, *rows: str, returned: bool = False) -> list[str]:
    """What becomes of each row of a file, or why it is refused."""
    file = tmp_path / "customers.csv"
    file.write_text("\n".join([HEADER, *rows]), "utf-8")
    told: list[RowReport] = []
    await import_file(file, now=SINCE + timedelta(days=9), returned=returned, on_row=told.append)
    return [row.reason or row.result for row in told]


@pytest.mark.parametrize("why", Why)
async def test_neither_number_nor_contact_brings_somebody_back(
    gone: Somebody, tmp_path: Path, why: Why
) -> None:
    """Whatever else the row says; and whoever shares nothing with them is taken."""
    await erase(tmp_path, gone, why)
    assert await result(
        tmp_path,
        f"PS-{MARK},Ai đó,0900000007,,{OLD}",
        f"PS-8,Ai đó,{PHONE},,{OLD}",
        f",Ai đó,,{EMAIL},",
        f"PS-9,Người khác,0900000008,khac@example.com,{OLD}",
    ) == ["erased", "erased", "erased", "taken"]
    assert await Customer.all().count() == 1


async def test_an_old_row_brings_nobody_back_who_had_other_contacts_in_the_end(
    database: Database, tmp_path: Path
) -> None:
    """A row without a number is known by all of its words, also when the customer has replaced them here."""
    row = f",Ai đó,{PHONE},,{OLD}"
    assert await result(tmp_path, row) == ["taken"]
    [record] = await Customer.all().select_related("key")
    phone = {"phone": "+84900000009"}

    async def corrects() -> None:
        await record.correct(record.opened().with_corrected(**phone), NOW)
        await Erasure.begin(record, Why.ASKED, due_at=NOW, now=NOW)

    await run_tx(corrects)
    await Erasing(tmp_path, now=SINCE).run()
    assert await Customer.all().count() == 0
    assert await result(tmp_path, row) == ["erased"]


async def test_who_shares_a_contact_and_is_on_file_stays_as_they_are(gone: Somebody, tmp_path: Path) -> None:
    """A family with one phone number: the others' row is theirs."""
    row = f"PS-5,Người nhà,{PHONE},,{OLD}"
    assert await result(tmp_path, row) == ["taken"]
    await erase(tmp_path, gone)
    assert await result(tmp_path, row) == ["unchanged"]


async def test_a_list_that_knows_no_correction_brings_nobody_back(database: Database, tmp_path: Path) -> None:
    """A row without a number, with the contact that its customer had replaced: it is found by its wording, as
    before the erasure."""
    row = f",Ai đó,{PHONE},,"
    assert await result(tmp_path, row) == ["taken"]

    async def corrects() -> None:
        record = await Customer.hold((await Customer.get()).id)
        assert record
        new = record.opened().with_contact((Kind.PHONE, "+84900000001"), (Kind.PHONE, "+84900000002"))
        await record.correct(new, NOW)
        await Erasure.begin(record, Why.ASKED, due_at=NOW, now=NOW)

    await run_tx(corrects)
    assert await result(tmp_path, row) == ["erased"]
    await Erasing(tmp_path, now=SINCE).run()
    assert await result(tmp_path, row) == ["erased"]
    assert await result(tmp_path, f",Người khác,{PHONE},,") == ["taken"]


async def test_a_record_that_waits_is_not_touched(gone: Somebody, tmp_path: Path) -> None:
    """Neither under its number nor by a second record with its contact; after an undo it is as ever."""
    erasure = await freeze(gone)
    before = await Customer.get(id=gone.customer)
    rows = (f"PS-{MARK},Ai đó,{PHONE},{EMAIL},{NEW}", f"PS-8,Ai đó,,{EMAIL},{NEW}")
    assert await result(tmp_path, rows[0]) == ["erased"]
    assert await result(tmp_path, rows[1], returned=True) == ["erased"]
    assert (await Customer.get(id=gone.customer)).profile == before.profile
    await run_tx(lambda: erasure.undo(gone.chat, NOW))
    assert await result(tmp_path, rows[0]) == ["updated"]


async def test_who_comes_back_after_the_clock_is_taken(gone: Somebody, tmp_path: Path) -> None:
    """A contact since the erasure is a new one (policy, section 3); from then on nothing is special."""
    await erase(tmp_path, gone, Why.RETENTION)
    assert await result(tmp_path, f"PS-{MARK},{MARK},{PHONE},,{NEW}") == ["taken"]
    assert await result(tmp_path, f"PS-{MARK},{MARK},{PHONE},{EMAIL},{OLD}") == ["updated"]


async def test_who_asked_for_it_comes_back_only_by_somebodys_word(gone: Somebody, tmp_path: Path) -> None:
    """And even then only with a contact since: an old row of a list is no wish to come back."""
    await erase(tmp_path, gone)
    old, new = (f"PS-{MARK},{MARK},{PHONE},,{day}" for day in (OLD, NEW))
    assert await result(tmp_path, new) == ["erased"]
    assert await result(tmp_path, old, returned=True) == ["erased"]
    assert await result(tmp_path, f"PS-{MARK},{MARK},{PHONE},,", returned=True) == ["erased"]
    assert await result(tmp_path, new, returned=True) == ["taken"]
    assert await result(tmp_path, old) == ["unchanged"]
    assert await ErasedMark.all().count() == 1, "of the e-mail address, which did not come back"


async def test_a_wish_is_never_forgotten_for_the_clock(gone: Somebody, tmp_path: Path) -> None:
    """Somebody shares a contact with somebody whose time ended later."""
    other = f"PS-5,Người nhà,{PHONE},,{OLD}"
    assert await result(tmp_path, other) == ["taken"]
    await erase(tmp_path, gone)
    [left] = await Customer.all()
    await run_tx(lambda: Erasure.begin(left, Why.RETENTION, due_at=NOW, now=NOW))
    await Erasing(tmp_path, now=SINCE).run()
    assert await result(tmp_path, f"PS-8,Ai đó,{PHONE},,{NEW}") == ["erased"]
    assert await result(tmp_path, f"PS-5,Người nhà,0900000006,,{NEW}") == ["taken"]


async def test_who_is_erased_while_an_import_runs_does_not_come_back(gone: Somebody, tmp_path: Path) -> None:
    """Between its plan and its writing: it makes a new plan."""
    other = Incoming(Profile("Ai đó", gone.phone, external_id="PS-8"), "PS-8")
    known = Incoming(Profile(MARK, gone.phone, external_id=f"PS-{MARK}"), f"PS-{MARK}")
    columns = Columns(frozenset({"full_name", "phone", "email"}), frozenset())
    plans = [await Plan.make([one], columns, NOW) for one in (other, known)]
    assert [plan.outcomes for plan in plans] == [[Became(Outcome.TAKEN)], [Became(Outcome.UPDATED)]]
    await freeze(gone)
    for plan in plans:
        with pytest.raises(Overtaken):
            await run_tx(plan.write)
    await Erasing(tmp_path, now=SINCE).run()
    for plan in plans:
        with pytest.raises(Overtaken):
            await run_tx(plan.write)
    assert (await Plan.make([other], columns, NOW)).outcomes == [Became(Outcome.REFUSED)]
