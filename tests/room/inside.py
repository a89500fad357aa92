"""Somebody of the staff in the room, and what they send, as the tests of it need them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from html import unescape
from uuid import UUID

import orjson

from chatbot.pages.room.forms import HEADER
from models.case import Case
from models.chat import Chat
from tests.people import EMAIL
from tests.room_cases import WORDS
from tests.room_server import Answer, Browser

REASON = "Đã kiểm tra nhật ký: số điện thoại bị dùng sai mục đích."
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82"
)
DECISION = {"verdict": "upheld", "reason": REASON, "measures": "Đã xoá số.", "pays": "none", "amount": ""}
ENTERED = {
    "way": "email",
    "received": "2026-11-20T16:30",
    "category": "leaked",
    "what": WORDS,
    "when": "",
    "remedy": "apology",
    "contact": f" {EMAIL.upper()} ",
    "priority": "1",
}


@dataclass
class Inside:
    """Somebody of the staff in a browser of their own."""

    browser: Browser
    id: UUID
    token: str = field(repr=False)

    async def see(self, path: str = "/staff") -> Answer:
        """A page."""
        return await self.browser.get(path, Accept="text/html")

    async def do(self, case: Case, act: str, **form: str) -> Answer:
        """Send a form of a case."""
        return await self.browser.send(f"/staff/case/{case.code}/{act}", {"form": self.token, **form})

    async def does(self, case: Case, act: str, **form: str) -> Answer:
        """The same, and it is done."""
        answer = await self.do(case, act, **form)
        assert answer.status == 303, text_of(answer)
        assert answer.to.startswith(f"/staff/case/{case.code}?done=")
        done = await self.see(answer.to)
        assert done.status == 200
        assert done.said
        return done


Enter = Callable[..., Awaitable[Inside]]


def text_of(answer: Answer) -> str:
    """What can be read on a page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


async def shut(chat: Chat) -> None:
    """The customer shuts the chat."""
    await Chat.filter(id=chat.id).update(reachable=False)


async def put(mai: Inside, case: Case, name: str, content: bytes, **headers: str) -> tuple[int, str]:
    """Put a file into a case, as the script does; the status, and what is said."""
    sent = {
        "Origin": mai.browser.server.url,
        "Content-Type": "application/octet-stream",
        HEADER: "1",
        "X-File-Name": name,
        **headers,
    }
    answer = await mai.browser.ask("POST", f"/staff/case/{case.code}/file", data=content, headers=sent)
    return answer.status, str(orjson.loads(answer.text)["said"]) if answer.status in (200, 409, 422) else ""
