"""Sessions to compare: real runners' forces, cut into bouts of whole strides."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.setup import Runner
from daq.force_session import ForceEvent, ForceRecording, write_force_session
from tests.realdata import Trial, fukuchi_trial

RATE = 1000.0
REST_S = 1.5
"""Nobody on the belt between bouts."""
ALL = frozenset({"Fx", "Fy", "Fz", "Mx", "My", "Mz"})
VERTICAL = frozenset({"Fz", "Mx", "My"})


@dataclass(frozen=True)
class Run:
    """One bout."""

    name: str
    """What it is called; empty for none."""
    trial: str
    """Whose force, for example "RBDS002_T25"; another runner's stands for a changed technique, scaled by mass."""
    strides: int = 4
    """Its length."""
    shift: int = 0
    """Strides left out at the beginning, so that bouts of one runner are not of the same steps."""
    tempo: float = 1.0
    """How much faster everything happens; the belt's speed stays."""


def bout_force(run: Run) -> np.ndarray:
    """(6, n) whole strides of a real runner, in straight lines between the samples, N and N·m."""
    trial = fukuchi_trial(run.trial)
    begin_s, end_s = _cuts(trial, run.shift, run.strides)
    time_s = begin_s + np.arange(round((end_s - begin_s) / run.tempo * RATE)) * (run.tempo / RATE)
    at = time_s * trial.sample_rate_Hz
    return np.stack([np.interp(at, np.arange(trial.wrench.shape[1]), row) for row in trial.wrench])


def _cuts(trial: Trial, shift: int, strides: int) -> tuple[float, float]:
    """Flights before the first and behind the last of some strides, s."""
    flights = (trial.contact_s[:-1] + trial.contact_s[1:]) / 2
    assert 2 * (shift + strides) < flights.size, "the trial is too short"
    return float(flights[2 * shift]), float(flights[2 * (shift + strides)])


def make_session(
    path: Path, *runs: Run, created_utc: str = "2025-03-04T05:06:07+00:00", protocol: str = "P60-50/20",
    observable: frozenset[str] = ALL, subject: str = "runner 7", speed_m_s: float | None = None,
    mass_kg: float | None = None,
) -> Path:  # fmt: skip
    """Write a session of bouts, with a rest before and behind each; its speed and mass are the first trial's."""
    trial = fukuchi_trial(runs[0].trial)
    rest = np.zeros((6, round(REST_S * RATE)))
    parts, events, at = [rest], [], rest.shape[1]
    for run in runs:
        force = bout_force(run) * (trial.mass_kg / fukuchi_trial(run.trial).mass_kg)
        if run.name:
            events += [ForceEvent(at / RATE, "bout", run.name), ForceEvent((at + force.shape[1]) / RATE, "bout")]
        parts += [force, rest]
        at += force.shape[1] + rest.shape[1]
    recording = ForceRecording(RATE, {"": np.concatenate(parts, axis=1)}, {"": observable}, events=events)
    runner = Runner(name=subject, mass_kg=mass_kg or trial.mass_kg, stature_m=trial.stature_m,
                    belt_speed_m_s=speed_m_s or trial.speed_m_s)  # fmt: skip
    write_force_session(path, recording, runner, protocol, created_utc=created_utc)
    return path
