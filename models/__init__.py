"""What is true: the tables, and the few verbs that keep them true."""

from models.audit import AuditDay
from models.case import Case, CaseContact
from models.case_entry import CaseEntry
from models.change import Change
from models.chat import Chat
from models.code import Code
from models.consent import Consent
from models.contact_change import ContactChange
from models.contact_claim import ContactClaim
from models.customer import ContactPoint, Customer
from models.data_request import DataRequest
from models.deadline import Deadline
from models.delivery import Delivery
from models.desk import Desk
from models.erased import Erased, ErasedMark
from models.erasure import Erasure
from models.event import Event
from models.evidence import Evidence
from models.keys import SubjectKey
from models.legal_hold import LegalHold
from models.link import PageLink
from models.numbering import NumberCounter
from models.outgoing import Outgoing
from models.package import Package
from models.proof import Proof
from models.record_opening import OpeningAsk
from models.removal import Removal
from models.reply import CaseReply
from models.request_file import RequestFile
from models.retention_ask import RetentionAsk, RetentionDay
from models.staff import StaffMember
from models.staff_session import StaffSession
from models.tally import Tally
from models.telling import Telling
from models.upload import Upload
from models.warning import ClockWarning, MorningDigest
from models.wish import Wish
from models.zalo_chain import ZaloChain

__all__ = [
    "AuditDay",
    "Case",
    "CaseContact",
    "CaseEntry",
    "CaseReply",
    "Change",
    "Chat",
    "ClockWarning",
    "Code",
    "Consent",
    "ContactChange",
    "ContactClaim",
    "ContactPoint",
    "Customer",
    "DataRequest",
    "Deadline",
    "Delivery",
    "Desk",
    "Erased",
    "ErasedMark",
    "Erasure",
    "Event",
    "Evidence",
    "LegalHold",
    "MorningDigest",
    "NumberCounter",
    "OpeningAsk",
    "Outgoing",
    "Package",
    "PageLink",
    "Proof",
    "Removal",
    "RequestFile",
    "RetentionAsk",
    "RetentionDay",
    "StaffMember",
    "StaffSession",
    "SubjectKey",
    "Tally",
    "Telling",
    "Upload",
    "Wish",
    "ZaloChain",
]
