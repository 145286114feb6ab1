"""The only parser: bytes as they come from a link in, samples and control frames out. Never raises on any bytes."""

import math
from dataclasses import dataclass

import numpy as np

from daq.chunk import Chunk
from daq.layout import FRAME_BYTES
from daq.scan import scan
from daq.unwrap import Sequencer
from daq.wire import Control

__all__ = ["Chunk", "Decoded", "Decoder", "DecoderCounters"]

_BLOCK = 8192 * FRAME_BYTES
"""Bytes scanned at a time: memory stays bounded, and the work in the second-level cache."""


@dataclass(frozen=True)
class Decoded:
    """What some bytes held.

    Attributes:
        chunk: The new samples.
        controls: The control frames, in order; replies to requests, in a host.
    """

    chunk: Chunk
    controls: tuple[Control, ...]


@dataclass(frozen=True)
class DecoderCounters:
    """What became of every byte and every frame so far.

    bytes_received = frame_bytes + control_bytes + skipped_bytes + pending_bytes, and
    frames = samples delivered + duplicates + late.

    Attributes:
        bytes_received: Bytes fed.
        frame_bytes: Bytes of accepted data frames.
        control_bytes: Bytes of accepted control frames.
        skipped_bytes: Bytes that belong to no accepted frame.
        pending_bytes: Bytes that wait for more.
        frames: Data frames accepted.
        controls: Control frames accepted.
        crc_errors: Complete candidates (sync and known type) outside accepted frames whose CRC was wrong. A damaged
            frame gives one, none if its sync or type was hit, and one more for each candidate-like run inside it.
        duplicates: Frames not delivered because that (boot, seq, tick) had been delivered before.
        late: Other frames not delivered because something newer had been delivered.
        lost: Samples missing between delivered ones, by their seq; those lost in a reboot are unknown and not here.
        gaps: Places where samples are missing, reboots included.
        reboots: Changes of the boot id.
    """

    bytes_received: int = 0
    frame_bytes: int = 0
    control_bytes: int = 0
    skipped_bytes: int = 0
    pending_bytes: int = 0
    frames: int = 0
    controls: int = 0
    crc_errors: int = 0
    duplicates: int = 0
    late: int = 0
    lost: int = 0
    gaps: int = 0
    reboots: int = 0


class Decoder:
    """Decodes one stream. The outcome does not depend on how the stream is cut into calls of `feed`.

    Args:
        ticks_per_sample: Device ticks between two conversions (`Hello.ticks_per_sample`); without it a stall that is
            longer than 65,536 samples is counted short by a multiple of 65,536.
    """

    def __init__(self, ticks_per_sample: float | None = None) -> None:
        self._sequencer = Sequencer()
        self._pending = b""
        self._need = 0
        self._received = self._frames = self._controls = self._control_bytes = self._crc_errors = 0
        self.ticks_per_sample = ticks_per_sample

    @property
    def ticks_per_sample(self) -> float | None:
        """Device ticks between two conversions; set it before data flows, that is before START."""
        return self._sequencer.ticks_per_sample

    @ticks_per_sample.setter
    def ticks_per_sample(self, value: float | None) -> None:
        if value == self.ticks_per_sample:
            return
        if self._frames:
            raise ValueError("ticks_per_sample must be set before the first data frame")
        if value is not None and not 1 <= value < math.inf:
            raise ValueError(f"ticks_per_sample is {value}; below 1 ticks cannot tell two samples apart")
        self._sequencer.ticks_per_sample = value

    @property
    def counters(self) -> DecoderCounters:
        """Where every byte and frame so far went."""
        sequencer = self._sequencer
        frame_bytes, pending = self._frames * FRAME_BYTES, len(self._pending)
        return DecoderCounters(
            bytes_received=self._received,
            frame_bytes=frame_bytes,
            control_bytes=self._control_bytes,
            skipped_bytes=self._received - frame_bytes - self._control_bytes - pending,
            pending_bytes=pending,
            frames=self._frames,
            controls=self._controls,
            crc_errors=self._crc_errors,
            duplicates=sequencer.duplicates,
            late=sequencer.late,
            lost=sequencer.lost,
            gaps=sequencer.gaps,
            reboots=sequencer.reboots,
        )

    def feed(self, data: bytes | bytearray | memoryview) -> Decoded:
        """Take bytes from the link.

        Args:
            data: Any number of bytes, cut anywhere.

        Returns:
            The samples and control frames they complete.
        """
        return self._take(data, final=False)

    def finish(self) -> Decoded:
        """Give up on an incomplete tail: no more bytes will come.

        Returns:
            What stood behind a false start in the tail; nothing, as a rule.
        """
        return self._take(b"", final=True)

    def _take(self, data: bytes | bytearray | memoryview, *, final: bool) -> Decoded:
        chunks: list[Chunk] = []
        controls: list[Control] = []
        size = memoryview(data).nbytes
        self._received += size
        if self._pending or not isinstance(data, bytes):
            data = b"".join((self._pending, data))
        if len(data) < self._need and not final:
            self._pending = data
            return Decoded(Chunk.empty(), ())
        buffer, here = np.frombuffer(data, np.uint8), 0
        while here < len(buffer):
            block = buffer[here : here + _BLOCK]
            last = here + len(block) == len(buffer)
            found = scan(block, final)  # final: only the pending bytes, a single block
            here += found.consumed
            self._need = found.need
            chunks.append(self._sequencer.feed(found.frames))
            controls.extend(found.controls)
            self._frames += len(found.frames)
            self._controls += len(found.controls)
            self._control_bytes += found.control_bytes
            self._crc_errors += found.crc_errors
            if last:
                break
        self._pending = data[here:]
        return Decoded(Chunk.concat([chunk for chunk in chunks if len(chunk)]), tuple(controls))
