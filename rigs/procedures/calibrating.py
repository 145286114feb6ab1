"""The guided calibration as a procedure: which load comes next, is the reading steady, may it be kept, what follows.

A terminal or a window drives it: show `step`, hand every chunk to `feed` and show the `Look`, call `take` when the
person says so. Whatever is accepted is in the progress file before the next step is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import KnownLoad, Reading
from analysis.calibration_checks import Suspicion, check_reading
from analysis.errors import AnalysisError
from daq.chunk import Chunk
from daq.rig import Rig
from rigs.procedures.calibration_progress import Progress, Taken, read_progress, write_progress
from rigs.procedures.calibration_watch import CellWatch
from rigs.procedures.plan_loads import Plan, centres_m, instruction, surfaces

if TYPE_CHECKING:
    from analysis.calibration_fit import Fit
    from daq.calibration import Calibration

Floats = NDArray[np.float64]

EMPTY_N = 20.0
"""Empty, no cell drifts so far from zero to zero: then something is on the belt, or the machine was moved."""


@dataclass(frozen=True)
class Step:
    """What is to be done now."""

    number: int
    """Which of the plan's steps, counted from 1."""
    total: int
    """How many there are; readings of the empty belt count."""
    load: KnownLoad | None
    """The load to put on; None is the empty belt."""
    instruction: str
    """One line for the person: "Put 20 kg at front left, its middle 650 mm forward and 170 mm left of …"."""


@dataclass(frozen=True)
class Look:
    """What the cells say now."""

    wrench: Floats
    """(B, 6) by the data sheets' scale, over the last reading of the empty belt, N and N·m about each belt's centre."""
    cells_N: Floats
    """(cells,) in the order of `rig.cells`: what each says, likewise, N; > 0 when it pushes the runner along +axis."""
    steady: bool
    """Whether it may be taken now."""
    progress: float
    """0 … 1 on the way to a steady reading."""
    sd_N: float
    """How much the force moves, standard deviation, N; NaN before there is enough to tell."""
    waiting: str
    """What it waits for, in words; empty when steady."""


class CalibrationRun:
    """A calibration under way.

    Args:
        rig: The rig.
        plan: What is to be put on, in order.
        progress: File in which every accepted reading is kept at once; None keeps nothing.
    """

    def __init__(self, rig: Rig, plan: Plan, progress: Path | None = None) -> None:
        self.rig, self.path = rig, progress
        self._belts = rig.nominal_belts()
        self._centres_m = centres_m(rig)
        self._watch = CellWatch(rig)
        self._state = Progress(plan)
        self._section = 0
        self._virtual = False

    @classmethod
    def resume(cls, path: Path, rig: Rig) -> "CalibrationRun":
        """Go on where a progress file ends; the empty belt comes first, for who knows what happened in between.

        Args:
            path: The file.
            rig: The rig, which must be as it was.

        Returns:
            The calibration. A SessionError says that the file is damaged, or of another rig.
        """
        state = read_progress(path, rig)
        run = cls(rig, state.plan, path)
        run._state = state
        run._section = max((taken.section for taken in state.taken), default=-1) + 1
        run._begin()
        return run

    @property
    def rehearsal(self) -> bool:
        """Whether a virtual treadmill is or was read, so that the calibration is of no machine."""
        return self._virtual or self._state.rehearsal

    def rehearse(self) -> None:
        """Note that a virtual treadmill is read; may be called by the thread that reads it."""
        self._virtual = True

    @property
    def plan(self) -> Plan:
        """What is to be put on."""
        return self._state.plan

    @property
    def step(self) -> Step | None:
        """What is to be done now; None when all is done."""
        if not self._open():
            return None
        index = self._index()
        load = None if index is None else self.plan.loads[index]
        surface = next((one for one in surfaces(self.rig) if load is not None and one.belt == load.belt), None)
        total = len(self.plan.loads)
        return Step(min(total, total - len(self._pending()) + 1), total, load, instruction(load, surface))

    @property
    def done(self) -> bool:
        """Whether every step was taken or skipped."""
        return not self._open()

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Every reading of a load, in the order of time, each with the zero of its own time."""
        return self._state.readings()

    def feed(self, chunk: Chunk) -> Look:
        """Take in samples, and say what they show.

        Args:
            chunk: Samples that follow those of the last call.

        Returns:
            What the cells say now, by the scale of their data sheets.
        """
        self._watch.feed(chunk)
        self._state = replace(self._state, elapsed_s=self._state.elapsed_s + len(chunk) / self.rig.sample_rate_Hz)
        zero = self._state.zero(self._section)
        wrench, cells_N = self._watch.against(None if zero is None else zero.counts)
        waiting = self._watch.waiting or self._unchanged()
        return Look(wrench, cells_N, not waiting, self._watch.progress, self._watch.sd_N, waiting)

    def take(self, *, anyway: bool = False) -> list[Suspicion]:
        """Keep the reading and go on; if something is suspicious nothing is kept.

        Args:
            anyway: Keep it although something is suspicious; what that was is its remark.

        Returns:
            What is suspicious, whether it was kept or not. A SessionError says that the progress file cannot be
            written; then nothing is kept either.

        Raises:
            AnalysisError: All is done, or no sample has come yet.
        """
        if self.done:
            raise AnalysisError("calibration", expected="a step that is left", seen="all of them taken or skipped")
        counts, u_counts, seconds = self._watch.reading()
        taken = Taken(self._index(), counts, u_counts, self._state.elapsed_s - seconds / 2.0, self._section)
        found = self._suspicions(taken)
        if found and not anyway:
            return found
        if any(one.code == "not_empty" for one in found):
            self._section += 1  # the machine is not what it was: no zero is believed across this moment
        taken = replace(taken, section=self._section, remark=" ".join(one.text for one in found))
        self._keep(replace(self._state, taken=(*self._state.taken, taken)))
        return found

    def skip(self) -> None:
        """Leave this step out.

        Raises:
            AnalysisError: It is the empty belt that the readings around it need.
        """
        index = self._index()
        needed = index is None or (self.plan.loads[index] is None and self._state.zero(self._section) is None)
        if needed or not self._open():
            raise AnalysisError("calibration", expected="a load to skip", seen="the empty belt, which the others need")
        self._keep(replace(self._state, skipped=(*self._state.skipped, (int(index or 0), len(self._state.taken)))))

    def unskip(self) -> bool:
        """Ask for all loads that were skipped after all.

        Returns:
            Whether there were any.
        """
        if self._state.skipped:
            self._keep(replace(self._state, skipped=()))
            return True
        return False

    def back(self) -> None:
        """Go back to the step before, and do it again.

        Raises:
            AnalysisError: This is the first one.
        """
        state = self._state
        if state.skipped and state.skipped[-1][1] >= len(state.taken):
            self._keep(replace(state, skipped=state.skipped[:-1]))
        elif state.taken:
            self._keep(replace(state, taken=state.taken[:-1]))
        else:
            raise AnalysisError("calibration", expected="a step before this one", seen="the first")

    def repeat(self, indices: Sequence[int]) -> None:
        """Put some loads on again; what was read of them before is dropped.

        Args:
            indices: Which, indices into `readings`.
        """
        dropped = [id(taken) for taken in self._chosen(indices)]
        self._keep(replace(self._state, taken=tuple(one for one in self._state.taken if id(one) not in dropped)))

    def leave_out(self, indices: Sequence[int], remark: str) -> None:
        """Leave readings out of the fit; they stay in the calibration file.

        Args:
            indices: Which, indices into `readings`.
            remark: Why.
        """
        state = self._state
        for taken in self._chosen(indices):
            state = state.changed(taken, accepted=False, remark=f"{taken.remark} {remark}".strip())
        self._keep(state)

    def interrupted(self) -> None:
        """Say that the device was away: the empty belt comes first now."""
        self._section += 1
        self._begin()

    def fit(self) -> "Fit":
        """Fit what was read so far.

        Returns:
            The fit. An AnalysisError names the load that is missing.
        """
        from analysis.calibration_fit import fit_calibration

        return fit_calibration(self._belts, self._centres_m, self.readings)

    def save(self, path: Path, operator: str = "", note: str = "", made_utc: str | None = None) -> "Calibration":
        """Fit, write the calibration file, and take the progress file away.

        Args:
            path: Where to.
            operator: Who made it.
            note: As much as they like.
            made_utc: When, ISO 8601; by default now.

        Returns:
            The calibration as it was written. An AnalysisError names the load that is missing.
        """
        from datetime import UTC, datetime

        from daq.calibration import write_calibration

        written = write_calibration(
            path, self.rig, self.fit(), self.readings, operator=operator, note=note,
            gravity_m_s2=self.plan.gravity_m_s2, made_utc=made_utc or datetime.now(UTC).isoformat(timespec="seconds"),
            rehearsal=self.rehearsal,
        )  # fmt: skip
        if self.path is not None:
            self.path.unlink(missing_ok=True)
        return written

    def _pending(self) -> list[int]:
        over = {taken.step for taken in self._state.taken} | {step for step, _ in self._state.skipped}
        return [index for index in range(len(self.plan.loads)) if index not in over]

    def _open(self) -> bool:
        """Whether there is anything left: a step of the plan, or the empty belt behind the last load."""
        taken = self._state.taken
        return bool(self._pending()) or (bool(taken) and self._state.load_of(taken[-1]) is not None)

    def _index(self) -> int | None:
        """The step to be done, an index into the plan's loads; None for an empty belt that the plan does not have."""
        pending = self._pending()
        if not pending or (self._state.zero(self._section) is None and self.plan.loads[pending[0]] is not None):
            return None
        return pending[0]

    def _chosen(self, indices: Sequence[int]) -> list[Taken]:
        loads = [taken for taken in self._state.taken if self._state.load_of(taken) is not None]
        return [loads[index] for index in indices]

    def _keep(self, state: Progress) -> None:
        """Go on with a new state once it is on the disk."""
        state = replace(state, rehearsal=self.rehearsal)
        if self.path is not None:
            write_progress(self.path, self.rig, state)
        self._state = state
        self._begin()

    def _begin(self) -> None:
        index = self._index()
        self._watch.begin(None if index is None else self.plan.loads[index])

    def _wanted(self) -> Floats | None:
        """(C,) counts by which the next reading should differ from the last one of this section; None if unknown."""
        taken = self._state.taken[-1] if self._state.taken else None
        if taken is None or taken.section != self._section:
            return None
        index = self._index()
        load = None if index is None else self.plan.loads[index]
        return self._watch.expected(load) - self._watch.expected(self._state.load_of(taken))

    def _unchanged(self) -> str:
        """What to wait for while the cells still say what they said to the last load."""
        wanted = self._wanted()
        if wanted is None or self._watch.has_changed(self._state.taken[-1].counts, wanted):
            return ""
        return "the belt to be emptied" if self.step and self.step.load is None else "the load to be put on"

    def _suspicions(self, taken: Taken) -> list[Suspicion]:
        found = []
        if self._watch.waiting:
            found = [Suspicion("not_steady", f"The reading is not steady: it waits for {self._watch.waiting}.")]
        elif waiting := self._unchanged():
            found = [Suspicion("unchanged", f"The cells say what they said to the last step: it waits for {waiting}.")]
        if self._state.load_of(taken) is None:
            return found + self._zero_suspicions(taken)
        reading = replace(self._state, taken=(*self._state.taken, taken)).readings()[-1]
        checked = check_reading(reading, self._belts, self._centres_m, self.readings)
        return checked if checked and not self._watch.waiting else found + checked

    def _zero_suspicions(self, taken: Taken) -> list[Suspicion]:
        before = self._state.zero(self._section)
        if before is None:
            return []
        newtons = np.abs(self._watch.newtons(taken.counts - before.counts))
        if newtons.max() < EMPTY_N:
            return []
        cell = self.rig.cells[int(np.argmax(newtons))].name
        return [Suspicion(
            "not_empty", f"Cell {cell} says {newtons.max():.0f} N else than at the last reading of the empty belt: "
            "take everything off. If the machine was moved, take it anyway.",
        )]  # fmt: skip
