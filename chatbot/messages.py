"""The nouns that all parts share: what comes in, what goes out, and where.

Everything here is a frozen value. What may hold personal data stays out of ``repr``, so that no log
line and no exception can carry it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Ability(StrEnum):
    """What a channel can do. Code asks for an ability, never for a channel's name."""

    PROVES_PHONE = "proves_phone"
    """A shared contact can be known to be the sender's own."""
    PHONE_FORM = "phone_form"
    """A form can be shown in which a person enters their number: a claim, which nobody vouches for."""
    OWN_SERVER = "own_server"
    """Messages never leave the shop's own server, so full personal values may be shown."""
    BUTTONS = "buttons"
    """A choice can be tapped; without it choices are numbered lines."""
    KEEPS_HISTORY = "keeps_history"
    """The customer's app keeps the conversation itself; where it does not, we keep it for them."""
    FALLS_SILENT = "falls_silent"
    """Nothing can be delivered once the customer has not written for some days."""


class Field(StrEnum):
    """What kind of value the open question expects, for channels that can offer a fitting input."""

    TEXT = "text"
    PHONE = "phone"
    EMAIL = "email"
    DAY = "day"
    CODE = "code"
    FILES = "files"
    NONE = "none"
    """Only a choice: nothing needs to be typed."""


class Busy(Exception):
    """The database cannot take the message now: confirm nothing, ask for it again."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a chat is reached: a channel, and the id of the person or group there."""

    channel: str
    user: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file as the channel hands it over: a handle to fetch it by, not yet its bytes.

    ``size`` is in bytes where the channel says it. ``name`` is what the sender's device called it
    and is never trusted.
    """

    handle: str = field(repr=False)
    name: str = field(repr=False)
    mime: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact card that somebody shared.

    ``own`` is true only where the channel itself vouches that the number is the sender's.
    """

    phone: str = field(repr=False)
    own: bool


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message as it came in, whatever the channel.

    ``delivery`` names this delivery uniquely within its channel: the same delivery twice is one
    message. ``at`` is the channel's own time, aware, in UTC. ``press`` is the token of a button.
    ``group`` names an album, ``edits`` the delivery that this one replaces where the channel can say.
    ``language`` is a hint such as ``en`` from the sender's device. ``network`` is the network
    address of the sender where the channel sees it.
    """

    address: Address
    delivery: str
    at: datetime
    text: str | None = field(default=None, repr=False)
    press: str | None = None
    contact: Contact | None = None
    files: tuple[FileRef, ...] = ()
    group: str | None = None
    edited: bool = False
    language: str | None = None
    network: str | None = field(default=None, repr=False)


START = "go:"
"""How the token of a button begins that starts a conversation, whenever it is pressed."""


@dataclass(frozen=True, slots=True)
class StaffInbound:
    """What somebody typed or pressed where staff are told.

    ``address`` is where the one who did it has a chat of their own with us, should they have one: by it
    they are known. ``delivery``, ``at`` and ``press`` are those of ``Inbound``.
    """

    address: Address
    delivery: str
    at: datetime
    text: str | None = field(default=None, repr=False)
    press: str | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """A choice as it is offered: a short opaque token (at most 64 bytes) and its label."""

    token: str
    label: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Link:
    """A web address offered beside a text."""

    label: str
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to a chat, already in words, neutral as to the channel.

    ``expects`` is what the open question accepts. ``share`` is the label of a button or form by which a
    person can share their own phone number, where the channel can offer one. ``ref`` is the outbox's own id
    of the message, set when it is sent: the same at every attempt, for outlets that can tell a repetition by
    it. ``more`` is the button by which a channel that shows few choices at once leads on: the number of the
    next one to show is put behind its token; ``first`` is that number. ``code`` is the one-time code in the
    words, for outlets that send nothing else.
    """

    text: str = field(repr=False)
    buttons: tuple[Button, ...] = ()
    link: Link | None = None
    expects: Field = Field.TEXT
    share: str | None = None
    ref: UUID | None = None
    more: Button | None = None
    first: int = 0
    code: str | None = field(default=None, repr=False)


class Matter(StrEnum):
    """What a message brings that must arrive. Stored, so never renamed."""

    DATE = "date"
    """The day by which the shop has promised to answer."""
    QUESTION = "question"
    DECISION = "decision"
    """The decision itself, or a way to it: see ``models.letters.deliver_decisions``."""
    APOLOGY = "apology"
    """That a promised day was missed."""
    HINT = "hint"
    """Only that there is something to read, and where."""
    CLAIM = "claim"
    """What becomes of a claim to a new contact; it is about that claim."""
    RECEIPT = "receipt"
    """That a data subject request was received, and until when; it is about that request."""
    REQUEST = "request"
    """What becomes of a data subject request, or a way to read it; all others are about a case."""


@dataclass(frozen=True, slots=True)
class About:
    """Says of a message that it must arrive: of which case, claim or request it is, and what it brings."""

    id: UUID
    matter: Matter


class Kind(StrEnum):
    """The two kinds of contact by which a customer is known."""

    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Proven:
    """A contact that was proven in this chat and still counts, and the record that it opened, if any.

    ``records`` are the ids of all records behind the contact, ``frozen`` of those that wait to be erased.
    """

    proof: UUID
    kind: Kind
    value: str = field(repr=False)
    records: tuple[UUID, ...] = ()
    opened: UUID | None = None
    proven_at: datetime | None = None
    frozen: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Who is writing, as far as it has been proven in this chat."""

    contacts: tuple[Proven, ...] = ()

    @property
    def record(self) -> UUID | None:
        """The customer record that stands open to this person: the one opened last.

        Only while it still stands behind the proven contact: the shop may have given the contact to
        somebody else since.
        """
        opened = (proven.opened for proven in reversed(self.contacts) if proven.opened in proven.records)
        return next(opened, None)

    @property
    def frozen(self) -> UUID | None:
        """The record of this person that waits to be erased, where no other stands open: the one that they
        had opened, or, where what they proved leads to nothing else, what is behind it."""
        if self.record:
            return None
        opened = [one.opened for one in self.contacts if one.opened in one.frozen]
        behind = () if any(one.records for one in self.contacts) else self.contacts
        return next(reversed([*(record for one in behind for record in one.frozen), *opened]), None)

    def proven_since(self, at: datetime) -> bool:
        """Whether a contact that opened the record was proven after an instant."""
        record = self.record
        return record is not None and any(
            one.opened == record and record in one.records and one.proven_at and one.proven_at > at
            for one in self.contacts
        )
