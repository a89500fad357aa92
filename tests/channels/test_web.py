"""The web chat as a channel: order, resuming, repeats, several tabs, and who may come in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_network
from uuid import uuid4

import pytest
from aiohttp import WSServerHandshakeError

from chatbot.channels import Channel
from chatbot.channels.web import NO_COOKIE, Limits
from chatbot.messages import Address, Reply
from tests.web_customer import Browser, Frame, Tab, texts
from tests.web_world import Memory, World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with World() as world:
        yield world


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with Browser(world) as browser:
        yield browser


async def test_it_is_a_channel(world: World) -> None:
    """It has what the sender and the sweeps ask of every channel."""
    channel: Channel = world.channel
    assert channel.name == "web"


async def test_a_message_is_confirmed_only_once_it_is_stored(world: World, browser: Browser) -> None:
    """When the ack comes, the message is in the database."""
    tab = await browser.tab()
    id = await tab.say("xin chào")
    await tab.until("ack", id=id)
    assert [message.text for message in world.memory.inbound] == ["xin chào"]


async def test_the_page_shows_what_is_stored_and_knows_its_own_message_again(browser: Browser) -> None:
    """The customer's own line comes back with the id that the page gave it, then the answer."""
    tab = await browser.tab()
    id = await tab.say("xin chào")
    frames = await tab.until("entry", mine=False)
    mine = next(frame for frame in frames if frame.get("mine"))
    assert mine["id"] == id
    assert mine["at"].startswith("2026-11-23T02:01")
    assert frames[-1]["text"] == "Đã nhận: xin chào"


async def test_buttons_links_and_what_is_expected_reach_the_page(browser: Browser) -> None:
    """A reply keeps everything that the page can offer."""
    tab = await browser.tab()
    await tab.say("/chinhsach")
    frames = await tab.until("entry", expects="none")
    assert frames[-1]["buttons"][0] == {"token": "t-data", "label": "Dữ liệu của tôi"}
    assert frames[-2]["link"] == {"label": "Xem đầy đủ", "url": "/my#abc"}


async def test_a_press_is_handed_in_as_a_token(world: World, browser: Browser) -> None:
    """Not as its label: the engine knows which question the token belongs to."""
    tab = await browser.tab()
    await tab.write(type="message", id=str(uuid4()), press="t-data")
    await tab.until("ack")
    assert (world.memory.inbound[0].press, world.memory.inbound[0].text) == ("t-data", None)


async def test_messages_are_handled_in_the_order_in_which_they_were_sent(
    world: World, browser: Browser
) -> None:
    """However quickly they follow each other."""
    tab = await browser.tab()
    for number in range(8):
        await tab.say(str(number))
    for _ in range(8):
        await tab.until("ack")
    assert [message.text for message in world.memory.inbound] == list("01234567")


async def test_the_same_message_sent_again_is_the_same_delivery(world: World, browser: Browser) -> None:
    """A page whose ack got lost sends again; it is stored once and confirmed again."""
    tab = await browser.tab()
    id = await tab.say("một lần")
    await tab.until("ack")
    await tab.socket.close()
    again = await browser.tab()
    await again.say("một lần", id)
    await again.until("ack", id=id)
    assert len(world.memory.inbound) == 1


async def test_the_same_id_in_another_chat_is_another_message(world: World, browser: Browser) -> None:
    """Nobody can swallow somebody else's message by guessing its id."""
    id = str(uuid4())
    async with Browser(world) as other:
        for customer in (browser, other):
            tab = await customer.tab()
            await tab.say("xin chào", id)
            await tab.until("ack")
    assert len(world.memory.inbound) == 2


async def test_reconnecting_brings_what_was_missed_and_nothing_else(world: World, browser: Browser) -> None:
    """Also what was written while no page was open."""
    tab = await browser.tab()
    await tab.say("một")
    last = (await tab.until("entry", mine=False))[-1]["seq"]
    await tab.socket.close()
    world.memory.add(browser.user, mine=False, reply=Reply("trong lúc vắng"))
    again = await browser.tab(after=last)
    assert texts(await again.until("ready")) == ["trong lúc vắng"]


async def test_a_reload_shows_the_whole_conversation_also_a_long_one(world: World, browser: Browser) -> None:
    """In order, each line once, over several reads of the history."""
    for number in range(250):
        world.memory.add(browser.user, mine=False, reply=Reply(str(number)))
    tab = await browser.tab()
    assert texts(await tab.until("ready")) == [str(number) for number in range(250)]


async def test_two_tabs_both_show_everything(browser: Browser) -> None:
    """What one tab sends appears in the other too."""
    one, two = await browser.tab(), await browser.tab()
    await two.until("ready")
    await one.say("từ thẻ một")
    assert texts(await two.until("entry", mine=False)) == ["từ thẻ một", "Đã nhận: từ thẻ một"]


async def test_what_the_sender_brings_appears_at_once(world: World, browser: Browser) -> None:
    """A message that nobody asked for, such as a reminder, needs no reload."""
    tab = await browser.tab()
    await tab.until("ready")
    reply = Reply("Nhắc quý khách")
    world.memory.add(browser.user, mine=False, reply=reply)
    await world.channel.send(Address("web", browser.user), reply)
    assert (await tab.read())["text"] == "Nhắc quý khách"


async def test_what_another_process_stored_appears_by_itself(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer looks again from time to time, and the page hears that the line is alive."""
    monkeypatch.setattr("chatbot.channels.web.page.BEAT", 0.05)
    tab = await browser.tab()
    await tab.until("beat")
    world.memory.add(browser.user, mine=False, reply=Reply("từ nơi khác"))
    assert texts(await tab.until("entry")) == ["từ nơi khác"]


async def test_a_page_that_shows_what_is_no_longer_stored_begins_anew(world: World, browser: Browser) -> None:
    """After an erasure, or on another database, it must not go on showing the old lines."""
    world.memory.add(browser.user, mine=False, reply=Reply("mới"))
    tab = await browser.tab(after=17)
    assert [frame["type"] for frame in await tab.until("ready")] == ["reset", "entry", "ready"]


async def test_when_shown_data_is_hidden_every_open_page_begins_anew(world: World, browser: Browser) -> None:
    """An open page at once; one that was away, when it comes back."""
    world.memory.add(browser.user, mine=False, reply=Reply("dữ liệu"))
    tab = await browser.tab()
    await tab.until("ready")
    world.memory.versions[browser.user] = 1
    await world.channel.send(Address("web", browser.user), Reply(""))
    assert [frame["type"] for frame in await tab.until("entry")] == ["reset", "entry"]
    away = await browser.tab(after=1)
    assert "reset" in [frame["type"] for frame in await away.until("ready")]


async def test_while_the_database_is_busy_the_page_keeps_its_message(world: World, browser: Browser) -> None:
    """No ack, but when to send it again; then it is taken."""
    world.memory.busy = 1
    tab = await browser.tab()
    id = await tab.say("giữ giúp")
    busy = (await tab.until("busy"))[-1]
    assert busy["id"] == id
    assert busy["retry_after"] > 0
    await tab.say("giữ giúp", id)
    await tab.until("ack", id=id)


async def test_a_fault_behind_the_channel_is_said_and_its_words_are_not_logged(
    world: World, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page hears that this message was not taken; the line stays."""
    world.memory.fails = 1
    tab = await browser.tab()
    id = await tab.say("xin chào")
    await tab.until("error", code="failed", id=id)
    await tab.say("xin chào", id)
    await tab.until("ack", id=id)
    out = "".join(capsys.readouterr())
    assert "ValueError" in out
    assert "secret words" not in out


async def test_who_sends_too_fast_is_slowed_and_loses_nothing() -> None:
    """Each message that was not taken is named, with the time after which it will be."""
    async with World(limits=Limits(message_burst=2, message_rate=50)) as world, Browser(world) as browser:
        tab = await browser.tab()
        todo = [(str(uuid4()), str(number)) for number in range(5)]
        while todo:
            id, text = todo[0]
            await tab.say(text, id)
            answer = await _answer(tab, id)
            if answer["type"] == "slow":
                await asyncio.sleep(0.03)
            else:
                todo.pop(0)
    assert [message.text for message in world.memory.inbound] == list("01234")


async def _answer(tab: Tab, id: str) -> Frame:
    while (frame := await tab.read()).get("id") != id or frame["type"] == "entry":
        pass
    return frame


async def test_a_visit_stores_nothing(world: World, browser: Browser) -> None:
    """A chat exists from its first message: opening the page and its socket leave no trace."""
    tab = await browser.tab()
    await tab.until("ready")
    assert world.memory.entries == {}
    assert world.memory.inbound == []


async def test_the_cookie_is_for_this_page_alone(world: World) -> None:
    """No script can read it, no foreign site can send it along, and the database holds only its hash."""
    async with Browser(world) as browser:
        async with browser.session.get(world.url + "/") as answer:
            header = answer.headers["Set-Cookie"]
        assert "HttpOnly" in header
        assert "SameSite=Lax" in header
        assert "Secure" not in header
        tab = await browser.tab()
        await tab.say("xin chào")
        await tab.until("ack")
        secret = next(cookie.value for cookie in browser.session.cookie_jar if cookie.key == "desk")
        assert secret not in str(world.memory.inbound[0].address.user)


async def test_a_returning_browser_keeps_its_chat(world: World, browser: Browser) -> None:
    """Opening the page again renews the cookie and does not change it."""
    before = browser.user
    async with browser.session.get(world.url + "/"):
        pass
    assert browser.user == before


async def test_behind_https_the_cookie_is_secure() -> None:
    """It is never sent in the clear where PUBLIC_URL is https."""
    async with (
        World(public_url="https://chat.example.vn") as world,
        Browser(world) as browser,
        browser.session.get(world.url + "/") as answer,
    ):
        assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "http://localhost:1", "http://localhost"]
)
async def test_a_foreign_page_cannot_open_a_socket(browser: Browser, origin: str) -> None:
    """Whoever has the customer's browser open a socket from another origin gets 403."""
    with pytest.raises(WSServerHandshakeError) as refused:
        await browser.dial(Origin=origin)
    assert refused.value.status == 403


async def test_our_public_address_is_an_origin_of_ours() -> None:
    """Behind a proxy the browser knows us by PUBLIC_URL."""
    async with World(public_url="https://chat.example.vn/") as world, Browser(world) as browser:
        # A browser would send the Secure cookie by https only.
        cookie = {"Cookie": "desk=" + "a" * 43, "Origin": "https://chat.example.vn"}
        tab = await browser.dial(**cookie)
        await tab.write(type="hello", after=0, language="vi")
        await tab.until("ready")


async def test_without_a_cookie_the_page_learns_why(browser: Browser) -> None:
    """So that it can say so and offer a tab, instead of calling again for ever."""
    browser.session.cookie_jar.clear()
    tab = await browser.dial()
    assert (await tab.read())["code"] == "no_cookie"
    assert await tab.closed() == NO_COOKIE


async def test_sockets_are_limited_per_chat_and_per_network() -> None:
    """One browser, and one address, can hold only so many; a closed one makes room."""
    async with (
        World(limits=Limits(sockets_per_chat=2, sockets_per_network=3)) as world,
        Browser(world) as one,
        Browser(world) as two,
    ):
        tabs = [await one.tab(), await one.tab()]
        with pytest.raises(WSServerHandshakeError) as refused:
            await one.tab()
        assert refused.value.status == 429
        tabs.append(await two.tab())
        with pytest.raises(WSServerHandshakeError):
            await two.tab()
        await tabs[0].socket.close()
        await asyncio.sleep(0.05)
        tabs.append(await two.tab())


async def test_the_network_address_is_what_a_trusted_proxy_says() -> None:
    """And only what the proxy itself wrote: the rest of the header is the sender's own invention."""
    async with (
        World(trusted_proxy=ip_network("127.0.0.0/8")) as world,
        Browser(world) as browser,
    ):
        tab = await browser.dial(**{"X-Forwarded-For": "1.2.3.4, 203.0.113.9"})
        await tab.write(type="hello", after=0, language="en")
        await tab.say("hello")
        await tab.until("ack")
    assert (world.memory.inbound[0].network, world.memory.inbound[0].language) == ("203.0.113.9", "en")


async def test_without_a_trusted_proxy_the_header_counts_for_nothing(world: World, browser: Browser) -> None:
    """Anybody can send it."""
    tab = await browser.dial(**{"X-Forwarded-For": "1.2.3.4"})
    await tab.write(type="hello", after=0)
    await tab.say("hello")
    await tab.until("ack")
    assert world.memory.inbound[0].network in ("127.0.0.1", "::1")


async def test_what_was_seen_is_marked_once_and_only_what_was_sent(world: World, browser: Browser) -> None:
    """A page cannot claim to have shown what it never got."""
    tab = await browser.tab()
    await tab.say("một")
    last = (await tab.until("entry", mine=False))[-1]["seq"]
    await tab.write(type="seen", seq=last + 5)
    await tab.write(type="seen", seq=last)
    await tab.say("hai")
    await tab.until("ack")
    assert world.memory.seen_up_to == {browser.user: last}


async def test_a_server_that_stops_hangs_up_and_the_next_goes_on() -> None:
    """Stopping does not wait for customers to leave."""
    async with World(Memory()) as world, Browser(world) as browser:
        tab = await browser.tab()
        await tab.say("trước")
        last = (await tab.until("entry", mine=False))[-1]["seq"]
        async with asyncio.timeout(5):
            reader = asyncio.create_task(tab.closed())
            await world.stop()
            assert await reader == 1001
        await world.start()
        again = await browser.tab(after=last)
        assert texts(await again.until("ready")) == []
        await again.say("sau")
        await again.until("ack")
