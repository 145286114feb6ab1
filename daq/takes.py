"""The takes of one recorder, one after the other: waiting and recording, each with an analysis of its own."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from pathlib import Path

from analysis.gates import STATIC_ONLY
from analysis.pipeline import Output
from analysis.protocol import get_protocol
from daq.chunk import Chunk
from daq.clock import DeviceClock, RoundTrip
from daq.decoder import Decoder, DecoderCounters
from daq.kept_tare import KeptZero
from daq.live import LiveRings
from daq.record_options import RecordOptions
from daq.results import software_version
from daq.rig import Rig
from daq.session_format import SessionHeader
from daq.setups import header_fields
from daq.take import Mark, Take
from daq.wire import Capability, Hello

__all__ = ["Takes"]

_log = logging.getLogger(__name__)

RENEW_S = 600.0
"""All steps, loads and happenings of a take are kept, so one that only shows is begun anew after this long: a recorder
may wait all day …"""
EMPTY_S = 30.0
"""… but not before nobody has touched the belt for this long: who runs, or has just stepped off, shall see it all."""


class Takes:
    """What is fed now, and what goes from one take to the next: clock, zero, the bout to come.

    Args:
        options: What to record.
        rig: The rig.
        hello: What the device said.
        decoder: Counts what came.
        rings: Where windows see it.

    Of a device that is too slow for steps it is logged, once, that it is.
    """

    def __init__(
        self, options: RecordOptions, rig: Rig, hello: Callable[[], Hello], decoder: Decoder, rings: LiveRings
    ) -> None:
        self._options, self._rig, self._hello, self._decoder, self._rings = options, rig, hello, decoder, rings
        if hello().capabilities & Capability.STATIC_ONLY:
            _log.warning("%s: %s.", hello().adc, STATIC_ONLY)
        self._protocol = get_protocol(options.protocol)
        self.clock = DeviceClock(hello().tick_rate_Hz, hello().boot)
        self.recording = False
        self.number = 0
        self._zero: Mark | None = None
        self._kept = KeptZero(options, rig, hello)
        self._next_bout = options.bout
        self._begun = False
        self._touched_tick = 0
        self._before = DecoderCounters()
        self.current: Take = self.make(None)
        self._set(self.current, recording=False)

    def make(self, path: Path | None) -> Take:
        """Make a take that goes on where the present one is.

        Args:
            path: Session file to be made; None for none.

        Returns:
            The take, not yet the current one.
        """
        after = self.current.last_tick if self.number else 0
        return Take(path, self._header(), self._rig, self._protocol, self.clock, after)

    def wait(self) -> Take:
        """Go over to showing without recording.

        Returns:
            The take that has ended.
        """
        return self._set(self.make(None), recording=False)

    def record(self, path: Path | None, bout: str = "") -> Take:
        """Go over to recording; if the file cannot be made everything stays as it is.

        Args:
            path: Session file to be made; None to analyse as if recording, and write nothing.
            bout: Name of the bout with which it begins; empty takes the one named meanwhile, if any.

        Returns:
            The take that has ended.
        """
        ended = self._set(self.make(path), recording=True)
        if bout or self._next_bout:
            self.current.mark(Mark("bout", bout or self._next_bout))
        self._next_bout = self._options.bout
        return ended

    def _set(self, take: Take, *, recording: bool) -> Take:
        ended = self.current
        self.current, self.recording, self._begun = take, recording, False
        self.number += 1
        self._before = self._decoder.counters
        if self._zero is not None:
            take.mark(self._zero)  # a tare taken while waiting counts for the recording
        return ended

    @property
    def bout(self) -> str:
        """The bout under way, or the one to come."""
        return self.current.bout if self.recording else self._next_bout

    def name_bout(self, name: str) -> None:
        """Begin a bout; while waiting, it is the one that the recording will begin with.

        Args:
            name: Its name.
        """
        if not self.recording:
            self._next_bout = name
        self.current.mark(Mark("bout", name))

    def mark_at(self, mark: Mark, host_s: float) -> None:
        """Note something that another instrument sent, where its time belongs.

        Args:
            mark: What; its data get the session tick.
            host_s: Host clock, s.
        """
        if not self.clock.ready:
            self.current.mark(mark)
            return
        tick = self.clock.tick_from_host(host_s)
        self.current.mark_at(replace(mark, data={**(mark.data or {}), "tick": round(tick)}), tick)

    def zero(self, mark: Mark) -> None:
        """Take a zero, for this take and those to come.

        Args:
            mark: Of kind "tare".
        """
        self._zero = mark
        self.current.mark(mark)

    def feed(self, part: Chunk, *, arrived_s: float, trips: Sequence[RoundTrip]) -> list[Output]:
        """Feed the current take and show what comes of it.

        Args:
            part: The next frames.
            arrived_s: Host time at which they were read.
            trips: Clock round trips with a device that has just booted.

        Returns:
            The pipeline's outputs.
        """
        if self._zero is None and not self.current.rows and len(part) and (kept := self._kept.mark(part)):
            self.current.mark(kept)  # not kept for the takes to come: by then another one may be fresh
        outputs = self.current.feed(part, arrived_s=arrived_s, trips=trips)
        if not self._begun and self.current.rows:
            self._begun = True
            self._rings.begin(self.current.first_tick)
        for output in outputs:
            self._rings.push(output)
            if output.live.contact.any():
                self._touched_tick = self.current.last_tick
        return outputs

    @property
    def stale(self) -> bool:
        """Whether `wait` should begin anew, with nobody there to be disturbed by that."""
        take = self.current
        if self.recording or take.duration_s <= RENEW_S:
            return False
        return take.last_tick - self._touched_tick > EMPTY_S * take.header.tick_rate_Hz

    @property
    def counters(self) -> DecoderCounters:
        """What came since this take began; bytes that waited for more then are its own."""
        now, before = self._decoder.counters, self._before
        since = {f.name: getattr(now, f.name) - getattr(before, f.name) for f in fields(DecoderCounters)}
        return replace(
            DecoderCounters(**since),
            bytes_received=since["bytes_received"] + before.pending_bytes,
            pending_bytes=now.pending_bytes,
        )

    def link_counters(self) -> dict[str, object]:
        """The same with the clock, for the session."""
        counters: dict[str, object] = asdict(self.counters)
        if self.clock.ready:
            counters["clock_ppm"] = self.clock.rate_ppm
            counters["u_clock_ppm"] = self.clock.u_rate_ppm
        return counters

    def _header(self) -> SessionHeader:
        hello = self._hello()
        return SessionHeader(
            created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
            **header_fields(self._options.subject),
            rig_name=self._rig.name,
            rig_text=self._rig.text,
            calibration_text="" if self._rig.calibration is None else self._rig.calibration.text,
            device=asdict(hello),
            software_version=software_version(),
            protocol_name=self._protocol.name,
            protocol=self._protocol.as_dict(),
            sample_rate_Hz=hello.sample_rate_Hz,
            tick_rate_Hz=float(hello.tick_rate_Hz),
            channels=hello.channels,
            port=self._options.port,
        )
