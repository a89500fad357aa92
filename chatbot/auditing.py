"""Whether the audit trail is whole: its chain walked from the first event to the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from models.audit import AuditDay, chained, link
from models.database import fetch


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found: a line for each ``fault``, how many events are chained, the heads that were written
    down, and those not chained yet (the first of them by its number)."""

    faults: list[str]
    chained: int
    heads: dict[date, str]
    tail: int
    tail_from: int | None


async def verify(told: Sequence[tuple[date, str]] = ()) -> Finding:
    """Walk the chain. ``told`` are heads that were kept elsewhere: they show what no look at the database
    alone can, that its end was cut off together with the days' heads."""
    days = {day.day: day for day in await AuditDay.all().order_by("day")}
    walk = _Walk({day.position: day for day in days.values()}, {digest for _, digest in told})
    async for event in chained():
        walk.step(event)
    faults = walk.faults + [
        f"the head of {day.day} lies at place {day.position}, and nothing is there"
        for day in walk.expected.values()
    ]
    for day_told, digest in told:
        head, place = days.get(day_told), walk.met.get(digest)
        if place is None:
            faults.append(f"the head that was told for {day_told} is not in the chain: it was made anew")
        elif head is None or place > head.position:
            faults.append(f"the head that was told for {day_told} is that of another day")
    [end] = await fetch(
        "SELECT COALESCE((SELECT MAX(position) FROM event), 0) AS chained,"
        " COALESCE((SELECT MAX(position) FROM audit_day), 0) AS written"
    )
    if end["chained"] > end["written"]:
        faults.append("events are chained after the last head: heads of days were removed")
    [tail] = await fetch("SELECT COUNT(*) AS many, MIN(id) AS first FROM event WHERE position IS NULL")
    heads = {day.day: day.digest for day in days.values()}
    return Finding(faults, walk.place, heads, tail["many"], tail["first"])


class _Walk:
    """A walk along the chain. After a fault it goes on from what is written there, so that each is told
    once. ``expected`` are the heads not met yet, by their places; ``met`` the places of wanted digests."""

    def __init__(self, expected: dict[int, AuditDay], wanted: set[str]) -> None:
        self.faults: list[str] = []
        self.expected = expected
        self.met: dict[str, int] = {}
        self.place = 0
        self._wanted = wanted
        self._digest = ""

    def step(self, event: Mapping[str, object]) -> None:
        """The next event, a row of the table."""
        place, digest = int(str(event["position"])), str(event["digest"])
        if place != self.place + 1:
            missing = (
                f"place {self.place + 1}"
                if place == self.place + 2
                else f"places {self.place + 1} to {place - 1}"
            )
            self.faults.append(f"events were removed: {missing} of the chain before event {event['id']}")
        elif digest != link(place, self._digest, event):
            self.faults.append(
                f"event {event['id']} at place {place} is not what was chained there:"
                " it was changed, moved or put in"
            )
        head = self.expected.pop(place, None)
        if head is not None and head.digest != digest:
            self.faults.append(f"the head of {head.day} is not that of event {event['id']} at place {place}")
        if digest in self._wanted:
            self.met[digest] = place
        self.place, self._digest = place, digest
