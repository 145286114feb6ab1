"""Thirteen real runners at three speeds (Fukuchi, Fukuchi & Duarte 2017) against contacts and markers of others."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from accuracy_page import Row, barred, bounded, table
from foot_strike_data import Record, whole_trials
from foot_strike_data import excerpts as records_of_excerpts
from realdata import fukuchi as trials_of_excerpts
from running import G, analyse
from system import test_real_runners as real_runners
from system.chain import analyse_force

from analysis.bodyweight import weight_closure
from analysis.protocol import get_protocol
from analysis.setup import Runner, Setup
from analysis.steps import COLUMNS, StepTable
from analysis.wrench import COMPONENTS, FZ, force_belt

REASONS: dict[str, str] = {}
END_S = 0.25
"""At the ends of a record a contact may be cut."""
NEAR_S = 0.03
"""Middles of a step and its contact are no further apart."""
SPEEDS = (2.5, 3.5, 4.5)


@dataclass(frozen=True)
class Judged:
    """One trial against contacts that were found apart from this package, and against its markers.

    Attributes:
        record: The trial.
        steps: Rows of the step table.
        missed: Contacts without a step.
        invented: Steps without a contact.
        closure: Weight closure.
        right: (k,) whether each step's side is the markers'.
    """

    record: Record
    steps: StepTable
    missed: int
    invented: int
    closure: float
    right: np.ndarray

    @property
    def imbalance(self) -> float:
        """Mean propulsive over mean braking impulse, less 1."""
        use = self.steps["valid"]
        braking, propulsive = (np.nanmean(self.steps[name][use]) for name in IMPULSES)
        return float(propulsive / braking - 1.0)


IMPULSES = ("braking_impulse_BW_s", "propulsive_impulse_BW_s")


def judge(record: Record, **known: object) -> Judged:
    """Analyse one trial.

    Args:
        record: Excerpt or whole trial.
        known: Further fields of `Setup`.

    Returns:
        What came of it.
    """
    runner = Runner(mass_kg=record.mass_kg, stature_m=record.stature_m, belt_speed_m_s=record.speed_m_s)
    belt = force_belt({name: row for row, name in enumerate(COMPONENTS)})
    options = {"runner": runner, "two_mass": False, **known}
    setup = Setup(record.rate, 1e6, [belt], get_protocol(), record.mass_kg * G, **options)
    steps, pipeline = analyse(record.wrench, setup)
    middle = 0.5 * (steps["touchdown_s"] + steps["toe_off_s"])
    away = np.abs(record.middle_s[:, None] - middle)
    last = record.wrench.shape[1] / record.rate - END_S
    inner = (record.middle_s > END_S) & (record.middle_s < last)
    ours = (middle > END_S) & (middle < last)
    closure = weight_closure(pipeline.loads.impulse_Ns, pipeline.loads.time_s, pipeline.bw_N)
    return Judged(
        record, steps, int((away.min(axis=1) > NEAR_S)[inner].sum()), int((away.min(axis=0) > NEAR_S)[ours].sum()),
        closure, steps["side"] == record.side[away.argmin(axis=0)],
    )  # fmt: skip


def fukuchi(records: Sequence[Record]) -> list[str]:
    """All trials of Fukuchi, excerpts or whole."""
    judged = [judge(record) for record in records]
    right = np.concatenate([j.right for j in judged])
    unknown = np.concatenate([j.steps["side"] == "?" for j in judged])
    imbalance = 100.0 * np.abs([j.imbalance for j in judged])
    closure = np.array([j.closure for j in judged])
    held = np.array([abs(j.closure - _raw_closure(j)) for j in judged])
    rows = [
        bounded("steps missed", sum(j.missed for j in judged), 0, digits=0),
        bounded("steps invented", sum(j.invented for j in judged), 0, digits=0),
        bounded(
            "propulsive against braking impulse, median trial", float(np.median(imbalance)), 5.0, digits=1, unit="%"
        ),
        bounded("sides right against the foot markers", 100.0 * right.mean(), 99.5, digits=2, unit="%", least=True),
        bounded("closure against that of the raw force, largest", held.max(), 0.007, digits=4),
    ]
    steps = sum(j.steps.rows for j in judged)
    most = f"{np.quantile(imbalance, 0.9):.1f} %, {imbalance.max():.1f} %"
    facts = [
        ("trials, steps", f"{len(judged)}, {steps}"),
        ("steps that are not valid", str(sum(int((~j.steps["valid"]).sum()) for j in judged))),
        ("sides not told", str(int(unknown.sum()))),
        ("propulsive against braking impulse: trial in ten, worst trial", most),
        ("weight closure, all trials (the published masses do not quite close)",
         f"{closure.mean():.3f} ± {closure.std():.3f}, {closure.min():.3f} to {closure.max():.3f}"),
    ]  # fmt: skip
    return [*barred(("Fukuchi, 13 runners at 2.5, 3.5, 4.5 m/s", "found", "bar's limit"), rows, REASONS),
            *table(("besides", ""), facts)]  # fmt: skip


def _raw_closure(judged: Judged) -> float:
    """Closure of the unfiltered force over the same whole strides, its zero the median of all mid-flights."""
    record, steps = judged.record, judged.steps
    count, rate, force = (steps.rows - 1) // 2 * 2, record.rate, record.wrench[FZ]
    first, last = (round(steps["touchdown_s"][i] * rate) for i in (0, count))
    flights = [
        force[round((off + 0.25e-3 * ms) * rate) : round((off + 0.75e-3 * ms) * rate) + 1]
        for off, ms in zip(steps["toe_off_s"], steps["flight_time_ms"], strict=True)
        if not np.isnan(ms)
    ]
    zero = np.median(np.concatenate(flights))
    return float((force[first:last].mean() - zero) / (record.mass_kg * G))


def excerpts() -> list[str]:
    """The ten seconds of each trial that come with the project."""
    return fukuchi(list(records_of_excerpts()))


def whole(data: Path) -> list[str]:
    """The whole trials."""
    return fukuchi(list(whole_trials(data / "fukuchi2017")))


def chain() -> list[str]:
    """Each excerpt through virtual treadmills, against the same analysis of the force itself."""
    rows = []
    for rig, braking in real_runners.BRAKING_BAR.items():
        found = []
        for trial in trials_of_excerpts():
            truth = analyse_force(trial.wrench, trial.sample_rate_Hz, trial.mass_kg)
            with TemporaryDirectory() as folder:
                wrench, rate = trial.wrench, trial.sample_rate_Hz
                steps = real_runners.through_the_chain(Path(folder), wrench, rate, trial.mass_kg, rig)
            found.append(real_runners.compare(steps, truth))
        rows.append(_through(rig, found, braking))
    head = ("rig", "steps", "contact time, ms: trial, step", "active peak %: trial, step",
            "vertical impulse %: trial, step", "braking impulse %: trial, step", "bars")  # fmt: skip
    text = "Largest deviation of a trial's mean, and of a single step. No step missed, none invented. Bars: contact "
    return [
        *barred(head, rows, REASONS),
        text + "time 1 and 2 ms, active peak 0.5 % (trial), impulse 0.3 % (step), braking (trial).",
        "",
    ]


def _through(rig: str, found: list[dict[str, float]], braking: float) -> Row:
    worst = {name: max(float(f[name]) for f in found) for name in found[0]}
    pairs = [f"{worst['contact_mean_ms']:.2f}, {worst['contact_worst_ms']:.1f}"]
    names = ("active", "impulse", "braking")
    pairs += [f"{100 * worst[f'{name}_mean']:.2f}, {100 * worst[f'{name}_worst']:.2f}" for name in names]
    missed = sum(not real_runners.within_bars(f, rig) for f in found)
    steps = sum(int(f["steps"]) for f in found)
    cells = (str(steps), *pairs, f"braking {100 * braking:g} %")
    return Row(f"rig {rig}, 39 trials", cells, f"{missed} of {len(found)} trials" if missed else "")


def typical() -> list[str]:
    """What is usual: mean and SD over the runners of each runner's median, by speed, for every column of numbers."""
    judged = [judge(record, two_mass=True) for record in records_of_excerpts()]
    rows = []
    for column in COLUMNS:
        if column.kind != "float" or column.name in ("touchdown_s", "toe_off_s"):
            continue
        cells = [_usual([j.steps[column.name] for j in judged if j.record.speed_m_s == speed]) for speed in SPEEDS]
        if any(cells):
            rows.append((f"`{column.name}`", *(cell or "–" for cell in cells)))
    return table(("", *(f"{speed:g} m/s" for speed in SPEEDS)), rows)


def _usual(columns: Sequence[np.ndarray]) -> str:
    medians = np.array([np.nanmedian(values) for values in columns if not np.isnan(values).all()])
    return f"{medians.mean():.3g} ± {medians.std():.2g}" if medians.size else ""
