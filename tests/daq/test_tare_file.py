"""Tares kept beside a rig: written whole, read strictly, chosen by age, device and belt."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daq.errors import RigError
from daq.kept_tare import age_text
from daq.rig import load_rig
from daq.tare_file import KEPT, KeptTare, TareNeed, choose_tare, gain_of, keep_tare, load_tares, tare_path

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HERE = TareNeed("uno / ADS131M08", 64.0)


def tare(minutes=5.0, belt="off", device=HERE.device, gain=HERE.gain, **more):
    values = {
        "made_utc": (NOW - timedelta(minutes=minutes)).isoformat(), "belt": belt, "seconds": 10.0, "device": device,
        "gain": gain, "counts": tuple(map(float, range(8))), "sd": (1.0,) * 8, "u_counts": (0.1,) * 8,
        "force_sd_N": 0.5,
    }  # fmt: skip
    return KeptTare(**(values | more))


@given(
    counts=st.lists(st.floats(-(2.0**23), 2.0**23), min_size=8, max_size=8),
    device=st.text(st.characters(blacklist_categories=("Cs",)), max_size=30),
)
@settings(max_examples=30, deadline=None)
def test_what_is_kept_comes_back_to_the_bit(tmp_path_factory, counts, device):
    path = tmp_path_factory.mktemp("rig") / "my rig.tare.toml"
    first, second = tare(belt="on", speed_m_s=2.75, counts=tuple(counts), device=device), tare(gain=1.0)
    keep_tare(path, "frame_8", first)
    keep_tare(path, "frame_8", second)
    assert load_tares(path, "frame_8") == (second, first)
    assert load_tares(path, "another") == ()


def test_the_last_fifty_are_kept(tmp_path):
    path = tmp_path / "r.tare.toml"
    for number in range(KEPT + 3):
        keep_tare(path, "frame_8", tare(force_sd_N=float(number)))
    kept = load_tares(path, "frame_8")
    assert [one.force_sd_N for one in kept] == [float(number) for number in range(KEPT + 2, 2, -1)]
    assert list(tmp_path.iterdir()) == [path]


def test_it_lies_beside_a_rig_file_and_nowhere_for_a_shipped_rig(tmp_path):
    path = tmp_path / "my rig.toml"
    path.write_text(load_rig("deck_4z").text, encoding="utf-8")
    assert tare_path(load_rig(path)) == tmp_path / "my rig.tare.toml"
    assert tare_path(load_rig("deck_4z")) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", ["TOML"]),
        ('format = 2\nkind = "tare"\nrig = "a"', ["format"]),
        ('format = 1\nkind = "calibration"\nrig = "a"', ["kind"]),
        ('format = 1\nkind = "tare"\nrig = "a"\n[[tares]]\nbelt = "half"', ["tares"]),
    ],
)
def test_a_file_that_is_none_is_refused_and_left_as_it_is(tmp_path, text, words):
    path = tmp_path / "r.tare.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RigError) as told:
        keep_tare(path, "a", tare())
    assert all(word in str(told.value) for word in words)
    assert path.read_text(encoding="utf-8") == text


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path):
    with pytest.raises(RigError, match="can be written"):
        keep_tare(tmp_path / "none" / "r.tare.toml", "a", tare())


def test_the_newest_fresh_tare_of_this_device_is_chosen_and_belt_on_is_better_when_it_runs():
    on, off, other = tare(30, "on"), tare(2, "off"), tare(1, "on", gain=128.0)
    kept = (other, tare(1, device="mega / ADS131M08"), off, on, tare(3, "off"))
    assert choose_tare(kept, HERE, NOW, moving=False) == off
    assert choose_tare(kept, HERE, NOW, moving=True) == on
    assert choose_tare((off,), HERE, NOW, moving=True) == off
    assert choose_tare((on, tare(40, "off")), HERE, NOW, moving=False) == tare(40, "off")
    assert choose_tare((on,), HERE, NOW, moving=False) == on
    assert choose_tare((tare(61), tare(-3)), HERE, NOW, moving=False) is None
    assert choose_tare((tare(made_utc="yesterday"),), HERE, NOW, moving=False) is None
    assert choose_tare((tare(0),), HERE, NOW, moving=False) == tare(0)


def test_the_gain_is_that_of_the_cells_and_one_for_each_if_they_differ(tmp_path):
    rig = load_rig("deck_4z")  # its cells have channels 0 to 3
    assert gain_of(rig, [64] * 4 + [1] * 4) == 64.0
    mixed = gain_of(rig, [64, 64, 128, 64, 1, 1, 1, 1])
    assert mixed == (64.0, 64.0, 128.0, 64.0)
    keep_tare(tmp_path / "r.tare.toml", "a", tare(gain=mixed, by_recorder=True))
    (kept,) = load_tares(tmp_path / "r.tare.toml", "a")
    assert (kept.gain, kept.by_recorder) == (mixed, True)
    assert TareNeed(HERE.device, mixed).fits(kept)
    assert not HERE.fits(kept)


@pytest.mark.parametrize(
    ("age_s", "text"),
    [
        (1, "1 second"),
        (80, "80 seconds"),
        (100, "2 minutes"),
        (3500, "58 minutes"),
        (7200, "2 hours"),
        (1e6, "12 days"),
    ],
)
def test_ages_are_told_as_people_do(age_s, text):
    assert age_text(age_s) == text
