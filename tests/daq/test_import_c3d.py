"""C3D import: platforms of types 1 to 4 turned round by hand, files of three processors, and files that are damaged."""

import struct

import numpy as np
import pytest
from c3dfiles import DEC, INTEL, MIPS, PlateSpec, signals_of, write_c3d
from realdata import fukuchi_trial

from analysis.protocol import G
from analysis.setup import Runner
from analysis.wrench import centre_of_pressure, free_moment
from daq.errors import FormatError
from daq.formats.c3d_data import read_analog
from daq.formats.c3d_file import read_c3d
from daq.formats.c3d_import import read_c3d_force
from daq.formats.force_plates import Plate, plate_wrench, read_plates
from daq.imports.understand import ImportOptions, understand

Y_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # lab = Y_UP @ (forward, left, up): x forward, y up, z right
Z_UP_BACK = np.array([[0, 1.0, 0], [-1, 0, 0], [0, 0, 1]])  # the runner faces −y
CROSSTALK = np.diag([250.0, 260.0, 990.0, 1.1e5, 9e4, 6e4]) @ (
    np.eye(6) + 0.02 * np.random.default_rng(3).normal(size=(6, 6))
)


def belt_corners(lab, centre=(0.0, 0.0, 0.0), length=1.8, width=0.6, yaw_deg=0.0, unit_m=0.001, z_down=True):
    """Corners 1 to 4 of a belt, its platform's z pointing into the ground unless said otherwise."""
    quadrants = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * np.array([length, width]) / 2
    if z_down:
        quadrants = quadrants * np.array([1, -1])  # x forward, y right
    turn = np.deg2rad(yaw_deg)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    flat = quadrants @ spin.T
    ours = np.column_stack([flat, np.zeros(4)]) + np.asarray(centre)
    return ours @ lab.T / unit_m


def spec_of(kind, corners, *, action=False):
    origin = {1: (0, 0, 0), 2: (12.0, -7.0, -41.0), 3: (700.0, 220.0, -52.0), 4: (-3.0, 5.0, -38.0)}[kind]
    return PlateSpec(kind, corners, origin, CROSSTALK if kind == 4 else None, action)


def lab_force(wrench, lab, yaw_deg=0.0):
    turn = np.deg2rad(yaw_deg)
    spin = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    return lab @ spin @ wrench[:3], lab @ spin @ wrench[3:]


@pytest.fixture(scope="module")
def trial():
    return fukuchi_trial("RBDS016_T35")


def make(path, trial, kind, lab=Y_UP, yaw_deg=0.0, action=False, centre=(0.3, 0.1, 0.0), **how):
    corners = belt_corners(lab, centre, yaw_deg=yaw_deg)
    spec = spec_of(kind, corners, action=action)
    return write_c3d(path, [spec], [signals_of(spec, *lab_force(trial.wrench, lab, yaw_deg))], **how)


def understood(path, trial=None, **options):
    runner = Runner() if trial is None else Runner(mass_kg=trial.mass_kg, belt_speed_m_s=trial.speed_m_s)
    return understand([path], ImportOptions(**options), runner)


HAND = np.array([[0.8, 2.3, 0], [1.2, 2.3, 0], [1.2, 1.7, 0], [0.8, 1.7, 0]])
"""400 × 600 mm, centre (1, 2, 0) m, x towards the lab's −x, y with it, z into the ground."""
SHIFTED = np.eye(6)
SHIFTED[2, 0], SHIFTED[4, 2] = 0.5, 30.0


@pytest.mark.parametrize(
    ("kind", "origin", "matrix", "signals", "force", "moment"),
    [
        # 100 N down in the platform is 100 N along its z, so −100 N along the lab's z; Px = 50 mm is lab x −0.05 m.
        (1, (0, 0, 0), None, [0, 0, 100, 50, 20, 3000], [0, 0, -100], [-2, -5, -3]),
        # The surface lies 40 mm above the sensors (z = −40). 10 N along x there make My = −40 · 10 N·mm about them.
        (2, (0, 0, -40), None, [10, 0, 0, 0, -400, 0], [-10, 0, 0], [0, 0, 0]),
        # ORIGIN leads 30 mm along y to the centre: a force through the origin acts at y = −30 mm, Mx = y Fz = −3 N·m.
        (2, (0, 30, 0), None, [0, 0, 100, 0, 0, 0], [0, 0, -100], [3, 0, 0]),
        # Lever rule between sensors at ±200, ±100 mm: all on sensor 1, at (+200, +100).
        (3, (200, 100, -50), None, [0, 0, 0, 0, 100, 0, 0, 0], [0, 0, -100], [-10, -20, 0]),
        # 10 N between sensors 1 and 2, that is at y = +100 mm: Mz = −y Fx = −1 N·m about the platform's z.
        (3, (200, 100, 0), None, [10, 0, 0, 0, 0, 0, 0, 0], [-10, 0, 0], [0, 0, 1]),
        # Column order: matrix[2, 0] adds half of Fx to Fz, matrix[4, 2] 30 N·mm of My per unit of the third signal.
        (4, (0, 0, 0), SHIFTED, [10, 0, 100, 0, 0, 0], [-10, 0, -105], [0, 3, 0]),
    ],
)  # fmt: skip
def test_platforms_worked_out_on_paper(kind, origin, matrix, signals, force, moment):
    axes = np.array([[-1, 0, 0], [0, 1, 0], [0, 0, -1]])
    plate = Plate(1, kind, tuple(range(len(signals))), HAND, np.array(origin) / 1000, matrix, 0.001)
    assert plate.centre == pytest.approx([1, 2, 0])
    assert plate.axes == pytest.approx(axes)
    found = plate_wrench(plate, np.array(signals, float)[:, None])
    assert found[0][:, 0] == pytest.approx(force, abs=1e-12)
    assert found[1][:, 0] == pytest.approx(moment, abs=1e-12)


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
@pytest.mark.parametrize("action", [False, True])
@pytest.mark.parametrize(("lab", "yaw_deg"), [(Y_UP, 0.0), (Z_UP_BACK, 0.0), (np.eye(3), 3.0)])
def test_every_type_gives_back_the_wrench(tmp_path, trial, kind, action, lab, yaw_deg):
    found = understood(make(tmp_path / "a.c3d", trial, kind, lab, yaw_deg, action), trial)
    assert [d for d in found.doubts if d.weight != "note"] == []
    record = found.recording
    assert record.sample_rate_Hz == 300.0
    assert record.observable[""] == {"Fx", "Fy", "Fz", "Mx", "My", "Mz"}
    assert record.surface_m == pytest.approx((1.8, 0.6), abs=1e-6)
    assert np.abs(record.belts[""][:3] - trial.wrench[:3]).max() < 0.01
    loaded = trial.wrench[2] > 50
    for theirs, ours in zip(centre_of_pressure(record.belts[""], min_force_N=50),
                            centre_of_pressure(trial.wrench, min_force_N=50), strict=True):  # fmt: skip
        assert np.abs(theirs - ours)[loaded].max() < 1e-4
    assert (
        np.abs(free_moment(record.belts[""], min_force_N=50) - free_moment(trial.wrench, min_force_N=50))[loaded].max()
        < 0.01
    )


def test_an_original_with_type_4_weighs_right_and_brakes_first(tmp_path, trial):
    found = understood(make(tmp_path / "a.c3d", trial, 4, action=True), trial)
    weight = next(fact for fact in found.facts if fact.name == "body weight")
    assert 0.93 < float(weight.value.split()[0]) < 1.01
    evidence = found.recording.source["evidence"]
    assert evidence["braking"] < -0.03
    assert -trial.speed_m_s - 0.2 < evidence["cop_speed_m_s"] < -trial.speed_m_s + 1.0
    assert found.recording.source["sign"] == -1.0
    assert (found.recording.source["up"], found.recording.source["forward"]) == ("+y", "+x")


@pytest.mark.parametrize("processor", [INTEL, DEC, MIPS])
@pytest.mark.parametrize("integers", [False, True])
def test_processors_numbers_scales_and_offsets(tmp_path, trial, processor, integers):
    scale = np.array([0.05, 0.06, 0.12, 118.0, 136.0, 44.0])
    offset = np.array([10, -20, 2000, 5, 0, 7])
    points = np.full((1500, 2, 3), 900.0)
    path = make(tmp_path / "a.c3d", trial, 2, processor=processor, integers=integers, scale=scale, offset=offset,
                gen_scale=0.5, points=points, channel_order=[5, 3, 4, 0, 2, 1])  # fmt: skip
    found = understood(path, trial)
    wrench, true = found.recording.belts[""], trial.wrench
    step = 0.5 * 0.12 if integers else 0.001
    assert np.abs(wrench[2] - true[2]).max() <= step
    assert "markers" in found.facts[3].why
    loaded = true[2] > 200
    gap = np.abs(centre_of_pressure(wrench)[0] - centre_of_pressure(true)[0])[loaded]
    assert gap.max() < (1e-3 if integers else 1e-4)


def test_two_belts_are_told_by_where_they_lie(tmp_path, trial):
    left = np.where(trial.wrench[2] > 0, trial.wrench, 0) * (np.arange(3000) % 600 < 300)
    halves = left, trial.wrench - left
    for first, second in ((0.25, -0.25), (-0.25, 0.25)):
        specs = [spec_of(2, belt_corners(Y_UP, (0, y, 0), width=0.45)) for y in (first, second)]
        parts = [signals_of(spec, *lab_force(part, Y_UP)) for spec, part in zip(specs, halves, strict=True)]
        found = understood(write_c3d(tmp_path / "a.c3d", specs, parts), trial)
        order = ("L", "R") if first > 0 else ("R", "L")
        assert list(found.recording.source["belts"][order[0]]) == ["platform 1"]
        assert found.recording.surface_m == pytest.approx((1.8, 0.45), abs=1e-6)
        assert found.recording.layout.centres_m["L"] == pytest.approx((0.0, 0.25), abs=1e-6)
        assert found.recording.layout.centres_m["R"] == pytest.approx((0.0, -0.25), abs=1e-6)
        for side, part in zip(order, halves, strict=True):  # each about its own belt's centre
            assert found.recording.belts[side][3] == pytest.approx(part[3], abs=0.05)
        swapped = understood(tmp_path / "a.c3d", trial, plates={"L": (1,), "R": (2,)})
        assert list(swapped.recording.source["belts"]["L"]) == ["platform 1"]


def test_tandem_platforms_are_one_belt_and_idle_ones_are_left_out(tmp_path, trial):
    ahead = centre_of_pressure(trial.wrench)[0]
    middle = np.nanmedian(ahead)
    share = np.where(ahead > middle, 1.0, 0.0)  # each sample on the platform on which its centre of pressure lies
    places = middle + 0.45, middle - 0.45, 4.0
    specs = [spec_of(2, belt_corners(Y_UP, (x, 0, 0), length=0.9)) for x in places]
    # A force at the middle seen from a platform whose centre is at x: M = M0 − (x, 0, 0) × F.
    parts = [trial.wrench * s for s in (share, 1 - share)] + [0 * trial.wrench]
    for part, x in zip(parts, places, strict=True):
        part[4] += x * part[2]
        part[5] -= x * part[1]
    path = write_c3d(
        tmp_path / "a.c3d", specs, [signals_of(s, *lab_force(p, Y_UP)) for s, p in zip(specs, parts, strict=True)]
    )
    found = understood(path, trial)
    assert [doubt.flag for doubt in found.open_doubts] == ["--plates 1+2"]
    assert found.recording.source["ignored"] == ["platform 3: not stepped on"]
    told = understood(path, trial, plates={"": (1, 2)})
    assert told.open_doubts == ()
    about_middle = trial.wrench.copy()
    about_middle[4] += middle * trial.wrench[2]
    about_middle[5] -= middle * trial.wrench[1]
    assert np.abs(told.recording.belts[""] - about_middle).max() < 0.02


def test_events_keep_their_times(tmp_path, trial):
    events = [
        (61.5, "Right", "Foot Off"),
        (60.5, "Left", "Foot Strike"),
        (68.0, "General", "Event"),
        (5.0, "Left", "Foot Off"),
    ]
    path = make(tmp_path / "a.c3d", trial, 2, events=events, first_frame=9001)  # 150 Hz: begins at 60 s
    found = [(event.time_s, event.text) for event in understood(path, trial).recording.events]
    assert found == [
        (pytest.approx(0.5), "Left Foot Strike"),
        (pytest.approx(1.5), "Right Foot Off"),
        (pytest.approx(8.0), "Event"),
    ]


@pytest.mark.parametrize("how", ["FRAMES as a float", "TRIAL"])
def test_more_frames_than_sixteen_bits_count(tmp_path, trial, how):
    spec = spec_of(2, belt_corners(Y_UP))
    wrench = np.tile(trial.wrench, 30)[:, :80_000]
    low = 80_000 - 65_536
    extra = {"TRIAL": {"ACTUAL_START_FIELD": np.array([1, 0]), "ACTUAL_END_FIELD": np.array([low, 1])}}
    extra["POINT"] = {"FRAMES": np.array(-1)}
    path = write_c3d(tmp_path / "a.c3d", [spec], [signals_of(spec, *lab_force(wrench, Y_UP))], ratio=1,
                     extra=extra if how == "TRIAL" else None)  # fmt: skip
    record = understood(path, trial).recording
    assert record.n == 80_000
    assert np.abs(record.belts[""][2] - wrench[2]).max() < 0.01


def test_signs_of_origin_that_are_known_to_be_wrong_are_put_right_and_told(tmp_path, trial):
    corners = belt_corners(Y_UP)
    right = spec_of(2, corners)
    signals = signals_of(right, *lab_force(trial.wrench, Y_UP))
    turned = PlateSpec(2, corners, tuple(-x for x in right.origin))
    found = understood(write_c3d(tmp_path / "a.c3d", [turned], [signals]), trial)
    assert np.abs(found.recording.belts[""] - trial.wrench).max() < 0.02
    assert any(doubt.name == "origin" for doubt in found.doubts)


@pytest.mark.parametrize(("unit", "unit_m"), [("m", 1.0), ("cm", 0.01)])
def test_files_in_metres(tmp_path, trial, unit, unit_m):
    corners = belt_corners(Y_UP, unit_m=unit_m)
    spec = PlateSpec(2, corners, (0, 0, -0.04 / unit_m))
    path = write_c3d(tmp_path / "a.c3d", [spec], [signals_of(spec, *lab_force(trial.wrench, Y_UP), unit_m)], unit=unit)
    assert np.abs(understood(path, trial).recording.belts[""] - trial.wrench).max() < 0.02


@pytest.mark.parametrize(
    ("label", "flags", "weight"),
    [("", ["--units moment=Nm"], "stop"), ("Nm", ["--units moment=Nm"], "ask"), ("Nmm", ["--units moment=Nm"], "stop")],
)
def test_moments_in_newton_metres_beside_millimetres(tmp_path, trial, label, flags, weight):
    spec = PlateSpec(2, belt_corners(Y_UP), (0, 0, 0.0))
    signals = signals_of(spec, *lab_force(trial.wrench, Y_UP)) * np.array([1, 1, 1, 1e-3, 1e-3, 1e-3])[:, None]
    units = ["N", "N", "N", *[label] * 3] if label else None
    path = write_c3d(tmp_path / "a.c3d", [spec], [signals], units=units)
    doubts = [d for d in understood(path, trial).doubts if d.weight != "note" and "moment" in d.flag]
    assert [d.flag for d in doubts][:1] == flags
    assert doubts[0].weight == weight
    told = understood(path, trial, units=("moment=Nm",))
    assert [d for d in told.doubts if d.weight != "note"] == []
    assert np.abs(told.recording.belts[""] - trial.wrench).max() < 0.02


def test_kilonewtons_are_read_from_the_labels_and_told_by_the_weight(tmp_path, trial):
    spec = spec_of(2, belt_corners(Y_UP))
    signals = signals_of(spec, *lab_force(trial.wrench, Y_UP)) / 1000
    named = understood(write_c3d(tmp_path / "a.c3d", [spec], [signals], units=["kN"] * 3 + [""] * 3), trial)
    assert np.abs(named.recording.belts[""][:3] - trial.wrench[:3]).max() < 0.01
    silent = understood(write_c3d(tmp_path / "b.c3d", [spec], [signals]), trial)
    assert [d.flag for d in silent.stops] == ["--units force=kN"]


# --- damage -----------------------------------------------------------------------------------------------------------


def broken(path, words, **options):
    with pytest.raises(FormatError) as caught:
        understood(path, **options)
    for word in words:
        assert word in str(caught.value)


def test_a_file_cut_short_at_any_place_is_refused(tmp_path, trial):
    whole = make(tmp_path / "a.c3d", trial, 4).read_bytes()
    cut = tmp_path / "cut.c3d"
    for size in (0, 1, 100, 511, 512, 514, 700, 1023, 1100, 1536, 2048, len(whole) // 2, len(whole) - 1024):
        cut.write_bytes(whole[:size])
        broken(cut, [str(cut)])
    broken(cut, ["1500 frames", "cut short"])


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("no plate", ["a force platform", "saw none"]),
        ("no analog", ["analog signals", "no analog channel"]),
        ("type 6", ["type 1, 2, 3 or 4", "type 6 (platform 1)"]),
        ("channel", ["6 analog channels of platform 1", "of 6"]),
        ("flat corners", ["corners of a rectangle"]),
        ("singular", ["CAL_MATRIX that can be solved"]),
        ("dead", ["force on a platform", "never change"]),
        ("rate", ["one analog rate", "300 Hz by the header, 310 Hz"]),
        ("unit", ["POINT:UNITS of mm, cm or m", "furlong"]),
        ("text", ["a C3D file", "text"]),
        ("empty", ["a C3D file", "an empty file"]),
        ("zeros", ["a C3D file"]),
    ],
)
def test_what_cannot_be_used_says_why(tmp_path, trial, how, words):
    path, spec = tmp_path / "a.c3d", spec_of(4 if how == "singular" else 2, belt_corners(Y_UP))
    signals = [signals_of(spec, *lab_force(trial.wrench, Y_UP))]
    if how in {"text", "empty", "zeros"}:
        path.write_bytes({"text": b"time_s,Fz_N\n" * 100, "empty": b"", "zeros": bytes(5000)}[how])
    elif how == "no plate":
        write_c3d(path, [], signals)
    elif how == "no analog":
        write_c3d(path, [spec], [np.zeros((0, 3000))], points=np.ones((1500, 1, 3)))
    else:
        bad = {
            "type 6": PlateSpec(6, spec.corners, spec.origin),
            "flat corners": PlateSpec(2, 0 * spec.corners, spec.origin),
            "singular": PlateSpec(4, spec.corners, spec.origin, np.ones((6, 6))),
        }.get(how, spec)  # fmt: skip
        extra = {"channel": {"FORCE_PLATFORM": {"CHANNEL": np.array([[1], [2], [3], [4], [5], [9]])}},
                 "rate": {"ANALOG": {"RATE": 310.0}}, "unit": {"POINT": {"UNITS": ["furlong"]}}}.get(how)  # fmt: skip
        write_c3d(path, [bad], [0 * signals[0]] if how == "dead" else signals, extra=extra)
    broken(path, words)


def test_absurd_sizes_cost_no_memory(tmp_path, trial):
    data = bytearray(make(tmp_path / "a.c3d", trial, 2).read_bytes())
    struct.pack_into("<5H", data, 2, 65535, 65535, 1, 65535, 0)
    (tmp_path / "b.c3d").write_bytes(data)
    broken(tmp_path / "b.c3d", ["cut short or damaged"])


def test_damaged_parameters_never_do_more_than_be_refused(tmp_path, trial):
    """Bytes changed at random in header and parameters: a reader in C++ crashes on one in fifteen of these."""
    whole = make(tmp_path / "a.c3d", trial, 4).read_bytes()[: 512 * 40]
    clean = make(tmp_path / "a.c3d", trial, 4).read_bytes()
    rng, path, refused = np.random.default_rng(8), tmp_path / "b.c3d", 0
    assert len(whole) > 2048
    for _ in range(150):
        data = bytearray(clean)
        for place in rng.integers(0, 2048, rng.choice([1, 3, 10])):
            data[place] = rng.integers(0, 256)
        path.write_bytes(data)
        try:
            with np.errstate(all="ignore"):
                force = read_c3d_force(path)
            assert force.n > 0
        except FormatError:
            refused += 1
    assert refused > 20


# --- against another reader -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_ezc3d_sees_the_same_platform(tmp_path, trial, kind):
    ezc3d = pytest.importorskip("ezc3d")
    path = make(tmp_path / "a.c3d", trial, kind, np.eye(3), points=np.ones((1500, 1, 3)))
    theirs = ezc3d.c3d(str(path), extract_forceplat_data=True)["data"]["platform"][0]
    file = read_c3d(path)
    plate = read_plates(file)[0]
    signals = read_analog(file, plate.channels)
    assert signals == pytest.approx(ezc3d.c3d(str(path))["data"]["analogs"][0][list(plate.channels)])
    force, moment = plate_wrench(plate, signals)
    assert np.abs(force - theirs["force"]).max() < 1e-3
    loaded = np.abs(trial.wrench[2]) > 50
    place = plate.centre[:2, None] + np.stack([-moment[1], moment[0]])[:, loaded] / force[2, loaded]
    assert np.abs(place - theirs["center_of_pressure"][:2, loaded] / 1000).max() < 1e-6
    if kind != 1:  # of type 1 it tells the moment with the sign turned round
        assert np.abs(moment - theirs["moment"] / 1000).max() < 1e-3
    free = (
        moment[2, loaded]
        - (place[0] - plate.centre[0]) * force[1, loaded]
        + (place[1] - plate.centre[1]) * force[0, loaded]
    )
    assert np.abs(free - theirs["Tz"][2, loaded] / 1000).max() < 1e-3


def test_weight_of_the_real_runner_is_what_is_published(trial):
    assert 0.93 < trial.wrench[2].mean() / (trial.mass_kg * G) < 1.01
