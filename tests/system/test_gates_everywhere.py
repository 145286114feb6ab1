"""What a rig may not print, and what is in doubt, is the same in the step table, the window and the report."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from chain import record

import stance
from analysis.doubts import SCALE, TIMING
from analysis.gates import BRAKING_IMPULSES, BRAKING_PEAKS, IMPACT, SHAPE
from daq.rig import load_rig
from viewer.numbers.number_face import face_of
from viewer.numbers.trends import CHOICES
from viewer.report import write_report
from viewer.source import Scene, rows_until
from viewer.sources.replay_source import ReplaySource

SECONDS = 12.0


def rig_with(path, z_Hz, x_Hz):
    """frame_8 with other nominal modes."""
    text = load_rig("frame_8").text
    for axis, frequency in (("z", z_Hz), ("x", x_Hz)):
        text, found = re.subn(rf"(\[modes\.{axis}\]\s*natural_frequency_Hz\s*=\s*)[\d.]+", rf"\g<1>{frequency}", text)
        assert found == 1
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module", params=["stiff", "fair", "soft", "heavier than said"])
def session(request, tmp_path_factory):
    """A recording, its columns that must be withheld and those that must be in doubt."""
    folder = tmp_path_factory.mktemp("gates")
    z_Hz, x_Hz, mass_kg, withheld, doubt = {
        "stiff": (200.0, 200.0, None, (), ()),
        "fair": (75.0, 90.0, None, (), (*IMPACT, *BRAKING_PEAKS)),
        "soft": (55.0, 50.0, None, (*IMPACT, *BRAKING_PEAKS, *BRAKING_IMPULSES), SHAPE),
        "heavier than said": (200.0, 200.0, 76.0, (), SCALE),
    }[request.param]
    rig, out = rig_with(folder / "rig.toml", z_Hz, x_Hz), folder / "s.h5"
    # The deck itself is rigid: the gates speak of what the rig file says, and the run is the same every time.
    url = f"virtual://{rig}?speed=max&fn_Hz=0&fn_x_Hz=0&fn_y_Hz=0"
    record(url, out, rig=str(rig), seconds=SECONDS, mass_kg=mass_kg)
    return out, set(withheld), set(doubt) - set(withheld)


def test_the_table_withholds_exactly_these(session):
    path, withheld, doubt = session
    results = stance.analyze(path).results
    columns = {name for step in results["steps"] for name, value in step.items() if value not in (None, [], False)}
    assert not withheld & columns
    assert withheld - {"impact_agreement"} <= set(results["missing"])  # a truth value is never empty, only false
    gated = {name for name, why in results["missing"].items() if " mode of " in why and not name.startswith("u_")}
    assert gated == {name for name in withheld if not name.startswith("u_")} - {"impact_agreement"}
    assert set(results["doubtful"]) == doubt
    assert {"cadence_spm", "vertical_impulse_BW_s", "contact_time_ms"} <= columns | withheld
    assert not {name for name in withheld if name in results["summary"]}
    assert all(f"u_{name}" not in columns for name in withheld)


def test_the_report_shows_exactly_these_in_doubt(session, tmp_path):
    path, withheld, doubt = session
    results = stance.analyze(path).results
    out = tmp_path / "report.html"
    write_report(path, out)
    root = ElementTree.fromstring(out.read_text(encoding="utf-8").partition("\n")[2])
    rows = {row.get("data-metric"): row.get("class") or "" for row in root.iter("tr") if row.get("data-metric")}
    assert not withheld & set(rows)
    shown = {name for name, kind in rows.items() if "doubtful" in kind}
    modelled = {name for name, kind in rows.items() if "modelled" in kind}
    assert shown == (doubt & set(results["summary"])) - modelled
    verdicts = [item for item in root.iter("p") if item.get("class") == "in-doubt"]
    assert len(verdicts) == len(doubt & {"impact_class", "foot_strike"})
    if doubt:
        (told,) = [item for item in root.iter("ul") if item.get("class") == "doubts"]
        reasons = set(results["doubtful"].values())
        assert {"".join(item.itertext()).partition(" – ")[0].lower() for item in told} <= {
            why.lower() for why in reasons
        }


def test_the_window_greys_out_exactly_these(session):
    path, withheld, doubt = session
    source = ReplaySource(path)
    try:
        scene = Scene(source, SECONDS, rows_until(source.table, SECONDS))
        for column in (name for names in CHOICES.values() for name in names):
            face = face_of(scene, column, 10, {})
            empty = bool(np.isnan(source.table[column].astype(float)).all())
            if column in withheld:
                assert face.reason == source.missing[column]
            elif not empty:
                assert bool(face.doubt) == (column in doubt), column
                assert face.faint == (column in doubt), column
    finally:
        source.close()


def test_noise_that_spoils_the_timing_is_said_of_times(tmp_path):
    out = tmp_path / "noisy.h5"
    record("virtual://virtual?speed=max&noise_N=24", out, seconds=10.0)
    results = stance.analyze(out).results
    light = next(light for light in results["quality"] if light["name"] == "noise")
    assert light["state"] == "red"
    assert set(TIMING) <= set(results["doubtful"])
