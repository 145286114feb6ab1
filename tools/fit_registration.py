"""Re-obtain the constants of analysis/registration.py, and how well a registered foot is known, from heel markers.

    STANCE_DATA=path/to/data python tools/fit_registration.py

Apart from `analysis`: force is filtered and cut by tools/contacts, so that the constants do not depend on what they
serve. Truth is the heel marker of Fukuchi et al. 2017 (`make_foot_data`), over the whole 30 s of all 39 trials. What a
method says of a foot is always tested on runners whose data it has not seen.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import fukuchi2017
import numpy as np
from contacts import Floats, contacts, low_pass, mid_flight
from make_foot_data import all_feet, shoe_lengths

LOADED_N = 200.0
WINDOW = (0.50, 0.80)
PASSES = 0.802  # two passes of the filter have their -3 dB at this share of its cutoff
HEEL_FIRST_DEG = 12.0  # a deliberate heel-first step is at least as steep


@dataclass(frozen=True)
class FootTrial:
    """One foot in one trial: medians over its steps, m from the heel marker, and scatter.

    Attributes:
        runner: Runner's number.
        side: "R" or "L".
        speed: Belt speed, m/s.
        length: Shoe length, m.
        strike: COP at the first 200 N.
        ball: Ball point: force-weighted COP over 50 to 80 % of contact.
        end: COP at the last 200 N.
        angle: Strike angle, degrees.
        sd: Standard deviations over the steps of strike, ball, end.
    """

    runner: int
    side: str
    speed: float
    length: float
    strike: float
    ball: float
    end: float
    angle: float
    sd: tuple[float, float, float]


def places(wrench: Floats, rate: float, speed: float, heel: Floats, middle: Floats) -> Floats:
    """Where the COP stands before the heel marker in each contact.

    Args:
        wrench: (6, n) N and N·m.
        rate: Sample rate, Hz.
        speed: Belt speed, m/s.
        heel: (k,) heel of each contact as `make_foot_data` gives it, m.
        middle: (k,) the time it belongs to, s.

    Returns:
        (3, k) strike, ball, end, m.

    Raises:
        SystemExit: Contacts appear or vanish with the zero.
    """
    events = contacts(low_pass(wrench[2], rate, 50), rate, threshold_N=50)
    free = wrench - wrench[:, mid_flight(events, rate, wrench.shape[1])].mean(axis=1, keepdims=True)
    _, _, fz, _, my, _ = low_pass(free, rate, 60 / PASSES)
    zeroed = contacts(fz, rate, threshold_N=50)
    if len(zeroed) != len(events):
        raise SystemExit("the zero changes the number of contacts")
    time = np.arange(fz.size) / rate
    carried = fz * speed * time - my  # Fz times the belt-frame COP: for a foot at rest as smooth as Fz
    out = np.full((3, len(events)), np.nan)
    for i, (on, off) in enumerate(zeroed):
        fine = np.arange(on, off, 0.0005)
        force = np.interp(fine, time, fz)
        path = np.interp(fine, time, carried) / np.maximum(force, 1.0) - speed * middle[i] - heel[i]
        loaded = np.flatnonzero(force >= LOADED_N)
        late = (fine >= on + WINDOW[0] * (off - on)) & (fine <= on + WINDOW[1] * (off - on))
        out[:, i] = path[loaded[0]], np.sum(path[late] * force[late]) / np.sum(force[late]), path[loaded[-1]]
    return out


def foot_trials(folder: Path) -> Iterator[FootTrial]:
    """Read every foot of every trial.

    Args:
        folder: The data set's folder.

    Yields:
        Foot and trial.
    """
    names = sorted(path.stem for path in folder.glob("RBDS*.npz"))
    for name, feet in zip(names, all_feet(folder, names, 0.0, 30.0), strict=True):
        trial = fukuchi2017.read_trial(folder / f"{name}.npz")
        place = places(trial.wrench, trial.sample_rate_Hz, trial.speed_m_s, feet.columns["heel_m"], feet.contact_s)
        for side in "LR":
            mine = (feet.side == side) & ~np.isnan(place).any(axis=0)
            yield FootTrial(
                int(name[4:7]),
                side,
                trial.speed_m_s,
                shoe_lengths(folder)[int(name[4:7])],
                *np.median(place[:, mine], axis=1).tolist(),
                angle=float(np.median(feet.columns["strike_angle_deg"][mine])),
                sd=tuple(place[:, mine].std(axis=1).tolist()),
            )


@dataclass(frozen=True)
class Constants:
    """What registration.py holds.

    Attributes:
        slope: Ball point per speed, m per m/s.
        share: Heel to ball point at 3.5 m/s per shoe length.
        ahead: Heel-first strike before the heel, m at 3 m/s and m per m/s.
        beyond: Last 200 N beyond the ball point at 2.5 m/s, m.
    """

    slope: float
    share: float
    ahead: tuple[float, float]
    beyond: float


def fit(trials: list[FootTrial]) -> Constants:
    """Obtain the constants from some runners.

    Args:
        trials: Their feet and trials.

    Returns:
        The constants.
    """
    feet = {(t.runner, t.side) for t in trials}
    change = [
        (t.speed - 3.5, t.ball - np.mean([u.ball for u in trials if (u.runner, u.side) == foot]))
        for foot in feet
        for t in trials
        if (t.runner, t.side) == foot
    ]
    dv, dx = np.array(change).T
    slope = float((dv * dx).sum() / (dv * dv).sum())
    share = float(np.mean([(t.ball - slope * (t.speed - 3.5)) / t.length for t in trials]))
    heel_first = [t for t in trials if t.angle >= HEEL_FIRST_DEG and t.speed < 4.0]
    line = np.polyfit([t.speed - 3.0 for t in heel_first], [t.strike for t in heel_first], 1)
    beyond = float(np.mean([t.end - t.ball for t in trials if t.speed < 3.0]))
    return Constants(slope, share, (float(line[1]), float(line[0])), beyond)


def errors(trials: list[FootTrial]) -> dict[str, list[float]]:
    """Error of the heel's place by each method, runners held out, m; + is a heel too far back.

    Args:
        trials: All feet and trials.

    Returns:
        Errors by method.
    """
    out: dict[str, list[float]] = {}
    for runner in sorted({t.runner for t in trials}):
        know = fit([t for t in trials if t.runner != runner])
        for t in (t for t in trials if t.runner == runner):
            share = know.share * t.length + know.slope * (t.speed - 3.5)
            found = {"shoe length alone": [share]}
            for u in (u for u in trials if (u.runner, u.side) == (t.runner, t.side)):
                carried = know.slope * (t.speed - u.speed)
                if u.speed != t.speed:
                    found.setdefault("markers at another speed", []).append(u.ball + carried)
                    found.setdefault("markers at another speed, last 200 N instead", []).append(u.end - t.end + t.ball)
                if u.speed < 3.0:
                    line = u.end - know.beyond + carried
                    found["last 200 N from a known heel at 2.5 m/s"] = [line]
                    if u.angle >= HEEL_FIRST_DEG:
                        first = u.ball - u.strike + know.ahead[0] + know.ahead[1] * (u.speed - 3.0) + carried
                        weight = 0.015**-2, (0.035 * t.length) ** -2
                        found["heel-first steps at 2.5 m/s alone"] = [first]
                        found["heel-first steps and shoe length"] = [
                            (weight[0] * first + weight[1] * share) / sum(weight)
                        ]
            for method, values in found.items():
                out.setdefault(method, []).extend(value - t.ball for value in values)
    return out


def main() -> None:
    """Print constants and errors.

    Raises:
        SystemExit: STANCE_DATA does not name the data folder.
    """
    folder = Path(os.environ.get("STANCE_DATA", "")) / "fukuchi2017"
    if not folder.is_dir():
        raise SystemExit("STANCE_DATA must name the folder that holds fukuchi2017/")
    trials = list(foot_trials(folder))
    know = fit(trials)
    print(know)
    scatter(trials, know)
    print(
        f"\n{'method (runner held out)':48s} {'n':>4s} {'heel error, mm':>16s} {'strike index, points':>22s}  largest"
    )
    length = float(np.mean([t.length for t in trials]))
    for method, values in errors(trials).items():
        mm = 1e3 * np.array(values)
        points = 0.1 * mm / length
        print(f"{method:48s} {mm.size:4d} {mm.mean():8.1f} ± {mm.std():4.1f}", end="")
        print(f" {points.mean():13.1f} ± {points.std():4.1f} {np.abs(points).max():9.1f}")


def scatter(trials: list[FootTrial], know: Constants) -> None:
    """Print how far the constants hold.

    Args:
        trials: All feet and trials.
        know: What was fitted to them.
    """
    feet = {foot: [t for t in trials if (t.runner, t.side) == foot] for foot in {(t.runner, t.side) for t in trials}}
    level = {foot: np.mean([t.ball - know.slope * (t.speed - 3.5) for t in mine]) for foot, mine in feet.items()}
    strike = {foot: np.median([t.strike for t in mine]) for foot, mine in feet.items()}
    share = [level[foot] / mine[0].length for foot, mine in feet.items()]
    rest = [t.ball - know.slope * (t.speed - 3.5) - level[t.runner, t.side] for t in trials]
    moved = np.polyfit([t.strike - strike[t.runner, t.side] for t in trials], rest, 1)[0]
    first = [t for t in trials if t.angle >= HEEL_FIRST_DEG and t.speed < 4]
    ahead = [t.strike - know.ahead[0] - know.ahead[1] * (t.speed - 3) for t in first]
    beyond = [t.end - t.ball - know.beyond for t in trials if t.speed < 3]
    sd = 1e3 * np.mean([t.sd for t in trials], axis=0)
    print(f"heel to ball per shoe length: ± {np.std(share):.4f} between feet")
    print(f"ball point: ± {1e3 * np.std(rest):.1f} mm between speeds, {moved:+.3f} mm per mm of strike")
    print(f"step to step: strike {sd[0]:.1f}, ball {sd[1]:.1f}, end {sd[2]:.1f} mm SD")
    print(f"heel-first strike before the heel: ± {1e3 * np.std(ahead):.1f} mm, {len(ahead)} foot-trials")
    print(f"end beyond ball at 2.5 m/s: ± {1e3 * np.std(beyond):.1f} mm")


if __name__ == "__main__":
    sys.exit(main())
