"""Personal values with most of them hidden: enough for the owner to know them again, little for others."""

from __future__ import annotations

from chatbot.messages import Kind

HIDDEN = "•"


def national(number: str) -> str:
    """A number in E.164 as people in Viet Nam write it: ``0900000001``."""
    return f"0{number[3:]}" if number.startswith("+84") else number


def mask_phone(number: str) -> str:
    """A number, in E.164 or national, in its national form with the middle hidden: ``090••••001``."""
    digits = national(number)
    return digits[:3] + HIDDEN * 4 + digits[-3:] if len(digits) > 9 else HIDDEN * 4


def mask_email(address: str) -> str:
    """The first letter before and after the @ and the last label: ``t•••@e•••.com``.

    The number of dots says nothing of the length.
    """
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}{HIDDEN * 3}@{domain[:1]}{HIDDEN * 3}.{domain.rpartition('.')[2]}"


def mask_name(name: str) -> str:
    """The first letter of each word: ``Nguyễn Thị Thu Hà`` is ``N••••• T•• T•• H•``."""
    return " ".join(word[0] + HIDDEN * (len(word) - 1) for word in name.split())


def mask(kind: Kind, value: str) -> str:
    """A phone number or an e-mail address, masked."""
    return mask_phone(value) if kind is Kind.PHONE else mask_email(value)
