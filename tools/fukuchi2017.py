"""Fukuchi, Fukuchi & Duarte 2017: from the folder's arrays to our frame of reference, checked, and cut to excerpts."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from contacts import Floats, contacts, low_pass

EXCERPT_START_S, EXCERPT_S = 5.0, 10.0
STEPS = np.array([0.1, 0.1, 0.1, 0.05, 0.05, 0.01])  # stored resolution: N, N, N, N·m, N·m, N·m

SOURCE = """\
fukuchi2017.npz: 10 s of each of 39 trials (13 runners at 2.5, 3.5 and 4.5 m/s on one instrumented treadmill, 300 Hz)

Origin       Fukuchi RK, Fukuchi CA, Duarte M (2017). A public dataset of running biomechanics and the effects of
             running speed on lower extremity kinematics and kinetics. PeerJ 5:e3298, doi:10.7717/peerj.3298
Data         figshare, doi:10.6084/m9.figshare.4543435
Licence      CC BY 4.0, https://creativecommons.org/licenses/by/4.0/ ; attribute the authors above
Changed      seconds 5 to 15 of each trial; forces and plate moments turned into the frame +x forward, +y left, +z up
             and moved to the centre of the belt surface; rounded to 0.1 N, 0.05 N·m (Mx, My) and 0.01 N·m (Mz). Not
             filtered, no offset removed. Made by tools/make_runner_data.py.

wrench_q     (39, 6, 3000) int16: ground reaction on the runner, Fx Fy Fz Mx My Mz; times wrench_step gives N and N·m
trial, subject, speed_m_s, mass_kg, stature_m, label_R, label_L (published foot-strike pattern per foot)
contact_s, contact_side: middle of each contact (s from the excerpt's start, NaN-padded) and the foot that the markers
             show on the belt ("R", "L", "" for padding): the truth for telling left from right
"""


@dataclass(frozen=True)
class Trial:
    """One trial in our frame of reference.

    Attributes:
        name: File name without its ending.
        wrench: (6, n) ground reaction on the runner about the belt-surface centre, N and N·m.
        cop_x: (n,) published fore-aft COP relative to the belt's centre, m; NaN where unloaded.
        cop_y: (n,) published side COP (+ left), m; NaN where unloaded.
        right_lower: (n,) whether the right foot's markers are below the left's.
        sample_rate_Hz: 300 Hz.
        speed_m_s: Belt speed as published, m/s.
        mass_kg: Body mass, kg.
    """

    name: str
    wrench: Floats
    cop_x: Floats
    cop_y: Floats
    right_lower: np.ndarray
    sample_rate_Hz: float
    speed_m_s: float
    mass_kg: float


def read_trial(path: Path) -> Trial:
    """Turn one file into our frame.

    The plate's own frame has its axes along lab (−z, +x, −y) and its origin at (1249, −15, 733.7) mm of the lab frame
    (x forward, y up, z right): with these figures moments and COP of the file agree (`check`).

    Args:
        path: A file of the folder.

    Returns:
        The trial.
    """
    with np.load(path) as data:
        force, cop, local = (data[key].astype(np.float64) for key in ("F", "cop", "M_local"))
        centre, markers = data["corners"].mean(axis=1), data["markers"]
        right = np.char.startswith(data["marker_names"], "R.")
        rate, speed, mass = (float(data[key]) for key in ("fs", "speed", "mass"))
    moment = np.stack([local[1], -local[2], -local[0]]) / 1e3
    lever = (np.array([1249.0, -15.0, 733.7]) - centre) / 1e3
    moment += np.cross(lever, force.T).T
    turn = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    height = np.stack([np.nanmean(markers[feet, 1], axis=0) for feet in (right, ~right)])
    return Trial(
        path.stem,
        np.concatenate([turn @ force, turn @ moment]),
        (cop[0] - centre[0]) / 1e3,
        -(cop[2] - centre[2]) / 1e3,
        np.repeat(height[0] < height[1], 2)[: force.shape[1]],
        rate,
        speed,
        mass,
    )


def check(trial: Trial) -> tuple[float, float, float]:
    """Compare our frame with what the file states apart from it.

    Args:
        trial: The trial.

    Returns:
        Largest disagreement of the COP from moments and the published COP above 200 N, mm; how far the left foot's COP
        lies to the left of the right foot's, mm; first half of stance minus second half of mean Fx, N (negative when
        braking comes before propulsion).
    """
    fx, _, fz, mx, my, _ = trial.wrench
    loaded = fz > 200
    cop_x, cop_y = -my / fz.clip(200), mx / fz.clip(200)
    error = max(np.abs(cop_x - trial.cop_x)[loaded].max(), np.abs(cop_y - trial.cop_y)[loaded].max())
    side = cop_y[loaded & ~trial.right_lower].mean() - cop_y[loaded & trial.right_lower].mean()
    halves = []
    for on, off in contacts(low_pass(fz, trial.sample_rate_Hz, 50), trial.sample_rate_Hz, threshold_N=50):
        cut = [int(t * trial.sample_rate_Hz) for t in (on, (on + off) / 2, off)]
        halves.append(fx[cut[0] : cut[1]].mean() - fx[cut[1] : cut[2]].mean())
    return 1e3 * float(error), 1e3 * float(side), float(np.median(halves))


def make_excerpts(folder: Path, out: Path) -> None:
    """Write `fukuchi2017.npz` and its SOURCE.

    Args:
        folder: The data set's folder.
        out: Folder to write into.
    """
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        index = sorted(csv.DictReader(file), key=lambda row: row["file"])
    trials = [read_trial(folder / row["file"]) for row in index]
    pieces = [excerpt(trial) for trial in trials]
    widest = max(len(mid) for _, mid, _ in pieces)
    np.savez_compressed(
        out / "fukuchi2017.npz",
        wrench_q=np.stack([wrench for wrench, _, _ in pieces]),
        wrench_step=STEPS,
        sample_rate_Hz=np.float64(300.0),
        trial=np.array([trial.name for trial in trials]),
        subject=np.array([int(row["subject"]) for row in index], dtype=np.int16),
        speed_m_s=np.array([trial.speed_m_s for trial in trials]),
        mass_kg=np.array([trial.mass_kg for trial in trials]),
        stature_m=np.array([float(row["height"]) / 100 for row in index]),
        label_R=np.array([row["fsp_R"] for row in index]),
        label_L=np.array([row["fsp_L"] for row in index]),
        contact_s=np.stack([np.pad(mid, (0, widest - len(mid)), constant_values=np.nan) for _, mid, _ in pieces]),
        contact_side=np.stack([np.pad(side, (0, widest - len(side))) for _, _, side in pieces]),
    )
    (out / "fukuchi2017.SOURCE").write_text(SOURCE, encoding="utf-8")


def excerpt(trial: Trial) -> tuple[np.ndarray, Floats, np.ndarray]:
    """Cut a trial, round it, and name the foot of each contact.

    Args:
        trial: The trial.

    Returns:
        (6, n) int16 in units of `STEPS`; (k,) middle of each contact, s; (k,) "R" or "L" by the markers.

    Raises:
        SystemExit: A value does not fit into 16 bits.
    """
    rate = trial.sample_rate_Hz
    cut = slice(round(EXCERPT_START_S * rate), round((EXCERPT_START_S + EXCERPT_S) * rate))
    wrench = trial.wrench[:, cut]
    steps = np.round(wrench / STEPS[:, None])
    if np.abs(steps).max() > np.iinfo(np.int16).max:
        raise SystemExit(f"{trial.name}: a value does not fit into 16 bits at the chosen resolution")
    middle = contacts(low_pass(wrench[2], rate, 50), rate, threshold_N=50).mean(axis=1)
    side = np.where(trial.right_lower[cut][np.round(middle * rate).astype(int)], "R", "L")
    return steps.astype(np.int16), middle, side
