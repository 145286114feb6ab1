"""Stands and pushes: what they tell of the wiring, and what they refuse to tell."""

import numpy as np
import pytest

from analysis.doctor_corners import closure_light, judge_stands
from analysis.doctor_pushes import Pushes, judge_pushes
from analysis.doctor_scales import Stand, Wiring

NAMES = ("FL", "FR", "RL", "RR", "X")
WIRING = Wiring(NAMES, np.array([0.01, 0.01, 0.01, 0.01, 0.004]), np.array([True] * 4 + [False]))
PLACES = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
EXPECTED = np.array([[-0.57, -0.43, 0.16, -0.2], [0.16, -0.16, -0.95, -0.05]])
FLAT = ("XL", "XR", "YF", "YR")


def stands(change=lambda force: force, weight_N=700.0, channels=range(5), share=0.8):
    """A person near each corner of a stiff deck; `change` spoils the (5,) forces, `channels` the plugs."""
    out = []
    for target, place in enumerate(PLACES):
        force = np.zeros(5)
        force[:4] = weight_N / 4 * (1.0 + share * PLACES @ place)
        counts = (change(force) / WIRING.newtons_per_count)[list(channels)]
        out.append(Stand(target, counts, 1.0))
    return out


def states(found):
    return {light.name: light.state for light in found.lights}


def test_a_healthy_rig_is_green():
    assert states(judge_stands(stands(), WIRING)) == {"places": "green", "signs": "green", "scales": "green"}


def test_a_ring_of_three_is_told():
    light = judge_stands(stands(channels=[1, 2, 0, 3, 4]), WIRING).lights[0]
    assert light.state == "red"
    assert light.text.startswith("cells are swapped:")
    assert light.text.count("is on the channel of") == 3


def test_a_vertical_cell_on_a_horizontal_channel_is_told():
    found = judge_stands(stands(channels=[4, 1, 2, 3, 0]), WIRING)
    assert "cells FL and X are swapped" in found.lights[0].text
    assert found.plugs == (4, 1, 2, 3, 0)


@pytest.mark.parametrize(("error", "state"), [(0.03, "green"), (0.12, "amber"), (0.5, "red"), (-0.3, "red")])
def test_the_scale_of_one_cell_is_told_and_by_how_much(error, state):
    spoilt = stands(lambda force: force * [1, 1 + error, 1, 1, 1])
    light = judge_stands(spoilt, WIRING, weight_N=700.0).lights[2]
    assert light.state == state
    assert light.value == pytest.approx(error, abs=1e-6)
    unweighed = judge_stands(spoilt, WIRING).lights[2].text
    if state != "green":
        assert f"cell FR reads {100 * error:+.0f} % against" in light.text
        assert f"FR reads {100 * error:+.0f} %" in unweighed
        assert "RL reads" in unweighed, "a stiff deck cannot tell which of the two without the weight"


def test_cells_as_good_as_their_data_sheets_raise_nothing():
    random = np.random.default_rng(5)
    for _ in range(300):
        gains = np.append(random.uniform(0.97, 1.03, 4), 1.0)
        found = judge_stands(stands(lambda force, gains=gains: force * gains), WIRING)
        assert set(states(found).values()) == {"green"}


def test_two_scales_at_once_are_not_pinned_on_one_cell():
    light = judge_stands(stands(lambda force: force * [1.3, 1, 1, 0.7, 1]), WIRING).lights[2]
    assert light.state in ("amber", "red")


def test_a_dead_cell_is_told():
    found = judge_stands(stands(lambda force: force * [0, 1, 1, 1, 1]), WIRING)
    assert "cell FL is dead" in found.lights[0].text
    assert states(found)["scales"] == "info"


def test_somebody_who_stood_elsewhere_is_asked_again():
    wrong = stands()
    wrong[0] = Stand(0, wrong[1].counts, 1.0)
    light = judge_stands(wrong, WIRING).lights[0]
    assert (light.state, "not clear at FL" in light.text) == ("amber", True)


def test_closure_has_the_limits_of_the_specification():
    closures = [closure_light(700.0 * c, 1.0, 700.0).state for c in (1.0, 1.0049, 1.0051, 0.971, 0.969, 1.031)]
    assert closures == ["green", "green", "amber", "amber", "red", "red"]
    assert closure_light(700.0, 1.0, None).state == "info"


def push(order=(0, 1, 2, 3), signs=(1, 1, 1, 1), noise=0.03, seed=0, dead=()):
    random = np.random.default_rng(seed)
    force = EXPECTED * np.array([[120.0], [95.0]]) * (1.0 + noise * random.standard_normal(EXPECTED.shape))
    force[:, list(dead)] = 0.0
    read = np.empty_like(force)
    read[:, list(order)] = force * signs
    return {light.name: light for light in judge_pushes(Pushes(FLAT, EXPECTED, read / 0.004, np.full(4, 0.004)))}


def test_every_swap_and_reversal_of_horizontal_cells_is_told():
    for seed in range(10):
        assert {light.state for light in push(seed=seed).values()} == {"green"}
        assert "XL and XR are swapped" in push((1, 0, 2, 3), seed=seed)["horizontal_places"].text
        assert "YF and YR are swapped" in push((0, 1, 3, 2), seed=seed)["horizontal_places"].text
        assert "XL and YF are swapped" in push((2, 1, 0, 3), seed=seed)["horizontal_places"].text
        for cell, name in enumerate(FLAT):
            signs = [-1 if i == cell else 1 for i in range(4)]
            assert f"cell {name} is reversed" in push(signs=signs, seed=seed)["horizontal_signs"].text


def test_a_dead_horizontal_cell_and_no_push_are_told():
    for cell, name in enumerate(FLAT):
        assert f"cell {name} is dead" in push(dead=[cell])["horizontal_places"].text
    weak = judge_pushes(Pushes(FLAT, EXPECTED, EXPECTED * 10.0 / 0.004, np.full(4, 0.004)))
    assert (weak[0].state, "weaker" in weak[0].text) == ("amber", True)
