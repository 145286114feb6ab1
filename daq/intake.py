"""The way of frames and clock answers into the current take, and of samples into a tare."""

from collections.abc import Callable, Sequence

import numpy as np

from analysis.errors import StanceError
from daq.analyser import cut_chunk
from daq.chunk import Chunk
from daq.clock import RoundTrip
from daq.decoder import Decoded
from daq.device_check import check_rate
from daq.finisher import Finisher
from daq.link import Link
from daq.progress import ProgressMeter
from daq.record_options import RecordOptions
from daq.take import Mark
from daq.takes import Takes
from daq.taring import Taring

__all__ = ["Intake"]

OnZero = Callable[[], None]


class Intake:
    """Feeds the takes.

    Args:
        options: Say how long a recording shall be.
        takes: Are fed.
        taring: The tare under way.
        meter: Is told of new steps.
        finisher: Is told of a tare that failed with nobody waiting.
        on_zero: Is told when a tare is taken for which nobody waits.
    """

    def __init__(
        self, options: RecordOptions, takes: Takes, taring: Taring, meter: ProgressMeter, finisher: Finisher,
        on_zero: OnZero | None,
    ) -> None:  # fmt: skip
        self._options, self._takes, self._taring = options, takes, taring
        self._meter, self._finisher, self._on_zero = meter, finisher, on_zero
        self._trips: list[RoundTrip] = []
        self._checked_rate = False
        self.over = False
        """Whether the recording has lasted as long as it shall."""

    def accept(self, decoded: Decoded, link: Link, arrived_s: float) -> None:
        """Take what was decoded.

        Args:
            decoded: The newest.
            link: Knows which clock questions are open.
            arrived_s: Host time at which it was read.
        """
        for control in decoded.controls:
            trip = link.pending.match(control, arrived_s)
            if trip is not None:
                self.note_trips([trip])
        chunk = self._until_end(decoded.chunk)
        if not len(chunk):
            return
        for part in self._until_tared(chunk):
            known = self._takes.current.analyser.zero_known
            outputs = self._takes.feed(part, arrived_s=arrived_s, trips=self._trips)
            for output in outputs:
                self._meter.steps(output.steps)
            self.note_trips(link.take_round_trips())  # those of the start, once there is a tick to compare them with
            if self._taring.feed(part.counts, outputs, zero_known=known):
                self._finish_tare()
        if not self._checked_rate and self._takes.current.rows >= link.hello.sample_rate_Hz:
            self._checked_rate = True
            check_rate(chunk, link.hello)

    def note_trips(self, trips: Sequence[RoundTrip]) -> None:
        """Take clock round trips.

        Args:
            trips: In order.
        """
        take, clock = self._takes.current, self._takes.clock
        newest = take.last_tick - clock.offset if take.rows else None
        for trip in trips:
            if trip.boot == clock.boot:
                clock.feed(trip, newest)
                take.clock_pair(trip)
            else:
                self._trips = [*self._trips[-8:], trip]  # of a new boot whose first frame is still to come

    def _until_end(self, chunk: Chunk) -> Chunk:
        """Cut off what lies beyond the time asked for."""
        takes = self._takes
        if self._options.seconds is None or not takes.recording or not len(chunk):
            return chunk
        take, offset = takes.current, takes.clock.offset
        first = take.first_tick if take.rows else int(chunk.tick[0]) + offset
        end = first + round(self._options.seconds * take.header.tick_rate_Hz) - offset
        same_boot = chunk.boot == takes.clock.boot
        beyond = np.flatnonzero(same_boot & (chunk.tick >= end))
        if not beyond.size:
            return chunk
        self.over = True
        return cut_chunk(chunk, 0, int(beyond[0]))

    def _until_tared(self, chunk: Chunk) -> list[Chunk]:
        """Cut a chunk where the tare is complete: the zero begins at a row that no chunk size decides."""
        end = self._taring.missing(len(chunk))
        if end >= len(chunk):
            return [chunk]
        return [cut_chunk(chunk, 0, end), cut_chunk(chunk, end, len(chunk))]

    def _finish_tare(self) -> None:
        try:
            found = self._taring.finish()
        except StanceError as error:
            if self._taring.asked:
                self._taring.answer(error)
            elif self._options.stays:
                self._finisher.fail(str(error))
            else:
                raise  # asked for with the recording: without its zero there shall be none
            return
        self._takes.zero(Mark("tare", "zero taken with nobody on the belt", found))
        if self._taring.asked:
            self._taring.answer({"tare": found})
        elif self._on_zero is not None:
            self._on_zero()
