"""Updates as the Bot API describes them, for tests to send."""

from __future__ import annotations

import time
from typing import Any

Json = dict[str, Any]


def text_update(user: int, text: str, **more: Any) -> Json:
    """An update with a text message of a person in their private chat; ``more`` goes into the message."""
    return {"message": message(user, text=text, **more)}


def person(user: int, **more: Any) -> Json:
    """A person as Telegram describes one, with a Vietnamese device."""
    return {"id": user, "is_bot": False, "first_name": "Khách", "language_code": "vi", **more}


def private(user: int) -> Json:
    """The private chat with a person."""
    return {"id": user, "type": "private", "first_name": "Khách"}


def supergroup(group: str) -> Json:
    """A group by its id."""
    return {"id": int(group), "type": "supergroup", "title": "Nhân viên"}


def message(user: int, **more: Any) -> Json:
    """A message that a person sends now in their private chat; ``more`` goes into it."""
    return {"message_id": 1, "date": int(time.time()), "from": person(user), "chat": private(user), **more}
