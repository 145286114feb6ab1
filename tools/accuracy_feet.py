"""Foot strike, strike index and load shares of real runners, against labels and foot markers."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from accuracy_page import barred, bounded, table

# isort: split
import fit_registration
import test_cop_runners as markers
from fit_foot_strike import Judged, hold_out
from foot_strike_data import Foot, excerpts, read_feet, whole_trials
from foot_strike_scores import interval, of_feet, of_steps, score, subjects, threshold
from realdata import fukuchi

REASONS: dict[str, str] = {}


def strike(data: Path | None = None) -> list[str]:
    """Foot strike, runners held out: learned on excerpts, judged on excerpts or on whole trials."""
    learned = read_feet(excerpts())
    others: Sequence[Foot] = learned if data is None else read_feet(whole_trials(data / "fukuchi2017"))
    judged = hold_out(learned, others)
    told = of_feet(judged)
    feet, steps = score(*told), score(*of_steps(judged))
    best = _best_threshold(judged)
    rows = [
        bounded("feet with a verdict, right where label and markers agree", 100 * feet.right_agreed, 95.0, digits=1,
                unit="%", least=True),
        bounded("feet that stay uncertain", 100 * feet.uncertain, 10.0, digits=1, unit="%"),
        bounded("Brier score of feet; limit: the best single threshold on COP travel", feet.brier, best, digits=4),
    ]  # fmt: skip
    p, named, label, _ = told
    right = (p > 0.5) == label
    low, high = interval(lambda i: float(right[i][named[i]].mean()), subjects(judged))
    facts = [
        ("feet, steps", f"{p.size}, {of_steps(judged)[0].size}"),
        ("verdicts where label and markers agree", str(feet.agreed)),
        ("feet with a verdict, right by the label, all (95 % by bootstrap over runners)",
         f"{100 * feet.right:.1f} % ({100 * low:.1f} to {100 * high:.1f} %)"),
        ("single steps: uncertain; right where label and markers agree; right by the label",
         f"{100 * steps.uncertain:.1f} %; {100 * steps.right_agreed:.1f} %; {100 * steps.right:.1f} %"),
        ("feet whose label and markers disagree with each other", str(sum(not foot.agree for foot in judged.feet))),
        ("Brier score of steps", f"{steps.brier:.4f}"),
    ]  # fmt: skip
    return [
        *barred(("foot strike, runners held out", "found", "limit"), rows, REASONS),
        *table(("besides", ""), facts),
        "Confusion tables, reliability curve, disagreements and rigs without fore-aft force: "
        "[foot-strike.md](foot-strike.md).",
        "",
    ]


def _best_threshold(judged: Judged) -> float:
    """Lowest held-out Brier score of one threshold on the COP travel, of the pipeline or of the unfiltered samples."""
    travels = (
        np.array([np.nanmean(foot.columns["cop_travel_mm"]) for foot in judged.feet]),
        np.array([np.nanmean(foot.raw_travel_mm) for foot in judged.feet]),
    )
    return min(min(best.held_out, best.rates) for best in (threshold(travel, judged.feet) for travel in travels))


def place() -> list[str]:
    """Strike index and load shares against the heel markers, registered at one speed and used at the others."""
    runners = [markers.analysed(trial) for trial in fukuchi()]
    rows, facts = [], []
    index, loads = _in_the_table(runners)
    rows.append(bounded("strike index at 3.5 m/s, registered by markers at 2.5 m/s: bias", abs(index.mean()), 0.5,
                        digits=2, unit="points"))  # fmt: skip
    rows.append(bounded("the same, SD of single steps", index.std(), 2.5, digits=2, unit="points"))
    for name, bias, sd in zip(("heel", "midfoot", "forefoot"), loads.mean(axis=0), loads.std(axis=0), strict=True):
        rows.append(bounded(f"{name} load at 3.5 m/s: bias", abs(bias), 2.0, digits=2, unit="points"))
        facts.append((f"{name} load, SD of single steps", f"{sd:.1f} points"))
    speeds = _other_speeds(runners)
    facts += [
        ("strike index, all speeds, a foot's mean", f"{speeds.mean():+.2f} ± {speeds.std():.2f} points, largest "
         f"{np.abs(speeds).max():.1f} ({speeds.size} feet)"),
        ("steps in that", str(index.size)),
    ]  # fmt: skip
    for name in ("strike", "ball", "end"):
        sd = 1e3 * np.mean([getattr(s, name)[s.side == side].std() for s in runners for side in "LR"])
        facts.append((f"scatter of the {name} point under the foot", f"{sd:.1f} mm"))
    return [*barred(("against heel markers", "found", "limit"), rows, REASONS), *table(("besides", ""), facts)]


def _in_the_table(runners: list) -> tuple[np.ndarray, np.ndarray]:
    """Errors of strike index and of the three loads at 3.5 m/s, points."""
    index, loads = [], []
    for steps in [s for s in runners if s.trial.speed_m_s == 3.5]:
        foot = markers.marked(runners, steps.trial.subject, 2.5)
        got = markers.analysed(steps.trial, foot)
        early = got.table["strike_time_ms"] <= 25.0
        index.append((got.table["strike_index"] - 100.0 * got.strike / foot.foot_length_m)[early])
        told = [got.table[f"{name}_load_pct"] for name in ("heel", "midfoot", "forefoot")]
        loads.append(np.stack(told, axis=1) - got.thirds)
    return np.concatenate(index), np.concatenate(loads)


def _other_speeds(runners: list) -> np.ndarray:
    """Error of each foot's mean strike index at 3.5 and 4.5 m/s, points."""
    out = []
    for subject, side, speed in itertools.product(markers.SUBJECTS, "LR", (3.5, 4.5)):
        foot = markers.marked(runners, subject, 2.5)
        _, ball, length = markers.foot_of(runners, subject, side, speed)
        carried, _ = foot.ball_m(np.full(ball.size, {"L": 1, "R": -1}[side]), np.full(ball.size, speed))
        out.append(100.0 * np.mean(carried - ball) / length)
    return np.array(out)


def registration(data: Path) -> list[str]:
    """How well each way of registering finds the heel, runners held out, on the whole trials."""
    trials = list(fit_registration.foot_trials(data / "fukuchi2017"))
    length = float(np.mean([trial.length for trial in trials]))
    rows = []
    for method, values in fit_registration.errors(trials).items():
        mm = 1e3 * np.array(values)
        points = 0.1 * mm / length
        spread = (f"{mm.mean():+.1f} ± {mm.std():.1f}", f"{points.mean():+.1f} ± {points.std():.1f}")
        rows.append((method, mm.size, *spread, f"{np.abs(points).max():.1f}"))
    return table(("way, runners held out", "n", "heel, mm", "strike index, points", "largest"), rows)
