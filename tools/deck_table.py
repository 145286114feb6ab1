"""Accuracy tables of filters, soft decks and sample rates, as markdown: `python tools/deck_table.py > tables.md`.

The gates in `analysis/gates.py` and the page on accuracy come from these. Synthetic steps are the hard heel strike of
`tests/decks.py`; real ones are the 39 Fukuchi excerpts of the tests, put on decks that ring.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import decks  # noqa: E402
from realdata import Trial, fukuchi  # noqa: E402

from analysis.deck import compensated_taps, noise_gain  # noqa: E402
from analysis.filters import butterworth_taps, design_taps  # noqa: E402
from analysis.pipeline import Pipeline  # noqa: E402
from analysis.protocol import G, get_protocol  # noqa: E402
from analysis.setup import DeckModes, Mode, Setup  # noqa: E402
from analysis.steps import StepTable, join_tables  # noqa: E402
from analysis.wrench import COMPONENTS, force_belt  # noqa: E402
from rigs.deck import Deck, DeckMode  # noqa: E402
from rigs.waves import empty_in_flight  # noqa: E402

Floats = NDArray[np.float64]
RATE = 1000.0
LOW_PASS = design_taps(get_protocol(), RATE)
DAMPINGS = (0.02, 0.03, 0.05)
OFF = [(fn, zeta) for fn in (0.98, 1.0, 1.02) for zeta in (0.85, 1.0, 1.15)]
"""What a tap test may be wrong by: frequency, damping."""
SLOPES_HZ = 60.0
"""Real force is taken up to here: what lies above is the ringing of the plate that measured it."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a markdown table."""
    print("| " + " | ".join(head) + " |")
    print("| " + " | ".join("---:" for _ in head) + " |")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def signed(found: dict[str, float]) -> list[str]:
    """Changes of the metrics of `decks.METRICS`, % and ms."""
    return [f"{found[name]:+.1f}" for name in decks.METRICS]


def filters() -> None:
    """What low-passes do to a hard heel strike."""
    at = decks.touchdowns(20)
    raw = decks.force(at, RATE)[:: decks.OVERSAMPLING]
    rows = []
    for name, taps in [
        *((f"zero-lag 4th order, {fc} Hz", butterworth_taps(RATE, fc)) for fc in (15, 20, 25, 30, 40, 50, 60, 100)),
        ("P60-50/20", LOW_PASS),
    ]:
        smooth = decks.filtered(raw, taps)
        found = decks.change(decks.metrics(smooth, at, RATE), decks.metrics(raw, at, RATE))
        low = (decks.metrics(part, at, RATE, threshold_N=20.0)[:, 4].mean() for part in (smooth, raw))
        rows.append([name, *signed(found), f"{next(low) - next(low):+.1f}"])
    print("## Filters: hard heel strike, VALR 103 BW/s\n")
    head = ["impact peak %", "VALR %", "VILR %", "active peak %", "contact ms @50 N", "@20 N"]
    table(["low-pass", *head], rows)


def soft_decks() -> None:
    """What soft decks do to it, and what is left after compensation."""
    at = decks.touchdowns(60, jitter_s=0.02)
    fine = decks.force(at, RATE)
    truth = decks.metrics(fine[:: decks.OVERSAMPLING], at, RATE)
    rows = []
    for fn in (25, 35, 45, 60, 90):
        for zeta in DAMPINGS:
            felt = decks.rung(fine, RATE, fn, zeta)
            before = decks.change(decks.metrics(decks.filtered(felt, LOW_PASS), at, RATE), truth)
            after = [
                decks.change(decks.metrics(decks.filtered(felt, taps), at, RATE), truth)
                for taps in (compensated_taps(LOW_PASS, RATE, Mode(fn * a, zeta * b)) for a, b in OFF)
            ]
            gain = noise_gain(compensated_taps(LOW_PASS, RATE, Mode(fn, zeta))) / noise_gain(LOW_PASS)
            cells = [f"{before[m]:+.1f} → {max(abs(a[m]) for a in after):.1f}" for m in decks.METRICS]
            rows.append([f"{fn} Hz", f"{zeta:g}", *cells, f"{gain:.2f}"])
    print("## Soft decks: before → after compensation, worst of ±2 % in frequency with ±15 % in damping\n")
    print("Protocol P60-50/20 against the unfiltered force; uneven step times; noise relative to the low-pass alone.\n")
    table(["mode", "ζ", "impact peak %", "VALR %", "VILR %", "active peak %", "contact ms", "noise"], rows)


def rates() -> None:
    """What a slow ADC does to it."""
    at = decks.touchdowns(60, jitter_s=0.02)

    def sampled(rate: float) -> Floats:
        t = np.arange(round((at[-1] + 1.0) * rate)) / rate
        force = decks.hard_heel_strike(t - at[np.maximum(np.searchsorted(at, t) - 1, 0)])
        taps = design_taps(get_protocol(), rate)
        return np.asarray(decks.metrics(decks.filtered(force, taps), at, rate))

    truth = sampled(8000.0)
    rows = []
    for rate in (130.0, 150.0, 180.0, 200.0, 250.0, 300.0, 500.0, 1000.0, 2400.0):
        got = sampled(rate)
        scatter = np.std(got[:, 4] - truth[:, 4])
        rows.append([f"{rate:g} Hz", *signed(decks.change(got, truth)), f"{scatter:.2f}"])
    print("## Sample rate: P60-50/20 against the same at 8 kHz\n")
    table(["rate", "impact peak %", "VALR %", "VILR %", "active peak %", "contact ms", "its SD ms"], rows)


WATCHED = (
    "valr_BW_s", "vilr_BW_s", "impact_peak_BW", "hf_peak_BW", "active_peak_BW", "braking_peak_BW",
    "braking_impulse_BW_s", "propulsive_peak_BW",
)  # fmt: skip


def real_force(trial: Trial) -> Floats:
    """(6, n) of an excerpt at 8 kHz: zeroed, smooth, silent in flight."""
    from scipy.interpolate import CubicSpline

    rate = trial.sample_rate_Hz
    zero = np.median(trial.wrench[:, trial.wrench[2] < 25.0], axis=1, keepdims=True)
    taps = butterworth_taps(rate, SLOPES_HZ)
    smooth = np.array([np.convolve(row, taps, mode="same") for row in trial.wrench - zero])
    t = np.arange(smooth.shape[1]) / rate
    fine = np.arange(int(t[-1] * 8 * RATE)) / (8 * RATE)
    return np.asarray(CubicSpline(t, empty_in_flight(smooth, rate), axis=1)(fine))


def steps(wrench: Floats, mass_kg: float, modes: DeckModes | None) -> StepTable:
    """Step table of a force at RATE."""
    belt = force_belt({name: row for row, name in enumerate(COMPONENTS)})
    pipeline = Pipeline(Setup(RATE, 1e6, [belt], get_protocol(), mass_kg * G, deck=modes))
    count = wrench.shape[1]
    tick = np.arange(count) * 1000
    out = pipeline.feed(wrench.T, tick, np.zeros(count, np.uint8))
    return join_tables([out.steps, pipeline.finish()])


def felt_by_cells(fine: Floats, fn: float) -> Floats:
    """(6, n) at RATE: the force behind a mode of 3 % damping on every axis."""
    deck = Deck((DeckMode(fn, 0.03),) * 3, RATE)
    usable = fine.shape[1] // 8 * 8
    step = 8 // deck.factor
    return deck.feed(fine[None, :, :usable:step])[0]


def real_runners() -> None:
    """What soft decks do to thirteen real runners, and what is left after compensation off by 2 %."""
    trials = [(trial, real_force(trial)) for trial in fukuchi()]
    truths = [steps(fine[:, ::8], trial.mass_kg, None) for trial, fine in trials]
    rows = []
    for fn in (35.0, 45.0, 50.0, 60.0, 75.0, 90.0, 120.0):
        mode = Mode(1.02 * fn, 0.0345)
        for name, modes in (("no", None), ("yes", DeckModes(mode, mode, mode, identified=True))):
            if modes is not None and mode.natural_frequency_Hz >= 120.0:
                continue
            got = [steps(felt_by_cells(fine, fn), trial.mass_kg, modes) for trial, fine in trials]
            rows.append([f"{fn:g} Hz", name, *_compared(got, truths)])
    print("## Soft decks under real runners: 39 trials, ζ 0.03; compensation 2 % off in frequency, 15 % in damping\n")
    print("Median and 90th percentile over the trials of the absolute change of a trial's mean.\n")
    head = ["trials miscounted", "contact ms", *(name.rsplit("_BW", 1)[0] + " %" for name in WATCHED)]
    table(["modes", "compensated", *head], rows)


def _compared(got: list[StepTable], truths: list[StepTable]) -> list[str]:
    """Miscounted trials, and the change of each metric in those that have any step left."""
    miscounted = sum(a.rows != b.rows for a, b in zip(got, truths, strict=True))

    def means(name: str) -> Floats:
        pairs = [(a[name], b[name]) for a, b in zip(got, truths, strict=True)]
        seen = [(a, b) for a, b in pairs if not (np.isnan(a).all() or np.isnan(b).all())]
        return np.array([(np.nanmean(a), np.nanmean(b)) for a, b in seen]).T

    contact, true_contact = means("contact_time_ms")
    cells = [str(miscounted), _spread(np.abs(contact - true_contact))]
    for name in WATCHED:
        found, true = means(name)
        cells.append(_spread(100.0 * np.abs(found / true - 1.0)))
    return cells


def _spread(values: Floats) -> str:
    return f"{np.median(values):.1f} / {np.quantile(values, 0.9):.1f}"


if __name__ == "__main__":
    filters()
    soft_decks()
    rates()
    real_runners()
