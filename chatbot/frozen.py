"""What is said of a record that waits to be erased, wherever it is asked for."""

from __future__ import annotations

from datetime import datetime

from chatbot.conversation import Say
from models.erasure import Erasure


def waiting(erasure: Erasure | None, now: datetime) -> Say:
    """Until when it can still be kept, or that it is being erased: then its row may be gone already."""
    if erasure is None or erasure.begun_at:
        return Say("engine.erasing")
    if erasure.due_at <= now:
        return Say("engine.frozen_due")
    return Say("engine.frozen", until=erasure.due_at)
