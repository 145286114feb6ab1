"""Learn the foot strike from the Fukuchi runners, judge it on runners held out, and write both down.

    python tools/fit_foot_strike.py                                  # from the excerpts that come with the project
    STANCE_DATA=path/to/data python tools/fit_foot_strike.py         # the same, and judged on the whole trials besides

It writes analysis/foot_strike_model.py (the coefficients), the figures in docs/foot-strike.md and the picture
docs/img/foot_strike_reliability.svg. Running it again gives the same bytes.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from foot_strike_data import ROOT, Foot, excerpts, read_feet, whole_trials

from analysis.strike_model import StrikeModel
from analysis.strike_share import foot_strike_of

Floats = np.ndarray
UNIT_M = 0.05
"""Penalty and starting points count advances in this unit, half of what lies between a heel and toes …"""
MIDDLE_M = 0.10
"""… from here."""
RIDGE = 0.03
"""Penalty on the squared slope per `UNIT_M` (a priori 0 ± 5.8 log odds): ten times what held-out runners ask for."""
HEIGHTS_M = (0.06, 0.20)
"""Belt heights at which rigs without fore-aft cells are simulated."""

HEADER = '''\
"""Coefficients of the foot strike. Made by tools/fit_foot_strike.py, which makes them again: do not edit.

Learned from {feet} feet ({runners} runners at 2.5, 3.5 and 4.5 m/s, {steps} steps: tests/data/fukuchi2017.npz) of
Fukuchi, Fukuchi & Duarte 2017, PeerJ 5:e3298, data doi:10.6084/m9.figshare.4543435, CC BY 4.0. docs/foot-strike.md
says how:
rearfoot  penalised logistic regression of the published label, rearfoot or not, on each foot's mean advance
doubt     half the share of feet whose published label and marker strike angle disagree on rearfoot or not
forefoot  the same regression among the feet that neither calls rearfoot; target: mean of label and marker angle < 0
ratio     least squares of the rise of Fx/Fz on advance and speed, feet means; spread of steps with runners held out
"""

from analysis.strike_model import StrikeModel

MODEL = StrikeModel(
'''


@dataclass(frozen=True)
class Judged:
    """Feet and what a model that had never seen their runner says of them.

    Attributes:
        feet: The feet.
        p: Probability of rearfoot of each foot.
        name: Its class.
        step_p: The same of each foot's steps.
        step_name: Their classes.
    """

    feet: Sequence[Foot]
    p: Floats
    name: np.ndarray
    step_p: list[Floats]
    step_name: list[np.ndarray]


def fit(feet: Sequence[Foot]) -> StrikeModel:
    """Learn all coefficients.

    Args:
        feet: Feet of at least two runners.

    Returns:
        The model.
    """
    stature = np.array(list({foot.subject: foot.stature_m for foot in feet}.values()))
    scale = stature.mean() / np.array([foot.stature_m for foot in feet])
    advance = scale * np.array([foot.advance_m.mean() for foot in feet])
    u = scale * np.array([foot.u_m.mean() for foot in feet])
    doubt = 0.5 * float(np.mean([not foot.agree for foot in feet]))
    rearfoot = logistic(advance, u, np.array([foot.rearfoot for foot in feet], float), doubt)
    ball = np.array([not (foot.rearfoot or foot.heel_first) for foot in feet])
    toes = np.array([0.5 * ((foot.label == "Forefoot") + (foot.median_angle_deg < 0.0)) for foot in feet])
    forefoot = logistic(advance[ball], u[ball], toes[ball], 0.0)
    ratio = fit_ratio(feet)
    residuals = [held_out_residuals(feet, subject) for subject in {foot.subject for foot in feet}]
    spread = float(np.sqrt(np.mean(np.concatenate(residuals) ** 2))) if len(residuals) > 2 else np.nan
    return StrikeModel(
        *rearfoot, doubt, *forefoot, stature.mean(), stature.std(ddof=1) / stature.mean(), *ratio, spread
    )


def logistic(advance: Floats, u: Floats, target: Floats, doubt: float) -> tuple[float, float]:
    """Penalised logistic regression with doubt: the likeliest line under a normal prior on its slope.

    Args:
        advance: (n,) m.
        u: (n,) its uncertainty, m.
        target: (n,) 0 to 1.
        doubt: As in `StrikeModel`.

    Returns:
        Offset and slope per m.
    """
    from scipy.optimize import minimize

    def model(line: Floats) -> StrikeModel:
        slope = line[1] / UNIT_M
        return StrikeModel(line[0] - slope * MIDDLE_M, slope, doubt, *[np.nan] * 8)

    def loss(line: Floats) -> float:
        p = np.clip(model(line).rearfoot_p(advance, u), 1e-12, 1.0 - 1e-12)
        return float(0.5 * RIDGE * line[1] ** 2 - np.sum(target * np.log(p) + (1.0 - target) * np.log(1.0 - p)))

    tries = [minimize(loss, [0.0, slope], method="BFGS", jac="3-point", tol=1e-7) for slope in (-1.0, 2.0, 6.0)]
    best = model(min(tries, key=lambda result: float(result.fun)).x)
    return float(best.rearfoot_offset), float(best.rearfoot_per_m)


def fit_ratio(feet: Sequence[Foot]) -> tuple[float, float, float]:
    """Least squares of the rise of Fx/Fz on advance and speed: offset, slope per m, slope per m/s."""
    x = np.array([[1.0, foot.advance_m.mean(), foot.speed_m_s] for foot in feet])
    found = np.linalg.lstsq(x, np.array([foot.ratio.mean() for foot in feet]), rcond=None)[0]
    return float(found[0]), float(found[1]), float(found[2])


def held_out_residuals(feet: Sequence[Foot], subject: int) -> Floats:
    """What the rise of Fx/Fz of one runner's steps differs from that expected from the others, (steps,)."""
    offset, per_m, per_m_s = fit_ratio([foot for foot in feet if foot.subject != subject])
    mine = [foot for foot in feet if foot.subject == subject]
    return np.concatenate([foot.ratio - offset - per_m * foot.advance_m - per_m_s * foot.speed_m_s for foot in mine])


def hold_out(feet: Sequence[Foot], others: Sequence[Foot] | None = None) -> Judged:
    """Judge every runner by a model made without that runner.

    Args:
        feet: The feet to learn from.
        others: The same feet to judge, by default these: from other records, or measured by another rig.

    Returns:
        The verdicts.
    """
    judged = feet if others is None else others
    models = {subject: fit([f for f in feet if f.subject != subject]) for subject in {f.subject for f in feet}}
    told = [tell(foot, models[foot.subject]) for foot in judged]
    p, name, step_p, step_name = zip(*told, strict=True)
    return Judged(judged, np.array(p), np.array(name), list(step_p), list(step_name))


def tell(foot: Foot, model: StrikeModel) -> tuple[float, str, Floats, np.ndarray]:
    """What a model says of a foot and of its steps: probability and class of both."""
    speed = np.full(foot.advance_m.size, foot.speed_m_s)
    true, u = model.true_advance(foot.advance_m, foot.u_m, speed, foot.height_m)
    scale = model.stature_m / foot.stature_m
    advance, u = scale * true, scale * u
    p = model.rearfoot_p(advance, u)
    name, named_p = model.verdict(p, model.forefoot_share(advance, u))
    rows = {"rearfoot_p": p, "foot_strike": name, "foot_strike_p": named_p, "valid": np.ones(p.size, bool)}
    whole = foot_strike_of(rows, model)
    assert whole is not None
    return whole.rearfoot_p, whole.name, p, name


def source(model: StrikeModel, feet: Sequence[Foot]) -> str:
    """Text of analysis/foot_strike_model.py."""
    steps = sum(foot.advance_m.size for foot in feet)
    text = HEADER.format(feet=len(feet), runners=len({f.subject for f in feet}), steps=steps)
    numbers = {item.name: float(f"{getattr(model, item.name):.4g}") for item in fields(model) if item.name != "sure"}
    return text + "".join(f"    {name}={value!r},\n" for name, value in numbers.items()) + ")\n"


def main() -> None:
    """Fit, judge, write."""
    from foot_strike_report import write_report

    feet = read_feet(excerpts())
    text = source(fit(feet), feet)
    (ROOT / "analysis" / "foot_strike_model.py").write_text(text, encoding="utf-8")
    print(text)
    data = Path(os.environ.get("STANCE_DATA", "")) / "fukuchi2017"
    whole, blind = None, None
    if "STANCE_DATA" in os.environ and data.is_dir():
        whole = read_feet(whole_trials(data))
        blind = {height: read_feet(whole_trials(data), height) for height in HEIGHTS_M}
    write_report(feet, whole, blind, ROOT / "docs")


if __name__ == "__main__":
    sys.exit(main())
