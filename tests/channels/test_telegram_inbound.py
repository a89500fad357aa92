"""What the updates of the Bot API mean here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chatbot.channels.telegram.inbound import Event, Membership, Migration, NotAnUpdate, Tap, read
from chatbot.messages import Address, Contact, FileRef, Inbound
from tests.telegram_updates import person, private

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
SENT = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
USER = 1001
ME = Address("telegram", "1001")


def message(**more: Any) -> dict[str, Any]:
    """A message of a person in their private chat."""
    at = int(SENT.timestamp())
    return {"message_id": 5, "date": at, "from": person(USER), "chat": private(USER), **more}


def of(**update: Any) -> Event | None:
    """What an update with this content means."""
    return read({"update_id": 77, **update}, username="PartyshopBot", now=NOW)


def inbound(**update: Any) -> Inbound:
    """The same where it must be a message."""
    event = of(**update)
    assert isinstance(event, Inbound)
    return event


def test_a_text() -> None:
    """A text carries who, which delivery, when by Telegram's time, the words and the language."""
    assert of(message=message(text="Chào shop")) == Inbound(ME, "77", SENT, text="Chào shop", language="vi")


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("/menu@partyshopbot", "/menu"),
        ("/start@PartyshopBot abc", "/start abc"),
        ("/start payload", "/start payload"),
        ("/menu@OtherBot", "/menu@OtherBot"),
        ("xin /menu@PartyshopBot", "xin /menu@PartyshopBot"),
    ],
)
def test_the_bots_own_name_is_taken_off_a_command(typed: str, text: str) -> None:
    """Only its own, and only from a command."""
    assert inbound(message=message(text=typed)).text == text


def test_a_command_is_left_alone_while_the_bots_name_is_unknown() -> None:
    """getMe may not have answered, or tell no name."""
    event = read({"update_id": 1, "message": message(text="/menu@XBot")}, username=None, now=NOW)
    assert isinstance(event, Inbound)
    assert event.text == "/menu@XBot"


def test_an_edited_message_is_marked_and_dated_by_the_edit() -> None:
    """Each edit is a delivery of its own."""
    edited = inbound(edited_message=message(text="sửa", edit_date=int(SENT.timestamp()) + 60))
    assert (edited.edited, edited.at.minute, edited.delivery) == (True, 1, "77")


def test_a_live_location_that_moves_says_nothing() -> None:
    """Telegram sends it as an edit every few seconds."""
    assert of(edited_message=message(location={"latitude": 1.0, "longitude": 2.0})) is None


def test_a_message_from_the_future_is_dated_now() -> None:
    """Telegram's clock and ours differ a little; a hostile date must not reach the calendar."""
    assert inbound(message=message(text="x", date=253402300799)).at == NOW


OWN = {"phone_number": "84900000001", "first_name": "A", "user_id": USER, "vcard": "TEL:0900000009"}


def test_the_persons_own_contact_is_own() -> None:
    """Telegram vouches by user_id, and writes the number without the plus sign."""
    assert inbound(message=message(contact=OWN)).contact == Contact("+84900000001", own=True)


@pytest.mark.parametrize(
    "more",
    [
        {"contact": {**OWN, "user_id": USER + 1}},
        {"contact": {key: OWN[key] for key in ("phone_number", "first_name")}},
        {"contact": OWN, "forward_origin": {"type": "hidden_user", "sender_user_name": "x", "date": 1}},
        {
            "contact": OWN,
            "forward_origin": {"type": "user", "sender_user": person(USER), "date": 1},
        },
        {"contact": OWN, "via_bot": {"id": 9, "is_bot": True, "first_name": "b", "username": "b"}},
    ],
    ids=["somebody else's", "not on Telegram", "forwarded", "forwarded from oneself", "through a bot"],
)
def test_any_other_contact_is_a_claim(more: dict[str, Any]) -> None:
    """A card proves nothing unless the sender shared their own, first hand."""
    contact = inbound(message=message(**more)).contact
    assert contact == Contact("84900000001", own=False)


FILE = {"file_id": "F", "file_unique_id": "U", "file_size": 9}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {
                "photo": [
                    {**FILE, "file_id": "S", "width": 90, "height": 60},
                    {**FILE, "width": 1280, "height": 800},
                    {**FILE, "file_id": "M", "width": 320, "height": 200},
                ]
            },
            FileRef("F", "photo.jpg", "image/jpeg", 9),
        ),
        (
            {"document": {**FILE, "file_name": "đơn.pdf", "mime_type": "application/pdf"}},
            FileRef("F", "đơn.pdf", "application/pdf", 9),
        ),
        (
            {"document": {**FILE, "mime_type": "text/html\r\nX: y"}},
            FileRef("F", "document", "application/octet-stream", 9),
        ),
        ({"audio": {**FILE, "duration": 1}}, FileRef("F", "audio", "audio/mpeg", 9)),
        ({"voice": {**FILE, "duration": 1}}, FileRef("F", "voice.ogg", "audio/ogg", 9)),
        (
            {"video": {**FILE, "width": 1, "height": 1, "duration": 1}},
            FileRef("F", "video.mp4", "video/mp4", 9),
        ),
        (
            {"video_note": {**FILE, "length": 1, "duration": 1}},
            FileRef("F", "video.mp4", "video/mp4", 9),
        ),
    ],
    ids=["photo", "document", "odd type", "audio", "voice", "video", "video note"],
)
def test_files_come_as_handles(more: dict[str, Any], expected: FileRef) -> None:
    """Of a photograph the largest size; a caption is the text, an album the group."""
    found = inbound(message=message(**more, caption="bằng chứng", media_group_id="123"))
    assert (found.files, found.text, found.group) == ((expected,), "bằng chứng", "123")


@pytest.mark.parametrize(
    "more",
    [
        {"location": {"latitude": 1.0, "longitude": 2.0}},
        {"dice": {"emoji": "🎲", "value": 3}},
        {
            "sticker": {
                "file_id": "s",
                "file_unique_id": "u",
                "type": "regular",
                "width": 1,
                "height": 1,
                "is_animated": False,
                "is_video": False,
            }
        },
        {"a_kind_of_the_future": {"x": 1}},
    ],
    ids=["location", "dice", "sticker", "future"],
)
def test_what_is_not_understood_comes_empty(more: dict[str, Any]) -> None:
    """The engine answers that it was not understood."""
    assert of(message=message(**more)) == Inbound(ME, "77", SENT, language="vi")


def test_a_tapped_button() -> None:
    """Telegram gives no time for it, so it is now."""
    query = {"id": "q", "from": person(USER), "chat_instance": "1", "data": "tok"}
    expected = Tap("q", Inbound(ME, "77", NOW, press="tok", language="vi"), 5)
    assert of(callback_query={**query, "message": message(text="?")}) == expected


def test_a_button_under_a_message_that_is_too_old_to_change() -> None:
    """The press counts; only the keyboard stays."""
    query = {"id": "q", "from": person(USER), "chat_instance": "1", "data": "tok"}
    old = {"chat": private(USER), "message_id": 5, "date": 0}
    event = of(callback_query={**query, "message": old})
    assert isinstance(event, Tap)
    assert event.message_id is None
    assert event.inbound
    assert event.inbound.press == "tok"


@pytest.mark.parametrize(("status", "blocked"), [("kicked", True), ("member", False)])
def test_a_person_blocks_the_bot_or_comes_back(status: str, blocked: bool) -> None:
    """my_chat_member tells it."""
    bot = {"id": 7, "is_bot": True, "first_name": "b"}
    new = {"user": bot, "status": status, "until_date": 0}
    change = {"chat": private(USER), "from": person(USER), "date": 1, "new_chat_member": new}
    change["old_chat_member"] = {"user": bot, "status": "member"}
    assert of(my_chat_member=change) == Membership(ME, blocked)


GROUP = {"id": -100200, "type": "supergroup", "title": "g"}


@pytest.mark.parametrize(
    "update",
    [
        {"message": message(text="x", chat=GROUP)},
        {"message": message(text="x", **{"from": person(USER, is_bot=True)})},
        {"message": {"message_id": 1, "date": 1, "chat": private(USER), "text": "x"}},
        {"message": message(pinned_message=message(text="x"))},
        {
            "callback_query": {
                "id": "q",
                "from": person(USER),
                "chat_instance": "1",
                "data": "t",
                "message": message(text="x", chat=GROUP),
            }
        },
        {"channel_post": {"message_id": 1, "date": 1, "chat": {**GROUP, "type": "channel"}, "text": "x"}},
        {"poll": {"id": "1"}},
        {},
    ],
    ids=["group", "bot", "no sender", "service", "tap in a group", "channel post", "poll", "nothing"],
)
def test_what_is_not_for_us_means_nothing(update: dict[str, Any]) -> None:
    """Politely silent."""
    assert of(**update) is None


def test_a_group_that_has_become_a_supergroup() -> None:
    """Its old and new ids are told."""
    moved = message(chat={**GROUP, "id": -5, "type": "group"}, migrate_to_chat_id=-1005)
    assert of(message=moved) == Migration("-5", "-1005")


@pytest.mark.parametrize(
    "update",
    [
        {"message": None},
        {"message": "text"},
        {"message": []},
        {"message": {}},
        {"message": message(text="x"), "edited_message": message(text="x")},
        {"message": message(text=5)},
        {"message": message(text={"a": 1})},
        {"message": message(text="x", date="today")},
        {"message": message(text="x", date=10**18)},
        {"message": message(text="x", date=-5)},
        {"message": message(text="x", chat=None)},
        {"message": message(text="x", chat={"id": "1001", "type": "private"})},
        {"message": message(text="x", chat={"id": 2**60, "type": "private"})},
        {"message": message(text="x", chat=private(USER + 1))},
        {"message": message(text="x", **{"from": "me"})},
        {"message": message(text="x", media_group_id="\0")},
        {"message": message(photo="x")},
        {"message": message(contact={"first_name": "x"})},
        {"callback_query": {"id": "q", "from": person(USER), "data": "t", "message": message()}},
        {"callback_query": {"id": "q", "chat_instance": "1", "data": "t", "message": message()}},
        {"my_chat_member": {"chat": private(USER)}},
        {"message": message(text="x"), "update_id": "77"},
        {"message": message(text="x"), "update_id": -1},
        {"message": message(text="x"), "update_id": True},
        {"message": message(text="x"), "update_id": None},
    ],
)
def test_a_malformed_update_is_refused(update: dict[str, Any]) -> None:
    """The parser takes anything; what is used of it is checked, and none of it is quoted."""
    with pytest.raises(NotAnUpdate) as caught:
        of(**update)
    assert "1001" not in str(caught.value)


@pytest.mark.parametrize("update", [None, 5, "x", [], [{"update_id": 1}]])
def test_what_is_no_object_is_refused(update: Any) -> None:
    """An update is a JSON object."""
    with pytest.raises(NotAnUpdate):
        read(update, username=None, now=NOW)


def test_a_null_character_is_taken_out() -> None:
    """PostgreSQL cannot store one in a text."""
    assert inbound(message=message(text="a\0b")).text == "ab"
