"""Oracles O5 to O11: where the force acts, left and right, drift, taps, and what decks and filters do."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import numpy as np
from accuracy_page import Row, barred, closed
from accuracy_ways import HEAD, WAYS, of_records, play

# isort: split
import test_cop
import test_deck_filter
import test_filters
import test_modal
import test_sides
import test_zero
from decks import OVERSAMPLING, change, filtered, force, metrics, rung, touchdowns
from running import analyse, half_sine, one_belt
from system.chain import record
from system.test_oracle_chain import HALF_SINE, mean, steps
from test_wrench import cell_loads, statics

from analysis.belt_path import belt_frame_path
from analysis.filters import butterworth_taps
from analysis.modal import free_decay
from analysis.wrench import FZ, apply_matrix, centre_of_pressure
from daq.rig import load_rig
from daq.session_open import open_session

REASONS: dict[str, str] = {}


def _row(name: str, expected: float, found: Sequence[float | None], *, digits: int, **bar: float) -> Row:
    ways = {way: None if value is None else float(value) for way, value in zip(WAYS, found, strict=True)}
    return closed(name, expected, ways, digits=digits, exact=None, **bar)


def _lying(load: str, rig: str) -> tuple[float, float]:
    """Centre of pressure of a dead load, mm, from the counts of a virtual rig; the first second the belt is empty."""
    name = quote(rig, safe="")
    url = f"virtual://{name}?load=0@0,0;{load}&load_s=2&seed=1&speed=max"
    with TemporaryDirectory() as folder:
        record(url, Path(folder) / "s.h5", rig=rig, seconds=4)
        with open_session(Path(folder) / "s.h5") as session:
            counts = session.counts().T.astype(float)
    (belt,) = load_rig(rig).belts()
    wrench = apply_matrix(belt.matrix, counts)
    zeroed = wrench[:, 2200:3900] - wrench[:, 200:1900].mean(axis=1, keepdims=True)
    x, y = centre_of_pressure(zeroed.mean(axis=1, keepdims=True))
    return 1e3 * float(x[0]), 1e3 * float(y[0])


def place_rows() -> list[Row]:
    """O5 and O6."""
    loads = np.array([267.857, 375.000, 148.810, 208.333])
    x, y = centre_of_pressure(apply_matrix(statics(0.0), loads[:, None]))
    chain = _lying("1000@0.2,-0.05", "deck_4z")
    rows = [
        _row("O5 place of 1000 N, forward, mm", 200.0, (1e3 * x[0], None, chain[0]), digits=3, abs_=0.2),
        _row("O5 place of 1000 N, to the left, mm", -50.0, (1e3 * y[0], None, chain[1]), digits=3, abs_=0.2),
    ]
    wrench, place = np.array([-200.0, 0.0, 700.0]), (0.100, 0.050)
    full = statics(0.20, floating=True)
    cells = cell_loads(full, wrench, place)
    apparent = centre_of_pressure(apply_matrix(full[:, :4], cells[:4, None]))[0][0]
    true = centre_of_pressure(apply_matrix(full, cells[:, None]))[0][0]
    with TemporaryDirectory() as folder:
        raised = Path(folder) / "raised.toml"
        text = load_rig("deck_4z").text
        raised.write_text(text.replace("belt_height_mm = 60", "belt_height_mm = 200"), encoding="utf-8")
        blind = _lying("-200/0/700@0.1,0.05", str(raised))[0]
    seeing = _lying("-200/0/700@0.1,0.05", "virtual")[0]
    return [
        *rows,
        _row("O6 shift of the apparent place by −200 N at h 0.2 m, mm", 57.143,
             (1e3 * (apparent - place[0]), None, blind - 100.0), digits=3, abs_=0.2),
        _row("O6 error with fore-aft force measured, mm", 0.0, (1e3 * (true - place[0]), None, seeing - 100.0),
             digits=3, abs_=0.2),
    ]  # fmt: skip


def belt_rows() -> list[Row]:
    """O7."""
    wrench, _ = test_cop.steps_of(lambda t: np.full_like(t, 0.5))
    columns, batch = test_cop.measured(wrench)
    path = belt_frame_path(batch)
    pieces = zip(batch.stances.start, batch.stances.end, strict=True)
    moved = max(np.ptp(own[~np.isnan(own)]) for own in (path[a:b] for a, b in pieces))

    def way(t: np.ndarray) -> np.ndarray:
        return test_cop.SPEED * (t + 0.05 * test_cop.STEP_S / (2 * np.pi) * np.cos(2 * np.pi * t / test_cop.STEP_S))

    dipping, true_way = test_cop.steps_of(lambda t: np.full_like(t, 0.5), way=way)
    followed = test_cop.measured(dipping, true_way)[0]["cop_travel_mm"]
    rows = steps(f"{HALF_SINE}&roll_m=0.0")
    rolling = steps(f"{HALF_SINE}&roll_m=0.12")
    share = 1.0 - 2.0 / np.pi * np.arcsin(200.0 / 1509.6)
    return [
        _row("O7 way of a fixed foot in the belt's frame, m", 0.0, (moved, None, None), digits=12, abs_=1e-9),
        _row("O7 travel of a fixed foot, mm", 0.0,
             (columns["cop_travel_mm"].mean(), None, mean(rows, "cop_travel_mm")), digits=3, abs_=2.0),
        _row("O7 the same, belt speed swinging by 5 %, measured, mm", 0.0, (np.abs(followed).max(), None, None),
             digits=6, abs_=1e-3),
        _row("O7 travel of a foot that rolls 120 mm (between 200 N), mm", 120.0 * share,
             (None, None, mean(rolling, "cop_travel_mm")), digits=2, abs_=2.0),
    ]  # fmt: skip


def _wanderer() -> tuple[np.ndarray, np.ndarray]:
    """O8 as a force: (6, n), and the true sides by touchdown: (k, 2) time and +1 or −1."""
    time, y, side = test_sides.runner(200)
    time, y, side = (np.delete(values, 57) for values in (time, y, side))
    at = np.append(time, time[118] + 0.4 * test_sides.PERIOD + 0.05)
    y, side = np.append(y, 0.02), np.append(side, 0)
    t = np.arange(round((at.max() + 1.0) * 1000)) / 1000.0
    out = np.zeros((6, t.size))
    for begin, place, foot in zip(at, y, side, strict=True):
        shape = half_sine(t - begin) if foot else half_sine(t - begin, 0.085, 0.03) * 0.5
        out[2] += shape
        out[3] += place * shape
    order = np.argsort(at)
    return out, np.stack((at[order], side[order]))


def _right(touchdown: np.ndarray, side: np.ndarray, truth: np.ndarray) -> float:
    """Share of the true contacts whose side is right."""
    near = np.abs(touchdown[:, None] - truth[0]).argmin(axis=0)
    close = np.abs(touchdown[near] - truth[0]) < 0.05
    known = truth[1] != 0
    sign = np.where(side[near] == "L", 1, np.where(side[near] == "R", -1, 0))
    return float((close & (sign == truth[1]))[known].mean())


def side_rows() -> list[Row]:
    """O8."""
    time, y, side = test_sides.runner(200)
    time, y, side = (np.delete(values, 57) for values in (time, y, side))
    time = np.insert(time, 119, time[118] + 0.4 * test_sides.PERIOD)
    y, side = np.insert(y, 119, 0.02), np.insert(side, 119, 0)
    alone = (np.sign(test_sides.judge(test_sides.landings(time, y))) == side)[side != 0].mean()
    wrench, truth = _wanderer()
    table, _ = analyse(wrench[[2, 3]], one_belt(Fz=0, Mx=1))
    found = _right(table["touchdown_s"], table["side"], truth)
    rows = play(wrench, 1000.0)
    chain = _right(np.array([r["touchdown_s"] for r in rows]) - _lag(rows, truth), np.array([r["side"] for r in rows]),
                   truth)  # fmt: skip
    cells = tuple(f"{100 * value:.1f} %" for value in (alone, found, chain))
    worst = min(alone, found, chain)
    name = "O8 sides right: 200 contacts, one lost, one false, wandering 100 mm"
    return [Row(name, ("≥ 99 %", *cells, "≥ 99 %"), "" if worst >= 0.99 else f"{100 * worst:.1f} %")]


def _lag(rows: list, truth: np.ndarray) -> float:
    """Time from the force's beginning to the session's, from the first touchdown."""
    return float(rows[0]["touchdown_s"] - truth[0, 0]) - 0.0026


def drift_rows() -> list[Row]:
    """O9: 100 N in 30 s and 20 N that fade with 8 s."""
    t = test_zero.seconds_of(test_zero.LONG)
    drift = 100.0 * t / 30.0 + 20.0 * np.exp(-t / 8.0)
    clean, _ = analyse(test_zero.LONG, one_belt())
    table, _ = analyse(test_zero.LONG + drift, one_belt())
    left = np.abs(test_zero.zeroed_force(test_zero.LONG + drift) - test_zero.filtered(test_zero.LONG)).max()
    calm = of_records(steps(HALF_SINE, seconds=30.0))
    chain = of_records(steps(f"{HALF_SINE}&drift_N_per_min=50&warmup_N=5&warmup_s=8", seconds=30.0))
    rows = [_row("O9 largest force left of the drift, N", 0.0, (None, left, None), digits=3, abs_=1.0)]
    for column in ("contact_time_ms", "contact_time_20N_ms"):
        bias = np.abs(table[column] - clean[column]).max()
        shift = abs(chain[column].mean() - calm[column].mean())
        where = "50 N" if column == "contact_time_ms" else "20 N"
        rows.append(_row(f"O9 contact time at {where}: worst step, mean in the chain, ms", 0.0, (None, bias, shift),
                         digits=4, abs_=0.2))  # fmt: skip
    return rows


@cache
def _tapped() -> object:
    tap = "virtual://virtual?tap=150@0.3,0.1&tap_s=1&fn_Hz=63&zeta=0.03&seed=2&speed=max"
    with TemporaryDirectory() as folder:
        record(tap, Path(folder) / "tap.h5", seconds=8)
        with open_session(Path(folder) / "tap.h5") as session:
            (belt,) = load_rig("virtual").belts()
            read = apply_matrix(belt.matrix, session.counts().T.astype(float))[FZ]
            return free_decay(read, session.header.sample_rate_Hz)


def tap_rows() -> list[Row]:
    """O10: formula without noise; pipeline with 2 N of noise, worst of three; chain a tap test of the virtual rig."""
    alone = free_decay(test_modal.record(63.0, 0.03, noise_N=0.0), 1000.0)
    noisy = [free_decay(test_modal.record(63.0, 0.03, noise_N=2.0, seed=seed), 1000.0) for seed in range(3)]
    rows = []
    for title, name, expected, digits, rel in (
        ("natural frequency, Hz", "natural_frequency_Hz", 63.0, 4, 0.002),
        ("damping", "damping", 0.03, 5, 0.05),
        ("damped frequency, Hz", "damped_frequency_Hz", 62.9716, 4, 0.002),
        ("logarithmic decrement", "log_decrement", 0.1885804, 6, 0.05),
        ("settling to 5 %, s", "settling_s", 0.25265, 5, 0.05),
    ):
        worst = max((getattr(fit, name) for fit in noisy), key=lambda value, to=expected: abs(value - to))
        found = (getattr(alone, name), worst, getattr(_tapped(), name))
        rows.append(_row(f"O10 {title}", expected, found, digits=digits, rel=rel))
    return rows


def damage_rows() -> list[Row]:
    """O11: the published changes by deck and filter, in percentage points; contact time has no tolerance there."""
    at, rows = touchdowns(20), []
    fine = force(at, 4000.0)
    raw = metrics(fine[::OVERSAMPLING], at, 4000.0, slope_s=0.0)
    for fn, *published in test_deck_filter.SOFT:
        got = change(metrics(rung(fine, 4000.0, fn, 0.05), at, 4000.0, slope_s=0.0), raw)
        rows.append(_damage(f"O11 deck of {fn} Hz, damping 0.05", list(got.values()), published))
    plain = force(at, 1000.0)[::OVERSAMPLING]
    for cutoff, *published in test_filters.DAMAGE:
        smooth = filtered(plain, butterworth_taps(1000.0, cutoff))
        got = change(metrics(smooth, at, 1000.0), metrics(plain, at, 1000.0))
        rows.append(_damage(f"O11 zero-lag low-pass of {cutoff} Hz", list(got.values()), published[:5]))
    return rows


def _damage(name: str, got: list[float], published: list[float]) -> Row:
    off = max(abs(a - b) for a, b in zip(got[:4], published[:4], strict=True))
    cells = [f"{a:+.1f} ({b:+.1f})" for a, b in zip(got, published, strict=True)]
    return Row(name, (*cells, f"{off:.2f}"), "" if off <= 1.0 else f"{off:.2f} points")


DAMAGE_HEAD = ("oracle", "impact peak %", "VALR %", "VILR %", "active peak %", "contact ms", "largest, points")


def section() -> list[str]:
    """O5 to O11."""
    rows = [*place_rows(), *belt_rows(), *side_rows(), *drift_rows(), *tap_rows()]
    return [
        "O8 in the chain and in the pipeline is a force with the contacts left out and put in, not a list of places.",
        "O10's pipeline column is the worst of three records with 2 N of noise.",
        *barred(HEAD, rows, REASONS),
        "O11: change by deck or filter, found (published), tolerance one percentage point in the first four.",
        *barred(DAMAGE_HEAD, damage_rows(), REASONS),
    ]
