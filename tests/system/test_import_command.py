"""`stance import` as it is typed: shown first, asked when in doubt, a session that every command knows."""

import json

import numpy as np
import pytest
from c3dfiles import PlateSpec, signals_of, write_c3d
from realdata import fukuchi_trial

from daq.force_layout import layout_of
from daq.session import open_session
from stance.cli import run

LAB = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
CORNERS = np.array([[900.0, -300, 0], [-900, -300, 0], [-900, 300, 0], [900, 300, 0]]) @ LAB.T


def stance(capfd, *arguments):
    code = run([str(a) for a in arguments])
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    return code, out, err


@pytest.fixture(scope="module")
def trial():
    return fukuchi_trial("RBDS016_T35")


@pytest.fixture(scope="module")
def original(tmp_path_factory, trial):
    """Type 4, full calibration matrix, y up, force on the platform, 300 Hz beside 150 Hz, events, offsets."""
    matrix = np.diag([250.0, 260.0, 990.0, 1.1e5, 9e4, 6e4]) @ (
        np.eye(6) + 0.02 * np.random.default_rng(1).normal(size=(6, 6))
    )
    spec = PlateSpec(4, CORNERS, (-3.0, 5.0, -38.0), matrix, action=True)
    signals = signals_of(spec, LAB @ trial.wrench[:3], LAB @ trial.wrench[3:])
    return write_c3d(tmp_path_factory.mktemp("c3d") / "original.c3d", [spec], [signals], offset=[100, 0, 300, 7, 0, 0],
                     scale=[0.01] * 6, points=np.full((1500, 1, 3), 900.0),
                     events=[(0.5, "Left", "Foot Strike")])  # fmt: skip


def test_an_original_becomes_a_session(capfd, tmp_path, trial, original):
    out = tmp_path / "s.h5"
    code, text, err = stance(
        capfd, "import", original, "--mass", trial.mass_kg, "--belt-speed", trial.speed_m_s, "-o", out, "--json"
    )
    assert code == 0, err
    results = json.loads(text)
    assert 0.93 <= results["weight_closure"] <= 1.01
    assert len(results["steps"]) == trial.contact_s.size
    braking = [step["braking_time_ms"] for step in results["steps"] if step["valid"]]
    assert max(braking) < 150  # in the first half of contact
    assert {step["braking_evidence"] for step in results["steps"]} == {"measured"}
    for words in (
        "+y of the file",
        "+x of the file",
        "force on the belt, reversed",
        "body weight",
        "1 Left Foot Strike",
        "no gaps",
    ):
        assert words in err
    session = open_session(out)
    assert layout_of(session.header).surface_m == pytest.approx((1.8, 0.6))
    source = session.header.extra["source"]
    assert source["files"][0]["name"] == "original.c3d"
    assert len(source["files"][0]["sha256"]) == 64
    assert [(event.kind, event.text, event.row) for event in session.events] == [("marker", "Left Foot Strike", 150)]
    code, again, _ = stance(capfd, "analyze", out, "--json")
    assert code == 0
    assert json.loads(again)["steps"] == results["steps"]


@pytest.mark.parametrize(
    ("change", "arguments", "code", "words"),
    [
        ("kN", (), 2, ["Not imported", "--units force=kN"]),
        ("kN", ("--yes",), 2, ["Not imported", "--units force=kN"]),
        ("kN", ("--units", "force=kN"), 0, ["Session in"]),
        ("scale", (), 2, ["IN DOUBT", "1.15 of the body weight", "If it is right as shown: --yes"]),
        ("scale", ("--yes",), 0, ["IN DOUBT", "Session in"]),
        ("action", (), 2, ["--flip all"]),
        ("action", ("--flip", "all"), 0, ["Session in"]),
        ("", ("--dry-run",), 0, ["body weight"]),
        ("", ("--forward", "q"), 2, ["--forward"]),
        ("", ("--map", "Fz_N"), 2, ["theirs=ours"]),
        ("", ("--map", "Fq=Fz_N"), 2, ["a column 'Fq', as mapped"]),
        ("", ("--plates", "L=9,R=1"), 2, ["--plates"]),
        ("", ("--protocol", "P0"), 2, ["P0"]),
    ],
)
def test_it_goes_on_only_when_it_is_sure_or_told(capfd, tmp_path, trial, change, arguments, code, words):
    fx, _, fz = trial.wrench[:3] * {"kN": 0.001, "scale": 1.2, "action": -1.0}.get(change, 1.0)
    path, out = tmp_path / "a.csv", tmp_path / "s.h5"
    np.savetxt(
        path, np.column_stack([np.arange(3000) / 300, fx, fz]), "%.6f", ",", header="time_s,Fx_N,Fz_N", comments=""
    )
    got, _, err = stance(capfd, "import", path, "--mass", trial.mass_kg, "-o", out, *arguments)
    assert got == code, err
    for word in words:
        assert word in err
    assert out.exists() == (code == 0 and "--dry-run" not in arguments)
    assert [file.name for file in tmp_path.iterdir() if file not in {path, out}] == []


def test_doubts_as_json(capfd, tmp_path, trial):
    path = tmp_path / "a.csv"
    np.savetxt(
        path,
        np.column_stack([np.arange(3000) / 300, trial.wrench[2] / 1000]),
        "%.6f",
        ",",
        header="time_s,Fz",
        comments="",
    )
    code, text, _ = stance(capfd, "import", path, "-o", tmp_path / "s.h5", "--json", "--mass", trial.mass_kg)
    told = json.loads(text)
    assert code == 2
    assert told["imported"] is False
    assert [(doubt["name"], doubt["flag"]) for doubt in told["doubts"]] == [("weight", "--units force=kN")]
    assert told["understood"]["up"]["value"] == "+z of the file"


def test_nothing_is_overwritten(capfd, tmp_path, original):
    out = tmp_path / "s.h5"
    out.write_text("mine")
    code, _, err = stance(capfd, "import", original, "-o", out)
    assert (code, out.read_text()) == (2, "mine")
    assert "expected a new file" in err


def test_gaps_become_gaps_of_the_session(capfd, tmp_path, trial):
    path, out = tmp_path / "a.csv", tmp_path / "s.h5"
    keep = np.r_[0:1000, 1100:3000]
    np.savetxt(
        path, np.column_stack([keep / 300, trial.wrench[2][keep]]), "%.6f", ",", header="time_s,Fz_N", comments=""
    )
    code, text, err = stance(capfd, "import", path, "--mass", trial.mass_kg, "-o", out, "--json")
    assert code == 0, err
    results = json.loads(text)
    assert (results["frames"], results["lost_frames"], results["duration_s"]) == (
        2900,
        100,
        pytest.approx(10.0, abs=0.01),
    )
    assert results["gaps"] == [{"row": 1000, "lost": 100, "reason": "lost"}]
