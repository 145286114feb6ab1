"""What a device sends, chunk by chunk, for procedures that record no session: doctor, tare, tap, calibrate, belt."""

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType

from daq.chunk import Chunk
from daq.clock import DeviceClock, host_now
from daq.decoder import Decoder, DecoderCounters
from daq.device_check import check_device
from daq.errors import LinkError
from daq.link import Link, open_link
from daq.rig import Rig
from daq.settings import Settings
from daq.wire import Hello

READ_S = 0.02
SILENCE_S = 2.0
"""A device that streams is never silent for as long."""


class Stream:
    """A streaming device, as chunks of raw counts; use it as a context manager.

    Args:
        rig: The rig that it must be.
        port: Port or URL.
        baud: Bits per second. A LinkError, ProtocolError or DeviceError says why it cannot be, as from `open_link`.
        link: One that is open already, and owned from now on; by default the port is opened, and the device checked.
    """

    def __init__(self, rig: Rig, port: str, baud: int = 500_000, link: Link | None = None) -> None:
        self.rig, self.port = rig, port
        with ExitStack() as undo:
            self.link: Link = link or open_link(
                port, baud, expect=lambda hello: check_device(hello, rig), wanted=Settings.of(rig)
            )
            undo.callback(self.link.close)
            hello = self.link.hello
            self._decoder = Decoder(hello.ticks_per_sample)
            self.clock = DeviceClock(hello.tick_rate_Hz, hello.boot)
            self.link.start()
            for trip in self.link.take_round_trips():
                self.clock.feed(trip)
            undo.pop_all()

    @property
    def hello(self) -> Hello:
        """What the device says of itself."""
        return self.link.hello

    @property
    def sample_rate_Hz(self) -> float:
        """Its true sample rate, Hz."""
        return self.link.hello.sample_rate_Hz

    @property
    def counters(self) -> DecoderCounters:
        """Frames that came, were lost, or were wrong, so far."""
        return self._decoder.counters

    def read(self, timeout_s: float = READ_S) -> Chunk:
        """Take what has arrived.

        Args:
            timeout_s: Longest wait for the first byte, s.

        Returns:
            Samples that follow those of the last call; none if nothing came in time. A LinkError says that the device
            went away.
        """
        decoded = self._decoder.feed(self.link.read(timeout_s))
        for control in decoded.controls:
            trip = self.link.pending.match(control, self.link.heard_s)
            if trip is not None:
                self.clock.feed(trip)
        self.link.clock_request()
        return decoded.chunk

    def collect(self, seconds: float, on_chunk: Callable[[Chunk], bool | None] | None = None) -> Chunk:
        """Collect samples for some time of the device.

        Args:
            seconds: How long, by the device's sample count, s.
            on_chunk: Is given every chunk as it comes; True ends early.

        Returns:
            The samples.

        Raises:
            LinkError: The device has fallen silent.
        """
        wanted, chunks, rows, heard_s = round(seconds * self.sample_rate_Hz), [], 0, host_now()
        while rows < wanted:
            chunk = self.read()
            if len(chunk):
                chunks.append(chunk)
                rows, heard_s = rows + len(chunk), host_now()
                if on_chunk is not None and on_chunk(chunk):
                    break
            elif host_now() - heard_s > SILENCE_S:
                raise LinkError(
                    self.port, expected="samples from a streaming device", seen=f"none for {SILENCE_S:g} s",
                    next_step="Check power, cable and the converter's wiring; `stance doctor` tests them.",
                )  # fmt: skip
        return Chunk.concat(chunks)

    def close(self) -> None:
        """Stop the stream and close the port; may be called twice."""
        self.link.close()

    def __enter__(self) -> "Stream":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
