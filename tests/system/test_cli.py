"""Every mistake gets one clear message, exit code 2, no traceback, and costs nothing."""

import json
import os
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

from daq.session import open_session
from stance.cli import run
from stance.show import print_results

FAST = "virtual://virtual?seed=1&speed=max"


def stance(capfd, *arguments):
    code = run([str(a) for a in arguments])
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    return code, out, err


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "s.h5"
    assert run(["record", "--port", FAST, "--seconds", "30", "-o", str(path)]) == 0
    return path


def mistakes(tmp_path, session):
    rig = tmp_path / "rig.toml"
    rig.write_text(subprocess.run([sys.executable, "-m", "stance", "rigs", "show", "frame_8", "--toml"],
                                  capture_output=True, text=True, check=True).stdout)  # fmt: skip
    wrong_key, wrong_unit = tmp_path / "key.toml", tmp_path / "unit.toml"
    wrong_key.write_text(rig.read_text().replace("capacity_N = 5000", "capasity_N = 5000", 1))
    wrong_unit.write_text(rig.read_text().replace("capacity_N = 5000", "capacity_kg = 500", 1))
    foreign, garbage = tmp_path / "foreign.h5", tmp_path / "garbage.h5"
    with h5py.File(foreign, "w") as file:
        file["x"] = 1
    garbage.write_bytes(bytes(range(256)) * 10)
    empty, nan = tmp_path / "empty.csv", tmp_path / "nan.csv"
    empty.write_text("")
    nan.write_text("time_s,Fz_N\n0.0,1.0\n0.001,nan\n0.002,3.0\n")
    out = ("-o", tmp_path / "new.h5")
    return {
        "missing port": (("record", "--port", "/dev/ttyNOT0", *out), ["/dev/ttyNOT0"]),
        "no port for a real rig": (("record", "--rig", "frame_8", *out), ["frame_8", "--port"]),
        "unknown rig": (("record", "--rig", "frame_9", *out), ["frame_9", "frame_8"]),
        "unknown key": (("rigs", "validate", wrong_key), ["capasity_N", "capacity_N"]),
        "wrong unit": (("rigs", "validate", wrong_unit), ["capacity_kg", "capacity_N"]),
        "missing session": (("analyze", tmp_path / "none.h5"), ["none.h5"]),
        "foreign HDF5": (("analyze", foreign), ["foreign.h5", "another program"]),
        "not HDF5": (("analyze", garbage), ["garbage.h5"]),
        "a directory": (("analyze", tmp_path), [str(tmp_path)]),
        "nothing to recover": (("recover", tmp_path / "none.h5"), ["none.h5"]),
        "empty CSV": (("record", "--port", f"virtual://virtual?force={empty}", *out), ["empty.csv"]),
        "NaN in CSV": (("record", "--port", f"virtual://virtual?force={nan}", *out), ["nan.csv", "nan"]),
        "unknown parameter": (("record", "--port", "virtual://virtual?sped=1", *out), ["sped", "speed"]),
        "session exists": (("record", "--port", FAST, "-o", session), ["s.h5", "new session file"]),
        "no directory": (("record", "--port", FAST, "-o", tmp_path / "no" / "s.h5"), ["no", "directory"]),
        "not writable": (("record", "--port", FAST, "--seconds", "1", "-o", "/proc/s.h5"), ["/proc/s.h5"]),
        "unknown protocol": (("analyze", session, "--protocol", "P99"), ["P99", "P60-50/20"]),
        "mass in grams": (("record", "--port", FAST, "--mass", "70000", *out), ["kilograms", "70000"]),
        "CSV exists": (("analyze", session, "--csv", session), ["s.h5", "new file"]),
        "no such command": (("recrod",), ["recrod"]),
        "another rig's device": (
            ("record", "--rig", "deck_4z", "--port", "virtual://frame_8?speed=max", *out),
            ["deck_4z", "frame_8"],
        ),
        "another rate": (
            (
                "record",
                "--port",
                "virtual://virtual?hello_rate=2000&speed=max",
                "--seconds",
                "3",
                "-o",
                tmp_path / "r.h5",
            ),
            ["2000 Hz", "1000.0 Hz", "r.h5"],
        ),
        "endless seconds": (("record", "--port", FAST, "--seconds", "inf", *out), ["inf"]),
        "seconds that are none": (("demo", "--seconds", "nan", "--out", tmp_path / "d"), ["nan"]),
        "a dot for a session": (("analyze", "."), ["."]),
        "an empty name": (("record", "--port", FAST, "-o", ""), ["session"]),
        "no tare": (("record", "--port", FAST, "--tare", "0", *out), ["'0'", "up to 60"]),
        "a negative tare": (("record", "--port", FAST, "--tare", "-3", *out), ["'-3'"]),
        "a tare without end": (("record", "--port", FAST, "--tare", "61", *out), ["'61'", "up to 60"]),
        "a tare that is none": (("record", "--port", FAST, "--tare", "nan", *out), ["nan"]),
        "a tare as long as all": (("record", "--port", FAST, "--seconds", "3", "--tare", "3", *out), ["--tare", "3 s"]),
        "level of no step": (("analyze", session, "--contact-level", "1001N"), ["1001N", "1000N or 100pctBW"]),
        "level above weight": (("analyze", session, "--contact-level", "100.5pctBW"), ["100.5pctBW"]),
        "level without end": (("analyze", session, "--contact-level", "9" * 400 + "N"), ["1000N"]),
        "no door": (("rigs", "serve", "virtual"), ["--pty", "--tcp"]),
    }


NAMES = (
    "missing port", "no port for a real rig", "unknown rig", "unknown key", "wrong unit", "missing session",
    "foreign HDF5", "not HDF5", "a directory", "nothing to recover", "empty CSV", "NaN in CSV", "unknown parameter",
    "session exists", "no directory", "not writable", "unknown protocol", "mass in grams", "CSV exists",
    "no such command", "another rig's device", "another rate", "endless seconds", "seconds that are none",
    "a dot for a session", "an empty name", "no tare", "a negative tare", "a tare without end", "a tare that is none",
    "a tare as long as all", "level of no step", "level above weight", "level without end", "no door",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_mistake_is_told_clearly_and_costs_nothing(name, tmp_path, session, capfd):
    cases = mistakes(tmp_path, session)
    assert set(cases) == set(NAMES)
    before = session.read_bytes()
    arguments, words = cases[name]
    code, out, err = stance(capfd, *arguments)
    assert code == 2
    assert out == ""
    for word in words:
        assert word in err
    assert session.read_bytes() == before
    assert not (tmp_path / "new.h5").exists()
    assert not (tmp_path / "new.h5.journal").exists()


def test_help_names_the_commands_in_the_order_of_a_day(capfd):
    _, out, _ = stance(capfd, "--help")
    words = [line.split()[0] for line in out.split("Commands:")[1].strip().splitlines()]
    assert words == [
        "demo", "rigs", "doctor", "tare", "calibrate", "tap", "belt", "record", "view", "replay", "register", "analyze",
        "report", "compare", "progress", "import", "export", "batch", "recover", "anonymize",
    ]  # fmt: skip
    for word in words:
        code, text, _ = stance(capfd, word, "--help")
        assert code == 0
        assert "Usage" in text


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from stance.cli import run; run(['--help']);"
        "print([m for m in ('numpy', 'h5py', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_json_is_one_object_without_nan(session, capfd):
    code, out, _ = stance(capfd, "analyze", session, "--json")
    assert code == 0
    results = json.loads(out, parse_constant=pytest.fail)
    assert {"session", "rig", "protocol", "software", "frames", "sample_rate_Hz", "lost_frames", "gaps", "duration_s",
            "weight_closure", "summary", "by_side", "steps"} <= set(results)  # fmt: skip
    assert set(results["summary"]["contact_time_ms"]) == {"mean", "sd", "median", "n", "u"}
    assert results["weight_closure"] is None
    assert results["bw_source"] == "strides"
    assert all(isinstance(step["flags"], list) for step in results["steps"])


def test_csv_holds_the_step_table(session, tmp_path, capfd):
    code, _, _ = stance(capfd, "analyze", session, "--csv", tmp_path / "steps.csv")
    assert code == 0
    table = np.genfromtxt(tmp_path / "steps.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    _, out, _ = stance(capfd, "analyze", session, "--json")
    contact = [step["contact_time_ms"] for step in json.loads(out)["steps"]]
    np.testing.assert_array_equal(table["contact_time_ms"], contact)


def test_mass_gives_weight_closure(tmp_path, capfd):
    path = tmp_path / "s.h5"
    stance(capfd, "record", "--port", FAST, "--seconds", "20", "--mass", "82.85", "-o", path)
    _, out, _ = stance(capfd, "analyze", path, "--json")
    results = json.loads(out)
    assert results["bw_source"] == "mass"
    assert results["bw_N"] == pytest.approx(82.85 * 9.80665)
    assert results["weight_closure"] == pytest.approx(1.0, abs=0.005)


def test_rigs_that_cannot_see_braking_do_not_print_it(tmp_path, capfd):
    path = tmp_path / "s.h5"
    code, out, _ = stance(capfd, "record", "--rig", "deck_4z", "--port", "virtual://deck_4z?speed=max", "--seconds",
                          "20", "-o", path)  # fmt: skip
    assert code == 0
    assert "braking: not observable" in out
    _, out, _ = stance(capfd, "analyze", path, "--json")
    results = json.loads(out)
    assert not [name for name in results["summary"] if "braking" in name or "propulsive" in name]
    assert all(step["braking_impulse_BW_s"] is None and step["braking_evidence"] is None for step in results["steps"])


def test_a_session_fits_on_one_screen(session, capfd):
    _, out, _ = stance(capfd, "analyze", session, "--json")
    results = json.loads(out)
    code, out, _ = stance(capfd, "analyze", session)
    assert code == 0
    lines = out.splitlines()
    assert len(lines) <= 45
    for column, words in (("valr_BW_s", "loading rate (VALR)"), ("step_length_m", "step length"),
                          ("vertical_oscillation_mm", "vertical oscillation")):  # fmt: skip
        (line,) = [line for line in lines if line.startswith(words)]
        digits = len(line[24:].split()[0].partition(".")[2])
        assert float(line[24:].split()[0]) == pytest.approx(
            results["summary"][column]["mean"], abs=0.51 * 10.0**-digits
        )
    share = results["shares"]["impact_class"]["impact"]
    assert f"steps with impact        {100 * share['share']:.0f} % (95 % interval" in out
    told = results["foot_strike"]
    assert f"left {told['L']['name']} ({100 * told['L']['p']:.0f} % probable), right {told['R']['name']}" in out
    assert f"{[step['side'] for step in results['steps']].count('L')} left" in out
    assert "modelled" not in out
    asking = [light["text"] for light in results["quality"] if light["state"] in ("amber", "red")]
    assert [line.rpartition(": ")[2] for line in lines if line.startswith(("look:", "PROBLEM:"))] == [
        text.rpartition(": ")[2] for text in asking
    ]


def test_contact_times_at_other_thresholds_are_shown(session, capfd):
    levels = ("--contact-level", "30N", "--contact-level", "12.5pctBW", "--contact-level", "1000N")
    _, out, _ = stance(capfd, "analyze", session, *levels, "--json")
    summary = json.loads(out)["summary"]
    _, out, _ = stance(capfd, "analyze", session, *levels)
    lines = out.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("contact (support) time"))
    for line, (words, column) in zip(lines[at + 1 :], (
        ("contact at 30 N", "30N"), ("contact at 12.5 % BW", "12.5pctBW"), ("contact at 1000 N", "1000N"),
    ), strict=False):  # fmt: skip
        assert line.startswith(f"{words:24s} ")
        assert float(line[24:].split()[0]) == pytest.approx(summary[f"contact_time_{column}_ms"]["mean"], abs=0.051)
    _, out, _ = stance(capfd, "analyze", session)
    assert "contact at" not in out


def steps_on(path, landed_s):
    """Force of nobody on the belt, then 70 kg in half-sine steps, 10 s in all."""
    t = np.arange(0.0, 10.0, 0.002)
    into = np.mod(t - landed_s, 0.35)
    force = np.where((t >= landed_s) & (into < 0.25), 70 * 9.80665 * 0.35 / 0.25 * np.pi / 2, 0.0)
    force = force * np.sin(np.pi * np.minimum(into, 0.25) / 0.25)
    np.savetxt(path, np.column_stack([t, force]), "%.4f", ",", header="time_s,Fz_N", comments="")
    return path


def test_a_tare_at_the_beginning_is_kept_and_taken_again(tmp_path, capfd):
    force, tables, tares = steps_on(tmp_path / "force.csv", 4.0), [], []
    for number, speed in enumerate(("max", "40")):
        path = tmp_path / f"{number}.h5"
        port = f"virtual://virtual?force={force}&offset_N=90&seed=3&speed={speed}"
        code, out, err = stance(capfd, "record", "--port", port, "--tare", "3", "--seconds", "9", "-o", path, "--json")
        assert code == 0
        assert "Keep off the belt for 3 s" in err
        assert err.index("Keep off") < err.index("Zero taken: step on the belt.")
        recorded = json.loads(out)["steps"]
        code, out, _ = stance(capfd, "analyze", path, "--json")
        assert code == 0
        assert json.loads(out)["steps"] == recorded, "live is offline, to the last bit"
        assert len(recorded) > 10
        with open_session(path) as session:
            (tare,) = [event for event in session.events if event.kind == "tare"]
            counts = session.counts(0, 3000).astype(float)
            assert tare.row == tare.data["n"] == 3000
            np.testing.assert_array_equal(tare.data["counts"], counts.mean(axis=0))
        tables.append(recorded)
        tares.append(tare.data)
    assert tables[0] == tables[1], "no chunk size decides where the zero begins"
    assert tares[0] == tares[1]


def test_a_tare_with_somebody_on_the_belt_ends_the_recording(tmp_path, capfd):
    path = tmp_path / "s.h5"
    code, out, err = stance(capfd, "record", "--port", FAST, "--tare", "2", "--seconds", "9", "-o", path)
    assert (code, out) == (2, "")
    assert "an empty belt" in err
    assert "record again" in err
    assert "s.h5" in err
    assert "Zero taken" not in err
    with open_session(path) as session:
        assert not [event for event in session.events if event.kind == "tare"]


def test_help_tells_of_a_tare_with_the_belt_running(capfd):
    _, out, _ = stance(capfd, "record", "--help")
    assert "belt running" in " ".join(out.split())


def test_however_many_lights_ask_the_screen_holds_them(session, capfd):
    _, out, _ = stance(capfd, "analyze", session, "--json")
    results = json.loads(out)
    light = {"value": 1.0, "limit": 0.0, "unit": "", "text": "look at it"}
    results["quality"] = [light | {"name": f"light_{n}", "state": "amber"} for n in range(20)]
    results["quality"].append(light | {"name": "fore_aft_zero", "state": "red"})
    print_results(results)
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) <= 45
    assert "PROBLEM: fore-aft zero: look at it" in lines
    assert lines.index("PROBLEM: fore-aft zero: look at it") < lines.index("look: light 0: look at it")
    assert lines[-1] == "and 11 more such lines: see the report"


def test_nobody_on_the_belt_is_told_without_numbers(tmp_path, capfd):
    path = tmp_path / "s.h5"
    code, out, _ = stance(capfd, "record", "--port", f"{FAST}&load=none", "--seconds", "3", "-o", path)
    assert code == 0
    assert "0 steps; protocol" in out
    assert "PROBLEM: steps: no step was found" in out
    assert "mean" not in out


def test_modelled_braking_never_looks_measured(tmp_path, capfd):
    path = tmp_path / "s.h5"
    _, out, _ = stance(capfd, "record", "--rig", "deck_4z", "--port", "virtual://deck_4z?speed=max", "--seconds", "20",
                       "--leg-length", "0.95", "-o", path)  # fmt: skip
    (line,) = [line for line in out.splitlines() if line.startswith("braking peak")]
    assert line.startswith("braking peak (modelled)")
    assert line.endswith("not measured")
    assert "braking: not observable (this rig's sensors do not measure fore-aft force)" in out


def test_the_rig_of_a_virtual_port_is_taken_from_it(tmp_path, capfd):
    path = tmp_path / "s.h5"
    code, _, _ = stance(capfd, "record", "--port", "virtual://split_belt?speed=max", "--seconds", "20", "-o", path)
    assert code == 0
    _, out, _ = stance(capfd, "analyze", path, "--json")
    assert json.loads(out)["rig"] == "split_belt"
    assert set(json.loads(out)["by_side"]) == {"L", "R"}


def test_a_report_of_any_session(session, tmp_path, capfd):
    code, _, err = stance(capfd, "report", session, "-o", tmp_path / "r.html")
    assert code == 0
    assert "r.html" in err
    assert "Contact" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_an_old_console_takes_the_help():
    done = subprocess.run([sys.executable, "-m", "stance", "--help"], capture_output=True, check=True,
                          env={**os.environ, "PYTHONIOENCODING": "cp1252"})  # fmt: skip
    assert b"virtual treadmill" in done.stdout.lower()


def test_ctrl_c_while_the_device_is_silent_ends_properly_too(tmp_path):
    path = tmp_path / "s.h5"
    url = "virtual://virtual?seed=1&stall_at_s=1&stall_s=60"
    command = [sys.executable, "-m", "stance", "record", "--port", url, "-o", str(path), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(6)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert 900 <= json.loads(out)["frames"] <= 1100


def test_ctrl_c_ends_a_recording_properly(tmp_path):
    path = tmp_path / "s.h5"
    command = [
        sys.executable,
        "-m",
        "stance",
        "record",
        "--port",
        "virtual://virtual?seed=1",
        "-o",
        str(path),
        "--json",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        journal = path.with_name("s.h5.journal")
        while not journal.exists() or journal.stat().st_size < 100_000:
            time.sleep(0.05)
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert json.loads(out)["frames"] > 1000
    assert path.exists()
    assert not journal.exists()


def test_a_full_disk_is_told_and_loses_nothing_written(tmp_path):
    path = tmp_path / "s.h5"
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000_000, 20_000_000));"
        "from stance.cli import main; main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", limited, "record", "--port", FAST, "--seconds", "600", "-o", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "stance recover" in done.stderr
    again = subprocess.run([sys.executable, "-m", "stance", "recover", str(path), "--json"], capture_output=True,
                           text=True, check=True)  # fmt: skip
    assert json.loads(again.stdout)["rows"] > 30_000
    assert len(json.loads(subprocess.run([sys.executable, "-m", "stance", "analyze", str(path), "--json"],
                                         capture_output=True, text=True, check=True).stdout)["steps"]) > 10  # fmt: skip


@pytest.mark.parametrize("door", ["--pty", "--tcp=0"])
def test_a_served_rig_is_recorded_through_a_real_door(door, tmp_path):
    serve = [sys.executable, "-m", "stance", "rigs", "serve", "virtual", door, "--options", "seed=4"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        port = server.stdout.readline().strip()
        path = tmp_path / "s.h5"
        done = subprocess.run([sys.executable, "-m", "stance", "record", "--port", port, "--seconds", "8", "-o", path,
                               "--json"], capture_output=True, text=True, check=False)  # fmt: skip
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=10) == 0
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert results["frames"] == 8000
    assert results["lost_frames"] == 0
    assert len(results["steps"]) > 18


def test_python_minus_m_and_version():
    done = subprocess.run([sys.executable, "-m", "stance", "--version"], capture_output=True, text=True, check=True,
                          env={**os.environ})  # fmt: skip
    assert done.stdout.startswith("stance 0.1.0")
