"""Three ways to every oracle: the formula alone, the pipeline at 1 kHz, the virtual treadmill from force to bytes."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import accuracy_page  # first: it says where the tests are
import numpy as np
from running import BW, analyse, ap_sine, one_belt, train
from stance_curves import stance
from system.chain import force_url, record, write_csv
from system.test_oracle_chain import HALF_SINE, IMPACT, TWO_MASS, steps
from test_com import motion_of
from test_loading import poi_of, valr, vilr
from test_vertical import SHAPES, ms, peaks

from analysis.com import lowest, risen
from analysis.setup import Runner
from analysis.steps import StepTable
from analysis.stiffness import leg_shortening
from analysis.vertical import time_above, vertical_impulse

ROOT = accuracy_page.ROOT
RATE = 1000.0
RUNNER = Runner(belt_speed_m_s=3.0, leg_length_m=0.9275, stature_m=1.75)
STEPS = 60
KEPT = slice(4, -4)
CHAIN = {"O1": HALF_SINE, "O2": TWO_MASS, "O3": IMPACT}
WAYS = ("formula", "pipeline", "chain")
HEAD = ("oracle", "closed form", "formula alone", "pipeline, 1 kHz", "virtual chain", "tolerance")


def of_records(records: list[dict[str, object]]) -> dict[str, np.ndarray]:
    """Columns of the rows that a recording gives; NaN for null."""
    numbers = [name for name, value in records[0].items() if not isinstance(value, str | list | bool)]
    return {
        name: np.array([np.nan if row[name] is None or isinstance(row[name], str) else row[name] for row in records],
                       float)
        for name in numbers
    }  # fmt: skip


def play(wrench: np.ndarray, rate: float, *, rig: str = "virtual", mass_kg: float = 70.0, **runner: object) -> list:
    """A force through the virtual treadmill: rows of the step table as records."""
    with TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "force.csv", wrench, rate)
        url = force_url(rig, path, seed=1, speed="max")
        results = record(url, None, rig=rig, seconds=wrench.shape[1] / rate, mass_kg=mass_kg, **runner)
    rows: list = results["steps"]
    return rows


@cache
def piped(name: str) -> StepTable:
    """The pipeline's rows of an oracle at 1 kHz; O1 with the fore-aft force of O4."""
    shape, _, period = SHAPES[name]
    fx = train(ap_sine, STEPS, period) if name == "O1" else np.zeros_like(train(shape, STEPS, period))
    force = np.stack([train(shape, STEPS, period), fx])
    table, _ = analyse(force, replace(one_belt(Fz=0, Fx=1), runner=RUNNER))
    return table.select(np.arange(table.rows)[KEPT])


@cache
def chained(name: str) -> dict[str, np.ndarray]:
    """The virtual treadmill's rows of an oracle."""
    return of_records(steps(CHAIN[name], stature_m=1.75))


@cache
def by_formula(name: str) -> dict[str, float]:
    """Each metric's formula on the curve itself, from its true beginning: no filter, no threshold."""
    shape, t_c, period = SHAPES[name]
    curve, span = stance(shape, t_c, RATE)
    active, impact = peaks(curve, span, RATE)
    poi = poi_of(curve, span, RATE)
    motion = motion_of(shape, period)
    ends = np.full(motion.duration_s.size, t_c)
    sinking = -lowest(motion, ends)[0]
    way = np.full(ends.size, 3.0 * t_c)
    cornerless = stance(lambda t: 1509.61648 * np.sin(np.pi * t / 0.25), 0.25) if name == "O1" else (curve, span)
    return {
        "active_peak_BW": active.height_N[0] / BW,
        "active_peak_N": active.height_N[0],
        "impact_peak_BW": impact.height_N[0] / BW,
        "impact_peak_time_ms": ms(impact, span, RATE)[0],
        "impact_prominence_BW": impact.prominence_N[0] / BW,
        "vertical_impulse_BW_s": vertical_impulse(curve.signal, span, 1.0 / RATE)[0] / BW,
        "effective_contact_ms": time_above(curve.signal, span, BW)[0] / RATE * 1e3,
        "valr_BW_s": valr(curve, span, RATE, poi)[0] / BW,
        "vilr_BW_s": vilr(*cornerless, RATE, poi)[0] / BW,
        "vertical_oscillation_mm": 1e3 * np.ptp(motion.height_m, axis=1).mean(),
        "com_fall_contact_mm": 1e3 * sinking.mean(),
        "com_rise_flight_mm": 1e3 * risen(motion, ends).mean(),
        "k_vert_kN_m": 1e-3 * active.height_N[0] / sinking.mean(),
        "k_leg_kN_m": 1e-3 * active.height_N[0] / leg_shortening(0.9275, way, sinking).mean(),
    }


def found_of(name: str, column: str, *, plus: float = 0.0, times: float = 1.0) -> dict[str, float | None]:
    """Formula, pipeline and chain; `plus` is the time from the curve's beginning to 50 N."""
    formula = by_formula(name).get(column)
    ways = (np.nanmean(piped(name)[column]) + plus, np.nanmean(chained(name)[column]) + plus)
    return dict(
        zip(WAYS, (None if formula is None else times * formula, *(times * float(w) for w in ways)), strict=True)
    )
