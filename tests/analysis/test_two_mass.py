"""Two-mass fit: steps whose limb impulse is known, honest uncertainty, independence of the batch, real runners."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from impact_steps import BW, body_and_limb, cut, some
from realdata import fukuchi
from running import G, analyse, half_sine, one_belt, train, two_mass

from analysis import two_mass as module
from analysis.ragged import integrate
from analysis.two_mass import fit_steps, two_mass_columns, two_mass_curves
from analysis.two_mass_fit import solve
from analysis.two_mass_model import SHAPE, peak_to_mean, pulses

INNER = slice(4, -4)
KINDS = {  # contact s, flight s, J1 BW·s, Δt1 s, p, s
    "hard": (0.240, 0.100, 0.0490, 0.0290, 1.75, 0.440),
    "soft": (0.245, 0.105, 0.0330, 0.0310, 1.70, 0.455),
    "midfoot": (0.225, 0.110, 0.0215, 0.0430, 1.40, 0.440),
    "forefoot": (0.225, 0.130, 0.0175, 0.0575, 1.50, 0.480),
}
O2 = {  # of Clark's equations: contact s, flight s, m/s lost by the limb, in s
    "O2": (0.240, 0.100, 1.10, 0.027),
    "like midfoot": (0.220, 0.120, 0.60, 0.040),
}


def clark(kind):
    """A train of O2's kind, with its J1 in BW·s and Δt1 in s."""
    t_c, t_a, dv1, dt1 = O2[kind]
    force = train(lambda t: two_mass(t, t_c, t_a, dv1, dt1), 40, t_c + t_a + 0.00037)
    return force, 0.08 * (dv1 / dt1 / G + 1.0) * 2.0 * dt1, dt1


def noisy(kind, steps, seed=1, sd=10.0):
    parameters = KINDS[kind]
    force = train(lambda t: body_and_limb(t, *parameters), steps, parameters[0] + parameters[1] + 0.00037)
    return cut(force + sd * np.random.default_rng(seed).normal(size=force.size))


def runner(number):
    trial = fukuchi()[number]
    force = trial.wrench[2] - np.median(trial.wrench[2][trial.wrench[2] < 60.0])
    return cut(force, 300.0, trial.mass_kg * G)


def test_unit_areas_and_peaks():
    ratio, slope = peak_to_mean(np.array([1.0, 2.0]))
    assert ratio == pytest.approx([np.pi / 2.0, 2.0])
    assert slope == pytest.approx(np.log(peak_to_mean(np.array([1.0001, 2.0001]))[0] / ratio) / 1e-4, rel=1e-3)
    shape = np.array([[0.027, 0.05], [2.0, 1.1], [0.47, 0.40], [0.0, -0.01], [0.24, 0.21]])
    t = np.tile(np.linspace(-0.02, 0.26, 28001), (2, 1))
    at = pulses(shape, t)
    assert np.trapezoid(at.limb, t) == pytest.approx([1.0, 1.0], abs=1e-6)
    assert np.trapezoid(at.body, t) == pytest.approx([1.0, 1.0], abs=1e-4)
    top = t[0, at.body.argmax(axis=1)]
    assert top == pytest.approx(shape[3] + shape[2] * (shape[4] - shape[3]), abs=2e-5)


@pytest.mark.parametrize("name", SHAPE)
def test_slopes_are_those_of_finite_differences(name):
    shape = np.array([[0.027, 0.05], [2.0, 1.3], [0.47, 0.40], [0.0, -0.01], [0.24, 0.21]])
    t, share = np.tile(np.linspace(-0.02, 0.26, 2001), (2, 1)), np.array([0.07, 0.12])
    step = np.zeros((5, 1))
    step[SHAPE.index(name)] = 1e-6

    def force(at):
        return share[:, None] * at.limb + (1.0 - share[:, None]) * at.body

    numeric = (force(pulses(shape + step, t)) - force(pulses(shape - step, t))) / 2e-6
    exact = pulses(shape, t).slopes(share)[SHAPE.index(name)]
    assert np.quantile(np.abs(numeric - exact), 0.99) < 1e-6 * np.abs(exact).max()


def test_solve_is_numpys():
    root = np.random.default_rng(0).normal(size=(50, 5, 5))
    matrix, right = root @ root.transpose(0, 2, 1) + np.eye(5), np.random.default_rng(1).normal(size=(50, 5))
    ours = solve(np.triu(matrix).transpose(1, 2, 0), right.T)
    np.testing.assert_allclose(ours.T, np.linalg.solve(matrix, right[:, :, None])[:, :, 0], rtol=1e-9)


@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize("kind", O2)
def test_o2_is_recovered(kind, filtered):
    force, J1, dt1 = clark(kind)
    columns = two_mass_columns(cut(force, filtered=filtered), {})
    assert columns["two_mass_J1_BW_s"][INNER] == pytest.approx(J1, rel=0.004)
    assert columns["two_mass_dt1_ms"][INNER] == pytest.approx(dt1 * 1e3, abs=0.1)
    assert columns["two_mass_F1_peak_BW"][INNER] == pytest.approx(J1 / dt1, rel=0.005)
    assert columns["two_mass_rate_BW_s"][INNER] == pytest.approx(J1 / dt1**2, rel=0.01)
    assert columns["two_mass_p"][INNER] == pytest.approx(2.0, abs=0.01)
    assert columns["two_mass_s"][INNER] == pytest.approx(0.47, abs=0.001)
    assert columns["two_mass_r2"][INNER].min() > 0.9999


def test_o2_through_the_pipeline():
    force, J1, dt1 = clark("O2")
    table, _ = analyse(force, one_belt())
    assert table["two_mass_J1_BW_s"][INNER] == pytest.approx(J1, rel=0.01)
    assert table["two_mass_J1_pct"][INNER] == pytest.approx(100.0 * J1 / 0.34037, rel=0.012)
    assert table["two_mass_dt1_ms"][INNER] == pytest.approx(dt1 * 1e3, abs=0.2)


@pytest.mark.parametrize(
    ("kind", "bias", "spread"),
    [
        ("hard", 0.01, 0.01),
        ("soft", 0.01, 0.01),
        ("midfoot", 0.01, 0.03),
        ("forefoot", 0.015, 0.065),
    ],
)
def test_j1_in_10_N_of_noise_and_what_it_says_of_its_error(kind, bias, spread):
    _, _, J1, dt1, *_ = KINDS[kind]
    columns = two_mass_columns(noisy(kind, 300), {})
    found, u = columns["two_mass_J1_BW_s"][INNER], columns["u_two_mass_J1_BW_s"][INNER]
    assert np.isfinite(found).mean() > 0.98
    assert np.nanmean(found) == pytest.approx(J1, rel=bias)
    assert np.nanstd(found) < spread * J1
    held = np.abs(found - J1) < 1.96 * u
    assert 0.90 < held[np.isfinite(found)].mean() < 0.99
    late, u_late = columns["two_mass_dt1_ms"][INNER], columns["u_two_mass_dt1_ms"][INNER]
    held = np.abs(late - dt1 * 1e3) < 1.96 * u_late
    assert 0.90 < held[np.isfinite(found)].mean() < 0.995


def test_the_rates_uncertainty():
    """Smaller than that of its parts, because J1 and Δt1 go together."""
    columns = two_mass_columns(noisy("soft", 300), {})
    spread = np.nanstd(columns["two_mass_rate_BW_s"][INNER])
    assert 0.8 * spread < np.nanmean(columns["u_two_mass_rate_BW_s"][INNER]) < 1.5 * spread


def test_a_half_sine_has_no_impact_to_separate():
    columns = two_mass_columns(cut(train(half_sine, 20, 0.35037)), {})
    for name in ("two_mass_J1_BW_s", "two_mass_dt1_ms", "u_two_mass_J1_BW_s", "two_mass_p", "two_mass_F1_peak_BW"):
        assert np.isnan(columns[name]).all(), name
    assert columns["two_mass_r2"].min() > 0.99
    upper = columns["two_mass_rate_BW_s"] + 1.96 * columns["u_two_mass_rate_BW_s"]
    assert upper.max() < 10.0


def test_what_is_not_a_step_of_this_kind_is_not_separable():
    """A square push leaves more than 2 % of the variance unexplained."""
    columns = two_mass_columns(cut(train(lambda t: np.where((t > 0) & (t < 0.25), 960.0, 0.0), 10, 0.35)), {})
    assert columns["two_mass_r2"].max() < 0.98
    assert np.isnan(columns["two_mass_J1_BW_s"]).all()


def test_both_parts_together_carry_the_impulse_and_draw_the_force():
    batch = noisy("soft", 12, sd=1.0)
    columns = two_mass_columns(batch, {})
    time_ms = np.arange(-30.0, 300.0, 1.0)
    limb, body = two_mass_curves(columns, time_ms)
    assert limb.sum(axis=1) * 1e-3 == pytest.approx(columns["two_mass_J1_BW_s"], rel=1e-3)
    assert limb.max(axis=1) == pytest.approx(columns["two_mass_F1_peak_BW"], rel=2e-3)
    start = batch.at_ref.touchdown
    whole = integrate(batch.force_N, batch.stances.on, start - 12.0, batch.at_ref.toe_off + 15.0) * 1e-3 / BW
    assert (limb + body).sum(axis=1) * 1e-3 == pytest.approx(whole, rel=2e-3)
    at = np.round(batch.stances.on[5] + start[5] + time_ms).astype(int)
    inside = (time_ms > 0.0) & (time_ms < 220.0)
    assert (limb + body)[5, inside] == pytest.approx(batch.force_N[at[inside]] / BW, abs=0.06)


def test_curves_of_steps_without_a_fit_are_null():
    columns = {name: value[:3] for name, value in two_mass_columns(noisy("soft", 8), {}).items()}
    for value in columns.values():
        value[1] = np.nan
    limb, body = two_mass_curves(columns, np.arange(5.0))
    assert np.isnan(limb[1]).all()
    assert np.isnan(body[1]).all()
    assert np.isfinite(limb[[0, 2]]).all()


def test_switched_off_and_walking_are_null():
    on = noisy("soft", 8)
    off = replace(on, setup=replace(on.setup, two_mass=False))
    walking = replace(on, stances=replace(on.stances, foot=np.resize([1, -1], len(on)).astype(np.int8)))
    weightless = replace(on, bw_N=float("nan"))
    nothing = some(on, 0, 0)
    names = two_mass_columns(on, {}).keys()
    for batch in (off, walking, weightless, nothing):
        columns = two_mass_columns(batch, {})
        assert columns.keys() == names
        assert all(value.size == len(batch) and np.isnan(value).all() for value in columns.values())


@settings(max_examples=12, deadline=None)
@given(edges=st.lists(st.integers(1, 24), max_size=5), number=st.sampled_from([0, 17, 31]))
def test_a_step_does_not_see_its_neighbours(edges, number):
    batch = runner(number)
    together = two_mass_columns(batch, {})
    bounds = sorted({0, *(min(e, len(batch)) for e in edges), len(batch)})
    for first, last in itertools.pairwise(bounds):
        alone = two_mass_columns(some(batch, first, last), {})
        for name, value in together.items():
            assert alone[name].tobytes() == value[first:last].tobytes(), name


def test_many_steps_are_fitted_as_one_by_one():
    """Across the size of a block of rows."""
    batch = noisy("midfoot", 90)
    together = two_mass_columns(batch, {})
    for step in (0, 1, 40, 63, 64, 65, 88):
        alone = two_mass_columns(some(batch, step, step + 1), {})
        for name, value in together.items():
            assert alone[name].tobytes() == value[step : step + 1].tobytes(), name


def test_resampling_hardly_moves_j1(monkeypatch):
    """Against 1024 points: 1 % holds for 95 of 100 steps, the mean of a trial moves by less."""
    batches = [runner(number) for number in (1, 8, 19, 38)] + [noisy("hard", 40), noisy("forefoot", 40)]
    coarse = [two_mass_columns(batch, {})["two_mass_J1_BW_s"] for batch in batches]
    monkeypatch.setattr(module, "POINTS", 1024)
    fine = [two_mass_columns(batch, {})["two_mass_J1_BW_s"] for batch in batches]
    moved = np.abs(np.concatenate(coarse) / np.concatenate(fine) - 1.0)
    assert np.nanquantile(moved, 0.95) < 0.0125
    assert np.nanmedian(moved) < 0.003
    for a, b in zip(coarse, fine, strict=True):
        both = ~np.isnan(a + b)
        assert a[both].mean() == pytest.approx(b[both].mean(), rel=0.005)


def test_the_best_of_three_starts_is_the_best_there_is(monkeypatch):
    batches = [runner(number) for number in (0, 7, 26)] + [noisy("forefoot", 40), noisy("hard", 40)]
    ours = np.concatenate([two_mass_columns(batch, {})["two_mass_r2"] for batch in batches])
    many = tuple((d, p, s, -0.006, 0.006) for d in (0.016, 0.028, 0.045, 0.06) for p in (1.4, 2.1) for s in (0.42, 0.5))
    monkeypatch.setattr(module, "STARTS", many)
    monkeypatch.setattr("analysis.two_mass_fit.FIRST_ROUNDS", 40)
    best = np.concatenate([two_mass_columns(batch, {})["two_mass_r2"] for batch in batches])
    poorer = (1.0 - ours) > 1.002 * (1.0 - best) + 1e-9
    assert poorer.mean() < 0.02


def test_thirteen_runners():
    """R² as published for the model (0.95 ± 0.04 with the leg's motion given; free parameters do better)."""
    r2, share, dt1, separable = [], [], [], []
    for number in range(0, 39, 2):
        columns = two_mass_columns(runner(number), {})
        r2.append(np.median(columns["two_mass_r2"]))
        share.append(np.nanmedian(columns["two_mass_J1_pct"]))
        dt1.append(np.nanmedian(columns["two_mass_dt1_ms"]))
        separable.append(np.isfinite(columns["two_mass_J1_BW_s"]).mean())
    assert min(r2) > 0.98
    assert np.median(r2) > 0.997
    assert 3.0 < min(share) < max(share) < 13.0
    assert 20.0 < min(dt1) < max(dt1) < 60.0
    assert np.mean(separable) > 0.9


def test_bounds_hold():
    batch = runner(6)
    found = fit_steps(batch, np.flatnonzero(batch.whole))
    contact = (batch.at_ref.toe_off - batch.at_ref.touchdown)[batch.whole] * batch.interval_s
    for row, (low, high) in enumerate(zip(module.LOWEST, module.HIGHEST, strict=True)):
        value = found.shape[row] - (contact if row == 4 else 0.0)
        assert value.min() >= low - 1e-12
        assert value.max() <= high + 1e-12
    J1_BW_s = found.share * found.impulse_N_s / batch.bw_N
    assert J1_BW_s.min() >= 0.0
    assert J1_BW_s.max() <= 0.08 + 1e-12
