"""Channels read one after the other: brought to one moment, exactly enough, and to the same bits in any cutting."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import BW, analyse, half_sine_with_impact, ticks, train
from test_chunks import make_stream

from analysis.assembler import Marks
from analysis.deskew import REACH, deskew_filter, lagrange_taps
from analysis.errors import AnalysisError
from analysis.flags import SampleFlag
from analysis.front_end import FrontEnd
from analysis.protocol import get_protocol
from analysis.setup import Setup
from analysis.wrench import Belt

RATE = 1000.0
SKEW_S = (0.0, 229e-6, 457e-6, 686e-6)
NODES = np.arange(-REACH, REACH + 1)


def four_cells(belts=1, skew_s=SKEW_S, rate=RATE, bw=BW):
    """Vertical cells in the corners of each belt, 1.4 m by 0.6 m; skews repeat from belt to belt."""
    x, y = np.array([0.7, 0.7, -0.7, -0.7]), np.array([0.3, -0.3, 0.3, -0.3])
    made = []
    for number in range(belts):
        matrix = np.zeros((6, 4 * belts))
        matrix[2:5, 4 * number : 4 * number + 4] = np.ones(4), y, -x
        made.append(Belt("LR"[number] if belts > 1 else "", matrix, frozenset({"Fz", "Mx", "My"})))
    return Setup(rate, 1e6, made, get_protocol(), bw, skew_s=skew_s * belts)


def response(taps, share):
    """Gain at a share of the sample rate, as a complex number, over that of the ideal delay's."""
    return np.exp(-2j * np.pi * share * NODES) @ taps


@pytest.mark.parametrize("frequency_Hz", [1.0, 10.0, 30.0, 60.0, 90.0, 120.0])
def test_up_to_120_Hz_at_1_kHz_any_skew_is_undone_to_a_thousandth_and_5_microseconds(frequency_Hz):
    for delay in np.linspace(0.0, 0.999, 60):
        share = frequency_Hz / RATE
        left = response(lagrange_taps(delay), share) / np.exp(-2j * np.pi * share * delay)
        assert abs(abs(left) - 1.0) < 1e-3
        assert abs(np.angle(left)) / (2 * np.pi * frequency_Hz) < 5e-6


def test_nothing_is_amplified():
    shares = np.linspace(0.0, 0.5, 201)
    for delay in np.linspace(0.0, 0.999, 30):
        taps = lagrange_taps(delay)
        assert max(abs(response(taps, share)) for share in shares) < 1.001
        assert (taps**2).sum() < 1.0 + 1e-12


def test_a_resting_load_and_a_drifting_zero_pass_unchanged():
    n = np.arange(400)
    skewed = np.stack([500.0 + 0.02 * (n + late * RATE) for late in SKEW_S])
    found = deskew_filter(four_cells().belts, RATE, SKEW_S).feed(skewed)
    np.testing.assert_allclose(found, np.tile(500.0 + 0.02 * n[REACH:-REACH], (4, 1)), rtol=1e-13)


def test_no_skew_gives_the_unit_impulse_and_no_stage_at_all():
    assert (lagrange_taps(0.0) == (NODES == 0)).all()
    belts = four_cells().belts
    assert deskew_filter(belts, RATE, ()) is None
    assert deskew_filter(belts, RATE, (0.0,) * 4) is None
    spare = [Belt("", np.pad(belts[0].matrix, ((0, 0), (0, 1))), belts[0].observable)]
    assert deskew_filter(spare, RATE, (0.0,) * 4 + (5e-3,)) is None, "a channel without a cell does not count"


@pytest.mark.parametrize(
    ("skew_s", "words"),
    [
        ((0.0, 0.0, 1e-3, 0.0), "channel 2.*1000 µs"),
        ((0.0, -1e-6, 0.0, 0.0), "channel 1"),
        ((0.0, 0.0, 0.0, float("nan")), "channel 3"),
        ((0.0, 1e-4), "4 numbers.*2"),
    ],
)
def test_an_impossible_skew_is_refused(skew_s, words):
    with pytest.raises(AnalysisError, match=words):
        deskew_filter(four_cells().belts, RATE, skew_s)


# --- in the pipeline --------------------------------------------------------------------------------------------------


def channels_of(force, skew_s, rate=RATE, shares=(0.2, 0.2, 0.3, 0.3)):
    """(4, n) what cells read that share a force f(t), each at its own moment."""
    t = np.arange(12_000) / rate
    return np.stack([share * force(t + late) for share, late in zip(shares, skew_s, strict=True)])


def run_of(t):
    """Running with an impact, at any times."""
    step = np.mod(t - 0.3137, 0.35)
    return np.where((t > 0.3137) & (t < 11.15), half_sine_with_impact(step), 0.0)


TIMES = ("touchdown_s", "toe_off_s")
COLUMNS = ("contact_time_ms", "valr_BW_s", "impact_peak_BW", "active_peak_BW", "hf_peak_BW", "vertical_impulse_BW_s")


def test_skewed_channels_give_the_steps_of_simultaneous_ones_and_without_the_stage_they_do_not():
    truth, _ = analyse(channels_of(run_of, (0.0,) * 4), four_cells(skew_s=()))
    skewed = channels_of(run_of, SKEW_S)
    found, _ = analyse(skewed, four_cells())
    raw, _ = analyse(skewed, four_cells(skew_s=()))
    assert found.rows == truth.rows == raw.rows > 25
    for name in TIMES:
        assert np.abs(found[name] - truth[name]).max() < 5e-6, name
        assert np.abs(raw[name] - truth[name]).max() > 300e-6, name
    for name in COLUMNS:
        np.testing.assert_allclose(found[name][1:-1], truth[name][1:-1], rtol=1e-4, err_msg=name)
    assert np.abs(raw["valr_BW_s"] - truth["valr_BW_s"]).max() > 0.02


def test_the_place_of_the_force_is_right_while_it_rises():
    def widest(setup, skew_s):
        """How far the COP strays while the force grows, mm; the force acts in one fixed place."""
        front = FrontEnd(setup)
        marks = Marks(ticks(12_000), np.zeros(12_000, np.uint8), np.full(12_000, np.nan))
        wrench = front.feed(channels_of(run_of, skew_s).T, marks).wrench[0]
        fz, my = wrench[2], wrench[4]
        place = -my[fz > 200.0] / fz[fz > 200.0]
        return 1e3 * np.abs(place - np.median(place)).max()

    assert widest(four_cells(skew_s=()), (0.0,) * 4) < 0.01
    assert widest(four_cells(), SKEW_S) < 0.1
    assert widest(four_cells(skew_s=()), SKEW_S) > 15.0


def test_simultaneous_channels_give_the_very_same_bits_as_ever():
    channels = channels_of(run_of, (0.0,) * 4)
    plain, _ = analyse(channels, four_cells(skew_s=()))
    zeros, _ = analyse(channels, four_cells(skew_s=(0.0,) * 4))
    assert zeros.equals(plain)


def skewed_stream(seed, belts):
    """A wild stream as four cells of each belt read it: shares that do not matter here, only that channels differ."""
    stream = make_stream(seed, belts=belts)
    shares = np.array([0.2, 0.3, 0.15, 0.35])
    return replace(stream, channels=np.concatenate([np.outer(shares, force) for force in stream.channels]))


def table_of(stream, setup, cuts):
    table, pipeline = analyse(stream.channels, setup, cuts=cuts, gaps=stream.gaps, flags=stream.flags, tick=stream.tick)
    return table, pipeline.machine()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2]), st.lists(st.integers(0, 21_999), max_size=40))
def test_any_cutting_gives_the_same_bits(seed, belts, cuts):
    stream = skewed_stream(seed, belts)
    setup = four_cells(belts)
    whole, machine = table_of(stream, setup, ())
    cut, cut_machine = table_of(stream, setup, {*cuts, *range(5000, 5030)})
    assert cut.equals(whole)
    np.testing.assert_equal([vars(c) for c in cut_machine.cells], [vars(c) for c in machine.cells])


@pytest.mark.parametrize("belts", [1, 2])
def test_it_restarts_behind_a_gap(belts):
    """What comes behind a gap is worked out as if the stream began there."""
    stream = skewed_stream(4, belts)
    front, fresh = FrontEnd(four_cells(belts)), FrontEnd(four_cells(belts))
    marks = Marks(stream.tick, stream.flags, np.full(stream.tick.size, np.nan))
    rows = stream.channels.T
    first, last = slice(0, 3000), slice(3000, 6000)
    parts = [Marks(marks.tick[s], marks.flags[s], marks.travel_m[s]) for s in (first, last)]
    front.feed(rows[first], parts[0])
    front.finish()
    assert front.feed(rows[last], parts[1]).wrench.tobytes() == fresh.feed(rows[last], parts[1]).wrench.tobytes()


@pytest.mark.parametrize("mark", [SampleFlag.ADC, SampleFlag.SATURATED])
def test_a_mark_reaches_as_far_as_both_filters_and_a_bad_reading_no_further(mark):
    channels, flags = channels_of(run_of, SKEW_S), np.zeros(12_000, np.uint8)
    flags[6000] = mark
    wild = channels.copy()
    wild[1, 6000] += 150.0  # not enough to be found by itself
    fronts = []
    for values in (channels, wild):
        front = FrontEnd(four_cells())
        fronts.append((front.feed(values.T, Marks(ticks(12_000), flags, np.full(12_000, np.nan))), front.half))
    (calm, half), (struck, _) = fronts
    assert half == 20 + REACH
    marked = np.flatnonzero(calm.marks.flags) + half
    assert (marked[0], marked[-1], marked.size) == (6000 - half, 6000 + half, 2 * half + 1)
    touched = np.flatnonzero((struck.wrench != calm.wrench).any(axis=(0, 1))) + half
    assert touched.size > 30
    assert set(touched.tolist()) <= set(marked.tolist()), "a sample that is wrong and not marked"


def test_ticks_and_zero_of_each_cell_stay_in_their_place():
    """The filters' whole delay is known to all who count by it: times of samples, and the cells' zeros in flight."""
    force = train(half_sine_with_impact, 60, 0.35)
    base = np.stack([share * force for share in (0.2, 0.2, 0.3, 0.3)]) + np.array([[3.0], [-2.0], [1.0], [7.0]])
    _, pipeline = analyse(base, four_cells())
    cells = pipeline.machine().cells
    assert [round(cell.zero_N, 6) for cell in cells] == [3.0, -2.0, 1.0, 7.0]
    assert min(cell.flights for cell in cells) > 50
