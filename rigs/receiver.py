"""The device's ear: finds complete, sound commands in what the host writes, and obeys nothing else."""

import binascii

from daq.wire import CONTROL, CONTROL_SEED, MAX_PAYLOAD, SYNC, Control

HEAD_BYTES = 6
CRC_BYTES = 2
BREAK_S = 0.1
"""A command that stands still for so long was broken off; its rest will not come."""


class CommandReceiver:
    """Cuts control frames out of a byte stream; noise, broken and incomplete ones are skipped."""

    def __init__(self) -> None:
        self.errors = 0
        """Frames with a wrong CRC or an impossible length, or broken off."""
        self._buffer = bytearray()
        self._heard_s = 0.0

    def feed(self, data: bytes, now_s: float) -> list[Control]:
        """Take what the host wrote.

        Args:
            data: Bytes in any portions.
            now_s: Device time, s.

        Returns:
            The commands that are complete and whose CRC is right.
        """
        if self._buffer and now_s - self._heard_s > BREAK_S:
            self.errors += self._buffer.startswith(SYNC)
            self._buffer.clear()
        self._heard_s = now_s
        self._buffer += data
        found: list[Control] = []
        while (start := self._buffer.find(SYNC)) >= 0:
            del self._buffer[:start]
            if not self._one(found):
                break
        else:
            keep = 1 if self._buffer.endswith(SYNC[:1]) else 0
            del self._buffer[: len(self._buffer) - keep]
        return found

    def _one(self, found: list[Control]) -> bool:
        """Try the frame at the head of the buffer; False if its rest has yet to come."""
        head = bytes(self._buffer[:HEAD_BYTES])
        if len(head) < HEAD_BYTES:
            return False
        kind_of_frame, kind, token, length = head[2:]
        if kind_of_frame & 0x0F != CONTROL or length > MAX_PAYLOAD:
            self._skip()
            return True
        end = HEAD_BYTES + length
        frame = bytes(self._buffer[: end + CRC_BYTES])
        if len(frame) < end + CRC_BYTES:
            return False
        if binascii.crc_hqx(frame[len(SYNC) : end], CONTROL_SEED) != int.from_bytes(frame[end:], "big"):
            self._skip()
            return True
        del self._buffer[: len(frame)]
        found.append(Control(kind, token, frame[HEAD_BYTES:end], kind_of_frame >> 4))
        return True

    def _skip(self) -> None:
        """Not a command: look for the next sync after this one."""
        self.errors += 1
        del self._buffer[: len(SYNC)]
