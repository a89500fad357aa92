"""What staff are told of clocks that run out, in whole lives of a case."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, date, datetime, time, timedelta

import pytest

from chatbot.clock import ZONE, local_date
from chatbot.conversation import Notice
from handlers.escalation import BATCH, warn
from handlers.staff.card import initials
from models.case import Case, Category
from models.database import run_tx
from models.deadline import Deadline
from models.event import Event
from models.keys import new_id
from models.promises import Promise
from models.staff import StaffMember
from models.warning import (
    ClockWarning,
    Level,
)
from tests import staff
from tests.cases import HOUR, PHONE, SECOND, SHOP, WORDS, Watch, at, file_case, hand, staff_messages
from tests.conftest import Database

WARN = "warn"
CALLS = {
    "trưởng nhóm": "lead",
    "giám đốc": "director",
    "người phụ trách xử lý": "handler",
    "một người": "everybody",
}

TIMES = [
    *("00:00", "03:00", "06:59", "07:00", "08:29", "08:30"),
    *("12:00", "17:29", "17:30", "21:59", "22:00", "23:30"),
]
"""Those around which something begins or ends, and others."""


def called(texts: list[str]) -> list[str]:
    """Whom messages call."""
    return [who for text in texts for words, who in CALLS.items() if words in text]


async def life(watch: Watch, start: str, end: str) -> dict[str, list[str]]:
    """When staff are told, and who is called, where each warning is taken at once."""
    told: dict[str, list[str]] = {}
    day = at(start).replace(hour=0)
    while day < at(end):
        for now in (datetime.combine(day, time.fromisoformat(one), ZONE) for one in TIMES):
            if at(start) <= now < at(end) and (texts := await watch.sweep(now, WARN)):
                told[f"{now:%a %d/%m %H:%M}"] = called(texts)
                for case in await Case.all():
                    await ClockWarning.take(case, new_id(), now, now)
        day += timedelta(days=1)
    return told


@pytest.mark.parametrize(
    ("filed", "end", "expected"),
    [
        (  # an ordinary fortnight
            "2026-10-05T10:00",
            "2026-10-22T00:00",
            {
                "Mon 12/10 08:30": ["everybody"],
                "Wed 14/10 08:30": ["lead"],
                "Fri 16/10 08:30": ["director"],
                "Mon 19/10 07:00": ["director"],
                "Tue 20/10 08:30": ["director"],
                "Wed 21/10 08:30": ["director"],
            },
        ),
        (  # over 24 November, the Culture Day
            "2026-11-18T23:30",
            "2026-12-05T00:00",
            {
                "Thu 26/11 08:30": ["everybody"],
                "Mon 30/11 08:30": ["lead"],
                "Wed 02/12 08:30": ["director"],
                "Thu 03/12 07:00": ["director"],
                "Fri 04/12 08:30": ["director"],
            },
        ),
        (  # over Tết 2027
            "2027-01-27T16:00",
            "2027-02-20T00:00",
            {
                "Wed 03/02 08:30": ["everybody"],
                "Fri 12/02 08:30": ["lead"],
                "Tue 16/02 08:30": ["director"],
                "Wed 17/02 07:00": ["director"],
                "Thu 18/02 08:30": ["director"],
                "Fri 19/02 08:30": ["director"],
            },
        ),
    ],
)
async def test_a_life_in_which_every_warning_is_taken(
    database: Database, filed: str, end: str, expected: dict[str, list[str]]
) -> None:
    """5, 3, 1 and 0 working days left, then daily: in office hours, on the last day from 07:00."""
    await file_case(at(filed))
    assert await life(Watch(), filed, end) == expected


@pytest.mark.parametrize("day", range(7))
async def test_filed_on_any_day_the_rungs_are_told_on_the_working_days_counted_back(
    database: Database, day: int
) -> None:
    """The week before Tết; counted one by one, with nothing of the calendar but whether a day is off."""
    filed = at("2027-01-25T11:00") + timedelta(days=day)
    await file_case(filed)
    working = [
        one
        for one in (local_date(filed) + timedelta(days=n) for n in range(1, 40))
        if SHOP.calendar.is_working(one)
    ]
    told = await life(Watch(), f"{filed:%Y-%m-%dT%H:00}", f"{working[10]}T23:00")
    expected = [(working[n], "07:00" if n == 9 else "08:30") for n in (4, 6, 8, 9, 10)]
    assert list(told) == [f"{one:%a %d/%m} {time}" for one, time in expected]


async def test_the_other_clocks_have_their_own_rungs(database: Database) -> None:
    """Of the three days for proof: 1 and 0 left; of the seven to negotiate: 3, 1 and 0."""
    await file_case(at("2026-10-05T10:00"), category=Category.LEAKED, negotiate=True)
    told = await life(Watch(), "2026-10-05T10:00", "2026-10-15T00:00")
    assert told == {
        "Wed 07/10 08:30": ["everybody"],
        "Thu 08/10 07:00": ["lead"],
        "Fri 09/10 08:30": ["director"],
        "Mon 12/10 08:30": ["director"],  # the two clocks of one case are told as one
        "Tue 13/10 08:30": ["director"],
        "Wed 14/10 07:00": ["director"],
        "Wed 14/10 08:30": ["director"],
    }


async def test_nothing_after_the_clock_was_met_or_the_case_withdrawn(database: Database) -> None:
    """Neither of later rungs nor of a warning that nobody took."""
    watch = Watch()
    met, withdrawn = await file_case(at("2026-10-05T10:00")), await file_case(at("2026-10-05T10:00"))
    assert len(await watch.sweep(at("2026-10-12T08:30"), WARN)) == 2
    await Deadline.meet(met.id, Promise.RESOLVE, at("2026-10-12T09:00"))
    await run_tx(lambda: withdrawn.withdraw(at("2026-10-12T09:00")))
    assert await watch.hourly(at("2026-10-12T09:00"), at("2026-10-25T00:00"), WARN) == {}


@pytest.mark.parametrize(
    ("wakes", "level", "days", "missed"),
    [
        ("2026-10-15T10:00", "lead", "còn 2 ngày", [5]),  # asleep since Monday, when 5 days were left
        ("2026-11-12T10:00", "director", "quá hạn 18 ngày", [0, 1, 3, 5]),
    ],
)
async def test_after_a_standstill_a_case_is_told_once_at_the_rung_it_has_reached(
    database: Database, wakes: str, level: str, days: str, missed: list[int]
) -> None:
    """Of three days or of a month; the missed rungs are recorded as such."""
    case = await file_case(at("2026-10-05T10:00"))
    watch = Watch()
    [text] = await watch.sweep(at(wakes), WARN)
    assert called([text]) == [level]
    assert days in text
    assert await watch.sweep(at(wakes) + HOUR / 2, WARN) == []
    skipped = await ClockWarning.filter(about=case.id, skipped=True).order_by("rung")
    assert [one.rung for one in skipped] == missed


async def test_two_workers_at_once_tell_once(database: Database) -> None:
    """Each of forty cases once, whoever was faster, and the next level too."""
    for _ in range(40):
        await file_case(at("2026-10-05T10:00"))
    for now, rows in (
        (at("2026-10-12T09:00"), 40),
        (at("2026-10-12T13:30"), 40),
        (at("2026-10-14T09:00"), 80),
    ):
        told: list[str] = []

        async def tell(notice: Notice, then: datetime, wall: datetime) -> None:
            told.append(str(notice.say.params["count"]))  # noqa: B023

        counts = await asyncio.gather(*(warn(SHOP, tell, now, now) for _ in range(3)))
        assert sum(counts) == 40
        assert sum(int(count) for count in told) == 40
        assert await ClockWarning.all().count() == rows
    assert {one.level for one in await ClockWarning.filter(rung=5)} == {Level.LEAD}


async def test_a_warning_that_nobody_takes_calls_the_next_level_early(database: Database) -> None:
    """After four working hours, up to the director; the next rung comes on its day all the same."""
    case = await file_case(at("2026-10-05T10:00"))
    watch = Watch()
    told = await watch.hourly(at("2026-10-12T08:00"), at("2026-10-15T08:00"), WARN)
    assert {when: called(texts) for when, texts in told.items()} == {
        "Mon 12/10 08:30": ["everybody"],
        "Mon 12/10 12:30": ["lead"],
        "Mon 12/10 16:30": ["director"],
        "Wed 14/10 08:30": ["lead"],
        "Wed 14/10 12:30": ["director"],
    }
    assert await ClockWarning.filter(about=case.id).count() == 2


async def test_taken_silences_its_rung_and_no_other(database: Database) -> None:
    """The first who takes it counts; the next rung comes on its day."""
    case = await file_case(at("2026-10-05T10:00"))
    other = await file_case(at("2026-10-05T10:00"))
    watch, member = Watch(), new_id()
    await watch.sweep(at("2026-10-12T08:30"), WARN)
    nine = at("2026-10-12T09:00").astimezone(UTC)
    assert await ClockWarning.take(case, member, nine - HOUR, nine) == 0, "told only later"
    assert await ClockWarning.take(case, member, nine, nine) == 1
    assert await ClockWarning.take(case, new_id(), nine, nine) == 0
    told = await watch.hourly(at("2026-10-12T09:00"), at("2026-10-14T10:00"), WARN)
    texts = [text for one in told.values() for text in one]
    assert sum(case.code in text for text in texts) == 1
    assert sum(other.code in text for text in texts) == 3
    [taken] = await ClockWarning.filter(about=case.id, rung=5)
    assert (taken.taken_by, taken.taken_at) == (member, at("2026-10-12T09:00"))


async def test_more_than_ten_at_once_are_one_message(database: Database) -> None:
    """Ten are ten cards; eleven are a digest that names the first ten and counts the rest."""
    watch = Watch()
    for _ in range(10):
        await file_case(at("2026-10-05T10:00"))
    assert len(await watch.sweep(at("2026-10-12T09:00"), WARN)) == 10
    for _ in range(11):
        await file_case(at("2026-10-06T10:00"))
    [digest] = await watch.sweep(at("2026-10-13T08:30"), WARN)  # the first ten lie since yesterday, 4 hours
    assert digest.startswith("21 khiếu nại")
    assert len(re.findall(r"KN-2026-\d{6}-\w", digest)) == 10
    assert "… và 11 khiếu nại, yêu cầu khác." in digest


async def test_a_card_says_what_and_who_and_nothing_more(database: Database) -> None:
    """Code, category, what is due when, age, and the initials of the handler who is on the roster."""
    case = await file_case(at("2026-10-05T10:00"))
    await staff.invite("Nguyễn Thị Mai")
    [member] = await StaffMember.all()
    await hand(case.id, member.id)
    [card] = await Watch().sweep(at("2026-10-12T08:30"), WARN)
    assert card.splitlines() == [
        f"{case.code} · Yêu cầu sửa, xoá chưa được thực hiện",
        "Giải quyết khiếu nại: còn 5 ngày làm việc, đến hết ngày 19/10/2026.",
        "Nhận được 5 ngày làm việc. Phụ trách: NTM.",
        "Đề nghị người phụ trách xử lý.",
    ]


async def test_who_left_has_no_case_any_more(database: Database) -> None:
    """Then everybody is called."""
    case = await file_case(at("2026-10-05T10:00"))
    login, _ = await staff.invite()
    [member] = await StaffMember.all()
    await hand(case.id, member.id)
    await run_tx(lambda: StaffMember.disable(login, at("2026-10-06T10:00")))
    [card] = await Watch().sweep(at("2026-10-12T08:30"), WARN)
    assert "chưa ai nhận" in card
    assert called([card]) == ["everybody"]


def test_initials() -> None:
    """However many words a name has."""
    assert initials("Nguyễn Thị Mai") == "NTM"
    assert initials("đào") == "Đ"


async def test_the_last_day_of_a_worked_saturday_is_told(database: Database) -> None:
    """On the last day staff are told from 07:00, whether or not the office has hours on it."""
    case = await file_case(at("2026-10-05T10:00"))
    await Deadline.filter(about=case.id).update(due_on=date(2026, 10, 17))  # a Saturday
    told = await life(Watch(), "2026-10-16T18:00", "2026-10-18T00:00")
    assert told == {"Sat 17/10 07:00": ["director"]}


async def test_when_the_calendar_changes_the_rungs_of_the_new_day_are_told(database: Database) -> None:
    """Earlier for staff, never later; and told anew for the new day."""
    case = await file_case(at("2026-10-05T10:00"))
    watch = Watch()
    await watch.sweep(at("2026-10-12T08:30"), WARN)
    await Deadline.all().update(promised_on=date(2026, 10, 22), due_on=date(2026, 10, 22), calendar="old")
    await watch.sweep(at("2026-10-13T05:00"), "recount")
    deadline = await Deadline.get(about=case.id, promise=Promise.RESOLVE)
    assert (deadline.due_on, deadline.promised_on) == (date(2026, 10, 19), date(2026, 10, 22))
    assert deadline.calendar == SHOP.calendar.version
    await Deadline.all().update(promised_on=date(2026, 10, 16), due_on=date(2026, 10, 16), calendar="old")
    await watch.sweep(at("2026-10-13T05:00"), "recount")
    assert (await Deadline.get(id=deadline.id)).due_on == date(2026, 10, 16)
    assert called(await watch.sweep(at("2026-10-13T08:30"), WARN)) == ["lead"]


async def test_nothing_of_the_customer_is_ever_told_to_staff(database: Database) -> None:
    """No word, name, phone or e-mail address of theirs, in a month of everything that staff are told."""
    for number in range(12):
        await file_case(
            at("2026-10-05T10:00"), category=Category.LEAKED, user=str(number) if number else None
        )
    await file_case(at("2026-10-05T10:00"), negotiate=True, user=None)
    watch = Watch()
    now = at("2026-10-05T12:30")
    while now < at("2026-11-05T10:00"):
        await watch.sweep(now)
        now += 4 * HOUR
    told = "\n".join(await staff_messages()).casefold()
    assert told.count("\n") > 50
    secrets = {*re.findall(r"\w{5,}", WORDS), "Ngọc", "Bích", PHONE, PHONE[3:], SECOND, "hôm qua"}
    assert [one for one in secrets if one.casefold() in told] == []
    assert await Event.all().count() == 0


async def test_however_many_they_are_they_are_one_digest(database: Database) -> None:
    """Also where they are written down in several transactions, and when the next level is called."""
    for _ in range(2 * BATCH + 1):
        await file_case(at("2026-10-05T10:00"))
    watch = Watch()
    for wakes in ("2026-10-12T09:00", "2026-10-12T13:30"):
        [digest] = await watch.sweep(at(wakes), WARN)
        assert digest.startswith(f"{2 * BATCH + 1} khiếu nại")
        assert len(re.findall(r"KN-2026-\d{6}-\w", digest)) == 10


async def stopped(notice: Notice, now: datetime, wall: datetime) -> None:
    """The desk stops when it is about to tell staff."""
    raise SystemError


async def test_what_was_written_and_not_told_is_told_by_the_next_sweep(database: Database) -> None:
    """The desk was killed in between; a clock that was met meanwhile is not told, and nothing at night."""
    told, met = await file_case(at("2026-10-05T10:00")), await file_case(at("2026-10-05T10:00"))
    watch = Watch()
    for now, level in (("2026-10-12T17:00", "everybody"), ("2026-10-13T17:00", "lead")):
        with pytest.raises(SystemError):
            await warn(SHOP, stopped, at(now), at(now))
        await Deadline.meet(met.id, Promise.RESOLVE, at(now))
        assert await watch.sweep(at(now) + HOUR, WARN) == [], "the office is closed"
        [text] = await watch.sweep(at(now) + 16 * HOUR, WARN)
        assert told.code in text
        assert called([text]) == [level]
        assert await watch.sweep(at(now) + 16 * HOUR, WARN) == []


async def test_a_call_that_was_taken_before_it_was_told_is_not_told(database: Database) -> None:
    """Somebody said "Đã nắm" to the first card when the next level was about to be called."""
    case = await file_case(at("2026-10-05T10:00"))
    watch = Watch()
    await watch.sweep(at("2026-10-12T08:30"), WARN)
    with pytest.raises(SystemError):
        await warn(SHOP, stopped, at("2026-10-12T12:30"), at("2026-10-12T12:30"))
    noon = at("2026-10-12T12:31")
    assert await ClockWarning.take(case, new_id(), at("2026-10-12T08:31"), noon) == 1
    assert await watch.sweep(noon, WARN) == []
