"""The twin of a calibrated machine: read by its calibration, it tells the true force. Rig files anywhere."""

from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest

from analysis.calibration_quality import Quality
from analysis.wrench import COMPONENTS, apply_matrix
from daq.calibration_write import calibration_text
from daq.errors import RigError
from daq.rig import load_rig
from rigs.twin import correction_of
from rigs.virtual import make_device
from rigs.virtual_url import VirtualUrl, virtual_url

QUALITY = Quality(
    30, 9, 0.5, 1.0, None, None, 2.0, 0.6, 2.4, {}, 0.1, 2.0, None, None, {}, None, None, 3.0, 0.05, {}
)  # fmt: skip
LOAD = (-120.0, 60.0, 800.0)
STILL = "fn_Hz=0&fn_x_Hz=0&fn_y_Hz=0&noise_N=0"


def calibrate(folder, shipped, seed=1):
    """A rig file of one's own, and a calibration of a machine that is off by some per cent, beside it."""
    path = folder / f"my {shipped}.toml"
    path.write_text(load_rig(shipped).text, encoding="utf-8")
    rig = load_rig(path, calibration="none")
    belts = rig.nominal_belts()
    matrices = []
    for number, belt in enumerate(belts):
        rows = [COMPONENTS.index(name) for name in belt.observable]
        off = np.eye(6)
        off[np.ix_(rows, rows)] += np.random.default_rng(seed + number).uniform(-0.03, 0.03, (len(rows), len(rows)))
        matrices.append(off @ belt.matrix)
    top = {"made_utc": "2026-01-02T03:04:05+00:00", "operator": "", "note": "", "gravity_m_s2": 9.81}
    text = calibration_text(rig, np.array(matrices), [np.zeros((0, 6, 6))] * len(belts), QUALITY, [], top)
    beside = path.with_name(f"my {shipped}.calibration.toml")
    beside.write_text(text, encoding="utf-8")
    return path, beside


def read_by(rig, device):
    """(B, 6): mean wrench over a block that is counted with one calibration."""
    counts = device.chain.block(1).counts.T.astype(np.float64)
    return np.array([apply_matrix(belt.matrix, counts).mean(axis=1) for belt in rig.belts()])


@pytest.mark.parametrize("shipped", ["frame_8", "frame_6", "virtual"])
def test_read_by_its_calibration_the_twin_tells_the_true_force(tmp_path, shipped):
    path, beside = calibrate(tmp_path, shipped)
    load = f"load={'/'.join(map(str, LOAD))}@0.3,-0.1&{STILL}"
    device = make_device(virtual_url(str(path), f"{load}&calibration={quote(str(beside))}"))
    rig = load_rig(path)
    seen = [COMPONENTS.index(name) for name in rig.nominal_belts()[0].observable]
    truth = device.chain.source.wrench(np.zeros(1))[0, :, 0]
    np.testing.assert_allclose(read_by(rig, device)[0, seen], truth[seen], atol=0.01)
    assert np.abs(read_by(load_rig(path, calibration="none"), device)[0, seen] - truth[seen]).max() > 3
    ideal = make_device(virtual_url(str(path), load))  # without the parameter, it is the rig file's
    np.testing.assert_allclose(read_by(load_rig(path, calibration="none"), ideal)[0, seen], truth[seen], atol=0.01)


def test_both_belts_of_a_split_belt_tell_the_true_weight(tmp_path):
    path, beside = calibrate(tmp_path, "split_belt")
    rig = load_rig(path)
    for y, belt in ((0.2, 0), (-0.2, 1)):
        query = f"load=700@0.3,{y}&{STILL}&calibration={quote(str(beside))}"
        device = make_device(virtual_url(str(path), query))
        truth = device.chain.source.wrench(np.zeros(1))[:, :, 0]
        np.testing.assert_allclose(read_by(rig, device)[:, 2:5], truth[:, 2:5], atol=0.01)
        assert truth[belt, 2] == 700


def test_a_twin_of_a_calibrated_machine_may_have_drifted(tmp_path):
    path, beside = calibrate(tmp_path, "frame_8")
    query = f"load=800@0,0&{STILL}&calibration={quote(str(beside))}&adc_gain=64"
    half = read_by(load_rig(path), make_device(virtual_url(str(path), query)))[0, 2]
    assert half == pytest.approx(800 * 64 / load_rig(path).adc.gain, abs=0.01)
    query = query.replace("adc_gain=64", "gain_error_pct=5&seed=3")
    assert 0.5 < abs(read_by(load_rig(path), make_device(virtual_url(str(path), query)))[0, 2] - 800) < 60


def test_a_correction_is_found_again_whatever_the_cells_leave_open():
    random = np.random.default_rng(3)
    nominal = random.normal(size=(6, 8))
    nominal[5] = 0
    correction = np.eye(6)
    correction[:5, :5] += random.uniform(-0.05, 0.05, (5, 5))
    np.testing.assert_allclose(correction_of(correction @ nominal, nominal), correction, atol=1e-12)


def test_a_calibration_of_another_machine_or_none_is_refused(tmp_path):
    path, beside = calibrate(tmp_path, "frame_8")
    with pytest.raises(RigError, match="frame_8"):
        make_device(f"virtual://virtual?calibration={quote(str(beside))}")
    with pytest.raises(RigError, match="calibration file"):
        make_device(virtual_url(str(path), f"calibration={quote(str(tmp_path / 'none.toml'))}"))


def test_a_calibration_that_spoils_the_rig_does_not_stop_its_ideal_twin(tmp_path):
    path, beside = calibrate(tmp_path, "frame_8")
    beside.write_text("nonsense", encoding="utf-8")
    make_device(virtual_url(str(path)))


# ---- rig files anywhere


@pytest.mark.parametrize("folder", ["plain", "with blanks", "a+b&c=d", "50 % [new]", "Läufer #2"])
def test_rig_files_are_found_in_folders_of_any_name(tmp_path, folder):
    (tmp_path / folder).mkdir()
    path, beside = calibrate(tmp_path / folder, "deck_4z")
    url = virtual_url(str(path), f"seed=2&calibration={quote(str(beside), safe='')}")
    assert make_device(url).chain.seed == 2
    asked = VirtualUrl.parse(url)
    assert (Path(asked.rig), Path(asked.values["calibration"])) == (path, beside)


@pytest.mark.parametrize(
    "path", [r"C:\Users\Ada Lovelace\my rig.toml", "C:/Users/Ada Lovelace/my rig.toml", r"\\lab\rigs\a rig.toml"]
)
def test_paths_of_windows_come_through(path):
    assert VirtualUrl.parse(virtual_url(path, "seed=3")).rig == path
    assert VirtualUrl.parse(f"virtual://{quote(path, safe='')}?calibration={quote(path)}").values["calibration"] == path
    if not path.startswith("\\\\"):
        assert VirtualUrl.parse(f"virtual://{path}").rig == path


def test_a_bracket_in_a_path_that_is_not_encoded_is_told_plainly():
    from daq.errors import LinkError

    with pytest.raises(LinkError, match="Percent-encode"):
        VirtualUrl.parse("virtual://my [rig].toml")
