"""A rehearsal of a calibration: the program plays the person, on a virtual twin of the rig, through its true bytes.

The weights are not quite what they are said to be and do not stand quite where they should: each by an error of the
stated uncertainty. A weight or a gauge has one relative error however often it is used, and a mark on the belt is
at one wrong place for all that is put on it; a person stands elsewhere each time, and no line is level twice alike.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from analysis.calibration import Floats, KnownLoad
from analysis.wrench import COMPONENTS, FX, FY, FZ, MX, MY
from daq.chunk import Chunk
from daq.rig import Rig
from daq.stream import Stream
from rigs.hand import Hand, hand_on
from rigs.procedures.calibrating import CalibrationRun, Look, Step
from rigs.procedures.plan_loads import PLACES, Plan, surfaces
from rigs.sources import ONE_BELT, Centres, Load
from rigs.virtual import make_device
from rigs.virtual_url import VirtualUrl

STEP_S = 2.0
ATTEMPTS = 10
"""A reading that is not steady after so many times `STEP_S` will never be."""
CHECK_N = 700.0
"""Vertical force with which a read-out is held against the truth, N."""


@dataclass(frozen=True)
class TrueLoad(Load):
    """A force at a point of a belt, above or below its surface too."""

    z_m: float = 0.0
    """Height above the surface, m."""
    belt: int = 0
    """Number of the belt."""

    def wrench(self, centres: Centres = ONE_BELT) -> Floats:
        """Wrench on each belt about its own centre.

        Args:
            centres: Centres of the belts, m.

        Returns:
            (belts, 6), N and N·m.
        """
        out = np.zeros((len(centres), 6))
        arm = np.array([self.x_m, self.y_m, self.z_m]) - np.array([*centres[self.belt], 0.0])
        out[self.belt] = np.concatenate([self.force_N, np.cross(arm, np.asarray(self.force_N))])
        return out


class TrueLoads:
    """What the loads of a plan truly are.

    Args:
        rig: The rig.
        plan: What is said of them.
        seed: Fixes the errors.
    """

    def __init__(self, rig: Rig, plan: Plan, seed: int) -> None:
        self._random = np.random.default_rng(np.random.SeedSequence([seed, 0xCA1]))
        self._belts = [belt.name for belt in rig.nominal_belts()]
        self._weights = {name: self._draw(()) for name in dict.fromkeys(load.weight for load in plan.known)}
        self._places = {place: self._draw(3) for place in dict.fromkeys((load.belt, load.place) for load in plan.known)}

    def _draw(self, shape: int | tuple[()]) -> Floats:
        return np.asarray(self._random.standard_normal(shape))

    def put_on(self, load: KnownLoad) -> TrueLoad:
        """Put a load on, as well as can be.

        Args:
            load: What it should be.

        Returns:
            What it is this time.
        """
        size = float(np.linalg.norm(load.force_N))
        along = load.force_N / size
        u_size = float(np.linalg.norm(along * load.u_force_N))
        across = self._draw(3) * load.u_force_N
        force = load.force_N + self._weights[load.weight] * u_size * along + across - along * (along @ across)
        off = self._draw(3) if load.kind == "person" else self._places[load.belt, load.place]
        x, y, z = load.point_m + off * load.u_point_m
        fx, fy, fz = (float(part) for part in force)
        return TrueLoad((fx, fy, fz), float(x), float(y), float(z), self._belts.index(load.belt))


class Player:
    """The person who is played: does what a step says.

    Args:
        hand: The hand on the twin.
        loads: What the loads truly are.
    """

    def __init__(self, hand: Hand, loads: TrueLoads) -> None:
        self._hand, self._loads = hand, loads

    def act(self, step: Step | None) -> None:
        """Put on what the step says, or take everything off; None takes everything off too."""
        load = None if step is None else step.load
        self._hand.put(*([] if load is None else [self._loads.put_on(load)]))


@contextmanager
def rehearsing(rig: Rig, plan: Plan, query: str = "") -> Iterator[tuple[Player, str]]:
    """Make a virtual twin of a rig, and somebody who puts loads on it.

    Args:
        rig: The rig.
        plan: What will be put on.
        query: What the twin is like, as in a virtual:// URL: "gain_error_pct=3&seed=4".

    Yields:
        tuple[Player, str]: Who puts the loads on, and the URL of the twin.
    """
    query = query if "speed=" in query else "&".join(filter(None, [query, "speed=max"]))
    with hand_on(rig.where, query) as (hand, url):
        seed = VirtualUrl.parse(url).values["seed"]
        yield Player(hand, TrueLoads(rig, plan, seed)), url


def play(run: CalibrationRun, player: Player, stream: Stream, on_look: Callable[[Look], None] | None = None) -> None:
    """Rehearse a whole calibration without anybody watching; whatever is suspicious is taken anyway.

    Args:
        run: The calibration.
        player: Who puts the loads on.
        stream: What the twin sends.
        on_look: Is given every look.
    """

    def feed(chunk: Chunk) -> bool:
        look = run.feed(chunk)
        if on_look is not None:
            on_look(look)
        return look.steady

    run.rehearse()
    while run.step is not None:
        player.act(run.step)
        for _ in range(ATTEMPTS):
            if run.feed(stream.collect(STEP_S, feed)).steady:
                break
        run.take(anyway=True)


@dataclass(frozen=True)
class Truth:
    """How wrong a read-out truly is, by the twin's own construction; RMS as the certificate's estimates are."""

    Fz_pct: float
    """Vertical force over the nine places, %."""
    cop_mm: float
    """Centre of pressure over the nine places, distance, mm."""
    Fx_pct: float | None
    """Fore-aft force at the centre, %; None if it is not seen."""
    Fy_pct: float | None
    """Sideways force at the centre, %."""


def truth_of(rig: Rig, url: str, matrices: Floats) -> Truth:
    """Hold a read-out against the twin that it is of.

    Args:
        rig: The rig.
        url: The twin.
        matrices: (B, 6, C) read-out of each belt.

    Returns:
        Its true errors.
    """
    chain = make_device(url).chain
    gain = chain.sensors.gain * chain.cells.gain  # (C, B, 6) counts per N and N·m
    Fz, cop = [], []
    pulls: dict[int, list[float]] = {FX: [], FY: []}
    for b, surface in enumerate(surfaces(rig)):
        response = matrices[b] @ gain[:, b]  # (6, 6) read per unit of what is there
        places = np.subtract([surface.place_mm(name) for name in PLACES], surface.centre_mm) / 1e3
        there = np.zeros((len(places), 6))
        there[:, FZ], there[:, MX], there[:, MY] = CHECK_N, CHECK_N * places[:, 1], -CHECK_N * places[:, 0]
        read = there @ response.T
        Fz.append(read[:, FZ] / CHECK_N - 1.0)
        cop.append(np.hypot(-read[:, MY] / read[:, FZ] - places[:, 0], read[:, MX] / read[:, FZ] - places[:, 1]))
        for row, found in pulls.items():
            if COMPONENTS[row] in rig.nominal_belts()[b].observable:
                found.append(response[row, row] - 1.0)
    Fx_pct, Fy_pct = (100.0 * _rms(found) if found else None for found in pulls.values())
    return Truth(100.0 * _rms(np.concatenate(Fz)), 1e3 * _rms(np.concatenate(cop)), Fx_pct, Fy_pct)


def _rms(values: Floats | list[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
