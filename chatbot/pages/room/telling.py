"""What the customer of a case or request is told by staff, in their language, and by which way it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chatbot.case_words import due_words
from chatbot.messages import START, About, Address, Button, Kind, Link, Matter, Reply
from chatbot.pages.room.held import Held
from chatbot.pages.room.work import Work
from chatbot.values import Money
from models.case import Case, Compensation, Decision
from models.case_entry import CaseEntry, Entry
from models.chat import Chat
from models.data_request import DataRequest
from models.deadline import Deadline
from models.other_ways import OtherWay
from models.outgoing import Outgoing, Purpose
from models.owed import Owed
from models.promises import Promise
from models.request_contact import contact_of

_PRIVATE = frozenset({Matter.QUESTION, Matter.DECISION})
"""What a text message does not say, but only that there is something."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a customer is reached: in a chat, else at a contact, else (both None) not by this desk."""

    language: str
    chat: Chat | None = None
    contact: OtherWay | None = None


def way_to(work: Work, held: Held) -> Way:
    """The chat where it can be reached, else the first contact for which there is an outlet."""
    locales, chat = work.room.texts.locales, held.chat
    wanted = chat.language if chat else held.statement.language
    language = wanted if wanted in locales else locales[0]
    if chat and chat.reachable:
        return Way(language, chat=chat)
    return Way(language, contact=next((way for way in held.ways if way.kind in work.outlets), None))


def fitting(work: Work, case: Case, way: Way, words: str, matter: Matter) -> str:
    """Words as they go out: of a question or a decision a text message only says that there is one, and
    where."""
    if matter in _PRIVATE and work.page and way.contact and way.contact.kind is Kind.PHONE:
        shop = work.room.shop
        return work.say(
            way.language, "desk.told.look", shop=shop.name, code=case.code, page=work.page, email=shop.email
        )
    return words


async def tell(work: Work, held: Held, words: str, matter: Matter) -> None:
    """Queue words that must arrive with the customer, in the running transaction. Where this desk cannot
    reach them, or tells them of a decision without leading them to it, staff are told to do it."""
    case, way = held.case, way_to(work, held)
    if way.chat:
        about = About(case.id, matter)
        answer = Button(START + "status", work.say(way.language, "menu.choice.status"))
        reply = Reply(words, (answer,) if matter in _PRIVATE else ())
        await Outgoing.to_chat(way.chat, [reply], held.now, purpose=Purpose.NOTICE, about=about)
    elif way.contact:
        said = fitting(work, case, way, words, matter)
        if matter is Matter.DECISION and said != words and not way.contact.opens:
            matter = Matter.HINT
            await _unreached(work, held)
        to, reply = Address(work.outlets[way.contact.kind], way.contact.value), Reply(said)
        about = About(case.id, matter)
        await Outgoing.to_contact(case.key, to, reply, held.now, purpose=Purpose.NOTICE, about=about)
    else:
        await _unreached(work, held)


async def _unreached(work: Work, held: Held) -> None:
    await CaseEntry.add(held.case, Entry.UNREACHED, held.now)
    await to_staff(work, "desk.staff.unreachable", held.case)


async def tell_contact(
    work: Work, request: DataRequest, words: str, now: datetime, matter: Matter, *, brief: str
) -> bool:
    """Queue words that must arrive to the contact of a request, in the running transaction; ``brief`` is what
    a text message says instead. False where it has none (any more), or this desk cannot write there."""
    key, contact = await request.key(), await contact_of(request)
    if key is None or contact is None or contact[0] not in work.outlets:
        return False
    to, reply = (
        Address(work.outlets[contact[0]], contact[1]),
        Reply(brief if contact[0] is Kind.PHONE else words),
    )
    about = About(request.id, matter)
    await Outgoing.to_contact(key, to, reply, now, purpose=Purpose.NOTICE, about=about)
    return True


async def to_staff(work: Work, key: str, what: Owed) -> None:
    """Tell staff of a case or a request by its number alone, with the link to its page."""
    language = work.room.texts.locales[0]
    link = None
    if work.page:
        kind = "case" if isinstance(what, Case) else "request"
        link = Link(work.say(language, "escalation.room"), f"{work.page}/staff/{kind}/{what.code}")
    await Outgoing.to_staff(Reply(work.say(language, key, code=what.code), link=link), work.room.now())


def question(work: Work, held: Held, language: str, words: str) -> str:
    """A question of staff."""
    return work.say(language, "desk.told.asked", code=held.case.code, words=words)


def decision_words(work: Work, case: Case, decision: Decision, language: str) -> str:
    """A decision as it goes out: what was decided and why, and what the customer can do next."""

    def say(key: str, **params: object) -> str:
        return work.say(language, key, **params)

    verdict = say(f"status.verdict.{decision.verdict}", code=case.code)
    parts = [verdict, say("status.reason", reason=decision.reason)]
    if decision.measures:
        parts.append(say("status.measures", measures=decision.measures))
    if decision.compensation is not Compensation.NONE:
        parts.append(say(f"status.compensation.{decision.compensation}"))
    if decision.amount:
        parts.append(say("status.compensated", amount=Money(decision.amount)))
    parts.append(say("desk.told.next" if case.round == 1 else "status.elsewhere"))
    return "\n\n".join(parts)


async def promised(work: Work, case: Case, language: str) -> str:
    """Until when the case will be resolved, and why until then; empty where that does not run yet."""
    deadline = await Deadline.running(case.id, Promise.RESOLVE)
    if deadline is None:
        return ""
    says = due_words(case, deadline, work.room.shop.calendar)
    return "\n".join(work.say(language, one.key, **one.params) for one in says)
