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
    PACKAGE_ASKED = "package.asked"
    PACKAGE_READY = "package.ready"
    PACKAGE_FETCHED = "package.fetched"
    PACKAGE_GONE = "package.gone"
    PERSON_WANTED = "person.wanted"
    PERSON_ANSWERED = "person.answered"
    RECORDS_IMPORTED = "records.imported"
    STAFF_INVITED = "staff.invited"
    STAFF_JOINED = "staff.joined"
    STAFF_SIGNED_IN = "staff.signed_in"
    STAFF_SIGN_IN_FAILED = "staff.sign_in_failed"
    STAFF_SIGNED_OUT = "staff.signed_out"
    STAFF_DISABLED = "staff.disabled"
    STAFF_LINKED = "staff.linked"
    STAFF_LINK_WRONG = "staff.link_wrong"
    STAFF_UNLINKED = "staff.unlinked"
    STAFF_STRANGER = "staff.stranger"
    CONTACT_ASKED = "contact.asked"
    CONTACT_APPROVED = "contact.approved"
    CONTACT_REFUSED = "contact.refused"
    CONTACT_OBJECTED = "contact.objected"
    CONTACT_OPENED = "contact.opened"
    CONTACT_EXPIRED = "contact.expired"
    CONTACT_CHANGED = "contact.changed"
    CONTACT_UNDONE = "contact.undone"
    RECORD_CORRECTED = "record.corrected"
    CHAT_WITHDRAWN = "chat.withdrawn"
    ZALO_CHAIN_TORN = "zalo.chain_torn"
    CASE_FILED = "case.filed"
    EVIDENCE_KEPT = "evidence.kept"
    EVIDENCE_REFUSED = "evidence.refused"
    EVIDENCE_LOST = "evidence.lost"
    CASE_TAKEN = "case.taken"
    CASE_HANDED_OVER = "case.handed_over"
    CASE_ASKED = "case.asked"
    CASE_NOTED = "case.noted"
    CASE_PROVEN = "case.proven"
    CASE_PROPOSED = "case.proposed"
    CASE_DECIDED = "case.decided"
    CASE_APPROVED = "case.approved"
    CASE_APPROVED_ALONE = "case.approved_alone"
    CASE_DECLINED = "case.declined"
    CASE_BREACH = "case.breach"
    WARNING_SEEN = "warning.seen"
    CASE_TOLD_BY_HAND = "case.told_by_hand"
    CASE_POINTED = "case.pointed"
    CASE_UNREACHED = "case.unreached"
    CASE_CLAIMED = "case.claimed"
    CASE_WAY_GIVEN = "case.way_given"
    """The customer named a second way to reach them."""
    CASE_WITHDRAWN = "case.withdrawn"
    CASE_ACCEPTED = "case.accepted"
    CASE_APPEALED = "case.appealed"
    CASE_WORDS_ADDED = "case.words_added"
    CASE_EVIDENCE_ADDED = "case.evidence_added"
    REQUEST_OPENED = "request.opened"
    REQUEST_CLOSED = "request.closed"
    REQUEST_EXTENDED = "request.extended"
    REQUEST_ANSWERED = "request.answered"
    """Staff told the customer by hand what had not arrived."""
    REQUEST_APOLOGISED = "request.apologised"
    """The customer is told that its day was missed."""
    REQUEST_POINTED = "request.pointed"
    REQUEST_UNREACHED = "request.unreached"
    """Something did not arrive, and staff are to tell the customer."""
    REQUEST_FILE_KEPT = "request.file_kept"
    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    HANDLING_CHANGED = "handling.changed"
    OPENING_ASKED = "opening.asked"
    OPENING_ANSWERED = "opening.answered"
    RETENTION_TOLD = "retention.told"
    """A notice that a record is to be erased went out: the first or second, and by which kind of way."""
    RETENTION_UNREACHED = "retention.unreached"
    """Nobody could be reached by it."""
    RETENTION_ASKED = "retention.asked"
    RETENTION_ALLOWED = "retention.allowed"
    RETENTION_ENDED = "retention.ended"
    """Of a case, a request or a consent: its own retention is over, and it is gone."""
    HOLD_PUT = "hold.put"
    HOLD_LIFTED = "hold.lifted"
    ERASURE_ASKED = "erasure.asked"
    ERASURE_UNDONE = "erasure.undone"
    ERASURE_BEGUN = "erasure.begun"
    ERASURE_DONE = "erasure.done"
    KEYS_ROTATED = "keys.rotated"
    KEYS_RETIRED = "keys.retired"
    BACKUP_MADE = "backup.made"
    BACKUP_RESTORED = "backup.restored"


class Event(Model):
    """One event, written in the transaction of the change that it tells of.

    ``position`` and ``digest`` are its place in the chain, which ``models/audit.py`` gives it within seconds.

    Events outlive what they tell of: an erased customer's id names nothing any more.
    """

    id = fields.BigIntField(primary_key=True)
    at = fields.DatetimeField()
    tag = fields.CharEnumField(Tag, description="", max_length=40)
    chat = fields.UUIDField(null=True, db_index=True)
    customer = fields.UUIDField(null=True, db_index=True)
    case = fields.UUIDField(null=True, db_index=True)
    request = fields.UUIDField(null=True, db_index=True)
    member = fields.UUIDField(null=True)
    detail = fields.CharField(80, null=True)
    position = fields.BigIntField(null=True, unique=True)
    digest = fields.CharField(64, null=True)

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
        case: UUID | None = None,
        request: UUID | None = None,
        member: UUID | None = None,
        detail: str | None = None,
    ) -> None:
        """Write an event. ``member`` is who of the staff did it, or to whom it was done; ``detail`` is an
        identifier, a count or a name from our own code."""
        await cls.create(
            at=at,
            tag=tag,
            chat=chat,
            customer=customer,
            case=case,
            request=request,
            member=member,
            detail=detail,
        )

    @classmethod
    async def newest(cls) -> int:
        """The number of the latest event: as long as it stays, nothing has happened."""
        latest = await cls.all().order_by("-id").only("id").first()
        return latest.id if latest else 0
