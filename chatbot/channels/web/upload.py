"""Take one uploaded file, piece by piece, into the sealed spool."""

from __future__ import annotations

import re
import warnings
from collections.abc import AsyncIterator

import structlog
from aiohttp import (
    BadContentDispositionHeader,
    BadContentDispositionParam,
    BodyPartReader,
    ClientError,
    MultipartReader,
    web,
)
from aiohttp.http_exceptions import HttpProcessingError

from chatbot.channels import Busy
from chatbot.channels.web.store import Spool, TooLarge, TooMuch
from chatbot.messages import Address, FileRef

HEADER = "X-Desk-Upload"
"""A header that no form of a foreign page can set without asking us first (CORS preflight)."""
PIECE = 64 * 1024

_MIME = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}")
_BROKEN = (ValueError, AssertionError, RuntimeError, LookupError, Warning, ClientError, HttpProcessingError)
"""What the multipart reader raises on bodies that are none."""

# As a mere warning it would print the header, and with it the name of a customer's file.
for _kind in (BadContentDispositionHeader, BadContentDispositionParam):
    warnings.simplefilter("error", _kind)

log = structlog.get_logger()


class _Empty(Exception):
    pass


async def take(request: web.Request, address: Address, spool: Spool, limit: int) -> web.Response:
    """Spool the one file of a multipart body and answer with its id: 200, 400, 413, 415 or 503."""
    if request.content_type != "multipart/form-data":
        return _no("not_multipart", 415)
    if (request.content_length or 0) > limit + PIECE:
        return _no("too_large", 413)
    try:
        language = request.query.get("lang")
        file = await _store(await request.multipart(), address, spool, limit, language)
    except TooLarge:
        return _no("too_large", 413)
    except TooMuch:
        return _no("too_much", 413)
    except _Empty:
        return _no("empty", 400)
    except Busy:
        return _no("busy", 503)
    except _BROKEN as fault:
        log.info("web.upload_refused", fault=type(fault).__name__)
        return _no("bad_request", 400)
    return web.json_response({"id": file.handle, "name": file.name, "size": file.size})


async def _store(
    reader: MultipartReader, address: Address, spool: Spool, limit: int, language: str | None
) -> FileRef:
    part = await reader.next()
    if not isinstance(part, BodyPartReader) or part.name != "file" or part.filename is None:
        raise ValueError("no file")
    mime = part.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    mime = mime if _MIME.fullmatch(mime) else "application/octet-stream"
    return await spool.store(address, plain_name(part.filename), mime, _pieces(reader, part, limit), language)


async def _pieces(reader: MultipartReader, part: BodyPartReader, limit: int) -> AsyncIterator[bytes]:
    """Ends only when the body has ended properly, so that half a file is never kept."""
    size = 0
    while piece := await part.read_chunk(PIECE):
        size += len(piece)
        if size > limit:
            raise TooLarge
        yield bytes(piece)
    if not size:
        raise _Empty
    if await reader.next() is not None:
        raise ValueError("more than one part")


def plain_name(name: str) -> str:
    """A file name without folders, control characters and excess length."""
    name = re.sub(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "", name)
    name = re.split(r"[/\\]", name)[-1].strip(" .")
    stem, dot, ending = name.rpartition(".")
    return (f"{stem[:100]}{dot}{ending[:10]}" if stem else name[:100]) or "file"


def _no(code: str, status: int) -> web.Response:
    headers = {"Retry-After": "2"} if status == 503 else None
    return web.json_response({"error": code}, status=status, headers=headers)
