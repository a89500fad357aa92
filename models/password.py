"""Passwords of the staff: what is refused as weak, and how one is kept (argon2id).

The rules are those of NIST SP 800-63B, section 5.1.1: length counts, kinds of characters do not, and
what everybody tries first is refused.
"""

from __future__ import annotations

import asyncio
import base64
import re
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chatbot.folding import fold

LEAST, MOST = 12, 200
"""Characters of a password."""

_FEW = 5
"""With fewer different characters than this a password is a pattern."""
_OWN = 8
"""As many letters and digits there must be besides the login."""

_COMMON = frozenset(
    """
    password passcode passphrase qwerty qwertyuiop qwertyasdf asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx
    qazwsxedc abc abcd abcdef abcdefgh abcdefghijkl letmein welcome admin administrator root superman batman
    spiderman pokemon dragon monkey princess sunshine football baseball basketball master shadow login
    changeme secret default test testing tester iloveyou iloveyouforever whatever trustno computer internet
    samsung google facebook zalo telegram chocolate butterfly starwars michael jennifer liverpool
    manchesterunited barcelona realmadrid chelsea arsenal
    matkhau matkhaumoi matkhaucuatoi vietnam vietnamvodich hanoi hochiminh saigon danang anhyeuem emyeuanh
    yeuem yeuanh conyeubome bomeyeucon giadinh giadinhtoi hanhphuc maiyeuem maimaiyeuem khongbiet khongcogi
    khongnho quenroi quenmatkhau xinchao chaobuoisang tuyetvoi thanhcong congty nhanvien phongnhanvien
    quantri quantrivien giamdoc partyshop partyshopvn tiec bongbay sinhnhat chucmungsinhnhat
    """.split()  # noqa: SIM905  # a hundred quoted words are not read by anybody
)
"""What people choose first, here and elsewhere, as letters alone: digits and signs around it add little."""

_LEET = str.maketrans("01345@$!7", "oieasasit")

_hasher = PasswordHasher()
# Two at once: each takes 64 MiB and a core, whoever asks.
_threads = ThreadPoolExecutor(2, thread_name_prefix="argon2")


def _encoded(size: int) -> str:
    return base64.b64encode(bytes(size)).decode().rstrip("=")


DECOY = (
    f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    f"${_encoded(_hasher.salt_len)}${_encoded(_hasher.hash_len)}"
)
"""Fits no password, and takes as long as any other to find that out."""


class Weakness(Enum):
    """Why a password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    LIKE_LOGIN = "like_login"
    COMMON = "common"


def weakness(password: str, login: str) -> Weakness | None:
    """What is wrong with a password for somebody with this login, if anything."""
    password = normalize("NFKC", password)
    if len(password) < LEAST:
        return Weakness.TOO_SHORT
    if len(password) > MOST:
        return Weakness.TOO_LONG
    plain = fold(password).replace(" ", "")
    if login in plain and len(plain.replace(login, "")) < _OWN:
        return Weakness.LIKE_LOGIN
    head = re.sub(r"[\W\d_]+$", "", password.casefold())
    cores = {_core(password), _core(head.translate(_LEET))}
    if len(set(password)) < _FEW or "" in cores or cores & _COMMON:
        return Weakness.COMMON
    return None


def _core(text: str) -> str:
    """The letters alone, and once where a word is only repeated. Text of another script is left as it is."""
    letters = re.sub(r"[\d ]", "", fold(text))
    return re.sub(r"^(.+?)\1+$", r"\1", letters)


async def hashed(password: str) -> str:
    """A password as it is kept. Takes a tenth of a second, in a thread: never inside a transaction."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, _hasher.hash, normalize("NFKC", password))


async def matches(kept: str, password: str) -> bool:
    """Whether a password is the one that is kept; as slow as ``hashed``, whatever the answer."""
    plain = normalize("NFKC", password)[: MOST + 1]
    return await asyncio.get_running_loop().run_in_executor(_threads, _verify, kept, plain)


def _verify(kept: str, plain: str) -> bool:
    try:
        return _hasher.verify(kept, plain)
    except (VerificationError, InvalidHashError):
        return False
