"""A recorded session as a source: its step table and lights as stored, its force cut out where it is looked at."""

from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.protocol import ALGORITHM_VERSION
from analysis.quality import Light
from analysis.stance_curves import POINTS, SIGNALS, StanceCurves
from analysis.steps import EMPTY, StepTable
from daq.background import BackgroundAnalysis
from daq.excerpt import Excerpt, Excerpts
from daq.session import Session, open_session
from viewer.source import Facts, Happening, Ints, Samples
from viewer.sources.blocks import BLOCK_S, Blocks
from viewer.sources.envelope import envelope
from viewer.sources.recorded import facts_of, happenings_of, stored_lights

Floats = NDArray[np.float32]

AHEAD = 2
"""Blocks made in advance while playing."""


class ReplaySource:
    """See `viewer.source.Source`.

    Args:
        path: The session; a StanceError says why it cannot be shown.
    """

    live = False
    commands = None
    status = None
    take = 0
    first_s = 0.0

    def __init__(self, path: Path | str) -> None:
        with ExitStack() as undo:
            self._session: Session = undo.enter_context(open_session(path))
            self._excerpts = Excerpts(self._session)
            self.facts: Facts = facts_of(self._session, self._excerpts.setup, self._excerpts.rig)
            self.happenings: tuple[Happening, ...] = happenings_of(self._session)
            self.table, self.bw_N = self._stored_steps()
            self.lights: tuple[Light, ...]
            self.lights, self.missing, self.doubtful = stored_lights(self._session.steps_attrs)
            undo.pop_all()
        self._length = round(BLOCK_S * self.facts.sample_rate_Hz)
        self._samples = int(self._excerpts.last_s * self.facts.sample_rate_Hz) + 1 if self._session.rows else 0
        self._blocks = Blocks(self._cut, prepare=self._excerpts.prepare)
        self._shown: set[int] = set()
        self._last = 0
        complete = self.table is not EMPTY and bool(self.lights)
        self._analysis = None if complete or not self._session.rows else BackgroundAnalysis(str(path))
        self._trouble = ""

    def update(self) -> None:
        """Take what the analysis in the background found."""
        if self._analysis is None:
            return
        done = self._analysis.poll()
        if done is not None:
            self.table, self.bw_N, self.lights = done.table, done.bw_N, done.lights
            self.missing, self.doubtful = done.missing, done.doubtful
            self._blocks.forget()
        if done is not None or self._analysis.trouble:
            self._trouble = self._analysis.trouble
            self._analysis.close()
            self._analysis = None

    @property
    def last_s(self) -> float:
        """Moment of the last frame."""
        return self._excerpts.last_s

    @property
    def working(self) -> str:
        """What is still being computed, or what went wrong with it."""
        if self._blocks.trouble is not None:
            return f"the force cannot be shown: {self._blocks.trouble}"
        if self._analysis is not None:
            return f"analysing, {100.0 * self._analysis.share:.0f} %"
        if self._trouble:
            return self._trouble
        return "reading" if self._blocks.waiting else ""

    def samples(self, start_s: float, stop_s: float) -> Samples:
        """Force from start_s to stop_s, cut to what there is; NaN where it is still being cut out."""
        rate, belts = self.facts.sample_rate_Hz, len(self.facts.belts)
        first = min(max(0, int(np.ceil(start_s * rate))), self._samples)
        last = min(max(first, int(np.ceil(stop_s * rate))), self._samples)
        wrench = np.full((belts, 6, last - first), np.nan, np.float32)
        contact = np.zeros((belts, last - first), np.bool_)
        for number, block in self._on_screen(first, last).items():
            begin = number * self._length
            a, b = max(first, begin), min(last, begin + block.contact.shape[1])
            wrench[:, :, a - first : b - first] = block.wrench[:, :, a - begin : b - begin]
            contact[:, a - first : b - first] = block.contact[:, a - begin : b - begin]
        return Samples(first, rate, wrench, contact)

    def envelope(self, start: int, stop: int, bucket: int) -> tuple[Ints, Floats, Floats]:
        """Smallest and largest force in buckets of samples."""
        rate = self.facts.sample_rate_Hz
        return envelope(self.samples((start - 0.5) / rate, (stop - 0.5) / rate), start, stop, bucket)

    def curves(self, steps: Ints) -> StanceCurves:
        """Stance curves of these step numbers; NaN where one is still being cut out."""
        steps = np.asarray(steps, np.int64)
        values = np.full((steps.size, len(SIGNALS), POINTS), np.nan, np.float32)
        known = np.isin(steps, self.table["step"])
        row = np.searchsorted(self.table["step"], steps[known])
        touchdown: NDArray[np.float64] = self.table["touchdown_s"][row]
        numbers = np.full(steps.size, -1)
        numbers[known] = (touchdown // BLOCK_S).astype(np.int64)
        for number, block in self._blocks.ask(list(dict.fromkeys(numbers[known][::-1].tolist()))).items():
            mine = np.flatnonzero(numbers == number)
            at = np.searchsorted(block.curves.step, steps[mine])
            there = at < len(block.curves)
            there[there] = block.curves.step[at[there]] == steps[mine[there]]
            values[mine[there]] = block.curves.values[at[there]]
        return StanceCurves(steps, values)

    def close(self) -> None:
        """Let go of the file."""
        if self._analysis is not None:
            self._analysis.close()
            self._analysis = None
        self._blocks.close()
        self._session.close()

    def _on_screen(self, first: int, last: int) -> dict[int, Excerpt]:
        if last <= first:
            return {}
        newest = (last - 1) // self._length
        numbers = list(range(newest, first // self._length - 1, -1))
        plays = 0 < last - self._last < 2 * self.facts.sample_rate_Hz  # a seek needs no more than what it shows
        self._last = last
        coming = range(newest + 1, newest + 1 + AHEAD) if plays else ()
        ahead = [n for n in coming if n * self._length < self._samples]
        jumped = not self._shown.intersection(numbers)
        self._shown = set(numbers)
        return self._blocks.show(numbers, ahead, wait=newest if jumped else None)

    def _cut(self, number: int) -> Excerpt:
        start = number * self._length
        return self._excerpts.cut(start, min(start + self._length, self._samples), self.table, self.bw_N)

    def _stored_steps(self) -> tuple[StepTable, float]:
        """The table as recorded, unless it is of other algorithms than these."""
        attributes = self._session.steps_attrs
        if attributes.get("algorithm_version") != ALGORITHM_VERSION:
            return EMPTY, float("nan")
        bw_N = attributes.get("bw_N")
        return StepTable(self._session.steps()), float("nan") if bw_N is None else float(bw_N)
