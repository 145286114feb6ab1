"""Make the real runners that the project carries, from the data folder named by STANCE_DATA.

    STANCE_DATA=path/to/data python tools/make_runner_data.py

It writes rigs/data/davis_runner.* (the demo's runner) and tests/data/fukuchi2017.* (the tests' runners), and prints the
checks of signs, frames and published figures that it made on the way. Running it again gives the same bytes.
"""

import os
import shutil
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import fukuchi2017
import numpy as np
from belt_speed import Calibration, calibrate, cop_slope
from contacts import Floats, contacts, low_pass, mid_flight

ROOT = Path(__file__).resolve().parent.parent
RATE_Hz = 2400.0
BELT_CENTRE_M = np.array([0.733425, 0.819150, 0.0])  # of the right belt, which carried the runner; lab frame
MOMENT_ORIGIN_M = {1: np.array([0.0, 0.0, -0.015875]), 2: np.array([0.974725, 0.0, -0.015875])}
STEPS_IN_LOOP = 26
BLEND_S = 0.005

SOURCE = """\
davis_runner.npz: one runner on an instrumented treadmill, {strides} strides at {rate:g} Hz, as an endless loop

Origin       John J. Davis IV, https://github.com/johnjdavisiv/demo-force-processing, commit 0a018a3,
             JDX_S999_run_0021_f_1.tsv (left belt) and _f_2.tsv (right belt)
Licence      MIT, (c) 2022 John Davis: davis_runner.LICENSE beside this file
Changed      By tools/make_runner_data.py: action turned into reaction on the runner; lab frame (x right, y forward,
             z up) turned into +x forward, +y left, +z up; moments moved to the surface centre of the right belt,
             which carried the runner; each belt's offset in mid-flight removed from all six components; the left belt
             added during the one contact that touched it (elsewhere it would add noise only); cut from mid-flight to
             mid-flight, the last {blend_ms:g} ms blended into what came before the first sample; float32. Not filtered.

wrench       (6, n): Fx Fy Fz Mx My Mz, N and N·m, about the belt-surface centre
bw_N         {bw:.1f} N: mean vertical force over the loop. No mass is published. Standard uncertainty {u_bw:.1f} N
             is that of the mean over strides; the plate's own scale (a few per cent at worst) is not in it
speed_m_s    {speed:.2f} m/s, standard uncertainty {u_speed:.2f} m/s. No speed is published. Estimated from the COP,
             which rides backwards at {slope:.2f} m/s from 60 to 80 % of stance: speed = {offset:.3f} m/s + {factor:.3f}
             x that, a line fitted to the 39 trials of known belt speed in Fukuchi et al. 2017 (doi:10.7717/peerj.3298);
             the uncertainty is its leave-one-runner-out RMS error
"""


@dataclass(frozen=True)
class Davis:
    """The Davis trial in our frame.

    Attributes:
        raw: (6, n) both belts together, nothing removed, N and N·m.
        runner: (6, n) offset removed, left belt only where it was touched, N and N·m.
        events: (k, 2) touchdown and toe-off at 30 N, s.
        offset: (6,) mid-flight mean of `raw`.
    """

    raw: Floats
    runner: Floats
    events: Floats
    offset: Floats


def read_belt(folder: Path, belt: int) -> Floats:
    """Read one belt: reaction on the runner in our frame, about the right belt's surface centre.

    Args:
        folder: The data set's folder.
        belt: 1 for left, 2 for right.

    Returns:
        (6, n) N and N·m.

    Raises:
        SystemExit: The moments do not give the COP that the file states.
    """
    table = np.loadtxt(folder / f"JDX_S999_run_0021_f_{belt}.tsv", skiprows=27)
    action, moment, cop = table[:, 2:5], table[:, 5:8], table[:, 8:10] / 1e3
    loaded = np.any(cop != cop[0], axis=1)  # unloaded, the file states the belt's centre
    at_surface = moment + np.cross(MOMENT_ORIGIN_M[belt], action)
    stated = np.stack([cop[:, 1] * action[:, 2], -cop[:, 0] * action[:, 2]], axis=1)
    error = np.abs((at_surface[:, :2] - stated)[loaded] / action[loaded, 2:]).max()
    print(f"davis, belt {belt}: COP from moments within {1e3 * error:.3f} mm of the stated, {loaded.sum()} samples")
    if error > 1e-3:
        raise SystemExit("the moment origin is not where it was taken to be")
    moment = moment + np.cross(MOMENT_ORIGIN_M[belt] - BELT_CENTRE_M, action)
    turn = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    return -np.concatenate([turn @ action.T, turn @ moment.T])


def read_davis(folder: Path) -> Davis:
    """Merge both belts to one runner.

    Args:
        folder: The data set's folder.

    Returns:
        The trial.
    """
    left, right = read_belt(folder, 1), read_belt(folder, 2)
    raw = left + right
    n = raw.shape[1]
    offset = np.median(raw[:, raw[2] < 60], axis=1)
    for _ in range(2):  # the flights found with the first offset give the second
        events = contacts(low_pass(raw[2] - offset[2], RATE_Hz, 50), RATE_Hz, threshold_N=30)
        flight = mid_flight(events, RATE_Hz, n)
        offset = raw[:, flight].mean(axis=1)
    left -= left[:, flight].mean(axis=1, keepdims=True)
    runner = right - right[:, flight].mean(axis=1, keepdims=True)
    smooth = low_pass(left[2], RATE_Hz, 20)
    for on, off in events:
        span = slice(int(on * RATE_Hz), int(off * RATE_Hz) + 1)
        if smooth[span].max() > 20:
            print(f"davis: left belt touched at {on:.2f} s, up to {smooth[span].max():.0f} N")
            runner[:, span] += left[:, span]
    noise = [signal[2, flight].std() for signal in (raw, runner)]
    print(f"davis: offset {offset.round(1)}, mid-flight SD of Fz {noise[0]:.1f} N both belts, {noise[1]:.1f} N kept")
    return Davis(raw, runner, events, offset)


def check_davis(trial: Davis) -> None:
    """Compare with the figures known for this trial before anything is cut.

    Args:
        trial: The trial.

    Raises:
        SystemExit: A figure is off.
    """
    for offset in (-18.2, float(trial.offset[2])):
        events = contacts(low_pass(trial.raw[2] - offset, RATE_Hz, 50), RATE_Hz, threshold_N=30)
        contact = 1e3 * (events[:, 1] - events[:, 0])
        cadence = 60 / np.median(np.diff(events[:, 0]))
        print(
            f"davis: offset {offset:.1f} N: {len(events)} complete contacts, {contact.mean():.1f} ± {contact.std():.1f}"
            f" ms at 30 N, {60 / np.diff(events[:, 0]).mean():.1f} (median {cadence:.1f}) steps/min"
        )
        if len(events) != 29 or abs(contact.mean() - 246.7) > 1.5 or abs(cadence - 176.2) > 0.5:
            raise SystemExit("this is not the trial that was expected")


def cut_loop(trial: Davis) -> Floats:
    """Cut whole strides from mid-flight to mid-flight and close the seam.

    Args:
        trial: The trial.

    Returns:
        (6, n) wrench of `STEPS_IN_LOOP` steps, N and N·m.
    """
    middle = np.round(RATE_Hz * (trial.events[:-1, 1] + trial.events[1:, 0]) / 2).astype(int)
    start, end = int(middle[0]), int(middle[STEPS_IN_LOOP])
    loop = trial.runner[:, start:end].copy()
    m = round(BLEND_S * RATE_Hz)
    weight = (np.arange(m) + 1) / (m + 1)
    loop[:, -m:] = (1 - weight) * loop[:, -m:] + weight * trial.runner[:, start - m : start]
    jump = np.abs(loop[:3, 0] - loop[:3, -1])
    print(
        f"davis: loop of {loop.shape[1] / RATE_Hz:.4f} s; {loop[:3, 0].round(1)} N at the seam, jump {jump.round(1)} N"
    )
    return loop


def check_direction(loop: Floats) -> None:
    """Braking first, and the foot rides backwards: otherwise the frame is the wrong way round.

    Args:
        loop: (6, n) wrench.

    Raises:
        SystemExit: The runner faces the wrong way.
    """
    events = contacts(low_pass(loop[2], RATE_Hz, 50), RATE_Hz, threshold_N=50)
    spans = [loop[:, int(on * RATE_Hz) : int(off * RATE_Hz)] for on, off in events]
    first = np.mean([span[0, : span.shape[1] // 2].mean() for span in spans])
    last = np.mean([span[0, span.shape[1] // 2 :].mean() for span in spans])
    braking, propulsion = (sum((sign * span[0]).clip(0).sum() for span in spans) for sign in (-1, 1))
    side = [(span[3].sum() / span[2].sum(), span[1].mean()) for span in spans]
    print(f"davis: mean Fx {first:.0f} N in the first half of stance, {last:.0f} N in the second;", end=" ")
    print(f"propulsive/braking impulse {propulsion / braking:.3f}; COP y and Fy of the first two contacts", end=" ")
    print(", ".join(f"{1e3 * y:.0f} mm {fy:.0f} N" for y, fy in side[:2]))
    if not first < 0 < last:
        raise SystemExit("propulsion before braking: the fore-aft axis is the wrong way round")


def write_davis(loop: Floats, calibration: Calibration, licence: Path, out: Path) -> None:
    """Estimate weight and speed, and write the loop with its SOURCE and LICENSE.

    Args:
        loop: (6, n) wrench of the loop.
        calibration: From COP slope to belt speed.
        licence: The data set's licence file.
        out: Folder to write into.
    """
    starts = contacts(low_pass(loop[2], RATE_Hz, 50), RATE_Hz, threshold_N=50)[::2, 0] * RATE_Hz
    strides = np.array([loop[2, int(a) : int(b)].mean() for a, b in pairwise(starts)])
    slope = cop_slope(loop, RATE_Hz)
    facts = {
        "bw": loop[2].mean(),
        "u_bw": strides.std(ddof=1) / np.sqrt(len(strides)),
        "speed": calibration.offset_m_s + calibration.factor * slope,
        "u_speed": calibration.rms_m_s,
    }
    text = SOURCE.format(
        **facts,
        slope=slope,
        offset=calibration.offset_m_s,
        factor=calibration.factor,
        strides=STEPS_IN_LOOP // 2,
        rate=RATE_Hz,
        blend_ms=1e3 * BLEND_S,
    )
    print(text)
    np.savez_compressed(
        out / "davis_runner.npz",
        wrench=loop.astype(np.float32),
        sample_rate_Hz=np.float64(RATE_Hz),
        bw_N=np.float64(facts["bw"]),
        u_bw_N=np.float64(facts["u_bw"]),
        speed_m_s=np.float64(facts["speed"]),
        u_speed_m_s=np.float64(facts["u_speed"]),
        title=np.array("One runner, measured at 2400 Hz (J. J. Davis)"),
        source=np.array("github.com/johnjdavisiv/demo-force-processing @ 0a018a3, MIT"),
    )
    (out / "davis_runner.SOURCE").write_text(text, encoding="utf-8")
    shutil.copyfile(licence, out / "davis_runner.LICENSE")


def main() -> None:
    """Make everything.

    Raises:
        SystemExit: STANCE_DATA does not name the data folder, or a check failed.
    """
    data = Path(os.environ.get("STANCE_DATA", ""))
    if not (data / "davis_bertec").is_dir() or not (data / "fukuchi2017").is_dir():
        raise SystemExit("STANCE_DATA must name the folder that holds davis_bertec/ and fukuchi2017/")
    trials = [fukuchi2017.read_trial(path) for path in sorted((data / "fukuchi2017").glob("RBDS*.npz"))]
    checks = np.array([fukuchi2017.check(trial) for trial in trials])
    print(f"fukuchi: {len(trials)} trials; COP from moments within {checks[:, 0].max():.2f} mm of the stated;", end=" ")
    print(f"left foot {checks[:, 1].min():.0f} to {checks[:, 1].max():.0f} mm to the left of the right one;", end=" ")
    print(f"Fx, first minus second half of stance: {checks[:, 2].min():.0f} to {checks[:, 2].max():.0f} N")
    if checks[:, 0].max() > 1 or checks[:, 1].min() < 0 or checks[:, 2].max() > 0:
        raise SystemExit("a frame of reference is the wrong way round")
    calibration = calibrate(trials)
    print(f"belt speed from COP: {calibration}")
    davis = read_davis(data / "davis_bertec")
    check_davis(davis)
    loop = cut_loop(davis)
    check_direction(loop)
    write_davis(loop, calibration, data / "davis_bertec" / "LICENSE", ROOT / "rigs" / "data")
    fukuchi2017.make_excerpts(data / "fukuchi2017", ROOT / "tests" / "data")


if __name__ == "__main__":
    sys.exit(main())
