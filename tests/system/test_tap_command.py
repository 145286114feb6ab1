"""`stance tap`: guided, rehearsed, from a recording; and what it writes is what the next session uses."""

import json
import re

import pytest

from analysis.errors import AnalysisError
from daq.chunk import Chunk
from daq.rig import load_rig
from stance.cli import run
from stance.tap_guide import TapGuide


def stance(capfd, *arguments):
    capfd.readouterr()
    code = run([str(a) for a in arguments])
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    return code, out, err


@pytest.fixture
def own(tmp_path):
    """A rig file of one's own; its belt is nominally stiff in every direction."""
    path = tmp_path / "my_rig.toml"
    path.write_text(
        "# mine\n" + load_rig("frame_8").text.replace('name = "frame_8"', 'name = "mine"'), encoding="utf-8"
    )
    return path


def url(rig, query):
    return f"virtual://{rig}?speed=max&noise_N=1&{query}"


def test_a_rehearsal_goes_the_whole_way_and_writes_nothing(capfd):
    code, out, err = stance(capfd, "tap", "--rig", "virtual", "--axis", "z", "--loaded",
                            "--rehearse", "speed=max&fn_Hz=48&zeta=0.04&noise_N=1", "--json")  # fmt: skip
    assert code == 0
    said = json.loads(out)
    assert [one["loaded"] for one in said["found"]] == [False, True]
    for one in said["found"]:
        assert one["fit"]["natural_frequency_Hz"] == pytest.approx(48.0, rel=0.01)
        assert one["fit"]["damping"] == pytest.approx(0.04, rel=0.15)
        assert set(one["places"]) == {"centre", "front left", "front right", "rear left", "rear right"}
    assert said["modes"]["z"]["identified"]
    assert not said["written"]
    assert {light["name"]: light["state"] for light in said["lights"]}["loading rates and impact"] == "amber"
    assert "10 of 10, last one: clear" in err
    assert "step on" in err


def test_what_was_found_is_written_and_used_and_the_rest_is_not(tmp_path, own, capfd):
    port = url(own, "tap=300@0.1,0.1&fn_Hz=45&zeta=0.03")
    code, out, err = stance(capfd, "tap", "--rig", own, "--port", port, "--axis", "z", "--write")
    assert code == 0
    assert "after compensation (z mode 45" in out
    assert "Written into" in err
    deck = load_rig(own).deck_modes()
    assert deck.z.natural_frequency_Hz == pytest.approx(45.0, rel=0.01)
    assert deck.is_identified(deck.z)
    assert not deck.is_identified(deck.x)
    assert own.read_text(encoding="utf-8").startswith("# mine\n")
    assert (tmp_path / "my_rig.toml.bak").exists()


def test_a_recording_is_judged_like_the_live_test(tmp_path, own, capfd):
    session = tmp_path / "tap.h5"
    port = url(own, "tap=0/0/300@0.1,0.1&fn_Hz=70&zeta=0.03")
    assert stance(capfd, "record", "--rig", own, "--port", port, "--seconds", 14, "-o", session)[0] == 0
    code, out, _ = stance(capfd, "tap", session)
    assert code == 0
    assert "vertical, empty: 7" in out or "vertical, empty: 69.9" in out
    code, _, err = stance(capfd, "tap", session, "--rig", own, "--write")
    assert code == 0
    assert load_rig(own).deck_modes().z.identified
    assert "Written" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rig", "virtual", "--port", "virtual://virtual?tap=300&speed=max", "--write"], "stance rigs copy virtual"),
        (["--rig", "deck_4z", "--axis", "x", "--port", "virtual://deck_4z?speed=max"], "cells that see x"),
        (["--rehearse", "speed=max", "--port", "virtual://virtual"], "rehearsal has no port"),
    ],
)
def test_what_cannot_be_is_said_before_anybody_strikes(arguments, words, capfd):
    code, _, err = stance(capfd, "tap", *arguments)
    assert code == 2
    assert words in err


def test_a_calibration_that_fits_no_more_does_not_stop_the_test(own, capfd):
    own.with_name("my_rig.calibration.toml").write_text("nonsense", encoding="utf-8")
    port = url(own, "tap=300@0.1,0.1&fn_Hz=45&zeta=0.03")
    code, out, err = stance(capfd, "tap", "--rig", own, "--port", port, "--axis", "z", "--write")
    assert code == 0
    assert "without the calibration" in err
    assert "Written into" in err
    assert re.search(r"vertical, empty: 4[45]\.\d\d ± 0\.09 Hz, damping 0\.03\d ± 0\.001 \(", out)


def test_no_samples_are_told_as_such(monkeypatch):
    class Mute:
        sample_rate_Hz = 1000.0

        def collect(self, seconds, on_chunk):
            on_chunk(Chunk.empty())

    guide = TapGuide(load_rig("virtual"), Mute(), 5.0)
    with pytest.raises(AnalysisError, match="none in a second"):
        guide.follow("z", loaded=True)


def test_a_deck_that_does_not_tell_is_refused_and_the_file_stays(own, capfd):
    before = own.read_bytes()
    port = url(own, "tap=300&fn_Hz=0")
    code, out, err = stance(capfd, "tap", "--rig", own, "--port", port, "--axis", "z", "--write", "--seconds", 14)
    assert code == 2
    assert "REFUSED" in out
    assert "GREEN" not in out
    assert "as it was" in err
    assert own.read_bytes() == before
