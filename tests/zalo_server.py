"""A stand-in for Zalo's servers on the loopback: OAuth, OA API, uploads, template messages, and the phone
of a customer that writes to the desk's webhook.

It is strict about shapes (``tests/zalo_rules.py``), spends a refresh token at its first use, counts the
windows of 48 hours and 7 days by its ``now``, answers every error with HTTP 200, and can be told to fail.

    async with ZaloServer() as zalo:
        settings = zalo.settings                  # what makes a desk use it
        zalo.desk = "http://127.0.0.1:8080"       # where its webhook listens
        await zalo.says("1001", "xin chào")
        await zalo.hears("1001", "Partyshop")
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import parse_qsl

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from tests import zalo_phone
from tests.zalo_rules import (
    LARGEST_FILE,
    LARGEST_IMAGE,
    Refusal,
    check_consultation,
    check_template,
)

Json = dict[str, Any]

APP_ID, APP_SECRET, OA_SECRET = "360846524940903967", "app-secret-for-tests", "oa-secret-for-tests"
OA_ID, TEMPLATE = "388613280878808645", "240001"
FREE, PAID = timedelta(hours=48), timedelta(days=7)
TOKEN_SECONDS = 90_000

Fault = int | str | float
"""What the next call of a path meets: an error code (negative), an HTTP status, "drop" (the connection
breaks after the call was carried out), or a pause in seconds (a float)."""


def signed(body: bytes, timestamp: str, app_id: str = APP_ID, secret: str = OA_SECRET) -> dict[str, str]:
    """The headers of an event as Zalo sends them."""
    mac = hashlib.sha256(app_id.encode() + body + timestamp.encode() + secret.encode()).hexdigest()
    return {"X-ZEvent-Signature": f"mac={mac}", "Content-Type": "application/json"}


@dataclass(frozen=True)
class Sent:
    """One message that a customer has been sent."""

    user: str
    message: Json
    at: float = field(default_factory=time.monotonic)

    @property
    def text(self) -> str:
        return str(self.message.get("text", ""))

    @property
    def buttons(self) -> list[Json]:
        payload = self.message.get("attachment", {}).get("payload", {})
        return list(payload.get("buttons", ()))


class ZaloServer:
    """The stand-in. Use as an async context manager."""

    def __init__(self, *, port: int = 0, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._port, self.now = port, now
        self.desk = ""
        self.sent: list[Sent] = []
        self.codes: list[tuple[str, str, str]] = []
        """Phone, code and tracking id of each template message."""
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        """By path, what the next calls of it meet."""
        self.calls: list[str] = []
        self.buttons = self.forms = True
        self.no_zalo: set[str] = set()
        self.away: set[str] = set()
        """Customers whom the OA may not write to (-213)."""
        self.files: dict[str, bytes] = {}
        self.uploads: dict[str, bytes] = {}
        self.billed = 0
        self.interacted: dict[str, datetime] = {}
        self.statuses: list[int] = []
        self.seconds: list[float] = []
        """What the webhook answered, and how long it took."""
        self.access, self.refresh = "", secrets.token_urlsafe(24)
        self.refreshed = 0
        self._count = 0
        self.changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=LARGEST_FILE * 2)
        app.router.add_post("/v4/oa/access_token", self._oauth)
        app.router.add_post("/v3.0/oa/message/cs", self._api(self._consultation))
        app.router.add_get("/v3.0/oa/user/detail", self._api(self._detail))
        app.router.add_post("/v2.0/oa/upload/{kind}", self._api(self._upload))
        app.router.add_post("/message/template", self._api(self._template))
        app.router.add_get("/files/{name}", self._file)
        app.add_routes(zalo_phone.routes(self))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def settings(self) -> dict[str, str]:
        """What makes a desk use it; the desk needs a token chain too: ``refresh`` is its beginning."""
        return {
            "ZALO_APP_ID": APP_ID,
            "ZALO_APP_SECRET": APP_SECRET,
            "ZALO_OA_SECRET": OA_SECRET,
            "ZALO_API_URL": self.url,
            "ZALO_OAUTH_URL": self.url,
            "ZALO_ZNS_URL": self.url,
            "ZALO_OTP_TEMPLATE": TEMPLATE,
        }

    # -- the customer ----------------------------------------------------------------------------

    async def says(self, user: str, text: str, **more: Any) -> int:
        """A customer writes; what the desk answers. ``more`` goes into the event."""
        return await self.writes(user, "user_send_text", {"text": text}, **more)

    async def taps(self, user: str, title: str) -> int:
        """A customer taps the newest button of that title; "Xem thêm" is tapped where it is further on."""
        for _ in range(5):
            buttons = [button for sent in self.to(user) for button in sent.buttons]
            payloads = {button["title"]: button["payload"] for button in buttons}
            if title in payloads:
                return await self.says(user, payloads[title])
            count = len(self.to(user))
            await self.says(user, payloads["Xem thêm"])
            await self.wait_until(lambda count=count: len(self.to(user)) > count)  # type: ignore[misc]
        raise AssertionError(f"no button {title!r}")

    async def sends_file(self, user: str, name: str, content: bytes) -> int:
        """A customer sends a file that lies on this server."""
        self.files[name] = content
        payload = {"size": str(len(content)), "name": name, "type": name.rpartition(".")[2]}
        payload |= {"checksum": "0" * 32, "url": f"{self.url}/files/{name}"}
        return await self.writes(
            user, "user_send_file", {"attachments": [{"type": "file", "payload": payload}]}
        )

    async def submits(self, user: str, phone: str) -> int:
        """A customer fills in the newest form; a text in their name comes with it, as has been seen."""
        payloads = [sent.message.get("attachment", {}).get("payload", {}) for sent in self.to(user)]
        assert any(payload.get("template_type") == "request_user_info" for payload in payloads), "no form"
        parties = {"sender": {"id": user}, "recipient": {"id": OA_ID}}
        info = {"name": "Khách", "phone": phone}
        await self.says(user, "Bạn đã gởi thông tin cho OA")
        return await self.event({"event_name": "user_submit_info", **parties, "info": info})

    async def writes(self, user: str, event: str, message: Json, **more: Any) -> int:
        """An event of a message from a customer."""
        self._count += 1
        self.interacted[user] = self.now()
        parties = {"sender": {"id": user}, "recipient": {"id": OA_ID}}
        message = {"msg_id": f"{self._count:020x}", **message}
        return await self.event({"event_name": event, **parties, "message": message, **more})

    async def human(self, user: str, text: str) -> int:
        """Somebody of the shop answers in OA Chat."""
        self._count += 1
        parties = {"sender": {"id": OA_ID, "admin_id": "1"}, "recipient": {"id": user}}
        message = {"text": text, "msg_id": f"{self._count:020x}"}
        return await self.event({"event_name": "oa_send_text", **parties, "message": message})

    async def event(self, event: Json) -> int:
        """Bring an event to the desk; what it answers, 0 where it does not."""
        timestamp = str(int(self.now().timestamp() * 1000))
        event = {"app_id": APP_ID, "timestamp": timestamp, **event}
        return await self.post(json.dumps(event, ensure_ascii=False).encode(), str(event["timestamp"]))

    async def post(self, body: bytes, timestamp: str = "") -> int:
        """Bring a signed body to the desk."""
        began = time.perf_counter()
        try:
            async with (
                ClientSession(timeout=ClientTimeout(total=10)) as session,
                session.post(f"{self.desk}/zalo", data=body, headers=signed(body, timestamp)) as answer,
            ):
                status = answer.status
        except (ClientError, TimeoutError):
            status = 0
        self.statuses.append(status)
        self.seconds.append(time.perf_counter() - began)
        return status

    def to(self, user: str) -> list[Sent]:
        """What a customer has been sent, in order."""
        return [sent for sent in self.sent if sent.user == user]

    async def hears(self, user: str, words: str, times: int = 1) -> None:
        """Wait until a customer has been sent some words so often."""

        def said() -> str:
            return "\n".join(sent.text for sent in self.to(user))

        try:
            await self.wait_until(lambda: said().count(words) >= times)
        except TimeoutError:
            raise AssertionError(f"{words!r} is not in {said()!r}") from None

    async def wait_until(self, true: Callable[[], bool], seconds: float = 10) -> None:
        """Wait until something is true of what was called."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(true)

    # -- the servers -----------------------------------------------------------------------------

    async def _oauth(self, request: web.Request) -> web.Response:
        form = dict(parse_qsl(await request.text()))
        fine = (
            request.headers.get("secret_key") == APP_SECRET
            and request.content_type == "application/x-www-form-urlencoded"
            and form.keys() == {"app_id", "grant_type", "refresh_token"}
            and form["app_id"] == APP_ID
        )
        fault = await self._fault(request.path)
        if isinstance(fault, int):
            return self._refused(fault, "refused") if fault < 0 else web.Response(status=fault, text="x")
        if not fine or form["refresh_token"] != self.refresh:
            return self._refused(-14014, "Invalid refresh token")
        self.refreshed += 1
        self.access, self.refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        await self._tell()
        if fault == "drop":
            return self._drop(request)
        pair = {"access_token": self.access, "refresh_token": self.refresh}
        return web.json_response({**pair, "expires_in": str(TOKEN_SECONDS)})

    def _api(self, serve: Any) -> Any:
        async def call(request: web.Request) -> web.Response:
            if "Authorization" in request.headers:
                return web.Response(status=400)
            fault = await self._fault(request.path)
            if isinstance(fault, int) and fault > 0:
                return web.Response(status=fault, text="<html>")
            try:
                if isinstance(fault, int):
                    raise Refusal(fault, "as the test wants")
                if not self.access or request.headers.get("access_token") != self.access:
                    raise Refusal(
                        -124 if request.path == "/message/template" else -216, "Access token is invalid"
                    )
                data = await serve(request)
            except Refusal as refusal:
                return self._refused(refusal.code, str(refusal))
            finally:
                await self._tell()
            if fault == "drop":
                return self._drop(request)
            return web.json_response({"data": data, "error": 0, "message": "Success"})

        return call

    async def _consultation(self, request: web.Request) -> Json:
        user, message = check_consultation(await request.json(), buttons=self.buttons, forms=self.forms)
        if user in self.away:
            raise Refusal(-213, "User has not followed OA")
        silence = self.now() - self.interacted.get(user, datetime.min.replace(tzinfo=UTC))
        if silence > PAID:
            raise Refusal(-230, "User has not interacted with the OA in the past 7 days")
        self.billed += silence > FREE
        self.sent.append(Sent(user, message))
        return {"message_id": secrets.token_hex(10), "user_id": user}

    async def _template(self, request: web.Request) -> Json:
        phone, code, tracking = check_template(await request.json(), TEMPLATE)
        if phone in self.no_zalo:
            raise Refusal(-118, "Zalo account not existed")
        self.codes.append((phone, code, tracking))
        return {"msg_id": secrets.token_hex(10), "sent_time": "1626926349402"}

    async def _detail(self, request: web.Request) -> Json:
        user = json.loads(request.query["data"])["user_id"]
        return {"user_id": user, "display_name": "Khách", "is_sensitive": False, "user_is_follower": True}

    async def _upload(self, request: web.Request) -> Json:
        kind = request.match_info["kind"]
        content: bytes = (await request.post())["file"].file.read()  # type: ignore[union-attr]
        if len(content) > (LARGEST_IMAGE if kind == "image" else LARGEST_FILE):
            raise Refusal(-210, "file is over the limit")
        name = secrets.token_hex(10)
        self.uploads[name] = content
        return {"attachment_id" if kind == "image" else "token": name}

    async def _file(self, request: web.Request) -> web.Response:
        content = self.files.get(request.match_info["name"])
        return web.Response(body=content) if content is not None else web.Response(status=404)

    async def _fault(self, path: str) -> Fault | None:
        self.calls.append(path)
        fault = self.faults[path].pop(0) if self.faults[path] else None
        if isinstance(fault, float):
            await asyncio.sleep(fault)
        return fault

    def _refused(self, code: int, words: str) -> web.Response:
        return web.json_response({"error": code, "message": words})

    def _drop(self, request: web.Request) -> web.Response:
        with suppress(AttributeError):
            request.transport.abort()  # type: ignore[union-attr]
        return web.Response()

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()
