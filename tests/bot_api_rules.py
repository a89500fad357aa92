"""What Telegram refuses of the messages that the program sends."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tests.telegram_updates import Json


class Refusal(Exception):
    """What the Bot API answers instead of a result."""

    def __init__(self, status: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.body: Json = {"ok": False, "error_code": status, "description": description}
        if parameters:
            self.body["parameters"] = parameters


def check_message(text: Any, markup: Json) -> None:
    """Raises Refusal for what Telegram would not send."""
    if not isinstance(text, str) or not text.strip():
        raise Refusal(400, "Bad Request: message text is empty")
    if len(text.encode("utf-16-le")) // 2 > 4096:
        raise Refusal(400, "Bad Request: message is too long")
    for row in markup.get("inline_keyboard", ()):
        for button in row:
            if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
                raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
            if "url" in button and "." not in (urlsplit(button["url"]).hostname or ""):
                raise Refusal(400, f"Bad Request: inline keyboard button URL '{button['url']}' is invalid")
