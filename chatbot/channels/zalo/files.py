"""What an event carries as files -> ``FileRef``: the address by which each is fetched later.

Zalo hands out addresses at its own hosts. Whoever could forge one could make the desk ask any machine that
it can reach, so others are not asked.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from chatbot.channels import Gone, Later, TooBig
from chatbot.messages import FileRef

KINDS = {
    "image": ("anh.jpg", "image/jpeg"),
    "gif": ("anh.gif", "image/gif"),
    "audio": ("ghi-am.amr", "audio/amr"),
    "video": ("video.mp4", "video/mp4"),
    "file": ("tep", "application/octet-stream"),
}
"""The kinds of attachment that are files: what each is called and counts as until it was looked into.
Stickers, links, places and cards are none."""

HOSTS = (".zdn.vn", ".zadn.vn")
LARGEST_FILE = 20 * 1024 * 1024
LONGEST_URL = 2000
MOST = 30
_PIECE = 64 * 1024
_SECONDS = 120.0


def file_refs(attachments: Sequence[Any]) -> tuple[FileRef, ...]:
    """The files among the attachments of a message; what is no file, or has no address, is left out."""
    found = []
    for one in attachments[:MOST]:
        kind = one.get("type") if isinstance(one, dict) else None
        payload = one.get("payload") if isinstance(one, dict) else None
        if kind not in KINDS or not isinstance(payload, dict):
            continue
        url, name, size = payload.get("url"), payload.get("name"), str(payload.get("size", ""))
        if not isinstance(url, str) or not 0 < len(url) <= LONGEST_URL:
            continue
        usual, mime = KINDS[kind]
        said = name.replace("\0", "")[:255] if isinstance(name, str) else ""
        length = int(size) if size.isascii() and size.isdigit() and len(size) < 16 else None
        found.append(FileRef(url.replace("\0", ""), said or usual, mime, length))
    return tuple(found)


def is_zalos(url: str, also: str = "") -> bool:
    """Whether an address is at one of Zalo's own hosts, or at ``also`` (host and port of a stand-in)."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or parts.username or parts.password:
        return False
    return (f".{host}".endswith(HOSTS) and port is None) or (bool(also) and parts.netloc == also)


async def download(url: str, also: str = "") -> AsyncGenerator[bytes, None]:
    """The bytes of a file, in pieces. Raises Gone where its address has died or is not Zalo's, TooBig, or
    Later. Redirects are not followed: they lead anywhere."""
    if not is_zalos(url, also):
        raise Gone("not an address of Zalo's")
    size = 0
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=_SECONDS, connect=5)) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            if response.status in (301, 302, 303, 307, 308, 400, 403, 404, 410):
                raise Gone("no longer kept")
            if response.status != 200:
                raise Later(f"HTTP {response.status}")
            async for piece in response.content.iter_chunked(_PIECE):
                size += len(piece)
                if size > LARGEST_FILE:
                    raise TooBig("over 20 MB")
                yield piece
    except (ClientError, TimeoutError) as error:
        raise Later(type(error).__name__) from None
