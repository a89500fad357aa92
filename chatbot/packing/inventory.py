"""What becomes of each table in a package. A test fails on a table that is missing here."""

from __future__ import annotations

INVENTORY = {
    "customer": "record",
    "contact_point": "record: its values stand there, here are only fingerprints of them",
    "proof": "contacts",
    "chat": "chats",
    "outgoing": "messages, without codes",
    "delivery": "messages, where one was kept",
    "wish": "wishes",
    "upload": "files",
    "case": "cases, without a decision that is not made yet",
    "case_contact": "cases: whose contact it is",
    "case_entry": "timeline, without what staff note for themselves",
    "deadline": "promises",
    "evidence": "files",
    "event": "looks and events, names of staff as roles",
    "contact_claim": "nothing: facts against a record that is not proven to be theirs",
    "contact_change": "nothing: what events have, and until an undo is over the contact before",
    "audit_day": "nothing: digests of the audit trail",
    "case_reply": "nothing: how staff were told of what timeline has",
    "case_counter": "nothing: numbers given",
    "case_warning": "nothing: how staff were warned of a day that promises has",
    "code": "nothing: fingerprints of codes that are used up",
    "erased": "nothing: ids of keys that are gone",
    "desk": "nothing: which key ring the desk has",
    "morning_digest": "nothing: when staff had their overview",
    "package": "nothing: that it was made stands in events",
    "page_link": "nothing: that it was made stands in events",
    "staff_member": "nothing: other people; their role stands in looks",
    "staff_session": "nothing: other people",
    "subject_key": "nothing: keys",
    "telling": "nothing: whether staff are still to be told",
    "tally": "nothing: counters under fingerprints",
    "zalo_chain": "nothing: the shop's own tokens",
}
"""Every table, and the part of the package that it goes into."""
