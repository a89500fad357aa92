"""What a customer's chats hold: what was proven, said, wished and claimed there.

All raise SealBroken.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from chatbot.inspection import display_name
from chatbot.packing import contents as c
from chatbot.packing.mine import Mine
from models.contact_claim import ContactClaim
from models.delivery import Delivery
from models.keys import SubjectKey
from models.outgoing import Outgoing, Purpose, State
from models.proof import Proof
from models.wish import Wish


async def contacts(mine: Mine) -> AsyncIterator[c.Contact]:
    """The contacts of the record that were proven in them."""
    for proof in await Proof.filter(opened=mine.customer.id).order_by("id"):
        chat = mine.chats.get(proof.chat_id)  # type: ignore[attr-defined]
        if chat is None:
            continue
        value = chat.key.unseal(proof.value, f"proof.value:{proof.id}").decode()
        if value in mine.contacts:
            yield c.Contact(
                chat=mine.chat_names[chat.id],
                kind=proof.kind,
                value=value,
                method=proof.method,
                proven_at=proof.proven_at,
                ended_at=proof.ended_at,
            )


def chats(mine: Mine) -> list[c.Chat]:
    """The chats themselves, with what is open there."""
    return [
        c.Chat(
            chat=mine.chat_names[chat.id],
            channel=chat.channel,
            user=chat.address.user if whole else None,
            language=chat.language,
            created_at=chat.created_at,
            last_message_at=chat.last_inbound_at,
            open_question=f"{chat.conversation}.{chat.step}" if chat.step and whole else None,
            draft=(chat.opened_state() or b"").decode() or None if whole else None,
        )
        for chat in mine.chats.values()
        # In a shared one somebody else may have begun what is open.
        for whole in [mine.shares[chat.id].whole]
    ]


async def messages(mine: Mine) -> AsyncIterator[c.Message]:
    """What was written either way, as far as its words are still kept; no codes."""
    subjects = [*mine.chat_names, *mine.codes]
    kept = Outgoing.filter(subject__in=subjects, payload__isnull=False).exclude(purpose=Purpose.CODE)
    keys = {chat.id: chat.key for chat in mine.chats.values()} | {case.id: case.key for case in mine.cases}
    for row in await kept.order_by("id") if subjects else []:
        if _is_mine(mine, row, keys[row.subject]):
            yield _message(mine, row, keys[row.subject])
    late = Delivery.filter(subject__in=list(mine.chat_names), message__isnull=False)
    for delivery in await late.order_by("id") if mine.chats else []:
        chat = mine.chats[delivery.subject] if delivery.subject else None
        if chat and mine.shares[chat.id].has(delivery.received_at):
            inbound = await delivery.opened()
            yield c.Message(
                chat=mine.chat_names[chat.id],
                case=None,
                at=delivery.received_at,
                direction="in",
                channel=chat.channel,
                text=inbound.text or "",
                files=[display_name(file.name) for file in inbound.files],
            )


def _is_mine(mine: Mine, row: Outgoing, key: SubjectKey) -> bool:
    share = mine.shares.get(row.subject)
    if share is None:  # a letter in a case
        return True
    target = row.opened_target(key)
    own = target is None or target.user in mine.contacts
    return own and share.has(row.created_at)


def _message(mine: Mine, row: Outgoing, key: SubjectKey) -> c.Message:
    own = row.opened_own(key) if row.state is State.OWN else None
    reply = None if own else row.opened(key)
    return c.Message(
        chat=mine.chat_names.get(row.subject),
        case=mine.codes.get(row.subject) or (mine.codes.get(row.about) if row.about else None),
        at=row.created_at,
        direction="in" if own else "out",
        channel=row.outlet,
        text=own.text if own else reply.text if reply else "",
        files=list(own.files) if own else [],
    )


async def wishes(mine: Mine) -> AsyncIterator[c.Wish]:
    """What a person was wanted for."""
    for wish in await Wish.filter(chat_id__in=list(mine.chats)).order_by("id") if mine.chats else []:
        chat = mine.chats[wish.chat_id]  # type: ignore[attr-defined]
        if mine.shares[chat.id].has(wish.wished_at):
            words = wish.opened(chat)
            yield c.Wish(
                chat=mine.chat_names[chat.id],
                for_whom=wish.for_whom,
                want=words.want,
                wished_at=wish.wished_at,
                answered_at=wish.answered_at,
                texts=list(words.texts),
                files=[display_name(file.name) for file in words.files],
            )


async def claims(mine: Mine) -> AsyncIterator[c.Claim]:
    """Those made in chats that are wholly the customer's: elsewhere they may tell of somebody else."""
    whole = [chat.id for chat in mine.chats.values() if mine.shares[chat.id].whole]
    made = ContactClaim.filter(chat_id__in=whole).select_related("chat__key").order_by("id")
    for claim in await made if whole else []:
        told = claim.opened()
        yield c.Claim(
            chat=mine.chat_names[claim.chat.id],
            state=claim.state,
            old_contact=told.old,
            new_contact=told.new,
            full_name=told.name,
            birthday=told.birthday,
            address=told.address,
            external_id=told.number,
            asked_at=claim.asked_at,
            ended_at=claim.ended_at,
            reason=claim.opened_reason() or None,
        )
