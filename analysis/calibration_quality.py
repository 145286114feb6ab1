"""How good a calibration is: what is left over, what it says of places it has not seen, its own estimate of error."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import KnownLoad
from analysis.calibration_design import Centres, Stack, belt_of
from analysis.calibration_error import ReadOutError
from analysis.calibration_missing import LEAST_N, undetermined
from analysis.calibration_solve import Design, solve
from analysis.calibration_straight import hysteresis_pct, nonlinearity_pct
from analysis.wrench import FX, FY, FZ, centre_of_pressure

Floats = NDArray[np.float64]

COP_LEAST_N = 200.0


@dataclass(frozen=True)
class Quality:
    """What a certificate says of a calibration; None where its loads cannot tell."""

    loads: int
    """Loads that were used."""
    places: int
    """Different places among them that bore a vertical load."""
    residual_Fz_N: float
    """Vertical force, said − read, root mean square, N."""
    residual_Fz_max_N: float
    """The largest of them, N."""
    residual_Fx_N: float | None
    """Fore-aft force, root mean square, N."""
    residual_Fy_N: float | None
    """Sideways force, root mean square, N."""
    residual_cop_mm: float | None
    """Distance of the place said from the place read, root mean square over loads of at least `COP_LEAST_N`, mm;
    people left out, whose own place nobody measures."""
    lopo_Fz_N: float | None
    """Leave one place out: vertical force at a place by a fit that has not seen it, root mean square, N."""
    lopo_cop_mm: float | None
    """The same of the place, root mean square distance, mm."""
    lopo_by_place: dict[str, tuple[float, float]]
    """Place → the two at it, N and mm; mm is NaN where no load was heavy enough."""
    u_Fz_pct: float
    """Standard uncertainty of the vertical force, root mean square over the nine-place grid, %."""
    u_cop_mm: float
    """Standard uncertainty of the centre of pressure, root mean square distance over the same grid, mm."""
    u_Fx_pct: float | None
    """Standard uncertainty of a fore-aft force at the belt's centre, %."""
    u_Fy_pct: float | None
    """Standard uncertainty of a sideways force at the belt's centre, %."""
    crosstalk_pct: dict[str, float]
    """"Fx from Fz": what the nominal read-out mixed up and the calibration now takes out, % of the source force."""
    nonlinearity_pct: float | None
    """Largest departure from a straight line between nothing and the largest load, % of that load."""
    hysteresis_pct: float | None
    """Largest difference of the same load at the same place going up and coming down, % of the largest load."""
    condition: float
    """Condition number of the weighted design with columns of unit length."""
    noise_N: float
    """Standard uncertainty of a reading's vertical force from noise and drift, root mean square, N."""
    u_crosstalk_pct: dict[str, float] = field(default_factory=dict)
    """The same names: standard uncertainty of it, that is, how much may be mixed up after the calibration, %."""


@dataclass(frozen=True)
class Evidence:
    """The accepted loads and what became of them."""

    stack: Stack
    """The components."""
    centres_m: Centres
    """Centre of each belt, m."""
    loads: tuple[KnownLoad, ...]
    """(n,) the loads."""
    design: Design
    """As it was solved, in units of `stack.scale`."""
    correction: Floats
    """(m, m) R, in units of `stack.scale`."""

    @property
    def belt(self) -> NDArray[np.int64]:
        """(n,) number of each load's belt."""
        return np.array([belt_of(load, self.stack.belts) for load in self.loads])

    def own(self, stacked: Floats) -> Floats:
        """Wrench (n, 6) on each load's own belt, N and N·m, from (n, m) in units of the stack; NaN where not seen."""
        out = np.full((len(stacked), 6), np.nan)
        for i, b in enumerate(self.belt):
            at = self.stack.of(int(b))
            out[i, self.stack.row[at]] = (stacked[i] * self.stack.scale)[at]
        return out

    @property
    def said(self) -> Floats:
        """(n, 6) what was put on."""
        return self.own(self.design.said)

    def read(self, correction: Floats | None = None) -> Floats:
        """(n, 6) what the calibrated read-out says of it."""
        return self.own(self.design.read @ (self.correction if correction is None else correction).T)

    @property
    def vertical(self) -> NDArray[np.bool_]:
        """(n,) loads that press on the belt."""
        pressing: NDArray[np.bool_] = self.said[:, FZ] >= LEAST_N
        return pressing

    @property
    def heavy(self) -> NDArray[np.bool_]:
        """(n,) loads whose place can be compared."""
        measured = np.array([load.kind != "person" for load in self.loads], np.bool_)
        enough: NDArray[np.bool_] = measured & (self.said[:, FZ] >= COP_LEAST_N)
        return enough

    @property
    def place(self) -> list[str]:
        """(n,) name of each load's place, different on each belt."""
        names = [load.place or "{:.0f}, {:.0f} mm".format(*1e3 * load.point_m[:2]) for load in self.loads]
        belts = {
            name: {load.belt for load, own in zip(self.loads, names, strict=True) if own == name} for name in names
        }
        return [
            f"{load.belt} {name}" if len(belts[name]) > 1 else name
            for load, name in zip(self.loads, names, strict=True)
        ]


def assess(evidence: Evidence, error: ReadOutError, condition: float, noise_N: float) -> Quality:
    """Say how good a calibration is.

    Args:
        evidence: The loads.
        error: The correction's error.
        condition: Condition number of the design.
        noise_N: Noise of a reading's vertical force, N.

    Returns:
        What the certificate says.
    """
    vertical, place = evidence.vertical, np.array(evidence.place, dtype=str)
    said, read = evidence.said, evidence.read()
    left, pressing = said - read, [load for load, one in zip(evidence.loads, vertical, strict=True) if one]
    by_place = _left_out(evidence)
    grids = [_grid(evidence, b) for b in range(len(evidence.stack.belts))]
    was, remains = error.crosstalk_pct()
    u_N = np.array([load.u_force_N[2] for load in pressing])
    names = place[vertical].tolist()
    return Quality(
        loads=len(evidence.loads),
        places=len(set(names)),
        residual_Fz_N=_rms(left[:, FZ]) or 0.0,
        residual_Fz_max_N=float(np.abs(left[:, FZ]).max()),
        residual_Fx_N=_rms(left[:, FX]),
        residual_Fy_N=_rms(left[:, FY]),
        residual_cop_mm=_rms(_distance_mm(said, read)[evidence.heavy]),
        lopo_Fz_N=_rms(np.concatenate([one[0] for one in by_place.values()])) if by_place else None,
        lopo_cop_mm=_rms(np.concatenate([one[1] for one in by_place.values()])) if by_place else None,
        lopo_by_place={name: (_rms(fz) or 0.0, _rms(cop) or np.nan) for name, (fz, cop) in by_place.items()},
        u_Fz_pct=error.vertical_pct(grids),
        u_cop_mm=error.place_mm(grids),
        u_Fx_pct=error.pull_pct(FX),
        u_Fy_pct=error.pull_pct(FY),
        crosstalk_pct=was,
        nonlinearity_pct=nonlinearity_pct(names, said[vertical, FZ], read[vertical, FZ], u_N),
        hysteresis_pct=hysteresis_pct(pressing, names, read[vertical, FZ]),
        condition=condition,
        noise_N=noise_N,
        u_crosstalk_pct=remains,
    )


def _rms(values: Floats) -> float | None:
    """Root mean square of what is known, None if nothing is."""
    known = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(known**2))) if known.size else None


def _distance_mm(said: Floats, read: Floats) -> Floats:
    """(n,) from the place that was said to the one that was read; NaN below `COP_LEAST_N`."""
    here, there = (np.stack(centre_of_pressure(wrench.T, min_force_N=COP_LEAST_N)) for wrench in (said, read))
    distance: Floats = 1e3 * np.hypot(*(here - there))
    return distance


def _left_out(evidence: Evidence) -> dict[str, tuple[Floats, Floats]]:
    """Place → errors of force, N, and of place, mm, of its loads by a fit without them; where one is possible."""
    found: dict[str, tuple[Floats, Floats]] = {}
    place, said = np.array(evidence.place, dtype=str), evidence.said
    for name in sorted(set(place[evidence.vertical].tolist())):
        gone = evidence.vertical & (place == name)
        rest = evidence.design.without(gone)
        if any(undetermined(evidence.stack, rest.said, rest.factors)):
            continue
        read = evidence.read(solve(rest, evidence.correction).correction)
        cop = _distance_mm(said, read)[gone & evidence.heavy]
        found[name] = (said[gone, FZ] - read[gone, FZ], cop)
    return found


def _grid(evidence: Evidence, belt: int) -> Floats:
    """Nine places (9, 2), m: the middle and the ends of where vertical loads stood on a belt."""
    own = evidence.said[evidence.vertical & (evidence.belt == belt)]
    x, y = -own[:, 4] / own[:, FZ], own[:, 3] / own[:, FZ]
    lines = [np.linspace(along.min(), along.max(), 3) for along in (x, y)]
    return np.stack(np.meshgrid(*lines), axis=-1).reshape(-1, 2)
