"""What is stored of a conversation at each of its steps, always in the same bytes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from chatbot.answers import Option
from chatbot.conversation import Conversation
from chatbot.messages import Address, Contact, FileRef, Inbound, Kind
from chatbot.session import Below, Frame, Session, pack
from handlers import CONVERSATIONS
from handlers.complaint import Draft
from handlers.contacts import Changing
from handlers.edit import Editing
from handlers.erasure import Erasing
from handlers.human import Talk
from handlers.identity import Claim
from handlers.lost_contact import Facts
from handlers.policy import Reading
from handlers.preferences import Choosing
from handlers.representative import Acting
from handlers.status import Looking
from models.case import Category
from models.consent import Purpose
from models.proof import Method
from models.record_opening import Reason
from models.wish import For, Want

HERE = Path(__file__).parent
VERSION: str = tomllib.loads((HERE.parent.parent / "pyproject.toml").read_text("utf-8"))["project"]["version"]

PROMPT = "stored00"
"""The token of the question that is open in every stored session."""
WISH = UUID(int=1)
RECORD = UUID(int=2)
PROOF = UUID(int=3)
CASE = UUID(int=5)

_phone = Claim(Kind.PHONE, "+84900000001")
_several = Claim(Kind.PHONE, "+84900000001", PROOF, (RECORD, UUID(int=4)))

_complaint = Draft(Category.LEAKED, "Số điện thoại của tôi bị dùng để quảng cáo.", "tuần trước")

DRAFTS: Mapping[str, object] = {
    **{
        f"complaint.{step}": _complaint
        for step in (
            *("when", "evidence", "remedy", "amount"),
            *("negotiate", "priority", "second", "review", "change"),
        )
    },
    "edit.choose": Editing(RECORD),
    **{
        f"edit.{step}": Editing(RECORD, what)
        for step, what in (
            ("name", "full_name"),
            *((one, one) for one in ("address", "birthday", "note", "other")),
        )
    },
    "edit.review": Editing(RECORD, "full_name", "Nguyễn Thị Thu Hà"),
    "contacts.choose": Changing(RECORD),
    **{
        f"contacts.{step}": Changing(RECORD, Kind.PHONE, "+84900000001") for step in ("act", "share", "phone")
    },
    "contacts.email": Changing(RECORD, Kind.EMAIL, "ha@example.com"),
    "contacts.code": Changing(RECORD, Kind.PHONE, "+84900000001", "+84900000002"),
    "contacts.review": Changing(RECORD, Kind.PHONE, "+84900000001", "+84900000002", Method.CODE),
    "erase.confirm": Erasing(RECORD),
    "human.about": Talk(WISH),
    "identity.code": _phone,
    "identity.record": _several,
    "identity.fact": Claim(Kind.PHONE, "+84900000001", PROOF, (RECORD, UUID(int=4)), RECORD),
    **{
        f"lost_contact.{step}": Facts(Kind.PHONE, "+84900000001", "Nguyễn Thị Thu Hà", "14/5/1990")
        for step in ("name", "birthday", "address", "number", "review")
    },
    **{f"representative.{step}": Acting(For.DIED, Want.ERASE) for step in ("want", "about")},
    "representative.reach": Acting(For.DIED, Want.ERASE, "Mẹ tôi, bà Nguyễn Thị Lan, đã mất."),
    "representative.files": Acting(For.DIED, Want.ERASE, wish=WISH),
    "policy.read": Reading(8),
    "preferences.leave": Choosing(asked=UUID(int=6), code="KN-2026-000001-Z", reason=Reason.EXAMINE),
    "preferences.agree": Choosing(Purpose.OFFERS),
    **{f"status.{step}": Looking(CASE) for step in ("act", "add", "withdraw", "accept", "appeal")},
}
"""The drafts of those steps that are never reached with a blank one."""

LISTED: Mapping[str, tuple[str, ...]] = {
    "complaint.change": (
        *("category", "details", "when", "evidence", "remedy", "amount"),
        *("negotiate", "priority", "second", "review"),
    ),
    "edit.choose": ("full_name", "contacts", "address", "birthday", "note", "other", "close"),
    "contacts.choose": ("add_phone", "add_email", "close"),
    "identity.way": ("share", "phone", "email", "lost", "acting"),
    "identity.record": (str(RECORD), "other"),
    "language.pick": ("vi", "en"),
    "policy.choose": ("1", "2", "3", "4", "5", "6", "7", "8"),
    "policy.read": ("previous", "next", "sections", "close"),
    "preferences.choose": ("nothing", "restrict", "release", "stricter", "usual", "enough"),
    "status.choose": (str(CASE),),
    "status.act": ("add", "decision", "accept", "appeal", "withdraw", "list", "close"),
}
"""The options of those steps that list their own."""


def sessions() -> Iterator[tuple[str, bytes]]:
    """The name and the stored bytes of a session at every step, and of one with all that can wait below."""
    conversations: tuple[Conversation[Any], ...] = CONVERSATIONS
    for conversation in conversations:
        for number, step in enumerate(conversation.steps):
            name = f"{conversation.name}.{step.name}"
            options = (*LISTED.get(name, ()), *step.answer.choices)
            trail = tuple(_frame(conversation, earlier.name) for earlier in conversation.steps[:number][-2:])
            shown = tuple(Option(option, f"Nhãn {option}") for option in options)
            yield name, pack(Session(_frame(conversation, step.name), PROMPT, shown, trail))
    by_name = {conversation.name: conversation for conversation in conversations}
    message = Inbound(
        Address("web", "1"),
        "1-1",
        datetime(2026, 11, 25, 2, 0, tzinfo=UTC),
        text="Một câu",
        press=f"{PROMPT}:0",
        contact=Contact("+84900000001", own=True),
        files=(FileRef("handle", "anh.jpg", "image/jpeg", 1000),),
        group="album",
        language="vi",
        network="192.0.2.1",
    )
    below = (
        Below("human", _frame(by_name["human"], "about"), (), message, "done"),
        Below("profile", message=message),
    )
    way = by_name["identity"]
    shown = tuple(Option(option, f"Nhãn {option}") for option in LISTED["identity.way"])
    yield "identity.way+below", pack(Session(_frame(way, "way"), PROMPT, shown, (), below))


def _frame(conversation: Conversation[Any], step: str) -> Frame:
    draft = DRAFTS.get(f"{conversation.name}.{step}", conversation.blank())
    return Frame(conversation.name, step, conversation.pack(draft))
