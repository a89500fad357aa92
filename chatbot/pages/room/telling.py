"""What the customer of a case is told by staff, in the customer's language, and by which way it goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from chatbot.case_words import due_words
from chatbot.contacts import kind_of
from chatbot.messages import Address, Kind, Reply
from chatbot.pages.room.held import Held
from chatbot.pages.room.work import Work
from chatbot.values import Money
from models.case import Case, Compensation, Decision, Statement
from models.chat import Chat
from models.deadline import Deadline
from models.outgoing import Outgoing, Purpose
from models.owed import Owed
from models.promises import Promise


@dataclass(frozen=True, slots=True)
class Way:
    """How a customer is reached: in a chat, else at a contact, else (both None) not by this desk."""

    language: str
    chat: Chat | None = None
    contact: tuple[Kind, str] | None = field(default=None, repr=False)


def way_to(work: Work, statement: Statement, chat: Chat | None) -> Way:
    """The chat where it can be reached, else the second contact where there is an outlet for it."""
    locales = work.room.texts.locales
    language = chat.language if chat and chat.language in locales else locales[0]
    if chat and chat.reachable:
        return Way(language, chat=chat)
    contact = kind_of(statement.second_contact or "")
    return Way(language, contact=contact if contact and contact[0] in work.outlets else None)


def fitting(work: Work, case: Case, way: Way, words: str) -> str:
    """A question or a decision as it goes out: a text message only says that there is one, and where."""
    if work.page and way.contact and way.contact[0] is Kind.PHONE:
        shop = work.room.shop
        return work.say(
            way.language, "desk.told.look", shop=shop.name, code=case.code, page=work.page, email=shop.email
        )
    return words


async def tell(work: Work, held: Held, words: str, *, about: UUID | None = None) -> None:
    """Queue words for the customer, in the running transaction. Where this desk cannot reach them, staff
    are told to do it. ``about`` is the case, where this is its decision."""
    case, way, reply = held.case, way_to(work, held.statement, held.chat), Reply(words)
    if way.chat:
        await Outgoing.to_chat(way.chat, [reply], held.now, purpose=Purpose.NOTICE, about=about)
    elif way.contact:
        kind, value = way.contact
        to = Address(work.outlets[kind], value)
        await Outgoing.to_contact(case.key, to, reply, held.now, purpose=Purpose.NOTICE, about=about)
    else:
        await to_staff(work, "desk.staff.unreachable", case)


async def to_staff(work: Work, key: str, what: Owed) -> None:
    """Tell staff of a case or a request by its number alone."""
    await Outgoing.to_staff(Reply(work.say(work.room.texts.locales[0], key, code=what.code)), work.room.now())


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
    says = due_words(deadline, work.room.shop.calendar)
    return "\n".join(work.say(language, one.key, **one.params) for one in says)
