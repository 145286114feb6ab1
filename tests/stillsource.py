"""Whole sessions in memory, for views that need something to show."""

from functools import cache

import numpy as np

from analysis.stance_curves import POINTS, SIGNALS, StanceCurves, join_curves
from analysis.steps import EMPTY
from daq.quality import session_lights
from daq.replay import Replay
from daq.session import open_session
from daq.setups import rig_of_header
from viewer.source import Facts, Happening, Samples, Status
from viewer.sources.envelope import envelope


class StillSource:
    """A `viewer.source.Source` that holds everything: change its attributes to tell another story.

    `end_s` cuts what is known, so that a test can let a "live" session grow.
    """

    commands = None

    def __init__(self, path, live=False):
        self.path = path
        with open_session(path) as session:
            replay = Replay(session, curves=True)
            parts, curves = [], []
            for step in replay.steps(speed=100.0):
                parts.append(step.output.live)
                curves.append(step.output.curves)
            header, setup = session.header, replay.analyser.setup
            rate, tick_rate = header.sample_rate_Hz, header.tick_rate_Hz
            tick = np.concatenate([part.tick for part in parts])
            origin = int(session.session_ticks(0, 1)[0])
            index = np.round((tick - origin) / tick_rate * rate).astype(int)
            n = int(index[-1]) + 1
            belts = len(setup.belts)
            self.wrench = np.full((belts, 6, n), np.nan, np.float32)
            self.wrench[:, :, index] = np.concatenate([part.wrench for part in parts], axis=2)
            self.contact = np.zeros((belts, n), bool)
            self.contact[:, index] = np.concatenate([part.contact for part in parts], axis=1)
            self.lights = tuple(session_lights(replay.analyser, frames=session.rows, gaps=session.gaps))
            self.missing = replay.analyser.missing
            self.doubtful = replay.analyser.doubtful(self.lights)
            self._table, self.bw_N = replay.analyser.table, replay.analyser.bw_N
            self._curves = join_curves(curves)
            self.happenings = tuple(
                Happening((int(session.session_ticks(e.row, e.row + 1)[0]) - origin) / tick_rate, e.kind, e.text)
                for e in session.events
                if e.row < session.rows
            )
        rig = rig_of_header(header, path)
        seen = frozenset.intersection(*(belt.observable for belt in setup.belts))
        self.facts = Facts(
            title="Test session",
            rig=header.rig_name,
            runner=setup.runner.name,
            protocol=header.protocol_name,
            sample_rate_Hz=rate,
            belts=tuple(belt.name for belt in setup.belts),
            observable=seen,
            belt_speed_m_s=setup.runner.belt_speed_m_s,
            recorded_utc=header.created_utc,
            registration=setup.runner.registration,
            shoe_length_m=header.shoe_length_m,
            belt_size_m=(rig.machine.surface_length_m, rig.machine.surface_width_m),
        )
        self.live, self.take, self.first_s, self.working = live, 0, 0.0, ""
        self.end_s = n / rate
        self.status = Status("recording", str(path), self.end_s, rate, latency_ms=38.0) if live else None

    def update(self):
        pass

    @property
    def last_s(self):
        return self.end_s

    @property
    def table(self):
        table = self._table
        known = table["touchdown_s"] < self.end_s - 1.0 if self.live else np.ones(table.rows, bool)
        return table if known.all() else table.select(known) if known.any() else EMPTY

    def samples(self, start_s, stop_s):
        rate = self.facts.sample_rate_Hz
        first = min(max(0, int(np.ceil(start_s * rate))), self.wrench.shape[-1])
        last = max(first, min(int(np.ceil(stop_s * rate)), int(self.end_s * rate), self.wrench.shape[-1]))
        return Samples(first, rate, self.wrench[:, :, first:last], self.contact[:, first:last])

    def envelope(self, start, stop, bucket):
        return envelope(self.samples(self.first_s, self.end_s), start, stop, bucket)

    def curves(self, steps):
        values = np.full((len(steps), len(SIGNALS), POINTS), np.nan, np.float32)
        where = np.searchsorted(self._curves.step, steps)
        found = where < len(self._curves)
        found[found] = self._curves.step[where[found]] == np.asarray(steps)[found]
        values[found] = self._curves.values[where[found]]
        return StanceCurves(np.asarray(steps), values)

    def close(self):
        pass


@cache
def recorded(url="virtual://virtual?seed=1&speed=max", seconds=30.0, **runner):
    """Record a virtual session once per test run; returns its path."""
    from pathlib import Path
    from tempfile import mkdtemp

    from system.chain import record

    path = Path(mkdtemp(prefix="stance-view-")) / "session.h5"
    record(url, path, seconds=seconds, **runner)
    return path


def still_source(live=False, **options):
    """A fresh StillSource over 30 s of the built-in runner (176 steps/min, about 4 m/s); `live=True` makes it grow by
    setting `end_s`. Options go to `recorded`: another url (rig deck_4z has no fore-aft force; split_belt two belts)."""
    return StillSource(recorded(**options), live)
