"""How does a person read the truth?"""

from collections.abc import Mapping, Sequence
from typing import Any

from s1mpletrader.simulator.wire import rfc3339

ORDERS = (
    "txid", "client_id", "user", "symbol", "side", "type", "qty", "executed", "status",
    "received_us", "opened_us", "closed_us",
)  # fmt: skip
FILLS = ("exec_id", "txid", "symbol", "side", "price", "qty", "cost", "fee", "time_us")
LEDGER = ("ledger_id", "kind", "asset", "amount", "fee", "balance", "ref_id", "time_us")


def screen(found: Mapping[str, Any]) -> str:
    """Return an audit as tables, an account after the other; moments are protocol time."""
    lines = [f"status {found['status']}, {_moment(found['protocol_us'])}"]
    for name, account in found["accounts"].items():
        lines += ["", f"ACCOUNT {name}"]
        lines += _table(("asset", "balance", "held"), _balances(account))
        for title, columns in (("orders", ORDERS), ("fills", FILLS), ("ledger", LEDGER)):
            if account[title]:
                lines += ["", title, *_table(columns, account[title])]
        lines += ["", *(_checks(account))]
    return "\n".join(lines)


def is_sound(found: Mapping[str, Any]) -> bool:
    """Whether nothing contradicts itself and no client id was used twice."""
    return not any(
        account["findings"] or account["duplicate_client_ids"]
        for account in found["accounts"].values()
    )


def _balances(account: Mapping[str, Any]) -> list[dict[str, str]]:
    held = account["held"]
    return [
        {"asset": asset, "balance": amount, "held": held[asset]}
        for asset, amount in account["balances"].items()
    ]


def _checks(account: Mapping[str, Any]) -> list[str]:
    problems = [f"client id used twice: {name}" for name in account["duplicate_client_ids"]]
    problems += account["findings"]
    return problems or ["checks: balances = ledger, orders = trades, no client id twice"]


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    heads = [column.removesuffix("_us") for column in columns]
    cells = [heads, *([_cell(column, row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    return [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]


def _cell(column: str, value: Any) -> str:
    if value is None or value == "":
        return "-"
    return _moment(value) if column.endswith("_us") else str(value)


def _moment(at_us: Any) -> str:
    return rfc3339(at_us)
