"""Centre of pressure on the moving belt: closed forms (O6, O7), nulls, batches and chunks."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from batches import apart, batch_of, cut_steps, times_of
from hypothesis import given, settings
from hypothesis import strategies as st
from realdata import fukuchi

from analysis.batch import make_batch
from analysis.belt_path import belt_frame_path, belt_path
from analysis.cop import cop_columns
from analysis.modelled import spring_leg_ratio, spring_leg_reach
from analysis.pipeline import Pipeline
from analysis.protocol import G, get_protocol
from analysis.registration import FootRegistration
from analysis.setup import Runner, Setup
from analysis.steps import join_tables
from analysis.wrench import COMPONENTS, force_belt

RATE, CONTACT_S, STEP_S, SPEED = 1000.0, 0.25, 0.35, 3.33
FOOT = FootRegistration(0.30, 0.20, 0.004, 0.19, 0.004, SPEED, "markers")


def force(t, peak=1500.0):
    return np.where((t > 0) & (t < CONTACT_S), peak * np.sin(np.pi * np.clip(t, 0, CONTACT_S) / CONTACT_S), 0.0)


def steps_of(path, count=4, *, way=None, speed=SPEED, width=0.08, braking=0.25):
    """Half-sine steps whose COP is `path(t)` in the belt's frame, t from touchdown: (6, n), and the belt's way, m."""
    t = np.arange(round((count * STEP_S + 0.3) * RATE)) / RATE
    way = speed * t if way is None else way(t)
    out = np.zeros((6, t.size))
    for k in range(count):
        start = 0.1037 + k * STEP_S
        since = t - start
        fz = force(since)
        x = path(since) - (way - np.interp(start, t, way))
        y = width * (0.5 if k % 2 == 0 else -0.5)
        fx = -braking * 700.0 * np.sin(2 * np.pi * since / CONTACT_S) * (fz > 0)
        out += np.stack([fx, 0 * fz, fz, y * fz, -x * fz, -y * fx])
    return out, way


def setup_of(runner=None, belt=None, height=0.0):
    belt = belt or force_belt({name: row for row, name in enumerate(COMPONENTS)})
    runner = runner or Runner(belt_speed_m_s=SPEED)
    return Setup(RATE, 1e6, [belt], get_protocol(), 700.0, runner=runner, belt_height_m=height)


def measured(wrench, travel=None, *, stances=None, **options):
    setup = setup_of(**options)
    if stances is None:
        batch = batch_of(wrench, setup, travel=travel)
    else:
        batch = make_batch(stances, setup, rows=len(stances), bw_N=700.0, first_tick=0)
    return cop_columns(batch, times_of(batch)), batch


def test_o7_a_foot_at_rest_stays_at_rest():
    wrench, _ = steps_of(lambda t: np.full_like(t, 0.5))
    columns, batch = measured(wrench)
    path = belt_frame_path(batch)
    for k in range(4):
        own = path[batch.stances.start[k] : batch.stances.end[k]]
        assert np.ptp(own[~np.isnan(own)]) < 1e-9
    np.testing.assert_allclose(columns["cop_travel_mm"], 0.0, atol=1e-6)
    np.testing.assert_allclose(columns["strike_to_ball_mm"], 0.0, atol=1e-6)


def test_o7_dips_of_speed_are_followed_where_they_are_measured():
    def way(t):  # the speed swings by 5 % with every step
        return SPEED * (t + 0.05 * STEP_S / (2 * np.pi) * np.cos(2 * np.pi * t / STEP_S))

    wrench, true_way = steps_of(lambda t: np.full_like(t, 0.5), way=way)
    columns, _ = measured(wrench, true_way)
    np.testing.assert_allclose(columns["cop_travel_mm"], 0.0, atol=1e-6)
    ignored, batch = measured(wrench)
    path = belt_path(batch)
    error = []
    for k in range(4):
        at = batch.stances.on[k] + np.array([path.position.strike[k], path.position.end[k]])
        index = np.interp(at, np.arange(batch.stances.tick.size), batch.stances.tick / 1000)
        ways = np.interp(index, np.arange(true_way.size), true_way)
        error.append(1e3 * (SPEED * np.diff(index)[0] / RATE - np.diff(ways)[0]))  # ∫Δv dt
    np.testing.assert_allclose(ignored["cop_travel_mm"], error, atol=0.01)
    assert np.abs(error).min() > 1.0


@pytest.mark.parametrize("travelled", [True, False])
def test_step_length_is_the_way_of_the_belt(travelled):
    wrench, way = steps_of(lambda t: np.full_like(t, 0.1))
    columns, _ = measured(wrench, way if travelled else None)
    np.testing.assert_allclose(columns["step_length_m"][:-1], SPEED * STEP_S, rtol=1e-4)
    np.testing.assert_allclose(columns["belt_speed_m_s"][:-1], SPEED, rtol=1e-9)
    np.testing.assert_allclose(columns["step_length_cop_m"][:-1], columns["step_length_m"][:-1], atol=1e-4)
    assert np.isnan(columns["step_length_m"][-1])
    assert np.isnan(columns["belt_dip_pct"]).all() == (not travelled)


def test_step_length_counts_where_the_foot_lands():
    wrench, _ = steps_of(lambda t: np.full_like(t, 0.1))
    stances = cut_steps(wrench, RATE)
    moment = stances.wrench[4].copy()
    second = slice(stances.start[1], stances.end[1])
    moment[second] -= 0.03 * stances.wrench[2, second]  # the second step lands 30 mm further forward
    columns, _ = measured(
        wrench, stances=replace(stances, wrench=np.stack([*stances.wrench[:4], moment, stances.wrench[5]]))
    )
    gained = columns["step_length_cop_m"] - columns["step_length_m"]
    np.testing.assert_allclose(gained[:3], [0.03, -0.03, 0.0], atol=1e-4)


def test_sideways():
    wrench, _ = steps_of(lambda t: 0.1 + t, width=0.09)
    columns, _ = measured(wrench)
    np.testing.assert_allclose(columns["cop_y_mm"], [45, -45, 45, -45], atol=1e-6)
    np.testing.assert_allclose(columns["step_width_mm"][:-1], 90.0, atol=1e-6)
    assert np.isnan(columns["step_width_mm"][-1])


def test_strike_index_and_loads_of_a_known_path():
    """The load rolls evenly from the heel's edge to the toe's; the ball point is found where it must lie."""
    length = 0.30

    def path(t):
        return length * t / CONTACT_S

    fine = np.linspace(0, CONTACT_S, 200_001)
    lost_s = np.arcsin(50 / 1500) * CONTACT_S / np.pi  # before the 50 N of touchdown, and after those of toe-off
    contact_s = CONTACT_S - 2 * lost_s
    late = (fine > lost_s + 0.5 * contact_s) & (fine < lost_s + 0.8 * contact_s)
    ball = float(np.sum(path(fine[late]) * force(fine[late])) / np.sum(force(fine[late])))
    foot = FootRegistration(length, ball, 0.004, ball, 0.004, SPEED, "markers")
    wrench, _ = steps_of(path)
    columns, _ = measured(wrench, runner=Runner(belt_speed_m_s=SPEED, registration=foot))
    strike_s = np.arcsin(200 / 1500) * CONTACT_S / np.pi
    np.testing.assert_allclose(columns["strike_time_ms"], 1e3 * (strike_s - lost_s), atol=0.05)
    np.testing.assert_allclose(columns["strike_index"], 100 * strike_s / CONTACT_S, atol=0.15)
    loaded = (fine > strike_s) & (fine < CONTACT_S - strike_s)
    total = force(fine[loaded]).sum()
    for name, low, high in (("heel", 0, 1 / 3), ("midfoot", 1 / 3, 2 / 3), ("forefoot", 2 / 3, 1.01)):
        within = loaded & (path(fine) >= low * length) & (path(fine) < high * length)
        np.testing.assert_allclose(columns[f"{name}_load_pct"], 100 * force(fine[within]).sum() / total, atol=0.8)
    sums = sum(columns[f"{name}_load_pct"] for name in ("heel", "midfoot", "forefoot"))
    np.testing.assert_allclose(sums, 100.0, atol=1e-9)
    np.testing.assert_allclose(columns["cop_travel_mm"], 1e3 * length * (1 - 2 * strike_s / CONTACT_S), atol=0.6)


VERTICAL_CELLS = force_belt({"Fz": 2, "Mx": 3, "My": 4}, channels=6)
HEIGHT = 0.2


def spring_leg_steps(leg):
    """A runner whose fore-aft force is exactly the model's, over vertical cells: My holds h·Fx besides (O6)."""
    wrench, _ = steps_of(lambda t: np.full_like(t, 0.1), braking=0.0)
    stances = cut_steps(wrench, RATE)
    batch = make_batch(stances, setup_of(), rows=4, bw_N=700.0, first_tick=0)
    begin, end = batch.at_ref.touchdown, batch.at_ref.toe_off
    lengths = stances.end - stances.start
    since = np.arange(stances.tick.size) - np.repeat(stances.on, lengths)
    reach = spring_leg_reach(SPEED * (end - begin) / RATE)
    spread = [np.repeat(values, lengths) for values in (begin, end - begin, reach)]
    fx = stances.wrench[2] * spring_leg_ratio((since - spread[0]) / spread[1], spread[2], leg)
    return replace(stances, wrench=stances.wrench + np.outer([0, 0, 0, 0, HEIGHT, 0], fx))


def test_modelled_fore_aft_force_takes_the_bias_out_and_says_so():
    stances = spring_leg_steps(0.93)
    runner = Runner(belt_speed_m_s=SPEED, leg_length_m=0.93)
    sees = {"stances": stances, "belt": VERTICAL_CELLS}
    columns, _ = measured(None, **sees, height=HEIGHT, runner=runner)
    np.testing.assert_allclose(columns["cop_travel_mm"], 0.0, atol=1e-6)
    raw, _ = measured(None, **sees, height=0.0, runner=runner)
    bias = np.abs(raw["cop_travel_mm"])
    assert bias.min() > 50.0
    np.testing.assert_allclose(
        columns["u_cop_travel_mm"] ** 2, raw["u_cop_travel_mm"] ** 2 + (0.5 * bias) ** 2, rtol=1e-3
    )
    blind, _ = measured(None, **sees, height=HEIGHT)  # no leg length: nothing is taken out
    np.testing.assert_allclose(blind["cop_travel_mm"], raw["cop_travel_mm"], atol=1e-9)
    bound = 1e3 * 2 * 0.25 * HEIGHT / np.sqrt(3)
    np.testing.assert_allclose(blind["u_cop_travel_mm"] ** 2, raw["u_cop_travel_mm"] ** 2 + bound**2, rtol=1e-3)


def null_names(columns, names):
    return [name for name in names if np.isnan(columns[name]).all()]


PATH_COLUMNS = (
    "cop_travel_mm",
    "strike_to_ball_mm",
    "strike_time_ms",
    "strike_index",
    "heel_load_pct",
    "forefoot_load_pct",
)


def test_what_cannot_be_known_is_null():
    wrench, _ = steps_of(lambda t: 0.1 + 0.5 * t)
    known = Runner(belt_speed_m_s=SPEED, registration=FOOT)
    columns, batch = measured(wrench, runner=known)
    assert null_names(columns, PATH_COLUMNS) == []
    unregistered, _ = measured(wrench)
    assert null_names(unregistered, PATH_COLUMNS) == ["strike_index", "heel_load_pct", "forefoot_load_pct"]
    nothing, _ = measured(wrench, runner=Runner(registration=FOOT))
    assert null_names(nothing, (*PATH_COLUMNS, "step_length_m")) == [*PATH_COLUMNS, "step_length_m"]
    assert not np.isnan(nothing["cop_y_mm"]).any()
    vertical = force_belt({"Fz": 2}, channels=6)
    blind, _ = measured(wrench, belt=vertical, runner=known)
    assert null_names(blind, (*PATH_COLUMNS, "cop_y_mm")) == [*PATH_COLUMNS, "cop_y_mm"]
    assert not np.isnan(blind["step_length_m"][:-1]).any()
    walking, _ = measured(wrench, stances=replace(batch.stances, foot=np.array([1, -1, 1, -1], np.int8)), runner=known)
    assert null_names(walking, (*PATH_COLUMNS, "cop_y_mm")) == [*PATH_COLUMNS, "cop_y_mm"]
    sided = replace(batch.stances, side=np.array([1, -1, 1, -1], np.int8))
    left_only = Runner(belt_speed_m_s=SPEED, registration=FootRegistration(0.3, 0.2, 0.004, None, None, SPEED, "line"))
    half, _ = measured(wrench, stances=sided, runner=left_only)
    assert np.isnan(half["strike_index"]).tolist() == [False, True, False, True]
    assert np.isnan(half["midfoot_load_pct"]).tolist() == [False, True, False, True]


def test_a_slow_rise_has_no_strike_index():
    wrench, _ = steps_of(lambda t: 0.1 + 0.5 * t)
    columns, _ = measured(0.25 * wrench, runner=Runner(belt_speed_m_s=SPEED, registration=FOOT))
    assert (columns["strike_time_ms"] > 25.0).all()
    assert np.isnan(columns["strike_index"]).all()
    assert not np.isnan(columns["cop_travel_mm"]).any()
    weak, _ = measured(0.12 * wrench, runner=Runner(belt_speed_m_s=SPEED, registration=FOOT))  # never 200 N
    assert null_names(weak, PATH_COLUMNS) == list(PATH_COLUMNS)


@settings(max_examples=25, deadline=None)
@given(step=st.integers(1, 5), seed=st.integers(0, 50), travelled=st.booleans())
def test_a_step_does_not_depend_on_its_batch(step, seed, travelled):
    rng = np.random.default_rng(seed)
    wrench, way = steps_of(lambda t: 0.1 + 0.5 * t, count=8)
    wrench = wrench + rng.normal(0, 1, wrench.shape) * np.array([[2], [2], [2], [0.5], [0.5], [0.1]])
    travel = way + rng.normal(0, 1e-4, way.size) if travelled else None
    for setup in (
        setup_of(Runner(belt_speed_m_s=SPEED, leg_length_m=0.9, registration=FOOT)),
        setup_of(Runner(belt_speed_m_s=SPEED, leg_length_m=0.9), VERTICAL_CELLS, HEIGHT),
    ):
        batch = batch_of(wrench, setup, travel=travel, foot=0)
        batch = replace(batch, stances=replace(batch.stances, side=np.resize([1, -1], 8).astype(np.int8)))
        whole = cop_columns(batch, times_of(batch))
        for name, values in apart(cop_columns, batch, times_of, step=step).items():
            assert values.tobytes() == whole[name].tobytes(), name


@settings(max_examples=8, deadline=None)
@given(cuts=st.lists(st.integers(1, 2999), max_size=20, unique=True), gap=st.integers(0, 2999))
def test_any_chunks_give_the_same_bits(cuts, gap):
    trial = next(trial for trial in fukuchi() if trial.name == "RBDS004_T35")
    travel = trial.speed_m_s * np.arange(3000) / 300.0
    travel[:700] = np.nan
    tables = []
    for edges in ([0, 3000], [0, *sorted(cuts), 3000]):
        runner = Runner(belt_speed_m_s=trial.speed_m_s, registration=FOOT)
        belt = force_belt({name: row for row, name in enumerate(COMPONENTS)})
        pipeline = Pipeline(Setup(300.0, 1e6, [belt], get_protocol(), trial.mass_kg * G, runner=runner))
        tick = np.round(np.arange(3000) * (1e6 / 300.0)).astype(np.int64)
        parts = []
        for a, b in itertools.pairwise(edges):
            inside = [gap - a] if a <= gap < b and gap else []
            feed = (trial.wrench.T[a:b], tick[a:b], np.zeros(b - a, np.uint8), inside, travel[a:b])
            parts.append(pipeline.feed(*feed).steps)
        tables.append(join_tables([*parts, pipeline.finish()]))
    assert tables[0].rows > 20
    assert not np.isnan(tables[0]["strike_index"]).all()
    assert tables[0].equals(tables[1])
