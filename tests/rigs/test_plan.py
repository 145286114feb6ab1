"""The plan of a calibration: enough loads for every rig, a file to edit, and mistakes of unit or place are told."""

import numpy as np
import pytest

from analysis.calibration_missing import missing_loads
from analysis.errors import AnalysisError
from daq.errors import FormatError
from daq.rig import load_rig
from rigs.procedures.plan import check_plan, instruction, make_plan, plan_hints, plan_text, read_plan
from rigs.procedures.plan_loads import PLACES, centres_m, surfaces

RIGS = ("virtual", "frame_6", "deck_4z", "split_belt")
MASSES = (5.0, 10.0, 25.0)


def full_plan(rig, **more):
    return make_plan(rig, **{"masses_kg": MASSES, "person_kg": 72.4, "pull_N": 100.0, **more})


def written(tmp_path, text):
    path = tmp_path / "plan.toml"
    path.write_text(text)
    return path


def one_load(keys):
    return f"format = 1\n[[loads]]\nempty = true\n[[loads]]\n{keys}\n"


@pytest.mark.parametrize("name", RIGS)
def test_default_plan_determines_everything_the_rig_sees(name):
    rig = load_rig(name)
    plan = full_plan(rig)
    assert missing_loads(rig.nominal_belts(), centres_m(rig), plan.known) == []
    assert plan.loads[0] is None
    assert plan.loads[-1] is None
    for surface in surfaces(rig):
        own = [load for load in plan.known if load.belt == surface.belt]
        assert len(own) >= 30
        heaviest = {load.place for load in own if load.kind == "weight" and load.weight == "25 kg"}
        assert heaviest == {surface.name(place) for place in PLACES}
        assert {load.place for load in own if load.series == "down"} == {
            surface.name(p) for p in ("centre", "front left")
        }
        assert all(surface.holds(1e3 * load.point_m[:2]) for load in own)
    gaps = np.diff([number for number, load in enumerate(plan.loads) if load is None])
    assert gaps.max() <= 10
    assert np.mean(gaps) <= 6.5


@pytest.mark.parametrize("masses", [(20.0,), (10.0, 20.0), (5.0, 7.5, 10.0, 15.0, 20.0, 25.0)])
def test_thirty_readings_from_few_masses_or_many(masses):
    plan = make_plan(load_rig("deck_4z"), masses_kg=masses)
    assert len(plan.known) >= 30
    assert {load.weight for load in plan.known} <= {f"{mass:g} kg" for mass in masses}


def test_pulls_only_where_cells_feel_them():
    def ways(name):
        return {(load.place, tuple(np.sign(load.force_N))) for load in full_plan(load_rig(name)).known
                if load.kind == "pull"}  # fmt: skip

    assert ways("deck_4z") == ways("split_belt") == set()
    assert {place for place, _ in ways("frame_6")} == {"line in the middle"}
    assert {place for place, _ in ways("virtual")} == {"left edge", "right edge", "front edge", "rear edge"}
    assert len(ways("virtual")) == 8
    forward = next(load for load in full_plan(load_rig("virtual")).known if load.kind == "pull")
    assert forward.force_N[0] == -100.0  # the machine is pulled forward, the puller feels the opposite
    assert "forward" in instruction(forward)


def test_a_plan_that_lacks_something_is_refused_in_words():
    rig = load_rig("frame_8")
    with pytest.raises(AnalysisError, match="--pull"):
        check_plan(make_plan(rig, masses_kg=MASSES), rig)
    with pytest.raises(AnalysisError, match="same size"):
        check_plan(make_plan(rig, masses_kg=(20.0,), pull_N=100.0), rig)


@pytest.mark.parametrize("name", RIGS)
def test_a_written_plan_reads_back_the_same(name, tmp_path):
    rig = load_rig(name)
    plan = full_plan(rig, gravity_m_s2=9.81, pole_N=300.0, u_place_mm=3.0, pull_height_mm=40.0)
    read = read_plan(written(tmp_path, plan_text(plan)), rig)
    assert read.gravity_m_s2 == 9.81
    assert len(read.loads) == len(plan.loads)
    for one, other in zip(plan.loads, read.loads, strict=True):
        if one is None or other is None:
            assert one is other
            continue
        words = ("label", "kind", "belt", "place", "series", "weight")
        assert [getattr(one, word) for word in words] == [getattr(other, word) for word in words]
        for numbers in ("force_N", "point_m", "u_force_N", "u_point_m"):
            np.testing.assert_allclose(getattr(one, numbers), getattr(other, numbers), rtol=1e-5, atol=1e-9)


def test_a_plan_by_hand(tmp_path):
    text = """
    format = 1
    [[loads]]
    empty = true
    [[loads]]
    mass_kg = 20
    place = "front left"
    [[loads]]
    kind = "pole"
    force_x_N = -30
    force_y_N = 0
    force_z_N = 200
    place_mm = [100, -50]
    [[loads]]
    kind = "pull"
    mass_kg = 10
    direction = "left"
    place_mm = [700, 0]
    height_mm = 80
    """
    empty, weight, pole, pull = read_plan(written(tmp_path, text), load_rig("virtual")).loads
    assert empty is None
    assert weight.point_m.tolist() == [0.65, 0.17, 0.0]
    assert pole.force_N.tolist() == [-30.0, 0.0, 200.0]
    np.testing.assert_allclose(pull.force_N, [0.0, -98.0665, 0.0])
    assert pull.point_m.tolist() == [0.7, 0.0, 0.08]


@pytest.mark.parametrize(("keys", "said"), [
    ('mass_N = 196\nplace = "front"', "mass_kg"),
    ('mass_lb = 44\nplace = "front"', "mass_kg"),
    ('force_N = 196\nplace = "front"', "mass_kg"),
    ("mass_kg = 20\nplace_in = [25, 6]", "1 in is 25.4 mm"),
    ("mass_kg = 20\nplace_mm = [0.65]", "place_mm"),
    ("mass_kg = 20\nplace_mm = [6500, 1700]", "on the surface"),
    ("mass_kg = 20\nmas = 3\nplace_mm = [0, 0]", "mas"),
    ('mass_kg = 20\nplace = "frnt"', "front left"),
    ("mass_kg = -20\nplace_mm = [0, 0]", "mass_kg"),
    ('mass_kg = "20"\nplace_mm = [0, 0]', "quotes"),
    ("mass_kg = 20", "place_mm"),
    ('kind = "pull"\nforce_N = 100\nplace_mm = [0, 0]', "direction"),
    ('mass_kg = 20\ndirection = "left"\nplace_mm = [0, 0]', "direction"),
    ('kind = "pole"\nforce_x_N = 100\nplace_mm = [0, 0]', "force_z_N"),
    ('mass_kg = 20\nbelt = "L"\nplace_mm = [0, 0]', "belt"),
    ("empty = true\nmass_kg = 20", "empty"),
    ("mass_kg = = 20", "TOML"),
])  # fmt: skip
def test_mistakes_in_a_plan_are_told(keys, said, tmp_path):
    with pytest.raises(FormatError, match=r"plan\.toml") as error:
        read_plan(written(tmp_path, one_load(keys)), load_rig("virtual"))
    assert said in str(error.value)


def test_a_plan_without_loads_and_one_that_is_not_there(tmp_path):
    with pytest.raises(FormatError, match="at least one load"):
        read_plan(written(tmp_path, "format = 1\n[[loads]]\nempty = true\n"), load_rig("virtual"))
    with pytest.raises(FormatError, match="No such file"):
        read_plan(tmp_path / "none.toml", load_rig("virtual"))


@pytest.mark.parametrize(("wrong", "said"), [
    ({"masses_kg": ()}, "none"),
    ({"masses_kg": (10.0, 10.0)}, "once"),
    ({"masses_kg": (10.0, 600.0)}, "61.2 kg weigh 600 N"),
    ({"masses_kg": (0.5, 10.0)}, "--masses"),
    ({"masses_kg": MASSES, "person_kg": 700.0}, "71.4 kg weigh 700 N"),
    ({"masses_kg": MASSES, "pull_N": 10.0}, "--pull-N: expected 20 to 3000 N"),
    ({"masses_kg": MASSES, "pull_kg": 1.0}, "--pull: expected 2.04 to 305.9 kg"),
    ({"masses_kg": MASSES, "pull_height_mm": 2001.0}, "--pull-height-mm"),
    ({"masses_kg": MASSES, "pull_height_mm": float("nan")}, "--pull-height-mm"),
    ({"masses_kg": MASSES, "u_mass_kg": 0.3}, "--u-mass-kg: expected 0 to 0.25 kg"),
    ({"masses_kg": MASSES, "u_mass_kg": float("nan")}, "--u-mass-kg"),
    ({"masses_kg": MASSES, "gravity_m_s2": 32.2}, "--gravity"),
])  # fmt: skip
def test_values_that_nobody_means(wrong, said):
    with pytest.raises(AnalysisError) as error:
        make_plan(load_rig("virtual"), **wrong)
    assert said in str(error.value)


def test_what_may_be_newtons_is_asked_but_not_refused():
    rig = load_rig("virtual")
    assert list(plan_hints(full_plan(rig))) == []
    heavy, pull = plan_hints(make_plan(rig, masses_kg=(5.0, 196.0), pull_kg=98.0))
    assert "196 kg" in heavy
    assert "Is it 20 kg?" in heavy
    assert "98 kg" in pull
    assert "Is the pull 9.99 kg?" in pull
