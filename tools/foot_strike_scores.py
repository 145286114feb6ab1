"""Scores of held-out foot strikes: accuracy, Brier score, intervals over runners, thresholds to be beaten."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from fit_foot_strike import Judged, hold_out, logistic
from foot_strike_data import REARFOOT_DEG, Foot

Floats = np.ndarray
BOOTSTRAPS = 10_000
PERMUTATIONS = 200
RATES_FLOOR = 0.5
"""Feet added to each side of a threshold before its rates are counted, so that no rate is 0 or 1."""


@dataclass(frozen=True)
class Score:
    """How well probabilities of rearfoot do.

    Attributes:
        uncertain: Share without a verdict.
        right: Share of the verdicts that are right …
        right_agreed: … and where label and markers agree; `agreed` verdicts are that.
        agreed: Their number.
        forced: Share right if every one were named by the likelier side.
        brier: Mean squared error of the probability.
        brier_agreed: The same where label and markers agree.
        log_loss: Mean −log of the probability given to what the label says.
    """

    uncertain: float
    right: float
    right_agreed: float
    agreed: int
    forced: float
    brier: float
    brier_agreed: float
    log_loss: float


def score(p: Floats, named: np.ndarray, label: np.ndarray, agree: np.ndarray) -> Score:
    """Score probabilities.

    Args:
        p: (n,) probability of rearfoot.
        named: (n,) whether there is a verdict.
        label: (n,) whether it is rearfoot.
        agree: (n,) whether label and markers agree.

    Returns:
        The scores.
    """
    right, both = (p > 0.5) == label, named & agree
    error = (p - label) ** 2
    loss = -np.log(np.where(label, p, 1.0 - p).clip(1e-12))
    return Score(
        float(1.0 - named.mean()),
        float(right[named].mean()),
        float(right[both].mean()),
        int(both.sum()),
        float(right.mean()),
        float(error.mean()),
        float(error[agree].mean()),
        float(loss.mean()),
    )


def of_feet(judged: Judged) -> tuple[Floats, np.ndarray, np.ndarray, np.ndarray]:
    """What `score` takes, foot by foot."""
    label, agree = (np.array([getattr(foot, name) for foot in judged.feet]) for name in ("rearfoot", "agree"))
    return judged.p, judged.name != "uncertain", label, agree


def of_steps(judged: Judged) -> tuple[Floats, np.ndarray, np.ndarray, np.ndarray]:
    """The same step by step, each with its own strike angle; steps without markers count as in disagreement."""
    p, name, angle = (np.concatenate(x) for x in (judged.step_p, judged.step_name, [f.angle_deg for f in judged.feet]))
    label = np.repeat([foot.rearfoot for foot in judged.feet], [x.size for x in judged.step_p])
    return p, name != "uncertain", label, ~np.isnan(angle) & ((angle > REARFOOT_DEG) == label)


def subjects(judged: Judged, *, steps: bool = False) -> np.ndarray:
    """Runner of each foot, or of each step."""
    who = np.array([foot.subject for foot in judged.feet])
    return np.repeat(who, [x.size for x in judged.step_p]) if steps else who


def interval(measure: Callable[[np.ndarray], float], who: np.ndarray) -> tuple[float, float]:
    """95 % interval by bootstrap over runners.

    Args:
        measure: Takes the numbers of the feet drawn.
        who: (n,) runner of each foot.

    Returns:
        2.5 and 97.5 % quantiles.
    """
    rng = np.random.default_rng(2017)
    of = [np.flatnonzero(who == subject) for subject in np.unique(who)]
    draws = rng.integers(0, len(of), (BOOTSTRAPS, len(of)))
    values = [measure(np.concatenate([of[i] for i in draw])) for draw in draws]
    low, high = np.nanquantile(values, [0.025, 0.975])
    return float(low), float(high)


@dataclass(frozen=True)
class Threshold:
    """A single threshold, to be beaten.

    Attributes:
        at: The one with the fewest errors over all feet (middle of those equally good).
        seen: Its share of errors, so its Brier score as a yes or no, on the very feet that chose it.
        held_out: The same with each runner's threshold chosen on the others.
        rates: Brier score if it tells the share of rearfoot on its side among the others instead of yes or no.
    """

    at: float
    seen: float
    held_out: float
    rates: float


def threshold(value: Floats, feet: Sequence[Foot]) -> Threshold:
    """Find and judge the best threshold of one number per foot."""
    label, who = np.array([foot.rearfoot for foot in feet]), np.array([foot.subject for foot in feet])
    hard, soft = np.zeros(value.size), np.zeros(value.size)
    for subject in np.unique(who):
        rest, mine = who != subject, who == subject
        best = _best_threshold(value[rest], label[rest])
        hard[mine] = value[mine] > best
        for side in (False, True):
            there = label[rest][(value[rest] > best) == side]
            rate = (there.sum() + RATES_FLOOR) / (there.size + 2 * RATES_FLOOR)
            soft[mine & ((value > best) == side)] = rate
    best = _best_threshold(value, label)
    seen = float(np.mean((value > best) != label))
    return Threshold(best, seen, float(np.mean((hard - label) ** 2)), float(np.mean((soft - label) ** 2)))


def _best_threshold(value: Floats, label: np.ndarray) -> float:
    order = np.sort(value)
    middle = 0.5 * (order[1:] + order[:-1])
    wrong = np.array([np.sum((value > at) != label) for at in middle])
    return float(middle[wrong == wrong.min()].mean())


def permutation_p(feet: Sequence[Foot]) -> tuple[float, float]:
    """How often runners with each other's labels are told as well.

    Args:
        feet: The feet, each runner's in the same order.

    Returns:
        Share of `PERMUTATIONS` (and the truth) with a Brier score as good, and the best Brier score among them.
    """
    rng = np.random.default_rng(2017)
    who = np.array([foot.subject for foot in feet])
    label = np.array([foot.rearfoot for foot in feet])
    advance, u = (np.array([getattr(foot, name).mean() for foot in feet]) for name in ("advance_m", "u_m"))
    rows = np.stack([np.flatnonzero(who == subject) for subject in np.unique(who)])
    scores = []
    for number in range(PERMUTATIONS + 1):
        order = rng.permutation(len(rows)) if number else np.arange(len(rows))
        target = np.empty(label.size)
        target[rows] = label[rows[order]]
        scores.append(float(np.mean((_held_out_p(advance, u, target, who) - target) ** 2)))
    return float(np.mean(np.array(scores) <= scores[0])), min(scores[1:])


def _held_out_p(value: Floats, u: Floats, target: Floats, who: np.ndarray, doubt: float = 0.05) -> Floats:
    from analysis.strike_model import StrikeModel

    p = np.empty(value.size)
    for subject in np.unique(who):
        rest = who != subject
        line = logistic(value[rest], u[rest], target[rest], doubt)
        p[~rest] = StrikeModel(*line, doubt, *[np.nan] * 8).rearfoot_p(value[~rest], u[~rest])
    return p


def one_number(value: Floats, feet: Sequence[Foot]) -> float:
    """Brier score, runners held out, of the same regression on another number per foot, m."""
    who, label = np.array([foot.subject for foot in feet]), np.array([foot.rearfoot for foot in feet], float)
    return float(np.mean((_held_out_p(value, np.zeros(value.size), label, who) - label) ** 2))


def recalibrated(feet: Sequence[Foot], judged: Judged) -> Floats:
    """Probabilities after a second logistic regression on those that held-out runners got inside each training set.

    Args:
        feet: The feet to learn from.
        judged: Verdicts by the usual models, to be recalibrated.

    Returns:
        (n,) probability of rearfoot.
    """
    from scipy.optimize import minimize

    def odds(p: Floats) -> Floats:
        return np.log(p / (1.0 - p))

    out = np.empty(judged.p.size)
    for subject in np.unique(subjects(judged)):
        rest = [foot for foot in feet if foot.subject != subject]
        inner = hold_out(rest)
        x, y = odds(inner.p), np.array([foot.rearfoot for foot in rest], float)

        def loss(line: Floats, x: Floats = x, y: Floats = y) -> float:
            z = line[0] + line[1] * x
            return float(np.sum(np.logaddexp(0.0, z) - y * z))

        line = minimize(loss, [0.0, 1.0], method="BFGS").x
        mine = subjects(judged) == subject
        out[mine] = 1.0 / (1.0 + np.exp(-(line[0] + line[1] * odds(judged.p[mine]))))
    return out
