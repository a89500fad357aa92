"""What Zalo's webhook answers, whoever knocks, and what each event means."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatbot.channels import Busy
from chatbot.channels.zalo import ZaloChannel, door
from chatbot.channels.zalo.client import ZaloClient
from chatbot.channels.zalo.inbound import Membership, NotAnEvent, Takeover, Withdrawal, read
from chatbot.channels.zalo.webhook import LARGEST_BODY, signature
from chatbot.messages import Address, Inbound
from tests.zalo_server import APP_ID, OA_SECRET, signed

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
ENTRIES = json.loads((Path(__file__).parents[1] / "data" / "zalo_payloads.json").read_text("utf-8"))
EVENTS = {one["name"]: one["payload"] for one in ENTRIES if one["name"].startswith(("oa/", "not_real/"))}
VECTORS = {
    one["name"].partition("/")[2]: one["payload"]
    for one in ENTRIES
    if one["name"].startswith("signature_vector/") and "raw_body" in one["payload"]
}
WRITTEN = {name for name in EVENTS if name.startswith(("oa/real/user_send_", "oa/doc/user_send_"))} - {
    "oa/doc/user_send_group_text"
}


@dataclass
class Door:
    """A channel with a recording ``receive`` and a server of its own."""

    url: str = ""
    received: list[Inbound] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)
    busy: bool = False

    async def receive(self, message: Inbound) -> None:
        if self.busy:
            raise Busy
        self.received.append(message)

    async def tell(self, *what: Any) -> None:
        self.told.append(what)

    async def knock(self, body: bytes, headers: dict[str, str] | None = None, method: str = "POST") -> int:
        """Bring a body as it is; what is answered."""
        async with (
            ClientSession() as session,
            session.request(method, f"{self.url}/zalo", data=BytesIO(body), headers=headers) as answer,
        ):
            return answer.status

    async def brings(self, event: dict[str, Any]) -> int:
        """Bring an event, well signed for our app; an empty one as it is."""
        body = json.dumps(event and {**event, "app_id": APP_ID}, ensure_ascii=False).encode()
        return await self.knock(body, signed(body, str(event.get("timestamp", ""))))


@pytest.fixture
async def desk() -> AsyncIterator[Door]:
    """The channel's door."""
    desk = Door()
    channel = ZaloChannel(
        ZaloClient(None, api_url="http://127.0.0.1:9", zns_url="http://127.0.0.1:9"),  # type: ignore[arg-type]  # never called
        desk.receive,
        lambda: NOW,
        app_id=APP_ID,
        oa_secret=OA_SECRET,
        on_membership=desk.tell,
        on_takeover=desk.tell,
        on_withdrawal=desk.tell,
    )
    async for url in _served(channel.routes()):
        desk.url = url
        yield desk


async def _served(routes: list[web.RouteDef]) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize("name", [name for name, one in VECTORS.items() if "expected_mac" in one])
def test_the_signature_vectors_hold(name: str) -> None:
    """Published ones, and those of bodies that must not be serialised anew."""
    one = VECTORS[name]
    body = one["raw_body"].encode()
    found = signature(one["app_id"], body, str(one["timestamp"]), one["oa_secret_key"])
    assert found == one["expected_mac"]


def test_wrong_formulas_do_not_match() -> None:
    """HMACs, other orders and other secrets that circulate."""
    one = VECTORS["negative"]
    found = signature(one["app_id"], one["raw_body"].encode(), one["timestamp"], one["oa_secret_key"])
    assert len(one["must_be_rejected"]) >= 5
    assert found not in one["must_be_rejected"].values()


@pytest.mark.parametrize("name", sorted(EVENTS))
async def test_every_known_payload_gets_200(desk: Door, name: str) -> None:
    """Captured, documented, the console's tests, and kinds that do not exist; only what a customer wrote is
    handed on as a message."""
    assert await desk.brings(EVENTS[name]) == 200
    expected = WRITTEN | {"oa/doc/user_submit_info_2026", "oa/doc/user_submit_info_old"}
    expected |= {"oa/doc/user_click_chatnow", "oa/synthetic/key_order_and_space"}
    assert bool(desk.received) is (name in expected)


@pytest.mark.parametrize("verb", ["gởi", "gửi"])
async def test_the_text_beside_a_form_is_nobodys(desk: Door, verb: str) -> None:
    """Zalo may send it in the customer's name: taken for an answer, it would be a wrong one."""
    text = {**EVENTS["oa/doc/user_send_text"]["message"], "text": f"Bạn đã {verb} thông tin cho OA Partyshop"}
    assert await desk.brings({**EVENTS["oa/doc/user_send_text"], "message": text}) == 200
    assert desk.received == []


@pytest.mark.parametrize("body", [b"{}", b"", b" {} \n"])
async def test_the_probe_at_registration_gets_200_and_does_nothing(desk: Door, body: bytes) -> None:
    """Unsigned, with a channel and without one: Zalo shows the secret only afterwards."""
    assert await desk.knock(body) == 200
    assert await desk.knock(b"", method="GET") == 200
    async for url in _served(door()):
        closed = Door(url)
        assert await closed.knock(body) == 200
        assert await closed.knock(b'{"event_name":"x"}', signed(b'{"event_name":"x"}', "")) == 403
    assert desk.received == []


HELLO = {**EVENTS["oa/doc/user_send_text"], "app_id": APP_ID, "timestamp": "1764000000000"}
GOOD = json.dumps(HELLO).encode()
OTHER_APP = GOOD.replace(APP_ID.encode(), b"1")
FINE = signed(GOOD, "1764000000000")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (GOOD, FINE, 200),
        (GOOD, {"X-ZEvent-Signature": FINE["X-ZEvent-Signature"].removeprefix("mac=")}, 200),
        (GOOD, {"X-ZEvent-Signature": f" {FINE['X-ZEvent-Signature']} "}, 200),
        (gzip.compress(GOOD), {**FINE, "Content-Encoding": "gzip"}, 200),
        (GOOD, {}, 403),
        (GOOD, {"X-ZEvent-Signature": ""}, 403),
        (GOOD, {"X-ZEvent-Signature": "mac="}, 403),
        (GOOD, {"X-ZEvent-Signature": "mac=" + "0" * 64}, 403),
        (GOOD, {"X-ZEvent-Signature": "mac=b\u00ed-m\u1eadt"}, 403),
        (GOOD + b" ", FINE, 403),
        (GOOD, signed(GOOD, "1764000000001"), 403),
        (GOOD, signed(GOOD, "1764000000000", secret="another"), 403),
        (OTHER_APP, signed(OTHER_APP, "1764000000000"), 403),
        (b"x" * (LARGEST_BODY + 1), FINE, 413),
        (gzip.compress(b" " * (LARGEST_BODY * 20)), {**FINE, "Content-Encoding": "gzip"}, 413),
        (b"no gzip", {**FINE, "Content-Encoding": "gzip"}, 400),
        (GOOD[:-1], FINE, 400),
        (b"[" * 100_000, FINE, 400),
        (b"[]", signed(b"[]", ""), 400),
        (b"null", signed(b"null", ""), 400),
        (b'{"a":1}', signed(b'{"a":1}', ""), 400),
        (b'{"event_name":"user_send_text"}', signed(b'{"event_name":"user_send_text"}', ""), 400),
        (b'{"event_name":"\\ud800","timestamp":"\\ud800"}', FINE, 400),
    ],
)  # fmt: skip
async def test_every_knock_has_its_answer(
    desk: Door, body: bytes, headers: dict[str, str], status: int
) -> None:
    """What is not signed by Zalo over these very bytes does not get in; nothing causes a 5xx."""
    assert await desk.knock(body, headers) == status
    assert bool(desk.received) is (status == 200)


async def test_what_cannot_be_stored_comes_again(desk: Door) -> None:
    """503 with nothing acknowledged, then the same event is taken."""
    desk.busy = True
    assert await desk.brings(HELLO) == 503
    desk.busy = False
    assert await desk.brings(HELLO) == 200
    assert [message.text for message in desk.received] == ["message"]


def event(name: str) -> dict[str, Any]:
    payload: dict[str, Any] = EVENTS[name]
    return payload


def test_a_tap_is_a_text_that_bears_a_token() -> None:
    """Nothing else marks it, and the same text typed by hand means the same."""
    inbound = read(event("oa/doc/user_send_text_button_tap"), NOW)
    assert isinstance(inbound, Inbound)
    assert (inbound.press, inbound.text) == ("7f3a9b", None)


def test_the_form_for_contact_data_is_a_claim() -> None:
    """In its old and its new shape; a number instead of a text, too."""
    for name in ("oa/doc/user_submit_info_2026", "oa/doc/user_submit_info_old"):
        inbound = read(event(name), NOW)
        assert isinstance(inbound, Inbound)
        assert inbound.contact
        assert (inbound.contact.phone, inbound.contact.own) == ("+84912345678", False)
    number = {**event("oa/doc/user_submit_info_old"), "info": {"phone": 84912345678}}
    inbound = read(number, NOW)
    assert isinstance(inbound, Inbound)
    assert inbound.contact
    assert inbound.contact.phone == "+84912345678"


def test_life_cycle_and_takeover() -> None:
    """Following, leaving, withdrawing, and a person who answers by hand; an echo of our own is nothing."""
    user = Address("zalo", "24684588352919792")
    assert read(event("oa/doc/follow"), NOW) == Membership(user, blocked=False)
    assert read(event("oa/doc/unfollow"), NOW) == Membership(user, blocked=True)
    assert isinstance(read(event("oa/doc/user_withdraw"), NOW), Withdrawal)
    by_hand = read(event("oa/doc/oa_send_text_by_human"), NOW)
    assert isinstance(by_hand, Takeover)
    assert by_hand.address.user == "246845883529197922"
    assert read(event("oa/real/oa_send_text"), NOW) is None


def test_files_are_addresses_to_fetch() -> None:
    """With the name and size that Zalo says; a sticker is no file."""
    inbound = read(event("oa/doc/user_send_file"), NOW)
    assert isinstance(inbound, Inbound)
    [file] = inbound.files
    assert (file.name, file.size, file.handle) == ("hoa-don.pdf", 1024000, "https://zalo-file-dl1.zdn.vn/x")
    sticker = read(event("oa/real/user_send_sticker"), NOW)
    assert isinstance(sticker, Inbound)
    assert sticker.files == ()


def test_the_time_is_zalos_own_and_never_yet_to_come() -> None:
    """Thirteen digits are milliseconds; anything else counts as now."""
    real = read(event("oa/real/user_send_text"), NOW)
    assert isinstance(real, Inbound)
    assert real.at == datetime.fromtimestamp(1608262910.311, UTC)
    for stamp in ("154390853474", "99999999999999", "x", None, "9999999999999"):
        inbound = read({**event("oa/real/user_send_text"), "timestamp": stamp}, NOW)
        assert isinstance(inbound, Inbound)
        assert inbound.at == NOW


_KEYS = st.sampled_from(["id", "msg_id", "text", "attachments", "type", "payload", "url", "phone", "name"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "id", "1", "\ud800", "\0"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=6,
)
_FIELDS = st.sampled_from(["sender", "recipient", "message", "follower", "info", "user_id", "timestamp"])
_NAMES = st.sampled_from(sorted({one["event_name"] for one in EVENTS.values() if "event_name" in one}))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(_NAMES, st.dictionaries(_FIELDS, _JSON))
def test_anything_at_all_is_an_event_or_is_none(name: str, fields: dict[str, Any]) -> None:
    """No shape of a body raises anything but NotAnEvent."""
    with suppress(NotAnEvent):
        read({"event_name": name, **fields}, NOW)
