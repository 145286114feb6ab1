"""The whole chain in a few calls: force → virtual treadmill → bytes → recorder → session → steps."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from analysis.pipeline import Pipeline
from analysis.protocol import get_protocol
from analysis.setup import Runner, Setup
from analysis.steps import StepTable, join_tables
from analysis.wrench import COMPONENTS, force_belt
from daq.recorder import Recorder, RecordOptions

TICK_RATE_HZ = 2_000_000


def analyse_force(wrench: Any, sample_rate_Hz: float, mass_kg: float | None = None) -> StepTable:
    """The same analysis on the force itself, at its own rate."""
    samples = wrench.shape[1]
    belt = force_belt({name: row for row, name in enumerate(COMPONENTS)})
    weight = None if mass_kg is None else mass_kg * 9.80665
    pipeline = Pipeline(Setup(sample_rate_Hz, TICK_RATE_HZ, [belt], get_protocol(), weight))
    tick = np.round(np.arange(samples) * (TICK_RATE_HZ / sample_rate_Hz)).astype(np.int64)
    rows = pipeline.feed(wrench.T, tick, np.zeros(samples, np.uint8)).steps
    return join_tables([rows, pipeline.finish()])


def force_url(rig: str, force: Path, **options: Any) -> str:
    """A virtual treadmill under the force of a CSV file."""
    query = "&".join(f"{name}={value}" for name, value in options.items())
    return f"virtual://{rig}?force={quote(str(force), safe='')}&{query}"


def write_csv(path: Path, wrench: Any, sample_rate_Hz: float) -> Path:
    """A force file with the columns of the documented force CSV."""
    fz = wrench[2]
    loaded = np.abs(fz) > 1.0
    safe = np.where(loaded, fz, 1.0)
    x, y = np.where(loaded, -wrench[4] / safe, 0.0), np.where(loaded, wrench[3] / safe, 0.0)
    table = np.column_stack([np.arange(fz.size) / sample_rate_Hz, wrench[0], wrench[1], fz, x, y])
    np.savetxt(path, table, "%.6f", ",", header="time_s,Fx_N,Fy_N,Fz_N,copx_m,copy_m", comments="")
    return path


def record(url: str, out: Path | None, *, rig: str = "virtual", seconds: float | None = None,
           mass_kg: float | None = None, **runner: Any) -> dict[str, Any]:  # fmt: skip
    """Record in this process; what else is known of the runner goes by the names of `Runner`."""
    subject = Runner(mass_kg=mass_kg, **runner)
    options = RecordOptions(rig=rig, port=url, out=None if out is None else str(out), seconds=seconds, subject=subject)
    return Recorder(options).run()


def match(steps: StepTable, truth: StepTable, *, within_s: float = 0.05) -> tuple[StepTable, StepTable]:
    """Pair steps by touchdown, and insist that none is missed or invented between the first and the last pair."""
    count = min(steps.rows, truth.rows)
    shift = np.median(steps["touchdown_s"][:count] - truth["touchdown_s"][:count])
    a, b = steps["touchdown_s"] - shift, truth["touchdown_s"]
    begin, end = max(a[0], b[0]) - within_s, min(a[-1], b[-1]) + within_s
    a_in, b_in = (a >= begin) & (a <= end), (b >= begin) & (b <= end)
    assert a_in.sum() == b_in.sum(), f"{a_in.sum()} steps instead of {b_in.sum()}"
    assert a_in.sum() >= max(steps.rows, truth.rows) - 2  # only at the ends may the two differ
    np.testing.assert_allclose(a[a_in], b[b_in], atol=within_s)
    return steps.select(a_in), truth.select(b_in)
