"""``chatbot deadline``: the date so many working days after an instant or a date, and why it is that one."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Annotated, Any, NoReturn

import typer

from chatbot.clock import ZONE, local_date
from chatbot.workdays import Calendar, Deadline, OutsideCalendar, Swaps

MOST_DAYS = 3660


def command(load_calendar: Callable[[], Calendar]) -> Callable[..., None]:
    """The function that the command line registers as ``deadline``; ``load_calendar`` gives the shop's.

    It exits with 2 for input that cannot be understood, with 1 for a date beyond the calendar.
    """

    def deadline(
        when: Annotated[str, typer.Argument(help="An ISO date or instant; Asia/Ho_Chi_Minh if no zone.")],
        days: Annotated[int, typer.Option(help=f"Working days, 0 to {MOST_DAYS}.")] = 10,
        swaps: Annotated[str | None, typer.Option(help="follow, ignore or earlier; else the shop's.")] = None,
        explain: Annotated[bool, typer.Option("--explain", help="List counted and skipped days.")] = False,
        json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """The date that many working days after WHEN; 0 days is that day, or the next working one."""
        if not 0 <= days <= MOST_DAYS:
            _refuse(f"--days must be from 0 to {MOST_DAYS}, not {days}")
        if swaps is not None and swaps not in set(Swaps):
            _refuse(f"--swaps must be follow, ignore or earlier, not {swaps!r}")
        received = _local_date(when)
        calendar = load_calendar()
        if swaps is not None:
            calendar = calendar.with_swaps(swaps)
        try:
            found = calendar.deadline(received, days)
        except OutsideCalendar as error:
            _refuse(str(error), code=1)
        if json:
            typer.echo(jsonlib.dumps(_as_json(found, calendar, days, explain), ensure_ascii=False, indent=2))
            return
        typer.echo(found.date.isoformat())
        if explain:
            for line in _explanation(found, calendar):
                typer.echo(line)
        if found.provisional:
            typer.echo(f"provisional: only days until {calendar.announced_until} are announced", err=True)

    return deadline


def _local_date(when: str) -> date:
    try:
        return date.fromisoformat(when)
    except ValueError:
        pass
    try:
        instant = datetime.fromisoformat(when)
        return local_date(instant if instant.tzinfo else instant.replace(tzinfo=ZONE))
    except (ValueError, OverflowError):
        _refuse(f"WHEN must be an ISO date or instant such as 2026-11-24 or 2026-11-24T09:00, not {when!r}")


def _explanation(found: Deadline, calendar: Calendar) -> Iterable[str]:
    """One line per day in order: the day, its number or ``off``, and the source."""
    yield f"{found.received} {found.received:%a}  receipt, not counted (Civil Code 91/2015/QH13 Art. 147(2))"
    numbered = [(day.day, f"{n:>4}  {day.source}") for n, day in enumerate(found.counted, 1)]
    skipped = [(skip.day, f" off  {skip.reason}: {skip.source}") for skip in found.skipped]
    for day, words in sorted(numbered + skipped):
        yield f"{day} {day:%a}  {words}"
    yield f"swaps: {calendar.swaps}, these days: {found.swaps}; calendar {found.version}"


def _as_json(found: Deadline, calendar: Calendar, days: int, explain: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "deadline": found.date.isoformat(),
        "received": found.received.isoformat(),
        "days": days,
        "swaps": calendar.swaps,
        "follows": found.swaps,
        "provisional": found.provisional,
        "announced_until": calendar.announced_until.isoformat(),
        "version": found.version,
    }
    if explain:
        answer["counted"] = [{"day": d.day.isoformat(), "source": d.source} for d in found.counted]
        answer["skipped"] = [
            {"day": s.day.isoformat(), "reason": s.reason, "source": s.source} for s in found.skipped
        ]
    return answer


def _refuse(why: str, code: int = 2) -> NoReturn:
    typer.echo(f"chatbot deadline: {why}", err=True)
    raise typer.Exit(code)
