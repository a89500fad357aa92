"""The frames of the web chat, both ways.

From the page::

    {"type": "hello", "after": 17, "language": "vi"}             first; after: the last entry it shows, or 0
    {"type": "message", "id": UUID, "text": "..."}               or "press": TOKEN, or "files": [UPLOAD, ...]
    {"type": "seen", "seq": 18}

To the page::

    {"type": "reset"}                                            what it shows is not what is stored; anew
    {"type": "entry", "seq", "mine", "at", "id", "text", "files", "buttons", "link", "expects"}
    {"type": "ready"}                                            everything stored so far has been sent
    {"type": "ack", "id": UUID}                                  the message is stored
    {"type": "busy" | "slow", "id": UUID, "retry_after": 2.0}    not stored: keep it, send it again then
    {"type": "error", "code": "...", "id": UUID | null}          not stored, and the same would fail again
    {"type": "beat"}                                             the line is alive
"""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from chatbot.channels.web.store import Entry

FILES_AT_ONCE = 10
LONGEST_TEXT = 8_000
"""Characters of one message: twice what any question takes."""

_Seq = Annotated[int, Field(ge=0, le=2**53, strict=True)]


class _Frame(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Hello(_Frame):
    """The page is there, and shows everything up to ``after``."""

    type: Literal["hello"]
    after: _Seq = 0
    language: Annotated[str, Field(pattern="^[a-z]{2}$")] | None = None


class Message(_Frame):
    """The customer wrote, pressed or sent files: exactly one of the three."""

    type: Literal["message"]
    id: UUID
    text: str | None = Field(None, min_length=1)
    press: str | None = Field(None, min_length=1, max_length=64)
    files: list[Annotated[str, Field(min_length=1, max_length=200)]] | None = Field(
        None, min_length=1, max_length=FILES_AT_ONCE
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Message:
        if [self.text, self.press, self.files].count(None) != 2:
            raise ValueError("exactly one of text, press, files")
        return self


class Seen(_Frame):
    """The customer has had everything up to ``seq`` before their eyes."""

    type: Literal["seen"]
    seq: _Seq


class BadFrame(Exception):
    """Not a frame that we know."""


_frames: TypeAdapter[Hello | Message | Seen] = TypeAdapter(
    Annotated[Hello | Message | Seen, Field(discriminator="type")]
)


def read(data: str) -> Hello | Message | Seen:
    """Raises BadFrame for whatever is not one of ours; it does not carry what came in."""
    try:
        return _frames.validate_json(data)
    except (ValidationError, UnicodeError):
        raise BadFrame from None


def entry_frame(entry: Entry) -> str:
    """An entry in the form in which the page draws it."""
    frame: dict[str, object] = {
        "type": "entry",
        "seq": entry.seq,
        "mine": entry.mine,
        "at": entry.at.astimezone(UTC),
        "text": entry.text,
        "files": entry.files,
    }
    if entry.delivery:
        frame["id"] = entry.delivery.rpartition(".")[2]
    if reply := entry.reply:
        frame |= {
            "text": reply.text,
            "buttons": [{"token": button.token, "label": button.label} for button in reply.buttons],
            "link": {"label": reply.link.label, "url": reply.link.url} if reply.link else None,
            "expects": reply.expects,
        }
    return orjson.dumps(frame).decode()


def frame(kind: str, **fields: object) -> str:
    """Any other frame to the page."""
    return orjson.dumps({"type": kind, **fields}).decode()
