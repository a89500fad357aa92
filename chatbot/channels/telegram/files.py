"""What a message carries as files -> ``FileRef``, the handle by which they are fetched later."""

from __future__ import annotations

import re

from telegram import Animation, Audio, Document, Message, PhotoSize, Video, VideoNote, Voice

from chatbot.messages import FileRef

_MIME = re.compile(r"[A-Za-z0-9][\w.+-]{0,60}/[\w.+-]{1,60}", re.ASCII)
_UNKNOWN = "application/octet-stream"

File = Animation | Audio | Document | PhotoSize | Video | VideoNote | Voice


def file_refs(message: Message) -> tuple[FileRef, ...]:
    """The files of a message: photographs in the largest size that Telegram offers.

    Raises ValueError where a field is not what the Bot API says.
    """
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return (_ref(largest, "photo.jpg", "image/jpeg"),)
    if message.document:  # an animation comes as a document too
        return (_ref(message.document, "document", _UNKNOWN),)
    if message.audio:
        return (_ref(message.audio, "audio", "audio/mpeg"),)
    if message.voice:
        return (_ref(message.voice, "voice.ogg", "audio/ogg"),)
    if message.video:
        return (_ref(message.video, "video.mp4", "video/mp4"),)
    if message.video_note:
        return (_ref(message.video_note, "video.mp4", "video/mp4"),)
    return ()


def printable(value: object) -> str | None:
    """A short identifier as Telegram makes them. Raises ValueError for anything else."""
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= 256 or not value.isprintable():
        raise ValueError("an identifier was expected")
    return value


def _ref(file: File, name: str, mime: str) -> FileRef:
    handle = printable(file.file_id)
    if handle is None:
        raise ValueError("a file without an identifier")
    said_name = getattr(file, "file_name", None)
    said_mime = getattr(file, "mime_type", None)
    size = file.file_size
    return FileRef(
        handle,
        said_name.replace("\0", "") if isinstance(said_name, str) and said_name else name,
        said_mime if isinstance(said_mime, str) and _MIME.fullmatch(said_mime) else mime,
        size if type(size) is int and size >= 0 else None,
    )
