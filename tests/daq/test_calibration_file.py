"""The calibration file: every number comes back to the bit, and what is wrong, foreign, changed or torn is refused."""

import errno
import re
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from calibrationfiles import MADE, calibrate, found, my_rig, quality, readings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.calibration import KnownLoad, Reading
from analysis.calibration_quality import Quality
from analysis.tolerances import assumed_directions
from daq import calibration_schema
from daq.calibration import (
    OLD_DAYS,
    Calibration,
    age_days,
    calibration_path,
    check_calibration,
    load_calibration,
    parse_calibration,
    write_calibration,
)
from daq.calibration_problems import checksum
from daq.calibration_schema import QualityTable, ReadingTable
from daq.calibration_write import calibration_text
from daq.device_check import check_device
from daq.errors import RigError
from daq.rig import load_rig, parse_rig, shipped_rigs
from daq.session import SessionHeader
from daq.setups import rig_of_header
from rigs.virtual import make_device
from rigs.virtual_url import virtual_url

DOCS = Path(__file__).parents[2] / "docs" / "rig-file.md"
TOP = {"made_utc": MADE, "operator": "", "note": "", "gravity_m_s2": 9.81}


def same(one, other):
    """Equal to the bit, NaN and minus zero included."""
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, float):
        return isinstance(other, float) and np.float64(one).tobytes() == np.float64(other).tobytes()
    if isinstance(one, Reading | KnownLoad | Quality):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return one == other


def text_of(rig, *, loads=3, **other):
    fit = found(rig)
    given_ = readings(np.random.default_rng(2), loads, [belt.name for belt in rig.nominal_belts()])
    return calibration_text(rig, fit.matrices, fit.directions, quality(**other), given_, TOP)


FRAME_8 = load_rig("frame_8")
TEXT = text_of(FRAME_8)
UNSEALED = re.sub(r"^checksum.*\n", "", TEXT, flags=re.M)


def resealed(text):
    """The text with a sum that fits it."""
    return re.sub(r'^checksum = ".*"', f'checksum = "{checksum(text)}"', text, flags=re.M)


def changed(old, new, text=TEXT):
    assert old in text, old
    return resealed(text.replace(old, new, 1))


def refused(text, where="my.calibration.toml"):
    with pytest.raises(RigError) as caught:
        parse_calibration(text, where)
    assert str(caught.value).startswith(where)
    return str(caught.value)


# --- to the bit -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", shipped_rigs())
def test_what_is_written_is_read_to_the_bit(name, tmp_path):
    rig = load_rig(name)
    belts = [belt.name for belt in rig.nominal_belts()]
    fit, given_ = found(rig), readings(np.random.default_rng(3), 40, belts)
    note, operator = 'two\nlines, "quotes", \\ and 😀 \x7f\x00', "Zoë"
    written = write_calibration(
        tmp_path / "c.toml", rig, fit, given_, operator=operator, note=note, gravity_m_s2=9.8123456789, made_utc=MADE
    )
    again = load_calibration(tmp_path / "c.toml")
    for one in (written, again):
        assert same(one.matrices, fit.matrices)
        assert same(one.directions, fit.directions)
        assert same(one.quality, fit.quality)
        assert same(one.readings, tuple(given_))
        assert (one.made_utc, one.operator, one.note, one.gravity_m_s2) == (MADE, operator, note, 9.8123456789)
        assert (one.rig_name, one.names, one.by_hand) == (rig.name, tuple(belts), False)
        assert one.software.startswith("stance")
    assert again == written
    assert again.text == (tmp_path / "c.toml").read_text(encoding="utf-8")
    assert again.where == str(tmp_path / "c.toml")


DOUBLES = st.floats(-9.9, 9.9, allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(
    place=st.lists(DOUBLES, min_size=3, max_size=3),
    u=st.lists(st.floats(0, 1e3), min_size=3, max_size=3),
    counts=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=8, max_size=8),
    words=st.text(st.characters(codec="utf-8"), max_size=20),
)
def test_any_reading_comes_back_to_the_bit(place, u, counts, words):
    load = KnownLoad(words, "pole", np.array(place), np.array(place), np.array(u), np.array(u), "", words, "", words)
    one = Reading(load, np.array(counts), np.array(counts[::-1]), np.abs(counts), counts[0], False, words)
    fit = found(FRAME_8)
    text = calibration_text(FRAME_8, fit.matrices, fit.directions, fit.quality, [one], TOP)
    assert same(parse_calibration(text, "x").readings, (one,))


def test_what_the_loads_cannot_tell_is_left_out_and_comes_back_so():
    unknown = {name: None for name, field in QualityTable.model_fields.items() if field.default is None}
    told = quality(**unknown, lopo_by_place={'a "b"': (0.5, float("nan"))}, crosstalk_pct={}, u_crosstalk_pct={})
    fit = found(FRAME_8)
    text = calibration_text(FRAME_8, fit.matrices, (np.zeros((0, 6, 6)),), told, [], TOP)
    assert "nan" not in text
    read = parse_calibration(text, "x")
    assert same(read.quality, told)
    assert read.directions[0].shape == (0, 6, 6)
    assert read.readings == ()


def test_the_file_has_a_key_for_everything_there_is():
    assert set(QualityTable.model_fields) == {f.name for f in fields(Quality)}
    own = {f.name for f in fields(Reading)} | {f.name for f in fields(KnownLoad)} - {"point_m", "u_point_m"}
    assert set(ReadingTable.model_fields) == own - {"load"} | {"point_mm", "u_point_mm"}


def test_people_read_millimetres_with_the_digits_they_gave():
    load = KnownLoad("x", "weight", np.zeros(3), np.array([450, -123.4, 0.1]) / 1e3, np.ones(3), np.full(3, 1e-3))
    one = Reading(load, np.zeros(8), np.zeros(8), np.ones(8))
    fit = found(FRAME_8)
    text = calibration_text(FRAME_8, fit.matrices, fit.directions, fit.quality, [one], TOP)
    assert "\npoint_mm = [450.0, -123.4, 0.1]\n" in text
    assert "\nu_point_mm = [1.0, 1.0, 1.0]\n" in text


# --- in a rig ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", shipped_rigs())
def test_a_calibrated_rig_reads_by_its_calibration(name, tmp_path):
    rig = load_rig(name)
    fit = found(rig)
    blind = np.array([[[c in b.observable] for c in ("Fx", "Fy", "Fz", "Mx", "My", "Mz")] for b in rig.nominal_belts()])
    stray = replace_matrices(fit, np.where(blind, fit.matrices, 1e-4))
    write_calibration(tmp_path / "c.toml", rig, stray, [], made_utc=MADE)
    known = load_rig(name, tmp_path / "c.toml")
    for belt, nominal, matrix, ways in zip(
        known.belts(), rig.nominal_belts(), fit.matrices, fit.directions, strict=True
    ):
        assert (belt.matrix == matrix).all()  # zero where nothing sees, whatever the file says
        assert same(belt.directions, ways)
        assert (belt.name, belt.observable) == (nominal.name, nominal.observable)
    for nominal, plain in zip(known.nominal_belts(), rig.nominal_belts(), strict=True):
        assert same(nominal.matrix, plain.matrix)
        assert nominal.directions.size == 0
    assert known.belts() is known.belts()
    assert not known.belts()[0].matrix.flags.writeable
    assert known.deck_modes() == rig.deck_modes()


def replace_matrices(fit, matrices):
    return type(fit)(matrices, fit.directions, fit.quality)


@pytest.mark.parametrize("name", shipped_rigs())
def test_without_a_calibration_the_data_sheets_hold_within_assumed_tolerances(name):
    rig = load_rig(name)
    for belt, nominal in zip(rig.belts(), rig.nominal_belts(), strict=True):
        assert same(belt.matrix, nominal.matrix)
        assert same(belt.directions, assumed_directions(nominal))
        assert belt.directions.any()


def test_the_file_beside_the_rig_is_taken_unless_another_one_or_none_is_asked_for(tmp_path):
    path = my_rig(tmp_path)
    assert load_rig(path).calibration is None
    beside = calibrate(path)
    other = calibrate(path, tmp_path / "other.toml", seed=5)
    assert load_rig(path).calibration.where == str(beside)
    assert load_rig(path, other).calibration.where == str(other)
    assert load_rig(path, "none").calibration is None
    assert parse_rig(path.read_text(encoding="utf-8"), str(path)).calibration is None
    assert calibration_path(load_rig(path, "none")) == beside
    assert calibration_path(load_rig("frame_8")) is None
    assert calibration_path(parse_rig(FRAME_8.text, "s.h5: rig")) is None


def test_a_rehearsal_is_refused_for_a_machine_and_for_its_sessions(tmp_path):
    path = my_rig(tmp_path)
    assert "rehearsal" not in calibrate(path).read_text()
    assert "\nrehearsal = true\n" in calibrate(path, rehearsal=True).read_text()
    rig = load_rig(path)
    assert rig.calibration.rehearsal
    hello = make_device(virtual_url(str(path))).hello()
    check_device(hello, rig)
    with pytest.raises(RigError, match="a rehearsal, not a calibration of a machine"):
        check_device(replace(hello, board="Mega 2560"), rig)
    header = SessionHeader(rig_text=rig.text, device={"board": "Mega 2560"})
    with pytest.raises(RigError, match="rehearsal"):
        rig_of_header(header, "s.h5", calibration_path(rig))
    with pytest.raises(RigError, match="rehearsal"):
        rig_of_header(replace(header, calibration_text=rig.calibration.text), "s.h5")
    virtual = replace(header, calibration_text=rig.calibration.text, device={"board": hello.board})
    assert rig_of_header(virtual, "s.h5").calibration == rig.calibration


def test_nothing_beside_a_shipped_rig_is_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("frame_8.calibration.toml").write_text("not a calibration", encoding="utf-8")
    assert load_rig("frame_8").calibration is None


# --- of another rig, or of this one as it was -------------------------------------------------------------------------

OTHERS = {
    "name": ('name = "my_rig"', 'name = "your_rig"', "rig my_rig in the calibration, your_rig in the rig file"),
    "gain": ("gain = 128", "gain = 64", "adc.gain 128 in the calibration, 64 in the rig file"),
    "converter": ('name = "ADS131M08"', 'name = "ADS1256"', "adc.name ADS131M08 in the calibration, ADS1256"),
    "reference": ("reference_mV = 1200", "reference_mV = 2500", "adc.reference_mV 1200"),
    "excitation": ("excitation_mV = 5000", "excitation_mV = 3300", "adc.excitation_mV 5000"),
    "bits": ("bits = 24", "bits = 16", "adc.bits 24"),
    "height": ("belt_height_mm = 200", "belt_height_mm = 210", "machine.belt_height_mm 200 in the calibration, 210"),
    "serial": ('serial = "1234"', 'serial = "9876"', "cell FL: serial 1234 in the calibration, 9876 in the rig file"),
    "no serial": ('serial = "1234"\n', "", "cell FL: serial 1234 in the calibration, none in the rig file"),
    "sign": ('sign = 1\nserial = "1234"', 'sign = -1\nserial = "1234"', "cell FL: sign 1 in the calibration, -1"),
    "capacity": ("capacity_N = 5000", "capacity_N = 4000", "cell FL: capacity_N 5000 in the calibration, 4000"),
    "sensitivity": ("sensitivity_mV_per_V = 2", "sensitivity_mV_per_V = 3", "cell FL: sensitivity_mV_per_V 2"),
    "position": ("[700, 300]", "[700, 310]", "position_mm [700, 300] in the calibration, [700, 310] in the rig file"),
    "cell": ('name = "FL"', 'name = "FLX"', "cell FL in the calibration only; cell FLX in the rig file only"),
}  # fmt: skip


def numbered(text):
    """The rig with a serial number on its first cell."""
    text = re.sub(r'(name = "FL"\n)', r'\1sign = 1\nserial = "1234"\n', text, count=1)
    return re.sub(r"position_mm = \[700(\.0)?, 300(\.0)?\]", "position_mm = [700, 300]", text)


@pytest.mark.parametrize("what", OTHERS)
def test_a_rig_that_has_changed_is_told_by_name(what, tmp_path):
    path = my_rig(tmp_path, numbered(FRAME_8.text))
    calibrate(path)
    old, new, words = OTHERS[what]
    text = re.sub(r"(\d)\.0\b", r"\1", path.read_text(encoding="utf-8"))
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RigError) as caught:
        load_rig(path)
    assert words in str(caught.value)
    assert "my_rig.calibration.toml" in str(caught.value)
    assert "stance calibrate" in str(caught.value)
    assert "--calibration none" in str(caught.value)
    assert load_rig(path, "none").calibration is None


def test_exchanged_channels_and_several_changes_are_all_named(tmp_path):
    path = my_rig(tmp_path)
    calibrate(path)
    text = path.read_text(encoding="utf-8")
    for old, new in (("channel = 0", "channel = 9"), ("channel = 1", "channel = 0"), ("channel = 9", "channel = 1")):
        text = text.replace(old, new, 1)
    path.write_text(text.replace("gain = 128", "gain = 64"), encoding="utf-8")
    with pytest.raises(RigError) as caught:
        load_rig(path)
    for words in (
        "adc.gain 128",
        "cell FL: channel 0 in the calibration, 1",
        "cell FR: channel 1 in the calibration, 0",
    ):
        assert words in str(caught.value)


def test_what_does_not_touch_the_cells_may_change(tmp_path):
    path = my_rig(tmp_path)
    calibrate(path)
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'title = ".*"', 'title = "after the tap test"', text) + "\n", encoding="utf-8")
    assert load_rig(path).calibration is not None


def test_a_split_belts_centres_and_belts_are_its_own(tmp_path):
    path = my_rig(tmp_path, of="split_belt")
    calibrate(path)
    assert load_rig(path).calibration.names == ("L", "R")
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"centre_mm = \[.*\]", "centre_mm = [0, 400]", text, count=1), encoding="utf-8")
    with pytest.raises(RigError, match=r"belt L: centre_mm \[0, \d+\] in the calibration, \[0, 400\]"):
        load_rig(path)
    with pytest.raises(RigError, match="rig my_rig in the calibration, deck_4z in the rig file"):
        check_calibration(load_calibration(tmp_path / "my_rig.calibration.toml"), load_rig("deck_4z"))


def test_belts_out_of_order_are_refused(tmp_path):
    rig = load_rig("split_belt")
    text = text_of(rig)
    left, right = (text.index(f'[[belts]]\nname = "{side}"') for side in "LR")
    assert left < right
    swapped = resealed(
        text[:left] + text[left:].replace('name = "L"', 'name = "?"', 1).replace('name = "R"', 'name = "L"', 1)
    ).replace('name = "?"', 'name = "R"', 1)
    with pytest.raises(RigError, match="read-outs of R and L in the calibration, belts L and R"):
        check_calibration(parse_calibration(resealed(swapped), "x"), rig)


@pytest.mark.parametrize(("component", "row"), [("Fx", 0), ("Fz", 2), ("My", 4)])
def test_a_read_out_far_from_the_data_sheets_is_refused_and_nothing_is_saved(component, row, tmp_path):
    fit = found(FRAME_8, off=0.0)
    for share, fine in ((0.29, True), (-0.29, True), (0.31, False), (-0.31, False)):
        matrices = fit.matrices.copy()
        matrices[0, row] *= 1 + share
        path = tmp_path / f"{share}.toml"
        if fine:
            write_calibration(path, FRAME_8, replace_matrices(fit, matrices), [], made_utc=MADE)
            continue
        with pytest.raises(RigError, match=rf"{component} 31 % off.*") as caught:
            write_calibration(path, FRAME_8, replace_matrices(fit, matrices), [], made_utc=MADE)
        assert "within 30 %" in str(caught.value)
        assert not path.exists()


# --- wrong files ------------------------------------------------------------------------------------------------------

WRONG = {
    "no TOML": ("this is = = not", ["line 1", "TOML"]),
    "empty": ("", ["expected a calibration file"]),
    "another version": (changed("format = 1", "format = 2"), ["format 2", "another version of stance"]),
    "a rig": (FRAME_8.text, ["expected a calibration file", "saw a rig file"]),
    "unknown key": (changed('operator = ""', 'operater = ""'), ["operater", "operator"]),
    "unit": (changed("u_Fz_pct", "u_Fz_N"), ["quality.u_Fz_N", "u_Fz_pct"]),
    "missing key": (re.sub(r"^made_utc.*\n", "", UNSEALED, flags=re.M), ["made_utc", "nothing"]),
    "text for a number": (changed("gravity_m_s2 = 9.81", 'gravity_m_s2 = "9.81"'), ["gravity_m_s2", '"9.81"']),
    "gravity of the moon": (changed("gravity_m_s2 = 9.81", "gravity_m_s2 = 1.62"), ["gravity_m_s2", "9.7 to 9.9"]),
    "NaN in the matrix": (re.sub(r"(matrix = \[\n    \[)[^,]*", r"\1nan", UNSEALED), ["belts[0].matrix", "NaN"]),
    "infinity": (re.sub(r"(counts = \[)[^,]*", r"\1inf", UNSEALED, count=1), ["readings[0].counts", "Infinity"]),
    "seven channels": (re.sub(r"(matrix = \[\n    \[)[^,]*, ", r"\1", UNSEALED), ["belts[0].matrix", "6 rows of 8"]),
    "five rows": (re.sub(r"(matrix = \[\n)    .*\n", r"\1", UNSEALED), ["belts[0].matrix", "5 rows of 8"]),
    "no rows": (re.sub(r"matrix = \[\n(    .*\n){6}", "matrix = [\n", UNSEALED), ["belts[0].matrix", "0 rows"]),
    "a short direction": (re.sub(r"(# D1\n        \[)[^,]*, ", r"\1", UNSEALED), ["directions[0]", "6 rows of 6"]),
    "a number for a matrix": (re.sub(r"matrix = \[\n(    .*\n){6}\]", "matrix = 3", UNSEALED), ["6 rows of 8 numbers"]),
    "few counts": (re.sub(r"(counts = \[)[^,]*, ", r"\1", UNSEALED, count=1), ["readings[0].counts", "8 numbers"]),
    "a point in two dimensions": (
        re.sub(r"(\npoint_mm = \[)[^,]*, ", r"\1", UNSEALED, count=1),
        ["readings[0].point_mm", "three numbers [x, y, z]"],
    ),
    "metres": (changed("point_mm", "point_m"), ["point_m", "millimetres", "point_mm"]),
    "negative uncertainty": (re.sub(r"(u_force_N = \[)", r"\g<1>-", UNSEALED, count=1), ["readings[0].u_force_N"]),
    "unknown kind of load": (changed('kind = "weight"', 'kind = "elephant"'), ["readings[0].kind", "elephant"]),
    "two single belts": (UNSEALED + UNSEALED[UNSEALED.index("[[belts]]") : UNSEALED.index("# What was put on (")],
                         ["belts", '"", ""']),
    "no belt": (re.sub(r"\[\[belts\]\]\n.*?\n# What", "# What", UNSEALED, flags=re.S), ["belts"]),
    "no date": (changed(MADE, "yesterday"), ["made_utc", "yesterday", "offset from UTC"]),
    "a date without offset": (changed(MADE, "2025-03-04T05:06:07"), ["made_utc", "offset from UTC"]),
    "a sum that is none": (re.sub(r"crc32:\w+", "crc", TEXT), ["changed after it was made"]),
    "changed": (TEXT.replace("u_Fz_pct = 0.08", "u_Fz_pct = 0.01"), ["changed after it was made", "`checksum`"]),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_file_is_told_in_one_message(what):
    text, words = WRONG[what]
    message = refused(text)
    for word in words:
        assert word in message, (word, message)
    assert "frame_8` prints" not in message  # the hint for rig files


def test_all_mistakes_are_told_at_once():
    text = UNSEALED.replace("gain = 128.0", "gain = 0.0").replace('kind = "weight"', 'kind = "x"')
    message = refused(text)
    assert "rig.adc.gain" in message
    assert message.count(".kind") == 3


def test_a_calibration_is_no_rig():
    with pytest.raises(RigError, match=r"expected a rig file, saw a calibration file.*--calibration"):
        parse_rig(TEXT, "x")


def test_a_file_torn_off_anywhere_is_refused():
    for at in range(0, len(TEXT) - 1, 211):
        refused(TEXT[:at])
    for line in range(0, TEXT.count("\n"), 7):
        refused("".join(TEXT.splitlines(keepends=True)[:line]))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(at=st.integers(0, len(TEXT) - 1), new=st.characters(codec="utf-8"), sealed=st.booleans())
def test_a_changed_character_is_never_taken_silently(at, new, sealed):
    text = TEXT if sealed else UNSEALED
    at = min(at, len(text) - 1)
    other = text[:at] + new + text[at + 1 :]
    try:
        read = parse_calibration(other, "x")
    except RigError:
        return
    assert other == text or read.by_hand  # only without a sum may it pass, and then it says so


def test_a_byte_order_mark_and_other_line_ends_are_no_change(tmp_path):
    path = tmp_path / "c.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    read = load_calibration(path)
    assert same(read.matrices, parse_calibration(TEXT, "x").matrices)
    assert "\r\n" in read.text
    assert parse_calibration(read.text, "in a session").by_hand is False


def test_who_takes_the_sum_out_answers_for_the_file():
    read = parse_calibration(UNSEALED.replace("u_Fz_pct = 0.08", "u_Fz_pct = 0.01"), "x")
    assert read.by_hand
    assert read.quality.u_Fz_pct == 0.01


@pytest.mark.parametrize(("content", "words"), [
    (b"#" * 4_000_001, "4.0 MB"), (b"note = '\xff'", "byte 0xff at 8"),
])  # fmt: skip
def test_files_that_are_no_text_of_ours(tmp_path, content, words):
    path = tmp_path / "c.toml"
    path.write_bytes(content)
    with pytest.raises(RigError, match=words):
        load_calibration(path)


def test_missing_files_and_folders_are_named(tmp_path):
    for path, words in ((tmp_path / "none.toml", "No such file"), (tmp_path, "a folder")):
        with pytest.raises(RigError, match=words) as caught:
            load_rig("frame_8", path)
        assert str(path) in str(caught.value)


# --- writing ----------------------------------------------------------------------------------------------------------


def test_older_calibrations_are_kept_by_the_day_they_were_made(tmp_path):
    path = my_rig(tmp_path)
    texts = []
    for seed, made in enumerate(
        ("2025-03-04T05:06:07+00:00", "2025-03-04T09:00:00+00:00", MADE, "2025-04-01T00:00:00Z")
    ):
        texts.append(calibrate(path, seed=seed, made_utc=made).read_text(encoding="utf-8"))
    kept = sorted(one.name for one in tmp_path.iterdir() if one != path)
    assert kept == [
        "my_rig.calibration.2025-03-04-2.toml", "my_rig.calibration.2025-03-04-3.toml",
        "my_rig.calibration.2025-03-04.toml", "my_rig.calibration.toml",
    ]  # fmt: skip
    assert load_rig(path).calibration.text == texts[3]
    assert (tmp_path / kept[2]).read_text(encoding="utf-8") == texts[0]
    assert (tmp_path / kept[0]).read_text(encoding="utf-8") == texts[1]
    assert load_rig(path, tmp_path / kept[1]).calibration.text == texts[2]


def test_a_damaged_older_file_is_kept_too(tmp_path):
    path = my_rig(tmp_path)
    beside = tmp_path / "my_rig.calibration.toml"
    beside.write_bytes(b"half a fi")
    calibrate(path)
    (kept,) = tmp_path.glob("my_rig.calibration.2*.toml")
    assert kept.read_bytes() == b"half a fi"
    assert load_rig(path).calibration is not None


@pytest.mark.parametrize("fails", ["replace", "fsync"])
def test_a_disk_that_fails_leaves_the_older_file_as_it_was(fails, tmp_path, monkeypatch):
    path = my_rig(tmp_path)
    before = calibrate(path).read_bytes()

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((Path, "replace", fail) if fails == "replace" else ("os.fsync", fail)))
    with pytest.raises(RigError, match="No space left on device"):
        calibrate(path, seed=9)
    monkeypatch.undo()
    assert (tmp_path / "my_rig.calibration.toml").read_bytes() == before
    assert not list(tmp_path.glob(".*"))


def test_numbers_that_are_none_are_refused_and_nothing_is_saved(tmp_path):
    fit = found(FRAME_8)
    (one,) = readings(np.random.default_rng(1), 1)
    bad = replace(one, u_counts=np.full(8, np.nan))
    for fit_, given_ in ((fit, [bad]), (replace_matrices(fit, fit.matrices * np.nan), [one]),
                         (replace_matrices(fit, fit.matrices[:, :, :7]), [one])):  # fmt: skip
        with pytest.raises(RigError):
            write_calibration(tmp_path / "c.toml", FRAME_8, fit_, given_, made_utc=MADE)
    assert not list(tmp_path.iterdir())


# --- age --------------------------------------------------------------------------------------------------------------


def test_age_is_told_in_days_by_texts_and_moments():
    made = parse_calibration(TEXT, "x")
    assert isinstance(made, Calibration)
    assert age_days(made, "2025-03-05T17:06:07+00:00") == pytest.approx(1.5)
    assert age_days(made, "2025-03-04T06:06:07+01:00") == 0.0
    assert age_days(made, datetime(2025, 3, 3, 5, 6, 7, tzinfo=UTC)) == -1.0
    assert age_days(made, "nobody knows") is None
    assert age_days(made, "") is None
    assert OLD_DAYS == 180


# --- the manual -------------------------------------------------------------------------------------------------------

HEADINGS = {
    "Top of the calibration file": calibration_schema.CalibrationFile,
    "`[rig]`": calibration_schema.RigThen,
    "`[rig.adc]`": calibration_schema.AdcThen,
    "`[quality]`": calibration_schema.QualityTable,
    "`[[belts]]`": calibration_schema.BeltTable,
    "`[[readings]]`": calibration_schema.ReadingTable,
}


def test_the_manual_documents_exactly_the_keys_there_are():
    _, _, page = DOCS.read_text(encoding="utf-8").partition("\n## Calibration file\n")
    sections = re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", page, re.M | re.S)
    documented = {title: re.findall(r"^\| `(\w+)` \| [^|]* \|([^|]*)\|", body, re.M) for title, body in sections}
    assert set(documented) == set(HEADINGS)
    for title, model in HEADINGS.items():
        assert [key for key, _ in documented[title]] == list(model.model_fields)
        for key, default in documented[title]:
            assert model.model_fields[key].is_required() == (not default.strip()), key
