"""The feet that the foot strike is learned and judged on: the steps of 13 Fukuchi runners, run through the pipeline."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from unittest import mock

import numpy as np
from contacts import Floats, contacts, low_pass

import analysis.measure
from analysis.batch import Batch
from analysis.foot_strike import foot_strike_columns, measure_advance
from analysis.measure import measure
from analysis.pipeline import Pipeline
from analysis.protocol import G, get_protocol
from analysis.setup import Runner, Setup
from analysis.wrench import COMPONENTS, FX, FZ, MY, force_belt

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests"))  # the readers of the excerpts are there

REARFOOT_DEG = 8.0
"""Strike angle above which the markers show a rearfoot strike (Altman and Davis 2012, Gait Posture 35:298) …"""
FOREFOOT_DEG = 0.0
"""… and below which the toes are lower than the heel."""
REACH_S = 0.08
"""A step and a contact of the tables are the same if their middles are no further apart."""
TILT_M = 0.2
"""Belt height at which the bias by fore-aft force is simulated to learn it."""


@dataclass(frozen=True)
class Foot:
    """One foot of one runner at one speed.

    Attributes:
        trial: For example "RBDS002_T25".
        subject: Runner.
        side: "R" or "L".
        label: Published strike: Rearfoot, Midfoot or Forefoot.
        speed_m_s: Belt speed, m/s.
        stature_m: Body height, m.
        columns: Rows of its steps, (k,) by name: the step table's, those of `foot_strike_columns` and, as measured,
            `cop_apparent_mm` with `u_cop_apparent_mm`.
        ratio: (k,) rise of Fx/Fz from landing to push-off; NaN on a rig that does not measure it.
        angle_deg: (k,) strike angle by the markers; NaN where they were lost.
        raw_travel_mm: (k,) COP travel of the unfiltered samples, last minus first of at least 200 N.
        height_m: Height of the belt above the cells on a rig that does not measure fore-aft force; else 0.
    """

    trial: str
    subject: int
    side: str
    label: str
    speed_m_s: float
    stature_m: float
    columns: dict[str, np.ndarray]
    ratio: Floats
    angle_deg: Floats
    raw_travel_mm: Floats
    height_m: float = 0.0

    @property
    def advance_m(self) -> Floats:
        """(k,) advance of each step as the moments tell it, m."""
        return 1e-3 * self.columns["cop_apparent_mm"]

    @property
    def u_m(self) -> Floats:
        """(k,) its standard uncertainty from noise and speed, m."""
        return 1e-3 * self.columns["u_cop_apparent_mm"]

    @property
    def rearfoot(self) -> bool:
        """Whether the published label says rearfoot."""
        return self.label == "Rearfoot"

    @property
    def heel_first(self) -> bool:
        """Whether the markers do."""
        return self.median_angle_deg > REARFOOT_DEG

    @property
    def agree(self) -> bool:
        """Whether label and markers agree on rearfoot or not."""
        return self.rearfoot == self.heel_first

    @property
    def median_angle_deg(self) -> float:
        """Median strike angle."""
        return float(np.nanmedian(self.angle_deg))


@dataclass(frozen=True)
class Record:
    """One trial, excerpt or whole.

    Attributes:
        name: Trial.
        subject: Runner.
        wrench: (6, n) N and N·m at `rate`.
        rate: Hz.
        speed_m_s: Belt speed.
        mass_kg: Body mass.
        stature_m: Body height.
        label: Published strike by side.
        middle_s: (k,) middle of each contact.
        side: (k,) its foot.
        angle_deg: (k,) its strike angle.
    """

    name: str
    subject: int
    wrench: Floats
    rate: float
    speed_m_s: float
    mass_kg: float
    stature_m: float
    label: dict[str, str]
    middle_s: Floats
    side: np.ndarray
    angle_deg: Floats


def excerpts() -> Iterator[Record]:
    """The ten-second excerpts that come with the project."""
    from footdata import feet
    from realdata import fukuchi

    for trial in fukuchi():
        foot = feet()[trial.name]
        label = {"R": trial.label_R, "L": trial.label_L}
        who = (trial.speed_m_s, trial.mass_kg, trial.stature_m, label)
        yield Record(
            trial.name, trial.subject, trial.wrench, 300.0, *who, foot.contact_s, foot.side, foot.strike_angle_deg
        )


def whole_trials(folder: Path) -> Iterator[Record]:
    """The whole trials of thirty seconds.

    Args:
        folder: The data set's folder.

    Yields:
        The trials.
    """
    import fukuchi2017
    from make_foot_data import all_feet

    known = {record.name: record for record in excerpts()}
    for (name, record), foot in zip(known.items(), all_feet(folder, list(known), 0.0, 30.0), strict=True):
        wrench = fukuchi2017.read_trial(folder / f"{name}.npz").wrench
        yield replace(
            record,
            wrench=wrench,
            middle_s=foot.contact_s,
            side=foot.side,
            angle_deg=foot.columns["strike_angle_deg"],
        )


def read_feet(records: Iterator[Record], height_m: float | None = None) -> list[Foot]:
    """Analyse records and sort their steps by foot.

    Args:
        records: Trials.
        height_m: As in `steps_of`.

    Returns:
        Two feet of each.
    """
    return [foot for record in records for foot in _feet(record, height_m)]


def steps_of(record: Record, *, height_m: float | None = None, stature: bool = True) -> dict[str, np.ndarray]:
    """Analyse one record.

    Args:
        record: The trial.
        height_m: None with fore-aft force measured; else on a rig without it whose belt lies that far above its cells.
        stature: Whether the runner's stature is known.

    Returns:
        Rows by name, (k,); besides columns of the step table `middle_s`, s.
    """
    wrench, seen = record.wrench, dict(zip(COMPONENTS, range(6), strict=True))
    if height_m is not None:
        wrench = wrench.copy()
        wrench[MY] += height_m * wrench[FX]
        del seen["Fx"]
    runner = Runner(
        mass_kg=record.mass_kg,
        stature_m=record.stature_m if stature else None,
        belt_speed_m_s=record.speed_m_s,
    )
    setup = Setup(
        record.rate, 1e6, [force_belt(seen, channels=6)], get_protocol(), record.mass_kg * G,
        runner=runner, belt_height_m=height_m or 0.0, two_mass=False,
    )  # fmt: skip
    return run(wrench, setup)


def run(wrench: Floats, setup: Setup, cuts: Sequence[int] = ()) -> dict[str, np.ndarray]:
    """Run the pipeline over channels that are wrench components.

    Args:
        wrench: (6, n) N and N·m.
        setup: Rig and runner.
        cuts: Samples before which the stream is cut into chunks.

    Returns:
        Rows as in `steps_of`.
    """
    parts: list[dict[str, np.ndarray]] = []

    def keep(batch: Batch, **options: object) -> object:
        table = measure(batch, **options)
        found = measure_advance(batch)
        apparent = {"cop_apparent_mm": 1e3 * found.apparent_m, "u_cop_apparent_mm": 1e3 * found.u_m}
        strike = {**foot_strike_columns(batch, {}), **batch.spread(apparent)}
        parts.append({**table, **{name: values[: batch.rows] for name, values in strike.items()}})
        return table

    n = wrench.shape[1]
    tick = np.round(np.arange(n) * (1e6 / setup.sample_rate_Hz)).astype(np.int64)
    with mock.patch.object(analysis.stepping, "measure", keep):
        pipeline = Pipeline(setup)
        for begin, end in pairwise([0, *cuts, n]):
            pipeline.feed(wrench.T[begin:end], tick[begin:end], np.zeros(end - begin, np.uint8))
        pipeline.finish()
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return rows | {"middle_s": 0.5 * (rows["touchdown_s"] + rows["toe_off_s"])}


def _feet(record: Record, height_m: float | None) -> Iterator[Foot]:
    rows = steps_of(record, height_m=height_m)
    rows["ratio"] = _ratio(record, rows) if height_m is None else np.full(rows["step"].size, np.nan)
    nearest = np.abs(rows["middle_s"][:, None] - record.middle_s).argmin(axis=1)
    sure = np.abs(rows["middle_s"] - record.middle_s[nearest]) < REACH_S
    sure &= rows["valid"] & ~np.isnan(rows["rearfoot_p"])
    raw = _raw_travel_mm(record)[nearest]
    for side in "RL":
        mine = sure & (record.side[nearest] == side)
        yield Foot(
            trial=record.name,
            subject=record.subject,
            side=side,
            label=record.label[side],
            speed_m_s=record.speed_m_s,
            stature_m=record.stature_m,
            columns={name: values[mine] for name, values in rows.items()},
            ratio=rows["ratio"][mine],
            angle_deg=record.angle_deg[nearest][mine],
            raw_travel_mm=raw[mine],
            height_m=height_m or 0.0,
        )


def _ratio(record: Record, rows: dict[str, np.ndarray]) -> Floats:
    """Rise of Fx/Fz from landing to push-off of each step: by how much a rig that is blind to Fx errs."""
    tilted = steps_of(record, height_m=TILT_M)
    same = np.abs(rows["middle_s"][:, None] - tilted["middle_s"]).argmin(axis=1)
    return (rows["cop_apparent_mm"] - tilted["cop_apparent_mm"][same]) / (1e3 * TILT_M)


def _raw_travel_mm(record: Record) -> Floats:
    """COP travel of each contact from the samples as they are, neither filtered nor zeroed."""
    fz, out = record.wrench[FZ], []
    for on, off in contacts(low_pass(fz, record.rate, 50), record.rate, threshold_N=50):
        at = np.arange(int(on * record.rate), min(int(off * record.rate) + 2, fz.size))
        at = at[fz[at] >= 200.0]
        x = -record.wrench[MY, at[[0, -1]]] / fz[at[[0, -1]]]
        out.append(1e3 * (x[1] - x[0] + record.speed_m_s * (at[-1] - at[0]) / record.rate))
    return np.array(out)
