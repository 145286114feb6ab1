"""Writes the two force files of the tutorial, docs/tutorial/*.csv, from the excerpts of real runners in tests/data."""

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from realdata import fukuchi_trial  # noqa: E402 - from the tests' folder

from analysis.wrench import FX, FY, FZ, centre_of_pressure, free_moment  # noqa: E402

FILES = {"rearfoot": "RBDS008_T35", "forefoot": "RBDS018_T35"}
HEAD = "time_s,Fx_N,Fy_N,Fz_N,copx_m,copy_m,Tz_Nm"
DIGITS = ("%.6f", "%.1f", "%.1f", "%.1f", "%.4f", "%.4f", "%.2f")
COP_LEAST_N = 20.0
"""Below this force a centre of pressure is noise over noise; its cells stay empty."""


def main() -> None:
    """Write both."""
    for name, trial_name in FILES.items():
        trial = fukuchi_trial(trial_name)
        wrench = trial.wrench
        place = centre_of_pressure(wrench, min_force_N=COP_LEAST_N)
        columns = [np.arange(wrench.shape[1]) / trial.sample_rate_Hz, *(wrench[part] for part in (FX, FY, FZ)), *place]
        columns.append(free_moment(wrench, min_force_N=COP_LEAST_N))
        table = np.column_stack(columns)
        rows = [",".join(map(_cell, row, DIGITS)) for row in table.tolist()]
        (ROOT / "docs" / "tutorial" / f"{name}.csv").write_text("\n".join([HEAD, *rows, ""]), encoding="utf-8")


def _cell(value: float, digits: str) -> str:
    return "" if np.isnan(value) else digits % value


if __name__ == "__main__":
    main()
