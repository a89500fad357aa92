"""What is in a package: everything of one customer, and nothing of anybody else."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tortoise import Model

import models
from chatbot.clock import ZONE
from chatbot.messages import About, Address, FileRef, Inbound, Kind, Matter, Person, Proven, Reply
from chatbot.packer import SCHEMA
from chatbot.packing.contents import Contents, schema
from chatbot.packing.inventory import INVENTORY
from models.case import Case, Category, Decision, Remedy, Statement, Verdict
from models.case_entry import INTERNAL, CaseEntry, Entry
from models.case_states import CaseState
from models.casework import ask, decide, note, take
from models.change import Change, ChangeKind
from models.chat import Chat
from models.consent import Consent
from models.consent import Purpose as CarePurpose
from models.contact_claim import ContactClaim, Told
from models.customer import Customer
from models.data_request import RequestState
from models.database import run_tx
from models.delivery import Delivery, Fate
from models.event import Event, Tag
from models.evidence import Evidence, EvidenceState
from models.keys import new_id
from models.outgoing import Outgoing, Own, Purpose
from models.promises import Promise
from models.proof import Method, Proof
from models.record_opening import OpeningAsk, Reason, open_records
from models.roles import Role
from models.wish import Wish
from tests.cases import SHOP, TEXTS
from tests.conftest import Database
from tests.evidence_files import image, in_pieces
from tests.packages import Copy, Packing
from tests.people import EMAIL, NAME, PHONE_E164, put_on_file
from tests.properties import tries
from tests.requests import a_request

MINUTE = timedelta(minutes=1)


class Room:
    """A chat that people use, told by what the program writes down of it."""

    def __init__(self, packing: Packing, user: str) -> None:
        self.packing = packing
        self.address = Address("web", user)
        self.open: Customer | None = None
        self.contacts: list[Proven] = []

    @property
    def now(self) -> datetime:
        """The time of the desk."""
        return self.packing.desk.time.now()

    async def _hold(self) -> Chat:
        self.packing.desk.time.move(MINUTE)
        return await Chat.hold(self.address, "vi", self.now)

    async def proves(self, customer: Customer, kind: Kind, value: str) -> None:
        """As ``handlers/identity.py`` does."""

        async def work() -> None:
            chat = await self._hold()
            proof, _ = await Proof.add(chat, kind, value, Method.CODE, self.now, self.now)
            await Event.record(Tag.CONTACT_PROVEN, self.now, chat=chat.id, detail=f"{kind} code")
            proven = Proven(proof.id, kind, value)
            self.contacts.append(proven)
            await Case.claim_filed(chat.id, Person((proven,)))
            await Proof.open_record(proof.id, customer.id, self.now)
            await Event.record(Tag.RECORD_OPENED, self.now, chat=chat.id, customer=customer.id)

        await run_tx(work)
        self.open = customer

    async def leaves(self) -> None:
        """As ``handlers/leave.py`` does."""

        async def work() -> None:
            chat = await self._hold()
            if await Proof.end(chat, self.now):
                await Event.record(Tag.PROOF_ENDED, self.now, chat=chat.id)

        await run_tx(work)
        self.open = None
        self.contacts = []

    async def writes(self, words: str) -> None:
        """A message and its answer, and one that came late."""

        async def work() -> None:
            chat = await self._hold()
            own = Own(words, (), "d")
            await Outgoing.to_chat(chat, [Reply(f"Trả lời: {words}")], self.now, own=own)
            late = Inbound(self.address, f"late-{new_id()}", self.now, text=f"Muộn: {words}")
            await Delivery.register(late, self.now)
            await Delivery.keep(late, Fate.LATE, chat)

        await run_tx(work)

    async def wishes(self, words: str) -> None:
        """A wish to speak with a person."""

        async def work() -> None:
            chat = await self._hold()
            open_ = await Wish.open_of(chat.id)
            if open_:
                await open_.answer(self.now)
            wish = await Wish.add(chat.id, self.now)
            await Wish.append(wish.id, chat, words, (), self.now)

        await run_tx(work)

    async def complains(self, words: str, category: Category = Category.REQUEST_NOT_DONE) -> Case:
        """As ``handlers/complaint.py`` does."""

        async def work() -> Case:
            chat = await self._hold()
            case = await Case.file(
                Statement(words, "hôm qua", Remedy.APOLOGY),
                category=category,
                chat=chat.id,
                person=Person(tuple(self.contacts)),
                priority=False,
                negotiate=False,
                arrived=self.now,
                calendar=SHOP.calendar,
            )
            await CaseEntry.add(case, Entry.FILED, self.now)
            await CaseEntry.add(case, Entry.CUSTOMER_WROTE, self.now, words=f"Thêm: {words}")
            await Event.record(Tag.CASE_FILED, self.now, chat=chat.id, case=case.id)
            return case

        return await run_tx(work)


@pytest.fixture
def packing(database: Database, tmp_path: Path) -> Packing:
    """A desk over an empty database."""
    return Packing(tmp_path)


@pytest.fixture
async def whole(packing: Packing) -> Copy:
    """The package of a customer of whom there is something in every part."""
    return await everything(packing)


async def everything(packing: Packing) -> Copy:
    """A customer with a chat, a wish, a decided complaint with a file, and a record that staff opened."""
    customer = await put_on_file(packing.desk.time.now() - timedelta(days=1), note="=HYPERLINK(1) 🎈 Nguyễn")
    room = Room(packing, "1")
    await room.writes("Xin chào, tôi muốn hỏi")
    await room.proves(customer, Kind.PHONE, PHONE_E164)
    await room.writes("Tiếng Việt có dấu: ẵ ẫ ỡ ự Ỵ ₫")
    await room.wishes("Cho tôi gặp người phụ trách")
    case = await room.complains("Số của tôi bị đưa cho bên khác")
    photo = image("JPEG")
    [evidence] = await _sent(packing, case, photo)
    member = new_id()

    async def work() -> None:
        now = packing.desk.time.now()
        record = await Customer.hold(customer.id)
        assert record
        await record.correct(record.opened().with_corrected(full_name=NAME), now)
        await take(case, member, now)
        await note(case, member, "GHI CHÚ NỘI BỘ", now)
        await ask(case, member, "Quý khách cho biết thêm ngày?", now)
        await open_records(case, member, Role.AGENT, Reason.EXAMINE, now)
        await decide(case, member, Decision(Verdict.PARTLY, "Đã kiểm tra kỹ.", "Gỡ số"), now)
        who = Proven(new_id(), Kind.PHONE, PHONE_E164, opened=customer.id)
        chat = await Chat.hold(room.address, "vi", now)
        await Consent.record(who, CarePurpose.OFFERS, False, language="vi", how="web", chat=chat.id, now=now)
        leave = OpeningAsk(id=new_id(), customer=customer.id, case=case.id, reason=Reason.REACH, asked_at=now)
        await leave.save(force_create=True)
        told = Told(Kind.PHONE, "+84900000008", Kind.PHONE, PHONE_E164, name="Nguyễn Thị Hà")
        await ContactClaim.ask(chat, told, now)

    await run_tx(work)
    request = await a_request(customer, packing.desk.time.now())
    now = packing.desk.time.now()
    await run_tx(lambda: Change.enter(request, ChangeKind.OPTED_OUT, ["offers"], now))
    assert evidence
    return await packing.copy_for(customer)


async def _sent(packing: Packing, case: Case, *files: bytes) -> list[UUID]:
    """Files that were sent as proof of a case, and are here."""
    now, shelf = packing.desk.time.now(), packing.shelf
    for number, content in enumerate(files, 1):
        refused = await shelf.put(case, f"ảnh {number}.jpg", in_pieces(content, 5000), now, now, _nothing)
        assert refused is None
    return [one.id for one in await Evidence.of_case(case.id)]


async def _nothing() -> None:
    pass


async def test_everything_that_is_held_is_in_it(whole: Copy) -> None:
    """Record, contacts, messages, wishes, the case with its way, days, file and decision, and who looked."""
    data = whole.data
    assert data["schema"] == "1"
    assert data["shop"]["name"] == "Partyshop.vn"
    assert data["record"]["full_name"] == NAME
    assert data["record"]["extra"] == {"Cửa hàng": "Thảo Điền", "Hạng thẻ": "Kim cương"}
    assert data["record"]["consent_as_imported"] == "yes"
    assert data["record"]["kept_until"] == "2027-10-25"
    assert [one["value"] for one in data["contacts"]] == [PHONE_E164]
    texts = [one["text"] for one in data["messages"]]
    assert "Xin chào, tôi muốn hỏi" in texts
    assert "Muộn: Tiếng Việt có dấu: ẵ ẫ ỡ ự Ỵ ₫" in texts
    assert data["wishes"][0]["texts"] == ["Cho tôi gặp người phụ trách"]
    [case] = data["cases"]
    assert (case["what"], case["verdict"], case["reason"]) == (
        "Số của tôi bị đưa cho bên khác",
        "partly",
        "Đã kiểm tra kỹ.",
    )
    assert [one["kind"] for one in data["timeline"]] == ["filed", "customer_wrote", "staff_asked", "decided"]
    assert {one["promise"] for one in data["promises"] if one["case"]} == {"acknowledge", "resolve"}
    [request] = data["requests"]
    promised = {one["promise"] for one in data["promises"] if one["request"] == request["request"]}
    assert (request["state"], len(promised)) == ("open", 2)
    assert [(one["request"], one["what"]) for one in data["changes"]] == [(request["request"], "offers")]
    assert [(one["purpose"], one["given"]) for one in data["consents"]] == [("offers", False)]
    assert [(one["case"], one["reason"]) for one in data["leaves"]] == [(case["case"], "reach")]
    assert [one["full_name"] for one in data["claims"]] == ["Nguyễn Thị Hà"]
    [file] = data["files"]
    assert file["path"] == f"files/{case['case']}/01-ảnh 1.jpg"
    assert whole.archive.read(file["path"]) == image("JPEG")
    [look] = data["looks"]
    assert (look["by"], look["reason"], look["case"]) == ("agent", "examine", case["case"])
    assert {"record.opened", "case.filed", "record.shown"} <= {one["tag"] for one in data["events"]}


async def test_what_the_customer_corrected_is_said(packing: Packing) -> None:
    """In all three forms, and when; of a contact that an undo has given back, that it was, not when."""
    customer, at = await put_on_file(packing.desk.time.now()), packing.desk.time.now()

    async def work() -> None:
        record = await Customer.hold(customer.id)
        assert record
        profile = record.opened().with_corrected(address="4 Hoa Sữa", phone="+84900000009")
        await record.correct(profile, at)
        for name in ("phone", "address"):
            await Event.record(Tag.RECORD_CORRECTED, at, customer=customer.id, detail=name)

    await run_tx(work)
    copy = await packing.copy_for(customer)
    when = at.astimezone(ZONE)
    assert copy.data["corrections"] == [
        {"field": "address", "at": when.isoformat()},
        {"field": "phone", "at": when.isoformat()},
    ]
    assert f"Quý khách đã tự sửa: Địa chỉ ({when:%H:%M} ngày {when:%d/%m/%Y})" in copy.printed
    assert b"address,2026-11-25T09:00:00+07:00" in copy.archive.read("csv/corrections.csv")
    await run_tx(lambda: Event.record(Tag.CONTACT_UNDONE, at, customer=customer.id))
    copy = await packing.copy_for(customer)
    assert [one["at"] is None for one in copy.data["corrections"]] == [False, True]
    assert "Điện thoại." in copy.printed


async def test_what_staff_note_for_themselves_is_not(whole: Copy) -> None:
    """Neither the words nor that there were some; nor who of the staff did what."""
    everything = b"".join(whole.archive.read(name) for name in whole.archive.namelist())
    assert "GHI CHÚ" not in everything.decode("utf-8", "ignore")
    assert not {"case.noted", "case.taken"} & {one["tag"] for one in whole.data["events"]}
    assert {one["by"] for one in whole.data["events"]} == {"self", "staff"}


async def test_what_it_says_fits_its_schema(whole: Copy) -> None:
    """The schema in the package is the one that the program ships and that the types make."""
    shipped = json.loads(SCHEMA.read_text("utf-8"))
    assert shipped == schema()
    assert json.loads(whole.archive.read("data.schema.json")) == shipped
    assert set(whole.data) == set(shipped["properties"]) == set(shipped["required"])
    renamed = {"version" if name == "schema" else name: value for name, value in whole.data.items()}
    Contents.model_validate_json(json.dumps(renamed))


async def test_every_list_is_a_table(whole: Copy) -> None:
    """One file per kind, in UTF-8 with its mark, with as many rows; the record has a line per field."""
    for name, rows in whole.data.items():
        if isinstance(rows, list):
            raw = whole.archive.read(f"csv/{name}.csv")
            assert raw.startswith(b"\xef\xbb\xbf")
            table = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
            assert len(table) == len(rows)
            assert list(table[0]) == list(rows[0])
    record = dict(csv.reader(io.StringIO(whole.archive.read("csv/record.csv").decode("utf-8-sig"))))
    assert record["email"] == EMAIL
    assert record["extra: Cửa hàng"] == "Thảo Điền"


async def test_no_cell_is_a_formula(whole: Copy) -> None:
    """A spreadsheet computes nothing of what somebody wrote, and a telephone number stays one."""
    record = dict(csv.reader(io.StringIO(whole.archive.read("csv/record.csv").decode("utf-8-sig"))))
    assert record["note"].startswith("'=HYPERLINK")
    assert record["phone"] == f"'{PHONE_E164}"


async def test_the_pdf_reads_well(whole: Copy) -> None:
    """Vietnamese with its marks, the shop's name and address, numbered pages, embedded fonts, no links."""
    pages = whole.pdf.pages
    assert len(pages) >= 2
    for number, page in enumerate(pages, 1):
        assert f"Trang {number}/{len(pages)}" in page.extract_text()
        assert SHOP.address in " ".join(page.extract_text().split())
        assert "/Annots" not in page
    for words in (
        "Bản sao dữ liệu cá nhân",
        "Partyshop.vn",
        f"Họ tên: {NAME}",
        "Điện thoại: 0900000001",
        "Cửa hàng: Thảo Điền",
        "=HYPERLINK(1) [?] Nguyễn",
        "ẵ ẫ ỡ ự Ỵ ₫",
        "Kết quả: chấp nhận một phần",
        "Quý khách cho biết thêm ngày?",
        "nhân viên (để xem xét khiếu nại)",
    ):
        assert words in whole.printed
    fonts = {str(font["/BaseFont"]): font for page in pages for font in _fonts(page)}
    assert all("BeVietnamPro" in name for name in fonts)
    assert all("/FontFile2" in font["/FontDescriptor"] for font in fonts.values())


def _fonts(page: Any) -> list[Any]:
    return [one.get_object() for one in page["/Resources"]["/Font"].values()]


def test_no_table_is_forgotten() -> None:
    """Whoever adds a table says what becomes of it in a package."""
    tables = {
        one._meta.db_table
        for one in vars(models).values()
        if isinstance(one, type) and issubclass(one, Model) and one is not Model
    }
    assert set(INVENTORY) == tables
    parts = [name for name, field in Contents.model_fields.items() if "list" in str(field.annotation)]
    for part in parts:
        assert any(part in what for what in INVENTORY.values())


_phones = count(1)
ACTS = ("proves_shared", "proves_own", "leaves", "writes", "wishes", "complains")


@settings(max_examples=tries(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from((0, 1)), st.sampled_from(ACTS)), max_size=14)
)
@example([("A", 0, "proves_shared"), ("A", 0, "complains"), ("B", 0, "proves_shared")])
@example([("A", 0, "proves_shared"), ("A", 0, "leaves"), ("A", 0, "complains"), ("B", 0, "proves_own")])
@example([("B", 0, "complains"), ("A", 0, "proves_own"), ("A", 0, "leaves"), ("B", 0, "writes")])
async def test_two_customers_who_share_chats_and_a_number_get_each_their_own(
    packing: Packing, acts: list[tuple[str, int, str]]
) -> None:
    """Whatever they do in whatever order: no package holds a word that the other wrote, and each holds all
    that was written while that record stood open."""
    number = next(_phones)
    shared = f"+8490{number:07}"
    people = {
        who: await put_on_file(
            packing.desk.time.now(),
            f"Khách {who}",
            phone=shared,
            email=f"{who}{number}@example.com",
            external_id=None,
        )
        for who in "AB"
    }
    rooms = [Room(packing, f"{number}-{one}") for one in (0, 1)]
    wrote: dict[int, set[str]] = {0: set(), 1: set()}
    proved: dict[int, set[str]] = {0: set(), 1: set()}
    due: dict[str, set[str]] = {"A": set(), "B": set()}
    for at, (who, place, act) in enumerate(acts):
        room = rooms[place]
        if act == "leaves":
            await room.leaves()
        elif act.startswith("proves"):
            await _proves(room, people, who, number, shared if act == "proves_shared" else None)
            proved[place].add(who)
        else:
            # Whose record is open, that one writes.
            writer = next((one for one, customer in people.items() if customer is room.open), who)
            words = f"<{writer}-{number}-{at}>"
            await getattr(room, act)(words)
            wrote[place].add(writer)
            if room.open:
                due[writer].add(words)
    # Whoever writes in a chat proves who they are there, sooner or later.
    for place, room in enumerate(rooms):
        for who in sorted(wrote[place] - proved[place]):
            await _proves(room, people, who, number, None)
    for who, other in ("AB", "BA"):
        copy = await packing.copy_for(people[who])
        text = json.dumps(copy.data, ensure_ascii=False)
        assert f"<{other}-{number}-" not in text
        assert f"{other}{number}@example.com" not in text
        assert f"Khách {other}" not in text
        assert [words for words in due[who] if words not in text] == []


async def _proves(room: Room, people: dict[str, Customer], who: str, number: int, shared: str | None) -> None:
    kind, value = (Kind.PHONE, shared) if shared else (Kind.EMAIL, f"{who}{number}@example.com")
    await room.proves(people[who], kind, value)


@pytest.mark.parametrize("locale", TEXTS.locales)
def test_whatever_is_printed_has_its_words(locale: str) -> None:
    """Each state, step, promise, verdict, role and reason that there is: one without words would stop a
    package from being made."""
    printed: dict[str, Iterable[str]] = {
        "state": CaseState,
        "step": set(Entry) - INTERNAL,
        "promise": Promise,
        "verdict": Verdict,
        "file": EvidenceState,
        "proven": Method,
        "role": {*Role, "customer"},
        "reason": {*Reason, "own"},
        "message": {"in", "out"},
        "request": RequestState,
    }
    wanted = {f"paper.{part}.{name}" for part, names in printed.items() for name in names}
    assert wanted <= set(TEXTS.catalogues[locale])


async def test_a_letter_of_a_case_by_mail_is_in_it_and_a_code_is_not(packing: Packing) -> None:
    """What was sent to a contact is kept with its words; one-time codes are secrets, not data."""
    customer = await put_on_file(packing.desk.time.now())
    room = Room(packing, "1")
    await room.proves(customer, Kind.PHONE, PHONE_E164)
    case = await room.complains("Khiếu nại")

    async def work() -> None:
        send = partial(Outgoing.to_contact, to=Address("email", EMAIL), now=packing.desk.time.now())
        decision = About(case.id, Matter.DECISION)
        await send(case.key, reply=Reply("Thư trả lời"), purpose=Purpose.NOTICE, about=decision)
        chat = await Chat.hold(room.address, "vi", packing.desk.time.now())
        await send(chat.key, reply=Reply("Cảnh báo cho quý khách"), purpose=Purpose.NOTICE)
        await send(chat.key, reply=Reply("Mã 123456"), purpose=Purpose.CODE)
        other = Address("email", "khac@example.com")
        await Outgoing.to_contact(
            chat.key, other, Reply("Cho người khác"), packing.desk.time.now(), purpose=Purpose.NOTICE
        )

    await run_tx(work)
    messages = (await packing.copy_for(customer)).data["messages"]
    out = {one["text"]: one["case"] for one in messages}
    assert out == {"Thư trả lời": case.code, "Cảnh báo cho quý khách": None}


async def test_what_was_uploaded_to_a_chat_is_in_it_once(packing: Packing) -> None:
    """With its bytes; where the same file is proof of a case, only there."""
    customer = await put_on_file(packing.desk.time.now())
    room = Room(packing, "1")
    await room.proves(customer, Kind.PHONE, PHONE_E164)
    case = await room.complains("Khiếu nại")
    photo, other = image("JPEG"), image("PNG")
    await _sent(packing, case, photo)
    refs: list[FileRef] = [
        await packing.spool.store(room.address, name, "image/jpeg", in_pieces(content, 999))
        for name, content in (("a.jpg", photo), ("b.png", other))
    ]
    assert len(refs) == 2
    copy = await packing.copy_for(customer)
    assert [one["path"] and one["path"].split("/")[-1] for one in copy.data["files"]] == [
        "01-ảnh 1.jpg",
        None,
        "02-b.png",
    ]
    assert copy.archive.read("files/chat-1/02-b.png") == other
