"""What does the documentation say about the exchange's errors, if the code is asked?"""

from s1mpletrader.errors import S1mpleTraderError
from s1mpletrader.exchange.error_codec import KNOWN_ERRORS, amend_failure, read_failure
from s1mpletrader.model.orders import Reject

ANY_OTHER = "EAny:Other text"


def table_of_exchange_errors() -> str:
    """Return every documented error with the reactions to it."""
    lines = [
        "| error | kind | in answer to an order or an amend | to a read |",
        "|---|---|---|---|",
    ]
    texts = [(each.text, str(each.kind)) for each in KNOWN_ERRORS]
    for text, kind in [*texts, (ANY_OTHER, "unknown")]:
        named = f"`{text}`" if text != ANY_OTHER else "any other"
        lines.append(f"| {named} | {kind} | {_to_order(text)} | {_to_read(text)} |")
    return "\n".join(lines)


def _to_order(text: str) -> str:
    answer = amend_failure(text)
    if isinstance(answer, Reject):
        return "rejected"
    return "unknown, the longer patience" if answer.slow else "unknown"


def _to_read(text: str) -> str:
    failure: S1mpleTraderError = read_failure([text])
    return f"`{type(failure).__name__}`"
