"""What happens on the belt besides steps is told, timed and counted; a hand on the rail is felt by the belt."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from realdata import fukuchi
from running import analyse, one_belt, ticks, two_belts
from walkers import Scene, Walker, one_deck

from analysis.belt_steps import State
from analysis.episodes import Episode, EpisodeLog, count, handrail_episodes
from analysis.handrail import LOOKAHEAD, LOOKBACK, STRIDES, handrail_mask
from analysis.protocol import G, get_protocol
from analysis.setup import Setup
from analysis.wrench import COMPONENTS, force_belt

BW = 72.0 * G


def told(scene, setup=None, **kw):
    """(kind, start, end) of the episodes of a session, to 0.1 s."""
    table, pipeline = analyse(scene.channels(), setup or one_deck(bw=BW), **kw)
    return [(e.kind, round(e.start_s, 1), round(e.end_s, 1)) for e in pipeline.episodes(table)], table


def test_a_session_with_everything_in_it():
    scene = Scene(1000.0, 90.0)
    scene.stand(2.0, 12.0)
    ran = scene.run(scene.walk(Walker(1.2), 16.0, 20) + 0.1, 20)
    scene.press(150.0 * ((scene.t > ran + 0.03) & (scene.t < ran + 0.06)), 0.0, 0.0)
    scene.stand(ran + 5.0, ran + 12.0, force=lambda t: 1 + 0.5 * np.sin(4 * t))
    end = scene.walk(Walker(1.5), ran + 20.0, 20)
    episodes, table = told(scene)
    walked = scene.steps[19][1]
    assert episodes == [
        ("standing", 2.0, 12.0),
        ("stepped off", 12.0, 16.0),
        ("walking", 16.0, pytest.approx(walked, abs=0.11)),
        ("scuff", pytest.approx(ran + 0.03, abs=0.1), pytest.approx(ran + 0.06, abs=0.1)),
        ("stepped off", pytest.approx(ran + 0.06, abs=0.1), pytest.approx(ran + 5.0, abs=0.1)),
        ("standing", pytest.approx(ran + 5.0, abs=0.1), pytest.approx(ran + 12.0, abs=0.1)),
        ("stepped off", pytest.approx(ran + 12.0, abs=0.1), pytest.approx(ran + 20.0, abs=0.1)),
        ("walking", pytest.approx(ran + 20.0, abs=0.1), pytest.approx(end, abs=0.15)),
        ("stepped off", pytest.approx(end, abs=0.15), 90.0),
    ]
    assert table["gait"].tolist() == ["walk"] * 20 + ["run"] * 20 + ["walk"] * 20


def test_running_and_its_flights_are_no_episode_and_an_empty_belt_was_not_stepped_off():
    scene = Scene(1000.0, 20.0)
    scene.run(5.0, 30)
    assert told(scene)[0] == [("stepped off", pytest.approx(15.4, abs=0.11), 20.0)]


def test_walking_on_from_standing_is_both():
    scene = Scene(1000.0, 30.0)
    scene.stand(1.0, 6.0)
    scene.walk(Walker(1.2), 5.9, 24, first=-1)
    kinds = [kind for kind, _, _ in told(scene)[0]]
    assert kinds == ["standing", "walking", "stepped off"]


def test_where_the_place_of_the_force_is_not_seen_walking_and_standing_have_one_name():
    scene = Scene(1000.0, 30.0)
    scene.walk(Walker(1.2), 2.0, 20)
    table, pipeline = analyse(scene.channels()[1], one_belt(bw=BW))
    assert table.rows == 0
    assert [episode.kind for episode in pipeline.episodes(table)] == ["walking or standing", "stepped off"]


def test_on_two_belts_who_stands_on_one_has_not_stepped_off():
    t = np.arange(20_000) / 1000.0
    left = 700.0 * ((t > 2) & (t < 12))
    right = 700.0 * ((t > 9) & (t < 15))
    table, pipeline = analyse(np.stack([left, right]), two_belts(bw=BW), tare=np.zeros((2, 6)))
    assert [(e.kind, e.belt, round(e.start_s), round(e.end_s)) for e in pipeline.episodes(table)] == [
        ("walking or standing", "L", 2, 12),
        ("walking or standing", "R", 9, 15),
        ("stepped off", "", 15, 20),
    ]


def test_a_gap_ends_an_episode():
    scene = Scene(1000.0, 20.0)
    scene.stand(2.0, 12.0)
    keep = np.r_[0:6000, 9000:20000]
    table, pipeline = analyse(scene.channels()[:, keep], one_deck(bw=BW), gaps=[6000], tick=ticks(20_000)[keep])
    standing = [(round(e.start_s, 1), round(e.end_s, 1)) for e in pipeline.episodes(table) if e.kind == "standing"]
    assert standing == [(2.0, 6.0), (9.0, 12.0)]


def test_the_log_joins_what_belongs_together_and_counts():
    log = EpisodeLog(["L", "R"], [True, False], 1000.0)
    walk, stand, empty, scuff = State.WALKING, State.STANDING, State.EMPTY, State.SCUFF
    left = np.repeat(
        [empty, walk, stand, walk, stand, empty, scuff, empty], [500, 2000, 800, 2000, 1000, 200, 30, 2470]
    )
    right = np.repeat([empty, stand, empty], [1000, 999, 7001])
    log.feed(np.arange(9000), [left[:4000].astype(np.int8), right[:100].astype(np.int8)])
    log.feed(np.empty(0, np.int64), [left[4000:].astype(np.int8), right[100:].astype(np.int8)])
    log.end_segment()
    episodes = log.episodes(100)
    assert episodes == [
        Episode("walking", 0.4, 5.2, "L"),
        Episode("standing", 5.2, 6.2, "L"),
        Episode("scuff", 6.4, 6.43, "L"),
        Episode("stepped off", 6.43, 8.899, ""),
    ]
    assert count(episodes) == {"walking": 1, "standing": 1, "scuff": 1, "stepped off": 1}


# The handrail ------------------------------------------------------------------------------------------------------


def loads(count=400, seed=1, spread=0.006, scale=0.97):
    """Impulse and time of steps that carry a 706-N body's weight: left and right differ, strides close."""
    rng = np.random.default_rng(seed)
    time = 0.35 * (1.0 + 0.02 * rng.normal(size=count))
    share = 1.0 + np.where(np.arange(count) % 2, 0.06, -0.06) + 1.4 * spread * rng.normal(size=count)
    return scale * BW * share * time, time


@pytest.mark.parametrize("drop", [0.10, 0.15, 0.20, 0.30])
@pytest.mark.parametrize("steps", [4, 30, 150])
def test_a_hand_on_the_rail_is_found(drop, steps):
    impulse, time = loads()
    impulse[200 : 200 + steps] *= 1.0 - drop
    held = handrail_mask(impulse, time, BW)
    assert held[203 : 200 + steps].all(), "all but the first two, which are told by what follows"
    assert not held[:200].any()
    assert not held[201 + steps :].any()


@pytest.mark.parametrize("spoilt", [1, 2, 3])
def test_fewer_than_two_strides_are_none(spoilt):
    impulse, time = loads(spread=0.0)
    impulse[200 : 200 + spoilt] *= 0.85
    assert not handrail_mask(impulse, time, BW).any()


def test_held_from_the_first_step_is_found_against_a_known_weight_if_it_is_much():
    impulse, time = loads(scale=0.80)
    assert handrail_mask(impulse, time, BW)[2:].all()
    assert not handrail_mask(impulse, time, np.nan).any(), "without a weight there is nothing to compare with"
    slightly, time = loads(scale=0.93)
    assert not handrail_mask(slightly, time, BW).any(), "so much a scale may err"


def test_a_missing_step_breaks_the_row_and_is_not_held():
    impulse, time = loads(spread=0.0)
    impulse[200:206] *= 0.88
    impulse[203] = time[203] = np.nan
    assert not handrail_mask(impulse, time, BW).any()
    assert handrail_mask(np.empty(0), np.empty(0), BW).size == 0


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 700), st.integers(1, 60))
def test_a_step_is_judged_by_its_own_neighbourhood(seed, first, rows):
    rng = np.random.default_rng(seed)
    impulse, time = loads(720, seed=seed % 1000, spread=0.02)
    for _ in range(6):
        begin = rng.integers(0, 700)
        impulse[begin : begin + rng.integers(2, 300)] *= rng.uniform(0.75, 1.0)
    impulse[rng.integers(0, 720, 10)] = np.nan
    whole = handrail_mask(impulse, time, BW)
    start, stop = max(0, first - LOOKBACK - STRIDES), first + rows + LOOKAHEAD
    part = handrail_mask(impulse[start:stop], time[start:stop], BW)
    assert part[first - start :][: min(rows, 720 - first)].tolist() == whole[first : first + rows].tolist()


def three_times(trial):
    """(6, n) wrench of a trial three times over, joined in mid-flight, the flights' offset taken out."""
    force = trial.wrench[2]
    zero = np.median(force[force < 60.0])
    low = np.flatnonzero(force - zero < 15.0)
    flights = [part for part in np.split(low, np.flatnonzero(np.diff(low) > 1) + 1) if part.size > 15]
    first, last = (int(part[part.size // 2]) for part in (flights[0], flights[-1]))
    once = trial.wrench[:, first:last].copy()
    once[2] -= zero
    return np.tile(once, 3)


@pytest.mark.parametrize("trial", fukuchi(), ids=lambda trial: trial.name)
def test_no_real_runner_holds_a_rail_and_one_who_did_would_be_found(trial):
    """Published masses close to 0.95–1.00: that is no hand on the rail, but twelve percent less is."""
    belt = force_belt({name: i for i, name in enumerate(COMPONENTS)})
    setup = Setup(trial.sample_rate_Hz, 1e6, [belt], get_protocol(), trial.mass_kg * G)
    wrench = three_times(trial)
    table, pipeline = analyse(wrench, setup)
    assert not any("handrail" in record["flags"] for record in table.records())
    assert "handrail" not in [episode.kind for episode in pipeline.episodes(table)]
    t = np.arange(wrench.shape[1]) / trial.sample_rate_Hz
    wrench[2] *= np.where((t > 10.5) & (t < 17.5), 0.88, 1.0)
    table, pipeline = analyse(wrench, setup)
    held = np.asarray(["handrail" in record["flags"] for record in table.records()])
    touchdown, end = table["touchdown_s"], table["touchdown_s"] + table["step_time_ms"] * 1e-3
    inside = np.flatnonzero((touchdown > 10.5) & (end < 17.5))
    assert held[inside[3:]].all()
    assert not table["valid"][inside[3:]].any()
    assert not held[(end < 10.5) | (touchdown > 17.5)].any()
    rail = [episode for episode in pipeline.episodes(table) if episode.kind == "handrail"]
    assert len(rail) == 1
    assert 10.5 < rail[0].start_s < 12.3
    assert 16.5 < rail[0].end_s < 18.1


def test_handrail_episodes_are_rows_of_such_steps():
    held = np.array([False, True, True, False, False, True])
    touchdown, step = np.arange(6) * 0.4, np.array([400.0, 400.0, 380.0, 400.0, 400.0, np.nan])
    assert handrail_episodes(touchdown, step, held) == [
        Episode("handrail", 0.4, pytest.approx(1.18)),
        Episode("handrail", 2.0, 2.0),
    ]
