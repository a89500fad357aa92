"""The scripted conversation: what each simulated customer says, taps and shares, in turn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from chatbot.texts import SOURCE, Texts
from tests.bench.telegram import Telegram
from tests.telegram_updates import message, person, private, text_update

_TEXTS = Texts.load()

FIRST_USER = 1_000_000
"""The Telegram id of customer 0; customer n has the phone number of row n in the imported file."""


def says(text: str) -> tuple[str, str]:
    """Type something."""
    return "says", text


def taps(key: str) -> tuple[str, str]:
    """Tap the button whose label has this id."""
    return "taps", _TEXTS.get(SOURCE, key)


SCRIPT = (
    says("/start"),
    taps("menu.choice.policy"),
    says("1"),
    taps("policy.read.choice.next"),
    taps("policy.read.choice.close"),
    says("shop đang giữ những thông tin gì của tôi?"),
    taps("identity.way.choice.share"),
    ("shares", ""),
    taps("menu.choice.menu"),
    taps("menu.choice.profile"),
    says("gặp nhân viên"),
    says("Tôi muốn hỏi vì sao cửa hàng vẫn nhắn tin quảng cáo cho tôi."),
    taps("human.about.choice.done"),
    says("/xacminh"),
    says("huỷ"),
    says("cảm ơn shop"),
)


class Customer:
    """One simulated customer. They go on when they see an answer to what they did last; ``fixed`` where
    every answer is the same, without the buttons that they look for."""

    def __init__(self, telegram: Telegram, number: int, *, fixed: bool) -> None:
        self._telegram = telegram
        self._user = FIRST_USER + number
        self._phone = f"+849{number:08}"
        self._fixed = fixed

    async def talk(self, webhook: str) -> None:
        """Go through the script."""
        token = ""
        for (act, what), (next_act, wanted) in zip(SCRIPT, [*SCRIPT[1:], ("", "")], strict=True):
            await self._telegram.bring(webhook, self._update(act, what, token))
            while True:
                markup = await self._telegram.message_to(self._user)
                buttons = dict(_buttons(markup))
                if self._fixed or next_act != "taps" or wanted in buttons:
                    token = buttons.get(wanted, "go:menu")
                    break

    def _update(self, act: str, what: str, token: str) -> dict[str, Any]:
        user = self._user
        if act == "says" or not token:
            return text_update(user, what)
        if act == "shares":
            card = {"phone_number": self._phone, "first_name": "Khách", "user_id": user}
            return {"message": message(user, contact=card)}
        under = {"message_id": 1, "date": int(time.time()), "chat": private(user), "text": what}
        query = {"id": "1", "from": person(user), "chat_instance": "1", "data": token, "message": under}
        return {"callback_query": query}


def _buttons(markup: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Label and token; a button in place of the phone's keyboard has none, as tapping it types its label."""
    for row in markup.get("inline_keyboard") or markup.get("keyboard") or ():
        for button in row:
            yield button["text"], button.get("callback_data", "")
