"""The audit trail: what happened, to which row, when. Identifiers only, never personal data."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model


class Tag(StrEnum):
    """Everything that is audited. A tag is stored, so it is never renamed."""

    CHAT_OPENED = "chat.opened"
    SESSION_NOT_RESUMABLE = "session.not_resumable"
    MESSAGE_FAILED = "message.failed"
    CODE_SENT = "code.sent"
    CODE_REFUSED = "code.refused"
    CODE_WRONG = "code.wrong"
    CONTACT_SHUT = "contact.shut"
    CONTACT_PROVEN = "contact.proven"
    PROOF_ENDED = "proof.ended"
    RECORD_OPENED = "record.opened"
    RECORD_FACT_WRONG = "record.fact_wrong"
    RECORD_SHOWN = "record.shown"
    LINK_MADE = "link.made"
    LINK_SPENT = "link.spent"
    PERSON_WANTED = "person.wanted"
    RECORDS_IMPORTED = "records.imported"


class Event(Model):
    """One event, written in the transaction of the change that it tells of."""

    id = fields.BigIntField(primary_key=True)
    at = fields.DatetimeField()
    tag = fields.CharEnumField(Tag, description="", max_length=40)
    chat = fields.UUIDField(null=True, db_index=True)
    customer = fields.UUIDField(null=True, db_index=True)
    detail = fields.CharField(80, null=True)

    class Meta:
        table = "event"

    @classmethod
    async def record(
        cls,
        tag: Tag,
        at: datetime,
        *,
        chat: UUID | None = None,
        customer: UUID | None = None,
        detail: str | None = None,
    ) -> None:
        """Write an event. ``detail`` is an identifier, a count or a name from our own code."""
        await cls.create(at=at, tag=tag, chat=chat, customer=customer, detail=detail)
