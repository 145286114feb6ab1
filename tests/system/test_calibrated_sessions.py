"""A calibration from the file to the numbers: recorded with it, replayed to the bit, analysed with another one."""

import dataclasses
import json
import re
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from calibrationfiles import MADE, calibrate, my_rig, readings
from system.chain import write_csv
from system.recorders import check_whole

import stance
from analysis.machine_lights import calibration_light
from analysis.protocol import get_protocol
from analysis.setup import Calibrated, Runner
from analysis.steps import StepTable
from daq.errors import RigError
from daq.excerpt import Excerpts
from daq.recorder import Recorder, RecordOptions
from daq.replay import Replay
from daq.rig import load_rig
from daq.session import SessionHeader, open_session
from daq.setups import make_setup, rig_of_header
from stance.cli import run

SECONDS = 6.0
RUNNER = Runner(mass_kg=82.85, belt_speed_m_s=3.97)


def command(capfd, *arguments):
    code = run([str(one) for one in arguments])
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    return code, out, err


def record(rig, out, *, query="", calibration=None):
    """Record the twin of a rig file that answers as the rig's data sheets say, or as a query says."""
    url = f"virtual://{quote(str(rig), safe='')}?seed=1&speed=max{query}"
    options = RecordOptions(
        rig=str(rig), port=url, out=str(out), seconds=SECONDS, subject=RUNNER, calibration=calibration
    )
    return Recorder(options).run()


class Made:
    """A rig with a calibration, and three sessions of the same bytes: with it, without, and without there being one."""

    def __init__(self, folder):
        self.folder = folder
        self.rig = my_rig(folder)
        self.bare, self.with_it, self.without = (folder / f"{name}.h5" for name in ("bare", "with_it", "without"))
        record(self.rig, self.bare)
        self.file = calibrate(self.rig, off=0.04)
        self.live = record(self.rig, self.with_it)
        record(self.rig, self.without, calibration="none")

    def header(self, path):
        with open_session(path) as session:
            return session.header

    def table(self, path, calibration=None):
        with open_session(path) as session:
            replay = Replay(session, calibration=calibration)
            return replay.run(), replay.analyser.table


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Made(tmp_path_factory.mktemp("calibrated"))


def light_of(results, name="calibration"):
    (light,) = [one for one in results["quality"] if one["name"] == name]
    return light


# --- sessions ---------------------------------------------------------------------------------------------------------


def test_a_session_keeps_the_calibration_word_for_word(made):
    assert made.header(made.with_it).calibration_text == made.file.read_text(encoding="utf-8")
    assert made.header(made.bare).calibration_text == made.header(made.without).calibration_text == ""


def test_replay_equals_live_to_the_bit(made):
    check_whole(made.with_it)
    again, _ = made.table(made.with_it)
    for key in ("steps", "summary", "quality", "bw_N", "weight_closure", "missing"):
        assert again[key] == made.live[key], key
    assert len(again["steps"]) > 12


def test_a_calibration_changes_the_force_and_nothing_else_is_needed(made):
    _, plain = made.table(made.without)
    _, known = made.table(made.with_it)
    assert plain.rows == known.rows
    ratio = known["active_peak_N"] / plain["active_peak_N"]
    (nominal,), (read,) = load_rig(made.rig, "none").belts(), load_rig(made.rig).belts()
    expected = (read.matrix @ np.linalg.pinv(nominal.matrix))[2]
    assert ratio.mean() == pytest.approx(expected[2], abs=2e-3)
    assert abs(expected[2] - 1.0) > 1e-3


def test_without_it_all_is_as_if_there_were_none(made):
    _, bare = made.table(made.bare)
    for path, calibration in ((made.without, None), (made.with_it, "none")):
        results, table = made.table(path, calibration)
        assert table.equals(bare)
        assert light_of(results)["value"] is None


def test_another_calibration_is_as_if_it_had_been_there(made):
    other = calibrate(made.rig, made.folder / "other.toml", seed=7)
    record(made.rig, made.folder / "other.h5", calibration=str(other))
    _, recorded = made.table(made.folder / "other.h5")
    for path in (made.bare, made.with_it):
        _, again = made.table(path, other)
        assert again.equals(recorded)
    _, own = made.table(made.with_it)
    assert not own.equals(recorded)


def test_excerpts_read_by_the_sessions_own_calibration(made):
    with open_session(made.with_it) as session:
        excerpts = Excerpts(session)
        assert excerpts.rig.calibration.text == session.header.calibration_text
        table = StepTable(session.steps())
        curve = excerpts.cut(3000, 5000, table, RUNNER.mass_kg * 9.80665).wrench[0, 2]
        mine = (table["touchdown_s"] > 3.1) & (table["toe_off_s"] < 4.9)
        assert curve.max() == pytest.approx(table["active_peak_N"][mine].max(), rel=0.01)
        assert excerpts.setup.belts[0].matrix[2] == pytest.approx(load_rig(made.rig).belts()[0].matrix[2], rel=1e-12)


def test_what_is_wrong_with_the_machine_is_taken_out(made, tmp_path):
    """The twin answers as its calibration says: read with it, the weight closes and the force is the true one."""
    truth = np.zeros((6, 3000))
    time_s = np.arange(3000) / 500.0
    into = np.mod(time_s, 0.36)
    truth[2] = np.where(into < 0.26, 1700.0 * np.sin(np.pi * np.minimum(into, 0.26) / 0.26), 0.0)
    truth[4] = -0.1 * truth[2]
    force = write_csv(tmp_path / "force.csv", truth, 500.0)
    query = f"&calibration={quote(str(made.file), safe='')}&force={quote(str(force), safe='')}"
    record(made.rig, tmp_path / "s.h5", query=query)
    _, known = made.table(tmp_path / "s.h5")
    _, plain = made.table(tmp_path / "s.h5", "none")
    assert known["active_peak_N"][2:-2] == pytest.approx(1700.0, rel=6e-4)  # the largest of noisy samples
    assert abs(plain["active_peak_N"][2:-2].mean() / 1700.0 - 1.0) > 1e-3


def test_the_api_takes_what_the_command_takes(made, capfd):
    for calibration in (None, made.file):
        analysis = stance.analyze(made.bare, calibration=calibration)
        extra = () if calibration is None else ("--calibration", calibration)
        code, out, _ = command(capfd, "analyze", made.bare, "--json", *extra)
        assert code == 0
        assert json.loads(out)["steps"] == json.loads(json.dumps(analysis.results["steps"]))
    assert stance.load_rig(made.rig, made.file).calibration is not None


def test_who_has_no_calibration_loses_nothing(made):
    """What is assumed of uncalibrated cells adds uncertainties; the numbers are those of the bare read-out."""
    with open_session(made.bare) as session:
        rig = rig_of_header(session.header, "s.h5")
        setup = make_setup(session.header, rig, get_protocol())
        assert [belt.matrix.tobytes() for belt in setup.belts] == [b.matrix.tobytes() for b in rig.nominal_belts()]
        assert all(belt.directions.size for belt in setup.belts)


# --- the light --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("known", "state", "words"), [
    (Calibrated(), "amber", ["not calibrated", "1 % and 5 mm", "stance calibrate"]),
    (Calibrated(virtual=True), "info", ["not calibrated", "1 % and 5 mm"]),
    (Calibrated("2025-03-04", 0.0, 0.08, 0.9), "green", ["2025-03-04", "0.16 %", "1.8 mm", "95 times in 100"]),
    (Calibrated("2025-03-04", 180.0, 0.5, 5.0), "green", ["0.98 %", "9.8 mm"]),
    (Calibrated("2025-03-04", 180.6, 0.08, 0.9), "amber", ["181 days old", "calibrate again"]),
    (Calibrated("2025-03-04", -30.0, 0.08, 0.9), "green", ["2025-03-04"]),
    (Calibrated("2025-03-04", -200.0, 0.08, 0.9), "amber", ["200 days after"]),
    (Calibrated("2025-03-04", None, 0.08, 0.9), "green", ["2025-03-04"]),
    (Calibrated("2025-03-04", 3.0, 0.51, 0.9), "amber", ["poor", "more loads"]),
    (Calibrated("2025-03-04", 3.0, 0.08, 5.1), "amber", ["poor (0.98 % and 9.8 mm are good)", "10 mm"]),
    (Calibrated("2025-03-04", 3.0, 0.08, 0.9, by_hand=True), "amber", ["changed by hand"]),
])  # fmt: skip
def test_the_light_says_what_the_force_rests_on(known, state, words):
    light = calibration_light(known)
    assert (light.name, light.state) == ("calibration", state)
    assert light.value == (known.u_Fz_pct if known.made_on else None)
    for word in words:
        assert word in light.text


def test_an_imported_force_has_no_cells_to_calibrate():
    assert calibration_light(None) is None


def test_age_is_that_at_the_recording_whenever_it_is_analysed(made):
    with open_session(made.with_it) as session:
        header = session.header
    for created, state in (("2025-08-31T05:06:07+00:00", "green"), ("2025-09-02T05:06:07+00:00", "amber"),
                           ("when?", "green"), ("2025-03-01T00:00:00+00:00", "green")):  # fmt: skip
        then = dataclasses.replace(header, created_utc=created)
        rig = rig_of_header(then, "s.h5")
        setup = make_setup(then, rig, get_protocol())
        assert calibration_light(setup.calibration).state == state, created


def test_a_session_with_an_old_calibration_says_so_live_and_afterwards(made, tmp_path):
    assert light_of(made.live)["state"] == "amber"  # made on 2025-03-04
    assert "days old" in light_of(made.live)["text"]
    by_hand = tmp_path / "by_hand.toml"
    by_hand.write_text(
        re.sub(r"^checksum.*\n", "", made.file.read_text(encoding="utf-8"), flags=re.M), encoding="utf-8"
    )
    results, _ = made.table(made.with_it, by_hand)
    assert "changed by hand" in light_of(results)["text"]


# --- what is wrong is told --------------------------------------------------------------------------------------------


def broken(folder, made):
    text = made.file.read_text(encoding="utf-8")
    unsealed = re.sub(r"^checksum.*\n", "", text, flags=re.M)
    foreign = calibrate(my_rig_named(folder, "deck_4z"), folder / "foreign.toml")
    files = {
        "garbage": bytes(range(256)),
        "no TOML": b"= = =\n",
        "half a file": text.encode()[: len(text) // 2],
        "half a file, cut at a line": "".join(text.splitlines(keepends=True)[:60]).encode(),
        "changed": text.replace("u_Fz_pct = 0.08", "u_Fz_pct = 0.01").encode(),
        "another version": unsealed.replace("format = 1", "format = 7").encode(),
        "NaN": re.sub(r"(matrix = \[\n    \[)[^,]*", r"\1nan", unsealed).encode(),
        "wrong shape": re.sub(r"(matrix = \[\n    \[)[^,]*, ", r"\1", unsealed).encode(),
        "far off": re.sub(r"(\[)([^\]]*)(\],  # Fz)", lambda m: m[1] + doubled(m[2]) + m[3], unsealed).encode(),
        "a rig file": made.rig.read_bytes(),
        "empty": b"",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {
        **{name: folder / name for name in files},
        "missing": folder / "nothing.toml",
        "a folder": folder,
        "a device": Path("/dev/null"),
        "foreign": foreign,
    }


def my_rig_named(folder, of):
    (folder / "sub").mkdir(exist_ok=True)
    return my_rig(folder / "sub", of=of)


def doubled(row):
    return ", ".join(repr(2 * float(one)) for one in row.split(","))


TOLD = {
    "garbage": ["UTF-8 text", "0x80"],
    "no TOML": ["line 1", "TOML"],
    "half a file": ["TOML"],
    "half a file, cut at a line": ["changed after it was made, or cut off"],
    "changed": ["changed after it was made", "`checksum`"],
    "another version": ["format 7"],
    "NaN": ["belts[0].matrix[0][0]", "NaN"],
    "wrong shape": ["belts[0].matrix", "6 rows of 8"],
    "far off": ["Fz", "% off", "30 %"],
    "a rig file": ["expected a calibration file", "a rig file"],
    "empty": ["expected a calibration file"],
    "missing": ["No such file", "--calibration none"],
    "a folder": ["a folder"],
    "a device": ["a device"],
    "foreign": ["cell XL in the rig file only", "--calibration none"],
}


@pytest.mark.parametrize("what", TOLD)
def test_a_calibration_that_cannot_be_used_is_told_in_one_message(what, made, tmp_path, capfd):
    path = broken(tmp_path, made)[what]
    url = f"virtual://{quote(str(made.rig), safe='')}?speed=max"
    before = made.bare.read_bytes()
    out = tmp_path / "new.h5"
    for arguments in (
        ("analyze", made.bare, "--calibration", path),
        ("record", "--rig", made.rig, "--port", url, "--seconds", "2", "-o", out, "--calibration", path),
    ):
        code, told, err = command(capfd, *arguments)
        assert (code, told) == (2, "")
        assert err.count("expected") == 1 + err.count(": expected", err.find("mistakes:") + 1) * ("mistakes:" in err)
        for word in (*TOLD[what], str(path)):
            assert word in err
    assert made.bare.read_bytes() == before
    assert not out.exists()
    assert not out.with_name("new.h5.journal").exists()


def test_a_file_that_may_not_be_read_is_told(made, monkeypatch, capfd):
    def forbidden(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    code, out, err = command(capfd, "analyze", made.bare, "--calibration", made.file)
    assert (code, out) == (2, "")
    assert "Permission denied" in err
    assert str(made.file) in err


def test_a_byte_order_mark_is_none_of_our_business(made, tmp_path, capfd):
    path = tmp_path / "bom.toml"
    path.write_bytes(b"\xef\xbb\xbf" + made.file.read_bytes())
    code, out, _ = command(capfd, "analyze", made.bare, "--calibration", path, "--json")
    assert code == 0
    assert "2025-03-04" in light_of(json.loads(out))["text"]


def test_a_session_whose_calibration_was_damaged_can_be_analysed_without(made):
    header = dataclasses.replace(made.header(made.with_it), calibration_text="half a fi")
    with pytest.raises(RigError, match=r"s\.h5: calibration"):
        rig_of_header(header, "s.h5")
    assert rig_of_header(header, "s.h5", "none").calibration is None
    assert rig_of_header(header, "s.h5", made.file).calibration.made_utc == MADE
    assert rig_of_header(SessionHeader(rig_text=header.rig_text), "s.h5").calibration is None


def test_a_calibration_beside_that_no_longer_fits_stops_a_recording_but_not_without_it(made, tmp_path, capfd):
    rig = my_rig(tmp_path)
    calibrate(rig)
    rig.write_text(rig.read_text(encoding="utf-8").replace("[700, 300]", "[690, 300]", 1), encoding="utf-8")
    url = f"virtual://{quote(str(rig), safe='')}?speed=max"
    arguments = ("record", "--rig", rig, "--port", url, "--seconds", "2", "-o", tmp_path / "s.h5")
    code, _, err = command(capfd, *arguments)
    assert code == 2
    assert "cell FL: position_mm [700, 300] in the calibration, [690, 300] in the rig file" in err
    assert not (tmp_path / "s.h5").exists()
    code, _, _ = command(capfd, *arguments, "--calibration", "none")
    assert code == 0
    code, out, _ = command(capfd, "rigs", "show", rig)
    assert code == 0
    assert "calibration: not usable" in out
    assert "cell FL: position_mm" in out
    code, out, err = command(capfd, "rigs", "validate", rig)
    assert (code, out) == (2, "")
    assert "position_mm" in err


def test_the_virtual_rig_takes_a_calibration_too(tmp_path, capfd):
    path = calibrate("virtual", tmp_path / "c.toml")
    out = tmp_path / "s.h5"
    arguments = ("--port", "virtual://virtual?speed=max", "--seconds", "3", "-o", out)
    code, _, _ = command(capfd, "record", *arguments, "--calibration", path)
    assert code == 0
    with open_session(out) as session:
        assert session.header.calibration_text == path.read_text(encoding="utf-8")


def test_rigs_says_in_one_line_what_a_rig_rests_on(made, capfd):
    _, out, _ = command(capfd, "rigs", "show", made.rig)
    (line,) = [line for line in out.splitlines() if line.startswith("calibration: ")]
    for word in ("2025-03-04", "days ago", "0.16 %", "1.8 mm", "95 times in 100", str(made.file)):
        assert word in line
    code, out, _ = command(capfd, "rigs", "validate", made.rig)
    assert code == 0
    assert "a valid rig" in out
    assert "made on 2025-03-04" in out
    _, out, _ = command(capfd, "rigs", "validate", made.rig, "--json")
    assert json.loads(out)["calibrated_utc"] == MADE
    _, out, _ = command(capfd, "rigs", "show", "frame_8")
    assert "calibration: none, cells as their data sheets say (stance calibrate)" in out
    _, out, _ = command(capfd, "rigs", "show", made.rig, "--toml")
    assert out == made.rig.read_text(encoding="utf-8")


def test_readings_survive_the_session(made):
    rig = rig_of_header(made.header(made.with_it), "s.h5")
    given = readings(np.random.default_rng(2), 3)
    for one, other in zip(rig.calibration.readings, given, strict=True):
        assert one.counts.tobytes() == other.counts.tobytes()
        assert one.load.point_m.tobytes() == other.load.point_m.tobytes()
