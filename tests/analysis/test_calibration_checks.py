"""What is said of a reading that is not what its load should make; and that nothing is said of healthy ones."""

import os
from dataclasses import replace

import numpy as np
import pytest
from hidden_machine import NINE, RIGS, G, machine, newtons, plan, pull, read, weight

from analysis.calibration import Reading
from analysis.calibration_checks import check_reading, outliers
from analysis.calibration_design import wrench_of
from analysis.calibration_fit import fit_calibration

RUNS = int(os.environ.get("STANCE_TRIALS", "4"))


class Bench:
    """A slightly wrong machine that says something else than what is put on it."""

    def __init__(self, name="frame_8", seed=1):
        self.rng = np.random.default_rng(seed)
        self.it = machine(name, self.rng)
        self.before = []

    def counts(self, *loads):
        wrenches = np.zeros((len(self.it.belts), 6))
        for load in loads:
            b = [belt.name for belt in self.it.belts].index(load.belt)
            wrenches[b] += wrench_of(load, self.it.centres[b])
        return self.it.counts(wrenches)

    def reading(self, said, *there):
        u = 0.03 / newtons(self.it.belts)
        zero = 1e4 * self.rng.uniform(-1, 1, 8)
        return Reading(said, zero + self.counts(*there) + u * self.rng.standard_normal(8), zero, u)

    def codes(self, said, *there, before=()):
        """What is said when `there` lies on the belt although `said` should."""
        earlier = [self.reading(load, load) for load in before]
        found = check_reading(self.reading(said, *there), self.it.belts, self.it.centres, earlier)
        assert all(len(one.text) > 20 and one.text.endswith(".") for one in found)
        return [one.code for one in found], " ".join(one.text for one in found)


def moved(load, x_mm, y_mm):
    return replace(load, point_m=np.array([x_mm, y_mm, 0.0]) / 1e3)


def scaled(load, k):
    return replace(load, force_N=k * load.force_N)


TWENTY = weight(20, "front left")
FORCES = {
    "kilograms typed as newtons": (1 / G, "units", "kilograms were typed where newtons belong"),
    "newtons typed as kilograms": (G, "units", "newtons were typed where kilograms belong"),
    "pounds typed as kilograms": (2.2046, "units", "pounds were typed where kilograms belong"),
    "kilograms taken for pounds": (0.4536, "units", "kilograms were taken for pounds"),
    "pounds of force typed as newtons": (1 / 4.448, "units", "pounds of force were typed"),
    "newtons taken for pounds of force": (4.448, "units", "newtons were taken for pounds of force"),
    "upside down": (-1.0, "sign", "wrong sign"),
    "half as much again": (1 / 1.5, "force", r"196 N"),
}


@pytest.mark.parametrize("case", FORCES)
@pytest.mark.parametrize("name", ["frame_8", "deck_4z"])
def test_a_force_that_is_wrong(case, name):
    k, code, text = FORCES[case]
    bench = Bench(name)
    if code == "force":
        codes, said = bench.codes(scaled(TWENTY, k), TWENTY)
        assert "+5" in said or "+4" in said
    else:
        codes, said = bench.codes(scaled(TWENTY, k), TWENTY)
        assert text in said
    assert codes == [code]


PLACES = {
    "inches typed as millimetres": ((400, 120), (400 / 25.4, 120 / 25.4), "inches", "inches were typed"),
    "millimetres taken for inches": ((20, 8), (20 * 25.4, 8 * 25.4), "inches", "millimetres were taken for inches"),
    "centimetres typed as millimetres": ((600, 150), (60, 15), "centimetres", "centimetres were typed"),
    "millimetres taken for centimetres": ((60, 10), (600, 100), "centimetres", "millimetres were taken for cent"),
    "swapped": ((500, 150), (150, 500), "swapped", "x and y are swapped"),
    "left and right": ((500, 150), (500, -150), "mirrored_y", "left and right are mirrored"),
    "front and rear": ((500, 150), (-500, 150), "mirrored_x", "front and rear are mirrored"),
    "from the wrong end": ((500, 150), (-500, -150), "turned", "from the wrong end"),
    "beside it": ((500, 150), (400, 110), "place", "mm from where it was said to be"),
}


@pytest.mark.parametrize("case", PLACES)
@pytest.mark.parametrize("name", ["frame_8", "deck_4z"])
def test_a_place_that_is_wrong(case, name):
    there, said, code, text = PLACES[case]
    codes, told = Bench(name).codes(moved(TWENTY, *said), moved(TWENTY, *there))
    assert codes == [code], told
    assert text in told


def test_pulls():
    bench, line = Bench(), pull((-100, 0), 0, 0)
    assert bench.codes(line, line)[0] == []
    codes, text = bench.codes(scaled(line, -1), line)
    assert codes == ["sign"]
    assert "negative along x when the machine is pulled forward" in text
    codes, text = bench.codes(pull((0, 100), 0, 0), line)
    assert codes == ["axes"]
    assert "x and y of the pull are swapped" in text
    assert bench.codes(scaled(line, 1 / G), line)[0] == ["units"]
    assert Bench("deck_4z").codes(line)[0] == ["unseen"]


def test_nothing_on_the_belt():
    codes, text = Bench().codes(TWENTY)
    assert codes == ["empty"]
    assert "put 20 kg at front left on" in text
    assert Bench().codes(pull((-100, 0), 0, 0))[0] == ["empty"]
    assert Bench().codes(scaled(TWENTY, 0.0))[0] == ["no_load"]


@pytest.mark.parametrize("other", [weight(25, "front left"), weight(20, "rear"), weight(21.5, "front left")])
def test_the_load_was_not_changed(other):
    codes, text = Bench().codes(other, TWENTY, before=[weight(10, "centre"), TWENTY])
    assert codes == ["unchanged"]
    assert "the same as 20 kg at front left before" in text


def test_the_same_load_again_and_a_small_step_are_no_mistakes():
    bench = Bench()
    assert bench.codes(TWENTY, TWENTY, before=[TWENTY])[0] == []
    near = moved(TWENTY, *(1e3 * TWENTY.point_m[:2] + [4, 2]))
    assert bench.codes(near, near, before=[TWENTY])[0] == []


def test_the_load_before_was_not_taken_off():
    ten = weight(10, "rear right")
    codes, text = Bench().codes(TWENTY, TWENTY, ten, before=[ten])
    assert codes == ["not_removed"]
    assert "take the one before off" in text
    assert Bench().codes(TWENTY, TWENTY, TWENTY, before=[TWENTY])[0] == ["not_removed"], "not 2.2 lb per kg"


def test_a_load_on_the_other_belt():
    left = weight(20, "front", "L", (0.0, 0.25))
    right = weight(20, "front", "R", (0.0, -0.25))
    bench = Bench("split_belt")
    assert bench.codes(left, left)[0] == []
    codes, text = bench.codes(left, right)
    assert codes == ["belt"]
    assert "put it on belt L" in text


def test_a_dead_and_a_saturated_cell():
    bench = Bench("deck_4z")
    healthy = bench.reading(TWENTY, TWENTY)
    fl = next(iter(np.flatnonzero(healthy.net == healthy.net.max())))
    stuck = replace(healthy, counts=np.where(np.arange(8) == fl, healthy.zero, healthy.counts))
    found = check_reading(stuck, bench.it.belts, bench.it.centres, [])
    assert found[0].code == "dead"
    assert f"Channel {fl} should bear" in found[0].text
    full = replace(healthy, counts=np.where(np.arange(8) == fl, 2.0**23 - 1, healthy.counts))
    found = check_reading(full, bench.it.belts, bench.it.centres, [])
    assert found[0].code == "saturated"


def test_a_reading_whose_scale_is_not_that_of_the_others():
    bench = Bench("deck_4z")
    before = [weight(kg, p) for kg in (10, 20) for p in ("front", "centre", "rear", "left")]
    codes, text = bench.codes(weight(15, "centre"), weight(16.9, "centre"), before=before)
    assert codes == ["outlier"]
    assert "the loads before" in text or "loads before it" in text


@pytest.mark.parametrize("name", RIGS)
def test_outliers_after_the_fit_are_named_worst_first_and_no_others(name):
    rng = np.random.default_rng(11)
    it = machine(name, rng)
    readings = read(it, plan(name), rng)
    readings[7] = replace(readings[7], counts=readings[7].zero + 1.02 * readings[7].net)
    readings[12] = replace(readings[12], counts=readings[12].zero + 1.05 * readings[12].net)
    fit = fit_calibration(it.belts, it.centres, readings)
    assert fit.outlying == (12, 7)
    found = outliers(fit, readings)
    assert [one.code for one in found] == ["outlier", "outlier"]
    assert found[0].text.startswith(readings[12].load.label)
    assert "Fz" in found[0].text


def test_a_slightly_curved_scale_makes_no_single_load_an_outlier():
    rng = np.random.default_rng(12)
    it = machine("frame_8", rng)
    fit = fit_calibration(it.belts, it.centres, read(it, plan("frame_8"), rng, curve=0.01))
    assert fit.inflation.max() > 1.5
    assert fit.outlying == ()


def healthy(name, seeds):
    for seed in seeds:
        rng = np.random.default_rng([seed, 13])
        it = machine(name, rng)
        loads = [plan(name)[i] for i in rng.permutation(len(plan(name)))]
        loads += [weight(75, p, b.name, c, u=0.001, u_place_m=0.03, kind="person")
                  for b, c in zip(it.belts, it.centres, strict=True) for p in ("front", "centre")]  # fmt: skip
        readings = read(it, loads, rng)
        for i, reading in enumerate(readings):
            found = check_reading(reading, it.belts, it.centres, readings[:i])
            assert found == [], (seed, found)
        assert outliers(fit_calibration(it.belts, it.centres, readings), readings) == [], seed


@pytest.mark.parametrize("name", RIGS)
def test_a_healthy_calibration_raises_no_suspicion(name):
    healthy(name, range(4))


@pytest.mark.validate
@pytest.mark.parametrize("name", RIGS)
def test_healthy_calibrations_raise_no_suspicion_many(name):
    healthy(name, range(4 * RUNS))


def test_every_place_of_the_nine_can_be_told_apart():
    """A weight on any wrong one of the nine places is noticed."""
    bench = Bench()
    for there in NINE:
        for said in NINE:
            codes, _ = bench.codes(weight(20, said), weight(20, there))
            assert (codes == []) == (said == there), (said, there)
