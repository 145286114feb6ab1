"""Sessions for tests, made in a second: a measured runner on an imported treadmill, bout after bout."""

from datetime import UTC, datetime

import numpy as np

from analysis.protocol import DEFAULT_PROTOCOL
from analysis.setup import Runner
from analysis.wrench import COMPONENTS
from daq.force_session import ForceEvent, ForceRecording, write_force_session
from rigs.runners import load_runner

RATE = 500
REST_S = 1.5


def wrench(seconds, *, stretch=1.0, seed=0):
    """Davis's runner, his time stretched, no two steps alike."""
    runner, rng = load_runner("davis"), np.random.default_rng(seed)
    n = round(seconds * RATE)
    knots = np.arange(0.0, seconds + 2.0, 0.7)
    pace = np.interp(np.arange(n) / RATE, knots, 1.0 + 0.01 * rng.normal(size=knots.size)) / stretch
    at = (np.cumsum(pace) / RATE % runner.period_s) * runner.sample_rate_Hz
    whole = np.concatenate((runner.wrench, runner.wrench[:, :1]), axis=1)
    clean = np.stack([np.interp(at, np.arange(whole.shape[1]), row) for row in whole])
    return clean + rng.normal(0.0, 1.0, clean.shape) * np.array([[1.0]] * 3 + [[0.2]] * 3)


def write_bouts(path, bouts, *, day=1, subject="R-1", protocol=DEFAULT_PROTOCOL, speeds=True, events=(), seed=0,
                mass_kg=82.85, source=None, **runner):  # fmt: skip
    """Write a session of bouts (name, seconds, speed, stretch) with a second of standing aside after each."""
    parts, noted, way, at_s, at_m = [], list(events), [], 0.0, 0.0
    for number, (name, seconds, speed, stretch) in enumerate(bouts):
        run = wrench(seconds, stretch=stretch, seed=97 * seed + number)
        parts += [run, np.zeros((6, round(REST_S * RATE)))]
        noted.append(ForceEvent(at_s, "bout", name)) if name is not None else None
        n = run.shape[1] + round(REST_S * RATE)
        way.append(at_m + speed * np.arange(n) / RATE)
        at_s, at_m = at_s + n / RATE, at_m + speed * n / RATE
    recording = ForceRecording(
        RATE, {"": np.concatenate(parts, axis=1)}, {"": frozenset(COMPONENTS)},
        travel_m=np.concatenate(way) if speeds else None, events=noted, surface_m=(1.6, 0.55), source=source or {},
    )  # fmt: skip
    moment = datetime(2025, 3, day, 9, 30, tzinfo=UTC).isoformat(timespec="seconds")
    who = Runner(name=subject, mass_kg=mass_kg, **runner)
    return write_force_session(path, recording, who, protocol, created_utc=moment)
