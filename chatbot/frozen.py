"""What is said of a record that waits to be erased, wherever it is asked for."""

from __future__ import annotations

from datetime import datetime

from chatbot.conversation import Say
from models.erasure import Erasure


def waiting(erasure: Erasure, now: datetime) -> Say:
    """Until when it can still be kept; or that it is being erased."""
    if erasure.begun_at or erasure.due_at <= now:
        return Say("engine.erasing")
    return Say("engine.frozen", until=erasure.due_at)
