"""Make the table of where the heels of the Fukuchi runners stood, from the data folder named by STANCE_DATA.

    STANCE_DATA=path/to/data python tools/make_foot_data.py

It writes tests/data/fukuchi2017_feet.npz and .SOURCE: for every contact of the committed ten-second excerpts where the
foot's markers stood on the belt, how the foot met it, and the published label. Running it again gives the same bytes.
`feet` gives the same for any stretch of a trial.
"""

import csv
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import fukuchi2017
import numpy as np
from contacts import Floats, contacts, low_pass

ROOT = Path(__file__).resolve().parent.parent
FLAT = (0.25, 0.45)  # of stance: the sole lies on the belt
MARKERS = ("Heel.Bottom", "MT1", "MT5")
COLUMNS = ("heel_m", "heel_y_m", "mt1_m", "mt5_m", "strike_angle_deg", "foot_speed_m_s")

SOURCE = """\
fukuchi2017_feet.npz: the feet of each contact in fukuchi2017.npz, from the markers of the same trials (150 Hz)

Origin       Fukuchi RK, Fukuchi CA, Duarte M (2017). A public dataset of running biomechanics and the effects of
             running speed on lower extremity kinematics and kinetics. PeerJ 5:e3298, doi:10.7717/peerj.3298
Data         figshare, doi:10.6084/m9.figshare.4543435
Licence      CC BY 4.0, https://creativecommons.org/licenses/by/4.0/ ; attribute the authors above
Changed      seconds 5 to 15 of each trial, frame +x forward, +y left, origin at the centre of the belt surface, reduced
             to one row per contact. Made by tools/make_foot_data.py.

Per trial (39, in the order of fukuchi2017.npz): trial, label_R, label_L (published foot-strike pattern per foot),
             speed_m_s, shoe_length_m (from the published shoe size, US men's: last length = (size + 24)/3 inch)
Per contact (39, k), NaN-padded like contact_s of fukuchi2017.npz, whose entries they belong to:
contact_s    middle of the contact, s from the excerpt's start
side         "R", "L", "" for padding
heel_m       fore-aft place of the rear heel marker (Heel.Bottom, centre) while the sole is flat on the belt (25 to
             45 % of stance), carried with the belt to the time contact_s. At time t the heel's place on the belt is at
             heel_m - speed_m_s * (t - contact_s), so it compares with COP x + speed_m_s * (t - contact_s)
mt1_m, mt5_m the same of the markers on the first and fifth metatarsal heads; NaN where a marker was lost
heel_y_m     side place of the heel marker over the same window
foot_speed_m_s  how fast the heel marker rode backwards over that window: the belt's true speed under the foot
strike_angle_deg  sagittal angle of the line from heel marker to metatarsal markers at touchdown (50 N), minus the same
             angle with the sole flat (per foot: the largest over the speeds of the trials' median over 25 to 45 % of
             stance). + = toes up, heel first. MT1 and MT5 together, MT5 alone for feet that lost MT1 in a trial
"""


@dataclass(frozen=True)
class Feet:
    """The feet of one trial, one entry per contact.

    Attributes:
        contact_s: (k,) middle of the contact, s from the start of the cut.
        side: (k,) "R" or "L".
        columns: (k,) arrays by name, as SOURCE describes them; `strike_angle_deg` is still the plain angle of the line.
        flat_deg: (k,) the same angle while the sole is flat.
        lost_mt1: Feet whose MT1 marker is missing.
    """

    contact_s: Floats
    side: np.ndarray
    columns: dict[str, Floats]
    flat_deg: Floats
    lost_mt1: frozenset[str]


def feet(path: Path, start_s: float, length_s: float, *, only_mt5: frozenset[str] = frozenset()) -> Feet:
    """Read where the feet stood in a stretch of one trial.

    Args:
        path: A file of the folder.
        start_s: Where the stretch begins, s.
        length_s: How long it is, s.
        only_mt5: Feet ("R", "L") whose angle is taken from MT5 alone.

    Returns:
        The feet.
    """
    trial = fukuchi2017.read_trial(path)
    rate = trial.sample_rate_Hz
    cut = slice(round(start_s * rate), round((start_s + length_s) * rate))
    events = contacts(low_pass(trial.wrench[2, cut], rate, 50), rate, threshold_N=50)
    middle = events.mean(axis=1)
    side = np.where(trial.right_lower[cut][np.round(middle * rate).astype(int)], "R", "L")
    with np.load(path) as data:
        names, centre = data["marker_names"].tolist(), data["corners"].mean(axis=1)
        place = (data["markers"].astype(np.float64) - centre[:, None]) / 1e3
        marker_rate = float(data["marker_fs"])
    out = np.full((len(COLUMNS) + 1, len(events)), np.nan)
    for i, (on, off) in enumerate(events):
        foot = {m: place[names.index(f"{side[i]}.{m}")] for m in MARKERS if f"{side[i]}.{m}" in names}
        flat_s = start_s + on + np.array(FLAT) * (off - on)
        window = np.arange(np.ceil(flat_s[0] * marker_rate), flat_s[1] * marker_rate).astype(int)
        time = window / marker_rate - start_s - middle[i]
        lost = side[i] in only_mt5
        carried = {m: float(np.mean(p[0, window] + trial.speed_m_s * time)) for m, p in foot.items()}
        out[:, i] = [
            carried["Heel.Bottom"],
            float(-np.mean(foot["Heel.Bottom"][2, window])),
            carried.get("MT1", np.nan),
            carried["MT5"],
            _angle_deg(foot, (start_s + on) * marker_rate, mt5_alone=lost),
            -np.polyfit(time, foot["Heel.Bottom"][0, window], 1)[0],
            float(np.mean([_angle_deg(foot, at, mt5_alone=lost) for at in window])),
        ]
    lost_mt1 = {s for s in "RL" if f"{s}.MT1" not in names or np.isnan(out[2, side == s]).any()}
    return Feet(middle, side, dict(zip(COLUMNS, out[:-1], strict=True)), out[-1], frozenset(lost_mt1))


def _angle_deg(foot: dict[str, Floats], at: float, *, mt5_alone: bool) -> float:
    """Sagittal angle of the line from heel to metatarsals at a fractional frame; + is toes up."""
    frames = [int(at), int(at) + 1]
    toes = [foot["MT5"]] if mt5_alone else [foot["MT1"], foot["MT5"]]
    line = np.mean([p[:2, frames] for p in toes], axis=0) - foot["Heel.Bottom"][:2, frames]
    forward, up = line[:, 0] + (at - int(at)) * (line[:, 1] - line[:, 0])
    return float(np.degrees(np.arctan2(up, forward)))


def all_feet(folder: Path, names: list[str], start_s: float, length_s: float) -> list[Feet]:
    """Read the feet of trials, strike angles counted from the sole lying flat.

    Args:
        folder: The data set's folder.
        names: Trials, without ending; all speeds of a runner together.
        start_s: Where the stretch begins, s.
        length_s: How long it is, s.

    Returns:
        One entry per trial.
    """
    runner = [name.split("_")[0] for name in names]
    bare = [_lost(folder / f"{name}.npz") for name in names]
    only = {r: frozenset().union(*(b for b, of in zip(bare, runner, strict=True) if of == r)) for r in set(runner)}
    trials = [
        feet(folder / f"{name}.npz", start_s, length_s, only_mt5=only[r]) for name, r in zip(names, runner, strict=True)
    ]
    for trial, of in zip(trials, runner, strict=True):
        mine = [t for t, r in zip(trials, runner, strict=True) if r == of]
        for side in "RL":
            flat = max(float(np.median(t.flat_deg[t.side == side])) for t in mine)
            trial.columns["strike_angle_deg"][trial.side == side] -= flat
    return trials


def _lost(path: Path) -> frozenset[str]:
    with np.load(path) as data:
        names, place = data["marker_names"].tolist(), data["markers"]
        return frozenset(s for s in "RL" if np.isnan(place[names.index(f"{s}.MT1")]).any())


def shoe_lengths(folder: Path) -> dict[int, float]:
    """Length of each runner's shoe, from its published size.

    Args:
        folder: The data set's folder.

    Returns:
        m by runner: the last's length, (US men's size + 24)/3 inch.
    """
    with (folder / "participants.csv").open(encoding="utf-8", newline="") as file:
        return {int(row["Subject"]): 0.0254 * (float(row["ShoeSize"]) + 24.0) / 3.0 for row in csv.DictReader(file)}


def write(folder: Path, out: Path) -> None:
    """Write `fukuchi2017_feet.npz` and its SOURCE.

    Args:
        folder: The data set's folder.
        out: Folder to write into; it holds `fukuchi2017.npz`.

    Raises:
        SystemExit: The contacts are not those of `fukuchi2017.npz`.
    """
    with np.load(out / "fukuchi2017.npz") as file:
        known = {name: file[name] for name in ("trial", "contact_s", "contact_side", "speed_m_s", "label_R", "label_L")}
    trials = all_feet(folder, known["trial"].tolist(), fukuchi2017.EXCERPT_START_S, fukuchi2017.EXCERPT_S)
    width = known["contact_s"].shape[1]
    table = {
        name: np.stack([np.pad(t.columns[name], (0, width - len(t.side)), constant_values=np.nan) for t in trials])
        for name in COLUMNS
    }
    middle = np.stack([np.pad(t.contact_s, (0, width - len(t.side)), constant_values=np.nan) for t in trials])
    side = np.stack([np.pad(t.side, (0, width - len(t.side))) for t in trials])
    if not np.array_equal(middle, known["contact_s"], equal_nan=True) or (side != known["contact_side"]).any():
        raise SystemExit("these are not the contacts of fukuchi2017.npz: run tools/make_runner_data.py first")
    lengths = shoe_lengths(folder)
    np.savez_compressed(
        out / "fukuchi2017_feet.npz",
        **{name: values.astype(np.float32) for name, values in table.items()},
        side=side,
        shoe_length_m=np.array([lengths[int(name[4:7])] for name in known["trial"]]),
        **{name: known[name] for name in ("trial", "contact_s", "speed_m_s", "label_R", "label_L")},
    )
    (out / "fukuchi2017_feet.SOURCE").write_text(SOURCE, encoding="utf-8")


def main() -> None:
    """Make the table.

    Raises:
        SystemExit: STANCE_DATA does not name the data folder.
    """
    data = Path(os.environ.get("STANCE_DATA", "")) / "fukuchi2017"
    if not data.is_dir():
        raise SystemExit("STANCE_DATA must name the folder that holds fukuchi2017/")
    write(data, ROOT / "tests" / "data")


if __name__ == "__main__":
    sys.exit(main())
