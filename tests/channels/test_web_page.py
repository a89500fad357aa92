"""The chat's page and its files as a browser gets them: headers, languages, versions."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator

import pytest

from chatbot.pages.template import fill, json_block
from tests.web_customer import Browser
from tests.web_world import World


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with World(frame_ancestors=("https://www.example.vn",)) as world, Browser(world) as browser:
        yield browser


async def get(browser: Browser, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body."""
    async with browser.session.get(browser.world.url + path, headers=headers) as answer:
        return answer.status, dict(answer.headers), await answer.text()


async def test_the_policy_allows_our_own_files_and_named_frames_only(browser: Browser) -> None:
    """The chat may be framed by the shop; no other page of ours by anybody."""
    _, headers, body = await get(browser, "/")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:" in policy
    assert f"connect-src 'self' ws://localhost:{browser.world.port}" in policy
    assert "frame-ancestors 'self' https://www.example.vn;" in policy
    assert not re.search(r"<[^>]+ (on\w+|style)=", body)
    _, headers, _ = await get(browser, "/demo")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/", "/demo", "/nowhere", "/chat/ws", "/static/x/chat.js", "/chat/snippet.js"]
)
async def test_every_answer_carries_the_headers(browser: Browser, path: str) -> None:
    """Also refusals; and none tells what the server runs."""
    _, headers, _ = await get(browser, path)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Server" not in headers


async def test_the_page_is_never_stored_and_its_files_for_ever(browser: Browser) -> None:
    """A file's address changes with its content; one asked for by another release is not kept."""
    _, headers, body = await get(browser, "/")
    assert headers["Cache-Control"] == "no-store"
    script = re.search(r'src="(/static/[0-9a-f]{12}/chat\.js)"', body)
    assert script
    status, headers, _ = await get(browser, script[1])
    assert (status, headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert "immutable" in headers["Cache-Control"]
    status, headers, _ = await get(browser, "/static/000000000000/chat.js")
    assert (status, headers["Cache-Control"]) == (200, "no-store")


@pytest.mark.parametrize(
    ("query", "accept", "language"),
    [
        ("", "", "vi"),
        ("", "en-US,en;q=0.9", "en"),
        ("", "vi,en;q=0.9", "vi"),
        ("", "fr, en;q=0.5", "en"),
        ("", "de", "vi"),
        ("?lang=vi", "en", "vi"),
        ("?lang=xx", "en", "en"),
    ],
)
async def test_the_language_is_the_wish_then_the_browsers_then_vietnamese(
    browser: Browser, query: str, accept: str, language: str
) -> None:
    """In the page, and in what its script is told."""
    _, headers, body = await get(browser, f"/{query}", **{"Accept-Language": accept})
    assert f'<html lang="{language}">' in body
    assert headers["Content-Language"] == language
    setup = re.search(r'id="setup">(.*?)</script>', body)
    assert setup
    assert json.loads(setup[1])["language"] == language


@pytest.mark.parametrize(
    ("site", "framed"), [("same-origin", True), ("same-site", True), ("cross-site", False), ("", False)]
)
async def test_the_snippet_frames_the_chat_on_our_own_site_only(
    browser: Browser, site: str, framed: bool
) -> None:
    """As the browser says it; a cache must not mix the two up."""
    _, headers, script = await get(browser, "/chat/snippet.js", **({"Sec-Fetch-Site": site} if site else {}))
    assert f'"framed":{json.dumps(framed)}' in script
    assert '"hosts":["https://www.example.vn"]' in script
    assert "Sec-Fetch-Site" in headers["Vary"]
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_foreign_page_cannot_move_the_demos_clock(browser: Browser, site: str) -> None:
    """Nor can a form, which cannot send JSON."""
    url = browser.world.url + "/demo/clock"
    async with browser.session.post(url, json={"step": "hour"}, headers={"Sec-Fetch-Site": site}) as answer:
        assert answer.status == 403
    async with browser.session.post(url, data={"step": "hour"}) as answer:
        assert answer.status == 415
    async with browser.session.post(url, json={"step": "decade"}) as answer:
        assert answer.status == 400
    assert browser.world.board.moved == []


def test_a_hole_takes_text_and_a_json_block_cannot_end_its_script() -> None:
    """Whatever the shop is called, or a text says."""
    assert fill('<p title="${a.b}">', {"a.b": '"><script>${c}'}) == (
        '<p title="&quot;&gt;&lt;script&gt;${c}">'
    )
    block = json_block({"a": "</script><!--"})
    assert "<" not in block
    assert json.loads(block) == {"a": "</script><!--"}
    with pytest.raises(KeyError):
        fill("${missing}", {})
