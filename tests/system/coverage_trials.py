"""Treadmills with hidden errors, calibrated and run on: does the stated uncertainty hold the truth?

Each trial draws a machine (gains, places of cells, cross-talk), calibrates it by known loads that are themselves a
little wrong, and lets a runner run on it: real steps in a new order, so that the runner's own long-run mean is known.
The truth of a step is what the same protocol makes of the true force.
"""

import itertools
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import KnownLoad, Reading
from analysis.calibration_fit import fit_calibration
from analysis.cop import SET_SPEED_u
from analysis.filters import butterworth_taps
from analysis.pipeline import Pipeline
from analysis.protocol import G, get_protocol
from analysis.setup import DeckModes, MASS_u_KG, Mode, Runner, Setup
from analysis.statistics import Z95
from analysis.steps import UNCERTAIN, StepTable, join_tables
from analysis.uncertainty_budget import Budget, make_budget
from analysis.wrench import COMPONENTS, Belt, force_belt
from daq.rig import load_rig
from rigs.chain import BLOCK, CellBehaviour, Sensors, SignalChain
from rigs.deck import DeckMode
from rigs.mounting import Flaws, belt_centres, sensors_of
from rigs.procedures.plan import make_plan
from rigs.sources import SteadyBelt
from tests.realdata import Trial, fukuchi

if TYPE_CHECKING:
    from scipy.interpolate import CubicSpline

Floats = NDArray[np.float64]

RATE_HZ, TICK_RATE_HZ = 1000.0, 2_000_000.0
CLEAN_HZ = 75.0
FADE_S = 0.012
STEPS = 28
"""Steps of a trial: some 10 s."""
RIGID = DeckMode(0.0)
BOUNDED = ("vilr_BW_s", "two_mass_J1_BW_s", "two_mass_J1_pct")
"""Numbers that noise moves one way: their intervals are freed of the bias that the budget tells."""
TINY = 1e-12
"""What rounding leaves of an error of nothing, as where a fit stands on its bound."""


@dataclass(frozen=True)
class Population:
    """Steps that a runner draws from."""

    name: str
    """Of the trial."""
    left: tuple[Floats, ...]
    """(6, n) each, contact and the flight behind it."""
    right: tuple[Floats, ...]
    """Likewise."""
    runner: Runner
    """The truth about the runner."""

    def run(self, rng: np.random.Generator, steps: int) -> Floats:
        """(6, n) of steps in a random order, left and right in turn."""
        quiet = np.zeros((6, int(0.4 * RATE_HZ)))
        parts = [quiet]
        for number in range(steps):
            foot = self.left if number % 2 else self.right
            parts.append(foot[rng.integers(len(foot))])
        return np.concatenate([*parts, quiet], axis=1)


def pipeline_rows(channels: Floats, setup: Setup) -> tuple[StepTable, Pipeline]:
    """(n, C) samples through the pipeline."""
    pipeline = Pipeline(setup)
    tick = np.round(np.arange(len(channels)) * (TICK_RATE_HZ / setup.sample_rate_Hz)).astype(np.int64)
    rows = pipeline.feed(channels, tick, np.zeros(len(channels), np.uint8)).steps
    return join_tables([rows, pipeline.finish()]), pipeline


def true_setup(runner: Runner, rate_Hz: float = RATE_HZ) -> Setup:
    """The same protocol on the force itself."""
    belt = force_belt({name: row for row, name in enumerate(COMPONENTS)})
    assert runner.mass_kg is not None
    return Setup(rate_Hz, TICK_RATE_HZ, [belt], get_protocol(), runner.mass_kg * G, runner, uncertainty=False)


@cache
def populations() -> tuple[Population, ...]:
    """Runners of every label and speed."""
    found = [_population(trial) for trial in fukuchi()]
    return tuple(one for one in found if min(len(one.left), len(one.right)) >= 6)


def _population(trial: Trial) -> Population:
    from scipy.interpolate import CubicSpline
    from scipy.ndimage import correlate1d

    runner = Runner(mass_kg=trial.mass_kg, stature_m=trial.stature_m, belt_speed_m_s=trial.speed_m_s)
    rate = trial.sample_rate_Hz
    table, _ = pipeline_rows(trial.wrench.T, true_setup(runner, rate))
    clean = correlate1d(trial.wrench, butterworth_taps(rate, CLEAN_HZ), axis=1)
    spline = CubicSpline(np.arange(clean.shape[1]) / rate, clean, axis=1)
    feet: dict[str, list[Floats]] = {"L": [], "R": []}
    for begin, end, step_ms, side, valid in zip(
        table["touchdown_s"], table["toe_off_s"], table["step_time_ms"], table["side"], table["valid"], strict=True
    ):
        if valid and side in feet and np.isfinite(step_ms):
            feet[side].append(_cut(spline, begin, end, 1e-3 * step_ms))
    return Population(trial.name, tuple(feet["L"]), tuple(feet["R"]), runner)


def _cut(spline: "CubicSpline", begin: float, end: float, step_s: float) -> Floats:
    """One step with the flight behind it, zero in flight, from a little before touchdown."""
    t = np.arange(round(step_s * RATE_HZ)) / RATE_HZ
    contact = end - begin
    rise = np.clip(t / FADE_S, 0.0, 1.0)
    fall = np.clip((contact + 2.0 * FADE_S - t) / FADE_S, 0.0, 1.0)
    window = (0.5 - 0.5 * np.cos(np.pi * rise)) * (0.5 - 0.5 * np.cos(np.pi * fall))
    at = begin - FADE_S + t
    zero = 0.5 * (spline(begin - 0.03) + spline(end + 0.03))
    cut: Floats = (spline(at) - zero[:, np.newaxis]) * window
    return cut


class _Run(SteadyBelt):
    """A force sampled at the converter's own instants."""

    belts, title = 1, "trial"

    def __init__(self, wrench: Floats) -> None:
        super().__init__(0.0)
        self._wrench = wrench

    def wrench(self, t_s: Floats) -> Floats:
        at = np.rint(t_s * RATE_HZ).astype(np.int64)
        inside = at < self._wrench.shape[1]
        return (self._wrench[:, np.minimum(at, self._wrench.shape[1] - 1)] * inside)[np.newaxis]


@dataclass(frozen=True)
class Machine:
    """A treadmill and what its owner knows of it."""

    sensors: Sensors
    """How it truly answers."""
    belt: Belt
    """Its calibrated read-out."""


@cache
def machine(seed: int) -> Machine:
    """Draw a machine and calibrate it."""
    rig = load_rig("virtual", calibration="none")
    sensors = sensors_of(rig, Flaws(gain_error_pct=3.0, position_error_mm=5.0, crosstalk_pct=2.0), seed)
    rng = np.random.default_rng([seed, 7])
    plan = make_plan(rig, masses_kg=(20.0, 40.0, 60.0, 80.0), person_kg=75.0, pull_N=150.0)
    loads = [load for load in plan.loads if load is not None]
    weights = {load.weight: rng.normal() for load in loads}
    places = {(load.place, load.kind == "person"): rng.normal(size=3) for load in loads}
    readings = [_reading(load, sensors, weights, places, rng) for load in loads]
    nominal = rig.nominal_belts()
    fit = fit_calibration(nominal, belt_centres(rig), readings)
    belt = replace(nominal[0], matrix=fit.matrices[0], observable=fit.observable[0], directions=fit.directions[0])
    return Machine(sensors, belt)


def _reading(
    load: KnownLoad, sensors: Sensors, weights: dict[str, float], places: dict[tuple[str, bool], Floats],
    rng: np.random.Generator,
) -> Reading:  # fmt: skip
    """What the cells say to a load that is not quite what its maker says.

    A weight or a gauge is wrong by the same share wherever it is used, a marked place by as much for all its loads.
    """
    along = load.force_N != 0.0
    off = np.where(along, np.sign(load.force_N) * weights[load.weight], rng.normal(size=3))
    force = load.force_N + load.u_force_N * off
    point = load.point_m + load.u_point_m * places[load.place, load.kind == "person"]
    wrench = np.concatenate([force, np.cross(point, force)])
    noise = np.abs(sensors.counts_per_N) * 0.02
    counts = sensors.gain[:, 0] @ wrench + noise * rng.normal(size=noise.size)
    return Reading(load, counts, np.zeros(counts.size), noise)


@dataclass(frozen=True)
class Outcome:
    """What a trial gave."""

    population: str
    """Whose steps."""
    rows: StepTable
    """As measured, with uncertainties."""
    truth: StepTable
    """The same steps, of the true force."""
    budget: Budget
    """Of the session."""


DECKS = ("rigid", "stiff", "tapped")
"""No ringing; modes above 120 Hz that nobody tapped; softer ones, known as well as a tap test knows them."""
U_FREQUENCY, U_DAMPING = 0.005, 0.05


def _deck(kind: str, rng: np.random.Generator) -> tuple[tuple[DeckMode, DeckMode, DeckMode], DeckModes | None]:
    """How the deck rings, along x, y and z, and what its owner says of that."""
    if kind == "rigid":
        return (RIGID, RIGID, RIGID), None
    low, high = (120.0, 200.0) if kind == "stiff" else (50.0, 100.0)
    modes = [DeckMode(rng.uniform(low, high), rng.uniform(0.02, 0.05)) for _ in range(3)]
    if kind == "stiff":
        said = [Mode(mode.fn_Hz, mode.zeta) for mode in modes]
    else:
        said = [
            Mode(
                mode.fn_Hz * (1.0 + U_FREQUENCY * rng.normal()), mode.zeta * (1.0 + U_DAMPING * rng.normal()),
                U_FREQUENCY * mode.fn_Hz, U_DAMPING * mode.zeta,
            )
            for mode in modes
        ]  # fmt: skip
    return (modes[0], modes[1], modes[2]), DeckModes(*said, identified=kind == "tapped")


def trial(seed: int, machines: int = 1 << 30, deck: str = "rigid") -> Outcome:
    """One trial.

    Args:
        seed: Which.
        machines: How many machines take turns.
        deck: One of `DECKS`.

    Returns:
        What it gave.
    """
    rng = np.random.default_rng([seed, 1])
    chosen = populations()[seed % len(populations())]
    force = chosen.run(rng, STEPS)
    truth, _ = pipeline_rows(force.T, true_setup(chosen.runner))
    hidden = machine(seed % machines)
    noise_N = rng.uniform(0.5, 2.0)
    cells = CellBehaviour(noise_N=noise_N, offset_N=100.0, drift_N_per_min=rng.uniform(-5.0, 5.0))
    modes, said_modes = _deck(deck, rng)
    chain = SignalChain(_Run(force), hidden.sensors, RATE_HZ, modes, cells, seed)
    blocks = -(-force.shape[1] // BLOCK)
    counts = np.concatenate([chain.block(number).counts for number in range(blocks)])
    said = _said(chosen.runner, rng)
    setup = Setup(RATE_HZ, TICK_RATE_HZ, [hidden.belt], get_protocol(), said.mass_kg * G, said, deck=said_modes)
    rows, pipeline = pipeline_rows(counts, setup)
    rows, truth = _matched(rows, truth)
    return Outcome(chosen.name, rows, truth, make_budget(pipeline.uncertainties, rows))


def _said(runner: Runner, rng: np.random.Generator) -> Runner:
    """What the runner says: mass and belt speed as good as they are said to be."""
    speed = runner.belt_speed_m_s / (1.0 + SET_SPEED_u * rng.normal())
    return replace(runner, mass_kg=runner.mass_kg + MASS_u_KG * rng.normal(), belt_speed_m_s=speed)


def _matched(rows: StepTable, truth: StepTable) -> tuple[StepTable, StepTable]:
    """Steps that both have."""
    apart = np.abs(rows["touchdown_s"][:, np.newaxis] - truth["touchdown_s"])
    nearest = apart.argmin(axis=1)
    same = apart[np.arange(rows.rows), nearest] < 0.02
    return rows.select(same), truth.select(nearest[same])


@cache
def long_run_means(name: str) -> dict[str, float]:
    """Means that a runner would have after very many steps, by the true force."""
    chosen = next(one for one in populations() if one.name == name)
    table, _ = pipeline_rows(chosen.run(np.random.default_rng(99), 600).T, true_setup(chosen.runner))
    sound = table.select(table["valid"])
    return {metric: float(np.nanmean(sound[metric])) for metric in UNCERTAIN if np.isfinite(sound[metric]).any()}


@dataclass
class Score:
    """How often the intervals of one metric held the truth."""

    steps: int = 0
    """Steps looked at."""
    held: int = 0
    """Of these within 1.96 u of the truth."""
    means: int = 0
    """Sessions looked at."""
    mean_held: int = 0
    """Of these with a mean within 1.96 u of the runner's long-run mean."""

    @property
    def step(self) -> float:
        """Share of steps."""
        return self.held / max(self.steps, 1)

    @property
    def mean(self) -> float:
        """Share of sessions."""
        return self.mean_held / max(self.means, 1)


def add(scores: dict[str, Score], outcome: Outcome) -> None:
    """Count one trial."""
    rows, truth = outcome.rows, outcome.truth
    sound, expected = rows["valid"] & truth["valid"], long_run_means(outcome.population)
    for name in UNCERTAIN:
        error, u = rows[name] - truth[name], rows[f"u_{name}"]
        error = error - (outcome.budget.bias.get(name, 0.0) if name in BOUNDED else 0.0)
        known = sound & np.isfinite(error) & np.isfinite(u)
        if not known.any():
            continue
        score = scores.setdefault(name, Score())
        score.steps += int(known.sum())
        score.held += int((np.abs(error[known]) <= Z95 * u[known] + TINY).sum())
        u_mean = outcome.budget.u_mean(name)
        if u_mean is not None and name in expected:
            score.means += 1
            score.mean_held += int(abs(np.nanmean(rows[name][rows["valid"]]) - expected[name]) <= Z95 * u_mean + TINY)


def add_verdicts(table: dict[tuple[str, str], list[int]], outcome: Outcome) -> None:
    """Count how often a verdict is that of the true force: by the probability stated, or by the verdict itself."""
    rows, truth = outcome.rows, outcome.truth
    sound = rows["valid"] & truth["valid"]
    p, heel = rows["rearfoot_p"], truth["rearfoot_p"] >= 0.5
    for low, high in itertools.pairwise(np.linspace(0.0, 1.0, 6)):
        mine = sound & (p >= low) & (p < high + 1e-9)
        count = table.setdefault(("rearfoot_p", f"{low:.1f} to {high:.1f}"), [0, 0])
        count[0] += int(mine.sum())
        count[1] += int((mine & heel).sum())
    for verdict in ("impact", "none", "uncertain"):
        mine = sound & (rows["impact_class"] == verdict)
        count = table.setdefault(("impact_class", verdict), [0, 0])
        count[0] += int(mine.sum())
        count[1] += int((mine & (truth["impact_class"] == verdict)).sum())
