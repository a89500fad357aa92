"""What each table holds of people, as data: whose its rows are, what is sealed, and what stands in the clear
and why. Erasing and restoring follow it; a test finds every column that is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.database import fetch

CHANNEL = "which channel or outlet"
BLIND = "a blind index: found by it, not read from it"
FINGERPRINT = "a peppered or keyed fingerprint"
LANGUAGE = "a language's name"
OURS = "a name or count from our own code"
IDENTIFIER = "an id that the outside gave a message"
KIND_OF_FILE = "the type of a file"
CONTENTS = "a fingerprint of a file's bytes, to know it again"


@dataclass(frozen=True, slots=True)
class Holding:
    """What one table holds.

    ``subjects`` are the columns that name whose a row is, by the id of a key: without that key the row is
    unreadable, and it goes. ``outlived`` names whose a row is that stays without that key, as a proof,
    and loses what is sealed in it. ``sealed`` are its personal columns, under the key of the
    first subject or of the one outlived or, where the row names neither, the system's (a key itself: under
    the key ring). ``clear`` are all other columns of text or bytes, each with the reason why it need not be
    sealed. ``folder`` is where in DATA_DIR the sealed file of a row lies, named by the row's id. ``said`` is
    the column that says when, of rows that the chat which is the first subject brought: by it they are told
    apart where several people share it (``models/belonging.py``).
    """

    subjects: tuple[str, ...] = ()
    outlived: str | None = None
    sealed: tuple[str, ...] = ()
    clear: Mapping[str, str] = field(default_factory=dict)
    folder: str | None = None
    said: str | None = None


INVENTORY: Mapping[str, Holding] = {
    "audit_day": Holding(clear={"digest": FINGERPRINT}),
    "case": Holding(("id",), sealed=("statement", "decision", "proposal")),
    "case_contact": Holding(("case_id",), clear={"value_index": BLIND}),
    "case_entry": Holding(("case_id",), sealed=("words",)),
    "case_reply": Holding(("case_id",)),
    "change": Holding(outlived="subject", sealed=("whereabouts",), clear={"what": OURS}),
    "chat": Holding(
        ("id",),
        sealed=("user_sealed", "state"),
        clear={
            "channel": CHANNEL,
            "user_index": BLIND,
            "language": LANGUAGE,
            "conversation": OURS,
            "step": OURS,
        },
    ),
    # A clock is of a case, and goes with it, or of a request, and stays with it in the register.
    "clock_warning": Holding(("about",)),
    "code": Holding(("chat_id",), clear={"value_index": BLIND, "digest": FINGERPRINT}, said="sent_at"),
    "consent": Holding(
        outlived="customer",
        clear={"who_index": BLIND, "text": "the version of the words that were shown", "how": CHANNEL},
    ),
    "contact_claim": Holding(
        ("chat_id", "customer"),
        sealed=("told", "reason"),
        clear={"new_index": BLIND, "likeness": FINGERPRINT, "token": FINGERPRINT},
        said="asked_at",
    ),
    "contact_point": Holding(("customer_id",), clear={"value_index": BLIND}),
    "contact_change": Holding(
        ("customer",), sealed=("before",), clear={"old_index": BLIND, "token": FINGERPRINT}
    ),
    "customer": Holding(
        ("id",),
        sealed=("profile",),
        clear={
            "external_index": BLIND,
            "wording_index": BLIND,
            "source": OURS,
            "consent": "yes or no as an import wrote it, in 20 characters",
        },
    ),
    "data_request": Holding(
        outlived="customer",
        sealed=("contact", "asked", "reason", "answer"),
        clear={"who_index": BLIND, "language": LANGUAGE},
    ),
    "deadline": Holding(("about",), clear={"calendar": "the version of the calendar that was counted by"}),
    "delivery": Holding(
        ("subject",),
        sealed=("message",),
        clear={"channel": CHANNEL, "delivery": IDENTIFIER},
        said="received_at",
    ),
    "desk": Holding(clear={"name": OURS, "value": OURS}),
    "erased": Holding(),
    "erased_mark": Holding(clear={"value_index": BLIND}),
    # An erasure outlives the record until all is removed and told.
    "erasure": Holding(outlived="id", clear={"token": FINGERPRINT}),
    # Events stay when a subject is erased: the ids in them then name nothing, and the chain stays whole.
    "event": Holding(clear={"detail": "an identifier, or " + OURS, "digest": FINGERPRINT}),
    "evidence": Holding(
        ("case_id",),
        sealed=("ref",),
        clear={"channel": CHANNEL, "mime": KIND_OF_FILE, "sha256": CONTENTS},
        folder="evidence",
    ),
    "legal_hold": Holding(("subject",), sealed=("reason", "lift_reason")),
    "morning_digest": Holding(),
    "number_counter": Holding(clear={"name": OURS}),
    "opening_ask": Holding(("customer", "case")),
    "outgoing": Holding(
        ("subject",),
        sealed=("target", "payload"),
        clear={
            "outlet": CHANNEL,
            "lane": "a chat's id, or " + BLIND,
            "outside_id": IDENTIFIER,
            "reason": OURS,
        },
        said="created_at",
    ),
    "package": Holding(
        ("customer", "chat"),
        clear={"digest": FINGERPRINT, "value_index": BLIND, "browser": FINGERPRINT},
        folder="packages",
    ),
    "page_link": Holding(("chat", "customer"), clear={"digest": FINGERPRINT, "value_index": BLIND}),
    "proof": Holding(("chat_id",), sealed=("value",), clear={"value_index": BLIND}, said="proven_at"),
    "removal": Holding(("id",), sealed=("contact",), clear={"files": "folders and ids of sealed files"}),
    "request_file": Holding(
        ("customer",),
        sealed=("name",),
        clear={"mime": KIND_OF_FILE, "sha256": CONTENTS},
        folder="request_files",
    ),
    "retention_ask": Holding(),
    "retention_day": Holding(),
    "staff_member": Holding(
        sealed=("login", "name", "password", "totp"),
        clear={
            "login_index": BLIND,
            "language": LANGUAGE,
            "invitation": FINGERPRINT,
            "link": FINGERPRINT,
        },
    ),
    "staff_session": Holding(clear={"digest": FINGERPRINT}),
    "subject_key": Holding(("id",), sealed=("wrapped",)),
    "tally": Holding(clear={"scope": OURS, "key": "an id, or " + BLIND}),
    "telling": Holding(),
    "upload": Holding(
        ("chat_id",),
        sealed=("name",),
        clear={"mime": KIND_OF_FILE, "sha256": CONTENTS},
        folder="spool",
        said="spooled_at",
    ),
    "wish": Holding(("chat_id",), sealed=("words",), said="wished_at"),
    "zalo_chain": Holding(
        sealed=("access", "refresh"), clear={"name": OURS, "link": OURS, "holder": IDENTIFIER}
    ),
}
"""By the names of the tables, and of the columns as they stand in the database."""


async def remove_keyless() -> int:
    """Remove every row whose key is not there, in every table, and what is sealed in those that stay all the
    same; how many rows were removed."""
    removed = 0
    for table, holding in INVENTORY.items():
        for column in holding.subjects:
            gone = keyless(table, column)
            removed += len(await fetch(f'DELETE FROM "{table}" WHERE {gone} RETURNING 1 AS one'))
        if holding.outlived and holding.sealed:
            nothing = ", ".join(f'"{column}" = NULL' for column in holding.sealed)
            await fetch(f'UPDATE "{table}" SET {nothing} WHERE {keyless(table, holding.outlived)}')
    return removed


def keyless(table: str, column: str) -> str:
    """The condition of SQL that a row names a subject whose key is not there. A request in the register has
    no key of its own, and stays."""
    named = f'"{table}"."{column}"'
    return (
        f"{named} IS NOT NULL"
        f" AND NOT EXISTS (SELECT 1 FROM subject_key WHERE subject_key.id = {named})"
        f" AND NOT EXISTS (SELECT 1 FROM data_request WHERE data_request.id = {named})"
    )


async def files() -> dict[str, set[str]]:
    """The ids of the rows that may have a sealed file, by the folder in DATA_DIR where it lies."""
    return {
        holding.folder: {str(row["id"]) for row in await fetch(f'SELECT id FROM "{table}"')}
        for table, holding in INVENTORY.items()
        if holding.folder
    }
