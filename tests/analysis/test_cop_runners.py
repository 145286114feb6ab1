"""Centre of pressure under real runners, held against their foot markers: registration, strike index, loads."""

import itertools
from dataclasses import astuple, dataclass, replace

import numpy as np
import pytest
from footdata import feet
from realdata import Trial, fukuchi

import analysis.cop
from analysis.belt_path import belt_path
from analysis.pipeline import Pipeline
from analysis.protocol import G, get_protocol
from analysis.registration_fit import from_heel_first, from_markers
from analysis.setup import Runner, Setup
from analysis.steps import StepTable, join_tables
from analysis.wrench import COMPONENTS, force_belt

VERTICAL_CELLS = force_belt({"Fz": 2, "Mx": 3, "My": 4}, channels=6)
HEIGHT = 0.2


@dataclass(frozen=True)
class Steps:
    """The steps of one real trial: their rows, and their COP before the heel marker, m."""

    trial: Trial
    table: StepTable
    side: np.ndarray
    angle_deg: np.ndarray
    strike: np.ndarray
    ball: np.ndarray
    end: np.ndarray
    thirds: np.ndarray
    """(k, 3) per cent of the impulse above 200 N over the thirds of the foot, counted from the heel marker."""


def analysed(trial, registration=None, *, height=0.0, belt=None, wrench=None):
    """A trial through the whole pipeline, held against the foot markers."""
    belt = belt or force_belt({name: row for row, name in enumerate(COMPONENTS)})
    runner = Runner(belt_speed_m_s=trial.speed_m_s, stature_m=trial.stature_m, registration=registration)
    setup = Setup(300.0, 1e6, [belt], get_protocol(), trial.mass_kg * G, runner=runner, belt_height_m=height)
    setup = replace(setup, uncertainty=False)  # which would follow the paths of altered copies too
    channels = trial.wrench if wrench is None else wrench
    tick = np.round(np.arange(channels.shape[1]) * (1e6 / 300.0)).astype(np.int64)
    paths = []

    def keep(batch):
        path = belt_path(batch)
        paths.append((batch, path))
        return path

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis.cop, "belt_path", keep)
        pipeline = Pipeline(setup)
        tables = [pipeline.feed(channels.T, tick, np.zeros(tick.size, np.uint8)).steps, pipeline.finish()]
    rows = [against_markers(trial, *pair) for pair in paths]
    return held(trial, join_tables(tables), *(np.concatenate([row[i] for row in rows]) for i in range(5)))


def against_markers(trial, batch, path):
    """Of each row: the contact it is, −1 if none, and strike, ball, end, thirds before that contact's heel marker."""
    truth, stances = feet()[trial.name], batch.stances
    when = stances.tick[stances.on[path.of]] * 1e-6
    contact = np.abs(truth.contact_s[:, None] - when - 0.1).argmin(axis=0)
    near = np.abs(truth.contact_s[contact] - when - 0.1) < 0.1
    heel = truth.heel_m[contact] + trial.speed_m_s * (truth.contact_s[contact] - when)
    thirds = []
    for first, last, of in zip(*path.loaded(batch), heel, strict=True):
        inside = slice(first, last + 1)
        force = batch.force_N[inside]
        third = np.clip(np.floor(3 * (path.moment_Nm[inside] / force - of) / truth.shoe_length_m), 0, 2)
        thirds.append([100.0 * force[third == n].sum() / force.sum() for n in range(3)])
    out = [np.full(batch.rows, -1), *np.full((3, batch.rows), np.nan), np.full((batch.rows, 3), np.nan)]
    due = path.of < batch.rows
    for values, found in zip(out, (contact, *(x - heel for x in astuple(path.x_b_m)), np.array(thirds)), strict=True):
        values[path.of[due & near]] = found[due & near]
    contact, strike, end, ball, thirds = out
    return contact, strike, ball, end, thirds


def held(trial, table, contact, strike, ball, end, thirds):
    good = contact >= 0
    truth = feet()[trial.name]
    return Steps(trial, table.select(good), truth.side[contact[good]], truth.strike_angle_deg[contact[good]],
                 strike[good], ball[good], end[good], thirds[good])  # fmt: skip


@pytest.fixture(scope="module")
def runners():
    """Every trial without a registration."""
    return [analysed(trial) for trial in fukuchi()]


def foot_of(runners, subject, side, speed):
    """Steps of one foot: COP before the heel marker at strike and ball, and the shoe's length, m."""
    steps = next(s for s in runners if s.trial.subject == subject and s.trial.speed_m_s == speed)
    mine = steps.side == side
    return steps.strike[mine], steps.ball[mine], feet()[steps.trial.name].shoe_length_m


def marked(runners, subject, speed):
    """Both feet of a runner registered by their markers at one speed."""
    left, right = (foot_of(runners, subject, side, speed)[1] for side in "LR")
    sides = np.repeat([1, -1], [left.size, right.size])
    length = foot_of(runners, subject, "L", speed)[2]
    return from_markers(np.concatenate([left, right]), sides, foot_length_m=length, speed_m_s=speed)


SUBJECTS = sorted({trial.subject for trial in fukuchi()})


def test_registered_at_one_speed_the_strike_index_is_right_at_the_others(runners):
    """Heel markers register each foot at 2.5 m/s; the index at 3.5 and 4.5 m/s is held against the markers there."""
    steps, by_foot, z = [], [], []
    for subject in SUBJECTS:
        foot = marked(runners, subject, 2.5)
        for side, speed in itertools.product("LR", (3.5, 4.5)):
            _, ball, length = foot_of(runners, subject, side, speed)
            carried, u = foot.ball_m(np.full(ball.size, {"L": 1, "R": -1}[side]), np.full(ball.size, speed))
            error = 100.0 * (carried - ball) / length
            steps.append(error)
            by_foot.append(error.mean())
            z.append(0.01 * error.mean() * length / u[0])
    steps = np.concatenate(steps)
    print(f"strike index, registered at 2.5 m/s: {steps.mean():+.2f} ± {steps.std():.2f} points a step ({steps.size}),")
    print(f"{np.mean(by_foot):+.2f} ± {np.std(by_foot):.2f} a foot, largest {np.abs(by_foot).max():.1f}")
    assert abs(steps.mean()) < 0.5
    assert np.std(by_foot) < 2.0
    assert steps.std() < 2.5
    assert np.mean(np.abs(z) < 2.0) >= 0.9  # the uncertainty says it


def test_strike_index_and_loads_in_the_table_are_those_of_the_markers(runners):
    index, loads = [], []
    for steps in [s for s in runners if s.trial.speed_m_s == 3.5]:
        foot = marked(runners, steps.trial.subject, 2.5)
        got = analysed(steps.trial, foot)
        early = got.table["strike_time_ms"] <= 25.0
        index.append((got.table["strike_index"] - 100.0 * got.strike / foot.foot_length_m)[early])
        share = np.stack([got.table[f"{name}_load_pct"] for name in ("heel", "midfoot", "forefoot")], axis=1)
        np.testing.assert_allclose(share.sum(axis=1), 100.0, atol=1e-9)
        loads.append(share - got.thirds)
    index, loads = np.concatenate(index), np.concatenate(loads)
    print(f"strike index in the table at 3.5 m/s: {index.mean():+.2f} ± {index.std():.2f} points ({index.size})")
    print(f"loads, heel mid fore, points: {loads.mean(axis=0).round(2)} ± {loads.std(axis=0).round(2)} ({len(loads)})")
    assert abs(index.mean()) < 0.5
    assert index.std() < 2.5
    assert not np.isnan(index).any()
    assert (np.abs(loads.mean(axis=0)) < 2.0).all()
    assert loads.std(axis=0)[0] < 2.0
    assert (loads.std(axis=0) < 10.0).all()  # the ball point, 67 % of the foot, lies on the border of the front third


def test_heel_first_steps_register_a_foot_they_have_not_seen(runners):
    """Runs at 2.5 m/s that land at 12° or more on the heel, shoe length known; the heel marker is the truth."""
    errors, z = [], []
    for steps, side in itertools.product([s for s in runners if s.trial.speed_m_s == 2.5], "LR"):
        mine = steps.side == side
        if np.median(steps.angle_deg[mine]) < 12.0:
            continue
        way, sign = 1e-3 * steps.table["strike_to_ball_mm"][mine], np.array([{"L": 1, "R": -1}[side]])
        length = feet()[steps.trial.name].shoe_length_m
        foot = from_heel_first(way, np.repeat(sign, way.size), foot_length_m=length, speed_m_s=2.5)
        (ball,), (u,) = foot.ball_m(sign, np.array([2.5]))
        errors.append(100.0 * (ball - np.median(steps.ball[mine])) / length)
        z.append(0.01 * errors[-1] * length / u)
    print(f"registered by heel-first steps: {np.mean(errors):+.2f} ± {np.std(errors):.2f} points ({len(errors)} feet)")
    assert len(errors) >= 14
    assert np.std(errors) < 3.5
    assert abs(np.mean(errors)) < 1.5
    assert np.max(np.abs(z)) < 2.5


def test_the_ball_point_lies_still_and_the_last_loaded_point_does_not(runners):
    spread = {
        name: 1e3 * np.mean([getattr(s, name)[s.side == side].std() for s in runners for side in "LR"])
        for name in ("strike", "ball", "end")
    }
    print("scatter under the foot, mm:", {name: round(float(value), 1) for name, value in spread.items()})
    assert spread["ball"] < 4.0 < 6.0 < spread["end"]


def test_the_ball_point_does_not_follow_the_strike(runners):
    """Who changes from heel to forefoot keeps the ball point: within a foot, ball against strike, speed taken out."""
    dx, dy = [], []
    for subject, side in itertools.product(SUBJECTS, "LR"):
        strike, ball = (
            np.array([np.median(foot_of(runners, subject, side, v)[i]) for v in (2.5, 3.5, 4.5)]) for i in (0, 1)
        )
        ball += 0.0057 * np.array([-1.0, 0.0, 1.0])
        dx += list(strike - strike.mean())
        dy += list(ball - ball.mean())
    slope = np.polyfit(dx, dy, 1)[0]
    print(f"ball point moves {slope:+.3f} mm per mm of strike")
    assert abs(slope) < 0.03


def test_vertical_cells_alone_are_as_unsure_as_they_say(runners):
    """The same runners over cells 0.2 m below the belt that do not see fore-aft force."""
    errors, raw, z = [], [], []
    for steps in runners[::3]:
        wrench = steps.trial.wrench.copy()
        wrench[4] += HEIGHT * wrench[0]
        seen = analysed(steps.trial, height=HEIGHT, belt=VERTICAL_CELLS, wrench=wrench).table
        bare = analysed(steps.trial, belt=VERTICAL_CELLS, wrench=wrench).table
        errors.append(seen["strike_to_ball_mm"] - steps.table["strike_to_ball_mm"])
        raw.append(bare["strike_to_ball_mm"] - steps.table["strike_to_ball_mm"])
        z.append(np.abs(errors[-1]) / seen["u_strike_to_ball_mm"])
    errors, raw, z = (np.concatenate(values) for values in (errors, raw, z))
    print(f"strike to ball without fore-aft cells, mm: raw {raw.mean():.1f} ± {raw.std():.1f}, with the model's")
    print(f"{errors.mean():.1f} ± {errors.std():.1f}; |error| < 2u in {100 * np.mean(z < 2):.0f} %")
    assert abs(errors.mean()) < 0.5 * abs(raw.mean())
    assert np.mean(z < 2.0) > 0.9
