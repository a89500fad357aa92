"""A deadline in words: the day, and why it is that day."""

from __future__ import annotations

from chatbot.clock import local_date
from chatbot.conversation import Paragraph, Say
from chatbot.values import WithWeekday
from chatbot.workdays import Calendar, Reason
from models.deadline import Deadline
from models.promises import TERMS


def due_words(deadline: Deadline, calendar: Calendar) -> list[Say]:
    """What was promised, from when it is counted, and which public holidays were left out."""
    counted = calendar.deadline(deadline.started_at, TERMS[deadline.promise].days)
    holidays = [f"{skip.day:%d/%m}" for skip in counted.skipped if skip.reason is not Reason.WEEKLY]
    start = local_date(deadline.started_at)
    words: list[Say] = [
        Paragraph("case.due", due=WithWeekday(deadline.promised_on), days=TERMS[deadline.promise].days),
        Say("case.why", start=start),
    ]
    if holidays:
        words.append(Say("case.holidays", holidays=", ".join(holidays)))
    if deadline.provisional:
        words.append(Say("case.provisional"))
    return words
