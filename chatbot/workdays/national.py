"""The country's days off: as announced in the reviewed data file, then as the statute gives them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from chatbot.workdays.days import Reason, Skip, SwapPair

MONDAY, TUESDAY, THURSDAY, SUNDAY = 0, 1, 3, 6


@dataclass(frozen=True)
class National:
    """Paid public holidays from ``first`` to ``last``; those after ``announced_until`` are provisional.

    ``make_ups`` are the announced make-up days for a Saturday-Sunday weekend, with their decisions.
    """

    first: date
    announced_until: date
    last: date
    holidays: Mapping[date, Skip]
    make_ups: Mapping[date, str]
    swaps: tuple[SwapPair, ...]


@cache
def national() -> National:
    """The calendar of the data file (chatbot/data/calendar.toml)."""
    data = tomllib.loads((files("chatbot") / "data" / "calendar.toml").read_text("utf-8"))
    decisions, days, provisional = data["decisions"], data["days"], data["provisional"]
    announced = [Skip(d["day"], Reason(d["reason"]), decisions[d["decision"]]) for d in days["off"]]
    computed = [
        skip
        for lunar in provisional["years"]
        for skip in by_statute(lunar["tet"], lunar["hung_kings"], provisional["source"])
    ]
    return National(
        first=date(data["announced"][0], 1, 1),
        announced_until=date(data["announced"][-1], 12, 31),
        last=date(provisional["years"][-1]["tet"].year, 12, 31),
        holidays={skip.day: skip for skip in announced + computed},
        make_ups={d["day"]: decisions[d["decision"]] for d in days["make_up"]},
        swaps=tuple(SwapPair(d["off"], d["worked"], decisions[d["decision"]]) for d in days["swap"]),
    )


def by_statute(tet: date, hung_kings: date, lunar_source: str) -> Iterator[Skip]:
    """The paid public holidays of a year that nobody has announced yet, given its two lunar dates.

    Which five days of Tết and which neighbour of 2 September are off is for the Prime Minister to say
    (Art. 112(3)). Taken here is what was announced for every such weekday since 2018: Tết from one day
    before when new year falls on a Monday or Tuesday, else from two; 3 September when the 2nd is a
    Thursday, Sunday or Monday, else the 1st.
    """
    law = "Labour Code 45/2019/QH14 Art. 112(1)"
    year = tet.year
    yield Skip(date(year, 1, 1), Reason.NEW_YEAR, law)
    eve = 1 if tet.weekday() in (MONDAY, TUESDAY) else 2
    for n in range(5):
        yield Skip(tet + timedelta(n - eve), Reason.TET, f"provisional: {law}; {lunar_source}")
    yield Skip(hung_kings, Reason.HUNG_KINGS, f"{law}; {lunar_source}")
    yield Skip(date(year, 4, 30), Reason.REUNIFICATION, law)
    yield Skip(date(year, 5, 1), Reason.LABOUR_DAY, law)
    second = date(year, 9, 2)
    neighbour = second + timedelta(1 if second.weekday() in (THURSDAY, SUNDAY, MONDAY) else -1)
    yield Skip(second, Reason.NATIONAL_DAY, law)
    yield Skip(neighbour, Reason.NATIONAL_DAY, f"provisional: {law}")
    yield Skip(date(year, 11, 24), Reason.CULTURE_DAY, "Resolution 28/2026/QH16 (2026-04-24) Art. 2")
