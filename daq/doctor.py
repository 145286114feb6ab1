"""Is this device this rig, and is it well? What a few seconds of an empty belt tell, gathered; judged in `analysis`."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from analysis.doctor_cells import CellFacts, CellState, cell_light, cell_states, walked_on
from analysis.doctor_device import clock_light, losses_light, rate_light
from analysis.doctor_hum import Signals, line_lights, rms_of
from analysis.quality import AMBER, GREEN, INFO, RED, Light
from analysis.wrench import FZ
from daq.chunk import Chunk
from daq.clock import DeviceClock, host_now
from daq.device_check import in_real_time, is_virtual
from daq.doctor_meeting import converter_lights, identity_lights, open_leniently, refusal_lights, settings_text
from daq.errors import DeviceError, LinkError, ProtocolError, StanceError
from daq.rig import Rig
from daq.stream import Stream
from daq.wire import Capability, Kind

SECONDS = 10.0
"""A contact that is loose once in two seconds is missed in 0.7 % of such stretches, and mains shows down to 0.1 N."""
LEAST_SAMPLES = 20
CLOCK_EVERY_S = 0.25
CLOCK_WINDOW_S = 0.5
"""Of each window the shortest round trip counts."""
OnChunk = Callable[[Chunk], bool | None]


class Examination:
    """One device, examined step by step. A step that fails leaves the others their turn; use it as a context manager.

    Attributes:
        stream: What the device sends; None until it was met, and if it could not be.
        fits: Whether it is the rig's device, so that its cells mean something.
        scale: What the rig's newtons per count must be multiplied with, because the device has another gain.
        states: What is known of each cell from the empty belt, in the order of `rig.cells`.
        whole: Whether samples came for as long as was asked for, so that it makes sense to go on.

    Args:
        rig: The rig that it should be.
        port: Port or URL.
        baud: Bits per second.
    """

    def __init__(self, rig: Rig, port: str, baud: int = 500_000) -> None:
        self.rig, self.port, self.baud = rig, port, baud
        self.stream: Stream | None = None
        self.fits, self.scale, self.whole = False, 1.0, False
        self.states: list[CellState] = []
        self._rms_off: list[float] = []
        self._pace = 1.0

    def meet(self) -> Iterator[Light]:
        """Open the port and see who answers.

        Yields:
            Light: "port", "firmware", "device", "gain", "settings", "converter", "skew": those that apply.
        """
        try:
            link, refused = open_leniently(self.rig, self.port, self.baud)
        except (LinkError, ProtocolError, DeviceError) as error:
            yield from refusal_lights(error, self.port, self.baud)
            return
        hello = link.hello
        yield Light("port", GREEN, None, None, "", f"{self.port} opens")
        firmware = ".".join(map(str, hello.firmware))
        yield Light("firmware", GREEN, None, None, "", f"{hello.board} with {hello.adc}, firmware {firmware}, "
                                                       f"protocol {hello.protocol_version}")  # fmt: skip
        identity, self.fits, self.scale = identity_lights(hello, self.rig)
        yield from identity
        if refused is None:
            yield Light("settings", GREEN, None, None, "", settings_text(hello, made=link.settled))
        elif self.fits:
            yield Light("settings", RED, None, None, "", str(refused))
        yield from converter_lights(hello)
        try:
            self.stream = Stream(self.rig, self.port, self.baud, link=link)
        except StanceError as error:
            yield Light("stream", RED, None, None, "", str(error))
            return
        self.stream.clock = DeviceClock(hello.tick_rate_Hz, hello.boot, window_s=CLOCK_WINDOW_S)

    def watch(
        self, seconds: float | None = None, *, belt_on: bool = False, on_chunk: OnChunk | None = None
    ) -> Iterator[Light]:
        """Watch the empty belt for a while, and judge device, cells and noise.

        Args:
            seconds: How long; None takes `SECONDS`.
            belt_on: Whether the belt runs: then it is the noise that counts, compared with that of before.
            on_chunk: Is given every chunk as it comes.

        Yields:
            Light: "stream" if no data come, "rate", "clock", "losses", "cell NAME", "noise_total", "mains", "lines".
        """
        if self.stream is None:
            return
        chunk, error = self._collect(SECONDS if seconds is None else seconds, on_chunk)
        self.whole = error is None
        if error is not None:
            yield Light("stream", RED, float(len(chunk)), None, "samples", f"broke off: {error}")
        if len(chunk) < LEAST_SAMPLES:
            return
        if not belt_on:
            yield from self._device(chunk)
        if self.fits:
            yield from self._cells(chunk, belt_on=belt_on)
        else:
            yield Light("cells", INFO, None, None, "", "not judged: this is not the rig's device")

    def clock_light(self) -> Light:
        """The device's clock by all round trips so far."""
        stream = self.stream
        if stream is None:
            return clock_light(None, np.inf)
        clock = stream.clock
        real_time = in_real_time(stream.hello.board, self._pace)
        if not clock.ready:
            return clock_light(None, np.inf, real_time=real_time)
        return clock_light(clock.rate_ppm, clock.u_rate_ppm, real_time=real_time)

    def ask_clock(self) -> None:
        """Ask the device for its time, if it is time to."""
        if self.stream is not None and host_now() - self._asked_s >= CLOCK_EVERY_S:
            self._asked_s = host_now()
            self.stream.link.send(Kind.CLOCK)

    _asked_s = -CLOCK_EVERY_S

    def close(self) -> None:
        """Stop the device and close the port; may be called twice."""
        if self.stream is not None:
            self.stream.close()

    def __enter__(self) -> "Examination":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _collect(self, seconds: float, on_chunk: OnChunk | None) -> tuple[Chunk, StanceError | None]:
        """What comes in some seconds, and why it broke off."""
        assert self.stream is not None
        chunks: list[Chunk] = []
        began_s = host_now()

        def keep(chunk: Chunk) -> bool | None:
            chunks.append(chunk)
            self.ask_clock()
            return on_chunk(chunk) if on_chunk is not None else None

        error: StanceError | None = None
        try:
            self.stream.collect(seconds, keep)
        except StanceError as why:
            error = why
        samples = sum(map(len, chunks))
        self._pace = samples / self.stream.sample_rate_Hz / max(host_now() - began_s, 1e-9)
        return Chunk.concat(chunks), error

    def _device(self, chunk: Chunk) -> Iterator[Light]:
        assert self.stream is not None
        hello, clock = self.stream.hello, self.clock_light()
        own = longest_run(chunk)
        known = clock.value if clock.state in (GREEN, AMBER, RED) else None
        ticks = float((own.tick[-1] - own.tick[0]) / max(int(own.seq[-1] - own.seq[0]), 1))
        weighs = bool(hello.capabilities & Capability.STATIC_ONLY)
        if ticks > 0.0:
            ticked_Hz = hello.tick_rate_Hz / ticks
            yield rate_light(ticked_Hz, self.rig.sample_rate_Hz, hello.sample_rate_Hz, clock_ppm=known, weighs=weighs)
        yield clock
        c = self.stream.counters
        yield losses_light(c.frames, c.lost, c.crc_errors, c.duplicates + c.late, c.reboots)

    def _cells(self, chunk: Chunk, *, belt_on: bool) -> Iterator[Light]:
        assert self.stream is not None
        rate_Hz = self.stream.sample_rate_Hz
        facts, channels = cell_facts(self.rig, self.scale), [cell.channel for cell in self.rig.cells]
        if walked_on(chunk.counts[:, channels], facts, rate_Hz):
            text = "somebody is on it, or it shakes: the cells were not judged. Step off and check again"
            if is_virtual(self.stream.hello.board):
                text += f"; a virtual treadmill is empty with load=none: virtual://{self.rig.where}?load=none"
            yield Light("belt", AMBER, None, None, "", text)
            return
        if not belt_on:
            self.states = cell_states(chunk.counts[:, channels], facts, rate_Hz)
            yield from map(cell_light, self.states)
        run = longest_run(chunk)
        signals = self._signals(run.counts[:, channels] * facts.newtons_per_count, run.counts, rate_Hz)
        yield from line_lights(signals, belt_on=belt_on, before=self._rms_off if belt_on else ())
        if not belt_on:
            self._rms_off = rms_of(signals)

    def _signals(self, cells_N: np.ndarray, counts: np.ndarray, rate_Hz: float) -> Signals:
        """Vertical force of each belt, and every cell that says anything."""
        belts = self.rig.belts()
        names = [f"total Fz {belt.name}".rstrip() for belt in belts]
        usable = [i for i, state in enumerate(self.states) if state.usable]
        totals = [counts @ (belt.matrix[FZ] * self.scale) for belt in belts]
        force_N = np.column_stack([*totals, cells_N[:, usable]])
        return Signals((*names, *(f"cell {self.states[i].name}" for i in usable)), force_N, rate_Hz)


def check_link(rig: Rig, port: str, baud: int = 500_000, seconds: float | None = None) -> list[Light]:
    """Meet a device, watch the empty belt for some seconds, and judge both.

    Args:
        rig: The rig it should be.
        port: Port or URL.
        baud: Bits per second.
        seconds: How long; None takes `SECONDS`.

    Returns:
        The lights.
    """
    with Examination(rig, port, baud) as examined:
        return [*examined.meet(), *examined.watch(seconds)]


def cell_facts(rig: Rig, scale: float = 1.0) -> CellFacts:
    """What the analysis must know of a rig's cells, in the order of its file.

    Args:
        rig: The rig.
        scale: What newtons per count are multiplied with.

    Returns:
        The facts.
    """
    return CellFacts(
        names=tuple(cell.name for cell in rig.cells),
        vertical=np.array([cell.axis == "z" for cell in rig.cells]),
        newtons_per_count=np.array([scale * cell.sign * rig.newtons_per_count(cell) for cell in rig.cells]),
        limit_N=np.array([rig.limit_N(cell) for cell in rig.cells]),
        full_scale=rig.adc.full_scale_counts,
    )


def longest_run(chunk: Chunk) -> Chunk:
    """The longest stretch of samples without a gap.

    Args:
        chunk: Samples.

    Returns:
        Some of them.
    """
    edges = np.unique(np.concatenate([[0], chunk.gap_row, [len(chunk)]]))
    first = int(np.diff(edges).argmax()) if len(edges) > 1 else 0
    rows = slice(int(edges[first]), int(edges[min(first + 1, len(edges) - 1)]))
    columns = {name: getattr(chunk, name)[rows] for name in ("counts", "seq", "tick", "boot", "status", "belt")}
    return replace(Chunk.empty(), **columns)
