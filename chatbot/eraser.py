"""Carries out erasures: begins those that are due, removes what has no key any more, and tells when all is
gone. Each is a sweep over what is true now, so wherever the process dies, the next one goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from chatbot.certificate import Certificate, Certified, Elsewhere
from chatbot.clock import local_date
from chatbot.conversation import LinkTo, Say, Tell, ToChat, ToContact, ToStaff
from chatbot.messages import Kind
from chatbot.shop import Shop
from chatbot.values import WithWeekday
from chatbot.vault import Vault
from models import erasing
from models.chat import Chat
from models.data_request import DataRequest, RequestState
from models.database import in_batches, run_tx
from models.erasing import Rows, Surroundings
from models.erasure import Erasure, Why
from models.event import Event, Tag
from models.inventory import INVENTORY
from models.keeping import TERMS, Category
from models.keys import SubjectKey, ring
from models.removal import Removal

AT_ONCE = 50
"""Erasures looked at in one round."""
BATCH = 100
"""Rows per transaction."""


class Eraser:
    """Erases by ``models/erasing.py`` and ``models/removal.py``. ``outlets`` names the outlet by which each
    kind of contact is reached, ``unkept`` are the channels that keep no history, ``page`` is the address of
    our own pages, where they can be reached from outside."""

    def __init__(
        self,
        data_dir: Path,
        shop: Shop,
        tell: Tell,
        outlets: dict[Kind, str],
        unkept: Iterable[str],
        page: str | None,
    ) -> None:
        folders = {holding.folder for holding in INVENTORY.values() if holding.folder}
        self._vaults = {folder: Vault(data_dir / folder, folder) for folder in folders}
        self._around = Surroundings(bool(shop.other_systems), shop.calendar, outlets)
        self._shop = shop
        self._tell = tell
        self._unkept = list(unkept)
        self._page = page

    async def begin(self, now: datetime, wall: datetime) -> int:
        """Begin the erasures that are due; how many. One that cannot be holds up no other."""

        async def one(erasures: Sequence[Erasure]) -> int:
            return sum([await erasing.begin(erasure, self._around, now) for erasure in erasures])

        return await in_batches(await Erasure.due(now, AT_ONCE), 1, one)

    async def remove(self, now: datetime, wall: datetime) -> int:
        """Remove rows and files of subjects without a key, and let those go whose farewell is over; of how
        many subjects."""

        async def let_go(subjects: Sequence[UUID]) -> int:
            return sum([await self._let_go(subject, now) for subject in subjects])

        async def some(removals: Sequence[Removal]) -> int:
            for removal in removals:
                if await removal.remove_rows(BATCH) < BATCH:
                    for name in removal.files.split("\n") if removal.files else ():
                        self._remove_file(name)
                    await removal.delete()
            return len(removals)

        gone = await in_batches(await Removal.over(self._unkept, now, AT_ONCE), 1, let_go)
        return gone + await in_batches(await Removal.under_way(AT_ONCE), 1, some)

    async def finish(self, now: datetime, wall: datetime) -> int:
        """End the erasures of which nothing is left; how many."""
        done = 0
        for erasure in await Erasure.removed(AT_ONCE):
            for rows in await erasing.of_shared(erasure.id):
                await self._drop(rows)
            await run_tx(partial(erasing.close_shared, erasure.id))
            done += await run_tx(partial(self._end, erasure, now, wall))
        return done

    async def _let_go(self, subject: UUID, now: datetime) -> bool:
        chat, kept = await Chat.hold_by_id(subject), await Removal.get_or_none(id=subject)
        if kept is None or kept.farewell_until is None:
            return False
        if chat and chat.last_inbound_at > kept.since:
            await kept.delete()
        else:
            await Removal.begin([subject], now)
        return True

    async def _drop(self, rows: Rows) -> None:
        folder = INVENTORY[rows.table].folder

        async def some(ids: Sequence[object]) -> int:
            for identity in ids if folder else ():
                self._remove_file(f"{folder}/{identity}")
            return await erasing.drop(Rows(rows.table, ids))

        await in_batches(rows.ids, BATCH, some)

    def _remove_file(self, name: str) -> None:
        folder, _, identity = name.partition("/")
        self._vaults[folder].remove(UUID(identity))

    async def _end(self, erasure: Erasure, now: datetime, wall: datetime) -> bool:
        """Close the request, or leave it to staff until the other systems have followed, and tell whoever can
        be told."""
        if not await Erasure.filter(id=erasure.id).delete():
            return False
        request = await DataRequest.get_or_none(id=erasure.request) if erasure.request else None
        systems = ", ".join(self._shop.other_systems)
        if request and systems:
            kind = Say(f"request.kind.{request.kind}")
            task = Say("request.task", code=request.code, kind=kind, systems=systems)
            await self._tell(ToStaff(task, page=f"/staff/request/{request.code}"), now, wall)
        elif request:
            await request.close(RequestState.DONE, now)
        await Event.record(Tag.ERASURE_DONE, now, customer=erasure.id, request=erasure.request)
        await self._say_farewell(erasure, request, now, wall)
        return True

    async def _say_farewell(
        self, erasure: Erasure, request: DataRequest | None, now: datetime, wall: datetime
    ) -> None:
        say = await self._certificate(erasure, request, now)
        link = LinkTo("certificate.check", f"{self._page}/verify") if self._page else None
        if erasure.chat:
            await self._tell(ToChat(erasure.chat, say, link=link), now, wall)
        for kept in await Removal.filter(erasure=erasure.id, contact__not_isnull=True):
            contact = kept.opened_contact(await SubjectKey.of(kept.id))
            kind, _, value = (contact or "").partition(":")
            await self._tell(ToContact(Kind(kind), value, say, subject=kept.id, link=link), now, wall)

    async def _certificate(self, erasure: Erasure, request: DataRequest | None, now: datetime) -> Say:
        """The last words: nothing personal in them."""
        systems = ", ".join(self._shop.other_systems)
        limit = await request.limit() if request and systems else None
        asked = erasure.why is Why.ASKED
        certificate = Certificate(
            Certified.ERASED if asked else Certified.EXPIRED,
            (request.year, request.number) if request else None,
            local_date(now),
            limit.promised_on if limit else None,
            Elsewhere.OPEN if limit else Elsewhere.NOWHERE,
        )
        stays = [Say("certificate.stays.register", years=TERMS[Category.REQUEST].years)]
        if erasure.cases:
            years = TERMS[Category.CASE].years
            stays.append(Say("certificate.stays.cases", count=erasure.cases, years=years))
        if limit:
            due = WithWeekday(limit.promised_on)
            stays.append(Say("certificate.elsewhere", systems=systems, due=due))
        return Say(
            "certificate.asked" if asked else "certificate.expired",
            shop=self._shop.name,
            on=local_date(now),
            stays=tuple(stays),
            code=certificate.code(ring()),
        )
