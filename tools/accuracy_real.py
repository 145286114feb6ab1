"""Real runners with a truth: Davis, Alcantara 2022, the dryft sample, Fukuchi 2017."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from accuracy_page import Row, barred, bounded, mean_sd, table

# isort: split
import alcantaradata
import test_alcantara
import test_davis
import test_dryft
from batches import batch_of, wrench_of
from running import analyse, one_belt

from analysis.filters import design_taps
from analysis.protocol import get_protocol
from analysis.timing import contact_ms
from analysis.wrench import FZ

DAVIS = ("contacts", "contact time at 30 N, ms", "steps per minute")
REASONS: dict[str, str] = {}
END_S = 0.25
"""At the ends of a record a contact may be cut."""
BEGIN_S, LAST_S = 0.05, 4.90
"""A record of 4.96 s loses 20 ms at either end to the low-pass, and the flight around a contact must be seen."""
NEAR_S = 0.03
"""Middles of a step and its contact are no further apart."""


def davis() -> list[str]:
    """The committed 26 steps of Davis, twice round."""
    steps, _ = test_davis.twice()
    inner = steps.select(np.arange(26) + 13)
    rows = [
        ("published, whole trial", "29", "246.7 ± 3.5", "176.2"),
        ("26 steps that come with the project, one round of the loop", inner.rows,
         mean_sd(inner["contact_time_30N_ms"], 1), f"{np.median(inner['cadence_spm']):.1f}"),
    ]  # fmt: skip
    return table(("Davis, 2400 Hz", *DAVIS), rows)


def davis_whole(data: Path) -> list[str]:
    """The whole trial."""
    folder = data / "davis_bertec"
    fz = -sum(np.loadtxt(folder / f"JDX_S999_run_0021_f_{belt}.tsv", skiprows=27)[:, 4] for belt in (1, 2))
    run = replace(one_belt(2400.0, 812.5), contact_levels=("30N",))
    smooth = np.convolve(fz, design_taps(run.protocol, 2400.0), "valid")
    fixed = contact_ms(batch_of(wrench_of(Fz=smooth + 18.2), run), 30.0)
    fixed = fixed[~np.isnan(fixed)]
    steps, _ = analyse(fz, run)
    own = steps["contact_time_30N_ms"]
    cadence = f"{np.nanmedian(steps['cadence_spm']):.1f}"
    known = Row("published", ("29", "246.7 ± 3.5", "176.2", "–"), judged=False)
    rows = [
        known,
        _davis("one baseline of −18.2 N, as published", fixed, cadence, 0.3),
        _davis("each flight's own zero, as in any session", own, cadence, 1.5),
    ]
    text = [
        "Each flight's own zero lies 2.5 N below the published baseline, and contact at 30 N is 1.1 ms longer for it.",
        "",
    ]
    return [*barred(("Davis, whole trial", *DAVIS, "tolerance of the mean, ms"), rows, REASONS), *text]


def _davis(name: str, contact: np.ndarray, cadence: str, allowed: float) -> Row:
    off = abs(contact.mean() - 246.7)
    missed = "" if off <= allowed and contact.size == 29 else f"{off:.1f} ms"
    return Row(name, (str(contact.size), mean_sd(contact, 1), cadence, f"± {allowed:g}"), missed)


def alcantara() -> list[str]:
    """Event counts of the 16 trials, and means against the paper."""
    rows, total = [], [0, 0, 0, 0, 0]
    for trial in test_alcantara.TRIALS:
        counts = _counts(trial)
        total = [a + b for a, b in zip(total, counts, strict=True)]
        share = np.mean(~np.isnan(test_alcantara.table(trial)["impact_peak_BW"]))
        rows.append((trial.name, *counts, f"{100 * share:.0f} %", f"{trial.rearfoot_pct:.0f} %"))
    rows.append(("all", *total, "", ""))
    head = ("trial", "contacts (55/22 N)", "found", "missed", "invented", "invented by 5 % BW alone",
            "with impact peak", "rearfoot, by accelerometer")  # fmt: skip
    found = bounded("steps invented in 16 trials", total[3], 0, digits=0)
    missed = bounded("steps missed that lie whole in their record, 50 ms from its ends", total[2], 0, digits=0)
    means = [row for slope in test_alcantara.SLOPES for row in _against_paper(slope)]
    return [
        *table(head, rows),
        *barred(("bar", "found", "limit"), [found, missed], REASONS),
        "Means of this one runner under the paper's definitions (`Z30-5pctBW`; the force had been low-passed at 30 Hz",
        "already, so ours of 60 Hz is used on top) beside the paper's 19 runners; the bar is their SD.",
        *barred(("slope, quantity", "found", "paper, mean ± SD", "difference ÷ SD"), means, REASONS),
    ]


def _counts(trial: alcantaradata.Trial) -> list[int]:
    """Contacts by two thresholds, found, missed, invented, and invented by one threshold."""
    rate = trial.sample_rate_Hz
    real = test_alcantara.hysteresis(trial.force_N)
    steps = test_alcantara.table(trial)
    middle = 0.5 * (steps["touchdown_s"] + steps["toe_off_s"])
    away = np.abs((real / rate).mean(axis=1)[:, None] - middle)
    inner = (real[:, 0] / rate > BEGIN_S) & (real[:, 1] / rate < LAST_S)
    bare = test_alcantara.bare(trial.force_N, 0.05 * trial.bw_N)
    meets = (bare[:, :1] < real[:, 1]) & (bare[:, 1:] > real[:, 0])
    missed, invented = (away.min(axis=1) >= 0.015) & inner, away.min(axis=0) >= 0.015
    return [len(real), steps.rows, int(missed.sum()), int(invented.sum()), int((~meets.any(axis=1)).sum())]


def _against_paper(slope: float) -> list[Row]:
    paper = test_alcantara.published()[slope]
    mine = [test_alcantara.table(t, test_alcantara.PAPER) for t in test_alcantara.TRIALS if t.slope_deg == slope]

    def mean(column: str) -> float:
        return float(np.mean([np.nanmean(steps[column]) for steps in mine]))

    rows = []
    for title, value, (middle, sd), digits in (
        ("contact time, ms", mean("contact_time_ms"), paper.contact_ms, 0),
        ("vertical impulse, BW·s", mean("vertical_impulse_BW_s"), paper.impulse_bws, 2),
        ("active peak, BW", mean("active_peak_BW"), paper.active_peak_bw, 2),
        ("rate of the first 25 ms, BW/s", mean("valr_25_BW_s"), paper.loading_rate_bws, 1),
        ("step frequency, Hz", 1e3 / mean("step_time_ms"), paper.step_freq_hz, 2),
    ):
        off = (value - middle) / sd
        cells = (f"{value:.{digits}f}", f"{middle:.{digits}f} ± {sd:.{digits}f}", f"{off:+.2f}")
        rows.append(Row(f"{slope:+.0f}°, {title}", cells, "" if abs(off) <= 1.0 else f"{off:+.2f} SD"))
    return rows


def dryft() -> list[str]:
    """What is left in stance of an artificial drift of 112 N in 30 s on a real runner, and R1's event times."""
    true = test_dryft.filtered(test_dryft.TRIAL.true_N)[FZ]
    inside, zeroed = test_dryft.in_stance(), test_dryft.zeroed()
    left, before = (zeroed - true)[inside], (test_dryft.filtered(test_dryft.TRIAL.drifted_N)[FZ] - true)[inside]
    found = test_dryft.flights()
    means = [zeroed[a : a + n].mean() for a, n in zip(found.first, found.count, strict=True)]
    rows = [bounded("force left in stance, SD", left.std(), 1.45, digits=2, unit="N")]
    facts = [
        ("drift in stance before, SD", f"{before.std():.1f} N", "–"),
        ("force left in stance, mean (the truth has its own offset of 1 N in flight)", f"{left.mean():+.2f} N", "–"),
        (f"mid-flight, {len(means)} flights", f"{np.mean(means):+.2f} ± {np.std(means):.2f} N", "−0.01 ± 0.09 N"),
    ]
    setup = replace(one_belt(test_dryft.RATE, bw=test_dryft.BW), protocol=get_protocol("Z50-20"))
    setup = replace(setup, contact_levels=("25N", "50N"))
    steps, _ = analyse(test_dryft.TRIAL.drifted_N, setup)
    times = [("steps", str(steps.rows), "77")]
    for level, known in (("20N", "288.7 ± 5.8"), ("25N", "286.1 ± 5.4"), ("50N", "276.5 ± 5.2")):
        times.append((f"contact time at {level[:-1]} N, ms", mean_sd(steps[f"contact_time_{level}_ms"], 1), known))
    times.append(("cadence, 1/min", f"{np.nanmean(steps['cadence_spm']):.1f}", "156.8"))
    times.append(("active peak, N", mean_sd(steps["active_peak_N"], 1), "1344.7 ± 37.3"))
    return [
        *barred(("dryft sample", "found", "limit: what the dryft package leaves"), rows, REASONS),
        *table(("dryft sample, 300 Hz", "found", "published"), facts),
        *table(("the drifted trial under `Z50-20`", "found", "known"), times),
    ]
