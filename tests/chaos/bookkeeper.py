"""What does somebody else say the account holds?

The second oracle: ccxt asks the exchange over REST with a key of its own, and everything is added
up from trades, fees and transfers here, by nothing that the engine or the simulator uses.
"""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import ccxt

from s1mpletrader.simulator.auth import DEFAULT_KEYS

KEY = "SIM-READER"
PAGES_MAX = 400
ATTEMPTS = 10
PAUSE_S = 0.2
"""Between attempts: the exchange limits this key's rate, too."""
OVERLAP_S = 2.0
"""How much of what was read before is read again."""
NAMES = {"ZUSD": "USD", "XXBT": "BTC", "SOL": "SOL", "XBT": "BTC"}
PAIRS = {"XXBTZUSD": ("BTC", "USD"), "SOLUSD": ("SOL", "USD"), "XBTUSD": ("BTC", "USD")}

Row = dict[str, Any]


class Bookkeeper:
    """Keeps books of its own."""

    def __init__(self, port: int) -> None:
        url, key = f"http://127.0.0.1:{port}", DEFAULT_KEYS[KEY]
        self._client = ccxt.kraken(
            {
                "apiKey": key.key,
                "secret": key.secret,
                "urls": {"api": {"public": url, "private": url}},
                "enableRateLimit": False,
            }
        )
        self._trades: dict[str, Row] = {}
        self._entries: dict[str, Row] = {}
        self._since_s = 0.0

    def close(self) -> None:
        """Let the connection go."""
        self._client.session.close()

    def disagreements(self, executed: dict[str, Decimal], totals: dict[str, Decimal]) -> list[str]:
        """Compare with what the engine booked per txid and in all; return differences in words."""
        self._read_news()
        balances, computed = self.balances(), self._computed()
        found = []
        for asset in sorted({*balances, *computed, *totals}):
            figures = [each.get(asset, Decimal(0)) for each in (balances, computed, totals)]
            if len(set(figures)) > 1:
                found.append("{}: balance {}, by trades {}, engine {}".format(asset, *figures))
        mine: dict[str, Decimal] = {}
        for row in self._trades.values():
            mine[row["ordertxid"]] = mine.get(row["ordertxid"], Decimal(0)) + Decimal(row["vol"])
        for txid in sorted({*mine, *executed}):
            here, there = executed.get(txid, Decimal(0)), mine.get(txid, Decimal(0))
            if here != there and txid in executed:
                found.append(f"order {txid}: engine {here}, by trades {there}")
        return found

    def balances(self) -> dict[str, Decimal]:
        """Return what the exchange says the account has."""
        rows = self._ask(self._client.private_post_balance)
        return {NAMES[name]: Decimal(str(amount)) for name, amount in rows.items()}

    def open_orders(self) -> set[str]:
        """Return the txids of the orders that rest."""
        return set(self._ask(self._client.private_post_openorders)["open"])

    def _computed(self) -> dict[str, Decimal]:
        totals = dict.fromkeys(("BTC", "SOL", "USD"), Decimal(0))
        for row in self._trades.values():
            base, quote = PAIRS[row["pair"]]
            sign = 1 if row["type"] == "buy" else -1
            totals[base] += sign * Decimal(row["vol"])
            totals[quote] -= sign * Decimal(row["cost"])
        for row in self._entries.values():
            is_transfer = row["type"] != "trade"
            moved = Decimal(row["amount"]) if is_transfer else Decimal(0)
            # only the ledger says in which asset a trade's fee was taken
            totals[NAMES[row["asset"]]] += moved - Decimal(row["fee"])
        return totals

    def _read_news(self) -> None:
        since = {"start": str(max(self._since_s - OVERLAP_S, 0))} if self._since_s else {}
        trades = self._pages(self._client.private_post_tradeshistory, "trades", since)
        ledger = self._pages(self._client.private_post_ledgers, "ledger", since)
        self._trades.update(trades)
        self._entries.update(ledger)
        times = [float(row["time"]) for row in (*trades.values(), *ledger.values())]
        self._since_s = max([self._since_s, *times])

    def _pages(self, call: Callable[..., Any], name: str, since: dict[str, str]) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        for _ in range(PAGES_MAX):
            page = self._ask(call, {**since, "ofs": str(len(rows))})
            rows.update(page[name])
            if not page[name] or len(rows) >= int(page["count"]):
                return rows
        raise AssertionError(f"{name} has more than {PAGES_MAX} pages")

    def _ask(self, call: Callable[..., Any], params: dict[str, str] | None = None) -> Any:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return call(params or {})["result"]
            except ccxt.NetworkError:  # its rate limit; or it was killed since: an old connection
                if attempt == ATTEMPTS:
                    raise
                time.sleep(PAUSE_S)
        raise AssertionError
