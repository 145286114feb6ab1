"""pyserial handler of virtual:// URLs: a treadmill with firmware, made of software, in this process.

    port = serial.serial_for_url("virtual://virtual?seed=1")

Opening the port plugs the device in. Parameters: docs/virtual-treadmill.md.
"""

import threading
from typing import Any

from serial.serialutil import PortNotOpenError, SerialBase, SerialException

from daq.clock import host_now
from rigs.device import VirtualDevice
from rigs.pump import Pump
from rigs.virtual import make_device
from rigs.virtual_url import VirtualUrl

_LEAST_WAIT_S = 1e-3
"""Frames that are due within this come at one go, as they do over USB."""


class Serial(SerialBase):  # type: ignore[misc, unused-ignore]
    """A port with a virtual device behind it; for one reading and one writing thread, as any pyserial port."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._pump: Pump | None = None
        self._changed = threading.Condition()
        self._cancelled = False
        self._first_boot = self._plugs = 0
        super().__init__(*args, **kwargs)

    @property
    def device(self) -> VirtualDevice:
        """The device itself: `device.ledger` knows what was injected. It outlives the closing of the port."""
        if self._pump is None:
            raise PortNotOpenError()
        return self._pump.device

    def open(self) -> None:
        """Plug the device in; it boots. Opened again, this port is the same board at its next boot.

        Raises:
            SerialException: The port is open already, has no URL, or its cable is still out.
        """
        if self.is_open:
            raise SerialException("Port is already open.")
        if self.port is None:
            raise SerialException("Port must be configured before it can be used.")
        if self._pump is not None and self._gone():
            if not self._pump.plug_in():
                raise SerialException("the cable of the virtual treadmill is out")
            self._pump.device.take()  # what nobody has read was lost with the cable
        else:
            url = VirtualUrl.parse(self.port)
            if self._pump is not None:
                self._first_boot += len(self._pump.device.ledger.boots)
            self._pump = Pump(make_device(url, first_boot=self._first_boot), url.values["speed"])
        self._plugs = self._pump.device.plugs
        self._cancelled = False
        self.is_open = True

    def close(self) -> None:
        """Unplug the device; a read that waits ends."""
        with self._changed:
            self.is_open = False
            self._changed.notify_all()

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read without waiting; with speed=max, frames enough for a good portion."""
        with self._changed:
            count = self._plugged().available()
            self._complain_if_gone()
            return count

    def read(self, size: int = 1) -> bytes:
        """Read bytes.

        Args:
            size: How many. Fewer come only when `timeout` (s) is over; without one, when `cancel_read` is called.

        Returns:
            The bytes.
        """
        end_s = None if self.timeout is None else host_now() + self.timeout
        data = bytearray()
        with self._changed:
            while True:
                pump = self._plugged()
                data += pump.take(size - len(data))
                if len(data) >= size or self._cancelled:
                    break
                if self._gone() and data:
                    break
                self._complain_if_gone()
                left_s = None if end_s is None else end_s - host_now()
                if left_s is not None and left_s <= 0.0:
                    break
                self._sleep(pump.wait_s(size - len(data)), left_s)
            self._cancelled = False
        return bytes(data)

    def write(self, b: Any, /) -> int:
        """Write bytes; the device hears them at once.

        Args:
            b: The bytes.

        Returns:
            Their number.
        """
        data = bytes(memoryview(b))
        with self._changed:
            self._plugged().put(data)
            self._complain_if_gone()
            self._changed.notify_all()
        return len(data)

    def cancel_read(self) -> None:
        """Let a read that waits return with what it has."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def cancel_write(self) -> None:
        """Do nothing: a write never waits."""

    def flush(self) -> None:
        """Do nothing: a write is heard at once."""

    def reset_input_buffer(self) -> None:
        """Throw away what has arrived."""
        with self._changed:
            pump = self._plugged()
            pump.device.transmit(pump.now_s())

    def reset_output_buffer(self) -> None:
        """Do nothing: a write is heard at once."""
        self._plugged()

    @property
    def out_waiting(self) -> int:
        """0: a write is heard at once."""
        self._plugged()
        return 0

    @property
    def cts(self) -> bool:
        """True: the device is there."""
        return bool(self._plugged())

    @property
    def dsr(self) -> bool:
        """True: the device is there."""
        return bool(self._plugged())

    @property
    def cd(self) -> bool:
        """True: the device is there."""
        return bool(self._plugged())

    @property
    def ri(self) -> bool:
        """False: it never rings."""
        return not self._plugged()

    def _sleep(self, due_s: float | None, left_s: float | None) -> None:
        """Wait for bytes that are due, for a command of another thread, or until the time is over."""
        waits = [wait for wait in (None if due_s is None else max(due_s, _LEAST_WAIT_S), left_s) if wait is not None]
        self._changed.wait(min(waits) if waits else None)

    def _plugged(self) -> Pump:
        if not self.is_open or self._pump is None:
            raise PortNotOpenError()
        return self._pump

    def _gone(self) -> bool:
        """Whether the cable was pulled since the port was opened; in again or not, this port is dead."""
        device = self.device
        return device.unplugged or device.plugs != self._plugs

    def _complain_if_gone(self) -> None:
        """Raise once everything sent before the cable was pulled has been read."""
        if self._gone() and not self.device.waiting:
            raise SerialException("device disconnected (the cable of the virtual treadmill was pulled)")

    def _reconfigure_port(self) -> None:
        """Nothing to configure: there is no line."""

    _update_rts_state = _update_dtr_state = _update_break_state = _reconfigure_port
