"""What is in ``data.json``, type by type: the schema that docs/export.md explains, version 1.

Adding a field keeps the version; changing or removing one makes a new one. Each list is a CSV file as well.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from chatbot.clock import ZONE

VERSION: Literal["1"] = "1"

Instant = Annotated[
    datetime,
    PlainSerializer(lambda at: at.astimezone(ZONE).isoformat(timespec="seconds"), when_used="json"),
]
"""ISO 8601, in the time of Viet Nam."""


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
    )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"  # what is in it is personal


class Shop(_Part):
    """Who holds the data."""

    name: str
    address: str
    email: str


class Record(_Part):
    """The shop's record of the customer."""

    full_name: str
    phone: str | None
    """In E.164: +84 and the number without its first zero."""
    email: str | None
    address: str | None
    birthday: date | None
    note: str | None
    external_id: str | None
    """The shop's own number for the customer."""
    added_contacts: list[str]
    """Phone numbers and e-mail addresses that came later, when the old ones were lost."""
    extra: dict[str, str]
    """Columns of the shop's list that have no field of their own, by their headers."""
    source: str
    """Where the record comes from."""
    consent_as_imported: str | None
    """What the shop's old list says of customer-care messages: without proof, so it is not acted on."""
    restricted_at: Instant | None
    """Since when the use of the data is restricted."""
    stricter_since: Instant | None
    """Since when the record is handled more strictly."""
    imported_at: Instant
    updated_at: Instant
    last_contact_at: Instant
    kept_until: date
    """The last day of the retention period, if there is no contact until then."""


class Correction(_Part):
    """A field of the record that the customer corrected: no import of the shop overwrites it."""

    field: str
    """full_name, phone, email, address, birthday, note"""
    at: Instant | None
    """When it was last corrected; null where that is not known."""


class Contact(_Part):
    """A phone number or e-mail address that was proven in a chat and opened this record."""

    chat: str
    kind: str
    """phone, email"""
    value: str
    method: str
    """shared (the messenger vouched for the number), code (a one-time code)"""
    proven_at: Instant
    ended_at: Instant | None


class Chat(_Part):
    """A chat in which this record was opened."""

    chat: str
    """How the other lists name this chat."""
    channel: str
    user: str | None
    """Who the customer is on that channel; left out where the chat was used for other records too."""
    language: str
    created_at: Instant
    last_message_at: Instant
    open_question: str | None
    """The question that waits for an answer; left out likewise."""
    draft: str | None
    """What was entered for it so far, as it is stored (JSON); left out likewise."""


class Message(_Part):
    """A message that is still kept."""

    chat: str | None
    """None for a letter in a case."""
    case: str | None
    at: Instant
    direction: str
    """in (by the customer), out (by the shop)"""
    channel: str
    text: str
    files: list[str]
    """Names of the files sent with it."""


class Wish(_Part):
    """A wish to speak with a person."""

    chat: str
    for_whom: str
    """self, child, authorised, died"""
    want: str | None
    """What a representative wants: see, correct, erase, complain, other"""
    wished_at: Instant
    answered_at: Instant | None
    texts: list[str]
    files: list[str]


class Complaint(_Part):
    """A complaint with its decision."""

    case: str
    """Its number."""
    state: str
    """waiting, running, decided, answered, closed, withdrawn"""
    category: str
    filed_at: Instant
    proven_at: Instant | None
    """When the proof was there."""
    decided_at: Instant | None
    ended_at: Instant | None
    round: int
    """2 after an appeal."""
    priority: bool
    negotiate: bool
    what: str
    when: str
    remedy: str
    amount: int | None
    """In đồng."""
    second_contact: str | None
    verdict: str | None
    reason: str | None
    measures: str | None
    compensation: str | None
    compensation_amount: int | None
    """In đồng."""


class Step(_Part):
    """What happened in a case; without what staff note for themselves."""

    case: str
    at: Instant
    kind: str
    words: str | None


class Promise(_Part):
    """A day that was promised in a case or by a request."""

    case: str | None
    request: str | None
    promise: str
    """acknowledge, negotiate, evidence, resolve; answer, provide, erase, stop"""
    round: int
    started_at: Instant
    promised_on: date
    kept_at: Instant | None


class Request(_Part):
    """A request about the customer's own data, as the register has it."""

    request: str
    """Its number."""
    kind: str
    """see, correct, export, erase, object, restrict, withdraw"""
    state: str
    """open, done, refused, withdrawn"""
    filed_at: Instant
    asked: str | None
    extended_at: Instant | None
    extension_reason: str | None
    closed_at: Instant | None
    answer: str | None


class Change(_Part):
    """What the shop's other systems were to do for a request too."""

    request: str
    kind: str
    """corrected, opted_out, restricted, released, erased"""
    what: str
    """Fields or purposes, apart by spaces."""
    at: Instant
    external_id: str | None
    phone: str | None
    email: str | None
    done_at: Instant | None


class Consent(_Part):
    """A yes or a no to messages for one purpose."""

    purpose: str
    given: bool
    text: str
    """Language and version of the words that were shown."""
    channel: str
    at: Instant


class Leave(_Part):
    """Staff asked whether they may open the record."""

    case: str | None
    reason: str
    asked_at: Instant
    answered_at: Instant | None
    allowed: bool | None


class Claim(_Part):
    """A claim to a new contact that was made in a chat of the customer's own."""

    chat: str
    state: str
    """asked, approved, open, refused, objected, expired"""
    old_contact: str
    new_contact: str
    full_name: str
    birthday: str
    address: str
    external_id: str
    asked_at: Instant
    ended_at: Instant | None
    reason: str | None


class File(_Part):
    """A file that the customer sent."""

    case: str | None
    chat: str | None
    name: str
    state: str
    """waiting, kept, refused, gone"""
    mime: str | None
    size: int | None
    """Bytes."""
    sha256: str | None
    arrived_at: Instant
    path: str | None
    """Where it lies in the package; None where the shop has no bytes of it, or they lie there already."""


class Look(_Part):
    """A time at which the record was shown."""

    at: Instant
    by: str
    """customer, or the role of the member of staff: agent, lead, director"""
    reason: str | None
    """Why staff opened it: examine, request, reach, identity, hold"""
    case: str | None


class Happening(_Part):
    """An entry of the audit trail about the customer."""

    at: Instant
    tag: str
    by: str
    """staff, or the customer and the desk itself: self"""
    chat: str | None
    case: str | None
    request: str | None


class Contents(_Part):
    """Everything that the shop holds on one customer."""

    version: Literal["1"] = Field(default=VERSION, serialization_alias="schema")
    made_at: Instant
    shop: Shop
    record: Record
    corrections: list[Correction]
    contacts: list[Contact]
    chats: list[Chat]
    messages: list[Message]
    wishes: list[Wish]
    cases: list[Complaint]
    timeline: list[Step]
    promises: list[Promise]
    requests: list[Request]
    changes: list[Change]
    consents: list[Consent]
    leaves: list[Leave]
    claims: list[Claim]
    files: list[File]
    looks: list[Look]
    events: list[Happening]


def schema() -> dict[str, object]:
    """The JSON Schema of ``data.json``, as ``chatbot/data/package.schema.json`` has it."""
    return Contents.model_json_schema(mode="serialization") | {
        "$schema": "https://json-schema.org/draft/2020-12/schema"
    }
