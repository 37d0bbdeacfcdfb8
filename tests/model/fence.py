"""Two copies of one state directory: can both have orders accepted?

Epochs, nonces, the newcomer's wait, the lease and "our tag, a newer copy" are the engine's own
functions. Modelled are the exchange (nonces only rise, the deadline is enforced, orders by
WebSocket carry no nonce), the wire, and that the connector takes "invalid nonce" for the end.
"""

from s1mpletrader.core import fencing
from s1mpletrader.persistence.epoch_file import next_epoch
from tests.model.fence_desk import FenceDesk
from tests.model.fence_states import GONE, Call, Copy, Fence, FenceSetup
from tests.model.world import later

CLOCK_MAX = 3
CALLS_MAX = 3


class Fences:
    """The graph of one scenario."""

    def __init__(self, setup: FenceSetup) -> None:
        self.setup = setup
        self.desk = FenceDesk(setup)
        self.age_max = 2 * setup.lease + setup.D + 2

    def initial(self) -> Fence:
        """Return the start: both copies are off."""
        return Fence(Copy(restarts=self.setup.restarts), Copy())

    def violations(self, state: Fence) -> list[str]:
        """Return the broken properties."""
        found = []
        if self.setup.is_strict and state.a.is_late and state.b.is_late:
            found.append("P8 both copies had an order accepted after the other had spoken")
        if state.is_broken:
            found.append("P8 an older copy has an order accepted after the newer traded")
        return found

    def is_at_rest(self, state: Fence) -> bool:
        """Return whether somebody has stopped or had its orders sent, or time is over."""
        return any(
            each.phase == "stopped" or each.sent == self.setup.orders for each in (state.a, state.b)
        )

    def successors(self, state: Fence) -> list[tuple[str, Fence]]:
        """Return everything that can happen next."""
        found = [("tick", self._tick(state))]
        for me in (0, 1):
            found += self._live(state, me)
            found += self._call(state, me)
            found += self._order(state, me)
        after = [(label, self._forget(each)) for label, each in found]
        return [each for each in after if each[1] != state]

    # What happens.

    def _tick(self, state: Fence) -> Fence:
        return state._replace(
            a=self._older(state.a), b=self._older(state.b), clock=min(state.clock + 1, CLOCK_MAX)
        )

    def _forget(self, state: Fence) -> Fence:
        """Keep the order of epochs and nonces instead of their values; drop what is over."""
        a, b = self._without_past(state.a), self._without_past(state.b)
        if "clock_nonce" in self.setup.shell:
            return state._replace(a=a, b=b)
        nonces = [fencing.nonce(each.epoch, each.counter) for each in (a, b)]
        nonces += [each.call.nonce for each in (a, b) if each.call]
        nonces += [each.order[0] for each in (a, b) if each.order and each.order[0] >= 0]
        nonces += [state.nonce] if state.nonce >= 0 else []
        epochs = sorted({0, state.seen, *(each // fencing.NONCES_PER_EPOCH for each in nonces)})
        less = _less(sorted(set(nonces)), epochs)

        def renamed(copy: Copy) -> Copy:
            call, order = copy.call, copy.order
            epoch, counter = divmod(
                less[fencing.nonce(copy.epoch, copy.counter)], fencing.NONCES_PER_EPOCH
            )
            return copy._replace(
                epoch=epoch,
                counter=counter,
                call=call._replace(nonce=less[call.nonce]) if call else None,
                order=(less[order[0]] if order[0] >= 0 else GONE, order[1]) if order else None,
            )

        most = len(epochs) - 1
        return state._replace(
            a=renamed(a),
            b=renamed(b),
            nonce=less[state.nonce] if state.nonce >= 0 else -1,
            seen=epochs.index(state.seen),
            clock=most + 1 if state.clock > epochs[-1] else most,
        )

    def _without_past(self, copy: Copy) -> Copy:
        if copy.phase == "stopped":
            past = Copy(phase="stopped", call=copy.call, order=copy.order, sent=copy.sent)
            return past._replace(has_spoken=copy.has_spoken, is_late=copy.is_late)
        if not self.setup.by_socket:  # then nothing but the nonce counts
            call = copy.call._replace(age=0) if copy.call else None
            first = min(copy.first, 0)
            return copy._replace(call=call, lease=first, first=first, wait=0, has_agreed=False)
        if copy.has_agreed and copy.first >= 0:
            return copy._replace(first=self.age_max, wait=0, before=-1)
        return copy

    def _older(self, copy: Copy) -> Copy:
        most, call, order = self.age_max, copy.call, copy.order
        return copy._replace(
            lease=later(copy.lease, self.setup.lease),
            before=later(copy.before, self.setup.lease),
            first=later(copy.first, most),
            call=call._replace(age=later(call.age, self.setup.lease + 1)) if call else None,
            order=(order[0], max(order[1] - 1, -1)) if order else None,
        )

    def _live(self, state: Fence, me: int) -> list[tuple[str, Fence]]:
        copy, name = _get(state, me), "AB"[me]
        if copy.phase in {"off", "down"}:
            epoch = next_epoch(copy.epoch, state.clock)
            started = Copy(
                phase="up",
                epoch=epoch,
                before=copy.lease if copy.has_agreed else -1,
                order=copy.order,
                has_spoken=copy.has_spoken,
                sent=copy.sent,
                is_late=copy.is_late,
                restarts=copy.restarts,
            )
            return [(f"{name} starts, epoch {epoch}", _put(state, me, started))]
        found = []
        if copy.phase == "up" and self.desk.sees_newer(copy.epoch, state.seen):
            stopped = copy._replace(phase="stopped")
            found.append((f"{name} sees its tag with a higher epoch", _put(state, me, stopped)))
        if copy.phase == "up" and copy.restarts:
            down = copy._replace(phase="down", restarts=copy.restarts - 1)
            found.append((f"!kill -9 {name}", _put(state, me, down)))
        return found

    def _call(self, state: Fence, me: int) -> list[tuple[str, Fence]]:
        copy, name, call = _get(state, me), "AB"[me], _get(state, me).call
        if call is None:
            if copy.phase != "up" or self._has_no_call_left(copy):
                return []
            nonce = self._nonce(copy, state)
            sent = copy._replace(call=Call(nonce), counter=copy.counter + 1)
            return [(f"{name} private call", _put(state, me, sent))]
        if call.is_accepted is None:
            is_fresh = call.nonce > state.nonce
            heard = copy._replace(call=call._replace(is_accepted=is_fresh))
            after = _put(state, me, heard)
            if is_fresh:
                heard = heard._replace(has_spoken=True)
                after = _put(state, me, heard)._replace(
                    nonce=call.nonce,
                    newest=me,
                    has_newest_traded=state.has_newest_traded and state.newest == me,
                )
            return [(f"call of {name} {'accepted' if is_fresh else 'invalid nonce'}", after)]
        return [self._answer(state, me, copy, call)]

    def _answer(self, state: Fence, me: int, copy: Copy, call: Call) -> tuple[str, Fence]:
        name = "AB"[me]
        if copy.phase != "up":
            return f"{name} hears nothing any more", _put(state, me, copy._replace(call=None))
        if call.is_accepted:
            lease = min(copy.lease, call.age) if copy.lease >= 0 else call.age
            first, wait = copy.first, copy.wait
            if first < 0:
                first, wait = self.desk.first(call.age, copy.before)
            heard = copy._replace(
                call=None,
                lease=lease,
                first=first,
                wait=wait,
                before=-1,
                has_agreed=copy.has_agreed or self.desk.may_order(lease, first, wait),
            )
            return f"{name} hears: accepted, wait {wait}", _put(state, me, heard)
        if "resync" in self.setup.shell:
            higher = state.nonce % fencing.NONCES_PER_EPOCH + 1
            again = copy._replace(call=None, counter=max(copy.counter, higher))
            return f"{name} hears: invalid nonce, takes a higher one", _put(state, me, again)
        stopped = copy._replace(call=None, phase="stopped")
        return f"{name} hears: invalid nonce, stops for good", _put(state, me, stopped)

    def _order(self, state: Fence, me: int) -> list[tuple[str, Fence]]:
        copy, name, found = _get(state, me), "AB"[me], []
        is_able = copy.phase == "up" and copy.first >= 0 and copy.sent < self.setup.orders
        if is_able and copy.order is None and self._may_leave(copy):
            nonce, more = GONE, 0
            if not self.setup.by_socket:
                nonce, more = self._nonce(copy, state), 1
            sent = copy._replace(
                order=(nonce, self.setup.D), sent=copy.sent + 1, counter=copy.counter + more
            )
            found.append((f"{name} sends an order", _put(state, me, sent)))
        if copy.order is not None:
            nonce, left = copy.order
            landed = copy._replace(order=None)
            is_fresh = nonce == GONE or nonce > state.nonce
            if left >= 0 and is_fresh:
                found.append((f"order of {name} accepted", self._accept(state, me, landed, nonce)))
            else:
                found.append((f"order of {name} refused", _put(state, me, landed)))
            found.append((f"!order of {name} lost", _put(state, me, landed)))
        return found

    def _may_leave(self, copy: Copy) -> bool:
        if not self.setup.by_socket:
            return copy.call is None and not self._has_no_call_left(copy)
        if "no_lease" in self.setup.shell:
            return True
        return self.desk.may_order(copy.lease, copy.first, copy.wait)

    def _accept(self, state: Fence, me: int, landed: Copy, nonce: int) -> Fence:
        other, is_newest = _get(state, 1 - me), state.newest == me
        is_late = landed.is_late or other.has_spoken
        after = _put(state, me, landed._replace(is_late=is_late))
        return after._replace(
            seen=max(state.seen, landed.epoch),
            nonce=max(state.nonce, nonce),
            has_newest_traded=state.has_newest_traded or is_newest,
            is_broken=state.is_broken or (state.has_newest_traded and not is_newest),
        )

    def _has_no_call_left(self, copy: Copy) -> bool:
        return "clock_nonce" in self.setup.shell and copy.counter >= CALLS_MAX

    def _nonce(self, copy: Copy, state: Fence) -> int:
        if "clock_nonce" in self.setup.shell:
            return state.clock
        return fencing.nonce(copy.epoch, copy.counter)


def _less(nonces: list[int], epochs: list[int]) -> dict[int, int]:
    """Return small nonces in the same order."""
    less, counts = {}, dict.fromkeys(epochs, 0)
    for each in nonces:
        epoch = each // fencing.NONCES_PER_EPOCH
        less[each] = fencing.nonce(epochs.index(epoch), counts[epoch])
        counts[epoch] += 1
    return less


def _get(state: Fence, me: int) -> Copy:
    return state.b if me else state.a


def _put(state: Fence, me: int, copy: Copy) -> Fence:
    return state._replace(b=copy) if me else state._replace(a=copy)
