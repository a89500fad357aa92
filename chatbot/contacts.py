"""Phone numbers and e-mail addresses, as people write them, to the one form that is stored and compared.

The same functions read a cell of an import and what a customer types in a chat. None of them raises,
whatever the text.
"""

from __future__ import annotations

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from chatbot.cleaning import ascii_forms, visible
from chatbot.messages import Kind

LONGEST_PHONE = 200
"""Characters. A cell with two numbers and words is shorter; what is longer is no phone number."""

LONGEST_EMAIL = 254
"""Characters of one address: RFC 5321, 4.5.3.1.3, as corrected by erratum 1690 of RFC 3696."""

LONGEST_EMAIL_TEXT = 1000
"""Characters of a text that may hold several addresses."""

OLD_MOBILES = {
    "0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078",  # Mobifone
    "0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082",  # Vinaphone
    "0162": "032", "0163": "033", "0164": "034", "0165": "035",
    "0166": "036", "0167": "037", "0168": "038", "0169": "039",  # Viettel
    "0186": "056", "0188": "058",  # Vietnamobile
    "0199": "059",  # Gmobile
}  # fmt: skip
"""The 11-digit mobile prefixes and what they became from 15 September 2018.

Source: Decision 798/QĐ-BTTTT of 25 May 2018 of the Ministry of Information and Communications.
"""

MOBILES = frozenset(
    f"0{prefix}"
    for prefix in (*range(32, 40), 52, 55, 56, 58, 59, 70, *range(76, 80), *range(81, 90), *range(90, 100))
)
"""The prefixes of mobile numbers (0 and 9 digits) now in use."""

_ONE_NUMBER = re.compile(r"[\s(\[]*(\+?)[0-9\s.,\-/()\[\]]*")
_FLOAT = re.compile(r"([^.]*[0-9])\.0")
_NOT_DIGITS = re.compile(r"[^0-9]+")

_GLUED = r"[^\W\d_](?=\d)|(?<=\d)[^\W\d_]"
_BETWEEN_NUMBERS = re.compile(
    rf"""[^\w\s.\-()\[\]+] | [\r\n]  # signs, of which / , ; | & are the usual ones
    | \s-\s
    | \S*(?<![^\W\d_])(?:{_GLUED})(?![^\W\d_])\S*
    | [^\W\d_]+                    # words
    """,
    re.VERBOSE,
)
"""What stands between the numbers of a cell. A single letter glued to digits (``O900000001``,
``9E+08``) is a mistyped digit or an exponent: all that it is glued to is no number."""


def phone(raw: str) -> str | None:
    """A Vietnamese number in E.164 (``+84900000001``), or None where there is none.

    The whole text counts as one number first; then its parts, of which the first mobile number wins,
    else the first landline. Prefixes from before 2018 become today's.
    """
    raw = raw.strip()
    if len(raw) > LONGEST_PHONE:
        return None
    text = ascii_forms(raw)
    if text[:4].lower() == "tel:":
        text = text[4:].lstrip()
    if whole := _one_number(text):
        return whole
    found = [number for part in _BETWEEN_NUMBERS.split(text) if part and (number := _one_number(part))]
    return next((number for number in found if is_mobile(number)), found[0] if found else None)


def is_mobile(number: str) -> bool:
    """Whether a number in E.164 is a Vietnamese mobile number, one that can take a short message."""
    return f"0{number[3:5]}" in MOBILES and len(number) == 12


def _one_number(text: str) -> str | None:
    """E.164 of a text that is one number and nothing else."""
    text = text.strip()
    written = _ONE_NUMBER.fullmatch(text)
    if not written:
        return None
    if as_float := _FLOAT.fullmatch(text):
        text = as_float[1]
    digits = _NOT_DIGITS.sub("", text)
    if written[1]:
        national = _after_country_code(digits, "84")
    elif digits.startswith("0084"):
        national = _after_country_code(digits, "0084")
    elif digits.startswith("84") and len(digits) >= 11:
        national = _after_country_code(digits, "84")
    else:
        national = digits if digits.startswith("0") else f"0{digits}"
    return _e164(national)


def _after_country_code(digits: str, code: str) -> str:
    return "0" + digits.removeprefix(code).removeprefix("0") if digits.startswith(code) else ""


def _e164(national: str) -> str | None:
    """E.164 of a number with its leading zero, where it is one that is in use."""
    if len(national) == 11 and national[:4] in OLD_MOBILES:
        national = OLD_MOBILES[national[:4]] + national[4:]
    if len(national) == 10 and national[:3] in MOBILES:
        return f"+84{national[1:]}"
    if len(national) == 11 and national.startswith("02"):
        landline = phonenumbers.PhoneNumber(country_code=84, national_number=int(national))
        if phonenumbers.is_valid_number_for_region(landline, "VN"):
            return f"+84{national[1:]}"
    return None


_BRACKETED = re.compile(r"[^<>,;\n]*<([^<>]*)>")
_BETWEEN_ADDRESSES = re.compile(r"[,;|/&\r\n]")
_JOINING = frozenset({"hoặc", "hay", "và", "or", "and", "-"})


def email(raw: str) -> str | None:
    """An e-mail address in lower case, or None where there is none; of several the first valid one.

    Syntax by RFC 5321 and 5322, ASCII only; nothing is looked up in the DNS.
    """
    raw = raw.strip()
    if "@" not in raw or len(raw) > LONGEST_EMAIL_TEXT:
        return None
    text = visible(raw)
    if whole := _one_address(text):
        return whole
    for part in _BETWEEN_ADDRESSES.split(_BRACKETED.sub(r"\1,", text)):
        words = [word for word in part.split() if word.lower() not in _JOINING]
        # A blank may part two addresses, but an address with a blank inside is none.
        if all("@" in word for word in words):
            for word in words:
                if address := _one_address(word):
                    return address
    return None


def _one_address(text: str) -> str | None:
    if text[:7].lower() == "mailto:":
        text = text[7:].lstrip()
    text = text.rstrip(".,; \t")
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1].strip()
    # Checked here first because the library is not needed for them, and is slow.
    if text.count("@") != 1 or not text.isascii() or len(text) > LONGEST_EMAIL:
        return None
    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except (EmailNotValidError, UnicodeError):
        return None
    return text.lower()


def kind_of(raw: str) -> tuple[Kind, str] | None:
    """What somebody typed as a contact: its kind and its one form, or None where it is neither."""
    if "@" in raw:
        return (Kind.EMAIL, address) if (address := email(raw)) else None
    return (Kind.PHONE, number) if (number := phone(raw)) else None
