"""Gives a virtual device its time: paced on an absolute schedule, or as fast as somebody reads."""

import math

from daq.clock import host_now
from daq.wire import FRAME_BYTES
from rigs.device import VirtualDevice

PREFETCH_BYTES = 1024 * FRAME_BYTES
"""At full speed so much is there whenever somebody looks."""
_FRUITLESS_FRAMES = 1 << 14
"""At full speed, so many frames without a byte (all dropped on the line) count as silence."""


class Pump:
    """Moves bytes between a host and a device whose time it keeps. Not for several threads at once.

    Args:
        device: The device, made a moment ago.
        speed: Device seconds per real second. Infinite: the time passes that the bytes asked for take, and none
            while the device has nothing to say; then the same questions get the same bytes, to the last bit.
    """

    def __init__(self, device: VirtualDevice, speed: float) -> None:
        self.device = device
        self._speed, self._free = speed, math.isinf(speed)
        self._began_s = host_now()
        self._now_s = 0.0

    def now_s(self) -> float:
        """Device time, s."""
        if not self._free:
            self._now_s = (host_now() - self._began_s) * self._speed
        return self._now_s

    @property
    def back_in_s(self) -> float | None:
        """Real time until a pulled cable is plugged in again, s; None if it is in, or stays out."""
        back_s = self.device.back_s
        if back_s is None:
            return None
        return 0.0 if self._free else max(0.0, (back_s - self.now_s()) / self._speed)

    def plug_in(self) -> bool:
        """Look whether a cable that was pulled is in again; at full speed nobody waits for it, time goes on to then.

        Returns:
            Whether it is in.
        """
        back_s = self.device.back_s
        if self._free and back_s is not None:
            self._now_s = max(self._now_s, back_s)
        self.device.advance(self.now_s())
        return not self.device.unplugged

    def put(self, data: bytes) -> None:
        """Give the device what the host wrote."""
        self.device.receive(data, self.now_s())

    def available(self) -> int:
        """Bytes that can be taken now."""
        if self._free:
            self._hurry(PREFETCH_BYTES)
        else:
            self.device.advance(self.now_s())
        return self.device.waiting

    def take(self, limit: int) -> bytes:
        """Take bytes in their order.

        Args:
            limit: At most so many.

        Returns:
            The bytes; none if there are none by now.
        """
        if self._free:
            self._hurry(limit)
            return self.device.take(limit)
        return self.device.transmit(self.now_s(), limit)

    def wait_s(self, wanted: int = 1) -> float | None:
        """Real time until so many bytes should be there, or something else has happened.

        Args:
            wanted: Bytes.

        Returns:
            Seconds, 0 if they are there; None if nothing comes before a command does.
        """
        missing = wanted - self.device.waiting
        if missing <= 0:
            return 0.0
        due_s = self.device.due_s(math.ceil(missing / FRAME_BYTES))
        if due_s is None:
            return None
        return 0.0 if self._free else max(0.0, (due_s - self.now_s()) / self._speed)

    def _hurry(self, wanted: int) -> None:
        """Let time pass until so many bytes are there, or the device has nothing more to say by itself."""
        fruitless = 0.0
        while (missing := wanted - self.device.waiting) > 0 and fruitless < _FRUITLESS_FRAMES:
            due_s = self.device.due_s(math.ceil(missing / FRAME_BYTES))
            if due_s is None:
                return
            before, before_s = self.device.waiting, self._now_s
            self._now_s = max(self._now_s, due_s)
            self.device.advance(self._now_s)
            if self.device.waiting > before:
                fruitless = 0.0
            else:
                fruitless += 1 + (self._now_s - before_s) * self.device.chain.rate_Hz
