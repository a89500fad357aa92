"""/viec: the open cases and requests by what is due. /baocao: the figures of the month. As the staff room has
them."""

from __future__ import annotations

from chatbot.clock import local_date
from chatbot.conversation import Say
from chatbot.staff_turn import StaffTurn
from handlers.staff.card import QUEUE_PAGE, line, names_of
from models.queue import figures, month_of, queue
from models.staff import StaffMember

MOST_LINES = 10
"""Cases and requests in one message; the others are due later."""


async def due(turn: StaffTurn, member: StaffMember, rest: str) -> Say | None:
    """What is due first stands first."""
    waiting, total = await queue(limit=MOST_LINES)
    if not waiting:
        return Say("group.queue_empty")
    today = local_date(turn.now)
    names = await names_of([one.what for one in waiting])
    lines = [line(one.what, one.clock, names, turn.shop, today) for one in waiting]
    if total > len(waiting):
        lines.append(Say("escalation.more", count=total - len(waiting)))
    turn.tell(Say("group.queue", count=total, lines=tuple(lines)), page=QUEUE_PAGE)
    return None


async def month(turn: StaffTurn, member: StaffMember, rest: str) -> Say | None:
    """What was received and what was answered, on time or late, and how long that took."""
    since, until = month_of(turn.now)
    found = await figures(since, until)
    days = found.median_days
    median = Say("group.no_median") if days is None else Say("desk.month.days", days=f"{days:g}")
    counts = {"received": found.received, "on_time": found.on_time, "late": found.late}
    turn.tell(Say("group.month", month=f"{since:%m/%Y}", median=median, **counts), page=QUEUE_PAGE)
    return None
