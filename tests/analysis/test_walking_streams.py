"""However a stream with walkers in it is cut into chunks, steps, shares and episodes are the same, bit for bit."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import analyse
from test_walking import filtered, through
from walkers import Scene, Walker, one_deck

from analysis.belt_steps import State
from analysis.episodes import EpisodeLog
from analysis.protocol import G


def some_walker(rng):
    return Walker(
        rng.uniform(0.5, 2.2),
        width_m=rng.uniform(0.03, 0.14),
        limp=rng.uniform(-0.1, 0.1),
        vary=rng.uniform(0.0, 0.06),
        mass_kg=rng.uniform(40, 110),
        seed=int(rng.integers(99)),
    )


def some_standing(rng, act):
    """How somebody sways, hops or shifts the weight, for `Scene.stand`."""
    w, a = rng.uniform(1.0, 9.0), rng.uniform(0.0, 0.12)
    return {
        "x": (lambda t: a * np.sin(w * t)) if act == "sway" else 0.0,
        "y": lambda t: a * np.sin(0.5 * w * t),
        "force": (lambda t: np.maximum(1 + 1.5 * np.sin(13 * t), 0)) if act == "hop" else None,
    }


def play(seed, seconds=30.0, rate=1000.0):
    """Running, walking, standing, swaying, hopping, scuffs and an empty belt, one after the other, by chance."""
    rng, scene, now = np.random.default_rng(seed), Scene(rate, seconds), 0.5
    while now < seconds - 3.0:
        act = rng.choice(["walk", "walk", "run", "stand", "sway", "hop", "scuff", "empty"])
        if act == "walk":
            side, place = rng.choice([-1, 1]), rng.uniform(-0.2, 0.4)
            now = scene.walk(some_walker(rng), now, int(rng.integers(1, 14)), first=side, x0=place)
        elif act == "run":
            now = scene.run(now, int(rng.integers(1, 8)))
        elif act == "scuff":
            scene.press(rng.uniform(30, 300) * ((scene.t > now) & (scene.t < now + rng.uniform(0.005, 0.09))), 0.0, 0.0)
            now += 0.1
        elif act != "empty":
            begin, now = now, now + rng.uniform(1.5, 5.0)
            scene.stand(begin, now, **some_standing(rng, act))
        now += rng.choice([-0.1, 0.0, 0.01, 0.1, 0.3, 2.0])
    return scene


def same_progress(one, other):
    assert one.contacts.on.tobytes() == other.contacts.on.tobytes()
    assert one.contacts.off.tobytes() == other.contacts.off.tobytes()
    assert one.contacts.foot.tobytes() == other.contacts.foot.tobytes()
    assert one.left_share.tobytes() == other.left_share.tobytes()
    assert one.state.tobytes() == other.state.tobytes()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 30_000), max_size=60), st.integers(0, 29_000), st.booleans())
def test_steps_and_shares_for_any_cutting(seed, cuts, singles, quiet):
    wrench, _, _ = filtered(play(seed), noise_N=0.0 if quiet else 6.0)
    whole, belt = through(wrench)
    cut, again = through(wrench, cuts=[c for c in {*cuts, *range(singles, singles + 200)} if c < wrench.shape[1]])
    same_progress(cut, whole)
    assert again.ignored == belt.ignored
    assert again.distances_m.tobytes() == belt.distances_m.tobytes()


@pytest.mark.parametrize("size", [1, 7, 250, 251, 1000])
def test_equal_chunks(size):
    wrench, _, _ = filtered(play(size, seconds=12.0 if size == 1 else 60.0))
    whole, _ = through(wrench)
    same_progress(through(wrench, cuts=range(size, wrench.shape[1], size))[0], whole)


@pytest.mark.parametrize("rate", [300.0, 976.5625, 2400.0])
def test_other_rates(rate):
    wrench, _, _ = filtered(play(3, rate=rate))
    whole, _ = through(wrench, rate)
    same_progress(through(wrench, rate, np.random.default_rng(1).integers(0, wrench.shape[1], 60).tolist())[0], whole)
    assert (whole.contacts.foot != 0).sum() >= 5


def log_of(parts, tick):
    log, done = EpisodeLog([""], [True], 1e6), 0
    for part in parts:
        log.feed(tick[done : done + part.size], [part])
        done += part.size
    log.end_segment()
    return log.episodes(0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 30_000), max_size=40))
def test_episodes_for_any_cutting(seed, cuts):
    state = np.repeat(*(np.random.default_rng(seed).integers(low, high, 60) for low, high in ((0, 6), (1, 900))))
    state, tick = state.astype(np.int8), np.arange(state.size) * 1000
    edges = [0, *sorted(c for c in cuts if c < state.size), state.size]
    assert log_of([state[a:b] for a, b in itertools.pairwise(edges)], tick) == log_of([state], tick)


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 30_000), max_size=30),
    st.lists(st.integers(1, 29_999), max_size=2),
)
def test_the_step_table_for_any_cutting(seed, cuts, gaps):
    channels, setup = play(seed).channels(drift_N_per_min=15.0), one_deck(bw=72.0 * G)
    whole, _ = analyse(channels, setup, gaps=sorted(gaps))
    cut, _ = analyse(channels, setup, gaps=sorted(gaps), cuts=cuts)
    for name in whole:
        assert cut[name].tobytes() == whole[name].tobytes(), name


def test_the_streams_hold_what_they_should():
    states, feet, runs = set(), 0, 0
    for seed in range(10):
        whole, _ = through(filtered(play(seed))[0])
        states |= set(whole.state.tolist())
        feet += (whole.contacts.foot != 0).sum()
        runs += (whole.contacts.foot == 0).sum()
    assert states >= {State.EMPTY, State.STEP, State.SCUFF, State.STANDING, State.WALKING}
    assert feet > 80
    assert runs > 20
