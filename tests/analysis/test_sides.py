"""Left and right: the alternation of places sees through wandering, missed and false contacts."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from realdata import fukuchi
from running import BW, analyse, half_sine, train

from analysis.alternation import BY_SEQUENCE, FIRST, Alternation, Landings
from analysis.protocol import G, get_protocol
from analysis.setup import Setup
from analysis.wrench import COMPONENTS, force_belt

PERIOD = 0.35


def landings(time, y, *, breaks=(), known=None, by_belt=False):
    last = np.zeros(time.size, bool)
    last[list(breaks)] = True
    known = np.zeros(time.size, np.int8) if known is None else known
    return Landings(time, y, known, last, np.full(time.size, by_belt))


def judge(steps, sizes=()):
    """Sides of all steps, fed in pieces of these sizes."""
    alternation, out, at = Alternation(), [], 0
    for size in [*sizes, len(steps)]:
        alternation.feed(steps.part(slice(at, at + size)))
        out.append(alternation.take(alternation.decided))
        at = min(at + size, len(steps))
    alternation.end_run()
    out.append(alternation.take(alternation.decided))
    return np.concatenate(out)


def runner(n, *, half_width=0.04, wander=0.10, scatter=0.0, jitter=0.0, seed=0, first=1):
    """A runner whose feet land `half_width` off a midline that wanders with a period of 20 s (oracle O8)."""
    rng = np.random.default_rng(seed)
    time = (np.arange(n) + 1) * PERIOD + jitter * rng.normal(size=n)
    side = first * (1 - 2 * (np.arange(n) % 2))
    y = side * half_width + wander * np.sin(2 * np.pi * 0.05 * time) + scatter * rng.normal(size=n)
    return time, y, side.astype(np.int8)


@pytest.mark.parametrize("first", [1, -1])
def test_wandering_runner_with_a_missed_and_a_false_contact(first):
    """O8: parity right in at least 99 % of 200 steps; here all of the true ones."""
    time, y, side = runner(200, first=first)
    time, y, side = (np.delete(values, 57) for values in (time, y, side))
    time = np.insert(time, 119, time[118] + 0.4 * PERIOD)
    y, side = np.insert(y, 119, 0.02), np.insert(side, 119, 0)
    found = judge(landings(time, y))
    true = side != 0
    assert (np.sign(found)[true] == side[true]).all()
    assert (np.abs(found)[true] == 1).mean() > 0.95


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.2, 0.8), st.sampled_from([0.0, 0.01, 0.02]))
def test_faults_anywhere_cost_at_most_the_steps_about_them(seed, place, scatter):
    rng = np.random.default_rng(seed)
    time, y, side = runner(150, scatter=scatter, jitter=0.005, seed=seed)
    gone, extra = rng.choice(np.arange(20, 130), 2, replace=False)
    time, y, side = (np.delete(values, gone) for values in (time, y, side))
    time = np.insert(time, extra, time[extra - 1] + place * (time[extra] - time[extra - 1]))
    y, side = np.insert(y, extra, rng.normal(0.0, 0.05)), np.insert(side, extra, 0)
    found = np.sign(judge(landings(time, y)))
    assert (found != side)[side != 0].sum() <= 1


def test_crossing_over_now_and_then_does_not_swap_the_feet():
    """Scatter twice the half width: three in ten single steps lie on the wrong side of the midline."""
    time, y, side = runner(400, half_width=0.02, scatter=0.04, seed=3)
    wrong_alone = np.sign(y - 0.10 * np.sin(2 * np.pi * 0.05 * time)) != side
    assert wrong_alone.mean() > 0.25
    found = judge(landings(time, y))
    known = found != 0
    assert known.mean() > 0.9
    assert (np.sign(found) == side)[known].mean() > 0.99
    assert (np.abs(found) == BY_SEQUENCE).any()  # and the steps that alone the sequence tells say so


def test_on_one_line_the_side_is_not_made_up():
    time, y, _ = runner(200, half_width=0.0, scatter=0.01, seed=5)
    found = judge(landings(time, y))
    assert (np.abs(found) == 1).mean() < 0.05


def test_without_lateral_sight_no_side_is_known():
    time, _, _ = runner(60)
    assert not judge(landings(time, np.full(60, np.nan))).any()


def test_after_a_break_the_parity_is_found_anew():
    a, b = runner(41, first=1), runner(40, first=1, seed=1)
    time, y = np.concatenate((a[0], b[0] + 100.0)), np.concatenate((a[1], b[1]))
    found = judge(landings(time, y, breaks=[40]))
    assert (np.sign(found) == np.concatenate((a[2], b[2]))).all()


def test_the_side_comes_one_step_late_but_for_the_first_steps():
    alternation, steps = Alternation(), landings(*runner(30)[:2])
    decided = []
    for k in range(30):
        alternation.feed(steps.part(slice(k, k + 1)))
        decided.append(alternation.decided)
    assert decided[FIRST - 1] == 0
    assert decided[FIRST:] == list(range(FIRST, 30))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 40), max_size=30))
def test_any_cutting_gives_the_same_sides(seed, sizes):
    rng = np.random.default_rng(seed)
    time, y, _ = runner(120, half_width=0.02, scatter=0.03, jitter=0.01, seed=seed)
    keep = np.sort(rng.choice(120, 112, replace=False))
    steps = landings(time[keep], y[keep], breaks=rng.choice(112, 2))
    assert judge(steps, sizes).tobytes() == judge(steps).tobytes()


@cache
def real(number):
    trial = fukuchi()[number]
    belt = force_belt({name: i for i, name in enumerate(COMPONENTS)})
    table, _ = analyse(trial.wrench, Setup(trial.sample_rate_Hz, 1e6, [belt], get_protocol(), trial.mass_kg * G))
    middle = 0.5 * (table["touchdown_s"] + table["toe_off_s"])
    truth = trial.contact_side[np.abs(trial.contact_s[:, None] - middle).argmin(axis=0)]
    return table["side"], truth


def test_real_runners_against_their_foot_markers():
    """At least 99.5 % right, over 39 trials of 13 runners."""
    right = np.concatenate([np.equal(*real(number)) for number in range(len(fukuchi()))])
    assert right.size > 1000
    assert right.mean() >= 0.995


def split_setup():
    return Setup(
        1000.0, 1e6, [force_belt({"Fz": i}, name=n, channels=2) for i, n in enumerate("LR")], get_protocol(), BW
    )


def test_a_split_belt_names_the_side_and_flags_a_foot_on_both_belts():
    belts = np.stack([train(half_sine, 20, PERIOD, every=2, phase=phase) for phase in (0, 1)])
    touched = round((0.3137 + 6 * PERIOD) * 1000)  # the seventh step, on the left belt
    belts[1, touched + 60 : touched + 120] += 60.0
    table, _ = analyse(belts, split_setup())
    assert table["side"].tolist() == ["L", "R"] * 10
    assert [i for i, row in enumerate(table.records()) if "wrong_belt" in row["flags"]] == [6]
    assert not table["valid"][6]
    assert table["valid"].sum() == 19


def test_walking_on_two_belts_is_no_touch_of_the_wrong_belt():
    """In double support both belts are loaded, at the ends of each contact."""
    belts = np.stack([train(lambda t: half_sine(t, 0.65, 0.05), 20, 0.5, every=2, phase=phase) for phase in (0, 1)])
    t = np.arange(belts.shape[1]) / 1000.0 - 0.3137
    for k in range(20):
        belts[k % 2] = np.maximum(belts[k % 2], half_sine(t - 0.5 * k, 0.65, 0.05))
    table, _ = analyse(belts, split_setup())
    assert table.rows > 15
    assert not any("wrong_belt" in row["flags"] for row in table.records())


ON_BELT = np.array([1, -1], np.int8)


def test_feet_that_keep_to_their_belts_are_told_by_them():
    """However they land on them: here always on one line."""
    time = PERIOD * np.arange(40)
    known = ON_BELT[np.arange(40) % 2]
    assert (judge(landings(time, np.zeros(40), known=known, by_belt=True)) == known).all()


@pytest.mark.parametrize("belt", [1, -1])
def test_both_feet_on_one_belt_are_told_by_where_they_land(belt):
    """As in Davis's trial: then the belt tells nothing, from the first step on."""
    rng = np.random.default_rng(belt + 1)
    time = PERIOD * np.arange(60)
    truth = ON_BELT[np.arange(60) % 2]
    y = 0.2 + 0.04 * truth + 0.005 * rng.normal(size=60)
    steps = landings(time, y, known=np.full(60, belt, np.int8), by_belt=True)
    assert (np.sign(judge(steps)) == truth).all()
    for sizes in ((1,) * 60, (7, 20, 1, 1)):
        assert (judge(steps, sizes) == judge(steps)).all()


def test_both_feet_on_one_belt_and_one_line_are_not_told():
    steps = landings(PERIOD * np.arange(40), np.zeros(40), known=np.full(40, -1, np.int8), by_belt=True)
    assert not judge(steps).any()


def test_a_runner_who_moves_over_to_one_belt_keeps_his_feet():
    """Twenty steps astride, then all on the right belt, whose places count from its own middle."""
    truth = ON_BELT[np.arange(60) % 2]
    astride = np.arange(60) < 20
    known = np.where(astride, truth, -1).astype(np.int8)
    y = np.where(astride, 0.0, 0.03 * truth)
    sides = judge(landings(PERIOD * np.arange(60), y, known=known, by_belt=True))
    assert (np.sign(sides) == truth).all()
