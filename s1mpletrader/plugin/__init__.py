"""What may a plugin import? This package and `s1mpletrader.model`."""

from s1mpletrader.plugin.context import BaseContext, RequiredDtos, TradingContextProvider
from s1mpletrader.plugin.disposition import Disposition, DispositionEnvelope
from s1mpletrader.plugin.providers import (
    CausalIdProvider,
    ExecutionProvider,
    JournalWriter,
    LedgerProvider,
    MarketClock,
    OhlcvProvider,
    StateProvider,
)
from s1mpletrader.plugin.workers import EventDrivenWorker, StandardWorker, Worker, WorkerParams

API_VERSION = 1
"""Rises when a plugin written for the old version would no longer work (manifest: `plugin_api`)."""

__all__ = [
    "API_VERSION",
    "BaseContext",
    "CausalIdProvider",
    "Disposition",
    "DispositionEnvelope",
    "EventDrivenWorker",
    "ExecutionProvider",
    "JournalWriter",
    "LedgerProvider",
    "MarketClock",
    "OhlcvProvider",
    "RequiredDtos",
    "StandardWorker",
    "StateProvider",
    "TradingContextProvider",
    "Worker",
    "WorkerParams",
]
