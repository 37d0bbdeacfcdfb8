"""How is the exchange asked over REST, politely and with proof of who asks?

Reads only: nothing here places an order. Private calls go one at a time, because two racing on
two connections can arrive in the wrong order and the later nonce would void the earlier one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

import aiohttp
import msgspec

from s1mpletrader import __version__
from s1mpletrader.core import fencing
from s1mpletrader.core.backoff import Backoff
from s1mpletrader.core.rate_budget import CALL_COSTS, RateBudget
from s1mpletrader.errors import ExchangeUnavailable, Fenced, InternalError
from s1mpletrader.exchange import error_codec, rest_codec
from s1mpletrader.exchange.credentials import Credentials
from s1mpletrader.exchange.protocol_clock import ProtocolClock
from s1mpletrader.exchange.signature import api_sign
from s1mpletrader.exchange.wire import BYTES_MAX
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.ports import Clock

USER_AGENT: Final = f"s1mpletrader/{__version__}"
_READ_BACKOFF: Final = Backoff(first_s=0.25, most_s=2.0)


class _TransportFailure(ExchangeUnavailable):
    """No answer of the exchange itself arrived: a read may ask again."""


class RestClient:
    """Asks the exchange; every answer is one result or one error of errors.py."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        credentials: Credentials,
        *,
        clock: Clock,
        protocol: ProtocolClock,
        dice: Callable[[], float],
        budget: RateBudget,
        on_accepted: Callable[[Micros], None],
        timeout_s: float = 10.0,
        attempts_max: int = 3,
        rate_wait_max_s: float = 60.0,
        backoff: Backoff = _READ_BACKOFF,
    ) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._clock = clock
        self._protocol = protocol
        self._dice = dice
        self._budget = budget
        self._on_accepted = on_accepted
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._attempts_max = attempts_max
        self._rate_wait_max_us = int(rate_wait_max_s * SECOND)
        self._backoff = backoff
        self._one_at_a_time = asyncio.Lock()
        self._epoch = 0
        self._counter = 0
        self._fenced: Fenced | None = None

    def begin(self, epoch: int) -> None:
        """Let private calls begin, with nonces of `epoch` (SAFETY F1); it only ever rises."""
        if epoch <= self._epoch:
            raise InternalError(f"epoch {epoch} is not above {self._epoch}")
        self._epoch = epoch
        self._counter = 0

    @property
    def fenced(self) -> Fenced | None:
        """Why this instance must never speak again, once it knows (SAFETY F3)."""
        return self._fenced

    async def public(self, call: str, **params: str) -> msgspec.Raw:
        """Return the result of a public call; raises `ExchangeError`."""

        async def ask() -> msgspec.Raw:
            query = f"?{urlencode(params)}" if params else ""
            url = f"{self._base_url}/0/public/{call}{query}"
            return self._result(await self._exchange("GET", url, {}))

        return await self._with_retries(ask)

    async def private(
        self, call: str, params: Mapping[str, str] | None = None, *, urgent: bool = False
    ) -> msgspec.Raw:
        """Return the result of a private read; raises `ExchangeError` or `Fenced`.

        Waits for the rate budget; `urgent` may use the points reserved for stops and exits (D9).
        """
        cost = CALL_COSTS.get(call, 1)

        async def ask() -> msgspec.Raw:
            await self._wait_for_budget(cost, urgent=urgent)
            try:
                return await self._ask_private(call, params or {})
            finally:
                self._budget = self._budget.answered(self._clock.monotonic_us())
                self._one_at_a_time.release()

        return await self._with_retries(ask)

    async def _with_retries(self, ask: Callable[[], Awaitable[msgspec.Raw]]) -> msgspec.Raw:
        attempt = 1
        while True:
            try:
                return await ask()
            except _TransportFailure:
                if attempt >= self._attempts_max:
                    raise
            await asyncio.sleep(self._backoff.delay_s(attempt, self._dice()))
            attempt += 1

    async def _wait_for_budget(self, cost: int, *, urgent: bool) -> None:
        """Return with the lock held and the points spent."""
        give_up_us = self._clock.monotonic_us() + self._rate_wait_max_us
        while True:
            await self._one_at_a_time.acquire()
            now_us = self._clock.monotonic_us()
            wait_us = self._budget.wait_us(cost, now_us, urgent=urgent)
            if wait_us == 0:
                self._budget = self._budget.spent(cost, now_us)
                return
            # waiting with the lock held would keep urgent calls out
            self._one_at_a_time.release()
            if now_us + wait_us > give_up_us:
                raise ExchangeUnavailable("the rate budget does not allow this call in time")
            await asyncio.sleep(wait_us / SECOND)

    async def _ask_private(self, call: str, params: Mapping[str, str]) -> msgspec.Raw:
        if self._fenced:
            raise self._fenced
        path = f"/0/private/{call}"
        nonce = self._next_nonce()
        body = urlencode({"nonce": str(nonce), **params}).encode()
        headers = {
            "API-Key": self._credentials.key,
            "API-Sign": api_sign(path, nonce, body, self._credentials.secret),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        sent_us = self._protocol.now_us()
        # POST: aiohttp resends an idempotent method by itself when a kept connection is dead,
        # and the same nonce twice would look like a second instance
        answer = await self._exchange("POST", self._base_url + path, headers, body)
        result = self._result(answer)
        self._on_accepted(sent_us)
        return result

    def _next_nonce(self) -> int:
        if self._epoch == 0:
            raise InternalError("a private call before the epoch is drawn (SAFETY F1)")
        self._counter += 1
        if self._counter >= fencing.NONCES_PER_EPOCH:
            raise InternalError("the nonces of this epoch are used up")
        return fencing.nonce(self._epoch, self._counter)

    async def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> bytes:
        """Return the body of an answer that the exchange itself gave."""
        request = self._session.request(
            method,
            url,
            data=body,
            headers={"User-Agent": USER_AGENT, **headers},
            timeout=self._timeout,
            allow_redirects=False,  # a redirect could carry the signed body elsewhere
        )
        try:
            async with request as response:
                if response.status != HTTPStatus.OK:
                    raise _TransportFailure(f"HTTP {response.status}")
                answer = await _bounded_body(response)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _TransportFailure(f"no answer: {str(error) or type(error).__name__}") from error
        if not answer.lstrip().startswith(b"{"):
            # an edge server's page with status 200
            raise _TransportFailure("an answer that is not the exchange's")
        return answer

    def _result(self, body: bytes) -> msgspec.Raw:
        envelope = rest_codec.read_envelope(body)
        if not envelope.failures:
            return envelope.result
        if any(error_codec.is_rate_limit(text) for text in envelope.failures):
            self._budget = self._budget.refused(self._clock.monotonic_us())
        failure = error_codec.read_failure(envelope.failures)
        if isinstance(failure, Fenced):
            self._fenced = failure
        raise failure


async def _bounded_body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        body += chunk
        if len(body) > BYTES_MAX:
            raise _TransportFailure(f"an answer larger than {BYTES_MAX} bytes")
    return bytes(body)
