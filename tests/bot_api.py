"""A stand-in for Telegram's Bot API on the loopback, for what lo-bot-api-emulator cannot do.

It keeps updates until they are confirmed (getUpdates' offset, or a 2xx of the webhook), refuses what
Telegram refuses of the calls that the program makes, and can be told to fail, to hang, to drop
connections and to lose files. ``sent`` holds every call in order, refused ones included.

    async with BotApi() as api:
        channel = TelegramChannel(token=TOKEN, api_url=api.url, ...)
        await api.push_text(1001, "/start")
        call = await api.wait_for("sendMessage")
        assert call.params["chat_id"] == "1001"
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from tests.bot_api_rules import Refusal, check_message
from tests.telegram_updates import Json, message, person, private, supergroup, text_update

TOKEN = "7000000001:stand-in-token-for-tests-only-00000000"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"

_JSON = {
    "allowed_updates",
    "commands",
    "link_preview_options",
    "max_connections",
    "message_id",
    "offset",
    "reply_markup",
    "scope",
    "timeout",
}


@dataclass(frozen=True)
class Call:
    """One call of the bot, with its parameters as JSON values; ``at`` is monotonic seconds."""

    method: str
    params: Json
    at: float = field(default_factory=time.monotonic)


class BotApi:
    """The stand-in server. Use as an async context manager."""

    def __init__(self, *, username: str | None = "PartyshopTestBot", token: str = TOKEN) -> None:
        self.token = token
        self.username = username
        self.sent: list[Call] = []
        self.blocked: set[str] = set()
        """Chats that answer 403 to sendMessage."""
        self.moved: dict[str, int] = {}
        """Groups that have become supergroups, and their new ids."""
        self.files: dict[str, bytes | None] = {}
        """Files by id; None has died: getFile refuses it."""
        self.polls = 0
        self.statuses: list[int] = []
        """What the webhook answered, delivery by delivery; 0 when it could not be reached."""
        self._webhook: Json = {"url": ""}
        self._updates: list[Json] = []
        self._next_update = 1000
        self._next_message = 1
        self._failures: dict[str, list[tuple[int, Any]]] = defaultdict(list)
        self._holds: dict[str, float] = {}
        self._drops: dict[str, int] = defaultdict(int)
        self._changed = asyncio.Condition()
        self._delivering = asyncio.Lock()
        self._release = False
        self._delivery: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/bot{token}/{method}", self._call)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._delivery:
            self._delivery.cancel()
        await self._runner.cleanup()

    # -- what the test makes happen --------------------------------------------------------------

    async def push(self, update: Json) -> Json:
        """Queue an update (its id is made here unless given) and try to deliver it."""
        update = {"update_id": self._next_update, **update}
        self._next_update = max(self._next_update, update["update_id"]) + 1
        await self.push_raw(update)
        return update

    async def push_raw(self, update: Any) -> None:
        """Queue anything at all as an update."""
        async with self._changed:
            self._updates.append(update)
            self._changed.notify_all()
        await self.deliver()

    async def push_text(self, user: int, text: str, **more: Any) -> Json:
        """A person writes; ``more`` goes into the message."""
        return await self.push(text_update(user, text, **more))

    async def push_press(self, user: int, data: str, message_id: int = 1, **more: Any) -> Json:
        """A person taps a button with this callback_data under the message with this id."""
        query = {"id": f"q{self._next_update}", "from": person(user), "chat_instance": "1", "data": data}
        under = {"message_id": message_id, "date": int(time.time()), "chat": private(user), "text": "?"}
        return await self.push({"callback_query": {**query, "message": under, **more}})

    async def push_in_group(self, group: str, user: int, text: str, **more: Any) -> Json:
        """A person writes in a group; ``more`` goes into the message."""
        return await self.push(text_update(user, text, chat=supergroup(group), **more))

    async def press_in_group(self, group: str, user: int, data: str, **more: Any) -> Json:
        """A person taps a button with this callback_data in a group."""
        under = {"message_id": 1, "date": int(time.time()), "chat": supergroup(group), "text": "?"}
        return await self.push_press(user, data, message=under, **more)

    async def press_label(self, user: int, label: str) -> Json:
        """A person taps the button with this label, the newest that was sent to them."""
        for call in reversed(self.messages(user)):
            for row in (call.params.get("reply_markup") or {}).get("inline_keyboard", ()):
                for button in row:
                    if button["text"] == label:
                        return await self.push_press(user, button["callback_data"])
        raise AssertionError(f"no button {label!r}")

    async def push_contact(self, user: int, phone: str, *, own: bool = True, **more: Any) -> Json:
        """A person shares a card: their own, or somebody else's; ``more`` goes into the message."""
        contact = {"phone_number": phone, "first_name": "Khách", "user_id": user if own else user + 1}
        return await self.push({"message": message(user, contact=contact, **more)})

    async def push_document(self, user: int, name: str, mime: str, content: bytes, **more: Any) -> Json:
        """A person sends a file; ``more`` goes into the message."""
        document = {**self._keep(content), "file_name": name, "mime_type": mime}
        return await self.push({"message": message(user, document=document, **more)})

    async def push_photo(self, user: int, content: bytes, **more: Any) -> Json:
        """A person sends a photograph, which comes in two sizes; ``more`` goes into the message."""
        small = {**self._keep(content[:10]), "width": 90, "height": 60}
        large = {**self._keep(content), "width": 1280, "height": 853}
        return await self.push({"message": message(user, photo=[small, large], **more)})

    def fail_next(self, method: str, status: int, body: Any, times: int = 1) -> None:
        """Answer the next calls of a method so, without acting; a str body is sent as a proxy's page."""
        self._failures[method] += [(status, body)] * times

    def flood(self, method: str, seconds: float, times: int = 1) -> None:
        """Answer the next calls of a method with 429 and retry_after."""
        body = {"ok": False, "error_code": 429, "description": "Too Many Requests: retry later"}
        self.fail_next(method, 429, {**body, "parameters": {"retry_after": seconds}}, times)

    def hold(self, method: str, seconds: float) -> None:
        """Act on the calls of a method at once, but answer so much later."""
        self._holds[method] = seconds

    def drop_next(self, method: str, times: int = 1) -> None:
        """Act on the next calls of a method, then cut the connection instead of answering."""
        self._drops[method] += times

    async def release_poll(self) -> None:
        """Answer the open getUpdates with nothing, as after its long timeout."""
        async with self._changed:
            self._release = True
            self._changed.notify_all()

    async def deliver(self) -> None:
        """Bring waiting updates to the webhook, in order, until one is not taken (then call this again)."""
        async with self._delivering:
            while self._webhook["url"] and self._updates:
                update = self._updates[0]
                status = await self._post_to_webhook(update)
                async with self._changed:
                    self.statuses.append(status)
                    self._changed.notify_all()
                if not 200 <= status < 300:
                    return
                self._updates.remove(update)

    # -- what the test looks at ------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """How many updates are not confirmed yet."""
        return len(self._updates)

    def calls(self, method: str) -> list[Call]:
        """The calls of one method, in order."""
        return [call for call in self.sent if call.method == method]

    def messages(self, user: int | str) -> list[Call]:
        """What was sent to a chat, in order."""
        return [call for call in self.calls("sendMessage") if call.params.get("chat_id") == str(user)]

    async def wait_for(self, method: str, count: int = 1, seconds: float = 5.0) -> Call:
        """Wait until a method has been called so often, and return the last of these calls."""
        await self.wait_until(lambda: len(self.calls(method)) >= count, seconds)
        return self.calls(method)[count - 1]

    async def wait_until(self, true: Callable[[], bool], seconds: float = 5.0) -> None:
        """Wait until something is true of this server; fails after so many seconds."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(true)

    # -- the server ------------------------------------------------------------------------------

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        params = _params(await request.post())
        if method != "getUpdates":
            await self._note(Call(method, params))
        if request.match_info["token"] != self.token:
            return web.json_response({"ok": False, "description": "Unauthorized"}, status=401)
        if self._failures[method]:
            status, body = self._failures[method].pop(0)
            if isinstance(body, str):
                return web.Response(status=status, text=body, content_type="text/html")
            return web.json_response(body, status=status)
        try:
            result = await self._result(method, params)
            answer: Json = {"ok": True, "result": result}
            status = 200
        except Refusal as refusal:
            answer, status = refusal.body, refusal.status
        if self._drops[method]:
            self._drops[method] -= 1
            assert request.transport
            request.transport.abort()
        await asyncio.sleep(self._holds.get(method, 0))
        return web.json_response(answer, status=status)

    async def _note(self, call: Call) -> None:
        async with self._changed:
            self.sent.append(call)
            self._changed.notify_all()

    async def _result(self, method: str, params: Json) -> Any:
        answers: dict[str, Callable[[Json], Awaitable[Any]]] = {
            "getMe": self._get_me,
            "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._set_webhook,
            "sendMessage": self._send_message,
            "getFile": self._get_file,
        }
        if method in answers:
            return await answers[method](params)
        if method in ("setMyCommands", "answerCallbackQuery", "editMessageReplyMarkup"):
            return True
        raise Refusal(404, "Not Found")

    async def _get_me(self, _: Json) -> Json:
        me: Json = {"id": 7000000001, "is_bot": True, "first_name": "Partyshop"}
        return {**me, "username": self.username} if self.username else me

    async def _get_updates(self, params: Json) -> list[Any]:
        if self._webhook["url"]:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = params.get("offset", 0)

        def ready() -> bool:
            self._updates = [update for update in self._updates if _number(update) >= offset]
            return bool(self._updates) or self._release

        async with self._changed:
            self.polls += 1
            ready()
            self._changed.notify_all()
            with suppress(TimeoutError):
                async with asyncio.timeout(params.get("timeout", 0)):
                    await self._changed.wait_for(ready)
            self._release = False
            return self._updates[:100]

    async def _set_webhook(self, params: Json) -> bool:
        self._webhook = {"url": "", **params}
        self._delivery = asyncio.create_task(self.deliver())
        return True

    async def _post_to_webhook(self, update: Json) -> int:
        headers = {SECRET_HEADER: self._webhook.get("secret_token", "")}
        try:
            async with (
                ClientSession(timeout=ClientTimeout(total=10)) as session,
                session.post(self._webhook["url"], json=update, headers=headers) as response,
            ):
                return response.status
        except (ClientError, TimeoutError):
            return 0

    async def _send_message(self, params: Json) -> Json:
        chat, text = params.get("chat_id"), params.get("text")
        if chat in self.moved:
            raise Refusal(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": self.moved[chat]},
            )
        if chat in self.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        check_message(text, params.get("reply_markup") or {})
        self._next_message += 1
        sent = {"message_id": self._next_message, "date": int(time.time()), "text": text}
        return {**sent, "chat": {"id": int(chat or 0), "type": "private"}}

    async def _get_file(self, params: Json) -> Json:
        content = self.files.get(params.get("file_id", ""))
        if content is None:
            raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(content) > 20 * 1024 * 1024:
            raise Refusal(400, "Bad Request: file is too big")
        return {"file_id": params["file_id"], "file_unique_id": "u", "file_path": f"docs/{params['file_id']}"}

    async def _download(self, request: web.Request) -> web.Response:
        content = self.files.get(request.match_info["path"].rpartition("/")[2])
        if self._failures["download"]:
            status, _ = self._failures["download"].pop(0)
            return web.Response(status=status)
        if content is None or request.match_info["token"] != self.token:
            raise web.HTTPNotFound
        return web.Response(body=content, content_type="application/octet-stream")

    def _keep(self, content: bytes) -> Json:
        handle = f"file{len(self.files)}"
        self.files[handle] = content
        return {"file_id": handle, "file_unique_id": f"u{handle}", "file_size": len(content)}


def _params(form: Mapping[str, Any]) -> Json:
    """The fields of a form, those that are no texts as the JSON values that they stand for."""
    return {key: json.loads(value) if key in _JSON else value for key, value in form.items()}


def _number(update: Any) -> int:
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) else 0
