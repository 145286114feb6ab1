"""Reads from a streaming device in portions worth working on."""

import time

from daq.clock import host_now
from daq.errors import LinkError
from daq.layout import FRAME_BYTES
from daq.link import Link

PORTION_S = 0.05
"""Bytes are gathered for this long: after each pause the processor's caches are cold, and a chunk of 50 ms costs hardly
more than one of 10 ms."""
WATCHED_S = 0.016
"""… but while somebody watches, for one frame of the screen: that costs 10 % of a core instead of 5 %, and 10 ms would
cost 14 %."""
ENOUGH_BYTES = 1 << 16
NAP_BYTES = 1024
"""A quarter of what a serial line's buffer in the kernel holds: that much may arrive between two reads."""
ANSWER_S = 0.02
"""An answer to a clock query mostly comes within this; until then bytes are handed on at once, for its time counts."""


class Gatherer:
    """Reads a link often, but hands on seldom."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._nap_s = NAP_BYTES / (FRAME_BYTES * link.hello.sample_rate_Hz)
        self._hurry_until_s = 0.0
        self._asked: int | None = None

    def ask_clock(self) -> None:
        """Ask for the device's time, if it is time to."""
        token = self._link.clock_request()
        if token is not None:
            self._asked, self._hurry_until_s = token, host_now() + ANSWER_S

    def read(self, portion_s: float = PORTION_S) -> bytes:
        """Read what comes in a while.

        Args:
            portion_s: How long to gather.

        Returns:
            What arrived, maybe nothing.

        Raises:
            LinkError: The device went away; all that came before has been handed on.
        """
        parts: list[bytes] = []
        size, now = 0, host_now()
        end = now + portion_s
        while now < end and size < ENOUGH_BYTES:
            try:
                data = self._link.read(end - now)
            except LinkError:
                if not parts:
                    raise
                break
            parts.append(data)
            size += len(data)
            now = host_now()
            if data and now < self._hurry_until_s and self._link.pending.awaits(self._asked):
                break
            if data and size < ENOUGH_BYTES and now < end:
                time.sleep(min(self._nap_s, end - now))
        return b"".join(parts)
