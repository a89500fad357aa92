"""The import: what a file does to the database, on both kinds of database."""

from __future__ import annotations

import asyncio
import csv
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from chatbot.importing import RowReport, Summary, import_file
from chatbot.messages import Kind, Proven
from chatbot.tables import TableError
from models import ContactPoint, Customer, Event, SubjectKey
from models.consent import Consent, Purpose
from models.customer import Profile
from models.database import run_tx
from models.intake import Became, Columns, Incoming, Outcome, Overtaken, Plan
from models.keys import new_id
from tests.conftest import Database

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SAMPLE = Path(__file__).parent / "data" / "customers_sample.csv"
HEADER = "external_id,full_name,phone,email,birthday,note,last_contact_at,marketing_consent"


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    """Where a test puts its file."""
    return tmp_path / "customers.csv"


def write(path: Path, content: str) -> None:
    """Put this content there."""
    path.write_text(content, "utf-8")


async def results(path: Path, content: str, now: datetime = NOW, dry_run: bool = False) -> list[str]:
    """The result of every row of a file with this content, or its reason where it is refused."""
    write(path, content)
    rows: list[RowReport] = []
    await import_file(path, now=now, dry_run=dry_run, on_row=rows.append)
    return [row.reason or row.result for row in rows]


async def only() -> tuple[Customer, Profile]:
    """The one record that there is, opened."""
    customer = await Customer.all().select_related("key").get()
    return customer, customer.opened()


async def test_the_sample(database: Database) -> None:
    """All 60 records are stored sealed and found by their contacts; a second import changes nothing."""
    rows: list[RowReport] = []
    steps: list[tuple[int, int]] = []
    summary = await import_file(
        SAMPLE, now=NOW, on_row=rows.append, on_progress=lambda done, total: steps.append((done, total))
    )
    assert (summary.rows, summary.results, summary.reasons) == (60, {"taken": 60}, {})
    assert steps[-1] == (60, 60)
    assert await Customer.all().count() == await SubjectKey.all().count() == 60
    (identity,) = await Customer.behind(Kind.PHONE, "+84900000001")
    assert (identity,) == await Customer.behind(Kind.EMAIL, "thuha.nguyen@example.com")
    customer = await Customer.load(identity)
    assert customer is not None
    assert b"Thu" not in bytes(customer.profile)
    assert customer.opened().full_name == "Nguyễn Thị Thu Hà"
    assert customer.last_contact_at == datetime(2026, 11, 18, 2, 12, tzinfo=UTC)
    assert customer.consent == "true"
    assert rows[0] == RowReport(
        1, 2, Outcome.TAKEN, None, "+84900000001", "thuha.nguyen@example.com", date(1990, 5, 14)
    )

    again = await import_file(SAMPLE, now=LATER)
    assert again.results == {"unchanged": 60}
    assert await Customer.all().count() == 60
    assert await Customer.filter(updated_at__gt=NOW).count() == 0


async def test_a_stored_id_updates_its_record(database: Database, customers: Path) -> None:
    """What the file says replaces what was there, also with nothing; what it has no column for stays."""
    first = f"{HEADER},Nhóm\nPS1,Thu Hà,0900000001,ha@example.com,1990-05-14,x,2026-11-01,true,sỉ\n"
    assert await results(customers, first) == ["taken"]
    identity = (await only())[0].id
    second = "external_id,full_name,phone,birthday,Cỡ áo\nPS1,Thu Hà Nguyễn,0910000002,,M\n"
    assert await results(customers, second, LATER) == ["updated"]
    customer, profile = await only()
    assert customer.id == identity
    assert profile == Profile(
        full_name="Thu Hà Nguyễn",
        phone="+84910000002",
        email="ha@example.com",
        note="x",
        external_id="PS1",
        extra={"Nhóm": "sỉ", "Cỡ áo": "M"},
    )
    assert (customer.consent, customer.imported_at, customer.updated_at) == ("true", NOW, LATER)
    assert await Customer.behind(Kind.PHONE, "+84900000001") == ()
    assert await Customer.behind(Kind.PHONE, "+84910000002") == (identity,)
    assert await Customer.behind(Kind.EMAIL, "ha@example.com") == (identity,)
    assert await results(customers, second, LATER) == ["unchanged"]


async def test_a_refused_row_leaves_its_record_alone(database: Database, customers: Path) -> None:
    """An update is refused like any row, and never half done."""
    assert await results(customers, f"{HEADER}\nPS1,Thu Hà,0900000001,,,x\n") == ["taken"]
    assert await results(customers, f"{HEADER}\nPS1,Thu Hà,123,,,y\n") == ["no_contact"]
    assert (await only())[1].note == "x"


async def test_the_last_contact_only_moves_on(database: Database, customers: Path) -> None:
    """Without one a record counts from its import; a later import never shortens the period."""
    line = f"{HEADER}\nPS1,Thu Hà,0900000001,,,,{{}},\n"
    assert await results(customers, line.format("")) == ["taken"]
    assert (await only())[0].last_contact_at == NOW
    assert await results(customers, line.format("2026-11-01"), LATER) == ["unchanged"]
    assert await results(customers, line.format(""), LATER) == ["unchanged"]
    assert await results(customers, line.format(LATER.isoformat()), LATER) == ["updated"]
    assert (await only())[0].last_contact_at == LATER


async def test_records_behind_one_contact_stay_apart(database: Database, customers: Path) -> None:
    """A contact that is stored already makes no duplicate: those are within a file."""
    assert await results(customers, f"{HEADER}\nPS1,Thu Hà,0900000001\n") == ["taken"]
    assert (
        await results(customers, f"{HEADER}\nPS2,Minh Quân,0900000001\n,Bảo Ngọc,0910000002\n")
        == ["taken"] * 2
    )
    assert len(await Customer.behind(Kind.PHONE, "+84900000001")) == 2


async def test_rows_without_an_id_are_not_stored_twice(database: Database, customers: Path) -> None:
    """The same file again, after a crash say, changes nothing; a row that differs is another record."""
    content = "Họ tên,SĐT,Nhóm\nThu Hà,0900000001,sỉ\nMinh Quân,0910000002,\n"
    assert await results(customers, content) == ["taken"] * 2
    assert await results(customers, content, LATER) == ["unchanged"] * 2
    assert await results(customers, content.replace("sỉ", "lẻ"), LATER) == ["taken", "unchanged"]
    assert await Customer.all().count() == 3


async def test_ids_are_not_compared_within_a_file(database: Database, customers: Path) -> None:
    """Two rows of one id are two records, and stay these two when the file comes again."""
    content = f"{HEADER}\nPS1,Thu Hà,0900000001\nPS1,Minh Quân,0910000002\n"
    assert await results(customers, content) == ["taken"] * 2
    assert await results(customers, content, LATER) == ["unchanged"] * 2
    assert await results(customers, content.replace("Quân", "Quang"), LATER) == ["unchanged", "updated"]
    names = {customer.opened().full_name for customer in await Customer.all().select_related("key")}
    assert names == {"Thu Hà", "Minh Quang"}


async def test_every_row_is_reported(database: Database, customers: Path) -> None:
    """In order, refused ones among them, with index, line and what was normalised."""
    content = 'name,phone,email\n\n"A\nB",0900 000 001,x@\nC,0900000001,C@Example.com\nD,1,2,3\n'
    write(customers, content)
    rows: list[RowReport] = []
    summary = await import_file(customers, now=NOW, on_row=rows.append)
    assert [(row.index, row.line, row.reason or row.result, row.phone, row.email) for row in rows] == [
        (1, 2, "blank_row", None, None),
        (2, 3, "taken", "+84900000001", None),
        (3, 5, "duplicate_phone", "+84900000001", "c@example.com"),
        (4, 6, "too_many_columns", None, None),
    ]
    assert summary.results == {"taken": 1, "refused": 3}
    assert summary.reasons == {"blank_row": 1, "duplicate_phone": 1, "too_many_columns": 1}
    assert "900000001" not in repr(rows)


async def test_a_dry_run_says_the_same_and_writes_nothing(database: Database, customers: Path) -> None:
    """New, changed and unchanged records are told apart without a write."""
    await results(customers, f"{HEADER}\nPS1,A,0900000001\nPS2,B,0910000002\n")
    content = f"{HEADER}\nPS1,A,0900000001\nPS2,BB,0910000002\nPS3,C,0930000003\n,D,\n"
    expected = ["unchanged", "updated", "taken", "no_contact"]
    events = await Event.all().count()
    assert await results(customers, content, LATER, dry_run=True) == expected
    assert await Customer.all().count() == 2
    assert await Customer.filter(updated_at__gt=NOW).count() == 0
    assert await Event.all().count() == events
    assert await results(customers, content, LATER) == expected


async def test_a_file_that_is_broken_at_its_end_leaves_nothing(database: Database, customers: Path) -> None:
    """The whole file is looked at before the first row is stored."""
    lines = "".join(f"PS{n},A,09{n:08}\n" for n in range(1000))
    with pytest.raises(TableError, match="never closed"):
        await results(customers, f'{HEADER}\n{lines}PS,"B,0900000001\n')
    assert await Customer.all().count() == 0


async def test_the_audit_trail_tells_of_an_import(database: Database) -> None:
    """Each batch writes one event, in its own transaction, with counts and nothing else."""
    await import_file(SAMPLE, now=NOW)
    details = [event.detail or "" for event in await Event.all()]
    taken = [int(detail.split()[0].removeprefix("taken=")) for detail in details]
    assert sum(taken) == 60


COLUMNS = Columns(frozenset({"full_name", "phone", "note"}), frozenset())
RECORD = Incoming(Profile("Thu Hà", phone="+84900000001", external_id="PS1"), "PS1")


async def test_a_plan_that_was_overtaken_writes_nothing(database: Database) -> None:
    """Two imports at once: the slower one starts over, and finds the other's record."""
    first, second = [await Plan.make([RECORD], COLUMNS, NOW) for _ in range(2)]
    await run_tx(first.write)
    with pytest.raises(Overtaken):
        await run_tx(second.write)
    assert await Customer.all().count() == await SubjectKey.all().count() == 1
    assert (await Plan.make([RECORD], COLUMNS, NOW)).outcomes == [Became(Outcome.UNCHANGED)]


async def test_a_customer_who_writes_meanwhile_is_not_overwritten(database: Database) -> None:
    """The last contact that a chat has just noted survives an update planned before."""
    await run_tx((await Plan.make([RECORD], COLUMNS, NOW)).write)
    identity = (await only())[0].id
    changed = replace(
        RECORD, profile=replace(RECORD.profile, note="x"), last_contact_at=NOW + timedelta(hours=1)
    )
    plan = await Plan.make([changed], COLUMNS, LATER)
    await Customer.touched(identity, LATER)
    with pytest.raises(Overtaken):
        await run_tx(plan.write)
    await run_tx((await Plan.make([changed], COLUMNS, LATER)).write)
    customer, profile = await only()
    assert (customer.last_contact_at, profile.note) == (LATER, "x")


@pytest.mark.parametrize("given", [False, True])
async def test_what_a_customer_said_is_kept(database: Database, given: bool) -> None:
    """An import changes the rest of the record, and says what it left alone; who has said nothing here is
    taken as the file says, without that counting as a consent."""
    columns = Columns(COLUMNS.known | {"marketing_consent"}, frozenset())
    await run_tx((await Plan.make([replace(RECORD, consent="no")], columns, NOW)).write)
    identity = (await only())[0].id
    changed = replace(RECORD, profile=replace(RECORD.profile, note="x"), consent="yes")
    assert (await Plan.make([changed], columns, LATER)).outcomes == [Became(Outcome.UPDATED)]
    who = Proven(new_id(), Kind.PHONE, "+84900000001", (identity,), identity)
    await Consent.record(who, Purpose.OFFERS, given, language="vi", how="web", chat=new_id(), now=NOW)
    plan = await Plan.make([changed], columns, LATER)
    assert plan.outcomes == [Became(Outcome.UPDATED, ("marketing_consent",))]
    await run_tx(plan.write)
    customer, profile = await only()
    assert (customer.consent, profile.note) == ("no", "x")
    assert (await Consent.standing(identity))[Purpose.OFFERS].given is given


async def test_a_restricted_record_stays_as_it_is(database: Database) -> None:
    """Nothing of it is changed until the customer lifts the restriction, but for when they last ordered."""
    await run_tx((await Plan.make([RECORD], COLUMNS, NOW)).write)
    await Customer.all().update(restricted_at=NOW)
    plan = await Plan.make([replace(RECORD, profile=replace(RECORD.profile, note="x"))], COLUMNS, LATER)
    assert plan.is_empty
    kept = ("full_name", "note", "phone")
    assert plan.outcomes == [Became(Outcome.UNCHANGED, kept)]
    ordered = replace(RECORD, profile=replace(RECORD.profile, note="x"), last_contact_at=LATER)
    plan = await Plan.make([ordered], COLUMNS, LATER)
    assert plan.outcomes == [Became(Outcome.UPDATED, kept)]
    await run_tx(plan.write)
    customer, profile = await only()
    assert (customer.last_contact_at, profile) == (LATER, RECORD.profile)


async def test_an_erased_record_is_not_brought_back_half(database: Database) -> None:
    """A record that was erased between plan and write is planned anew, as a new one."""
    await run_tx((await Plan.make([RECORD], COLUMNS, NOW)).write)
    changed = replace(RECORD, profile=replace(RECORD.profile, note="x"))
    plan = await Plan.make([changed], COLUMNS, LATER)
    await ContactPoint.all().delete()
    await Customer.all().delete()
    await SubjectKey.all().delete()
    with pytest.raises(Overtaken):
        await run_tx(plan.write)
    assert (await Plan.make([changed], COLUMNS, LATER)).outcomes == [Became(Outcome.TAKEN)]


def write_many(path: Path, rows: int) -> None:
    """A file of so many customers."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER.split(","))
        for n in range(rows):
            writer.writerow(
                [f"PS{n}", f"Khách Hàng {n % 7}", f"09{n:08}", f"kh{n}@example.com", "1990-05-14", "Ghi chú"]
            )


async def test_thousands_of_rows_in_short_transactions(database: Database, customers: Path) -> None:
    """No batch holds the write lock for long, and somebody who writes beside it waits no longer."""
    write_many(customers, 5000)
    waits: list[float] = []
    done = asyncio.Event()

    async def write_beside() -> None:
        while not done.is_set():
            begun = time.monotonic()
            await run_tx(lambda: Event.filter(id=0).update(detail=None))
            waits.append(time.monotonic() - begun)
            await asyncio.sleep(0.01)

    async def take() -> Summary:
        try:
            return await import_file(customers, now=NOW)
        finally:
            done.set()

    summary, _ = await asyncio.gather(take(), write_beside())
    assert summary.results == {"taken": 5000}
    assert await Customer.all().count() == 5000
    assert await ContactPoint.all().count() == 10_000
    # The figures themselves are a benchmark's; here a slow machine is no failure, a long lock is.
    assert sorted(waits)[len(waits) // 2] < 0.1
    assert summary.longest_hold < 1
