"""What must hold for the desk to be ready and is nobody's own: each None, or one line of what is wrong."""

from __future__ import annotations

from models.database import fetch
from models.migrate import pending


async def database() -> str | None:
    """Whether the database answers."""
    await fetch("SELECT 1 AS one")
    return None


async def migrations() -> str | None:
    """Whether the database is up to date."""
    return "run 'chatbot migrate'" if await pending() else None
