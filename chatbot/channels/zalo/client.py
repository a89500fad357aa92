"""The calls of Zalo's OA API and of template messages that the desk makes; nothing else knows their shapes.

Every id is a text: they are greater than what JSON numbers carry safely.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any
from unicodedata import normalize

from aiohttp import ClientSession, ClientTimeout, FormData

from chatbot.channels.zalo import errors
from chatbot.channels.zalo.errors import Do
from chatbot.channels.zalo.tokens import Tokens
from chatbot.channels.zalo.wire import Ambiguous, answer_of

CALL_SECONDS, CONNECT_SECONDS = 15.0, 5.0
LARGEST_IMAGE, LARGEST_FILE = 1024 * 1024, 5 * 1024 * 1024
"""Bytes that Zalo takes of a picture (JPG, PNG) and of a document."""
IMAGES, DOCUMENTS = frozenset({".jpg", ".jpeg", ".png"}), frozenset({".pdf", ".doc", ".docx", ".csv"})

Json = dict[str, Any]


class ZaloError(Exception):
    """Zalo refused a call: its code, and what to do about it. Never carries Zalo's words, which may quote
    ours."""

    def __init__(self, code: int, do: Do) -> None:
        super().__init__(f"Zalo {code}")
        self.code, self.do = code, do


class ZaloClient:
    """One session for all calls. Each raises ZaloError, NotCarriedOut, Ambiguous, or Later where there is
    no token to call with."""

    def __init__(self, tokens: Tokens, *, api_url: str, zns_url: str) -> None:
        self.tokens = tokens
        self._api, self._zns = api_url, zns_url
        self._session: ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()

    # -- messages --------------------------------------------------------------------------------

    async def send_text(self, user: str, text: str, buttons: Sequence[Json] = ()) -> str:
        """A consultation message, perhaps with buttons below it; Zalo's id of it."""
        message: Json = {"text": normalize("NFC", text)}
        if buttons:
            message["attachment"] = {"type": "template", "payload": {"buttons": list(buttons)}}
        return await self._consult(user, message)

    async def send_image(self, user: str, attachment: str, caption: str) -> str:
        """A picture that was uploaded; Zalo's id of the message."""
        element = {"media_type": "image", "attachment_id": attachment}
        payload = {"template_type": "media", "elements": [element]}
        attached = {"type": "template", "payload": payload}
        return await self._consult(user, {"text": normalize("NFC", caption), "attachment": attached})

    async def send_file(self, user: str, token: str) -> str:
        """A document that was uploaded; Zalo's id of the message."""
        return await self._consult(user, {"attachment": {"type": "file", "payload": {"token": token}}})

    async def request_user_info(self, user: str, title: str, subtitle: str, image_url: str) -> str:
        """Zalo's form for name, phone and address; what is entered comes as ``user_submit_info``."""
        words = {"title": normalize("NFC", title), "subtitle": normalize("NFC", subtitle)}
        element = {**words, "image_url": image_url}
        payload = {"template_type": "request_user_info", "elements": [element]}
        return await self._consult(user, {"attachment": {"type": "template", "payload": payload}})

    async def _consult(self, user: str, message: Json) -> str:
        body = {"recipient": {"user_id": user}, "message": message}
        answer = await self._call("POST", f"{self._api}/v3.0/oa/message/cs", lambda: {"json": body})
        return str(answer.get("message_id", ""))

    # -- all else --------------------------------------------------------------------------------

    async def user_detail(self, user: str) -> Json:
        """What Zalo tells of a user."""
        query = {"data": json.dumps({"user_id": user})}
        return await self._call("GET", f"{self._api}/v3.0/oa/user/detail", lambda: {"params": query})

    async def upload_image(self, name: str, content: bytes) -> str:
        """The id by which a picture can be sent for 7 days. Raises ValueError for one Zalo does not take."""
        _check(name, content, IMAGES, LARGEST_IMAGE)
        return str((await self._upload("image", name, content)).get("attachment_id", ""))

    async def upload_file(self, name: str, content: bytes) -> str:
        """The token by which a document can be sent for 7 days. Raises ValueError for one Zalo does not
        take."""
        _check(name, content, DOCUMENTS, LARGEST_FILE)
        return str((await self._upload("file", name, content)).get("token", ""))

    async def _upload(self, kind: str, name: str, content: bytes) -> Json:
        def form() -> Json:
            data = FormData()
            data.add_field("file", content, filename=PurePath(name).name)
            return {"data": data}

        return await self._call("POST", f"{self._api}/v2.0/oa/upload/{kind}", form)

    async def send_template(self, phone: str, template: str, data: Mapping[str, str], tracking: str) -> str:
        """A template message to a phone number (``84...``); Zalo's id of it. ``tracking`` does not keep
        Zalo from sending the same twice."""
        body = {"phone": phone, "template_id": template, "template_data": data, "tracking_id": tracking}
        url = f"{self._zns}/message/template"
        answer = await self._call("POST", url, lambda: {"json": body}, errors.template)
        return str(answer.get("msg_id", ""))

    async def _call(
        self, method: str, url: str, what: Callable[[], Json], meaning: Callable[[int], Do] = errors.oa
    ) -> Json:
        """Make a call; a dead access token is renewed once. ``what`` is made anew for each attempt."""
        token = await self.tokens.access()
        answer = await self._answer(method, url, what(), token)
        do = meaning(answer["error"])
        if answer["error"] and do is Do.REFRESH:
            token = await self.tokens.renewed(token)
            answer = await self._answer(method, url, what(), token)
            do = meaning(answer["error"])
        if answer["error"]:
            raise ZaloError(answer["error"], Do.OPERATOR if do is Do.REFRESH else do)
        data = answer.get("data")
        return data if isinstance(data, dict) else {}

    async def _answer(self, method: str, url: str, what: Json, token: str) -> Json:
        """Zalo's answer, with its code as a number that is not positive: some are seen without the sign."""
        answer = await answer_of(self._opened(), method, url, headers={"access_token": token}, **what)
        try:
            return {**answer, "error": -abs(int(answer["error"]))}
        except (KeyError, TypeError, ValueError):
            raise Ambiguous("an answer without a code") from None

    def _opened(self) -> ClientSession:
        if self._session is None:
            timeout = ClientTimeout(total=CALL_SECONDS, connect=CONNECT_SECONDS)
            self._session = ClientSession(timeout=timeout)
        return self._session


def _check(name: str, content: bytes, kinds: frozenset[str], most: int) -> None:
    if PurePath(name).suffix.lower() not in kinds:
        raise ValueError("of no kind that Zalo takes")
    if len(content) > most:
        raise ValueError("larger than Zalo takes")
