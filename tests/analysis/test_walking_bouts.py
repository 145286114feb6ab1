"""Which movements of the centre of pressure are walking, and how the force is divided while both feet are down."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.filters import LinearPhaseFIR
from analysis.protocol import get_protocol
from analysis.walking import WalkSplitter
from analysis.walking_share import along, distance_from_line, fit_lines, rising, share_of
from analysis.walking_steps import NO_STEPS, OPEN, StepList, Steps
from analysis.walking_transfers import TransferFinder, speed_taps
from analysis.wrench import FZ

# The division ------------------------------------------------------------------------------------------------------


def test_the_published_check_of_the_division():
    """O15: y_L = +0.08, y_R = −0.06, F = 800 N, y = 0.031 → 520 and 280 N."""
    left = share_of(np.zeros(1), np.array([0.031]), (np.zeros(1), np.array([0.08])), (np.zeros(1), np.array([-0.06])))
    assert 800.0 * left == pytest.approx(520.0)
    assert 800.0 * (1.0 - left) == pytest.approx(280.0)


@given(st.floats(0.0, 1.0), st.floats(-0.5, 0.5), st.floats(-0.2, 0.2), st.floats(-0.1, 0.1), st.floats(0.0, 0.1))
def test_the_share_is_the_least_squares_solution_in_both_coordinates(share, ahead, aside, x0, beside):
    """Against a solver: [1 1; x_1 x_2; y_1 y_2]·[F_1 F_2] = [F; F·x; F·y] with the first row exact."""
    if abs(ahead) + abs(aside) < 1e-3:
        return
    one, other = np.array([x0 + ahead, aside]), np.array([x0, 0.0])
    normal = np.array([-aside, ahead]) / np.hypot(ahead, aside)
    place = other + share * (one - other) + beside * normal
    solved, *_ = np.linalg.lstsq((one - other)[:, None], place - other, rcond=None)
    args = place[0], place[1], (one[0], one[1]), (other[0], other[1])
    assert share_of(*args) == pytest.approx(np.clip(solved[0], 0.0, 1.0), abs=1e-9)
    assert distance_from_line(*args) == pytest.approx(beside, abs=1e-9)


def test_shares_stay_within_0_and_1_and_two_feet_in_one_place_give_none():
    one, other = (np.array(0.3), np.array(0.1)), (np.array(0.0), np.array(-0.1))
    assert share_of(np.array([0.9, -0.5]), np.array([0.4, -0.4]), one, other).tolist() == [1.0, 0.0]
    assert np.isnan(share_of(np.array(0.1), np.array(0.1), one, one))
    assert np.isnan(distance_from_line(np.array(0.1), np.array(0.1), one, one))


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30))
def test_weight_never_comes_back(values):
    share = np.asarray([values])
    risen = rising(share)
    assert (np.diff(risen) >= 0).all()
    assert risen.min() >= share.min()
    assert risen.max() <= share.max()
    np.testing.assert_allclose(rising(np.sort(share)), np.sort(share))


def test_lines_follow_a_foot_that_rides_the_belt():
    time = np.arange(400)
    x, y = 0.4 - 1.3e-3 * time, np.full(400, 0.05)
    lines = fit_lines(x, y, np.array([100, 210]), 80, np.array([200, 190]))
    found_x, found_y = along(lines, np.array([[-50, 0, 50]]))
    np.testing.assert_allclose(found_x, np.stack([x[[150, 200, 250]], x[[140, 190, 240]]]), atol=1e-12)
    np.testing.assert_allclose(found_y, 0.05)


def test_the_speed_of_a_ramp_is_its_slope():
    for rate in (300.0, 1000.0):
        found = LinearPhaseFIR(speed_taps(rate), 1).feed(3.0 - 1.3 * np.arange(500)[None] / rate)
        np.testing.assert_allclose(found, -1.3)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 3000), max_size=30))
def test_jumps_are_the_same_for_any_cutting_and_told_in_time(seed, cuts):
    """A wild place of force: jumps of all sizes, near to each other and apart."""
    rng = np.random.default_rng(seed)
    x = np.cumsum(np.repeat(rng.choice([-2.0, -0.5, 0.05, 0.2, 1.0, 3.0], 40) * 1e-3, rng.integers(20, 120, 40)))

    def find(edges):
        finder, found = TransferFinder(1000.0), []
        for a, b in itertools.pairwise(edges):
            promised = finder.watched
            begin, end = finder.feed(x[a:b], x[:b], 0)
            assert (begin >= promised).all()
            found += zip(begin.tolist(), end.tolist(), strict=True)
        found += zip(*(part.tolist() for part in finder.finish()), strict=True)
        return found

    whole = find([0, x.size])
    assert find([0, *sorted(c for c in cuts if c < x.size), x.size]) == whole
    assert find(range(0, x.size + 1)) == whole
    for begin, end in whole:
        assert x[end] - x[begin] >= 0.08


# Which jumps of the centre of pressure are walking -----------------------------------------------------------------


def butterfly(supports_s, jumps_s, *, speed=1.2, width=0.1, ahead=0.4, end_s=0.5, sides=None):
    """(6, n) wrench of 700 N whose place rides back with the belt in each support and jumps forward behind it.

    `ahead` may be a list, one for each jump; `sides` says on which side each support is, left and right by default.
    """
    ahead = np.broadcast_to(ahead, len(jumps_s))
    sides = sides or [(-1) ** k for k in range(len(supports_s) + 1)]
    t, x, y, now, place = [0.0], [0.3], [sides[0] * width / 2], 0.0, 0.3
    for number, (support, jump) in enumerate(zip(supports_s, jumps_s, strict=True)):
        t += [now + support, now + support + jump]
        x += [place - speed * support, place - speed * support + ahead[number]]
        y += [y[-1], sides[number + 1] * width / 2]
        now, place = t[-1], x[-1]
    t, x, y = [*t, now + end_s], [*x, place - speed * end_s], [*y, y[-1]]
    at = np.arange(round(1000 * t[-1])) / 1000.0
    wrench = np.zeros((6, at.size))
    wrench[FZ] = 700.0
    wrench[3], wrench[4] = 700.0 * np.interp(at, t, y), -700.0 * np.interp(at, t, x)
    return wrench


def split(wrench, cuts=(), *, seen=True, ended=True):
    """(on, off, foot) of the steps of one stretch, and the left foot's share."""
    splitter = WalkSplitter(1000.0, get_protocol())
    splitter.start(seen=seen)
    found, share = [], []
    for a, b in itertools.pairwise([0, *sorted(cuts), wrench.shape[1]]):
        promised = splitter.horizon
        steps, part = splitter.feed(wrench[:, a:b])
        assert (steps.on >= promised).all()
        assert splitter.horizon >= promised
        found, share = [*found, steps], [*share, part]
    steps, part = splitter.finish(ended=ended)
    found, share = [*found, steps], np.concatenate([*share, part])
    assert share.size == wrench.shape[1]
    return [(int(on), int(off), int(foot)) for s in found for on, off, foot in zip(s.on, s.off, s.foot)], share  # noqa: B905


REGULAR = {"supports_s": [0.45] * 6, "jumps_s": [0.15] * 6}


def test_three_jumps_in_a_row_are_walking_and_two_are_not():
    for count in (1, 2):
        steps, share = split(butterfly([0.45] * count, [0.15] * count))
        assert steps == []
        assert np.isnan(share).all()
    steps, share = split(butterfly([0.45] * 3, [0.15] * 3))
    assert [foot for _, _, foot in steps] == [1, -1, 1, -1]
    assert steps[0][0] == 0
    assert steps[-1][1] == share.size
    assert not np.isnan(share).any()
    assert share[:370].tolist() == [1.0] * 370
    assert share[700:970].tolist() == [0.0] * 270


def test_before_the_first_double_support_the_hind_foot_carries_and_behind_the_last_the_front_foot():
    wrench = butterfly([2.0, 0.45, 0.45], [0.15] * 3, end_s=3.0)
    steps, share = split(wrench, seen=True)
    assert [foot for _, _, foot in steps] == [-1, 1], "the long supports at the ends are no steps"
    begin = int(np.flatnonzero(~np.isnan(share))[0])
    assert 1700 < begin < 1800
    assert (share[begin : begin + 150] == 1.0).all()
    end = int(np.flatnonzero(~np.isnan(share))[-1])
    assert 4300 < end < 4550
    assert (share[3500:end] == 0.0).all()


def test_a_last_foot_that_stays_is_not_waited_for():
    wrench = butterfly(**REGULAR, end_s=8.0)
    splitter = WalkSplitter(1000.0, get_protocol())
    splitter.start(seen=True)
    for start in range(0, wrench.shape[1], 100):
        splitter.feed(wrench[:, start : start + 100])
        assert start - splitter.horizon < 3000
    assert start - splitter.horizon < 500


@pytest.mark.parametrize("size", [1, 7, 50])
def test_a_jump_counts_only_when_the_next_one_is_known_to_be_far_enough(size):
    """Three jumps would be walking; but the fourth comes so soon after the third that neither is a step."""
    wrench = butterfly([0.45, 0.45, 0.45, 0.14], [0.15] * 4)
    assert split(wrench)[0] == []
    assert split(wrench, range(size, wrench.shape[1], size))[0] == []


def test_steps_overlap_by_the_double_support():
    steps, share = split(butterfly(**REGULAR))
    assert len(steps) == 7
    for (_, off, _), (on, _, _), jump in zip(steps[:-1], steps[1:], range(6), strict=True):
        begin, end = 450 + 600 * jump, 600 + 600 * jump
        assert begin + 5 < on < begin + 25, "50 of 700 N on the front foot after a fourteenth of the way"
        assert end - 15 < off < end + 5, "20 of 700 N on the hind foot a thirty-fifth before its end"
        half = share[(begin + end) // 2]
        assert half == pytest.approx(0.5, abs=0.03)


def test_a_jump_that_halts_for_a_moment_is_one_and_longer_is_none():
    x = np.interp(np.arange(1500), [0, 600, 660, 770, 830, 1500], [0.6, 0.0, 0.2, 0.2, 0.4, -0.4])
    finder = TransferFinder(1000.0)
    begin, end = finder.feed(x, x, 0)
    assert len(begin) == 1
    assert begin[0] < 600
    assert end[0] > 830
    for halt in (100, 140):
        wrench = butterfly([0.45, 0.45, 0.45, halt / 1000, 0.45, 0.45, 0.45], [0.15] * 7)
        steps, share = split(wrench)
        assert np.isnan(share[1900 + halt // 2]), (
            "between jumps nearer than single support lasts nobody is said to walk"
        )
        assert all(off < 1750 or on > 1950 for on, off, _ in steps)


@pytest.mark.parametrize(
    ("change", "walks"),
    [
        pytest.param({}, True, id="regular"),
        pytest.param({"sides": [1, 1, 1, 1, 1, 1, 1]}, False, id="always the same side"),
        pytest.param({"width": 0.010}, False, id="feet in one line"),
        pytest.param({"speed": 0.1, "ahead": 0.045}, False, id="small shifts"),
        pytest.param({"speed": 0.05, "ahead": 0.1}, False, id="forward, yet not carried back"),
        pytest.param({"supports_s": [1.0] * 6}, False, id="too slow"),
        pytest.param({"jumps_s": [0.6] * 6}, False, id="weight goes over too slowly"),
    ],
)
def test_what_makes_walking(change, walks):
    steps, _ = split(butterfly(**{**REGULAR, **change}))
    assert (len(steps) > 0) == walks


def test_a_running_step_does_not_reach_over_lost_steps_at_the_beginning():
    """The first jump is none of walking: the step behind it is not the first one's neighbour."""
    late = butterfly([0.13, 0.30, 0.45, 0.45, 0.45], [0.10, 0.15, 0.15, 0.15, 0.15], ahead=[0.06, 0.4, 0.5, 0.5, 0.5])
    late[3, :130] = late[4, :130] = 0.0  # … before which the foot did not ride
    landed, _ = split(late, seen=True)
    begun, _ = split(late, seen=False)
    assert all(on == 0 or on > 1000 for on, _, _ in landed)
    assert landed == [step for step in begun if step[0] > 1000]
    assert any(on < 1000 for on, _, _ in begun), "where nothing came before, nothing can reach over"


def test_steps_next_to_a_hole_wait_and_go():
    def steps(*rows):
        on, off = np.asarray([(a, b) for a, b in rows], np.int64).reshape(-1, 2).T
        return Steps(on, off, np.ones(on.size, np.int8))

    waiting = StepList(1000.0)
    assert waiting.feed(steps((0, 700), (600, 1300)), 1200).on.tolist() == [0], "the second one's next is not known"
    assert waiting.waits_from(1200) == 600
    assert waiting.feed(NO_STEPS, 2300).on.size == 0, "a step may still begin 1000 samples after it"
    assert waiting.feed(NO_STEPS, 2301).on.tolist() == [600]
    assert waiting.waits_from(2301) == 2301
    assert waiting.feed(steps((3000, 3700), (4200, 4900), (4800, 5500)), 5400).on.tolist() == [4200]
    assert waiting.finish(NO_STEPS, 6000).on.size == 0, "a flight follows, and then perhaps a step"
    waiting.feed(steps((0, 700), (600, 1300)), 1200)
    assert waiting.finish(steps((1200, 1900)), 1900).on.tolist() == [600, 1200], "the last one ends with the stretch"
    waiting.feed(steps((0, 700)), 600)
    assert waiting.finish(NO_STEPS, OPEN).on.tolist() == [0], "nothing follows where the segment ends"
    waiting.feed(steps((0, 700)), 600)
    assert waiting.finish(steps((600, OPEN)), OPEN).off.tolist() == [700, OPEN]


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 12_000), max_size=40),
    st.integers(0, 9000),
    st.booleans(),
    st.booleans(),
)
def test_wild_butterflies_for_any_cutting(seed, cuts, singles, seen, ended):
    """Jumps too near to each other, too far apart, too small, to the wrong side, among good ones."""
    rng = np.random.default_rng(seed)
    count = rng.integers(2, 16)
    times, odds = [0.06, 0.10, 0.14, 0.18, 0.20, 0.24, 0.4, 0.45, 0.5, 0.85, 0.95, 1.3], [0.04] * 6 + [0.2] * 3
    supports = rng.choice(times, count, p=[*odds, 0.05, 0.05, 0.06])
    jumps = rng.choice([0.03, 0.15, 0.2, 0.55], count, p=[0.1, 0.5, 0.35, 0.05])
    ahead = rng.choice([0.05, 0.075, 0.085, 0.2, 0.4], count, p=[0.05, 0.05, 0.1, 0.3, 0.5])
    sides = [(-1) ** k * rng.choice([1, 1, 1, 1, 0.2, -1]) for k in range(count + 1)]
    wrench = butterfly(supports, jumps, ahead=ahead, sides=sides, speed=rng.uniform(0.3, 1.5), end_s=rng.uniform(0, 2))
    wrench[3:5] += 700.0 * 0.002 * rng.normal(size=(2, wrench.shape[1]))
    steps, share = split(wrench, seen=seen, ended=ended)
    cuts = [c for c in {*cuts, *range(singles, singles + 150)} if c < wrench.shape[1]]
    again, cut = split(wrench, cuts, seen=seen, ended=ended)
    assert again == steps
    assert cut.tobytes() == share.tobytes()
    for (_, off, foot), (on, _, other) in itertools.pairwise(steps):
        assert on > off + 1000 or (on < off and other == -foot)
