"""The sweeps over what is kept no longer: records, and what outlives them."""

from __future__ import annotations

from datetime import timedelta

from chatbot.conversation import Tell
from chatbot.shop import Shop
from handlers.arrivals import Reach
from handlers.retention import Retention
from handlers.sweeps import Due


def retention_sweeps(shop: Shop, tell: Tell, reach: Reach) -> tuple[Due, ...]:
    """Looked at every hour: days are what counts."""
    records = Retention(shop, tell, reach)
    return (
        Due(
            "end the retention of records", timedelta(hours=1), records.run, own_transactions=True, long=True
        ),
    )
