"""Which things have an id, and who gave it?"""

from typing import NewType

Symbol = NewType("Symbol", str)
"""An instrument in the exchange's WebSocket spelling, e.g. `BTC/USD`."""
Asset = NewType("Asset", str)
"""A coin or currency in the same spelling, e.g. `BTC`, `USD`."""

ClientOrderId = NewType("ClientOrderId", str)
"""Ours: a dashed UUID laid out as SAFETY O9 says; one per attempt, never reused."""
ExchangeOrderId = NewType("ExchangeOrderId", str)
"""The exchange's name of an order (txid), e.g. `OABCDE-FGHIJ-KLMNOP`."""
ExecId = NewType("ExecId", str)
"""The exchange's name of one execution; the same in REST and WebSocket; fills are joined by it."""

LinkId = NewType("LinkId", str)
"""A strategy link (`strategy_link_id` in operation.yaml), or `unallocated`."""
WorkerId = NewType("WorkerId", str)
"""A worker instance (`instance_id` in a strategy blueprint)."""

OpportunityId = NewType("OpportunityId", str)
"""Why was a trade opened?"""
ThreatId = NewType("ThreatId", str)
"""Why was a trade closed or changed?"""
TradeId = NewType("TradeId", str)
"""Which trade is it?"""
ScheduledId = NewType("ScheduledId", str)
"""Why now: a schedule fired."""

UNALLOCATED = LinkId("unallocated")
"""The ledger of what belongs to no strategy link (SAFETY D10)."""
