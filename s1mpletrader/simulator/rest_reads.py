"""What does each private REST read answer?

Lists are newest first, 50 a page, and may lag behind the truth by a fault's order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from s1mpletrader.model.base import Micros
from s1mpletrader.simulator import refusal, wire
from s1mpletrader.simulator.account import Account
from s1mpletrader.simulator.auth import ApiKey
from s1mpletrader.simulator.pairs import (
    ASSETS,
    FEE_TIERS,
    PAIRS,
    USD,
    find_asset,
)
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.rest_public import require_pair
from s1mpletrader.simulator.rest_rows import ledger_row, order_row, trade_row
from s1mpletrader.simulator.values import Order
from s1mpletrader.simulator.venue import Venue
from s1mpletrader.simulator.visibility import Visibility

PAGE = 50
QUERY_ORDERS_MAX = 50
QUERY_MAX = 20
Item = TypeVar("Item")
Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, when, what the lists show by now, and how long a page is."""

    key: ApiKey
    at_us: Micros
    lists: Visibility
    page: int = PAGE


def answer(venue: Venue, asking: Asking, method: str, params: Params) -> Any:
    """Return the result of a read; raises `Refused`."""
    return CALLS[method](venue, asking, params)


def _balance(venue: Venue, asking: Asking, _params: Params) -> Any:
    account = venue.accounts[asking.key.account]
    return {
        asset.rest_id: wire.text(asking.lists.balance(account, asset.name), asset.decimals)
        for asset in ASSETS
        if asset.name in account.balances
    }


def _balance_ex(venue: Venue, asking: Asking, _params: Params) -> Any:
    account, holds = venue.accounts[asking.key.account], venue.book.rules.stops_hold
    return {
        asset.rest_id: {
            "balance": wire.text(asking.lists.balance(account, asset.name), asset.decimals),
            "hold_trade": wire.text(account.held(asset.name, stops_hold=holds), asset.decimals),
            "credit": wire.text(Decimal(0), asset.decimals),
            "credit_used": wire.text(Decimal(0), asset.decimals),
        }
        for asset in ASSETS
        if asset.name in account.balances
    }


def _trade_balance(venue: Venue, asking: Asking, _params: Params) -> Any:
    account = venue.accounts[asking.key.account]
    equity = account.balances.get(USD.name, Decimal(0)) + sum(
        account.balances.get(pair.base.name, Decimal(0)) * venue.book.last[pair.symbol]
        for pair in PAIRS.values()
    )
    total, nothing = wire.text(equity, 4), wire.text(Decimal(0), 4)
    zeros = dict.fromkeys(("m", "n", "c", "v"), nothing)
    return {"eb": total, "tb": total, **zeros, "e": total, "mf": total}


def _open_orders(venue: Venue, asking: Asking, params: Params) -> Any:
    account = venue.accounts[asking.key.account]
    shown = [o for o in asking.lists.open_orders(account) if _is_asked_for(o, params)]
    return {"open": {order.txid: _order(order, params) for order in reversed(shown)}}


def _closed_orders(venue: Venue, asking: Asking, params: Params) -> Any:
    account = venue.accounts[asking.key.account]
    window = _Window(params, account)
    which = params.get("closetime") or "both"
    shown = []
    for txid in reversed(account.closed):
        order = account.orders[txid]
        closed_us = order.closed_us or order.opened_us
        moments = {"open": (order.opened_us,), "close": (closed_us,)}
        if (
            asking.lists.shows("ClosedOrders", txid, closed_us)
            and _is_asked_for(order, params)
            and any(
                window.holds(moment) for moment in moments.get(which, (order.opened_us, closed_us))
            )
        ):
            shown.append(order)
    page = {order.txid: _order(order, params) for order in _page(shown, params, asking)}
    return {"closed": page, "count": len(shown)}


def _query_orders(venue: Venue, asking: Asking, params: Params) -> Any:
    account = venue.accounts[asking.key.account]
    found = [
        account.orders[txid]
        for txid in _ids(params, "txid", QUERY_ORDERS_MAX)
        if txid in account.orders
    ]
    if not found:
        raise Refused(refusal.UNKNOWN_ORDER)
    return {order.txid: _order(order, params) for order in found}


def _trades_history(venue: Venue, asking: Asking, params: Params) -> Any:
    account = venue.accounts[asking.key.account]
    window = _Window(params, account)
    shown = [
        trade
        for trade in reversed(account.trades.values())
        if asking.lists.shows("TradesHistory", trade.exec_id, trade.time_us)
        and window.holds(trade.time_us)
    ]
    rows: dict[str, Any] = {}
    for trade in _page(shown, params, asking):
        rows[trade.exec_id] = trade_row(trade)
        if wire.parse_flag(params.get("ledgers")):
            rows[trade.exec_id]["ledgers"] = list(trade.ledgers)
    return {"trades": rows, "count": len(shown)}


def _query_trades(venue: Venue, asking: Asking, params: Params) -> Any:
    trades = venue.accounts[asking.key.account].trades
    found = [trades[exec_id] for exec_id in _ids(params, "txid", QUERY_MAX) if exec_id in trades]
    return {trade.exec_id: trade_row(trade) for trade in found}


def _ledgers(venue: Venue, asking: Asking, params: Params) -> Any:
    account = venue.accounts[asking.key.account]
    window = _Window(params, account, end_counts=False)
    asset, kind = params.get("asset") or "all", params.get("type") or "all"
    wanted = None if asset == "all" else {_asset(name) for name in str(asset).split(",")}
    shown = [
        entry
        for entry in reversed(account.ledger)
        if asking.lists.shows("Ledgers", entry.ledger_id, entry.time_us)
        and window.holds(entry.time_us)
        and (wanted is None or entry.asset in wanted)
        and kind in {"all", entry.kind}
    ]
    page = {entry.ledger_id: ledger_row(entry) for entry in _page(shown, params, asking)}
    return {"ledger": page, "count": len(shown)}


def _query_ledgers(venue: Venue, asking: Asking, params: Params) -> Any:
    ids = set(_ids(params, "id", QUERY_MAX))
    ledger = venue.accounts[asking.key.account].ledger
    return {entry.ledger_id: ledger_row(entry) for entry in ledger if entry.ledger_id in ids}


def _trade_volume(venue: Venue, asking: Asking, params: Params) -> Any:
    account = venue.accounts[asking.key.account]
    volume, tier = account.volume(asking.at_us), account.tier(asking.at_us)
    following = next((other for other in FEE_TIERS if other.volume > tier.volume), tier)
    names = [name for name in str(params.get("pair") or "").split(",") if name]
    pairs = [require_pair(name) for name in names]

    def row(fee: Decimal, lowest: Decimal, highest: Decimal, then: Decimal) -> Any:
        return {
            "fee": wire.text(fee, 4),
            "minfee": wire.text(lowest, 4),
            "maxfee": wire.text(highest, 4),
            "nextfee": wire.text(then, 4),
            "tiervolume": wire.text(Decimal(tier.volume), 4),
            "nextvolume": wire.text(Decimal(following.volume), 4),
        }

    taker = row(tier.taker, FEE_TIERS[-1].taker, FEE_TIERS[0].taker, following.taker)
    maker = row(tier.maker, FEE_TIERS[-1].maker, FEE_TIERS[0].maker, following.maker)
    return {
        "currency": USD.rest_id,
        "volume": wire.text(volume, 4),
        "fees": {pair.rest_id: taker for pair in pairs},
        "fees_maker": {pair.rest_id: maker for pair in pairs},
    }


def _open_positions(_venue: Venue, _asking: Asking, _params: Params) -> Any:
    return {}


def _api_key_info(venue: Venue, asking: Asking, _params: Params) -> Any:
    return {
        "api_key_name": asking.key.key,
        "permissions": list(asking.key.permissions),
        "nonce": str(venue.nonces.get(asking.key.key, 0)),
        "nonce_window": 0,
        "ip_allowlist": [],
        "valid_until": 0,
        "query_from": 0,
        "query_to": 0,
        "created_time": 0,
        "modified_time": 0,
        "last_used": wire.seconds(asking.at_us),
    }


class _Window:
    """`start` and `end` of a list: moments, or ids that stand for theirs."""

    def __init__(self, params: Params, account: Account, *, end_counts: bool = True) -> None:
        self._start = _bound(params, "start", account)
        self._end = _bound(params, "end", account)
        self._end_counts = end_counts

    def holds(self, moment: Micros) -> bool:
        """Whether a moment is later than `start` and not later than `end`."""
        if self._start is not None and moment <= self._start:
            return False
        if self._end is None:
            return True
        return moment <= self._end if self._end_counts else moment < self._end


def _bound(params: Params, name: str, account: Account) -> Micros | None:
    value = wire.optional(params, name)
    if value is None:
        return None
    if str(value) in account.orders:
        return account.orders[str(value)].opened_us
    if str(value) in account.trades:
        return account.trades[str(value)].time_us
    return wire.parse_moment(value, name)


def _is_asked_for(order: Order, params: Params) -> bool:
    client_id, userref = wire.optional(params, "cl_ord_id"), wire.optional(params, "userref")
    if client_id is not None and order.draft.client_id != client_id:
        return False
    return userref is None or order.draft.userref == wire.parse_int(userref, "userref")


def _order(order: Order, params: Params) -> dict[str, Any]:
    row = order_row(order)
    if not wire.parse_flag(params.get("trades")):
        del row["trades"]
    return row


def _page(items: Sequence[Item], params: Params, asking: Asking) -> Sequence[Item]:
    offset = wire.parse_int(params.get("ofs") or 0, "ofs")
    if offset < 0:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:ofs")
    return items[offset : offset + asking.page]


def _ids(params: Params, name: str, count_max: int) -> list[str]:
    ids = [part.strip() for part in str(params.get(name) or "").split(",") if part.strip()]
    if not ids or len(ids) > count_max:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:{name}")
    return ids


def _asset(name: str) -> str:
    asset = find_asset(name)
    if asset is None:
        raise Refused(refusal.UNKNOWN_ASSET)
    return asset.name


CALLS: dict[str, Callable[[Venue, Asking, Params], Any]] = {
    "Balance": _balance,
    "BalanceEx": _balance_ex,
    "TradeBalance": _trade_balance,
    "OpenOrders": _open_orders,
    "ClosedOrders": _closed_orders,
    "QueryOrders": _query_orders,
    "TradesHistory": _trades_history,
    "QueryTrades": _query_trades,
    "Ledgers": _ledgers,
    "QueryLedgers": _query_ledgers,
    "TradeVolume": _trade_volume,
    "OpenPositions": _open_positions,
    "GetApiKeyInfo": _api_key_info,
}
