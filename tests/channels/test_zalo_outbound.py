"""How a reply looks on Zalo, and what follows from Zalo's errors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast
from unicodedata import normalize

import pytest

from chatbot.channels import WINDOW_SHUT, Blocked, DeliveryError, Gone, Later, Refused, TooBig, Unsure
from chatbot.channels.zalo.client import LARGEST_IMAGE, ZaloClient
from chatbot.channels.zalo.errors import OA, Do
from chatbot.channels.zalo.files import LARGEST_FILE, download, is_zalos
from chatbot.channels.zalo.health import Health
from chatbot.channels.zalo.outbound import LONGEST_TEXT, Outbound, keyboard
from chatbot.channels.zalo.tokens import Tokens
from chatbot.channels.zalo.zns import ZaloCodes
from chatbot.messages import Address, Button, Reply
from chatbot.outlets.ways import Ways
from tests.zalo_desk import Heard
from tests.zalo_server import TEMPLATE, ZaloServer

TO = Address("zalo", "1001")
CS, TEMPLATES = "/v3.0/oa/message/cs", "/message/template"
PICTURE = "https://desk.example.vn/zalo/phone.png"
MORE = Button("more:p:", "Xem thêm")


class Given:
    """A token that needs no chain."""

    async def access(self) -> str:
        return "given"

    async def renewed(self, dead: str) -> str:
        return "given"


@pytest.fixture
async def zalo() -> AsyncIterator[ZaloServer]:
    """Zalo, where a customer has just written."""
    async with ZaloServer() as server:
        server.access = "given"
        server.interacted["1001"] = server.now()
        yield server


@pytest.fixture
async def client(zalo: ZaloServer) -> AsyncIterator[ZaloClient]:
    """The client, with a token."""
    client = ZaloClient(cast(Tokens, Given()), api_url=zalo.url, zns_url=zalo.url)
    yield client
    await client.close()


@pytest.fixture
def out(client: ZaloClient) -> Outbound:
    """What sends."""
    return Outbound(client, Health(), buttons=True, form=PICTURE)


def reply(count: int, text: str = "Hỏi?", first: int = 0) -> Reply:
    """A question with so many choices."""
    buttons = tuple(Button(f"p:{number}", f"Chọn {number + 1}") for number in range(count))
    return Reply(text, buttons, more=MORE if count > 5 else None, first=first)


async def titles(zalo: ZaloServer) -> list[str]:
    return [button["title"] for button in zalo.sent[-1].buttons]


async def test_up_to_three_choices_are_buttons_alone(zalo: ZaloServer, out: Outbound) -> None:
    """Their payloads begin so that they are told from what is typed."""
    await out.deliver(TO, reply(3))
    assert (zalo.sent[-1].text, await titles(zalo)) == ("Hỏi?", ["Chọn 1", "Chọn 2", "Chọn 3"])
    assert zalo.sent[-1].buttons[0] == {"title": "Chọn 1", "type": "oa.query.hide", "payload": "#c:p:0"}


async def test_more_are_numbered_too_and_led_on(zalo: ZaloServer, out: Outbound) -> None:
    """Five at most, the fifth leading on where there are more; numbers stay what they are."""
    await out.deliver(TO, reply(5))
    assert len(await titles(zalo)) == 5
    assert zalo.sent[-1].text.endswith("5. Chọn 5")
    await out.deliver(TO, reply(8))
    assert await titles(zalo) == ["Chọn 1", "Chọn 2", "Chọn 3", "Chọn 4", "Xem thêm"]
    assert zalo.sent[-1].buttons[-1]["payload"] == "#c:more:p:4"
    await out.deliver(TO, reply(8, first=4))
    assert await titles(zalo) == ["Chọn 5", "Chọn 6", "Chọn 7", "Chọn 8"]
    assert "5. Chọn 5" in zalo.sent[-1].text
    assert "4. Chọn 4" not in zalo.sent[-1].text


@pytest.mark.parametrize("count", range(31))
def test_every_choice_can_be_reached(count: int) -> None:
    """Led on from page to page, each is shown once, in its order, and never more than five buttons."""
    seen: list[str] = []
    while True:
        page = keyboard(reply(count, first=len(seen)))
        assert len(page) <= 5
        more = [one for one in page if one["title"] == "Xem thêm"]
        seen += [one["title"] for one in page if one not in more]
        if not more:
            break
        assert more[0]["payload"] == f"#c:more:p:{len(seen)}"
    assert seen == [f"Chọn {number + 1}" for number in range(count)]


@pytest.mark.parametrize("fault", [None, -201, -210])
async def test_where_buttons_are_refused_choices_are_numbered(
    zalo: ZaloServer, out: Outbound, fault: int | None
) -> None:
    """At once, with nothing lost; and they are not tried again."""
    zalo.buttons = fault is not None
    zalo.faults[CS] = [fault] if fault else []
    await out.deliver(TO, reply(2))
    assert zalo.sent[-1].text == "Hỏi?\n\n1. Chọn 1\n2. Chọn 2"
    await out.deliver(TO, reply(2))
    assert zalo.calls.count(CS) == 3


async def test_a_long_text_is_cut_between_sentences(zalo: ZaloServer, out: Outbound) -> None:
    """At 2000 characters, counted composed; the buttons stand below the last part."""
    text = " ".join(f"Đây là câu số {number}." for number in range(300))
    await out.deliver(TO, reply(2, normalize("NFD", text)))
    assert len(zalo.sent) > 2
    assert all(len(sent.text) <= LONGEST_TEXT for sent in zalo.sent)
    assert all(sent.text.endswith(".") for sent in zalo.sent)
    assert " ".join(sent.text for sent in zalo.sent) == text
    assert [bool(sent.buttons) for sent in zalo.sent] == [False] * (len(zalo.sent) - 1) + [True]


async def test_a_failure_after_the_first_part_is_in_doubt(zalo: ZaloServer, out: Outbound) -> None:
    """To send all again would repeat it."""
    zalo.faults[CS] = [None, -200]  # type: ignore[list-item]
    with pytest.raises(Unsure):
        await out.deliver(TO, reply(0, "Câu. " * 600))


WHAT: dict[Do, tuple[type[DeliveryError], ...]] = {
    Do.RETRY: (Later,),
    Do.REFRESH: (Later,),
    Do.PLAINER: (Refused,),
    Do.SHUT: (Refused,),
    Do.AWAY: (Blocked,),
    Do.REFUSE: (Refused,),
    Do.OPERATOR: (Later,),
}


@pytest.mark.parametrize("code", [*OA, -9999])
async def test_each_code_has_its_consequence(zalo: ZaloServer, client: ZaloClient, code: int) -> None:
    """HTTP 200 with an error is an error; what only the operator can mend shows in the health."""
    health = Health()
    out = Outbound(client, health, buttons=True, form=None)
    do = OA.get(code, Do.REFUSE)
    zalo.faults[CS] = [code, code] if do is Do.REFRESH else [code]
    with pytest.raises(WHAT[do]) as caught:
        await out.deliver(TO, Reply("Chào"))
    assert (str(caught.value) == WINDOW_SHUT) is (do is Do.SHUT)
    assert bool(health.line()) is (do in (Do.OPERATOR, Do.REFRESH))
    await out.deliver(TO, Reply("Chào"))
    assert health.line() is None


@pytest.mark.parametrize(
    ("fault", "error"), [(503, Later), (429, Later), (500, Unsure), (502, Unsure), ("drop", Unsure)]
)
async def test_what_is_no_answer_of_zalos(
    zalo: ZaloServer, out: Outbound, fault: Any, error: type[DeliveryError]
) -> None:
    """In doubt where the call may have gone through."""
    zalo.faults[CS] = [fault]
    with pytest.raises(error):
        await out.deliver(TO, Reply("Chào"))


async def test_windows_are_zalos(zalo: ZaloServer, out: Outbound) -> None:
    """Free for 48 hours, charged to 7 days, then refused with our reason."""
    written = zalo.interacted["1001"]
    for after, billed in ((timedelta(hours=47), 0), (timedelta(hours=49), 1), (timedelta(days=6), 2)):
        zalo.now = lambda after=after: written + after  # type: ignore[misc]
        await out.deliver(TO, Reply("Chào"))
        assert zalo.billed == billed
    zalo.now = lambda: written + timedelta(days=7, minutes=1)
    with pytest.raises(Refused, match=WINDOW_SHUT):
        await out.deliver(TO, Reply("Chào"))


# -- codes -----------------------------------------------------------------------------------------

CODE = Reply("Mã của quý khách: 314159", code="314159")
PHONE = Address("sms", "+84900000001")


@pytest.fixture
def sms() -> Heard:
    """A gateway for text messages."""
    return Heard("sms")


@pytest.fixture
def ways(client: ZaloClient, sms: Heard) -> Ways:
    """Zalo first, then text messages."""
    return Ways("sms", [ZaloCodes(client, TEMPLATE), sms], words=True)


async def test_a_code_goes_by_zalo_first(zalo: ZaloServer, ways: Ways, sms: Heard) -> None:
    """As the template's only value, to the number in the form that Zalo wants."""
    await ways.send(PHONE, CODE)
    [(phone, code, tracking)] = zalo.codes
    assert (phone, code) == ("84900000001", "314159")
    assert len(tracking) == 32
    assert sms.sent == []


@pytest.mark.parametrize("fault", [-118, -108, -114, -119, -133, -139, -141, -144, -115, -9999, 503, -124])
async def test_what_zalo_refuses_goes_by_text_message(
    zalo: ZaloServer, ways: Ways, sms: Heard, fault: int
) -> None:
    """No Zalo account, night, limits, no money: once, by the next way."""
    zalo.faults[TEMPLATES] = [fault, fault]
    await ways.send(PHONE, CODE)
    assert zalo.codes == []
    assert [words.text for _, words in sms.sent] == [CODE.text]


@pytest.mark.parametrize("fault", ["drop", 500, 504])
async def test_a_code_in_doubt_is_not_sent_another_way(
    zalo: ZaloServer, ways: Ways, sms: Heard, fault: Any
) -> None:
    """Two codes would be one too many: a new one is offered instead."""
    zalo.faults[TEMPLATES] = [fault]
    with pytest.raises(Unsure):
        await ways.send(PHONE, CODE)
    assert sms.sent == []


async def test_other_words_to_a_number_go_by_text_message(ways: Ways, sms: Heard) -> None:
    """A template holds a code and nothing else."""
    await ways.send(PHONE, Reply("Cảnh báo"))
    assert [words.text for _, words in sms.sent] == ["Cảnh báo"]


async def test_without_another_way_a_refusal_is_final(zalo: ZaloServer, client: ZaloClient) -> None:
    """It says why by Zalo's code."""
    zalo.no_zalo.add("84900000001")
    with pytest.raises(Refused, match="Zalo -118"):
        await Ways("sms", [ZaloCodes(client, TEMPLATE)], words=False).send(PHONE, CODE)


# -- files -----------------------------------------------------------------------------------------


async def test_uploads_keep_to_zalos_limits(zalo: ZaloServer, client: ZaloClient) -> None:
    """What Zalo would refuse is not sent at all; what was taken can be sent."""
    picture = await client.upload_image("anh.png", b"x" * 10)
    document = await client.upload_file("don.pdf", b"y" * 10)
    assert (zalo.uploads[picture], zalo.uploads[document]) == (b"x" * 10, b"y" * 10)
    await client.send_image("1001", picture, "Ảnh")
    await client.send_file("1001", document)
    await client.request_user_info("1001", "Liên hệ", "Để gửi mã", "https://example.vn/a.png")
    assert (await client.user_detail("1001"))["user_id"] == "1001"
    for name, content in (("a.png", b"x" * (LARGEST_IMAGE + 1)), ("a.gif", b"x"), ("a.exe", b"x")):
        with pytest.raises(ValueError, match=r"Zalo takes$"):
            await client.upload_image(name, content)


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://f4.photo.talk.zdn.vn/a.jpg", True),
        ("http://zalo-file-dl1.zdn.vn/a", True),
        ("https://s120-ava-talk.zadn.vn/x", True),
        ("https://zdn.vn.example.com/a", False),
        ("https://evilzdn.vn/a", False),
        ("https://zdn.vn:8080/a", False),
        ("https://user@f4.zdn.vn/a", False),
        ("file:///etc/passwd", False),
        ("http://127.0.0.1/zdn.vn", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_only_zalos_own_hosts_are_asked_for_files(url: str, fine: bool) -> None:
    """Whoever forged an address could have us ask anybody."""
    assert is_zalos(url) is fine


async def test_a_file_is_fetched_in_pieces_and_dies(zalo: ZaloServer) -> None:
    """Gone when its address has died, TooBig above 20 MB."""
    here = zalo.url.removeprefix("http://")
    zalo.files = {"a": b"a" * 200_000, "b": b"b" * (LARGEST_FILE + 1)}

    async def fetched(name: str) -> bytes:
        return b"".join([piece async for piece in download(f"{zalo.url}/files/{name}", here)])

    assert await fetched("a") == zalo.files["a"]
    with pytest.raises(TooBig):
        await fetched("b")
    with pytest.raises(Gone):
        await fetched("c")


ASKED = Reply("Số điện thoại nào? Số di động.", (Button("p:0", "Cách khác"),), share="Điền biểu mẫu")


async def test_a_form_stands_below_a_question_for_a_number(zalo: ZaloServer, out: Outbound) -> None:
    """With its picture, after the question itself, which can be answered by typing or by its choices as well;
    below nothing else."""
    await out.deliver(TO, Reply("Xin chào"))
    await out.deliver(TO, ASKED)
    hello, question, form = zalo.to("1001")
    assert (hello.text, question.text) == ("Xin chào", ASKED.text)
    assert len(question.buttons) == 1
    [element] = form.message["attachment"]["payload"]["elements"]
    assert element == {"title": "Điền biểu mẫu", "subtitle": ASKED.text, "image_url": PICTURE}


@pytest.mark.parametrize(("code", "again"), [(-233, 0), (-201, 0), (-999, 0), (-200, 1), (503, 1)])
async def test_a_form_that_is_refused_loses_nothing(
    zalo: ZaloServer, out: Outbound, code: int, again: int
) -> None:
    """The question is asked; where Zalo takes no forms it is not tried again, after a fault of the moment
    it is."""
    for _ in range(2):
        zalo.faults[CS] = [0.0, code]
        await out.deliver(TO, ASKED)
    zalo.faults[CS] = []
    await out.deliver(TO, ASKED)
    assert [sent.text for sent in zalo.to("1001") if sent.text] == [ASKED.text] * 3
    forms = [sent for sent in zalo.to("1001") if not sent.text]
    assert len(forms) == again
