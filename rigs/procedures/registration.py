"""Foot registration as a procedure: what to tell the runner, and what a recorded session of it gives.

Two ways, one session each. *Heel-first*: some twenty running steps that deliberately land on the heel; any rig that
sees the centre of pressure will do. *Line*: with the belt standing still, hops off a line on which the heel's rear
edge stands; the rig must see fore-aft force, because that of the push-off would move the apparent centre of pressure.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.registration import FootRegistration
from analysis.registration_fit import from_heel_first, from_line
from analysis.setup import Runner
from analysis.steps import StepTable
from analysis.wrench import FZ, MX, MY
from daq.errors import SessionError
from daq.replay import Replay
from daq.session import Session

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Sides = NDArray[np.int8]

METHODS = ("heel-first", "line")
INSTRUCTIONS: dict[str, tuple[str, ...]] = {
    "heel-first": (
        "Set the belt to a slow run, 2 to 4 m/s, and let the belt sensor or --belt-speed say how fast.",
        "Record at least twenty steps in which each foot lands clearly on the heel, toes up.",
        "Run as usual otherwise: one foot after the other, without touching the rails.",
    ),
    "line": (
        "Stop the belt. Mark a line across it and measure how far it lies before the belt's centre (behind: minus).",
        "Begin recording with nobody on the belt.",
        "Stand still on one foot for a second, the shoe's rear edge on the line; "
        "the left foot to the left of the belt's middle, the right foot to the right of it.",
        "Hop forwards off the ball of that foot. Walk back and repeat: at least three hops with each foot.",
    ),
}

LOADED_N = 200.0
EMPTY_N = 20.0
STAND_S = 0.5
"""A foot that stood as long before its hop stood still; a running step is shorter."""
FLIGHT_S = 0.06
LAND_S = 0.6
"""Who hopped lands again so soon; who stepped off does not."""
LEAVE_S = 0.12
"""From 200 N to an empty belt a hop takes less."""


@dataclass(frozen=True)
class Registered:
    """What came of a session."""

    foot: FootRegistration
    """The registration."""
    left: int
    """Steps or hops of the left foot that were used …"""
    right: int
    """… and of the right."""


def register(session: Session, method: str, *, said: Runner | None = None, line_m: float | None = None) -> Registered:
    """Register the feet from a recorded session.

    Args:
        session: Open session of heel-first steps or of hops.
        method: One of `METHODS`.
        said: What is known of the runner by now; it wins over what the session says.
        line_m: Where the line lies before the belt's centre, m, for "line".

    Returns:
        The registration. An AnalysisError says why there is none.

    Raises:
        SessionError: Shoe length or line is missing, or the rig cannot see what the method needs.
    """
    replay = Replay(session, said=said)
    length_m = replay.analyser.setup.runner.shoe_length_m
    if length_m is None:
        raise SessionError(
            str(session.path), expected="the length of the runner's shoe", seen="none",
            next_step="Give --shoe-length in metres, or shoe_length_m in the subject file.",
        )  # fmt: skip
    if method == "heel-first":
        for _ in replay.steps():
            pass
        return _heel_first(session, replay.analyser.table, length_m)
    if line_m is None:
        raise SessionError(
            str(session.path), expected="where the line lies", seen="nothing", next_step="Give --line-mm.",
        )  # fmt: skip
    belt = replay.analyser.belts[0]
    if len(replay.analyser.belts) > 1 or not belt.measures_braking:
        raise SessionError(
            str(session.path), expected="one belt whose cells see fore-aft force",
            seen="a rig where a push-off shifts the apparent centre of pressure",
            next_step="Record heel-first steps instead: --method heel-first.",
        )  # fmt: skip
    wrench = np.concatenate([step.output.live.wrench[0] for step in replay.steps()], axis=1)
    end_m, side = push_offs(wrench, session.header.sample_rate_Hz)
    return Registered(from_line(end_m - line_m, side, foot_length_m=length_m), *_counts(side))


def _heel_first(session: Session, table: StepTable, length_m: float) -> Registered:
    use = table["valid"] & (table["gait"] != "walk") & np.isfinite(table["strike_to_ball_mm"])
    if not use.any():
        raise SessionError(
            str(session.path), expected="running steps with a centre of pressure and a known belt speed",
            seen=f"{table.rows} steps, none of them so",
            next_step="Give --belt-speed if the rig has no belt sensor.",
        )  # fmt: skip
    steps = table.select(use)
    side = np.where(steps["side"] == "L", 1, np.where(steps["side"] == "R", -1, 0)).astype(np.int8)
    speed = float(np.nanmedian(steps["step_length_m"] / steps["step_time_ms"] * 1e3))
    if math.isnan(speed):
        raise AnalysisError("foot registration", expected="steps that follow each other", seen="single steps")
    foot = from_heel_first(1e-3 * steps["strike_to_ball_mm"], side, foot_length_m=length_m, speed_m_s=speed)
    return Registered(foot, *_counts(side))


def _counts(side: Sides) -> tuple[int, int]:
    return int(np.count_nonzero(side > 0)), int(np.count_nonzero(side < 0))


def push_offs(wrench: Floats, sample_rate_Hz: float) -> tuple[Floats, Sides]:
    """Where the centre of pressure leaves the belt in hops from a stand on one foot.

    The zero is that of the flight behind each hop.

    Args:
        wrench: (6, n) filtered wrench of the belt, N and N·m, about zeroed.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        COP x at the last 200 N of each hop, m, and its foot by the side of the belt's middle it stood on: +1 left,
        −1 right. Landings, running steps and steps off the belt's edge without a flight are left out.
    """
    loaded = wrench[FZ] >= LOADED_N
    edges = np.flatnonzero(np.diff(loaded.astype(np.int8)))
    ends = edges[loaded[edges]]  # the last loaded sample of each contact
    ends = ends[ends + round(LEAVE_S * sample_rate_Hz) + 2 < wrench.shape[1]]
    found = [_push_off(wrench, loaded, int(end), sample_rate_Hz) for end in ends]
    hops = np.array([hop for hop in found if hop is not None]).reshape(-1, 2)
    return hops[:, 0], np.sign(hops[:, 1]).astype(np.int8)


def _push_off(wrench: Floats, loaded: NDArray[np.bool_], end: int, rate: float) -> tuple[float, float] | None:
    """COP x at the last 200 N, and y while standing; None if it is no hop from a stand."""
    stood, flown = round(STAND_S * rate), round(FLIGHT_S * rate)
    if end < stood or not loaded[end - stood : end + 1].all():
        return None
    leave = wrench[FZ, end : end + round(LEAVE_S * rate)] < EMPTY_N
    away = end + int(leave.argmax())
    flight = wrench[:, away : away + flown]
    landed = loaded[away : away + round(LAND_S * rate)].any()
    if not leave.any() or not landed or (flight[FZ] >= 2.0 * EMPTY_N).any():
        return None
    zero = flight[:, flown // 4 :].mean(axis=1)
    last = wrench[:, end : end + 2] - zero[:, None]
    share = float(np.clip((last[FZ, 0] - LOADED_N) / (last[FZ, 0] - last[FZ, 1]), 0.0, 1.0))
    at = last[:, 0] + share * (last[:, 1] - last[:, 0])
    standing = wrench[:, end - stood : end - stood // 2] - zero[:, None]
    return float(-at[MY] / at[FZ]), float(standing[MX].sum() / standing[FZ].sum())
