"""A database that cannot be reached now, as channels hear of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chatbot.messages import Busy
from models.database import is_outage


@contextmanager
def busy_in_an_outage() -> Iterator[None]:
    """Raises Busy in place of an error for which the database is to blame; any other goes on as it is."""
    try:
        yield
    except Exception as error:
        if is_outage(error):
            raise Busy from None
        raise
