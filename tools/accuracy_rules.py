"""Oracles O13 to O15 and O17: arithmetic of asymmetry and shares, and what must hold for any run."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from accuracy_page import Row, barred

# isort: split
import test_properties
from running import BW, analyse
from system.chain import record

from analysis.asymmetry import symmetry_angle, symmetry_index
from analysis.bodyweight import weight_closure
from analysis.protocol import get_protocol
from analysis.setup import Setup
from analysis.statistics import effective_n
from analysis.steps import StepTable
from analysis.walking_share import share_of
from daq.replay import Replay
from daq.session_open import open_session

SEED = 17
REASONS: dict[str, str] = {}


def arithmetic_rows() -> list[Row]:
    """O13 to O15, to the last digit published."""
    rows = []
    for left, right, index, angle in ((100, 90, 10.53, -3.35), (1.7, 1.5, 12.5, -3.97), (60, 80, -28.57, 9.03)):
        a, b = np.float64(left), np.float64(right)
        for title, expected, value in (
            ("symmetry index", index, float(symmetry_index(a, b))),
            ("symmetry angle", angle, float(symmetry_angle(a, b))),
        ):
            off = abs(value - expected)
            cells = (f"{expected:.2f}", f"{value:.3f}", "± 0.005")
            rows.append(Row(f"O13 {title} of {left:g} and {right:g}, %", cells, "" if off <= 0.005 else f"{off:.3f}"))
    for phi, expected in ((0.3, 53.8), (0.6, 25.0)):
        value = effective_n(100, phi)
        off = abs(value - expected)
        cells = (f"{expected:.1f}", f"{value:.2f}", "± 0.05")
        rows.append(
            Row(f"O14 100 steps, autocorrelation {phi:g}, are worth", cells, "" if off <= 0.05 else f"{off:.2f}")
        )
    zero = np.zeros(1)
    left = 800.0 * float(share_of(zero, np.array([0.031]), (zero, np.array([0.08])), (zero, np.array([-0.06])))[0])
    rows.append(Row("O15 left foot's share of 800 N, N", ("520.0", f"{left:.6f}", "± 0.001"),
                    "" if abs(left - 520.0) <= 1e-3 else f"{left - 520:.3f}"))  # fmt: skip
    return rows


def _largest(a: StepTable, b: StepTable, names: list[str], *, scale: float = 1.0) -> float:
    """Largest relative difference of columns."""
    found = 0.0
    for name in names:
        x, y = a[name], scale * b[name]
        assert (np.isnan(x) == np.isnan(y)).all(), name
        if not np.isnan(y).all():
            found = max(found, float(np.nanmax(np.abs(x - y)) / max(1e-12, float(np.nanmax(np.abs(y))))))
    return found


def invariant_rows() -> list[Row]:
    """O17 on fourteen uneven steps."""
    channels = test_properties.uneven_run(SEED)
    setup = test_properties.setup(None)
    base, pipeline = analyse(channels, setup)
    k = 1.3
    scaled_protocol = replace(get_protocol(), **{n: k * getattr(get_protocol(), n) for n in ("on_N", "off_N", "ref_N")})
    scaled, after = analyse(k * channels, Setup(1000.0, 1e6, setup.belts, scaled_protocol, None))
    per_weight = [name for name in test_properties.RELATIVE if name != "valr_200N_BW_s"]
    moved, _ = analyse(channels + 321.0, setup)
    closure = weight_closure(pipeline.loads.impulse_Ns, pipeline.loads.time_s, pipeline.bw_N)
    forward, _ = analyse(channels, test_properties.setup(BW))
    back, _ = analyse(channels[:, ::-1].copy(), test_properties.setup(BW))
    kept = ["contact_time_ms", "active_peak_BW", "vertical_impulse_BW_s", "braking_peak_BW"]
    reversed_ = back.select(np.arange(back.rows)[::-1])
    numbers = [*test_properties.NEWTON, *test_properties.RELATIVE, *test_properties.SECONDS]
    values = (
        (
            "force × 1.3, thresholds likewise: newtons ÷ 1.3",
            _largest(scaled, base, test_properties.NEWTON, scale=k),
            1e-9,
        ),
        ("force × 1.3, thresholds likewise: body weights", _largest(scaled, base, per_weight), 1e-8),
        ("321 N added to every channel: all numbers", _largest(moved, base, numbers), 1e-8),
        ("closure, body weight from the strides", abs(closure - 1.0), 1e-9),
        (
            "closure after scaling",
            abs(weight_closure(after.loads.impulse_Ns, after.loads.time_s, after.bw_N) - 1.0),
            1e-9,
        ),
        ("played backwards: contact time, active and braking peak, impulse", _largest(reversed_, forward, kept), 1e-4),
    )
    rows = [
        Row(f"O17 {name}", (f"{v:.1e}", f"≤ {limit:g}"), "" if v <= limit else f"{v:.1e}") for name, v, limit in values
    ]
    return [*rows, *(_same_bits(channels, setup, base, size) for size in (1, 7, 64, 1000)), *_replays()]


def _same_bits(channels: np.ndarray, setup: Setup, base: StepTable, size: int) -> Row:
    cut, _ = analyse(channels, setup, cuts=range(size, channels.shape[1], size))
    same = cut.equals(base)
    return Row(
        f"O17 chunks of {size}", ("equal bit for bit" if same else "different", "bit for bit"), "" if same else "bits"
    )


def _replays() -> list[Row]:
    rows = []
    for rig in ("virtual", "deck_4z", "split_belt"):
        with TemporaryDirectory() as folder:
            path = Path(folder) / "s.h5"
            results = record(f"virtual://{rig}?seed=3&speed=max&drop=1e-4&corrupt=1e-4", path, rig=rig, seconds=30)
            with open_session(path) as session:
                live, replay = StepTable(session.steps()), Replay(session)
                replay.run()
                same = replay.analyser.table.equals(live)
        found = f"{len(results['steps'])} steps, {results['lost_frames']} frames lost, "
        found += "equal bit for bit" if same else "different"
        rows.append(Row(f"O17 replay of rig {rig}", (found, "bit for bit"), "" if same else "bits"))
    return rows


def section() -> list[str]:
    """O13 to O15, O17."""
    text = ["O17, largest relative difference; the property tests draw such runs at random (`tests/analysis`)."]
    return [
        *barred(("oracle", "published", "found", "tolerance"), arithmetic_rows(), REASONS),
        *text,
        *barred(("what must hold", "found", "limit"), invariant_rows(), REASONS),
    ]
