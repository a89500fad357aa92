"""The register of data subject requests: numbers, clocks, how a request ends, and what staff are told."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.clock import ZONE, local_date
from chatbot.shop import load_shop
from models.case import Case
from models.data_request import LIMIT, DataRequest, RequestKind, RequestState
from models.database import run_tx
from models.deadline import Deadline, days_left
from models.event import Event, Tag
from models.keys import SubjectKey, new_id
from models.numbering import Series, code_of, parse
from models.promises import TERMS, Promise
from models.warning import ClockWarning
from tests.cases import SHOP, Watch, at, file_case
from tests.conftest import Database
from tests.people import put_on_file
from tests.requests import a_request, again

CALENDAR = load_shop().calendar
READINGS = {swaps: CALENDAR.with_swaps(swaps) for swaps in ("follow", "ignore", "earlier")}
LAW = {
    RequestKind.SEE: 10,
    RequestKind.CORRECT: 10,
    RequestKind.EXPORT: 10,
    RequestKind.ERASE: 20,
    RequestKind.OBJECT: 15,
    RequestKind.RESTRICT: 15,
    RequestKind.WITHDRAW: 15,
}
"""Days of Decree 356/2025 Art. 5 where no third party has to act."""
CALENDAR_DAYS = (Promise.PROVIDE, Promise.ERASE, Promise.STOP)
MONDAY = at("2026-11-23T09:00")


@settings(deadline=None)
@given(
    st.datetimes(datetime(2025, 1, 6), datetime(2027, 10, 1)).map(lambda one: one.replace(tzinfo=ZONE)),
    st.timedeltas(timedelta(), timedelta(days=40)),
    st.sampled_from(CALENDAR_DAYS),
    st.sampled_from(["follow", "ignore", "earlier"]),
)
def test_a_limit_in_calendar_days(received: datetime, later: timedelta, promise: Promise, swaps: str) -> None:
    """So many days after the local date of receipt, days off or not; staff work towards the last working day
    up to then; and whatever is received later is never due earlier."""
    calendar = READINGS[swaps]
    terms = TERMS[promise]
    found, then = terms.count(received, calendar), terms.count(received + later, calendar)
    assert found.until == local_date(received) + timedelta(days=terms.days)
    assert local_date(received) < found.due_on <= found.until
    assert any(READINGS[one].is_working(found.due_on) for one in ("follow", "ignore"))
    assert calendar.is_working(found.due_on)
    assert not any(
        READINGS["follow"].is_working(found.due_on + timedelta(days=n))
        and READINGS["ignore"].is_working(found.due_on + timedelta(days=n))
        for n in range(1, (found.until - found.due_on).days + 1)
    )
    assert found.until <= then.until
    assert found.due_on <= then.due_on
    assert found.provisional == (found.until > calendar.announced_until)


@settings(deadline=None)
@given(st.dates(date(2025, 1, 6), date(2027, 12, 31)))
def test_the_earlier_of_two_readings(day: date) -> None:
    """The last working day holds whether swaps are followed or not."""
    follow, ignore = (READINGS[one].last_working_day(day) for one in ("follow", "ignore"))
    assert READINGS["earlier"].last_working_day(day) == min(follow, ignore)


def test_a_shop_that_is_closed_the_whole_time() -> None:
    """There is no working day after the receipt: it is due at once, not before it came."""
    closed = type(CALENDAR).load(added_days=[date(2026, 6, 1) + timedelta(days=n) for n in range(30)])
    found = TERMS[Promise.PROVIDE].count(at("2026-06-03T09:00"), closed)
    assert (found.until, found.due_on) == (date(2026, 6, 13), date(2026, 6, 3))


def test_each_kind_has_the_days_of_the_law() -> None:
    """In calendar days, as the decree says; the answer in working days."""
    assert {kind: TERMS[LIMIT[kind]].days for kind in RequestKind} == LAW
    assert not any(TERMS[LIMIT[kind]].working for kind in RequestKind)
    assert (TERMS[Promise.ANSWER].days, TERMS[Promise.ANSWER].working) == (2, True)


@settings(deadline=None)
@given(st.sampled_from(Series), st.integers(2020, 2099), st.integers(1, 999_999), st.integers(5, 13))
def test_a_wrong_character_in_a_number_is_noticed(series: Series, year: int, number: int, place: int) -> None:
    """A code is read however it is typed, never as one of the other series, nor with a digit changed."""
    code = code_of(series, year, number)
    other = next(one for one in Series if one is not series)
    for typed in (code, code.lower(), f" {code.replace('-', ' ')} ", code[3:], code[:-2]):
        assert parse(series, typed) == (year, number)
    assert parse(other, code) is None
    if code[place].isdigit():
        wrong = code[:place] + str((int(code[place]) + 1) % 10) + code[place + 1 :]
        assert parse(series, wrong) is None


async def test_requests_and_cases_are_numbered_apart(database: Database) -> None:
    """Each from 1 in each year, and found by its own number alone."""
    customer = await put_on_file(MONDAY)
    requests = [await a_request(customer, MONDAY) for _ in range(2)]
    case = await file_case(MONDAY)
    old = await a_request(customer, at("2025-12-31T23:59"))
    assert [one.code[:14] for one in requests] == ["YC-2026-000001", "YC-2026-000002"]
    assert case.code.startswith("KN-2026-000001-")
    assert old.code.startswith("YC-2025-000001-")
    found = await DataRequest.by_code(f"yc 2026 {requests[1].number}")
    assert found
    assert found.id == requests[1].id
    assert await DataRequest.by_code(case.code) is None
    assert await Case.by_code(requests[0].code) is None


async def test_a_request_ends_once(database: Database) -> None:
    """The first to close it wins, its clocks stop, and who did it is on record."""
    customer, mai = await put_on_file(MONDAY), new_id()
    request = await a_request(customer, MONDAY)
    assert await run_tx(lambda: request.close(RequestState.DONE, at("2026-11-24T09:00"), member=mai))
    late = await again(request)
    refused = at("2026-11-25T09:00")
    assert not await run_tx(lambda: late.close(RequestState.REFUSED, refused, words="muộn"))
    assert not await run_tx(lambda: late.extend("muộn", mai, refused, CALENDAR))
    found = await again(request)
    assert (found.state, found.closed_by, found.closed_at) == (
        RequestState.DONE,
        mai,
        at("2026-11-24T09:00"),
    )
    assert await Deadline.filter(about=request.id, met_at=None).count() == 0
    tags = [one.tag for one in await Event.filter(request=request.id).order_by("id")]
    assert tags == [Tag.REQUEST_OPENED, Tag.REQUEST_CLOSED]


async def test_a_refusal_owes_a_reason(database: Database) -> None:
    """Without one nothing happens."""
    request = await a_request(await put_on_file(MONDAY), MONDAY)
    with pytest.raises(ValueError, match="reason"):
        await run_tx(lambda: request.close(RequestState.REFUSED, MONDAY))
    assert (await again(request)).state is RequestState.OPEN


async def test_words_go_with_the_customers_key(database: Database) -> None:
    """They are sealed; after an erasure the row stays as the proof, and nobody reads them any more."""
    customer = await put_on_file(MONDAY)
    request = await a_request(customer, MONDAY, RequestKind.CORRECT, asked="Sửa tên thành Trần Bích Ngọc")
    await run_tx(lambda: request.close(RequestState.REFUSED, MONDAY, words="Tên trên hoá đơn đã phát hành."))
    found = await again(request)
    assert found.asked
    assert "Ngọc".encode() not in found.asked
    assert await found.opened("asked") == "Sửa tên thành Trần Bích Ngọc"
    assert await found.opened("answer") == "Tên trên hoá đơn đã phát hành."
    assert await found.opened("reason") is None
    await SubjectKey.filter(id=customer.id).delete()
    left = await again(request)
    assert await left.opened("asked") is None
    assert await left.opened("answer") is None
    assert left.who_index


async def test_one_extension_before_the_first_day_has_passed(database: Database) -> None:
    """It takes as many days once more from the end of the first, and never a third time."""
    mai, now = new_id(), at("2026-12-08T23:30")
    customer = await put_on_file(MONDAY)
    request = await a_request(customer, MONDAY)
    assert await run_tx(lambda: request.extend("Phải đối chiếu hai hệ thống", mai, now, CALENDAR))
    clock = await request.limit()
    assert clock
    assert clock.promised_on == date(2026, 12, 23)  # 23/11 and 15 days, and 15 days
    assert await again(request)
    assert not await run_tx(lambda: request.extend("nữa", mai, now, CALENDAR))
    late = await a_request(customer, MONDAY)
    assert not await run_tx(lambda: late.extend("quá muộn", mai, at("2026-12-09T00:00"), CALENDAR))
    limit = await late.limit()
    assert limit
    assert limit.promised_on == date(2026, 12, 8)
    assert (await again(late)).extended_at is None


EVERYBODY, LEAD, DIRECTOR = "một người", "trưởng nhóm", "giám đốc"


@pytest.mark.parametrize(
    ("kind", "received", "expected"),
    [
        (  # 15 days end on Tuesday 8 December
            RequestKind.OBJECT,
            "2026-11-23T09:00",
            {"01/12": EVERYBODY, "03/12": LEAD, "07/12": DIRECTOR, "08/12": DIRECTOR},
        ),
        (  # 10 days end on Saturday 5 December: staff work towards Friday
            RequestKind.CORRECT,
            "2026-11-25T09:00",
            {"01/12": EVERYBODY, "03/12": LEAD, "04/12": DIRECTOR},
        ),
        (  # 20 days end on Saturday 13 February, over Tết
            RequestKind.ERASE,
            "2027-01-24T09:00",
            {"27/01": EVERYBODY, "02/02": LEAD, "11/02": DIRECTOR, "12/02": DIRECTOR},
        ),
    ],
)
async def test_staff_are_warned_of_a_request(
    database: Database, kind: RequestKind, received: str, expected: dict[str, str]
) -> None:
    """Ever higher up, by code and kind alone, never on a day off; and no more once it is closed."""
    customer = await put_on_file(at(received))
    request = await a_request(customer, at(received), kind)
    watch, told = Watch(), {}
    for days in range(TERMS[LIMIT[kind]].days + 1):
        now = at(received) + timedelta(days=days)
        for text in await watch.sweep(now, "warn"):
            assert text.startswith(f"{request.code} · ")
            assert "Nguyễn" not in text
            told[f"{now:%d/%m}"] = next(who for who in (EVERYBODY, LEAD, DIRECTOR) if who in text)
        await run_tx(lambda now=now: ClockWarning.take(request, new_id(), now, now))  # type: ignore[misc]
    assert told == expected
    await run_tx(lambda: request.close(RequestState.DONE, now))
    assert await watch.sweep(now + timedelta(days=3), "warn") == []


async def test_after_an_extension_the_ladder_is_climbed_anew(database: Database) -> None:
    """The first days warn no more; those of the second begin again from below."""
    request = await a_request(await put_on_file(MONDAY), MONDAY)
    watch, mai = Watch(), new_id()
    assert len(await watch.sweep(at("2026-12-07T09:00"), "warn")) == 1
    await run_tx(lambda: request.extend("Cần thêm thời gian", mai, at("2026-12-07T10:00"), CALENDAR))
    assert await watch.sweep(at("2026-12-08T09:00"), "warn") == []
    [text] = await watch.sweep(at("2026-12-16T09:00"), "warn")
    assert "một người" in text
    assert "còn 5 ngày làm việc, đến hết ngày 23/12/2026" in text


async def test_the_morning_overview_counts_requests_too(database: Database) -> None:
    """Cases and requests together, what is due first at the front; what is closed not at all."""
    customer = await put_on_file(MONDAY)
    request = await a_request(customer, at("2026-11-09T09:00"))
    done = await a_request(customer, at("2026-11-09T09:00"))
    await run_tx(lambda: done.close(RequestState.DONE, at("2026-11-09T09:00")))
    case = await file_case(MONDAY)
    [text] = await Watch().sweep(at("2026-11-25T09:00"), "overview")
    assert text.startswith("2 khiếu nại, yêu cầu đang mở: 1 quá hạn")
    lines = text.splitlines()[1:]
    assert [line.split(" · ")[0] for line in lines] == [request.code, case.code]


@settings(max_examples=50, deadline=None)
@given(st.dates(date(2025, 3, 1), date(2027, 8, 1)), st.sampled_from(CALENDAR_DAYS))
def test_a_warning_never_counts_past_the_limit(day: date, promise: Promise) -> None:
    """On the last day no working day is left, and it is never a day after the promised one."""
    found = TERMS[promise].count(datetime.combine(day, datetime.min.time(), ZONE), SHOP.calendar)
    assert days_left(SHOP.calendar, found.due_on, found.due_on) == 0
    assert days_left(SHOP.calendar, found.due_on, found.until) == 0
