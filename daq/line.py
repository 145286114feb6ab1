"""The line to a device: bytes both ways, tokens, and when either side last said something."""

import secrets
from contextlib import suppress

import serial

from daq.clock import host_now
from daq.errors import LinkError
from daq.pending import Pending
from daq.reader import ByteReader
from daq.wire import Kind, encode_control

__all__ = ["Line"]


class Line:
    """An open port as one conversation. Not for several threads at once.

    Attributes:
        url: Its name.
        pending: Questions that are open.
        heard_s: Host time at which bytes were last read, s; at first that of opening.
        gone: The port itself has failed; nothing will come any more, unless it is opened again.
        closed: It was hung up here.

    Args:
        url: Its name, for errors.
        port: The open port, owned from now on.
    """

    def __init__(self, url: str, port: serial.Serial) -> None:
        self.url = url
        self.pending = Pending()
        self.heard_s = self._spoke_s = host_now()
        self.gone = self.closed = False
        self._port = port
        self._reader: ByteReader | None = ByteReader(port, url)
        self._token = secrets.randbelow(255)  # unlike those of the session before, whose answers may still come

    def take(self, timeout_s: float) -> bytes:
        """Read what has arrived, straight from the port.

        Args:
            timeout_s: Longest wait for the first byte, s.

        Returns:
            The bytes; empty if nothing came in time.

        Raises:
            LinkError: The device went away, or the line was closed.
        """
        if self._reader is None:  # the descriptor's number may be somebody else's by now
            raise LinkError(self.url, expected="an open link", seen="a closed one", next_step="Open it again.")
        try:
            data = self._reader.read(timeout_s)
        except LinkError:
            self.gone = True
            raise
        if data:
            self.heard_s = host_now()
        return data

    def send(self, kind: Kind, payload: bytes = b"") -> int:
        """Send a command; while streaming, its answer comes out of the Decoder.

        Args:
            kind: The command.
            payload: Its payload.

        Returns:
            The token that the answer will echo; `pending` knows it too.

        Raises:
            LinkError: The device went away, or takes no bytes.
        """
        self._token = self._token % 255 + 1  # 0 is for what a device says unasked
        frame = encode_control(kind, self._token, payload)
        self._spoke_s = host_now()
        self.pending.sent(self._token, kind, self._spoke_s)
        try:
            self._port.write(frame)
        except (OSError, TypeError, AttributeError) as error:
            self.gone = not isinstance(error, serial.SerialTimeoutException)
            raise LinkError(
                self.url,
                expected="a connected device",
                seen=f"a port that takes no bytes ({error})",
                next_step="Check cable and power, then start again. What was recorded is kept.",
            ) from error
        return self._token

    def drop(self) -> bytes:
        """Close a port that is gone; may be called twice.

        Returns:
            What had arrived before and was not read yet.
        """
        rest = bytearray()
        reader = self._reader
        with suppress(LinkError):
            while reader is not None and (data := reader.read(0.0)):
                rest += data
        self.gone = True
        self._shut()
        return bytes(rest)

    def renew(self) -> None:
        """Go on with the port, which has been opened again."""
        self._reader = ByteReader(self._port, self.url)
        self.heard_s = self._spoke_s = host_now()
        self.gone = False

    def hang_up(self) -> None:
        """Close the port; may be called twice."""
        self.closed = True
        self._shut()

    def _shut(self) -> None:
        self._reader = None
        wire = getattr(self._port, "_socket", None)
        with suppress(OSError):
            self._port.close()
        if wire is not None:
            wire.close()  # pyserial forgets to, if the other end has hung up first
