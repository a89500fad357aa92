"""The chat as a customer uses it, in a real browser."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, expect

from chatbot.channels.web import Limits
from chatbot.messages import Address, Reply
from tests.browser.conftest import NewPage
from tests.browser.looks import WIDTHS, can_be_read, fits
from tests.web_world import World

INPUT = "#composer textarea:not([hidden]), #composer #line:not([hidden])"


async def open_chat(world: World, new_page: NewPage, query: str = "", **options: object) -> Page:
    """The page, once it is connected and the chat is empty."""
    page = await new_page(**options)
    await page.goto(f"{world.url}/{query}")
    await expect(page.locator("#welcome")).to_be_visible()
    return page


async def say(page: Page, text: str) -> None:
    """Type and press Enter."""
    await page.locator(INPUT).fill(text)
    await page.locator(INPUT).press("Enter")


async def shown(page: Page) -> list[str]:
    """The words of all bubbles that are stored, in order."""
    return await page.locator("#log .message:not(.unsent) .words").all_inner_texts()


async def test_typing_and_pressing(world: World, new_page: NewPage) -> None:
    """A starter, a button, a typed number; the answers come, and only the last question can be pressed."""
    page = await open_chat(world, new_page)
    await page.get_by_role("button", name="Chính sách bảo mật").click()
    question = page.locator("#log").get_by_role("button", name="Dữ liệu của tôi")
    await question.click()
    await expect(page.get_by_text("số điện thoại đã mua hàng")).to_be_visible()
    await expect(question).to_be_disabled()
    await say(page, "0900000001")
    await expect(page.get_by_text("nhập mã")).to_be_visible()
    assert await shown(page) == [
        "Chính sách bảo mật",
        "3. Thời gian lưu trữ thông tin:\n– 1 năm kể từ khi khách hàng không liên lạc nữa.",
        "Quý khách muốn làm gì?",
        "Dữ liệu của tôi",
        "Quý khách vui lòng cho biết số điện thoại đã mua hàng.",
        "0900000001",
        "Chúng tôi đã gửi mã gồm 6 chữ số đến số đó. Quý khách vui lòng nhập mã.",
    ]
    assert [message.press or message.text for message in world.memory.inbound] == [
        "/chinhsach",
        "t-data",
        "0900000001",
    ]


async def test_a_reload_shows_the_same_conversation(world: World, new_page: NewPage) -> None:
    """Every line once, in the same order; the welcome is for empty chats."""
    page = await open_chat(world, new_page)
    await say(page, "một")
    await say(page, "hai")
    await expect(page.get_by_text("Đã nhận: hai")).to_be_visible()
    before = await shown(page)
    await page.reload()
    await expect(page.get_by_text("Đã nhận: hai")).to_be_visible()
    assert await shown(page) == before == ["một", "Đã nhận: một", "hai", "Đã nhận: hai"]
    await expect(page.locator("#welcome")).to_be_hidden()


async def test_what_is_written_quickly_goes_out_one_by_one(world: World, new_page: NewPage) -> None:
    """The next only when the last is stored, so that a retry can never overtake; none is sent twice."""
    world.memory.pause = 0.2
    page = await open_chat(world, new_page)
    for text in ("một", "hai", "ba"):
        await say(page, text)
    await expect(page.get_by_text("Đã nhận: ba")).to_be_visible()
    assert [message.text for message in world.memory.inbound] == ["một", "hai", "ba"]
    assert world.memory.tries == 3


async def test_a_restart_of_the_server_loses_and_repeats_nothing(world: World, new_page: NewPage) -> None:
    """What is written meanwhile waits, is said to wait, and arrives in order; so does what was missed."""
    page = await open_chat(world, new_page)
    await say(page, "trước")
    await expect(page.get_by_text("Đã nhận: trước")).to_be_visible()
    await world.stop()
    for text in ("một", "hai", "ba"):
        await say(page, text)
    await page.locator(INPUT).fill("đang viết dở")
    await expect(page.locator("#log .unsent")).to_have_count(3)
    await expect(page.locator("#log .unsent .foot").last).to_have_text("chờ gửi")
    await expect(page.get_by_role("status")).to_contain_text("Mất kết nối")
    world.memory.add(world.memory.inbound[0].address.user, mine=False, reply=Reply("trong lúc vắng"))
    await world.start()
    await expect(page.get_by_text("Đã nhận: ba")).to_be_visible()
    assert await shown(page) == [
        "trước",
        "Đã nhận: trước",
        "trong lúc vắng",
        "một",
        "Đã nhận: một",
        "hai",
        "Đã nhận: hai",
        "ba",
        "Đã nhận: ba",
    ]
    await expect(page.locator("#log .unsent")).to_have_count(0)
    assert world.memory.tries == 4
    await expect(page.locator(INPUT)).to_have_value("đang viết dở")


async def test_an_unsent_message_survives_a_reload(world: World, new_page: NewPage) -> None:
    """The tab keeps it, and what was being typed, until the server has it."""
    page = await open_chat(world, new_page)
    world.memory.busy = 1
    await say(page, "đừng mất")
    await expect(page.get_by_role("status")).to_contain_text("đang bận")
    await page.locator(INPUT).fill("viết dở")
    await page.reload()
    await expect(page.get_by_text("Đã nhận: đừng mất")).to_be_visible()
    assert await shown(page) == ["đừng mất", "Đã nhận: đừng mất"]
    await expect(page.locator(INPUT)).to_have_value("viết dở")
    assert await page.evaluate("sessionStorage.getItem('desk.unsent')") == "[]"


async def test_a_message_whose_ack_was_lost_is_shown_once(world: World, new_page: NewPage) -> None:
    """It was stored before the line broke: the page finds it in the history and does not send it again."""
    page = await open_chat(world, new_page)
    cuts = 0

    def cut_once() -> None:
        nonlocal cuts
        cuts += 1
        if cuts == 1:
            world.cut()

    world.memory.on_stored = cut_once
    await say(page, "một lần")
    await expect(page.get_by_text("Đã nhận: một lần")).to_be_visible()
    await say(page, "và nữa")
    await expect(page.get_by_text("Đã nhận: và nữa")).to_be_visible()
    assert await shown(page) == ["một lần", "Đã nhận: một lần", "và nữa", "Đã nhận: và nữa"]
    assert world.memory.tries == 2


async def test_writing_too_fast_loses_nothing(new_page: NewPage) -> None:
    """The page says so, and sends the rest by itself."""
    async with World(limits=Limits(message_burst=2, message_rate=1.0)) as world:
        page = await open_chat(world, new_page)
        for number in range(4):
            await say(page, f"tin {number}")
        await expect(page.get_by_role("status")).to_contain_text("hơi nhanh")
        await expect(page.get_by_text("Đã nhận: tin 3")).to_be_visible()
        assert [message.text for message in world.memory.inbound] == [f"tin {number}" for number in range(4)]


async def test_what_the_server_could_not_take_can_be_sent_again(world: World, new_page: NewPage) -> None:
    """By a button at the message; it never vanishes."""
    page = await open_chat(world, new_page)
    world.memory.fails = 1
    await say(page, "xin chào")
    await expect(page.get_by_text("chưa gửi được")).to_be_visible()
    await page.get_by_role("button", name="Gửi lại").click()
    await expect(page.get_by_text("Đã nhận: xin chào")).to_be_visible()
    assert await shown(page) == ["xin chào", "Đã nhận: xin chào"]


@pytest.mark.parametrize("length", [8_001, 40_000])
async def test_a_message_that_is_too_long_comes_back_to_be_shortened(
    world: World, new_page: NewPage, length: int
) -> None:
    """The input takes no more than that; whatever gets around it is not lost, nor sent again for ever."""
    page = await open_chat(world, new_page)
    area = page.locator("#area")
    await expect(area).to_have_attribute("maxlength", "8000")
    await area.evaluate("(area, length) => { area.value = 'x'.repeat(length); }", length)
    await area.press("Enter")
    await expect(page.get_by_text("dài hơn 8000 ký tự")).to_be_visible()
    await expect(area).to_have_value("x" * length)
    await expect(page.locator("#log .unsent")).to_have_count(0)
    await say(page, "ngắn hơn")
    await expect(page.get_by_text("Đã nhận: ngắn hơn")).to_be_visible()
    assert [message.text for message in world.memory.inbound] == ["ngắn hơn"]


async def test_two_tabs_of_one_browser_show_the_same(world: World, new_page: NewPage) -> None:
    """Also what the other one sends."""
    page = await open_chat(world, new_page)
    other = await page.context.new_page()
    await other.goto(world.url)
    await say(page, "từ thẻ một")
    await expect(other.get_by_text("Đã nhận: từ thẻ một")).to_be_visible()
    await say(other, "từ thẻ hai")
    await expect(page.get_by_text("Đã nhận: từ thẻ hai")).to_be_visible()
    assert await shown(page) == await shown(other)


async def test_by_keyboard_alone(world: World, new_page: NewPage) -> None:
    """Tab reaches every control with a visible focus, Enter sends, Shift+Enter makes a line."""
    page = await open_chat(world, new_page)
    await expect(page.locator("#area")).to_be_focused()
    await page.keyboard.type("dòng một")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("dòng hai")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Đã nhận: dòng một")).to_be_visible()
    assert world.memory.inbound[0].text == "dòng một\ndòng hai"
    await page.keyboard.type("/menu")
    await page.keyboard.press("Enter")
    await expect(page.locator("#log").get_by_role("button", name="Gặp nhân viên")).to_be_enabled()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Shift+Tab")
    focused = page.locator("#log button:focus")
    await expect(focused).to_have_text("Gặp nhân viên")
    assert await focused.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("số điện thoại đã mua hàng")).to_be_visible()
    await expect(page.locator("#line")).to_be_focused()


@pytest.mark.parametrize(
    ("text", "mode", "autocomplete"),
    [("/dulieu", "tel", "tel"), ("0900000001", "numeric", "one-time-code")],
)
async def test_the_input_fits_the_question(
    world: World, new_page: NewPage, text: str, mode: str, autocomplete: str
) -> None:
    """A number pad for a number, and the code from the SMS offered for the code."""
    page = await open_chat(world, new_page)
    await say(page, text)
    await expect(page.locator("#line")).to_have_attribute("inputmode", mode)
    await expect(page.locator("#line")).to_have_attribute("autocomplete", autocomplete)


async def test_a_file_is_sent(world: World, new_page: NewPage) -> None:
    """It is uploaded, then sent as a message with its name."""
    page = await open_chat(world, new_page)
    file = {"name": "hoá đơn.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8" * 50_000}
    await page.set_input_files("#file", file)  # type: ignore[arg-type]
    await expect(page.get_by_text("Đã nhận tệp.")).to_be_visible()
    await expect(page.locator("#log .mine .file")).to_have_text("hoá đơn.jpg")
    (ref,) = world.memory.inbound[0].files
    assert (ref.name, ref.size) == ("hoá đơn.jpg", 100_000)
    await expect(page.locator("#uploads .upload")).to_have_count(0)


async def test_a_file_that_cannot_be_sent_says_why_and_can_be_tried_again(
    world: World, new_page: NewPage
) -> None:
    """Empty: said at once. Server away: a button tries again, another gives up."""
    page = await open_chat(world, new_page)
    empty = {"name": "rong.txt", "mimeType": "text/plain", "buffer": b""}
    await page.set_input_files("#file", empty)  # type: ignore[arg-type]
    await expect(page.get_by_role("alert")).to_contain_text("tệp trống")
    await page.get_by_role("button", name="Huỷ tải lên rong.txt").click()
    await page.route("**/chat/files?lang=*", lambda route: route.fulfill(status=503, json={"error": "busy"}))
    good = {"name": "anh.jpg", "mimeType": "image/jpeg", "buffer": b"x"}
    await page.set_input_files("#file", good)  # type: ignore[arg-type]
    await expect(page.get_by_role("alert")).to_contain_text("chưa nhận được anh.jpg")
    await page.unroute("**/chat/files?lang=*")
    await page.get_by_role("button", name="Thử lại").click()
    await expect(page.get_by_text("Đã nhận tệp.")).to_be_visible()


async def test_who_reads_further_up_is_not_moved(world: World, new_page: NewPage) -> None:
    """A new message is announced by a button, which leads to it."""
    page = await open_chat(world, new_page, viewport={"width": 375, "height": 600})
    for number in range(12):
        await say(page, f"tin {number}")
        await expect(page.get_by_text(f"Đã nhận: tin {number}", exact=True)).to_be_visible()
    await page.evaluate("document.getElementById('scroll').scrollTop = 0")
    await asyncio.sleep(0.1)
    user, reply = world.memory.inbound[0].address.user, Reply("Tin của nhân viên")
    world.memory.add(user, mine=False, reply=reply)
    await world.channel.send(Address("web", user), reply)
    await page.get_by_role("button", name="Tin nhắn mới").click()
    await expect(page.get_by_text("Tin của nhân viên")).to_be_in_viewport()
    await expect(page.locator("#newer")).to_be_hidden()


async def test_what_was_on_the_screen_is_marked_as_seen(world: World, new_page: NewPage) -> None:
    """Up to the last entry."""
    page = await open_chat(world, new_page)
    await say(page, "xin chào")
    await expect(page.get_by_text("Đã nhận: xin chào")).to_be_visible()
    await expect(page.locator("#log .message")).to_have_count(2)
    await world.stop()
    assert list(world.memory.seen_up_to.values()) == [2]
    await world.start()


async def test_for_a_screen_reader(world: World, new_page: NewPage) -> None:
    """Named controls, a live log that announces only what is new, a status, the language of the page."""
    page = await open_chat(world, new_page)
    await expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")
    for role, name in (("textbox", "Nội dung tin nhắn"), ("button", "Gửi"), ("button", "Gửi tệp")):
        await expect(page.get_by_role(role, name=name, exact=True)).to_be_visible()  # type: ignore[arg-type]
    await say(page, "chào")
    await expect(page.locator("#log .bot .bubble").first).to_contain_text("Partyshop.vn: ")
    assert await page.locator("html").get_attribute("lang") == "vi"


async def test_in_english(world: World, new_page: NewPage) -> None:
    """By the browser's language or by the link; the chat hears of it."""
    page = await open_chat(world, new_page, locale="en-GB")
    await expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    await page.get_by_role("link", name="Tiếng Việt").click()
    await expect(page.get_by_role("heading", name="Kính chào quý khách")).to_be_visible()
    await page.get_by_role("link", name="English").click()
    await say(page, "hello")
    await expect(page.get_by_text("Đã nhận: hello")).to_be_visible()
    assert world.memory.inbound[0].language == "en"


async def test_without_cookies_the_page_says_why(world: World, new_page: NewPage) -> None:
    """Instead of trying for ever."""
    page = await open_chat(world, new_page)
    await page.context.clear_cookies()
    world.cut()
    await expect(page.get_by_role("status")).to_contain_text("cookie")
    await expect(page.get_by_role("link", name="Mở trong thẻ mới")).to_be_visible()


async def test_words_are_never_markup(world: World, new_page: NewPage) -> None:
    """What looks like HTML or like a script address is shown, not run."""
    page = await open_chat(world, new_page)
    await say(page, "<img src=x onerror=alert(1)><b>đậm</b>")
    await expect(page.locator("#log .bot .words")).to_have_text(
        "Đã nhận: <img src=x onerror=alert(1)><b>đậm</b>"
    )
    assert await page.locator("#log img, #log b").count() == 0


async def test_a_link_opens_its_own_tab_without_a_way_back(world: World, new_page: NewPage) -> None:
    """The page behind it cannot reach the chat."""
    page = await open_chat(world, new_page)
    await say(page, "/chinhsach")
    link = page.get_by_role("link", name="Xem đầy đủ (mở trong thẻ mới)")
    await expect(link).to_have_attribute("href", f"{world.url}/my#abc")
    await expect(link).to_have_attribute("target", "_blank")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")


async def test_every_text_can_be_read(world: World, new_page: NewPage) -> None:
    """Enough contrast, by day and by night, in every state."""
    page = await open_chat(world, new_page, reduced_motion="reduce")
    await can_be_read(page)
    await say(page, "/chinhsach")
    await page.locator("#log").get_by_role("button", name="Dữ liệu của tôi").click()
    await expect(page.get_by_text("số điện thoại đã mua hàng")).to_be_visible()
    await world.stop()
    await say(page, "0900000001")
    await expect(page.get_by_role("status")).to_contain_text("Mất kết nối")
    await can_be_read(page)
    await world.start()


async def test_it_fits_the_screen(world: World, new_page: NewPage) -> None:
    """Nothing sticks out, controls are large enough to tap, and the input stays in sight."""
    page = await open_chat(world, new_page)
    await say(page, "/chinhsach")
    await say(page, "một-từ-rất-dài-" * 20)
    await expect(page.locator("#log .bot .words").last).to_contain_text("một-từ")
    for width in (*WIDTHS, 375):
        await fits(page, width, "button:visible, nav a")
        assert await page.evaluate("document.getElementById('scroll').scrollWidth") <= width
        await expect(page.locator(INPUT)).to_be_in_viewport(ratio=1)


async def test_without_motion_where_none_is_wanted(world: World, new_page: NewPage) -> None:
    """prefers-reduced-motion switches every animation off."""
    page = await open_chat(world, new_page, reduced_motion="reduce")
    await say(page, "chào")
    await expect(page.locator("#log .bot")).to_be_visible()
    assert await page.evaluate("document.getAnimations().length") == 0


async def test_without_javascript_there_is_another_way(world: World, new_page: NewPage) -> None:
    """The shop's e-mail stands there, once it is clear that no script runs; where one runs, it never does."""
    page = await new_page(java_script_enabled=False)
    await page.goto(world.url)
    await expect(page.get_by_text("partyshop.vn@gmail.com")).to_be_hidden()
    await expect(page.get_by_text("partyshop.vn@gmail.com")).to_be_visible()


async def test_the_page_loads_nothing_from_outside(world: World, new_page: NewPage) -> None:
    """Every request goes to our own server, and its policy allows no other."""
    page = await new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    answer = await page.goto(world.url)
    assert answer
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    await expect(page.locator("#welcome")).to_be_visible()
    assert all(url.startswith(world.url) for url in requests)
