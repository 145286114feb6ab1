"""The recorder: link → decoder → session file, ring and pipeline, with commands from a window in between.

One thread does all of it, so that nothing on the way needs a lock. The first error ends the recording; the session is
closed cleanly and the error raised again.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import StanceError
from analysis.protocol import DEFAULT_PROTOCOL, get_protocol
from analysis.setup import Runner
from daq.analyser import cut_chunk
from daq.chunk import Chunk
from daq.clock import DeviceClock, RoundTrip, host_now
from daq.commands import Command, Inbox
from daq.control_server import ControlServer
from daq.decoder import Decoded, Decoder
from daq.device_check import check_device, check_rate
from daq.errors import DeviceError, LinkError, SessionError
from daq.gather import Gatherer
from daq.link import Link, open_link
from daq.live import LiveRings
from daq.progress import Progress, ProgressMeter
from daq.results import ENDED_EARLY, Results, software_version
from daq.rig import Rig, load_rig
from daq.session_format import SessionHeader
from daq.setups import header_fields
from daq.take import Mark, Take, refuse_existing
from daq.tare import TareCollector
from daq.wire import Hello, Kind, Stats

SILENCE_S = 1.0
"""A streaming device silent for this long has hung or been reset: try to revive it …"""
GIVE_UP_S = 15.0
"""… for this long."""
OnProgress = Callable[[Progress], None]
OnZero = Callable[[], None]


@dataclass(frozen=True)
class RecordOptions:
    """What to record, from where, to where."""

    rig: str
    """Name or path of the rig description."""
    port: str
    """Port or URL of the device."""
    out: str | None
    """Session file; None records nothing, only shows."""
    baud: int = 500_000
    """Bits per second."""
    seconds: float | None = None
    """Device time after which the recording ends by itself."""
    protocol: str = DEFAULT_PROTOCOL
    """Analysis protocol of the live step table."""
    subject: Runner = field(default_factory=Runner)
    """Runner and run."""
    autostart: bool = True
    """Record at once; otherwise wait for the command `start`."""
    tare_s: float | None = None
    """Take the zero from so much of the recording's beginning, with nobody on the belt."""


class Recorder:
    """Runs one recording from open port to closed session.

    Args:
        options: What to record.
        on_progress: Is told a few times per second how it goes.
        on_zero: Is told when the zero of `RecordOptions.tare_s` is taken.
    """

    def __init__(
        self, options: RecordOptions, on_progress: OnProgress | None = None, on_zero: OnZero | None = None
    ) -> None:
        self.options = options
        self.rig: Rig = load_rig(options.rig)
        self._protocol = get_protocol(options.protocol)
        self._on_progress = on_progress
        self._on_zero = on_zero
        self._inbox = Inbox()
        self._stop = threading.Event()
        self._tare: TareCollector | None = None
        self._zero: Mark | None = None
        self._checked_rate = False
        self._recording = False

    def stop(self) -> None:
        """End the recording at the next chunk; may be called from any thread or a signal handler."""
        self._stop.set()

    def run(self) -> Results:
        """Record until `seconds` have passed, `stop` is called or the command `stop` arrives.

        Returns:
            The results of the recording.

        Raises:
            BaseException: Whatever ended the recording early, after the session has been closed.
        """
        if self.options.out is not None:
            refuse_existing(Path(self.options.out))
        with ExitStack() as cleanup:
            link = cleanup.enter_context(
                open_link(self.options.port, self.options.baud, expect=lambda hello: check_device(hello, self.rig))
            )
            self._prepare(link, cleanup)
            try:
                self._loop(link)
                self._drain(link)
            except BaseException as error:
                self._close_after(error)
                raise
            return self._finish()

    def _prepare(self, link: Link, cleanup: ExitStack) -> None:
        hello = link.hello
        self._decoder = Decoder(hello.ticks_per_sample)
        self._clock = DeviceClock(hello.tick_rate_Hz, hello.boot)
        self._trips: list[RoundTrip] = []
        self._rings = LiveRings(hello.sample_rate_Hz, len(self.rig.belts()))
        cleanup.callback(self._rings.close)
        self._meter = ProgressMeter()
        self._take = self._new_take(hello, recording=self.options.autostart)
        cleanup.callback(self._dismiss)
        server = ControlServer(self._inbox.ask, session=self.options.out or "", rings=self._rings.names)
        cleanup.callback(server.close)
        link.start()

    def _new_take(self, hello: Hello, *, recording: bool) -> Take:
        out = self.options.out
        path = Path(out) if recording and out is not None else None
        take = Take(path, self._header(hello), self.rig, self._protocol, self._clock)
        self._recording = recording
        if self._zero is not None:
            take.mark(self._zero)  # a tare taken while waiting counts for the recording
        if recording and self.options.tare_s is not None and self._tare is None:
            self._tare = TareCollector(self.rig.belts(), hello.sample_rate_Hz, None, self.options.tare_s)
        return take

    def _header(self, hello: Hello) -> SessionHeader:
        return SessionHeader(
            created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
            **header_fields(self.options.subject),
            rig_name=self.rig.name,
            rig_text=self.rig.text,
            device=asdict(hello),
            software_version=software_version(),
            protocol_name=self._protocol.name,
            protocol=self._protocol.as_dict(),
            sample_rate_Hz=hello.sample_rate_Hz,
            tick_rate_Hz=float(hello.tick_rate_Hz),
            channels=hello.channels,
            port=self.options.port,
        )

    def _loop(self, link: Link) -> None:
        gatherer = Gatherer(link)
        while not self._stop.is_set():
            data = gatherer.read()
            arrived_s = link.heard_s
            if not data and host_now() - arrived_s > SILENCE_S:
                data = self._revive(link)
            self._accept(self._decoder.feed(data), link, arrived_s)
            gatherer.ask_clock()
            self._obey(link)
            if self._meter.due() and self._on_progress is not None:
                self._on_progress(self._progress())

    def _accept(self, decoded: Decoded, link: Link, arrived_s: float) -> None:
        for control in decoded.controls:
            trip = link.pending.match(control, arrived_s)
            if trip is not None:
                self._note_trips([trip])
        chunk = self._until_end(decoded.chunk)
        if not len(chunk):
            return
        for part in self._until_tared(chunk):
            for output in self._take.feed(part, arrived_s=arrived_s, trips=self._trips):
                self._rings.push(output)
                self._meter.steps(output.steps)
            self._note_trips(link.take_round_trips())  # those of the start, once there is a tick to compare them with
            if self._tare is not None and self._tare.feed(part.counts):
                self._finish_tare()
        if not self._checked_rate and self._take.rows >= link.hello.sample_rate_Hz:
            self._checked_rate = True
            check_rate(chunk, link.hello)

    def _note_trips(self, trips: list[RoundTrip] | tuple[RoundTrip, ...]) -> None:
        newest = self._take.last_tick - self._clock.offset if self._take.rows else None
        for trip in trips:
            if trip.boot == self._clock.boot:
                self._clock.feed(trip, newest)
                self._take.clock_pair(trip)
            else:
                self._trips = [*self._trips[-8:], trip]  # of a new boot whose first frame is still to come

    def _until_end(self, chunk: Chunk) -> Chunk:
        """Cut off what lies beyond the time asked for, and stop there."""
        if self.options.seconds is None or not self._recording or not len(chunk):
            return chunk
        first = self._take.first_tick if self._take.rows else int(chunk.tick[0]) + self._clock.offset
        end = first + round(self.options.seconds * self._take.header.tick_rate_Hz) - self._clock.offset
        same_boot = chunk.boot == self._clock.boot
        beyond = np.flatnonzero(same_boot & (chunk.tick >= end))
        if not beyond.size:
            return chunk
        self.stop()
        return cut_chunk(chunk, 0, int(beyond[0]))

    def _until_tared(self, chunk: Chunk) -> list[Chunk]:
        """Cut a chunk where the tare is complete: the zero begins at a row that no chunk size decides."""
        end = self._tare.missing if self._tare is not None else len(chunk)
        if end >= len(chunk):
            return [chunk]
        return [cut_chunk(chunk, 0, end), cut_chunk(chunk, end, len(chunk))]

    def _revive(self, link: Link) -> bytes:
        """Bring a silent device back; its loss is a gap, not the end."""
        self._take.mark(Mark("system", f"no data for {SILENCE_S:g} s; asking the device to go on"))
        give_up = host_now() + GIVE_UP_S
        while True:
            try:
                data = link.revive(give_up_s=SILENCE_S)
            except LinkError:
                if link.gone or host_now() > give_up:
                    raise
                self._obey(link)
                if self._stop.is_set():
                    return b""
                continue
            self._note_trips(link.take_round_trips())
            return data

    def _drain(self, link: Link) -> None:
        """What is still under way belongs to the recording, unless its time is up."""
        rest = self._decoder.feed(link.stop())
        last = self._decoder.finish()
        if self.options.seconds is None:
            for decoded in (rest, last):
                self._accept(decoded, link, link.heard_s)
        with suppress(StanceError):
            stats = Stats.decode(link.request(Kind.STATS, timeout_s=0.5).payload)
            self._take.mark(Mark("system", "device counters", asdict(stats)))

    def _finish(self) -> Results:
        link = self._link_counters()
        self._take.mark(Mark("system", "link counters", link))
        results = self._take.finish()
        return {**results, "link": link}

    def _link_counters(self) -> dict[str, object]:
        counters: dict[str, object] = asdict(self._decoder.counters)
        if self._clock.ready:
            counters["clock_ppm"] = self._clock.rate_ppm
            counters["u_clock_ppm"] = self._clock.u_rate_ppm
        return counters

    def _close_after(self, error: BaseException) -> None:
        """Close the session as well as may be; what went wrong first is what the user must hear."""
        try:
            self._take.mark(Mark(ENDED_EARLY, str(error)))
            self._finish()
        except Exception as second:
            self._take.abandon()
            error.add_note(f"The session could not be finished either: {second}")
        else:
            if self._take.path is not None:
                error.add_note(f"What was recorded until then is in {self._take.path}.")

    def _obey(self, link: Link) -> None:
        for command in self._inbox.waiting():
            try:
                answer = self._command(command, link)
            except StanceError as error:
                command.future.set_exception(error)
            else:
                if answer is not None:
                    command.future.set_result(answer)

    def _dismiss(self) -> None:
        """Answer whoever still waits when the recording is over."""
        over = LinkError("recorder", expected="a running recorder", seen="one that has ended")
        waiting = [command.future for command in self._inbox.waiting()]
        if self._tare is not None and self._tare.future is not None:
            waiting.append(self._tare.future)
        for future in waiting:
            future.set_exception(over)

    def _command(self, command: Command, link: Link) -> dict[str, Any] | None:
        """Carry a command out; None if its answer comes later."""
        if command.name == "tare":
            self._begin_tare(command.future)
            return None
        if command.name == "start":
            self._start(link)
        elif command.name == "stop":
            self.stop()
        elif command.name in ("bout", "marker", "note"):
            text = command.args.get("name" if command.name == "bout" else "text", "")
            self._take.mark(Mark(command.name, str(text)))
        return asdict(self._progress())

    def _start(self, link: Link) -> None:
        if self._recording:
            raise SessionError(
                str(self.options.out),
                expected="a recorder that is waiting",
                seen="one that records already",
                next_step="Stop it first.",
            )
        self._take = self._new_take(link.hello, recording=True)
        self._meter.restart()

    def _begin_tare(self, future: Future[dict[str, Any]]) -> None:
        if self._tare is not None:
            raise DeviceError("tare", expected="one tare at a time", seen="another one under way")
        self._tare = TareCollector(self.rig.belts(), self._take.header.sample_rate_Hz, future)

    def _finish_tare(self) -> None:
        tare, self._tare = self._tare, None
        assert tare is not None
        try:
            found = tare.result()
        except StanceError as error:
            if tare.future is None:
                raise  # asked for with the recording: without its zero there shall be none
            tare.future.set_exception(error)
            return
        self._zero = Mark("tare", "zero taken with nobody on the belt", found)
        self._take.mark(self._zero)
        if tare.future is not None:
            tare.future.set_result({"tare": found})
        elif self._on_zero is not None:
            self._on_zero()

    def _progress(self) -> Progress:
        counters = self._decoder.counters
        state = "recording" if self._recording else "waiting"
        base = self._meter.progress(rows=self._take.rows, elapsed_s=self._take.duration_s, analyser=self._take.analyser)
        return replace(base, state=state, lost=self._take.lost, resets=self._take.resets,
                       crc_errors=counters.crc_errors, duplicates=counters.duplicates)  # fmt: skip
