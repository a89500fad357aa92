"""The page of the stand-in for Zalo: a customer's phone, for ``chatbot demo --zalo``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from tests.zalo_server import ZaloServer

CUSTOMER = "246845883529197922"

_PAGE = """<!doctype html><meta charset="utf-8"><title>Zalo (giả lập)</title>
<meta name="viewport" content="width=device-width">
<style>
body{font:16px system-ui;margin:0 auto;max-width:26rem;background:#e9eef5}
main{padding:1rem 1rem 5rem}
p{white-space:pre-wrap;background:#fff;border-radius:.6rem;padding:.6rem .8rem;margin:.4rem 3rem .4rem 0}
p.own{background:#d5f0ff;margin:.4rem 0 .4rem 3rem}
button{display:block;margin:.2rem 0;padding:.5rem .8rem;border:0;border-radius:.6rem;
background:#0068ff;color:#fff;font:inherit}
form{position:fixed;bottom:0;width:100%;max-width:26rem;display:flex;background:#fff}
input{flex:1;font:inherit;padding:.8rem;border:0}
</style>
<main id="log"></main>
<form id="form"><input id="text" placeholder="Nhắn cho Official Account" autocomplete="off">
<button>Gửi</button></form>
<script>
const log = document.getElementById("log"), text = document.getElementById("text");
let seen = 0;
function line(words, own) {
  const p = document.createElement("p"); p.textContent = words; if (own) p.className = "own"; log.append(p);
}
async function say(words) { await fetch("/phone/says", {method: "POST", body: words}); }
document.getElementById("form").onsubmit = event => {
  event.preventDefault(); line(text.value, true); say(text.value); text.value = "";
};
async function look() {
  for (const sent of await (await fetch("/phone/sent?after=" + seen)).json()) {
    seen++; line(sent.text);
    for (const one of sent.buttons) {
      const button = document.createElement("button"); button.textContent = one.title;
      button.onclick = () => one.type === "oa.open.url" ? open(one.payload.url) : say(one.payload);
      log.append(button);
    }
    scrollTo(0, document.body.scrollHeight);
  }
  setTimeout(look, 500);
}
look();
</script>"""


def routes(zalo: ZaloServer) -> list[web.RouteDef]:
    """The page, what is typed on it, and what it shows."""

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    async def says(request: web.Request) -> web.Response:
        return web.json_response(await zalo.says(CUSTOMER, await request.text()))

    async def sent(request: web.Request) -> web.Response:
        after = int(request.query.get("after", "0"))
        shown: list[dict[str, Any]] = [
            {"text": one.text, "buttons": one.buttons} for one in zalo.to(CUSTOMER)[after:]
        ]
        return web.json_response(shown)

    return [web.get("/", page), web.post("/phone/says", says), web.get("/phone/sent", sent)]
