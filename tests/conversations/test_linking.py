"""A member of staff links their chat: by a code from the staff room, once, in time, within limits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.chat import Chat
from models.database import run_tx
from models.event import Event, Tag
from models.staff import StaffMember
from models.staff_link import LIFE, WRONG, issue, member_at, unlink
from tests.chat import CustomerChat, Desk
from tests.conftest import Database
from tests.staff import hire

ASK = "linking.code.ask"
WRONG_CODE = "linking.code.wrong"


@pytest.fixture
def desk(database: Database) -> Desk:
    """The desk over an empty database."""
    return Desk()


async def hired(name: str = "Nguyễn Thị Mai") -> StaffMember:
    """Somebody who has joined."""
    login = (await hire(name)).login
    return await StaffMember.get(login_index=StaffMember.index(login))


async def linked(member: StaffMember) -> bool:
    """Whether a chat is theirs."""
    return (await StaffMember.get(id=member.id)).chat is not None


def customer(desk: Desk, user: str = "1") -> CustomerChat:
    """A chat on a messenger."""
    return desk.chat(user, channel="messenger")


@pytest.mark.parametrize("command", ["/lienket", "/linkstaff", "/LienKet"])
async def test_the_code_behind_the_command_links_the_chat(desk: Desk, command: str) -> None:
    """However it is typed; from then on the address of that chat is the member's, and it is recorded."""
    member, chat = await hired(), customer(desk)
    code = await issue(member.id, desk.time.now())
    assert await chat.says(f"{command}  {code.replace('-', ' ').lower()}") == [
        "menu.notice",
        "linking.linked",
    ]
    found = await member_at(chat.address)
    assert found
    assert found.id == member.id
    stored = await Chat.find(chat.address)
    assert stored
    assert await Event.filter(tag=Tag.STAFF_LINKED, member=member.id, chat=stored.id).count() == 1


async def test_without_a_code_it_is_asked_for(desk: Desk) -> None:
    """A wrong one is asked for again, and recorded."""
    member, chat = await hired(), customer(desk)
    code = await issue(member.id, desk.time.now())
    assert await chat.says("/lienket") == ["menu.notice", ASK]
    assert await chat.says("AAAAA-AAAAA") == [WRONG_CODE, ASK]
    assert await chat.says(code) == ["linking.linked"]
    assert await linked(member)
    assert await Event.filter(tag=Tag.STAFF_LINK_WRONG).count() == 1


async def test_a_code_works_once_and_for_ten_minutes(desk: Desk) -> None:
    """The next one takes the place of the one before."""
    member, chat = await hired(), customer(desk)
    first = await issue(member.id, desk.time.now())
    second = await issue(member.id, desk.time.now())
    assert WRONG_CODE in await chat.says(f"/lienket {first}")
    desk.time.move(LIFE)
    assert WRONG_CODE in await chat.says(f"/lienket {second}")
    third = await issue(member.id, desk.time.now())
    assert await chat.says(f"/lienket {third}") == ["linking.linked"]
    assert WRONG_CODE in await customer(desk, "2").says(f"/lienket {third}")


async def test_too_many_wrong_codes_shut_the_way(desk: Desk) -> None:
    """For this chat, for an hour, even with the right code."""
    member, chat = await hired(), customer(desk)
    for _ in range(WRONG.most):
        assert WRONG_CODE in await chat.says("/lienket 22222-22222")
    code = await issue(member.id, desk.time.now())
    assert await chat.says(f"/lienket {code}") == ["linking.shut"]
    assert not await linked(member)
    desk.time.move(timedelta(minutes=61))
    code = await issue(member.id, desk.time.now())
    assert await chat.says(f"/lienket {code}") == ["linking.linked"]


async def test_a_chat_is_one_members(desk: Desk) -> None:
    """The code given last decides; a member's new chat takes the place of the old."""
    mai, bình = await hired(), await hired("Trần Văn Bình")
    first, second = customer(desk), customer(desk, "2")
    await first.says(f"/lienket {await issue(mai.id, desk.time.now())}")
    await first.says(f"/lienket {await issue(bình.id, desk.time.now())}")
    assert not await linked(mai)
    await second.says(f"/lienket {await issue(bình.id, desk.time.now())}")
    assert await member_at(first.address) is None
    found = await member_at(second.address)
    assert found
    assert found.id == bình.id


async def test_who_leaves_is_linked_no_more(desk: Desk) -> None:
    """Disabled, a code that is out dies too; invited anew, the chat of before is not theirs."""
    chat = customer(desk)
    mai = await hire()
    member = await StaffMember.get(login_index=StaffMember.index(mai.login))
    await chat.says(f"/lienket {await issue(member.id, desk.time.now())}")
    code = await issue(member.id, desk.time.now())
    await run_tx(lambda: StaffMember.disable(mai.login, desk.time.now()))
    assert await member_at(chat.address) is None
    assert WRONG_CODE in await chat.says(f"/lienket {code}")
    await issue(member.id, desk.time.now())
    assert (await StaffMember.get(id=member.id)).link is None, "nor is there a new one"
    await run_tx(lambda: StaffMember.renew(mai.login, desk.time.now()))
    assert not await linked(member)


async def test_unlinking_says_whether_there_was_something(desk: Desk) -> None:
    """And is recorded once."""
    member, chat = await hired(), customer(desk)
    await chat.says(f"/lienket {await issue(member.id, desk.time.now())}")
    assert await run_tx(lambda: unlink(member.id, desk.time.now()))
    assert not await run_tx(lambda: unlink(member.id, desk.time.now()))
    assert await Event.filter(tag=Tag.STAFF_UNLINKED, member=member.id).count() == 1


async def test_customers_are_not_offered_it(desk: Desk) -> None:
    """Neither by the menu nor by the help."""
    chat = customer(desk)
    await chat.says("/menu")
    labels = [button.label for reply in chat.last for button in reply.buttons]
    assert "[menu.choice.linking]" not in labels
