"""The rig file: what is accepted, what is refused and how, and that its matrices obey statics through counts."""

import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from analysis.wrench import apply_matrix, centre_of_pressure, free_moment
from daq import rig_schema
from daq.errors import RigError
from daq.rig import Rig, load_rig, parse_rig, shipped_rigs

DOCS = Path(__file__).parents[2] / "docs" / "rig-file.md"
FRAME_8 = load_rig("frame_8").text
BW_120_KG = 120 * 9.80665


def refused(text: str) -> str:
    with pytest.raises(RigError) as caught:
        parse_rig(text, "my_rig.toml")
    return str(caught.value)


def changed(old: str, new: str, count: int = 1, text: str = FRAME_8) -> str:
    assert old in text
    return text.replace(old, new, count)


# --- statics, from loads that rigid-body equilibrium puts on the cells ------------------------------------------------


def cell_loads(rig: Rig, belt: str, wrench: np.ndarray, point_m: tuple[float, float]) -> np.ndarray:
    """Least-norm cell forces that hold a rigid machine under `wrench`, given as force and Tz at a point of the belt.

    Written from Newton's law alone: the cells' forces and the force on the runner have the same sum and moment.
    """
    centre = next((b.centre_mm for b in rig.file.belts if b.name == belt), (0.0, 0.0))
    cells = [c for c in rig.cells if (c.belt or "") == belt]
    columns = []
    for cell in cells:
        direction = np.eye(3)["xyz".index(cell.axis)]
        lever = np.array([*(np.array(cell.position_mm) - centre), -rig.machine.belt_height_mm]) / 1e3
        columns.append([*direction, *np.cross(lever, direction)])
    force, at = np.array(wrench[:3]), np.array([*point_m, 0.0])
    wanted = np.concatenate([force, np.cross(at, force) + np.array([0, 0, wrench[3]])])
    equilibrium = np.array(columns).T
    load = np.linalg.lstsq(equilibrium, wanted, rcond=None)[0]
    assert np.linalg.norm(equilibrium @ load - wanted) < 1e-6
    return load


def counts_of(rig: Rig, belt: str, loads_N: np.ndarray) -> np.ndarray:
    """What the converter shows, by the chain of the data sheet: load → bridge → amplifier → 24 bits."""
    counts = np.zeros((8, 1))
    for cell, load in zip([c for c in rig.cells if (c.belt or "") == belt], loads_N, strict=True):
        bridge_mV = load / cell.capacity_N * cell.sensitivity_mV_per_V * rig.adc.excitation_mV / 1000
        counts[cell.channel] = np.round(cell.sign * bridge_mV * rig.adc.gain / rig.adc.reference_mV * 2**23)
    return counts


@pytest.mark.parametrize("name", ["frame_8", "virtual"])
def test_three_dimensional_force_comes_back_from_counts(name):
    rig = load_rig(name)
    (belt,) = rig.belts()
    loads = cell_loads(rig, "", np.array([-300.0, 40.0, 1800.0, 12.0]), (0.21, -0.06))
    wrench = apply_matrix(belt.matrix, counts_of(rig, "", loads))
    x, y = centre_of_pressure(wrench)
    assert wrench[:3, 0] == pytest.approx([-300, 40, 1800], abs=0.01)
    assert (x[0], y[0]) == pytest.approx((0.21, -0.06), abs=1e-5)
    assert free_moment(wrench)[0] == pytest.approx(12.0, abs=0.01)
    assert belt.observable == {"Fx", "Fy", "Fz", "Mx", "My", "Mz"}


def test_o5_four_vertical_cells():
    """Oracle O5: 1000 N at (0.20, −0.05) on cells at ±0.70/±0.30, however a warped frame shares it."""
    rig = load_rig("frame_8")
    oracle = np.array([267.857, 375.000, 148.810, 208.333, 0, 0, 0, 0])
    for loads in (oracle, cell_loads(rig, "", np.array([0, 0, 1000.0, 0]), (0.20, -0.05))):
        wrench = apply_matrix(rig.belts()[0].matrix, counts_of(rig, "", loads))
        x, y = centre_of_pressure(wrench)
        assert (x[0], y[0]) == pytest.approx((0.200, -0.050), abs=1e-5)
        assert wrench[2, 0] == pytest.approx(1000.0, abs=0.01)


def test_o6_fore_aft_coupling_is_corrected_where_braking_is_measured_and_only_there():
    """Oracle O6: h 0.20 m, Fx −200 N, Fz 700 N displace the apparent COP by +57.143 mm; with Fx measured, by 0."""
    rig = load_rig("frame_8")
    counts = counts_of(rig, "", cell_loads(rig, "", np.array([-200.0, 0, 700.0, 0]), (0.10, 0.0)))
    x, _ = centre_of_pressure(apply_matrix(rig.belts()[0].matrix, counts))
    assert x[0] - 0.10 == pytest.approx(0.0, abs=1e-5)

    blind = FRAME_8
    for name in ("XL", "XR", "YF", "YR"):
        blind = re.sub(rf'\[\[cells\]\]\nname = "{name}".*?\n\n', "", blind, flags=re.S)
    (belt,) = parse_rig(blind, "vertical only").belts()
    x, _ = centre_of_pressure(apply_matrix(belt.matrix, counts))
    assert x[0] - 0.10 == pytest.approx(0.057143, abs=1e-5)
    assert belt.observable == {"Fz", "Mx", "My"}


def test_pushing_the_belt_forward_loads_the_front_cells():
    rig = load_rig("frame_8")
    loads = cell_loads(rig, "", np.array([-200.0, 0, 700.0, 0]), (0.0, 0.0))
    front, rear = loads[:2].sum(), loads[2:4].sum()
    assert front - rear == pytest.approx(2 * 200 * 0.2 / 1.4, abs=1e-6)


def test_single_links_leave_the_yaw_moment_to_the_flexures():
    (belt,) = load_rig("frame_6").belts()
    assert belt.observable == {"Fx", "Fy", "Fz", "Mx", "My"}
    assert not belt.matrix[5].any()
    assert belt.measures_braking


@pytest.mark.parametrize("name", ["deck_4z", "split_belt"])
def test_decks_do_not_see_braking(name):
    for belt in load_rig(name).belts():
        assert belt.observable == {"Fz", "Mx", "My"}
        assert not belt.matrix[[0, 1, 5]].any()


@pytest.mark.parametrize("side", ["L", "R"])
def test_split_belt_places_each_foot_on_its_own_belt(side):
    rig = load_rig("split_belt")
    counts = counts_of(rig, side, cell_loads(rig, side, np.array([0, 0, 900.0, 0]), (0.11, 0.03)))
    wrenches = {belt.name: apply_matrix(belt.matrix, counts) for belt in rig.belts()}
    assert list(wrenches) == ["L", "R"]
    x, y = centre_of_pressure(wrenches[side])
    assert (x[0], y[0]) == pytest.approx((0.11, 0.03), abs=1e-5)
    assert not wrenches["R" if side == "L" else "L"].any()


def test_a_cell_wired_the_other_way_round():
    text = changed('axis = "x"', 'axis = "x"\nsign = -1', 2)
    rig = parse_rig(text, "reversed")
    counts = counts_of(rig, "", cell_loads(rig, "", np.array([-150.0, 0, 800.0, 0]), (0, 0)))
    assert (counts[4:6] > 0).all()
    assert apply_matrix(rig.belts()[0].matrix, counts)[0, 0] == pytest.approx(-150, abs=0.01)


# --- shipped rigs -----------------------------------------------------------------------------------------------------


def test_shipped_rigs():
    assert shipped_rigs() == ("deck_4z", "frame_6", "frame_8", "split_belt", "virtual")
    for name in shipped_rigs():
        rig = load_rig(name)
        assert rig.name == name
        assert parse_rig(rig.text, "again").file == rig.file
        assert pickle.loads(pickle.dumps(rig)) == rig


def test_virtual_is_frame_8_but_stiff_and_quiet():
    virtual, frame = load_rig("virtual"), load_rig("frame_8")
    assert virtual.cells == frame.cells
    assert virtual.machine == frame.machine
    for mode in (virtual.modes.x, virtual.modes.y, virtual.modes.z):
        assert mode is not None
        assert mode.natural_frequency_Hz >= 200
    assert virtual.noise is not None
    assert frame.noise is not None
    assert 0 < virtual.noise.cell_noise_N < frame.noise.cell_noise_N


def test_modes_are_nominal_unless_the_file_says_that_a_tap_test_found_them():
    frame = load_rig("frame_6").deck_modes()
    assert not frame.identified
    assert (frame.x.natural_frequency_Hz, frame.z.natural_frequency_Hz, frame.z.damping) == (87, 178, 0.03)
    deck = load_rig("deck_4z").deck_modes()
    assert deck.x is None
    assert deck.y is None
    tapped = parse_rig(changed("[modes.x]", "[modes]\nidentified = true\n[modes.x]"), "tapped").deck_modes()
    assert tapped.identified
    assert tapped.x.natural_frequency_Hz == 87
    assert not any(load_rig(name).deck_modes().identified for name in shipped_rigs())


def test_scale_is_the_data_sheets():
    rig = load_rig("frame_8")
    assert rig.adc.full_scale_mV == 9.375
    assert rig.newtons_per_count(rig.cells[0]) == pytest.approx(5000 / 10 * 9.375 / 2**23)
    assert rig.limit_N(rig.cells[0]) == pytest.approx(0.9375 * 5000, rel=1e-6)


@pytest.mark.parametrize("name", shipped_rigs())
def test_a_heel_strike_of_a_120_kg_runner_saturates_no_cell(name):
    """Head-room as docs/rig-file.md states it, over every corner of where a foot can be."""
    rig = load_rig(name)
    weight = rig.machine.carried_mass_kg * 9.80665 / sum(cell.axis == "z" for cell in rig.cells)
    seen = rig.belts()[0].observable
    room: dict[str, float] = {}
    for belt in rig.belts():
        cells = [cell for cell in rig.cells if (cell.belt or "") == belt.name]
        for corner in np.ndindex(2, 2, 2, 2):
            sx, sy, sfx, sfy = 2 * np.array(corner) - 1
            force = BW_120_KG * np.array([0.6 * sfx * ("Fx" in seen), 0.2 * sfy * ("Fy" in seen), 3.2])
            at = (0.45 * sx, 0.12 * sy)
            # Flexures take the yaw moment where no cell does: then the horizontal force acts as if centred.
            yaw = 0.0 if "Mz" in seen else -(at[0] * force[1] - at[1] * force[0])
            for cell, load in zip(cells, cell_loads(rig, belt.name, np.array([*force, yaw]), at), strict=True):
                rest = rig.limit_N(cell) - weight * (cell.axis == "z")
                room[cell.axis] = min(room.get(cell.axis, 99.0), rest / abs(load))
    documented = re.search(rf"^\| .*`{name}`.* \| .* N, .*$", DOCS.read_text(encoding="utf-8"), re.M)
    assert documented
    stated = [float(number) for number in re.findall(r"([\d.]+) ×", documented.group())]
    assert [room[axis] for axis in "zxy" if axis in room] == pytest.approx(stated, abs=0.06)
    assert min(room.values()) > 1.2


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("capacity_N = 5000", "capacity_kg = 500", ['cells[0] "FL".capacity_kg', "newtons: capacity_N", "9.80665"]),
        ("capacity_N = 5000", "capacity_kN = 5", ["capacity_kN", "newtons: capacity_N", "1 kN is 1000 N"]),
        ("capacity_N = 5000", "capacity = 5000", ["newtons: capacity_N"]),
        ("position_mm = [700, 300]", "position_in = [27, 12]", ["millimetres: position_mm", "25.4"]),
        (
            "natural_frequency_Hz = 87",
            "natural_frequency_rad_s = 377",
            ["modes.x", "hertz: natural_frequency_Hz", "2π"],
        ),
        ("reference_mV = 1200", "reference_V = 1.2", ["adc.reference_V", "millivolts: reference_mV"]),
        ("belt_length_m", "belt_length_mm", ["metres: belt_length_m"]),
        ("sensitivity_mV_per_V", "sensitivity_mVV", ["millivolts per volt: sensitivity_mV_per_V"]),
        ("pulses_per_m", "pulses_per_mm", ["pulses per metre: pulses_per_m"]),
        ("excitation_mV = 5000", "exitation_mV = 5000", ["nearest known key is excitation_mV"]),
        ("[belt_sensor]", "[belt_senser]", ["nearest known key is belt_sensor"]),
        ("gain = 128", "gain = 128\nzzz = 1", ["adc.zzz", "Known here", "excitation_mV"]),
        ("bits = 24\n", "", ["adc.bits", "a whole number from 10 to 24", "saw nothing"]),
        ("bits = 24", "bits = 24.0", ["adc.bits", "a whole number", "saw 24.0"]),
        ("gain = 128", 'gain = "128"', ["adc.gain", 'saw "128"', "Leave out the quotes"]),
        ("gain = 128", "gain = true", ["adc.gain", "saw true"]),
        ("gain = 128", "gain = inf", ["adc.gain"]),
        ("gain = 128", "gain = nan", ["adc.gain"]),
        ("channel = 7", "channel = 8", ["channel", "from 0 to 7", "saw 8"]),
        ("channel = 7", "channel = 6", ["one cell per channel", 'channel 6 twice, for "YF" and "YR"']),
        ('name = "YR"', 'name = "YF"', ["a different name for every cell", 'two cells called "YF"']),
        ("channels = 8", "channels = 6", ['cells "YR".channel', "0 to 5", "saw 7"]),
        ('axis = "z"', 'axis = "up"', ["axis", '"x" or "y" or "z"', 'saw "up"']),
        ('axis = "z"', 'axis = "z"\nsign = 0', ["sign", "1 or -1"]),
        ("position_mm = [700, 300]", "position_mm = [700]", ["two numbers [x, y]"]),
        ("position_mm = [700, 300]", 'position_mm = [700, "300"]', ["position_mm[1]", 'saw "300"']),
        ("position_mm = [700, 300]", "position_mm = 700", ["two numbers [x, y]", "saw 700"]),
        ("belt_height_mm = 200", "belt_height_mm = 0.2", ["machine.belt_height_mm", "from 1 to 1000", "saw 0.2"]),
        ("belt_length_m = 3.4", "belt_length_m = 1.7", ["whole loop", "saw 1.7"]),
        ("damping = 0.03", "damping = 3", ["modes.x.damping", "below 1"]),
        ("format = 1", "format = 2", ["format", "to be 1", "saw 2"]),
        ('name = "frame_8"', 'name = "Frame 8"', ["name", "lower-case letters", 'saw "Frame 8"']),
        ('carries = "whole"', 'carries = "all"', ["machine.carries", '"whole" or "deck"']),
        ("[modes.x]\nnatural_frequency_Hz = 87\ndamping = 0.03", "", ["modes.x", "as cells measure x"]),
        ('axis = "z"', 'axis = "z"\nbelt = "L"', ["two tables, L and R", "FL"]),
        ("channel = 0", "channel = -1", ["from 0 to 7", "saw -1"]),
    ],
)
def test_each_mistake_names_the_file_the_key_and_the_remedy(old, new, words):
    text = refused(changed(old, new))
    assert text.startswith("my_rig.toml: expected")
    for word in words:
        assert word in text
    assert "docs/rig-file.md" in text


def test_all_mistakes_at_once_and_none_twice():
    text = changed("capacity_N = 5000", "capacity_kg = 500")
    text = changed("channel = 7", "channel = 5", text=text)
    text = changed("gain = 128", "gain = 0", text=text)
    text = changed("pulses_per_m = 1000", "", text=text)
    message = refused(text)
    assert "saw 4 mistakes" in message
    assert message.count("capacity_N") == 2  # expected, and in the hint; not once more as a missing key


def test_horizontal_cells_under_a_deck_are_refused_with_the_reason():
    message = refused(changed('carries = "whole"', 'carries = "deck"'))
    assert message.count('"z", as machine.carries = "deck"') == 4
    assert "braking" in message
    assert 'carries = "whole"' in message


@pytest.mark.parametrize("missing", [("FL", "FR"), ("FL", "FR", "RL", "RR")])
def test_too_few_vertical_cells(missing):
    text = FRAME_8
    for name in missing:
        text = re.sub(rf'\[\[cells\]\]\nname = "{name}".*?\n\n', "", text, flags=re.S)
    assert f"at least 3 cells of axis z, saw {4 - len(missing)}" in refused(text)


def test_cells_in_one_line():
    text = FRAME_8.replace("700, -300]", "700, 301]").replace("700, 300]", "700, 299]")
    assert "do not lie in one line" in refused(text)


def test_positions_in_metres_are_not_mistaken_for_millimetres():
    text = FRAME_8.replace("700", "0.7").replace("300", "0.3")
    assert "Positions are in millimetres" in refused(text)


def test_split_belt_needs_both_belts_each_with_its_cells():
    text = load_rig("split_belt").text
    one = text[: text.rindex("[[belts]]")] + text[text.index("# Nominal") :]
    assert "one table L and one table R" in refused(one)
    swapped = text.replace("centre_mm = [0, 250]", "centre_mm = [0, -251]")
    assert "L to the left of R" in refused(swapped)
    unnamed = text.replace('belt = "R"\n', "", 1)
    assert 'cells "R_FL".belt' in refused(unnamed)
    moved = text.replace('belt = "R"\n', 'belt = "L"\n', 2)
    assert "at least 3 cells of axis z on belt R, saw 2" in refused(moved)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("format = 1\nname = \n", ["my_rig.toml, line 2, column 8", "TOML", "name ="]),
        ("format = 1\nformat = 2\n", ["my_rig.toml, ", "Cannot overwrite a value"]),
        ('title = "never closed', ["my_rig.toml, end of document"]),
        ("a = " + "[" * 5000, ["nested too deep"]),
        ("", ["saw 7 mistakes", "machine", "a table with carries"]),
        ("cells = 3\nbelts = 4\nmodes = 5", ["cells: expected one or more tables", "modes: expected a table with z"]),
        ("cells = [3]\nadc = []", ["cells[0]: expected a table", "adc: expected a table"]),
        ("a = " + "9" * 400, ["saw 8 mistakes", "a: expected a known key"]),
    ],
)
def test_text_that_is_no_rig(text, words):
    message = refused(text)
    for word in words:
        assert word in message


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_to_a_rig_file_gets_out_as_anything_but_a_rig_error(data):
    lines = FRAME_8.splitlines()
    row = data.draw(st.integers(0, len(lines) - 1))
    key = lines[row].split("=")[0]
    scalar = st.one_of(st.integers(), st.floats(), st.booleans(), st.text("ab\"'[]{}\\.#é", max_size=6))
    value = data.draw(st.one_of(scalar, st.lists(scalar, max_size=3)))
    lines[row] = f"{key}= {value!r}".replace("True", "true").replace("False", "false")
    message = "my_rig.toml: all right"
    try:
        parse_rig("\n".join(lines), "my_rig.toml")
    except RigError as error:
        message = str(error)
    assert message.startswith("my_rig.toml")


# --- finding files ----------------------------------------------------------------------------------------------------


def test_a_path_loads_and_keeps_the_text_word_for_word(tmp_path):
    path = tmp_path / "mine.toml"
    text = "# my own\r\n" + FRAME_8
    path.write_bytes(text.encode())
    rig = load_rig(path)
    assert rig.text == text
    assert rig.where == str(path)
    assert load_rig(str(path)).file == load_rig("frame_8").file


def test_shipped_names_win_over_files_of_the_same_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("frame_8").write_text("not a rig", encoding="utf-8")
    assert load_rig("frame_8").name == "frame_8"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fram_8", ["fram_8", "deck_4z, frame_6, frame_8, split_belt, virtual", "Did you mean frame_8?"]),
        ("rigs/virtal.toml", ["Did you mean virtual?"]),
        ("qqqq", ["no such file or name", "stance rigs"]),
        (".", ["a folder"]),
    ],
)
def test_a_missing_rig_lists_what_there_is(name, words):
    with pytest.raises(RigError) as caught:
        load_rig(name)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"#" * 1_000_001, "1.0 MB"), (b"title = '\xff'", "byte 0xff at 9")],
)
def test_files_that_are_no_text(tmp_path, content, words):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(RigError, match=words):
        load_rig(path)


# --- the manual -------------------------------------------------------------------------------------------------------

HEADINGS = {
    "Top of the file": rig_schema.RigFile,
    "`[machine]`": rig_schema.Machine,
    "`[adc]`": rig_schema.Adc,
    "`[[cells]]`": rig_schema.Cell,
    "`[[belts]]`": rig_schema.Surface,
    "`[modes]`": rig_schema.Modes,
    "`[modes.x]`, `[modes.y]`, `[modes.z]`": rig_schema.Mode,
    "`[belt_sensor]`": rig_schema.BeltSensor,
    "`[noise]`": rig_schema.Noise,
}


def test_the_manual_documents_exactly_the_keys_there_are():
    page, _, _ = DOCS.read_text(encoding="utf-8").partition("\n## Calibration file\n")
    sections = re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", page, re.M | re.S)
    documented = {title: re.findall(r"^\| `(\w+)` \| [^|]* \|([^|]*)\|", body, re.M) for title, body in sections}
    assert set(documented) == set(HEADINGS)
    for title, model in HEADINGS.items():
        assert [key for key, _ in documented[title]] == list(model.model_fields)
        for key, default in documented[title]:
            assert model.model_fields[key].is_required() == (not default.strip()), key


def test_every_table_of_the_format_is_in_the_manual():
    models = {m for m in vars(rig_schema).values() if isinstance(m, type) and issubclass(m, rig_schema.Table)}
    assert models - {rig_schema.Table} == set(HEADINGS.values())
    assert issubclass(rig_schema.Table, BaseModel)
