"""Make the committed excerpt of the Alcantara 2022 trials, from the data folder named by STANCE_DATA.

    STANCE_DATA=path/to/data python tools/make_alcantara_data.py

It writes tests/data/alcantara2022.npz, .SOURCE and .LICENSE. Running it again gives the same bytes.
"""

import csv
import os
import shutil
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
RATE_Hz = 500.0
QUANTUM_N = 0.1

SOURCE = """\
alcantara2022.npz: one runner, {trials} trials of slope, speed and foot strike, vertical force ({seconds:.2f} s each)

Origin       Alcantara RS, Edwards WB, Millet GY, Grabowski AM (2022). Predicting continuous ground reaction forces
             from accelerometers during uphill and downhill running: a recurrent neural network solution.
             PeerJ 10:e12752, doi:10.7717/peerj.12752
Data         https://github.com/alcantarar/Recurrent_GRF_Prediction, commit 8f21836
Licence      Apache License 2.0: alcantara2022.LICENSE beside this file
Changed      By tools/make_alcantara_data.py: multiplied by the body weight by which the authors had divided, all
             samples kept, rounded to {quantum:g} N. They had low-passed the force at 30 Hz (zero-lag 4th-order
             Butterworth), which is not undone.

force_q      ({trials}, n) int16: vertical force; times force_step_N gives N
bw_N         {bw:.3f} N, mass x 9.81 m/s2: with it the published values are whole hundredths of a newton
sample_rate_Hz  {rate:g} Hz
mass_kg      of the runner
speed_m_s, slope_deg  of each trial, + uphill
rearfoot_pct, midfoot_pct, forefoot_pct  published share of each foot strike, by accelerometers
table        (5, 11): the paper's table 2, measured, over 19 runners, one row per slope; its columns are table_columns
"""


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    """Make everything.

    Raises:
        SystemExit: STANCE_DATA does not name the data folder, or trials and forces do not belong together.
    """
    folder = Path(os.environ.get("STANCE_DATA", "")) / "alcantara2022"
    if not folder.is_dir():
        raise SystemExit("STANCE_DATA must name the folder that holds alcantara2022/")
    force = np.loadtxt(folder / "grf.csv", delimiter=",")
    trials, table = read_rows(folder / "trials.csv"), read_rows(folder / "published_table2_measured.csv")
    if len(force) != len(trials):
        raise SystemExit(f"{len(trials)} trials, but {len(force)} forces")
    bw_N = 9.81 * float(trials[0]["Mass"])
    quanta = np.round(force * bw_N / QUANTUM_N)
    if np.abs(quanta).max() > np.iinfo(np.int16).max or np.abs(100 * bw_N * force % 1 - 0.5).min() < 0.49:
        raise SystemExit("the forces do not fit, or another body weight was divided by")

    def column(name: str) -> np.ndarray:
        return np.array([float(row[name]) for row in trials])

    out = ROOT / "tests" / "data"
    np.savez_compressed(
        out / "alcantara2022.npz",
        force_q=quanta.astype(np.int16),
        force_step_N=np.float64(QUANTUM_N),
        bw_N=np.float64(bw_N),
        sample_rate_Hz=np.float64(RATE_Hz),
        mass_kg=column("Mass")[0],
        speed_m_s=column("Speed"),
        slope_deg=column("Slope"),
        rearfoot_pct=column("RFS"),
        midfoot_pct=column("MFS"),
        forefoot_pct=column("FFS"),
        table=np.array([[float(value) for value in row.values()] for row in table]),
        table_columns=np.array(list(table[0])),
    )
    seconds = force.shape[1] / RATE_Hz
    text = SOURCE.format(trials=len(trials), seconds=seconds, quantum=QUANTUM_N, bw=bw_N, rate=RATE_Hz)
    (out / "alcantara2022.SOURCE").write_text(text, encoding="utf-8")
    shutil.copyfile(folder / "LICENSE", out / "alcantara2022.LICENSE")


if __name__ == "__main__":
    sys.exit(main())
