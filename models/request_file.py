"""The letters and e-mails with which a data subject request came, where staff entered it by hand.

Their bytes lie in ``DATA_DIR/request_files``. They go with the words of the request: with the customer's key,
or where it is of nobody's record when the words go a year after its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.data_request import DataRequest
from models.database import as_uuid, fetch
from models.evidence import MOST_FILES, Found
from models.keys import SubjectKey

KEPT = """
SELECT id FROM request_file
WHERE id IN ({ids}) AND (customer IS NULL OR EXISTS (SELECT 1 FROM subject_key WHERE subject_key.id =
customer)) """
"""A file whose key is gone opens no more."""

KEYLESS = """
SELECT id FROM request_file
WHERE customer IS NOT NULL AND NOT EXISTS (SELECT 1 FROM subject_key WHERE subject_key.id = customer)
LIMIT ?
"""


class RequestFile(Model):
    """One file of a request.

    ``customer`` is whose key seals it, as its request says; None where that is the system's. ``sha256`` is of
    the plain bytes.
    """

    id = fields.UUIDField(primary_key=True)
    request = fields.UUIDField(db_index=True)
    customer = fields.UUIDField(null=True, db_index=True)
    name = fields.BinaryField()
    mime = fields.CharField(100)
    size = fields.BigIntField()
    sha256 = fields.CharField(64)
    at = fields.DatetimeField()

    class Meta:
        table = "request_file"

    @classmethod
    async def received(
        cls, request: DataRequest, key: SubjectKey, identity: UUID, name: str, found: Found, now: datetime
    ) -> bool:
        """A file that staff have put in, whose bytes are here, checked and sealed by ``key``; False where the
        request has MOST_FILES already."""
        if await cls.filter(request=request.id).count() >= MOST_FILES:
            return False
        await cls.create(
            id=identity,
            request=request.id,
            customer=request.customer,
            name=key.seal(name.encode(), f"request_file.name:{identity}"),
            mime=found.mime,
            size=found.size,
            sha256=found.sha256,
            at=now,
        )
        return True

    @classmethod
    async def of_request(cls, request: UUID) -> list[RequestFile]:
        """The files of a request in the order in which they were put in."""
        return await cls.filter(request=request).order_by("id")

    @classmethod
    async def kept(cls, ids: Sequence[UUID]) -> set[UUID]:
        """Those of the ids whose bytes are to be kept."""
        if not ids:
            return set()
        marks = ", ".join("?" * len(ids))
        return {as_uuid(row["id"]) for row in await fetch(KEPT.format(ids=marks), *(str(one) for one in ids))}

    @classmethod
    async def forget_keyless(cls, limit: int) -> int:
        """Drop up to ``limit`` files whose key is gone, such as one that was put in while its customer was
        erased; how many went."""
        ids = [as_uuid(row["id"]) for row in await fetch(KEYLESS, limit)]
        return await cls.filter(id__in=ids).delete() if ids else 0

    @classmethod
    async def forget_nobodys(cls, before: datetime, limit: int) -> int:
        """Take the words, the contact and the files out of up to ``limit`` requests of nobody's record that
        were closed before an instant; what is left is the register. How many."""
        ids = await DataRequest.of_nobody(before, limit)
        if ids:
            await cls.filter(request__in=ids).delete()
            await DataRequest.filter(id__in=ids).update(contact=None, asked=None, reason=None, answer=None)
        return len(ids)

    def opened_name(self, key: SubjectKey) -> str:
        """The name of the file as it came. Raises SealBroken."""
        return key.unseal(self.name, f"request_file.name:{self.id}").decode()
