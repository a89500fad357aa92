"""A deadline in words: the day, why it is that day, and a receipt for it."""

from __future__ import annotations

from chatbot.clock import local_date
from chatbot.conversation import Paragraph, Say
from chatbot.values import WithWeekday
from chatbot.workdays import Calendar, Reason
from models.case import Case
from models.deadline import Deadline
from models.promises import TERMS
from models.receipts import receipt_of


def due_words(case: Case, deadline: Deadline, calendar: Calendar) -> list[Say]:
    """What was promised, from when it is counted, which public holidays were left out, and the code by which
    all of this can be proven later."""
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
    return [*words, Say("case.receipt", receipt=receipt_of(case, deadline))]
