"""What does an engine leave behind, and who guards it?

The last line of a clean stop (SAFETY W4): nobody should have to ask the exchange.
"""

from s1mpletrader.core.books import Books
from s1mpletrader.host import control_rows


def farewell(books: Books) -> str:
    """Return one sentence about each position and its stop, and about doubts that remain."""
    told = [_position(each) for each in control_rows.positions(books)]
    told += [
        f"{order.role} {order.client_id} is in doubt"
        for order in books.live_orders()
        if order.is_in_doubt
    ]
    return "; ".join(("stopped", *told)) if told else "stopped; nothing is held"


def _position(row: control_rows.Row) -> str:
    held = f"{row['link']} holds {row['qty']} of {row['symbol']}"
    if row["stop_qty"] is None:
        return f"{held}, and NOTHING guards it"
    stop = f"a stop of {row['stop_qty']} at {row['stop_trigger']}"
    return f"{held}, guarded at the exchange by {stop}"
