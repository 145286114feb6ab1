"""Walkers on one belt whose left and right foot are known: what the splitting of the total force must give back.

Each foot has its own vertical force, shaped like published curves (quick loading, two humps, a slow end), and its own
centre of pressure, rolling from heel to toe on the moving belt. The belt only ever sees the sum. Nothing here is
shared with the analysis: shapes are splines through knots, not what the splitting assumes.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from analysis.protocol import G, get_protocol
from analysis.setup import Setup
from analysis.wrench import force_belt

Floats = NDArray[np.float64]
CHANNELS = {"Fx": 0, "Fz": 1, "Mx": 2, "My": 3}
ROLL = PchipInterpolator(
    [0.0, 0.05, 0.10, 0.25, 0.50, 0.80, 0.90, 1.0], [0.0, 0.025, 0.045, 0.085, 0.130, 0.165, 0.185, 0.235]
)
"""How far the centre of pressure is ahead of the heel, m."""
LATERAL = PchipInterpolator([0.0, 0.10, 0.30, 0.60, 0.90, 1.0], [-0.012, -0.004, 0.004, 0.006, -0.004, -0.010])
"""How far it is outside the foot's middle, m."""


@dataclass(frozen=True)
class Walker:
    """How somebody walks."""

    speed_m_s: float = 1.3
    step_s: float | None = None
    """Step time; by default a usual one for the speed."""
    support: float = 0.24
    """Double support as a share of the gait cycle."""
    width_m: float = 0.10
    """Distance of the feet's middles sideways."""
    mass_kg: float = 72.0
    limp: float = 0.0
    """The left step is this share longer than the mean, the right one shorter."""
    vary: float = 0.02
    """SD of the step time, as a share; a foot lands with an SD of 12 mm in both directions at 0.02."""
    brake: float = 0.18
    """Peak of the fore-aft force in body weights."""
    seed: int = 1


@dataclass
class Scene:
    """What happens on the belt, sample by sample, and the true steps."""

    rate: float = 1000.0
    seconds: float = 20.0
    foot: Floats = field(init=False)
    """(2, n) vertical force of the left and the right foot, N."""
    wrench: Floats = field(init=False)
    """(6, n) sum of all that presses on the belt."""
    steps: list[tuple[float, float, int]] = field(default_factory=list)
    """Touchdown and toe-off at 50 N, s, and side (+1 left) of every walking step."""

    def __post_init__(self) -> None:
        self.foot = np.zeros((2, self.t.size))
        self.wrench = np.zeros((6, self.t.size))

    @property
    def t(self) -> Floats:
        """(n,) time, s."""
        return np.arange(round(self.seconds * self.rate)) / self.rate

    def press(self, force: Floats, x: Floats | float, y: Floats | float, fx: Floats | float = 0.0, h: float = 0.0):
        """Add a vertical force at a place; with `h` it is seen by vertical cells that far below the belt."""
        self.wrench[0] += fx
        self.wrench[2] += force
        self.wrench[3] += force * y
        self.wrench[4] -= force * x + h * np.asarray(fx)

    def walk(self, walker: Walker, start: float, steps: int, *, h: float = 0.0, first: int = 1, x0: float = 0.25):
        """Let somebody walk: from a foot landing at `start` to the last foot leaving the belt.

        Returns:
            When the last foot leaves the belt.
        """
        rng = np.random.default_rng(walker.seed)
        mean_step = walker.step_s or 0.74 - 0.28 * (walker.speed_m_s - 0.6) / 1.4
        side = first
        landing, end = start, start
        noise = 0.6 * walker.vary
        for _ in range(steps):
            step = mean_step * (1.0 + side * walker.limp) * (1.0 + walker.vary * rng.normal())
            overlap = walker.support * mean_step
            contact = step + overlap
            place = x0 + noise * rng.normal(), side * walker.width_m / 2 + noise * rng.normal()
            end = self._foot(walker, landing, contact, step, side, place, h)
            landing, side = landing + step, -side
        return end

    def _foot(self, walker, landing, contact, step, side, place, h):
        tau = (self.t - landing) / contact
        on = (tau >= 0) & (tau <= 1)
        tau, after = tau[on], (self.t - landing)[on]
        force = np.zeros(self.t.size)
        force[on] = vertical(tau, walker) * walker.mass_kg * G
        force *= walker.mass_kg * G * step / max(force.sum() / self.rate, 1e-9)
        x, y, fx = (np.zeros(self.t.size) for _ in range(3))
        x[on] = place[0] + ROLL(tau) - walker.speed_m_s * after
        y[on] = place[1] + side * LATERAL(tau)
        fx[on] = -walker.brake * walker.mass_kg * G * np.sin(2 * np.pi * tau) * np.sin(np.pi * tau)
        self.press(force, x, y, fx, h)
        self.foot[0 if side > 0 else 1] += force
        inside = np.flatnonzero(force >= 50.0)
        if inside.size and force[-1] == 0.0:
            self.steps.append((inside[0] / self.rate, inside[-1] / self.rate, side))
        return landing + contact

    def stand(self, start: float, end: float, mass_kg: float = 72.0, *, x=0.0, y=0.0, force=None):
        """Let somebody stand, lean or squat: the force rises and falls within 0.15 s; x, y, force may be functions."""
        t = self.t
        edge = np.clip((t - start) / 0.15, 0, 1) * np.clip((end - t) / 0.15, 0, 1)
        load = mass_kg * G * edge * (force(t - start) if force else 1.0)
        place = [p(t - start) if callable(p) else p for p in (x, y)]
        self.press(load, *place)

    def run(
        self, start: float, steps: int, *, contact: float = 0.25, flight: float = 0.10, mass_kg: float = 72.0, v=3.0
    ):
        """Let somebody run: half-sines, feet 30 mm off the midline.

        Returns:
            When the last foot leaves the belt.
        """
        for k in range(steps):
            local = self.t - start - k * (contact + flight)
            on = (local > 0) & (local < contact)
            peak = mass_kg * G * (contact + flight) * np.pi / (2 * contact)
            force = np.where(on, peak * np.sin(np.pi * np.clip(local, 0, contact) / contact), 0.0)
            self.press(force, np.where(on, 0.35 + 0.15 * local / contact - v * local, 0.0), 0.03 * (-1) ** k)
        return start + steps * (contact + flight) - flight

    def channels(self, *, noise_N: float = 3.0, drift_N_per_min: float = 0.0, offset_N: float = 0.0, seed: int = 7):
        """(4, n) what the rig gives: Fx, Fz, Mx, My, with noise of cells ±0.7 m and ±0.3 m from the middle."""
        rng = np.random.default_rng(seed)
        out = self.wrench[[0, 2, 3, 4]].copy()
        scale = np.asarray([1.0, 1.0, 0.3, 0.7])[:, None]
        out += noise_N * scale * rng.normal(size=out.shape)
        out[1] += offset_N + drift_N_per_min * self.t / 60.0
        out[2:] += 0.05 * (offset_N + drift_N_per_min * self.t / 60.0)
        return out


def vertical(tau: Floats, walker: Walker) -> Floats:
    """Vertical force of one contact in body weights, before it is scaled to carry its share of the weight."""
    fast = np.clip((walker.speed_m_s - 0.6) / 1.4, 0.0, 1.2)
    hump, valley = 1.04 + 0.36 * fast, 0.92 - 0.42 * fast
    slope, d = 0.5 * (hump + valley), walker.support / (1.0 + walker.support)
    inner = np.asarray([0.18, 0.5, 0.82]) * (1.0 - 2.5 * d) + 1.25 * d
    times = (0.0, 0.15 * d, 0.35 * d, 0.6 * d, d, 1.25 * d, *inner)
    times += (1 - 1.25 * d, 1 - d, 1 - 0.6 * d, 1 - 0.35 * d, 1 - 0.15 * d, 1.0)
    heel = 0.12 + 0.12 * fast
    values = (0.0, heel, 0.34 + 0.5 * (heel - 0.12), 0.60 * hump, 0.94 * hump, hump, slope, valley, slope)
    values += (hump, 0.93 * hump, 0.58 * hump, 0.24, 0.035, 0.0)
    return PchipInterpolator(times, values)(tau)


def one_deck(rate: float = 1000.0, bw: float | None = None) -> Setup:
    """One belt that sees where the force acts."""
    return Setup(rate, 1e6, [force_belt(CHANNELS)], get_protocol(), bw)
