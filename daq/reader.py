"""Reading bytes from an open port the moment they arrive."""

import os
import select

import serial

from daq.errors import LinkError

__all__ = ["ByteReader"]

READ_BYTES = 65536


class ByteReader:
    """Blocks until something arrives and takes all there is.

    On POSIX it waits with select and reads the descriptor itself (p50 19 µs at 1 kHz; polling every 5 ms: 2.7 ms, and
    it overruns the kernel's 4 kB). Elsewhere, and for handlers without a descriptor, it goes through pyserial.

    Args:
        port: An open port.
        where: Its name, for errors.
    """

    def __init__(self, port: serial.Serial, where: str) -> None:
        self._port = port
        self._where = where
        self._fd = _descriptor(port)

    def read(self, timeout_s: float) -> bytes:
        """Read what has arrived.

        Args:
            timeout_s: Longest wait for the first byte, s; 0 does not wait.

        Returns:
            The bytes; empty if nothing came in time.

        Raises:
            LinkError: The device went away.
        """
        try:
            return self._take(timeout_s) if self._fd is None else self._take_descriptor(self._fd, timeout_s)
        # a port closed or unplugged under pyserial shows as any of these
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise LinkError(
                self._where,
                expected="a connected device",
                seen=f"the connection ended ({error})",
                next_step="Check cable and power, then start again. What was recorded is kept.",
            ) from error

    @staticmethod
    def _take_descriptor(fd: int, timeout_s: float) -> bytes:
        ready, _, _ = select.select([fd], [], [], timeout_s)
        if not ready:
            return b""
        try:
            data = os.read(fd, READ_BYTES)
        except BlockingIOError:
            return b""
        if not data:
            raise OSError("end of file")
        return data

    def _take(self, timeout_s: float) -> bytes:
        port = self._port
        waiting = port.in_waiting
        if waiting:
            return bytes(port.read(waiting))
        if port.timeout != timeout_s:  # setting it reconfigures the port on Windows
            port.timeout = timeout_s
        first = bytes(port.read(1))
        waiting = port.in_waiting if first else 0
        return first + bytes(port.read(waiting)) if waiting else first


def _descriptor(port: serial.Serial) -> int | None:
    """A descriptor that os.read can use, if there is one. spy:// has one, but would then see nothing."""
    if os.name != "posix" or type(port).__module__.endswith("protocol_spy"):
        return None
    try:
        fd = port.fileno()
    except (OSError, AttributeError):
        return None
    return fd if isinstance(fd, int) and fd >= 0 else None
