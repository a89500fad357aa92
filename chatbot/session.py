"""Where a conversation stands, as it is stored between two messages.

Sessions outlive releases: fields are only ever added, with defaults, and ``tests/sessions/`` keeps one
stored session of every step of every release.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from chatbot.answers import Option
from chatbot.messages import Inbound


@dataclass(frozen=True, slots=True)
class Frame:
    """A place in a conversation: the step whose question is open, and the packed draft."""

    conversation: str
    step: str
    draft: str


@dataclass(frozen=True, slots=True)
class Below:
    """What was interrupted, and the message to go on with, if one was waiting.

    Without a ``frame`` the conversation had not begun yet. ``option`` is the choice that the message
    meant when it came.
    """

    conversation: str
    frame: Frame | None = None
    trail: tuple[Frame, ...] = ()
    message: Inbound | None = None
    option: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """The open question: its place, the token that its buttons bear, the options it showed, the
    places before it (for going back), what it interrupted, the latest last, and the
    album to whose first piece it was asked again. Where no question is open, ``offered`` are the ways on
    that were shown last, by the tokens of their buttons."""

    frame: Frame | None = None
    prompt: str = ""
    shown: tuple[Option, ...] = ()
    trail: tuple[Frame, ...] = ()
    below: tuple[Below, ...] = ()
    group: str = ""
    offered: tuple[Option, ...] = ()


_codec = TypeAdapter(Session)


def pack(session: Session) -> bytes:
    """A session as it is stored."""
    return _codec.dump_json(session, exclude_defaults=True)


def unpack(stored: bytes) -> Session:
    """A stored session. Raises ValueError where it cannot be read any more."""
    return _codec.validate_json(stored)
