"""Which things can go wrong here, what are they called, and what can be said about each?

The one table of faults: the checks of a specification, the documentation and the counters are
made from it.
"""

from typing import Literal, get_args

from s1mpletrader.model.base import Value

Kind = Literal[
    "delay_in_flight",
    "request_lost",
    "reject_next",
    "reject_late",
    "rate_limited",
    "invalid_nonce",
    "expired_token",
    "answer_late",
    "answer_lost",
    "hold_answers",
    "events_after_reply",
    "partial_fill",
    "fill_races",
    "trigger_races",
    "fee_in_base",
    "partial_page",
    "duplicate",
    "reorder",
    "gap",
    "checksum_corrupt",
    "dead_subscription",
    "silent_stall",
    "visibility_lag",
    "clock_skew",
    "drop",
    "cut",
    "freeze",
    "kill",
    "status",
    "fill_while_disconnected",
    "manual_order",
    "manual_trade",
    "stop_cancelled",
    "deposit",
    "withdrawal",
    "second_instance",
    "tokens_forgotten",
]
Mode = Literal["request", "message", "standing", "action"]
COUNTED = ("skip", "count", "chance", "seed")
"""Which of the matching things are hit."""
REQUEST = ("channel", "method", "account", "symbol", "side", "order_type", *COUNTED)
COMMON: dict[Mode, tuple[str, ...]] = {
    "request": REQUEST,
    "message": ("channel", "method", "account", *COUNTED),
    "standing": ("channel", "account", "for_s"),
    "action": ("when", *REQUEST),
}
"""The arguments that every kind of a mode takes besides its own."""


class KindInfo(Value, frozen=True):
    """What a kind does, what it waits for, and which arguments of its own it takes."""

    mode: Mode
    about: str
    arguments: tuple[str, ...] = ()

    @property
    def takes(self) -> tuple[str, ...]:
        """All arguments that mean something for the kind."""
        return (*COMMON[self.mode], *self.arguments)


KINDS: dict[Kind, KindInfo] = {
    "delay_in_flight": KindInfo(
        "request",
        "the request arrives `delay_s` later, also after its deadline, its client's death or a "
        "later nonce",
        ("delay_s",),
    ),
    "request_lost": KindInfo(
        "request", "never accepted; the connection ends as `how` says", ("how",)
    ),
    "reject_next": KindInfo("request", "refused with `error`, nothing accepted", ("error",)),
    "reject_late": KindInfo(
        "request",
        "refused with `error`; the answer comes `delay_s` later, when the client gave up",
        ("error", "delay_s"),
    ),
    "rate_limited": KindInfo(
        "request",
        "refused: `EAPI:Rate limit exceeded`, `EOrder:Rate limit exceeded` for orders; with "
        "`how: http_429` the page of the edge",
        ("how",),
    ),
    "invalid_nonce": KindInfo("request", "REST only: refused with `EAPI:Invalid nonce`"),
    "expired_token": KindInfo("request", "refused with `ESession:Invalid session`"),
    "answer_late": KindInfo("request", "accepted; the answer comes `delay_s` later", ("delay_s",)),
    "answer_lost": KindInfo(
        "request",
        "accepted, durable, told to other connections; the answer never comes, the connection "
        "ends as `how` says",
        ("how",),
    ),
    "hold_answers": KindInfo(
        "request",
        "accepted, durable; the answer waits for `release`. If the client dies meanwhile, the "
        "order stays",
        ("events",),
    ),
    "events_after_reply": KindInfo(
        "request",
        "WebSocket only: the reply comes first, executions and balances `delay_s` after it "
        "(without this fault they come first)",
        ("delay_s",),
    ),
    "partial_fill": KindInfo(
        "request", "add_order: the market offers only `fraction` of the quantity", ("fraction",)
    ),
    "fill_races": KindInfo(
        "request",
        "cancel or amend: `fraction` of the order's remainder is filled just before",
        ("fraction",),
    ),
    "trigger_races": KindInfo(
        "request", "cancel or amend: the stop triggers just before, whatever the price"
    ),
    "fee_in_base": KindInfo(
        "request", "add_order: fees are taken in the base asset, whatever was asked for"
    ),
    "partial_page": KindInfo(
        "request", "a page of a REST list has at most `rows` rows; its count is true", ("rows",)
    ),
    "duplicate": KindInfo("message", "the message is sent twice"),
    "reorder": KindInfo(
        "message", "the message is overtaken by the next `window` messages", ("window",)
    ),
    "gap": KindInfo("message", "the message is lost; `sequence` shows the gap"),
    "checksum_corrupt": KindInfo("message", "book: the checksum is wrong"),
    "dead_subscription": KindInfo(
        "message", "the subscription is acknowledged and then never says anything"
    ),
    "silent_stall": KindInfo(
        "standing",
        "sockets stay open, nothing is sent, what would have been is lost",
        ("pongs",),
    ),
    "visibility_lag": KindInfo(
        "standing",
        "a list shows things `delay_s` late, or up to that, drawn for each by `seed`; closed "
        "orders leave OpenOrders at once, unless it is `stale`",
        ("list", "delay_s", "drawn", "seed", "stale"),
    ),
    "clock_skew": KindInfo(
        "standing",
        "protocol time is `skew_s` off and drifts by `drift_ppm`; it never runs backwards: put "
        "back, it stands still until then",
        ("skew_s", "drift_ppm"),
    ),
    "drop": KindInfo("action", "connections of `target` end as `how` says", ("target", "how")),
    "cut": KindInfo(
        "action",
        "every connection is reset and, for `for_s`, every new one",
        ("for_s",),
    ),
    "freeze": KindInfo(
        "action", "the whole process answers nothing for `for_s`; sockets stay", ("for_s",)
    ),
    "kill": KindInfo("action", "the exchange kills itself (SIGKILL)"),
    "status": KindInfo(
        "action",
        "the exchange's state becomes `status`; after `for_s` (0: never) it is online again",
        ("status", "for_s"),
    ),
    "fill_while_disconnected": KindInfo(
        "action",
        "as `cut`; meanwhile `fraction` of every open order of the account is filled, stops "
        "trigger",
        ("for_s", "fraction"),
    ),
    "manual_order": KindInfo(
        "action", "an order by hand; `params` as add_order takes them", ("params",)
    ),
    "manual_trade": KindInfo(
        "action", "a market order by hand; `params` as add_order takes them", ("params",)
    ),
    "stop_cancelled": KindInfo("action", "the account's untriggered stops are cancelled by hand"),
    "deposit": KindInfo("action", "money comes", ("asset", "amount")),
    "withdrawal": KindInfo("action", "money goes, also what open orders hold", ("asset", "amount")),
    "second_instance": KindInfo(
        "action",
        "another program uses the key: it burns a nonce `nonce_ahead` of the last and, with "
        "`params`, places an order (say its `cl_ord_id`)",
        ("key", "nonce_ahead", "params"),
    ),
    "tokens_forgotten": KindInfo("action", "every WebSocket token is invalid"),
}


def kinds() -> tuple[Kind, ...]:
    """Return the names of all kinds."""
    return get_args(Kind)
