"""Working days in Viet Nam: which days count, and when a period of them ends."""

from __future__ import annotations

from chatbot.workdays.calendar import Calendar
from chatbot.workdays.days import Day, Deadline, OutsideCalendar, Reason, Skip, SwapPair, Swaps

__all__ = ["Calendar", "Day", "Deadline", "OutsideCalendar", "Reason", "Skip", "SwapPair", "Swaps"]
