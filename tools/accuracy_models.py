"""Two-mass fit on steps of known limb impulse; walking on walkers whose feet are known; soft decks."""

import io
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import numpy as np
from accuracy_page import Row, barred

# isort: split
import deck_table
import decks
import test_deck_filter
import test_two_mass as limb
import test_walking as walks
from accuracy_ways import of_records, play
from running import G, analyse
from system import test_deck_compensation as compensation
from system.chain import write_csv
from walkers import Scene, Walker, one_deck

from analysis import two_mass
from analysis.deck import compensated_taps
from analysis.setup import Mode
from analysis.two_mass import two_mass_columns
from analysis.wrench import FZ

REASONS = {
    "two-mass fit, forefoot strike": "5 % is what the specification names for a forefoot step of its own, whose "
    "parameters it does not give. So long and weak an impact (57.5 ms of 225) is hardly apart from the body's rise.",
}
MOST_BIAS, MOST_SD = 1.0, 5.0
"""Of J1, % (metrics specification 5.3)."""
COARSE = (1, 8, 19, 38)
"""Real trials on which the resampling is tried."""


def recovery() -> list[str]:
    """What the fit finds of limb impulses that are known, in 10 N of noise."""
    rows = []
    for kind, (_, _, J1, dt1, *_) in limb.KINDS.items():
        columns = two_mass_columns(limb.noisy(kind, 300), {})
        found, u = columns["two_mass_J1_BW_s"][limb.INNER], columns["u_two_mass_J1_BW_s"][limb.INNER]
        late = columns["two_mass_dt1_ms"][limb.INNER]
        bias, sd = 100.0 * (np.nanmean(found) / J1 - 1.0), 100.0 * np.nanstd(found) / J1
        there = np.isfinite(found)
        missed = [] if abs(bias) <= MOST_BIAS else [f"bias {bias:+.2f} %"]
        missed += [] if sd <= MOST_SD else [f"SD {sd:.1f} %"]
        cells = (f"{J1:.4f}", f"{bias:+.2f} %", f"{sd:.1f} %", f"{1e3 * dt1:.1f}",
                 f"{np.nanmean(late) - 1e3 * dt1:+.2f}", f"{np.nanstd(late):.2f}", f"{100 * there.mean():.1f} %",
                 f"{100 * (np.abs(found - J1) < 1.96 * u)[there].mean():.0f} %")  # fmt: skip
        rows.append(Row(f"two-mass fit, {kind} strike", cells, ", ".join(missed)))
    head = ("300 steps each, 10 N of noise", "J1, BW·s", "bias", "SD of a step", "Δt1, ms", "bias, ms", "SD, ms",
            "separable", "J1 within 1.96 u")  # fmt: skip
    return [*barred(head, rows, REASONS), *_resampling()]


def _resampling() -> list[str]:
    """How far J1 moves because stances are resampled to 64 points."""
    batches = [limb.runner(number) for number in COARSE] + [limb.noisy("hard", 40), limb.noisy("forefoot", 40)]
    coarse = np.concatenate([two_mass_columns(batch, {})["two_mass_J1_BW_s"] for batch in batches])
    with mock.patch.object(two_mass, "POINTS", 1024):
        fine = [two_mass_columns(batch, {})["two_mass_J1_BW_s"] for batch in batches]
    moved = 100.0 * np.abs(coarse / np.concatenate(fine) - 1.0)
    means = []
    for found, batch in zip(fine, batches, strict=True):
        few = two_mass_columns(batch, {})["two_mass_J1_BW_s"]
        both = ~np.isnan(few + found)
        means.append(100.0 * abs(few[both].mean() / found[both].mean() - 1.0))
    worst = max(means)
    cells = (f"{worst:.2f} %", "≤ 1 %")
    return [
        *barred(("resampling", "found", "limit"),
                [Row("J1's mean of a trial, 64 points a stance against 1024, largest", cells,
                     "" if worst <= 1.0 else f"{worst:.2f} %")], REASONS),
        f"Single steps: median {np.nanmedian(moved):.2f} %, 95 of 100 within {np.nanquantile(moved, 0.95):.2f} %, "
        f"largest {np.nanmax(moved):.1f} %.",
        "",
    ]  # fmt: skip


SPEEDS = (0.6, 0.8, 1.0, 1.3, 1.6, 2.0, 2.2)
HOW = {
    "plain": {},
    "narrow, 50 mm": {"width_m": 0.05},
    "limping, 12 %": {"limp": 0.12},
    "long double support": {"support": 0.30},
    "short double support": {"support": 0.18, "width_m": 0.14},
    "unsteady": {"vary": 0.04, "seed": 5},
    "110 kg": {"mass_kg": 110.0},
    "42 kg": {"mass_kg": 42.0},
}


def walking() -> list[str]:
    """Walkers of seven speeds: steps, sides, times and each foot's force in double support."""
    rows = [_walkers(name, how) for name, how in HOW.items()]
    rows += [_walker_chain(speed) for speed in (0.8, 1.3, 2.0)]
    head = ("walkers at 0.6 to 2.2 m/s", "steps", "found", "sides right", "touchdown, ms", "contact time, ms",
            "own force in double support, rms % BW")  # fmt: skip
    text = (
        "Touchdown and contact time: mean ± SD of the error. Standing, squats, hops, shifting weight and marching on "
    )
    text += "the spot give no step (`tests/analysis/test_walking.py`)."
    return [*barred(head, rows, REASONS), text, ""]


def _walkers(name: str, how: dict[str, object]) -> Row:
    """One kind of walker at all speeds."""
    true = found = right = 0
    on, contact, force = [], [], []
    for speed in SPEEDS:
        walker = Walker(speed, **how)
        scene = walks.walking(walker, first=-1 if "limp" in how else 1)
        steps, _ = analyse(scene.channels(noise_N=5.0), one_deck(bw=walker.mass_kg * G))
        a, b, c = _errors(steps["touchdown_s"], steps["contact_time_ms"], steps["side"], scene)
        true, found, right = true + len(scene.steps), found + steps.rows, right + c
        on.append(a)
        contact.append(b)
        force.append(_double_support(scene, walker))
    on_ms, contact_ms = np.concatenate(on), np.concatenate(contact)
    rms = np.sqrt(np.mean(np.square(force)))
    cells = (str(true), str(found), f"{100 * right / true:.1f} %", _spread(on_ms), _spread(contact_ms), f"{rms:.1f}")
    missed = [] if found == true else [f"{found - true:+d} steps"]
    missed += [] if right == true else [f"{true - right} sides"]
    return Row(f"walking, {name}", cells, ", ".join(missed))


def _double_support(scene: Scene, walker: Walker) -> float:
    """Error of the left foot's force while both feet are loaded, rms, % of body weight."""
    wrench, feet, _ = walks.filtered(scene, noise_N=5.0)
    whole, _ = walks.through(wrench)
    both = (feet > 20.0).all(axis=0) & ~np.isnan(whole.left_share)
    error = (wrench[FZ] * whole.left_share - feet[0])[both]
    return float(100.0 * np.sqrt(np.mean(error**2)) / (walker.mass_kg * G))


def _errors(touchdown: np.ndarray, contact_ms: np.ndarray, side: np.ndarray, scene: Scene) -> tuple:
    """Errors of touchdown and of contact time, ms, and the number of right sides, of the true steps that were found."""
    truth = np.asarray(scene.steps)
    near = np.abs(touchdown[:, None] - truth[:, 0]).argmin(axis=0)
    off = 1e3 * (touchdown[near] - truth[:, 0])
    close = np.abs(off) < 50.0
    named = side[near] == np.where(truth[:, 2] > 0, "L", "R")
    return off[close], (contact_ms[near] - 1e3 * (truth[:, 1] - truth[:, 0]))[close], int((named & close).sum())


def _walker_chain(speed: float) -> Row:
    """A walker on the virtual treadmill; times from the first touchdown, whose place in the session is not known."""
    scene = walks.walking(Walker(speed))
    rows = play(scene.wrench, 1000.0, mass_kg=72.0)
    columns, side = of_records(rows), np.array([row["side"] for row in rows])
    shift = np.median(columns["touchdown_s"][: len(scene.steps)] - np.asarray(scene.steps)[: len(rows), 0])
    on, contact, right = _errors(columns["touchdown_s"] - shift, columns["contact_time_ms"], side, scene)
    true, found = len(scene.steps), len(rows)
    cells = (str(true), str(found), f"{100 * right / true:.1f} %", _spread(on), _spread(contact), "–")
    missed = [] if found == true else [f"{found - true:+d} steps"]
    missed += [] if right == true else [f"{true - right} sides"]
    return Row(f"walking through the virtual chain, {speed:g} m/s", cells, ", ".join(missed))


def _spread(values: np.ndarray) -> str:
    return f"{values.mean():+.1f} ± {values.std():.1f}"


def deck() -> list[str]:
    """The bars on soft decks, then the whole tables of tools/deck_table.py."""
    with redirect_stdout(io.StringIO()) as out:
        deck_table.filters()
        deck_table.soft_decks()
        deck_table.rates()
        deck_table.real_runners()
    text = out.getvalue().replace("\n## ", "\n### ").replace("## ", "### ", 1)
    head = ("deck, hard heel strike", "VALR %: before", "after", "impact peak %: before", "after", "contact ms: before",
            "after", "bars")  # fmt: skip
    return [
        "*Before*: not compensated, worst of damping 0.02, 0.03, 0.05. *After*: worst of these with the frequency off",
        "by ± 2 % and the damping by ± 15 %. Protocol P60-50/20 against the unfiltered force, so that what the",
        "low-pass does is in it.",
        *barred(head, [_deck_bar(fn) for fn in test_deck_filter.BARS], REASONS),
        "From end to end: force → ringing deck → cells → bytes → session → steps, compensated by the rig file.",
        *barred(
            ("deck, virtual chain", "VALR %", "impact peak %", "contact, worst step, ms", "bars"),
            _chain_bars(),
            REASONS,
        ),
        *text.rstrip().split("\n"),
        "",
    ]


def _worst(found: list[dict[str, float]], name: str) -> float:
    return float(max((f[name] for f in found), key=abs))


def _deck_bar(fn: int) -> Row:
    at = decks.touchdowns(60, jitter_s=0.02)
    fine = decks.force(at, deck_table.RATE)
    truth = decks.metrics(fine[:: decks.OVERSAMPLING], at, deck_table.RATE)
    before, after = [], []
    for zeta in deck_table.DAMPINGS:
        felt = decks.rung(fine, deck_table.RATE, fn, zeta)
        modes = [None, *(Mode(fn * a, zeta * b) for a, b in deck_table.OFF)]
        for mode in modes:
            taps = deck_table.LOW_PASS
            taps = taps if mode is None else compensated_taps(taps, deck_table.RATE, mode)
            change = decks.change(decks.metrics(decks.filtered(felt, taps), at, deck_table.RATE), truth)
            (before if mode is None else after).append(change)
    names = ("valr", "impact", "contact")
    cells = [f"{_worst(found, name):+.1f}" for name in names for found in (before, after)]
    bars = test_deck_filter.BARS[fn]
    missed = [name for name, bar in zip(names, bars, strict=True) if not abs(_worst(after, name)) <= bar]
    return Row(f"deck of {fn} Hz", (*cells, " / ".join(f"{bar:g}" for bar in bars)), ", ".join(missed))


def _chain_bars() -> list[Row]:
    rate, count = compensation.FORCE_RATE_HZ, compensation.STEPS
    at = decks.touchdowns(count, jitter_s=0.02, start_s=0.5)
    t = np.arange(round((at[-1] + 0.6) * rate)) / rate
    wrench = np.zeros((6, t.size))
    wrench[FZ] = decks.hard_heel_strike(t - at[np.maximum(np.searchsorted(at, t) - 1, 0)])
    truth = decks.metrics(wrench[FZ], at, rate, skip=0)
    rows = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        runner = (write_csv(folder / "force.csv", wrench, rate), t[-1], truth)
        for fn, bars in compensation.BARS.items():
            for zeta, off_fn, off_zeta in ((0.02, 1.02, 1.15), (0.05, 0.98, 0.85)):
                own = folder / f"{fn}-{zeta}"
                own.mkdir()
                rig = compensation.tapped_rig(own, Mode(fn * off_fn, zeta * off_zeta))
                steps, _, _ = compensation.run(own, runner, rig, fn, zeta)
                errors = compensation.errors(steps, truth)
                names = ("VALR", "impact peak", "contact")
                missed = [n for n, e, bar in zip(names, errors, bars, strict=True) if not abs(e) <= bar]
                title = f"{fn} Hz, damping {zeta:g}, taken for {fn * off_fn:.4g} Hz, {zeta * off_zeta:.3g}"
                cells = (
                    *("null" if np.isnan(error) else f"{error:+.2f}" for error in errors),
                    " / ".join(f"{bar:g}" for bar in bars),
                )
                rows.append(Row(title, cells, ", ".join(missed)))
    return rows
