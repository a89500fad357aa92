"""What a customer asked about their own data, and said yes or no to: the register's part of a package."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from chatbot.packing import contents as c
from models.change import Change
from models.consent import Consent
from models.data_request import DataRequest
from models.record_opening import OpeningAsk


@dataclass(frozen=True)
class Asked:
    """The requests of a customer, the oldest first."""

    customer: UUID
    requests: list[DataRequest]

    @classmethod
    async def by(cls, customer: UUID) -> Asked:
        """What a customer asked."""
        return cls(customer, await DataRequest.filter(customer=customer).order_by("filed_at", "number"))

    @property
    def codes(self) -> dict[UUID, str]:
        """Their numbers."""
        return {one.id: one.code for one in self.requests}

    async def request(self, one: DataRequest) -> c.Request:
        """A request with its words. Raises SealBroken."""
        return c.Request(
            request=one.code,
            kind=one.kind,
            state=one.state,
            filed_at=one.filed_at,
            asked=await one.opened("asked"),
            extended_at=one.extended_at,
            extension_reason=await one.opened("reason"),
            closed_at=one.closed_at,
            answer=await one.opened("answer"),
        )

    async def changes(self) -> AsyncIterator[c.Change]:
        """What other systems were told for them. Raises SealBroken."""
        codes = self.codes
        for one in await Change.filter(request__in=list(codes)).order_by("id") if codes else []:
            found = await one.opened()
            yield c.Change(
                request=codes[one.request],
                kind=one.kind,
                what=one.what,
                at=one.at,
                external_id=found.external_id,
                phone=found.phone,
                email=found.email,
                done_at=one.ticked_at,
            )

    async def consents(self) -> list[c.Consent]:
        """Every yes and no."""
        return [
            c.Consent(purpose=one.purpose, given=one.given, text=one.text, channel=one.how, at=one.at)
            for one in await Consent.filter(customer=self.customer).order_by("id")
        ]

    async def leaves(self, cases: Mapping[UUID, str]) -> list[c.Leave]:
        """When staff asked for leave to open the record, in which of some cases."""
        return [
            c.Leave(
                case=cases.get(one.case),
                reason=one.reason,
                asked_at=one.asked_at,
                answered_at=one.answered_at,
                allowed=one.allowed,
            )
            for one in await OpeningAsk.filter(customer=self.customer).order_by("id")
        ]
