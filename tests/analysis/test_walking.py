"""Walking on one belt: every step found with its side and its own force, whatever else happens on the belt."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from running import analyse, one_belt
from walkers import Scene, Walker, one_deck

from analysis.belt_steps import BeltSteps, State
from analysis.filters import LinearPhaseFIR, lowpass_taps
from analysis.gait import gait
from analysis.protocol import G, get_protocol
from analysis.wrench import FZ


def filtered(scene, **kw):
    """(6, n) wrench as the pipeline's low-pass gives it, (2, n) true feet likewise, and its delay in samples."""
    fir = LinearPhaseFIR(lowpass_taps(scene.rate, 60.0), 6)
    channels = scene.channels(**kw)
    wrench = np.zeros((6, channels.shape[1]))
    wrench[[0, 2, 3, 4]] = channels
    feet = LinearPhaseFIR(fir.taps, 2).feed(scene.foot)
    return fir.feed(wrench), feet, fir.half


def through(wrench, rate=1000.0, cuts=(), *, splits=True):
    """One belt's steps, and the promises kept on the way."""
    belt, parts = BeltSteps(rate, get_protocol(), splits=splits), []
    for a, b in itertools.pairwise([0, *sorted(cuts), wrench.shape[1]]):
        promised = belt.horizon
        parts.append(belt.feed(wrench[:, a:b]))
        assert (parts[-1].contacts.on >= promised).all(), "a contact began before the horizon that had been promised"
        assert belt.horizon >= promised
    parts.append(belt.finish())
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.then(part)
    assert (np.diff(np.concatenate([part.contacts.on for part in parts])) > 0).all(), "contacts come in order"
    assert whole.zeroed.tobytes() == wrench.tobytes(), "every sample comes out once, and in order"
    return whole, belt


def walking(walker, *, steps=30, start=1.5, rate=1000.0, h=0.0, **kw):
    scene = Scene(rate, start + 2.0 + steps * 0.9)
    scene.walk(walker, start, steps, h=h, **kw)
    return scene


def assert_steps_are(table, scene, *, worst_ms=15.0):
    """All true walking steps, no other ones, each with its side and its times."""
    truth = np.asarray(scene.steps)
    walk = table.select(table["gait"] == "walk") if (table["gait"] != "").any() else table
    assert walk.rows == len(truth)
    np.testing.assert_allclose(walk["touchdown_s"], truth[:, 0], atol=0.015)
    assert walk["side"].tolist() == ["L" if side > 0 else "R" for side in truth[:, 2]]
    np.testing.assert_allclose(walk["contact_time_ms"], 1e3 * (truth[:, 1] - truth[:, 0]), atol=worst_ms)


# Walking through one belt ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [0.6, 0.8, 1.0, 1.3, 1.6, 2.0, 2.2])
@pytest.mark.parametrize(
    "how",
    [
        pytest.param({}, id="plain"),
        pytest.param({"width_m": 0.05}, id="narrow"),
        pytest.param({"limp": 0.12}, id="limping"),
        pytest.param({"support": 0.30}, id="long double support"),
        pytest.param({"support": 0.18, "width_m": 0.14}, id="short double support"),
        pytest.param({"vary": 0.04, "seed": 5}, id="unsteady"),
        pytest.param({"mass_kg": 110.0}, id="heavy"),
        pytest.param({"mass_kg": 42.0}, id="light"),
    ],
)
def test_every_step_is_found_with_its_side_and_its_own_force(speed, how):
    walker = Walker(speed, **how)
    scene = walking(walker, first=-1 if "limp" in how else 1)
    wrench, feet, half = filtered(scene, noise_N=5.0)
    whole, belt = through(wrench)
    truth = np.asarray(scene.steps)
    assert whole.contacts.foot.tolist() == truth[:, 2].tolist()
    np.testing.assert_allclose((whole.contacts.on + half) / 1000.0, truth[:, 0], atol=0.012)
    np.testing.assert_allclose((whole.contacts.off + half) / 1000.0, truth[:, 1] + 0.010, atol=0.020)
    both = (feet > 20.0).all(axis=0) & ~np.isnan(whole.left_share)
    assert both.sum() / 1000.0 > 0.9 * (feet > 20.0).all(axis=0).sum() / 1000.0
    error = (wrench[FZ] * whole.left_share - feet[0])[both]
    assert np.sqrt((error**2).mean()) < 0.025 * walker.mass_kg * G
    assert belt.ignored == 0
    assert np.median(belt.distances_m) < 0.012


# Through the whole pipeline ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [0.8, 1.3, 2.0])
@pytest.mark.parametrize("h", [0.0, 0.2])
def test_steps_of_a_walker_in_the_table_also_on_vertical_cells_that_see_braking_as_place(speed, h):
    scene = walking(Walker(speed, brake=0.2), h=h)
    table, pipeline = analyse(scene.channels(offset_N=300.0, drift_N_per_min=20.0), one_deck(bw=72.0 * G))
    assert_steps_are(table, scene, worst_ms=8.0)
    assert table["valid"].all()
    assert pipeline.ignored == 0
    truth = np.asarray(scene.steps)
    np.testing.assert_allclose(table["step_time_ms"][:-1], 1e3 * np.diff(truth[:, 0]), atol=8.0)
    impulse = table["vertical_impulse_BW_s"][1:-1]
    np.testing.assert_allclose(impulse, np.diff(truth[:, 0])[1:], atol=0.02)  # a step carries its own time's weight


def test_body_weight_from_walking_strides():
    scene = walking(Walker(1.3), steps=50)
    _, pipeline = analyse(scene.channels(), one_deck())
    assert pipeline.bw_N == pytest.approx(72.0 * G, rel=0.005)


def test_from_running_to_walking_and_back_no_step_is_lost_or_doubled():
    scene = Scene(1000.0, 60.0)
    end = scene.run(2.0, 20)
    end = scene.walk(Walker(1.4), end + 0.10, 25)
    end = scene.run(end + 0.10, 20)
    scene.walk(Walker(1.0, seed=2), end + 0.12, 15)
    table, _ = analyse(scene.channels(), one_deck(bw=72.0 * G))
    walk = table["contact_time_ms"] > 400.0
    assert_steps_are(table.select(walk), scene)
    assert table.rows == 20 + 25 + 20 + 15
    assert np.flatnonzero(walk).tolist() == [*range(20, 45), *range(65, 80)]
    assert (np.diff(table["touchdown_s"]) > 0.2).all()
    np.testing.assert_allclose(table["step_time_ms"][:19], 350.0, atol=1.0)
    assert np.isfinite(table["step_time_ms"][:-1]).all()
    assert (table["side"][1:] != table["side"][:-1])[:44].all(), "running and walking feet alternate"


def test_running_steps_are_the_same_bits_whether_somebody_walks_later_or_not():
    scene = Scene(1000.0, 30.0)
    end = scene.run(2.0, 30)
    alone = scene.channels()
    scene.walk(Walker(1.3), end + 5.0, 10)
    table, _ = analyse(scene.channels(), one_deck(bw=72.0 * G))
    reference, _ = analyse(alone, one_deck(bw=72.0 * G))
    assert table.select(np.arange(29)).equals(reference.select(np.arange(29)))
    assert table.rows == 40


def test_start_and_stop_between_standing_and_walking():
    scene = Scene(1000.0, 40.0)
    scene.stand(1.0, 6.0, x=0.0)  # … and, within the same loaded stretch, walks off
    scene.walk(Walker(1.2), 5.85, 24, first=-1)
    last = scene.steps[-1]
    scene.stand(last[1] - 0.15, last[1] + 6.0, x=-0.2)
    table, pipeline = analyse(scene.channels(), one_deck(bw=72.0 * G))
    truth = np.asarray(scene.steps)
    assert 20 <= table.rows <= 24, "at either end a step may be lost, for a body on two feet is no single support"
    found = np.abs(table["touchdown_s"][:, None] - truth[:, 0])
    assert (found.min(axis=1) < 0.02).all(), "none is invented"
    assert table["side"].tolist() == np.where(truth[found.argmin(axis=1), 2] > 0, "L", "R").tolist()
    assert np.diff(table["touchdown_s"]).max() < 0.8, "none is lost in between"
    assert pipeline.ignored == 0


SCENES = {
    "still for a minute": {},
    "sway": {"x": lambda t: 0.05 * np.sin(1.9 * t), "y": lambda t: 0.08 * np.sin(1.3 * t)},
    "shifting weight": {"y": lambda t: 0.12 * np.tanh(4.0 * np.sin(2.5 * t))},
    "shifting weight aslant": {"y": lambda t: 0.12 * np.tanh(4 * np.sin(4 * t)), "x": lambda t: 0.1 * np.sin(4.0 * t)},
    "rocking from heel to toe": {"x": lambda t: 0.10 * np.sin(6.0 * t)},
    "squats": {"force": lambda t: 1 + 0.5 * np.sin(4.4 * t), "x": lambda t: 0.06 * np.sin(4.4 * t)},
    "rocking aslant as in walking, but always to one side": {
        "x": lambda t: np.interp(t % 0.6, [0.0, 0.45, 0.6], [0.2, -0.2, 0.2]),
        "y": lambda t: np.interp(t % 0.6, [0.0, 0.45, 0.6], [0.1, -0.1, 0.1]),
    },
    "rocking as in walking, without a left and a right": {
        "x": lambda t: np.interp(t % 0.6, [0.0, 0.45, 0.6], [0.2, -0.2, 0.2]),
    },
    "bouncing": {"force": lambda t: 1 + 0.9 * np.sin(13.0 * t), "x": lambda t: 0.03 * np.sin(13.0 * t)},
}


@pytest.mark.parametrize("scene", SCENES)
def test_standing_is_no_walking(scene):
    stage = Scene(1000.0, 64.0)
    stage.stand(2.0, 62.0, **SCENES[scene])
    table, pipeline = analyse(stage.channels(noise_N=7.0), one_deck(bw=72.0 * G))
    assert table.rows == 0
    assert pipeline.ignored == 1


@pytest.mark.parametrize("speed", [0.0, 0.15])
def test_marching_in_place_is_no_walking(speed):
    """Feet up and down, left and right, but no belt that carries them off."""
    scene = walking(Walker(speed, step_s=0.55, vary=0.03))
    table, _ = analyse(scene.channels(), one_deck(bw=72.0 * G))
    assert table.rows == 0


def test_hops_are_contacts_with_a_flight_and_no_walking():
    stage = Scene(1000.0, 20.0)
    stage.stand(2.0, 18.0, force=lambda t: np.maximum(1 + 1.6 * np.sin(13.0 * t), 0.0))
    whole, _ = through(filtered(stage)[0])
    assert len(whole.contacts) > 20
    assert not whole.contacts.foot.any()
    assert np.isnan(whole.left_share).all()


def test_running_whose_flights_the_zero_misses_is_no_walking():
    """25 N too much in the flights hides them from the thresholds; the force still says that nobody stands there."""
    scene = Scene(1000.0, 20.0)
    scene.run(2.0, 40, contact=0.30, flight=0.05)
    wrench, _, _ = filtered(scene)
    wrench[FZ] += np.where((scene.t > 2.0) & (scene.t < 15.9), 25.0, 0.0)[: wrench.shape[1]]
    whole, belt = through(wrench)
    assert not whole.contacts.foot.any()
    assert belt.ignored >= 1, "a long spell, though"


def test_stepping_off_ends_the_last_step_and_nothing_follows():
    scene = walking(Walker(1.3), steps=20)
    table, _ = analyse(scene.channels(), one_deck(bw=72.0 * G))
    assert_steps_are(table, scene)
    assert table.records()[-1]["flags"] == ["no_next"]


def test_a_stumble_in_walking_leaves_no_step_that_reaches_over_it():
    """A foot dragged along for 0.7 s: what is lost there must not lengthen the steps next to it."""
    scene = Scene(1000.0, 40.0)
    end = scene.walk(Walker(1.3), 2.0, 15)
    scene.walk(Walker(1.3, seed=4), end + 0.45, 15, first=-1)
    scene.press(72.0 * G * ((scene.t > end - 0.12) & (scene.t < end + 0.57)) * 0.9, -0.2, 0.0)
    table, _ = analyse(scene.channels(), one_deck(bw=72.0 * G))
    truth = np.asarray(scene.steps)
    found = np.abs(table["touchdown_s"][:, None] - truth[:, 0]).min(axis=1)
    assert (found < 0.02).all()
    assert table.rows >= 26
    known = table["step_time_ms"][np.isfinite(table["step_time_ms"])]
    assert known.max() < 700.0


def test_without_the_place_of_the_force_walking_is_not_split():
    scene = walking(Walker(1.3))
    table, pipeline = analyse(scene.channels()[1], one_belt(bw=72.0 * G))
    assert table.rows == 0
    assert pipeline.ignored == 1
    whole, _ = through(filtered(scene)[0], splits=False)
    assert set(np.unique(whole.state)) == {State.EMPTY, State.STANDING}
    assert np.isnan(whole.left_share).all()


def test_standing_for_ten_minutes_holds_no_samples():
    belt = BeltSteps(1000.0, get_protocol())
    load = np.zeros((6, 100))
    belt.feed(load)
    load[FZ] = 700.0
    for number in range(6000):
        belt.feed(load)
        assert 100 * (number + 2) - belt.horizon <= 1500


def test_standing_still_after_walking_holds_no_samples_either():
    scene = Scene(1000.0, 60.0)
    end = scene.walk(Walker(1.3), 2.0, 12)
    scene.stand(end - 0.15, 59.0)
    wrench, _, _ = filtered(scene)
    belt = BeltSteps(1000.0, get_protocol())
    for start in range(0, wrench.shape[1], 50):
        belt.feed(wrench[:, start : start + 50])
        assert start - belt.horizon < 3500
    assert start - belt.horizon < 1500


@pytest.mark.parametrize("speed", [0.6, 1.3, 2.0])
def test_walking_is_decided_within_three_seconds(speed):
    scene = walking(Walker(speed), steps=30)
    wrench, _, _ = filtered(scene)
    belt, worst = BeltSteps(1000.0, get_protocol()), 0
    for start in range(0, wrench.shape[1], 50):
        belt.feed(wrench[:, start : start + 50])
        worst = max(worst, min(start + 50, wrench.shape[1]) - belt.horizon)
    assert worst < 3000 + 1000 * 0.9 / speed, "three seconds behind the foot that is on the belt"


# Gaps, beginnings, ends --------------------------------------------------------------------------------------------


def test_a_gap_spoils_the_steps_it_touches_and_no_other():
    scene = walking(Walker(1.3), steps=40)
    row = 15_000
    channels = scene.channels()
    whole, _ = analyse(channels, one_deck(bw=72.0 * G))
    table, _ = analyse(channels, one_deck(bw=72.0 * G), gaps=[row])
    valid = table.select(table["valid"])
    before = whole.select(whole["toe_off_s"] < 14.2)
    after = whole.select(whole["touchdown_s"] > 17.0)
    for part in (before, after):
        match = np.abs(valid["touchdown_s"][:, None] - part["touchdown_s"]).argmin(axis=0)
        np.testing.assert_allclose(valid["touchdown_s"][match], part["touchdown_s"], atol=1e-3)
        assert valid.select(match)["side"].tolist() == part["side"].tolist()
    near = np.abs(whole["touchdown_s"][:, None] - valid["touchdown_s"]).min(axis=0)
    assert near.max() < 2e-3, "none is invented"
    touched = table.select(~table["valid"])
    assert 1 <= touched.rows <= 2
    assert all("gap" in record["flags"] for record in touched.records())


@pytest.mark.parametrize("cut", [9.0, 9.2, 9.4, 9.6])
def test_a_session_that_begins_or_ends_in_walking(cut):
    scene = walking(Walker(1.3), steps=30)
    channels, row, bw = scene.channels(), round(1000 * cut), 72.0 * G
    whole, _ = analyse(channels, one_deck(bw=bw))
    first, _ = analyse(channels[:, :row], one_deck(bw=bw))
    assert first["valid"].all()
    np.testing.assert_allclose(first["touchdown_s"], whole["touchdown_s"][: first.rows], atol=1e-9)
    assert cut - 1.6 < first["touchdown_s"][-1] < cut - 0.5
    second, _ = analyse(channels[:, row:], one_deck(bw=bw), tare=np.zeros((1, 6)))
    late = whole.select(whole["touchdown_s"] > cut + 1.2)
    np.testing.assert_allclose(second["touchdown_s"][-late.rows :] + cut, late["touchdown_s"], atol=2e-3)
    assert second["side"][-late.rows :].tolist() == late["side"].tolist()
    assert second["touchdown_s"][0] > 0.02, "the contact under way when it began is none of its steps"


# Running or walking ------------------------------------------------------------------------------------------------


def test_double_support_is_walking_and_flight_is_running():
    none = -1
    steps = SimpleNamespace(
        foot=np.array([0, 0, 1, -1, 0, 0, 0], np.int8),
        on=np.array([10, 110, 210, 310, 410, 510, 610]),
        off=np.array([60, 190, 290, 390, 490, 590, none]),
        next_on=np.array([80, 170, none, 400, none, none, 700]),
        total_N=np.zeros(800),
        wrench=np.zeros((6, 800)),
    )
    steps.total_N[[410, 510]] = 120.0
    steps.wrench[FZ, [410, 510]] = 55.0, 100.0
    assert gait(steps).tolist() == ["run", "walk", "walk", "walk", "walk", "run", "run"]
