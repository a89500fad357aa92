"""Proof is received when its bytes are here, sealed; the first starts the clock of its case."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from chatbot.channels import Gone, Later, Pace, TooBig
from chatbot.conversation import Notice
from chatbot.fetching import EvidenceFetcher
from chatbot.messages import Ability, Address, FileRef, Matter, Reply
from chatbot.shelf import EvidenceShelf
from chatbot.signatures import Kind
from chatbot.spool import SealedSpool
from chatbot.texts import Texts
from chatbot.vault import ORPHANED, Vault
from models.case import Case, Category
from models.case_entry import CaseEntry, Entry
from models.case_states import CaseState
from models.database import run_tx
from models.deadline import Deadline
from models.event import Event, Tag
from models.evidence import HELD, LARGEST, MOST_FILES, Evidence, EvidenceState, Refusal
from models.keys import SubjectKey
from models.outgoing import Arrival, Outgoing
from models.promises import Promise
from tests.cases import SHOP, TEXTS, Watch, at, file_case
from tests.chat import Desk
from tests.conftest import Database
from tests.evidence_files import EICAR, PDF, TAKEN, in_pieces, png

MONDAY = at("2026-11-23T09:00")
PHOTO = TAKEN["jpeg"][0]
REAL = datetime.now(UTC)


@dataclass
class Shelf:
    """A channel that hands over files by their handles, or fails as it is told."""

    files: dict[str, bytes | Exception] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    gate: asyncio.Event | None = None
    name: str = "shelf"
    pace: Pace = field(default_factory=Pace)
    abilities: frozenset[Ability] = frozenset()

    async def fetch(self, file: FileRef) -> AsyncIterator[bytes]:
        self.fetched.append(file.handle)
        if self.gate:
            await self.gate.wait()
        found = self.files.get(file.handle, Gone("unknown"))
        if isinstance(found, Exception):
            raise found
        async for piece in in_pieces(found, 50_000):
            yield piece

    async def send(self, to: Address, reply: Reply) -> str | None:
        raise NotImplementedError


@dataclass
class World:
    """A fetcher over a folder, the channel it fetches from, and what customers were told."""

    folder: Path
    shelf: Shelf = field(default_factory=Shelf)
    watch: Watch = field(default_factory=Watch)
    wall: datetime = REAL
    _seen: int = 0

    @property
    def kept(self) -> EvidenceShelf:
        """Where the files are kept."""
        return EvidenceShelf(Vault(self.folder, "evidence"), SHOP.calendar)

    def fetcher(self) -> EvidenceFetcher:
        """A new fetcher: what a restart leaves."""
        return EvidenceFetcher({"shelf": self.shelf}, self.kept, SHOP.calendar, self.watch.tell)

    async def add(
        self, case: Case, arrived: datetime = MONDAY, channel: str = "shelf", /, **files: bytes | Exception
    ) -> list[Evidence]:
        """Have files sent in: their names are their handles."""
        self.shelf.files.update(files)
        refs = [FileRef(name, f"{name}.jpg", "image/jpeg") for name in files]
        await run_tx(lambda: Evidence.add(case, channel, refs, arrived, self.wall))
        return await Evidence.filter(case_id=case.id).order_by("-id").limit(len(files))

    async def run(self, now: datetime = MONDAY) -> list[str]:
        """Fetch until nothing is due; what customers were told since the last look."""
        while await self.fetcher().run(now, self.wall):
            pass
        return await self.told()

    async def told(self) -> list[str]:
        """What customers were told since the last look."""
        rows = await Outgoing.filter(id__gt=self._seen).order_by("id")
        self._seen = rows[-1].id if rows else self._seen
        replies = [row.opened(await SubjectKey.of(row.subject)) for row in rows]
        return [reply.text for reply in replies if reply]

    def on_disk(self) -> list[str]:
        """The names of the files in the folder."""
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    """A world over an open database."""
    return World(tmp_path / "evidence")


async def a_case(**more: object) -> Case:
    """A complaint that waits for proof, filed on Monday."""
    return await file_case(MONDAY, **{"category": Category.LEAKED, **more})  # type: ignore[arg-type]


async def resolve_by(case: Case) -> date | None:
    """The day that was promised, if the clock runs."""
    deadline = await Deadline.running(case.id, Promise.RESOLVE)
    return deadline.promised_on if deadline else None


async def test_the_first_proof_starts_the_clock(world: World) -> None:
    """It is acknowledged by name, size and SHA-256, and the date is said with why it is that day."""
    case = await a_case()
    [evidence] = await world.add(case, photo=PHOTO)
    assert await resolve_by(case) is None
    [told] = await world.run()
    digest = hashlib.sha256(PHOTO).hexdigest()
    assert told.startswith(
        f"Đã nhận tệp photo.jpg ({len(PHOTO)} byte), "
        f"mã kiểm tra SHA-256 (dùng để đối chiếu tệp): {digest[:12]}.\n\n"
    )
    assert "08/12/2026" in told
    assert case.code in told
    await evidence.refresh_from_db()
    assert (evidence.state, evidence.sha256, evidence.mime) == (EvidenceState.KEPT, digest, Kind.JPEG)
    assert await resolve_by(case) == date(2026, 12, 8)
    assert (await Deadline.get(promise=Promise.EVIDENCE)).met_at == MONDAY
    assert [entry.kind for entry in await CaseEntry.timeline(case)] == [Entry.PROVEN]
    assert [event.tag for event in await Event.filter(case=case.id)] == [Tag.EVIDENCE_KEPT]


async def test_the_clock_counts_from_the_arrival_and_not_from_the_fetching(world: World) -> None:
    """A file that was hard to fetch started its clock when the customer sent it."""
    case = await a_case()
    await world.add(case, photo=Later("busy"))
    assert await world.run() == []
    assert await resolve_by(case) is None
    world.shelf.files["photo"] = PHOTO
    world.wall += timedelta(hours=3)
    [told] = await world.run(MONDAY + timedelta(days=2))
    assert "08/12/2026" in told
    assert await resolve_by(case) == date(2026, 12, 8)


async def test_later_proof_moves_nothing(world: World) -> None:
    """It is acknowledged, and the date stays."""
    case = await a_case()
    await world.add(case, photo=PHOTO)
    await world.run()
    await world.add(case, MONDAY + timedelta(days=3), second=PDF)
    [told] = await world.run(MONDAY + timedelta(days=3))
    assert "second.jpg.pdf" in told
    assert "/12/2026" not in told
    assert await resolve_by(case) == date(2026, 12, 8)
    assert await CaseEntry.filter(kind=Entry.PROVEN).count() == 1


async def test_where_the_clock_runs_already_proof_only_adds(world: World) -> None:
    """For a request that was not carried out our own register was the proof."""
    case = await a_case(category=Category.REQUEST_NOT_DONE)
    await world.add(case, MONDAY + timedelta(days=1), photo=PHOTO)
    [told] = await world.run()
    assert "photo.jpg" in told
    assert "/12/2026" not in told
    assert await resolve_by(case) == date(2026, 12, 8)
    assert await CaseEntry.filter(kind=Entry.PROVEN).count() == 0


async def test_an_album_is_told_in_one_message(world: World) -> None:
    """With what was taken, what was not and why, and how many are still under way."""
    case = await a_case()
    files = {"one": PHOTO, "two": PDF, "three": EICAR, "four": Later("busy"), "five": png(20_000, 20_000)}
    await world.add(case, **files)  # type: ignore[arg-type]
    [told] = await world.run()
    for words in (
        "Đã nhận tệp one.jpg (",
        "Đã nhận tệp two.jpg.pdf (",
        "Không nhận được tệp three.jpg: nội dung",
        "Không nhận được tệp five.jpg: tệp có dung lượng quá lớn sau khi giải nén",
        "Chúng tôi nhận ảnh (JPEG",
        "Còn 1 tệp đang",
        "08/12/2026",
    ):
        assert words in told
    states = {row.state for row in await Evidence.all()}
    assert states == {EvidenceState.KEPT, EvidenceState.REFUSED, EvidenceState.WAITING}
    assert (await Outgoing.get(arrival=Arrival.OWED)).matter is Matter.DATE


async def test_files_of_several_customers_are_told_to_each(world: World) -> None:
    """In their own languages, of their own files only."""
    one, other = await a_case(), await a_case(user="2", language="en")
    await world.add(one, photo=PHOTO)
    await world.add(other, paper=PDF)
    first_words = sorted(text.split(" (")[0] for text in await world.run())
    assert first_words == ["Received: paper.jpg.pdf", "Đã nhận tệp photo.jpg"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", Refusal.EMPTY),
        (EICAR, Refusal.KIND),
        (png(20_000, 20_000), Refusal.BOMB),
        (PDF + bytes(LARGEST), Refusal.TOO_LARGE),
        (TooBig("over 20 MB"), Refusal.TOO_LARGE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_refused_file_leaves_nothing_behind(
    world: World, content: bytes | Exception, why: Refusal
) -> None:
    """The customer is told why and what would be taken, and that the clock has not started."""
    case = await a_case()
    [evidence] = await world.add(case, photo=content)
    [told] = await world.run()
    assert told.startswith("Không nhận được tệp photo.jpg: ")
    assert "20 MB" in told
    assert "thời hạn 10 ngày làm việc chưa bắt đầu" in told
    await evidence.refresh_from_db()
    assert (evidence.state, evidence.refusal) == (EvidenceState.REFUSED, why)
    assert world.on_disk() == []
    assert await resolve_by(case) is None
    [event] = await Event.filter(tag=Tag.EVIDENCE_REFUSED)
    assert event.detail == f"{why} {evidence.id}"


async def test_a_refused_file_does_not_stop_a_clock_that_runs(world: World) -> None:
    """Where proof is there already, nothing is said of a clock that has not begun."""
    case = await a_case()
    await world.add(case, photo=PHOTO)
    await world.run()
    await world.add(case, more=EICAR)
    [told] = await world.run()
    assert told.startswith("Không nhận được tệp more")
    assert "chưa bắt đầu" not in told


async def test_a_file_of_20_mb_is_taken(world: World) -> None:
    """Exactly that much."""
    case = await a_case()
    await world.add(case, photo=PDF.ljust(LARGEST, b" "))
    [told] = await world.run()
    assert "(20 MB)" in told


async def test_a_file_that_died_through_our_delay_keeps_its_first_arrival(world: World) -> None:
    """The customer is asked to send it again, and when they do, the clock counts from the first time."""
    case = await a_case()
    await world.add(case, photo=Gone("expired"))
    [told] = await world.run()
    assert "mong quý khách gửi lại" in told
    assert [event.tag for event in await Event.filter(case=case.id)] == [Tag.EVIDENCE_LOST]
    [again] = await world.add(case, MONDAY + timedelta(days=3), photo=PHOTO)
    assert again.arrived_at == MONDAY
    await world.run(MONDAY + timedelta(days=3))
    assert await resolve_by(case) == date(2026, 12, 8)


async def test_a_file_sent_again_much_later_counts_from_then(world: World) -> None:
    """The shop is not late by the customer's own waiting."""
    case = await a_case()
    await world.add(case, photo=Gone("expired"))
    await world.run()
    later = MONDAY + timedelta(days=8)
    [again] = await world.add(case, later, photo=PHOTO)
    assert again.arrived_at == later


@pytest.mark.parametrize("fault", [Later("busy"), TimeoutError(), RuntimeError("0900000001")])
async def test_a_fault_is_tried_again_until_it_has_been_too_long(world: World, fault: Exception) -> None:
    """Nobody is told before that; then the customer is asked to send it again."""
    case = await a_case()
    [evidence] = await world.add(case, photo=fault)
    assert await world.run() == []
    assert world.shelf.fetched == ["photo"]
    world.wall += timedelta(minutes=2)
    assert await world.run() == []
    assert world.shelf.fetched == ["photo"] * 2
    world.wall += timedelta(hours=21)
    [told] = await world.run()
    assert "photo.jpg" in told
    await evidence.refresh_from_db()
    assert evidence.state is EvidenceState.GONE


async def test_a_channel_that_is_no_longer_there_is_a_fault(world: World) -> None:
    """It may be configured again."""
    case = await a_case()
    await world.add(case, MONDAY, "other", photo=PHOTO)
    assert await world.run() == []
    assert await Evidence.waiting(case.id) == 1


async def test_a_case_without_a_chat_has_nobody_to_be_told(world: World) -> None:
    """It came by post: its proof is kept all the same."""
    case = await a_case(user=None)
    await world.add(case, photo=PHOTO)
    assert await world.run() == []
    assert await resolve_by(case) == date(2026, 12, 8)


async def test_nothing_is_on_disk_in_the_clear(world: World) -> None:
    """Neither the bytes nor the name, and a file opens only under the key of its case."""
    case = await a_case()
    [evidence] = await world.add(case, canary_name=b"%PDF-1.7 " + b"CANARY" * 50_000)
    await world.run()
    assert world.on_disk() == [f"{evidence.id}.sealed"]
    stored = b"".join(path.read_bytes() for path in world.folder.iterdir())
    stored += b"".join(row.ref for row in await Evidence.all())
    assert b"CANARY" not in stored
    assert b"canary_name" not in stored
    read = world.kept.read(evidence, case)
    assert b"".join([piece async for piece in read]).endswith(b"CANARY")


async def test_two_workers_at_once_keep_a_file_once(world: World) -> None:
    """One wins; the other tells nobody and removes nothing that is kept."""
    case = await a_case()
    [evidence] = await world.add(case, photo=PHOTO)
    world.shelf.gate = asyncio.Event()
    workers = []
    for _ in range(2):
        workers.append(asyncio.create_task(world.fetcher().run(MONDAY, world.wall)))
        async with asyncio.timeout(5):
            while len(world.shelf.fetched) < len(workers):  # noqa: ASYNC110  # the shelf tells nobody
                await asyncio.sleep(0.01)
        await Evidence.filter(id=evidence.id).update(next_at=world.wall)  # as if the hold had run out
    world.shelf.gate.set()
    await asyncio.gather(*workers)
    assert len(await world.told()) == 1
    assert world.on_disk() == [f"{evidence.id}.sealed"]
    assert await Event.filter(tag=Tag.EVIDENCE_KEPT).count() == 1
    assert await CaseEntry.filter(kind=Entry.PROVEN).count() == 1
    read = world.kept.read(evidence, case)
    assert b"".join([piece async for piece in read]) == PHOTO


async def test_a_file_that_is_being_fetched_is_left_alone(world: World) -> None:
    """By the next look, until its hold runs out."""
    case = await a_case()
    await world.add(case, photo=PHOTO)
    assert len(await Evidence.due(world.wall, 10)) == 1
    assert await Evidence.due(world.wall, 10) == []
    assert len(await Evidence.due(world.wall + HELD, 10)) == 1


async def test_killed_before_the_commit_the_file_is_fetched_again(world: World) -> None:
    """What the killed process left is removed once it is old; what is kept stays."""
    case = await a_case()
    [evidence] = await world.add(case, photo=PHOTO)

    async def dies(notice: Notice, now: datetime, wall: datetime) -> None:
        (world.folder / f"{evidence.id}.0badcafe.part").write_bytes(b"left behind")
        raise ConnectionError

    fetcher = EvidenceFetcher({"shelf": world.shelf}, world.kept, SHOP.calendar, dies)
    with pytest.raises(ConnectionError):
        await fetcher.run(MONDAY, world.wall)
    assert await Evidence.waiting(case.id) == 1
    assert await CaseEntry.all().count() == 0
    world.wall += HELD
    assert len(await world.run()) == 1
    stranger = world.folder / "0190d7a0-0000-7000-8000-000000000000.sealed"
    stranger.write_bytes(b"its row has gone")
    assert await world.kept.sweep(MONDAY, world.wall) == 0
    for path in world.folder.iterdir():
        os.utime(path, (0, 0))
    assert await world.kept.sweep(MONDAY, world.wall + ORPHANED) == 2
    assert world.on_disk() == [f"{evidence.id}.sealed"]


async def test_one_case_that_fails_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure is told to the scheduler; the other files are kept."""
    broken, whole = await a_case(), await a_case(user="2")
    await world.add(broken, photo=PHOTO)
    await world.add(whole, paper=PDF)
    prove = Case.prove

    async def fails(self: Case, *more: object) -> bool:
        if self.id == broken.id:
            raise RuntimeError("a bug")
        return await prove(self, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Case, "prove", fails)
    with pytest.raises(RuntimeError):
        await world.fetcher().run(MONDAY, world.wall)
    assert await resolve_by(whole) is not None
    assert [row.state for row in await Evidence.filter(case_id=broken.id)] == [EvidenceState.WAITING]
    assert not [name for name in world.on_disk() if name.endswith(".part")]


async def test_a_withdrawn_case_does_not_begin_to_run(world: World) -> None:
    """A file that was under way is kept with it, and that is all."""
    case = await a_case()
    await world.add(case, photo=PHOTO)
    await run_tx(lambda: case.withdraw(MONDAY))
    [told] = await world.run()
    assert "/12/2026" not in told
    await case.refresh_from_db()
    assert case.state is CaseState.WITHDRAWN
    assert await resolve_by(case) is None


async def test_every_kind_that_is_taken_is_kept(world: World) -> None:
    """From the channel to the sealed file, with what it is written beside it."""
    for content, _ in TAKEN.values():
        case = await a_case()
        await world.add(case, **{case.code: content})
    await world.run()
    rows = await Evidence.all().order_by("id")
    assert {row.state for row in rows} == {EvidenceState.KEPT}
    expected = [(len(content), kind) for content, kind in TAKEN.values()]
    assert [(row.size, row.mime) for row in rows] == expected


class Uploads(Shelf):
    """The channel of our own server: it hands over what was uploaded."""

    def __init__(self, spool: SealedSpool) -> None:
        super().__init__()
        self.fetch = spool.read  # type: ignore[method-assign]


async def test_a_complaint_with_an_uploaded_file_from_end_to_end(world: World, tmp_path: Path) -> None:
    """Written in the chat, its file taken over from the chat's key to the case's, and the date told."""
    desk = Desk(texts=Texts)
    chat = desk.chat()
    spool = SealedSpool(tmp_path / "spool", desk.time.now, ("vi",))
    upload = await spool.store(chat.address, "bằng chứng.png", "image/png", in_pieces(png(40, 30)))

    async def picks(choice: str) -> None:
        await chat.presses(TEXTS.get("vi", f"complaint.{choice}"))

    await chat.says("/khieunai")
    await picks("category.choice.leaked")
    await chat.says("Số điện thoại của tôi bị dùng để quảng cáo cho cửa hàng khác.")
    await chat.says("tuần trước")
    await chat.sends(upload)
    choices = "evidence.done", "remedy.apology", "negotiate.no", "priority.no", "second.skip", "review.send"
    for choice in choices:
        await picks(choice.replace(".", ".choice."))
    fetcher = EvidenceFetcher({"web": Uploads(spool)}, world.kept, SHOP.calendar, world.watch.tell)
    assert await fetcher.run(desk.time.now(), desk.time.now()) == 1
    [told] = await chat.replies()
    assert "bằng chứng.png" in told.text
    [case] = await Case.all()
    assert case.state is CaseState.RUNNING
    assert case.proven_at == desk.time.now()


def test_every_refusal_has_its_words() -> None:
    """In every language."""
    for messages in TEXTS.catalogues.values():
        assert {f"evidence.refused.{why}" for why in Refusal} <= set(messages)


async def nothing() -> None:
    """Nobody needs to be told that the clock has started."""


async def test_staff_put_in_what_came_by_post(world: World) -> None:
    """With the day on which it came; it is looked into and sealed like all else."""
    case = await a_case(user=None)
    arrived, later = MONDAY + timedelta(days=1), MONDAY + timedelta(days=4)
    assert await world.kept.put(case, "đơn.pdf", in_pieces(PDF), arrived, later, nothing) is None
    [evidence] = await Evidence.all()
    assert (evidence.state, evidence.mime, evidence.arrived_at) == (EvidenceState.KEPT, Kind.PDF, arrived)
    assert b"".join([piece async for piece in world.kept.read(evidence, case)]) == PDF
    assert (await Deadline.get(promise=Promise.RESOLVE)).started_at == arrived
    assert await CaseEntry.filter(kind=Entry.PROVEN).count() == 1


async def test_what_staff_put_in_is_refused_like_all_else(world: World) -> None:
    """With the reason, and nothing is left behind; nor where the case has ten files already."""
    case = await a_case(user=None)
    assert await world.kept.put(case, "x.pdf", in_pieces(EICAR), MONDAY, MONDAY, nothing) is Refusal.KIND
    large = in_pieces(PDF + bytes(LARGEST), 100_000)
    assert await world.kept.put(case, "x.pdf", large, MONDAY, MONDAY, nothing) is Refusal.TOO_LARGE
    assert world.on_disk() == []
    for _ in range(MOST_FILES):
        await world.kept.put(case, "x.pdf", in_pieces(PDF), MONDAY, MONDAY, nothing)
    with pytest.raises(OverflowError):
        await world.kept.put(case, "x.pdf", in_pieces(PDF), MONDAY, MONDAY, nothing)
    assert len(world.on_disk()) == MOST_FILES


async def test_a_file_that_is_no_longer_there_is_said_to_be_gone(world: World) -> None:
    """Not a fault of the program."""
    case = await a_case(user=None)
    await world.kept.put(case, "x.pdf", in_pieces(PDF), MONDAY, MONDAY, nothing)
    [evidence] = await Evidence.all()
    for path in world.folder.iterdir():
        path.unlink()
    with pytest.raises(LookupError):
        _ = [piece async for piece in world.kept.read(evidence, case)]
