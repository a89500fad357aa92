"""What Zalo refuses of the calls that the program makes, each with the code that Zalo answers."""

from __future__ import annotations

import re
from typing import Any

MOST_TEXT = 2000
MOST_BUTTONS = 5
MOST_TITLE = 100
MOST_PAYLOAD = 1000
LARGEST_IMAGE = 1024 * 1024
LARGEST_FILE = 5 * 1024 * 1024


class Refusal(Exception):
    """Zalo answers with an error: HTTP 200, a negative code and words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


def check_consultation(body: Any, *, buttons: bool, forms: bool) -> tuple[str, dict[str, Any]]:
    """The recipient and the message of a call of ``/v3.0/oa/message/cs``. ``buttons`` and
    ``forms`` are whether the account may send them. Raises Refusal."""
    _keys(body, {"recipient", "message"})
    _keys(body["recipient"], {"user_id"})
    user, message = body["recipient"]["user_id"], body["message"]
    if not isinstance(user, str) or not re.fullmatch(r"\d{4,20}", user):
        raise Refusal(-201, "user_id is invalid")
    _keys(message, set(), {"text", "attachment", "quote_message_id"})
    if "text" in message:
        _text(message["text"])
    if "attachment" in message:
        _attachment(message, buttons, forms)
    elif "text" not in message:
        raise Refusal(-201, "message is invalid")
    return user, message


def _text(text: Any) -> None:
    if not isinstance(text, str) or not text.strip():
        raise Refusal(-201, "text is invalid")
    if len(text) > MOST_TEXT:
        raise Refusal(-210, "text is over the limit")


def _attachment(message: dict[str, Any], buttons: bool, forms: bool) -> None:
    attachment = message["attachment"]
    _keys(attachment, {"type", "payload"})
    payload = attachment["payload"]
    if attachment["type"] == "file":
        _keys(message, {"attachment"})
        _keys(payload, {"token"})
        return
    if attachment["type"] != "template" or not isinstance(payload, dict):
        raise Refusal(-201, "attachment is invalid")
    match payload.get("template_type"):
        case None:
            _keys(payload, {"buttons"})
            if not buttons:
                raise Refusal(-233, "message type is not supported")
            if "text" not in message:
                raise Refusal(-201, "text is invalid")
            _buttons(payload["buttons"])
        case "media":
            _keys(payload, {"template_type", "elements"})
            (element,) = payload["elements"]
            _keys(element, {"media_type"}, {"url", "attachment_id"})
            if ("url" in element) == ("attachment_id" in element) or element["media_type"] != "image":
                raise Refusal(-201, "elements is invalid")
        case "request_user_info":
            _keys(message, {"attachment"})
            _keys(payload, {"template_type", "elements"})
            if not forms:
                raise Refusal(-233, "message type is not supported")
            if len(payload["elements"]) != 1:
                raise Refusal(-201, "elements is invalid")
            _form(payload["elements"][0])
        case _:
            raise Refusal(-201, "template_type is invalid")


def _form(element: Any) -> None:
    _keys(element, {"title", "subtitle", "image_url"})
    if not all(isinstance(words, str) and words.strip() for words in element.values()):
        raise Refusal(-201, "elements is invalid")
    if max(len(element["title"]), len(element["subtitle"])) > MOST_TITLE:
        raise Refusal(-210, "title is over the limit")
    if not element["image_url"].startswith("https://"):
        raise Refusal(-201, "image_url is invalid")


def _buttons(buttons: Any) -> None:
    if not isinstance(buttons, list) or not buttons:
        raise Refusal(-201, "buttons is invalid")
    if len(buttons) > MOST_BUTTONS:
        raise Refusal(-210, "buttons is over the limit")
    for button in buttons:
        _keys(button, {"title", "type", "payload"})
        if not isinstance(button["title"], str) or not 0 < len(button["title"]) <= MOST_TITLE:
            raise Refusal(-201, "title is invalid")
        match button["type"]:
            case "oa.query.hide" | "oa.query.show":
                if not isinstance(button["payload"], str) or not 0 < len(button["payload"]) <= MOST_PAYLOAD:
                    raise Refusal(-201, "payload is invalid")
            case "oa.open.url":
                _keys(button["payload"], {"url"})
                if not button["payload"]["url"].startswith("https://"):
                    raise Refusal(-201, "url is invalid")
            case _:
                raise Refusal(-201, "type is invalid")


def check_template(body: Any, template: str) -> tuple[str, str, str]:
    """The phone number, code and tracking id of a call of ``/message/template``. Raises Refusal."""
    _keys(body, {"phone", "template_id", "template_data", "tracking_id"}, {"mode"}, code=-132)
    phone, data, tracking = body["phone"], body["template_data"], body["tracking_id"]
    if not isinstance(phone, str) or not re.fullmatch(r"\+?84\d{9,10}", phone):
        raise Refusal(-108, "phone is invalid")
    if body["template_id"] != template:
        raise Refusal(-109, "template is invalid")
    _keys(data, {"otp"}, code=-1122)
    if not isinstance(data["otp"], str):
        raise Refusal(-112, "otp is invalid")
    if not 0 < len(data["otp"]) <= 10:
        raise Refusal(-1121, "otp is too long")
    if not isinstance(tracking, str) or not re.fullmatch(r"[A-Za-z0-9]{1,48}", tracking):
        raise Refusal(-132, "tracking_id is invalid")
    return phone.removeprefix("+"), data["otp"], tracking


def _keys(value: Any, needed: set[str], more: set[str] = frozenset(), code: int = -201) -> None:  # type: ignore[assignment]
    """All of ``needed`` and nothing beyond ``more``."""
    if not isinstance(value, dict) or not needed <= value.keys() or value.keys() - needed - more:
        raise Refusal(code, "body is invalid")
