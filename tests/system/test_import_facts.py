"""What a session says of an import: when it was measured, where its belts lie, what its uncertainties leave out."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from c3dfiles import PlateSpec, signals_of, write_c3d
from realdata import fukuchi_trial

from analysis.wrench import centre_of_pressure
from daq.errors import FormatError
from daq.force_layout import layout_of
from daq.formats.c3d_file import read_c3d
from daq.imports.dates import parse_date
from daq.imports.read import ImportOptions
from daq.imports.understand import understand
from daq.session import open_session
from stance.cli import run
from viewer.report.words import when


def stance(capfd, *arguments):
    code = run([str(a) for a in arguments])
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    return code, out, err


@pytest.fixture(scope="module")
def trial():
    return fukuchi_trial("RBDS016_T35")


def table(path, trial, names="time_s,Fx_N,Fz_N", columns=None, above=""):
    fx, _, fz = trial.wrench[:3]
    columns = [fx, fz] if columns is None else columns
    values = np.column_stack([np.arange(fz.size) / 300, *columns])
    np.savetxt(path, values, "%.6f", ",", header=above + names, comments="")
    return path


def imported(capfd, path, trial, *arguments):
    out = path.with_suffix(".h5")
    code, text, err = stance(capfd, "import", path, "--mass", trial.mass_kg, "--belt-speed", 3.5, "-o", out, *arguments)
    assert code == 0, err
    return out, text, err


# --- dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("above", "arguments", "stored", "shown"),
    [
        ("", (), "", "date not known"),
        ("", ("--date", "2025-03-04"), "2025-03-04", "2025-03-04"),
        ("", ("--date", "2025-03-04T15:30"), "2025-03-04T15:30:00", "2025-03-04 15:30"),
        ("", ("--date", "2025-03-04T15:30+02:00"), "2025-03-04T13:30:00+00:00", "2025-03-04 13:30 UTC"),
        ("TIME_STAMP\t2022-01-29, 15:27:17.748\t112.9\n", (), "2022-01-29T15:27:17", "2022-01-29 15:27"),
        ("TIME_STAMP\t2022-01-29, 15:27:17.748\t112.9\n", ("--date", "2025-03-04"), "2025-03-04", "2025-03-04"),
        ("DATE=03/04/2025\n", (), "", "date not known"),
        ("# created_utc: 2026-01-02T03:04:05+00:00\n", (), "2026-01-02T03:04:05+00:00", "2026-01-02 03:04 UTC"),
    ],
)
def test_a_session_is_dated_as_it_was_measured_and_never_as_it_is_imported(
    capfd, tmp_path, trial, above, arguments, stored, shown
):
    out, _, err = imported(capfd, table(tmp_path / "a.csv", trial, above=above), trial, *arguments)
    with open_session(out) as session:
        assert session.header.created_utc == stored
        assert when(session.header.created_utc) == shown
    assert (stored or "not known") in err
    assert f"{datetime.now(UTC):%Y-%m-%d}" not in stored


def test_a_session_without_a_date_works_everywhere(capfd, tmp_path, trial):
    out, _, _ = imported(capfd, table(tmp_path / "a.csv", trial), trial)
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "b.h5").write_bytes(out.read_bytes())
    again = tmp_path / "c.csv"
    again.write_bytes((tmp_path / "a.csv").read_bytes())
    other, _, _ = imported(capfd, again, trial)
    for command in (
        ("analyze", out),
        ("report", out, "-o", tmp_path / "r.html"),
        ("report", out, "--for", "physio", "-o", tmp_path / "p.html"),
        ("anonymize", out, "-o", tmp_path / "anonymous.h5"),
        ("export", out, "--to", "c3d", "--allow-unobserved", "-o", tmp_path / "e.c3d"),
        ("batch", tmp_path / "two", "--out", tmp_path / "batch"),
    ):
        code, _, err = stance(capfd, *command)
        assert code == 0, (command, err)
    assert "date not known" in (tmp_path / "r.html").read_text(encoding="utf-8")
    for command in (("progress", tmp_path / "two", "-o", tmp_path / "g.html"),
                    ("compare", "--before", out, "--after", other)):  # fmt: skip
        assert stance(capfd, *command)[0] in (0, 2)
    with open_session(tmp_path / "anonymous.h5") as session:
        assert session.header.created_utc == ""


@pytest.mark.parametrize("text", ["", "yesterday", "03/04/2025", "2025-13-01", "2025-03-04T25:00", "1904-01-01"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(FormatError, match="--date"):
        parse_date(text)


# --- belts ------------------------------------------------------------------------------------------------------------


def test_two_belts_keep_their_places_on_the_way_to_c3d_and_back(capfd, tmp_path, trial):
    left = trial.wrench * (np.arange(3000) % 600 < 300)
    specs, signals = [], []
    for y, part in ((0.25, left), (-0.25, trial.wrench - left)):
        flat = np.array([[0.9, -0.225, 0], [-0.9, -0.225, 0], [-0.9, 0.225, 0], [0.9, 0.225, 0]])
        corners = 1000 * (flat + np.array([0, y, 0]))
        specs.append(PlateSpec(2, corners, (0.0, 0.0, 0.0)))
        signals.append(signals_of(specs[-1], part[:3], part[3:]))
    path = write_c3d(tmp_path / "a.c3d", specs, signals)
    session, _, _ = imported(capfd, path, trial, "--yes")
    with open_session(session) as opened:
        layout = layout_of(opened.header)
    assert layout.surface_m == pytest.approx((1.8, 0.45), abs=1e-6)
    assert layout.centres_m["L"] == pytest.approx((0, 0.25), abs=1e-6)
    out = tmp_path / "out.c3d"
    assert stance(capfd, "export", session, "--unfiltered", "-o", out)[0] == 0
    theirs = read_c3d(out).numbers("FORCE_PLATFORM", "CORNERS")
    ours = read_c3d(path).numbers("FORCE_PLATFORM", "CORNERS")
    assert theirs.reshape(3, 4, 2).mean(axis=1)[:2].ravel() == pytest.approx(
        ours.reshape(3, 4, 2).mean(axis=1)[:2].ravel(), abs=0.01
    )
    mot = tmp_path / "out.mot"
    assert stance(capfd, "export", session, "--unfiltered", "-o", mot)[0] == 0
    name, *rows = mot.read_text(encoding="utf-8").split("endheader\n")[1].splitlines()
    values = np.array([row.split("\t") for row in rows], float)
    columns = dict(zip(name.split("\t"), values.T, strict=True))
    apart = [np.median(columns[f"ground_force_{foot}_pz"][columns[f"ground_force_{foot}_vy"] > 200]) for foot in "lr"]
    assert apart[1] - apart[0] == pytest.approx(0.5, abs=0.1)
    back = understand([out], ImportOptions(), understand_runner(trial)).recording
    first = understand([path], ImportOptions(), understand_runner(trial)).recording
    for side in "LR":
        places = [np.nanmedian(centre_of_pressure(one.belts[side], min_force_N=200)[1]) for one in (first, back)]
        assert places[1] == pytest.approx(places[0], abs=0.005)  # the zero of each flight is taken off in between


def understand_runner(trial):
    from analysis.setup import Runner

    return Runner(mass_kg=trial.mass_kg, belt_speed_m_s=3.5)


# --- what the uncertainties leave out, and what was filtered ----------------------------------------------------------


def test_the_footer_says_what_nobody_knows_of_the_other_machine(capfd, tmp_path, trial):
    out, text, _ = imported(capfd, table(tmp_path / "a.csv", trial), trial)
    assert "what nobody knows of the other machine is left out: the ringing of its deck" in text
    for audience in ("lab", "coach", "physio"):
        page = tmp_path / f"{audience}.html"
        assert stance(capfd, "report", out, "--for", audience, "-o", page)[0] == 0
        assert "deck, calibration and filter" in page.read_text(encoding="utf-8").replace("&#39;", "'")


def filtered(wrench, cutoff_Hz):
    from scipy.signal import butter, sosfiltfilt

    return sosfiltfilt(butter(4, cutoff_Hz, fs=300.0, output="sos"), wrench[[0, 2]])


@pytest.mark.parametrize(("cutoff_Hz", "doubted"), [(None, False), (25.0, True)])
def test_a_force_that_was_filtered_before_puts_impacts_in_doubt(capfd, tmp_path, trial, cutoff_Hz, doubted):
    force = trial.wrench[[0, 2]] if cutoff_Hz is None else filtered(trial.wrench, cutoff_Hz)
    path = table(tmp_path / "a.csv", trial, columns=list(force))
    out, text, err = imported(capfd, path, trial, "--json")
    lights = {light["name"]: light["state"] for light in json.loads(text)["quality"]}
    assert ("bandwidth" in lights) == doubted
    assert ("already filtered" in json.loads(text)["doubtful"]["impact_class"]) == doubted  # 300 Hz is in doubt anyhow
    assert ("already low-passed" in err) == doubted
    code, again, _ = stance(capfd, "analyze", out, "--json")
    assert code == 0
    assert json.loads(again)["doubtful"] == json.loads(text)["doubtful"]


# --- hands ------------------------------------------------------------------------------------------------------------


def test_left_and_right_rest_on_right_handed_axes_and_that_is_said(tmp_path, trial):
    x, y = centre_of_pressure(trial.wrench, min_force_N=20)
    names = "time,Fx,Fy,Fz,COPx,COPy"
    right = table(tmp_path / "r.csv", trial, names, [*trial.wrench[:3], np.nan_to_num(x), np.nan_to_num(y)])
    found = understand([right], ImportOptions(), understand_runner(trial))
    note = next(doubt for doubt in found.doubts if doubt.name == "handed")
    assert note.weight == "note"
    assert "--flip y" in note.text
    told = understand([right], ImportOptions(flips=("y",)), understand_runner(trial))
    assert not [doubt for doubt in told.doubts if doubt.name == "handed"]
    ours = table(tmp_path / "o.csv", trial, "time_s,Fx_N,Fy_N,Fz_N,copx_m,copy_m", [*trial.wrench[:3], x, y])
    assert not [d for d in understand([ours], ImportOptions(), understand_runner(trial)).doubts if d.name == "handed"]
    only = table(tmp_path / "v.csv", trial, "time,Fx,Fz")
    assert not [d for d in understand([only], ImportOptions(), understand_runner(trial)).doubts if d.name == "handed"]
