"""What the operator should know about Telegram: one line when trouble begins, one when it is over."""

from __future__ import annotations

import structlog
from telegram.error import Conflict, InvalidToken, TelegramError

from chatbot.channels import Busy

log = structlog.get_logger(__name__)


class Health:
    """The troubles of the parts of a channel, each in words and with what to do."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._troubles: dict[str, str] = {}

    def line(self) -> str | None:
        """The trouble to show, or None when all is well."""
        return next(iter(self._troubles.values()), None)

    def bad(self, part: str, error: Exception) -> None:
        """Note that ``part`` fails; logged only when it is news."""
        trouble = self._explain(error)
        if self._troubles.get(part) != trouble:
            self._troubles[part] = trouble
            log.error("telegram_trouble", part=part, trouble=trouble)

    def good(self, part: str) -> None:
        """Note that ``part`` works (again)."""
        if self._troubles.pop(part, None):
            log.info("telegram_recovered", part=part)

    def _explain(self, error: Exception) -> str:
        match error:
            case InvalidToken():
                return "Telegram does not accept TELEGRAM_BOT_TOKEN: copy it from @BotFather and restart"
            case Conflict():
                return (
                    "another program receives this bot's messages: stop it, or give this one a bot of "
                    "its own (TELEGRAM_BOT_TOKEN)"
                )
            case Busy():
                return "the database cannot take messages now; they wait at Telegram"
            # An error's own words are not shown: they may hold an address with the token, or a message.
            case TelegramError():
                kind = type(error).__name__
                return f"calls to {self._host} fail ({kind}): check the network and TELEGRAM_API_URL"
            case _:
                return f"a message could not be taken in ({type(error).__name__}); it waits at Telegram"
