"""Figures and the picture of docs/foot-strike.md."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from fit_foot_strike import Judged, fit, hold_out
from foot_strike_data import FOREFOOT_DEG, REARFOOT_DEG, Foot
from foot_strike_scores import (
    PERMUTATIONS,
    interval,
    of_feet,
    of_steps,
    one_number,
    permutation_p,
    recalibrated,
    score,
    subjects,
    threshold,
)

BINS = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
CLASSES = ("rearfoot", "midfoot", "forefoot")
VERDICTS = (*CLASSES, "uncertain")
STATURE_M = 1.75
"""To compare the scaled advance with others; the model's own is the runners' mean."""


def write_report(
    feet: Sequence[Foot], whole: Sequence[Foot] | None, blind: dict[float, list[Foot]] | None, docs: Path
) -> None:
    """Put figures between the marks of docs/foot-strike.md, and draw the reliability curve.

    Args:
        feet: From the excerpts.
        whole: From the whole trials, or None: what is told of them then stays.
        blind: By belt height, m, the same on rigs that do not measure fore-aft force; or None.
        docs: Folder.
    """
    page = docs / "foot-strike.md"
    text = page.read_text(encoding="utf-8")
    blocks = {"excerpts": judge(feet, feet)}
    if whole is not None and blind is not None:
        blocks["trials"] = judge(feet, whole)
        blocks["blind"] = judge_blind(feet, whole, blind)
        draw(hold_out(feet, whole), docs / "img" / "foot_strike_reliability.svg")
    for name, lines in blocks.items():
        before, after = text.split(f"<!-- {name} -->\n"), text.split(f"<!-- end of {name} -->\n")
        text = before[0] + f"<!-- {name} -->\n" + "\n".join(lines) + f"\n<!-- end of {name} -->\n" + after[1]
    page.write_text(text, encoding="utf-8")


def judge(feet: Sequence[Foot], others: Sequence[Foot]) -> list[str]:
    """All figures of one set of records, learned on the excerpts of the other runners; lines of Markdown."""
    judged = hold_out(feet, others)
    return [
        *_headline(feet, judged),
        *_thresholds(judged),
        *_confusion(judged),
        *_disagreements(judged),
        *_reliability(feet, judged),
        *_checks(feet, judged),
    ]


def _headline(feet: Sequence[Foot], judged: Judged) -> list[str]:
    by_foot, by_step = of_feet(judged), of_steps(judged)
    foot, step = score(*by_foot), score(*by_step)
    seen = score(*of_feet(_in_sample(feet, judged)))
    lines = ["", "| | feet | steps | feet, runner not held out |", "| --- | --- | --- | --- |"]
    lines.append(f"| number | {by_foot[0].size} | {by_step[0].size} | {by_foot[0].size} |")
    rows = (
        ("uncertain", "uncertain", "{:.1%}"),
        ("verdict right where label and markers agree", "right_agreed", "{:.1%}"),
        ("(verdicts that this is about)", "agreed", "{}"),
        ("verdict right, all", "right", "{:.1%}"),
        ("likelier side right, all", "forced", "{:.1%}"),
        ("Brier score", "brier", "{:.4f}"),
        ("Brier score where label and markers agree", "brier_agreed", "{:.4f}"),
        ("log loss", "log_loss", "{:.3f}"),
    )
    for title, name, form in rows:
        lines.append("| " + " | ".join([title, *(form.format(getattr(s, name)) for s in (foot, step, seen))]) + " |")
    p, named, label, _ = by_foot
    who, right = subjects(judged), (p > 0.5) == label
    lines.append("")
    for title, low, high in (
        ("verdict right, all feet", *interval(lambda i: float(right[i][named[i]].mean()), who)),
        ("likelier side right, all feet", *interval(lambda i: float(right[i].mean()), who)),
    ):
        lines.append(f"95 % interval by bootstrap over runners, {title}: {low:.1%} to {high:.1%}.")
    return lines


def _in_sample(feet: Sequence[Foot], judged: Judged) -> Judged:
    from fit_foot_strike import tell

    model = fit(feet)
    told = [tell(foot, model) for foot in judged.feet]
    p, name, step_p, step_name = zip(*told, strict=True)
    return Judged(judged.feet, np.array(p), np.array(name), list(step_p), list(step_name))


def _thresholds(judged: Judged) -> list[str]:
    lines = ["", "Brier score of the best single threshold on COP travel (feet), to be beaten by the one above:", ""]
    lines += ["| COP travel | threshold | runners held out | the same, telling rates | chosen on all feet |"]
    lines += ["| --- | --- | --- | --- | --- |"]
    for title, name in (("of the pipeline, `cop_travel_mm`", "cop_travel_mm"), ("of the unfiltered samples", None)):
        rows = [foot.columns[name] if name else foot.raw_travel_mm for foot in judged.feet]
        best = threshold(np.array([np.nanmean(row) for row in rows]), judged.feet)
        lines.append(f"| {title} | {best.at:.0f} mm | {best.held_out:.4f} | {best.rates:.4f} | {best.seen:.4f} |")
    return lines


def _confusion(judged: Judged) -> list[str]:
    label = np.array([foot.label.lower() for foot in judged.feet])
    angle = np.array([foot.median_angle_deg for foot in judged.feet])
    sizes = [x.size for x in judged.step_p]
    step_name, step_angle = np.concatenate(judged.step_name), np.concatenate([f.angle_deg for f in judged.feet])
    parts = (
        ("Feet: published label", label, "verdict", judged.name, VERDICTS),
        ("Feet: marker strike angle", by_angle(angle), "verdict", judged.name, VERDICTS),
        ("Feet: published label", label, "marker strike angle", by_angle(angle), CLASSES),
        ("Steps: published label of the foot", np.repeat(label, sizes), "verdict", step_name, VERDICTS),
        ("Steps: marker strike angle", by_angle(step_angle), "verdict", step_name, VERDICTS),
    )
    lines = []
    for down, true, across, told, columns in parts:
        lines += ["", f"| {down} ↓, {across} → | " + " | ".join(columns) + " |", "| --- |" + " --- |" * len(columns)]
        for row in CLASSES:
            counts = [str(int(np.sum((true == row) & (told == column)))) for column in columns]
            lines.append(f"| {row} | " + " | ".join(counts) + " |")
    return lines


def by_angle(angle: np.ndarray) -> np.ndarray:
    """Class by strike angle: above 8° rearfoot, below 0° forefoot, between midfoot; "" where it is not known."""
    ball = np.where(angle < FOREFOOT_DEG, "forefoot", np.where(np.isnan(angle), "", "midfoot"))
    return np.where(angle > REARFOOT_DEG, "rearfoot", ball)


def _disagreements(judged: Judged) -> list[str]:
    lines = [
        "",
        "Feet whose label and marker strike angle disagree on rearfoot or not, or that are told otherwise:",
        "",
    ]
    lines += ["| trial | foot | label | strike angle | advance | P(rearfoot), held out | verdict |"]
    lines += ["| --- | --- | --- | --- | --- | --- | --- |"]
    for foot, p, name in zip(judged.feet, judged.p, judged.name, strict=True):
        if not foot.agree or (p > 0.5) != foot.rearfoot or name == "uncertain":
            cells = (foot.trial, foot.side, foot.label, f"{foot.median_angle_deg:.1f}°")
            lines.append("| " + " | ".join((*cells, f"{1e3 * foot.advance_m.mean():.0f} mm", f"{p:.2f}", name)) + " |")
    return lines


def _reliability(feet: Sequence[Foot], judged: Judged) -> list[str]:
    again = recalibrated(feet, judged)
    p, named, label, agree = of_feet(judged)
    lines = ["", "Reliability (P told, runners held out, against the published label):", ""]
    lines += ["| P(rearfoot) | feet | mean P | labelled rearfoot | steps | mean P | labelled rearfoot | heel first |"]
    lines += ["| --- | --- | --- | --- | --- | --- | --- | --- |"]
    steps, _, step_label, _ = of_steps(judged)
    heel = np.concatenate([foot.angle_deg for foot in judged.feet]) > REARFOOT_DEG
    for low, high in pairwise(BINS):
        a, b = (p >= low) & (p < high), (steps >= low) & (steps < high)
        lines.append(
            f"| {low:g} to {high:g} | {a.sum()} | {_mean(p[a])} | {_mean(label[a])} | {b.sum()} | {_mean(steps[b])} | "
            f"{_mean(step_label[b])} | {_mean(heel[b])} |"
        )
    second = score(again, named, label, agree)
    how = "Recalibrated inside the folds (a second logistic regression, on runners held out of each training set)"
    return [*lines, "", f"{how}: Brier score {second.brier:.4f}, log loss {second.log_loss:.3f}."]


def _mean(values: np.ndarray) -> str:
    return f"{values.mean():.2f}" if values.size else "–"


def _checks(feet: Sequence[Foot], judged: Judged) -> list[str]:
    angle, advance = (np.array([f(foot) for foot in judged.feet]) for f in (lambda f: f.median_angle_deg, _advance))
    inside = [np.corrcoef(foot.angle_deg[ok], foot.advance_m[ok])[0, 1]
              for foot in judged.feet if (ok := ~np.isnan(foot.angle_deg)).sum() > 10]  # fmt: skip
    others = {
        "COP travel": [1e-3 * np.nanmean(f.columns["cop_travel_mm"]) for f in judged.feet],
        "advance scaled by stature": [f.advance_m.mean() * STATURE_M / f.stature_m for f in judged.feet],
        "advance as measured": [f.advance_m.mean() for f in judged.feet],
    }
    told = ", ".join(f"{name} {one_number(np.array(value), judged.feet):.4f}" for name, value in others.items())
    lines = [
        "",
        f"The advance follows the strike angle: r = {np.corrcoef(angle, advance)[0, 1]:.2f} between feet, median "
        f"{np.median(inside):.2f} between the steps of a foot.",
        f"The same regression (doubt 0.05, noise unknown) on one number, Brier score with runners held out: {told}.",
    ]
    if judged.feet is feet:
        p, best = permutation_p(feet)
        lines.append(
            f"With the runners' labels exchanged at random {PERMUTATIONS} times, the best Brier score was {best:.3f} "
            f"(share as good as the true one: {p:.3f})."
        )
    return lines


def _advance(foot: Foot) -> float:
    return float(foot.advance_m.mean())


def judge_blind(feet: Sequence[Foot], whole: Sequence[Foot], blind: dict[float, list[Foot]]) -> list[str]:
    """Figures on rigs that do not measure fore-aft force, with and without taking the expected bias out."""
    head = "| rig | uncertain | right where label and markers agree | right, all | likelier side right | Brier score |"
    lines = ["", head, "| --- | --- | --- | --- | --- | --- |"]
    rigs = {"fore-aft force measured": list(whole)}
    for height, tilted in blind.items():
        rigs[f"not measured, h = {height:g} m"] = tilted
        rigs[f"the same, bias left in: h = {height:g} m taken for 0"] = [replace(foot, height_m=0.0) for foot in tilted]
    for title, others in rigs.items():
        s = score(*of_feet(hold_out(feet, others)))
        cells = (f"{s.uncertain:.1%}", f"{s.right_agreed:.1%}", f"{s.right:.1%}", f"{s.forced:.1%}", f"{s.brier:.4f}")
        lines.append("| " + " | ".join((title, *cells)) + " |")
    return lines


def draw(judged: Judged, path: Path) -> None:
    """Draw the reliability curve of feet and of steps."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "foot strike"
    figure = Figure(figsize=(8.0, 4.2), layout="constrained")
    p, _, label, _ = of_feet(judged)
    steps, _, step_label, _ = of_steps(judged)
    panels = (("feet", p, label, subjects(judged)), ("steps", steps, step_label, subjects(judged, steps=True)))
    for axes, (title, told, true, who) in zip(figure.subplots(1, 2), panels, strict=True):
        axes.plot([0, 1], [0, 1], color="0.7", lw=1, zorder=1)
        for low, high in pairwise(BINS):
            inside = (told >= low) & (told < high)
            if not inside.any():
                continue
            x, y = told[inside].mean(), true[inside].mean()
            ends = interval(lambda i, inside=inside, true=true: _rate(true[i][inside[i]]), who)
            axes.plot([x, x], ends, color="#1f5a99", lw=1.2)
            axes.plot(x, y, "o", color="#1f5a99", ms=5)
            axes.annotate(f"{inside.sum()}", (x, y), (6, -11), textcoords="offset points", fontsize=8)
        axes.set(
            title=f"{told.size} {title}", xlabel="P(rearfoot) told, runner held out", xlim=(0, 1), ylim=(-0.03, 1.03)
        )
        axes.set_ylabel("share labelled rearfoot")
        axes.set_aspect("equal")
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None})


def _rate(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")
