"""A person has withdrawn their consent: what came through their chat goes at once.

Cases stay: they are kept under keys of their own, because the law asks for their being answered, and so do
customer records, which are the shop's and not the chat's.
"""

from __future__ import annotations

from datetime import datetime

from models.chat import Chat
from models.delivery import Delivery
from models.link import PageLink
from models.outgoing import Outgoing, State
from models.package import Package
from models.proof import Proof
from models.wish import Wish


async def forget_chat(chat: Chat, now: datetime) -> None:
    """Empty what a chat that is held has brought and been told: proofs, links and copies that they opened,
    the open question with its draft, kept messages, wishes, and the words of all that was sent or is yet to
    be."""
    await Proof.filter(chat_id=chat.id).delete()
    await PageLink.revoke(chat.id)
    await Package.withdraw(chat.id, now)
    await Delivery.filter(subject=chat.id).update(message=None)
    await Wish.filter(chat_id=chat.id).update(words=None)
    words = Outgoing.filter(subject=chat.id)
    await words.filter(state=State.QUEUED).update(state=State.FAILED, reason="withdrawn", settled_at=now)
    await words.update(payload=None, target=None)
    await Chat.filter(id=chat.id).update(
        conversation=None, step=None, state=None, asked_at=None, expires_at=None, proven=False, record=None
    )
