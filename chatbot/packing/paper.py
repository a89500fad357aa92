"""The package to be read: a PDF in the customer's language, with the shop's name, address and page numbers.

Everything that is shown is text: nothing of it is read as markup, and nothing becomes a link.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from functools import cache
from html import escape
from typing import Any
from unicodedata import normalize

import fontpkg_be_vietnam_pro
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    HRFlowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
)

from chatbot.masking import national
from chatbot.packing import contents as c
from chatbot.values import FileSize, Money

Say = Callable[..., str]
"""A text of the domain ``paper`` by its key, with its parameters."""

MOST_MESSAGES = 500
"""The newest so many are printed: more is no reading. All of them stand in the other files."""

_PLAIN, _STRONG = "BeVietnamPro", "BeVietnamPro-SemiBold"
_INK, _SOFT, _LINE = HexColor("#1d1b20"), HexColor("#5f5a66"), HexColor("#d6d0dc")
_NO_GLYPH = "[?]"
_MARGIN = 20 * mm
_PADDING = 6
"""What the frame adds around its text, in points."""


@cache
def _covered() -> str:
    """Make the fonts known, once; the characters that they have, as they stand between brackets in a regular
    expression."""
    files = fontpkg_be_vietnam_pro.ROOT / "files"
    plain = TTFont(_PLAIN, files / "BeVietnamPro-Regular.ttf")
    pdfmetrics.registerFont(plain)
    pdfmetrics.registerFont(TTFont(_STRONG, files / "BeVietnamPro-SemiBold.ttf"))
    return re.escape("".join(map(chr, sorted(plain.face.charToGlyph))))


def _style(name: str, *, font: str = _PLAIN, size: float = 10, **more: Any) -> ParagraphStyle:
    base: dict[str, Any] = {
        "leading": size * 1.45,
        "textColor": _INK,
        "splitLongWords": 1,
        "allowWidows": 0,
        "allowOrphans": 0,
    }
    return ParagraphStyle(name, fontName=font, fontSize=size, **{**base, **more})


_BODY = _style("body", spaceAfter=3)
_TITLE = _style("title", font=_STRONG, size=20, spaceAfter=4)
_HEADING = _style("heading", font=_STRONG, size=13, spaceBefore=14, spaceAfter=5, keepWithNext=1)
_SUBHEADING = _style("subheading", font=_STRONG, size=11, spaceBefore=9, spaceAfter=3, keepWithNext=1)
_NOTE = _style("note", size=9, textColor=_SOFT, spaceAfter=3)
_META = _style("meta", size=8.5, textColor=_SOFT, spaceBefore=7, keepWithNext=1)
_EVENT = _style("event", size=8.5, textColor=_SOFT, spaceBefore=5, spaceAfter=4)
_WORDS = _style("words", leftIndent=4 * mm, spaceAfter=4)


def paper(contents: c.Contents, language: str, say: Say) -> bytes:
    """The PDF, in a language. Takes CPU for a while: to be called in a thread."""
    _covered()
    out = io.BytesIO()
    title = say("paper.title")
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_MARGIN - _PADDING,
        rightMargin=_MARGIN - _PADDING,
        topMargin=24 * mm,
        bottomMargin=24 * mm,
        title=title,
        author=contents.shop.name,
        lang=language,
    )

    def numbered(*args: Any, **options: Any) -> Canvas:
        # Without a first font of ours it would name one that is not embedded.
        options["initialFontName"] = _PLAIN
        return _Numbered(*args, shop=contents.shop, say=say, **options)

    document.build(list(_Sheet(contents, say).flow()), canvasmaker=numbered)
    return out.getvalue()


class _Numbered(Canvas):
    """Knows how many pages there are before it draws the first foot."""

    def __init__(self, *args: Any, shop: c.Shop, say: Say, **options: Any) -> None:
        super().__init__(*args, **options)
        self._shop, self._say = shop, say
        self._pages: list[dict[str, object]] = []

    def showPage(self) -> None:
        self._pages.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]  # the way that the library itself shows

    def save(self) -> None:
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self._margins(number)
            super().showPage()
        super().save()

    def _margins(self, number: int) -> None:
        width, height = A4
        right = width - _MARGIN
        self.setStrokeColor(_LINE)
        self.line(_MARGIN, 17 * mm, right, 17 * mm)
        self.setFillColor(_SOFT)
        self.setFont(_PLAIN, 8)
        if number > 1:
            self.drawString(_MARGIN, height - 14 * mm, self._fitting(self._shop.name, right - _MARGIN))
        page = self._say("paper.page", number=number, count=len(self._pages))
        self.drawRightString(right, 12.5 * mm, page)
        room = right - _MARGIN - self.stringWidth(page, _PLAIN, 8) - 5 * mm
        self.drawString(_MARGIN, 12.5 * mm, self._fitting(self._shop.address, room))
        self.drawString(_MARGIN, 8.5 * mm, self._fitting(self._shop.email, room))

    def _fitting(self, words: str, room: float) -> str:
        words = normalize("NFC", words)
        while self.stringWidth(words, _PLAIN, 8) > room:
            words = words[:-2].rstrip() + "…"
        return words


class _Sheet:
    """What stands on the pages, part by part."""

    def __init__(self, contents: c.Contents, say: Say) -> None:
        self._contents = contents
        self._say = say

    def flow(self) -> Iterator[Flowable]:
        """Everything in its order."""
        yield from self._begin()
        for part in (
            self._record(),
            self._contacts(),
            self._looks(),
            self._requests(),
            self._consents(),
            self._cases(),
            self._wishes(),
            self._files(),
            self._messages(),
        ):
            yield from part

    def _begin(self) -> Iterator[Flowable]:
        shop = self._contents.shop
        yield Paragraph(_line(self._say("paper.title")), _TITLE)
        yield Paragraph(_line(f"{shop.name} · {shop.address}"), _NOTE)
        yield Paragraph(_line(self._say("paper.made", at=self._contents.made_at)), _NOTE)
        yield Spacer(1, 3 * mm)
        yield HRFlowable(width="100%", color=_LINE)
        yield Spacer(1, 2 * mm)
        yield Paragraph(_line(self._say("paper.about", shop=shop.name, email=shop.email)), _BODY)

    def _record(self) -> Iterator[Flowable]:
        record = self._contents.record
        yield self._heading("record")
        birthday = f"{record.birthday:%d/%m/%Y}" if record.birthday else None
        for key, value in (
            ("full_name", record.full_name),
            ("phone", record.phone and national(record.phone)),
            ("email", record.email),
            ("address", record.address),
            ("birthday", birthday),
            ("note", record.note),
            ("external_id", record.external_id),
            ("consent", record.consent_as_imported),
        ):
            if value:
                yield _pair(self._say(f"paper.field.{key}"), value)
        for added in record.added_contacts:
            yield _pair(self._say("paper.field.added"), national(added))
        for name, since in (("restricted", record.restricted_at), ("stricter", record.stricter_since)):
            if since:
                yield _pair(self._say(f"paper.field.{name}"), self._say("paper.instant", at=since))
        for header, value in record.extra.items():
            yield _pair(header, value)
        if self._contents.corrections:
            fields = ", ".join(map(self._corrected, self._contents.corrections))
            yield Paragraph(_line(self._say("paper.corrected", fields=fields)), _NOTE)
        imported, last = record.imported_at, record.last_contact_at
        yield Paragraph(_line(self._say("paper.source", on=imported)), _NOTE)
        yield Paragraph(_line(self._say("paper.until", last=last, until=record.kept_until)), _NOTE)

    def _corrected(self, one: c.Correction) -> str:
        field = self._say(f"paper.field.{one.field}")
        return self._say("paper.correction", field=field, at=one.at) if one.at else field

    def _contacts(self) -> Iterator[Flowable]:
        yield from self._listed("contacts", len(self._contents.contacts))
        for one in self._contents.contacts:
            value = national(one.value)
            yield Paragraph(
                _line(self._say(f"paper.proven.{one.method}", value=value, at=one.proven_at)), _BODY
            )

    def _requests(self) -> Iterator[Flowable]:
        yield from self._listed("requests", len(self._contents.requests))
        for one in self._contents.requests:
            kind, state = self._say(f"request.kind.{one.kind}"), self._say(f"paper.request.{one.state}")
            said = self._say("paper.request", code=one.request, kind=kind, at=one.filed_at, state=state)
            words = "\n".join(part for part in (one.asked, one.extension_reason, one.answer) if part)
            yield from self._said(said, words)
            yield from self._promised(one.request)

    def _consents(self) -> Iterator[Flowable]:
        yield from self._listed("consents", len(self._contents.consents))
        for one in self._contents.consents:
            purpose = self._say(f"preferences.name.{one.purpose}")
            key = f"paper.consent.{'yes' if one.given else 'no'}"
            yield Paragraph(_line(self._say(key, at=one.at, purpose=purpose)), _BODY)

    def _cases(self) -> Iterator[Flowable]:
        yield from self._listed("cases", len(self._contents.cases))
        for case in self._contents.cases:
            yield Paragraph(_line(self._say("paper.case", code=case.case)), _SUBHEADING)
            yield _pair(self._say("paper.case.state"), self._say(f"paper.state.{case.state}"))
            yield _pair(self._say("paper.case.filed"), self._say("paper.instant", at=case.filed_at))
            yield _pair(self._say("paper.case.what"), case.what)
            if case.when:
                yield _pair(self._say("paper.case.when"), case.when)
            yield from self._promised(case.case)
            if case.verdict:
                yield _pair(self._say("paper.case.decision"), self._say(f"paper.verdict.{case.verdict}"))
                yield _pair(self._say("paper.case.reason"), case.reason or "")
            if case.measures:
                yield _pair(self._say("paper.case.measures"), case.measures)
            if case.compensation_amount:
                amount = self._say("paper.money", amount=Money(case.compensation_amount))
                yield _pair(self._say("paper.case.compensation"), amount)
            for step in self._contents.timeline:
                if step.case == case.case:
                    yield from self._said(self._say(f"paper.step.{step.kind}", at=step.at), step.words)

    def _promised(self, code: str) -> Iterator[Flowable]:
        for one in self._contents.promises:
            if code in (one.case, one.request):
                day = self._say("paper.day", day=one.promised_on)
                yield _pair(self._say(f"paper.promise.{one.promise}"), day)

    def _wishes(self) -> Iterator[Flowable]:
        yield from self._listed("wishes", len(self._contents.wishes))
        for wish in self._contents.wishes:
            yield from self._said(self._say("paper.wish", at=wish.wished_at), "\n".join(wish.texts))

    def _files(self) -> Iterator[Flowable]:
        yield from self._listed("files", len(self._contents.files))
        for file in self._contents.files:
            size = self._say("paper.size", size=FileSize(file.size or 0))
            where = self._say("paper.file.at", path=file.path) if file.path else ""
            state = self._say(f"paper.file.{file.state}")
            meta = " · ".join(part for part in (size if file.size else "", state, where) if part)
            yield KeepTogether([Paragraph(_line(file.name), _BODY), Paragraph(_line(meta), _NOTE)])

    def _messages(self) -> Iterator[Flowable]:
        messages = self._contents.messages
        yield from self._listed("messages", len(messages))
        if len(messages) > MOST_MESSAGES:
            yield Paragraph(_line(self._say("paper.newest", count=MOST_MESSAGES)), _NOTE)
        for message in messages[-MOST_MESSAGES:]:
            text = "\n".join([message.text, *message.files] if message.text else message.files)
            yield from self._said(self._say(f"paper.message.{message.direction}", at=message.at), text)

    def _looks(self) -> Iterator[Flowable]:
        yield from self._listed("looks", len(self._contents.looks))
        for look in self._contents.looks:
            who = self._say(f"paper.role.{look.by}")
            why = self._say(f"paper.reason.{look.reason or 'own'}")
            yield Paragraph(_line(self._say("paper.look", at=look.at, who=who, why=why)), _BODY)

    def _heading(self, name: str) -> Flowable:
        return Paragraph(_line(self._say(f"paper.heading.{name}")), _HEADING)

    def _listed(self, name: str, count: int) -> Iterator[Flowable]:
        yield self._heading(name)
        if not count:
            yield Paragraph(_line(self._say("paper.none")), _NOTE)

    def _said(self, meta: str, words: str | None) -> Iterator[Flowable]:
        if not words:
            yield Paragraph(_line(meta), _EVENT)
            return
        yield Paragraph(_line(meta), _META)
        for part in words.split("\n"):
            if part.strip():
                yield Paragraph(_line(part), _WORDS)


def _pair(label: str, value: str) -> Flowable:
    shown = "<br/>".join(_line(part) for part in value.split("\n"))
    return Paragraph(f'<font name="{_STRONG}">{_line(label)}:</font> {shown}', _BODY)


def _line(words: str) -> str:
    """Words as reportlab's markup that stands for nothing but themselves, without what is invisible or turns
    the direction of writing. What the font lacks, such as emoji, would vanish without a sign."""
    shown = "".join(
        one if one.isprintable() else " " if one.isspace() else "" for one in normalize("NFC", words)
    )
    return escape(re.sub(f"[^{_covered()}]+", _NO_GLYPH, shown), quote=False)
