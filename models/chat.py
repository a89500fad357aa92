"""A chat: one person (or group) on one channel, and where its conversation stands.

The row is also the lock: whoever handles a message of the chat holds it until the commit, so that
messages of one chat are handled one after the other, whatever the number of processes.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model

from chatbot.messages import Address
from models.database import dialect, fetch
from models.keys import SubjectKey, new_id, ring


class Chat(Model):
    """One chat and where its conversation stands.

    Until ``paused_until`` a person of the shop speaks here, and the desk keeps quiet.
    ``record`` is the one that was opened here last, until "thoát": whoever writes here is in contact as its
    customer, also when the proof has ended.
    ``state`` is the sealed state of the open conversation; ``conversation`` and ``step`` say in
    the clear which one it is, so that operators can see what a new version must be able to resume.
    """

    id = fields.UUIDField(primary_key=True)
    key: fields.OneToOneRelation[SubjectKey] = fields.OneToOneField(
        "models.SubjectKey", related_name="chat", db_index=True
    )
    channel = fields.CharField(20)
    user_index = fields.CharField(64)
    user_sealed = fields.BinaryField()
    language = fields.CharField(8)
    reachable = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()
    last_inbound_at = fields.DatetimeField()
    noticed_at = fields.DatetimeField(null=True)
    seen_seq = fields.BigIntField(default=0)
    hidden = fields.IntField(default=0)
    proven = fields.BooleanField(default=False)
    record = fields.UUIDField(null=True, db_index=True)
    paused_until = fields.DatetimeField(null=True)
    conversation = fields.CharField(40, null=True)
    step = fields.CharField(40, null=True)
    state = fields.BinaryField(null=True)
    asked_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField(null=True, db_index=True)

    class Meta:
        table = "chat"
        unique_together = (("channel", "user_index"),)

    @classmethod
    def index(cls, address: Address) -> str:
        """The blind index by which a chat is found."""
        return ring().blind_index(f"chat:{address.channel}", address.user)

    @classmethod
    async def find(cls, address: Address) -> Chat | None:
        """The chat at an address, without locking it."""
        return await cls._one(
            "channel = ? AND user_index = ?", address.channel, cls.index(address), lock=False
        )

    @classmethod
    async def hold(
        cls, address: Address, language: str, now: datetime, key: SubjectKey | None = None
    ) -> Chat:
        """The chat at an address, made if it is new, locked until the transaction ends. A new one is made
        with ``key``, where that was used before there was a chat."""
        index = cls.index(address)
        found = await cls._locked(address.channel, index)
        if found:
            return found
        key = key or SubjectKey.make(new_id())
        identity = key.id
        await key.save(force_create=True)
        fresh = cls(
            id=identity,
            key=key,
            channel=address.channel,
            user_index=index,
            user_sealed=key.seal(address.user.encode(), f"chat.user_sealed:{identity}"),
            language=language,
            created_at=now,
            last_inbound_at=now,
        )
        await cls.bulk_create([fresh], ignore_conflicts=True)
        # Another process may have made the chat in this instant: the row that is there counts.
        chat = await cls._locked(address.channel, index)
        if chat is None:
            raise RuntimeError("a chat that was just made is not there")
        if chat.id != identity:
            await key.delete()
        return chat

    @classmethod
    async def hold_by_id(cls, identity: UUID) -> Chat | None:
        """A chat by its id, locked until the transaction ends."""
        return await cls._one("chat.id = ?", str(identity), lock=True)

    @classmethod
    async def _locked(cls, channel: str, index: str) -> Chat | None:
        return await cls._one("channel = ? AND user_index = ?", channel, index, lock=True)

    @classmethod
    async def _one(cls, where: str, *values: object, lock: bool) -> Chat | None:
        """A chat with its key. Every message asks for it, so the statement is written out: the ORM puts
        its own together anew each time, which takes longer than all else that a plain message needs."""
        rows = await fetch(
            "SELECT chat.*, subject_key.ring_key, subject_key.wrapped FROM chat"
            f" JOIN subject_key ON subject_key.id = chat.key_id WHERE {where}"
            f"{' FOR UPDATE OF chat' if lock and dialect() == 'postgres' else ''}",
            *values,
        )
        if not rows:
            return None
        row = rows[0]
        chat = cls._init_from_db(**row)
        chat.key = SubjectKey._init_from_db(**{**row, "id": row["key_id"]})
        return chat

    @property
    def address(self) -> Address:
        """Where the chat is reached."""
        return Address(
            self.channel, self.key.unseal(self.user_sealed, f"chat.user_sealed:{self.id}").decode()
        )

    def opened_state(self) -> bytes | None:
        """The state of the open conversation, or None where none is open. Raises SealBroken."""
        return None if self.state is None else self.key.unseal(self.state, f"chat.state:{self.id}")

    async def keep(
        self,
        conversation: str | None,
        step: str | None,
        state: bytes | None,
        asked_at: datetime | None,
        expires_at: datetime | None,
        now: datetime,
    ) -> None:
        """Store where the conversation stands, and that the customer has just written."""
        self.conversation, self.step = conversation, step
        self.state = None if state is None else self.key.seal(state, f"chat.state:{self.id}")
        self.asked_at, self.expires_at = asked_at, expires_at
        self.last_inbound_at, self.reachable, self.paused_until = now, True, None
        await fetch(
            "UPDATE chat SET conversation = ?, step = ?, state = ?, asked_at = ?, expires_at = ?,"
            " last_inbound_at = ?, reachable = TRUE, paused_until = NULL, language = ?, noticed_at = ?"
            " WHERE id = ?",
            conversation,
            step,
            self.state,
            asked_at,
            expires_at,
            now,
            self.language,
            self.noticed_at,
            str(self.id),
        )

    @classmethod
    async def belongs(cls, identity: UUID, record: UUID | None) -> None:
        """A record was opened in a chat, or is to be nobody's any more."""
        await cls.filter(id=identity).update(record=record)

    async def heard(self, now: datetime) -> None:
        """The customer has written, and the desk keeps quiet."""
        await Chat.filter(id=self.id).update(last_inbound_at=now, reachable=True)

    @classmethod
    async def pause(cls, address: Address, until: datetime) -> None:
        """A person of the shop speaks in a chat: the desk keeps quiet there, at least until an instant."""
        chats = cls.filter(channel=address.channel, user_index=cls.index(address))
        await chats.filter(Q(paused_until=None) | Q(paused_until__lt=until)).update(paused_until=until)

    @classmethod
    async def reach(cls, address: Address, reachable: bool) -> None:
        """The person has shut their chat, or opened it again."""
        index = cls.index(address)
        await cls.filter(channel=address.channel, user_index=index).update(reachable=reachable)

    async def saw(self, seq: int) -> None:
        """The customer has had the messages up to a number before their eyes."""
        await Chat.filter(id=self.id, seen_seq__lt=seq).update(seen_seq=seq)

    @classmethod
    async def forget_abandoned(cls, before: datetime, limit: int) -> int:
        """Empty up to ``limit`` conversations whose question expired before an instant; how many."""
        ids = await cls.filter(expires_at__lt=before).limit(limit).values_list("id", flat=True)
        if not ids:
            return 0
        empty = {"conversation": None, "step": None, "state": None, "asked_at": None, "expires_at": None}
        return await cls.filter(id__in=ids).update(**empty)

    async def move(self, to: Address) -> None:
        """The channel goes on with this chat under another address."""
        self.user_index = self.index(to)
        self.user_sealed = self.key.seal(to.user.encode(), f"chat.user_sealed:{self.id}")
        await self.save(update_fields=["user_index", "user_sealed"])
