"""Opening the desk's database with its key ring, as every command does that works on data."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chatbot.backups.marker import Marker
from chatbot.crypto import KeyRing, KeyRingError
from chatbot.logs import describe
from chatbot.settings import Settings
from models.database import connect, disconnect, is_outage
from models.desk import Desk, WrongKeyRing
from models.keys import use_ring
from models.migrate import pending


class CannotOpen(Exception):
    """The desk cannot be opened; the message is one line that says what to do. ``code`` is what the program
    exits with: 2 where a setting is at fault, else 1."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def refuse_half_restored(settings: Settings) -> None:
    """Whether a restore has begun and not ended. Raises CannotOpen."""
    begun = Marker.find(settings.data_dir)
    if begun:
        raise CannotOpen(f"a restore has not ended: run 'chatbot restore {begun.backup}' again")


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[None]:
    """The database open, up to date, and sealed with the key ring that is set. Raises CannotOpen."""
    refuse_half_restored(settings)
    if settings.keyring is None:
        raise CannotOpen(
            "KEYRING is not set: set it to the key ring's file, outside DATA_DIR; "
            "for a new desk make one with 'chatbot keys new FILE'",
            code=2,
        )
    try:
        use_ring(KeyRing.load(settings.keyring))
    except KeyRingError as error:
        raise CannotOpen(str(error), code=2) from None
    try:
        try:
            await connect(settings.database_url.get_secret_value())
            missing = await pending()
            if missing:
                raise CannotOpen(
                    f"the database lacks {len(missing)} migration(s): run 'chatbot migrate' first"
                )
            await Desk.claim()
        except WrongKeyRing as error:
            raise CannotOpen(str(error), code=2) from None
        except Exception as error:
            if not is_outage(error):
                raise
            raise CannotOpen(
                f"the database cannot be opened ({describe(error)[0].split(' < ')[0]}): check DATABASE_URL"
            ) from None
        yield
    finally:
        await disconnect()
