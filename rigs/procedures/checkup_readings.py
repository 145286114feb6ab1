"""What the readings of a check-up tell: the zero at any time, and the lights."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.doctor_corners import CLOSURE, Found, closure_light, judge_stands
from analysis.doctor_pushes import Pushes, judge_pushes
from analysis.doctor_scales import Stand, Wiring
from analysis.protocol import G
from analysis.quality import AMBER, INFO, RED, Light
from analysis.wrench import FZ
from daq.doctor import cell_facts
from daq.rig import Rig
from rigs.procedures.checkup_steps import EMPTY, MIDDLE, PUSH, STAND, Task, expected_shares

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Taken:
    """A reading that was taken."""

    task: Task
    """What was asked for."""
    counts: Floats
    """(C,) mean counts of the rig's cells."""
    at_s: float
    """When, s of device time."""
    u_N: float
    """Standard uncertainty of the sum, N."""


class Readings:
    """The readings that were taken so far.

    Args:
        rig: The rig.
        mass_kg: Of the person; None if nobody said.
        scale: What newtons per count are multiplied with.
    """

    def __init__(self, rig: Rig, mass_kg: float | None, scale: float) -> None:
        self.rig, self.mass_kg, self.scale = rig, mass_kg, scale
        self.facts = cell_facts(rig, scale)
        self.channels = [cell.channel for cell in rig.cells]
        self.taken: list[Taken] = []

    def lights(self, asked: Sequence[Task], jumps: NDArray[np.int64]) -> list[Light]:
        """Judge what was done so far: wiring, scales, closure, loose contacts.

        Args:
            asked: The steps that were asked for so far.
            jumps: (C,) jumps of each cell alone.

        Returns:
            The lights; a step that was left out is named.
        """
        zero = self._zeros()
        if not zero:
            return []
        lights: list[Light] = []
        found = None
        stands = [one for one in self.taken if one.task.kind == STAND]
        wiring = Wiring(
            self.facts.names, self.facts.newtons_per_count, self.facts.vertical,
        )  # fmt: skip
        if stands:
            told = [Stand(one.task.target, one.counts - self.zero(one.at_s), one.u_N) for one in stands]
            found = judge_stands(told, wiring, calibrated_scale=self._calibrated(), weight_N=self._weight_N())
            lights += found.lights
        lights += self._closure(
            wired=all(light.state not in (AMBER, RED) for light in lights if light.name != "scales")
        )
        lights += self._pushes(found)
        lights += self._loose(jumps)
        return lights + self._left_out(asked)

    def _zeros(self) -> list[Taken]:
        return [one for one in self.taken if one.task.kind == EMPTY]

    def zero(self, at_s: float) -> Floats:
        """Reading of the empty belt at a time: between those before and after, so that drift is no load."""
        zeros = self._zeros()
        counts, times = np.array([one.counts for one in zeros]), [one.at_s for one in zeros]
        return np.array([np.interp(at_s, times, counts[:, c]) for c in range(counts.shape[1])])

    def _calibrated(self) -> Floats | None:
        """(C,) share of each cell in the vertical force, N per count, by the calibration."""
        if self.rig.calibration is None:
            return None
        rows: Floats = np.sum([belt.matrix[FZ] for belt in self.rig.belts()], axis=0)
        return rows[self.channels] * self.scale

    def _closure(self, *, wired: bool) -> list[Light]:
        stood = [one for one in self.taken if one.task.kind == MIDDLE]
        if not stood:
            return []
        if not wired:
            return [
                Light(
                    "weight_closure",
                    INFO,
                    None,
                    CLOSURE[0],
                    "",
                    "not judged until the cells are wired as they should be",
                )
            ]
        row = self._calibrated()
        row = self.facts.newtons_per_count * self.facts.vertical if row is None else row
        force_N = float((stood[-1].counts - self.zero(stood[-1].at_s)) @ row)
        return [closure_light(force_N, stood[-1].u_N, self._weight_N())]

    def _weight_N(self) -> float | None:
        gravity = self.rig.calibration.gravity_m_s2 if self.rig.calibration is not None else G
        return None if self.mass_kg is None else self.mass_kg * gravity

    def _pushes(self, found: Found | None) -> list[Light]:
        pushed = [one for one in self.taken if one.task.kind == PUSH]
        flat = np.flatnonzero(~self.facts.vertical)
        if not pushed:
            return []
        plugs = np.arange(len(self.channels)) if found is None else np.array(found.plugs)
        counts = np.array([(one.counts - self.zero(one.at_s))[plugs[flat]] for one in pushed])
        expected = np.array([expected_shares(self.rig, one.task)[flat] for one in pushed])
        names = tuple(self.facts.names[i] for i in flat)
        return judge_pushes(Pushes(names, expected, counts, self.facts.newtons_per_count[flat]))

    def _loose(self, jumps: NDArray[np.int64]) -> list[Light]:
        text = (
            "loose contact: {} jumped {} times while somebody was on the belt. "
            "Wiggle its plug and cable; solder or change what moves"
        )
        return [
            Light(f"contact {name}", RED if count > 2 else AMBER, float(count), 0.0, "", text.format(name, count))
            for name, count in zip(self.facts.names, jumps.tolist(), strict=True)
            if count
        ]

    def _left_out(self, asked: Sequence[Task]) -> list[Light]:
        done = [one.task for one in self.taken]
        missing = [task.title for task in asked if task not in done]
        if not missing:
            return []
        return [Light("left_out", INFO, float(len(missing)), None, "", f"left out: {', '.join(missing)}")]
