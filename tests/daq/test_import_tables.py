"""Tables of others: what is read, what is understood of it, what is doubted, and what is refused with which words."""

import numpy as np
import pytest
from realdata import fukuchi_trial

from analysis.setup import Runner
from analysis.wrench import centre_of_pressure, free_moment
from daq.errors import FormatError
from daq.formats.force_columns import find_columns
from daq.formats.import_units import parse_units, split_unit
from daq.imports.read import ImportOptions, parse_plates
from daq.imports.understand import understand

LBF = 4.4482216152605


@pytest.fixture(scope="module")
def trial():
    return fukuchi_trial("RBDS016_T35")


def columns_of(trial):
    """Plain columns in our frame: s, N, m, N·m; the centre of pressure NaN where nothing presses."""
    x, y = centre_of_pressure(trial.wrench, min_force_N=20)
    fx, fy, fz = trial.wrench[:3]
    tz = np.nan_to_num(trial.wrench[5] - x * fy + y * fx)
    return {"t": np.arange(fz.size) / trial.sample_rate_Hz, "Fx": fx, "Fy": fy, "Fz": fz, "x": x, "y": y, "Tz": tz}


def write(path, header, columns, *, delimiter=",", above="", decimal=".", fmt="%.6f", hole="nan"):
    lines = [
        delimiter.join(cell if cell != "nan" else hole for cell in [fmt % v for v in row])
        for row in zip(*columns, strict=True)
    ]
    body = "\n".join(lines).replace(".", decimal)
    path.write_text(f"{above}{header}\n{body}\n", encoding="utf-8")
    return path


def understood(path, trial=None, *, mass=True, **options):
    paths = path if isinstance(path, list) else [path]
    runner = (
        Runner() if trial is None else Runner(mass_kg=trial.mass_kg if mass else None, belt_speed_m_s=trial.speed_m_s)
    )
    return understand(paths, ImportOptions(**options), runner)


def settled(found):
    assert [doubt for doubt in found.doubts if doubt.weight != "note"] == []
    return found.recording


def same_force(record, trial, tolerance=0.01):
    assert np.abs(record.belts[""][:3] - trial.wrench[:3]).max() < tolerance


# --- spellings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delimiter", "decimal", "hole"),
    [(",", ".", "nan"), ("\t", ".", ""), (";", ",", ""), ("  ", ".", "NaN"), (";", ".", "#N/A")],
)
def test_any_delimiter(tmp_path, trial, delimiter, decimal, hole):
    c = columns_of(trial)
    header = delimiter.join(["time_s", "Fx_N", "Fy_N", "Fz_N", "copx_m", "copy_m", "Tz_Nm"])
    path = write(tmp_path / "a.txt", header, c.values(), delimiter=delimiter, decimal=decimal, hole=hole)
    record = settled(understood(path, trial))
    same_force(record, trial)
    assert record.observable[""] == {"Fx", "Fy", "Fz", "Mx", "My", "Mz"}
    loaded = trial.wrench[2] > 200
    assert np.abs(record.belts[""][3:] - trial.wrench[3:])[:, loaded].max() < 0.01


@pytest.mark.parametrize(
    ("header", "units"),
    [
        ("Time,Force_X,Force_Y,Force_Z,COP_X,COP_Y", {}),
        ("time (ms),FP1 Fx (kN),FP1 Fy (kN),FP1 Fz (kN),FP1 COPx [mm],FP1 COPy [mm]", {}),
        ("Frame,t,GRFx [lbf],GRFy [lbf],GRFz [lbf],copx (cm),copy (cm)", {}),
        ("T,Fx1,Fy1,Fz1,Px1,Py1", {"units": ("force=kN",)}),
        ("Zeit,left_fx,left_fy,left_fz,left_px,left_py\ns,N,N,N,mm,mm", {}),
    ],
)
def test_names_and_units_of_others(tmp_path, trial, header, units):
    c, names = columns_of(trial), header.split("\n")[0].split(",")
    kilo = "kN" in header or "units" in units
    force = 1000.0 if kilo else LBF if "lbf" in header else 1.0
    length = 0.001 if "mm" in header else 0.01 if "cm" in header else 1.0
    time = 0.001 if "ms" in header else 1.0
    columns = [c["t"] / time, c["Fx"] / force, c["Fy"] / force, c["Fz"] / force, c["x"] / length, c["y"] / length]
    if names[0] == "Frame":
        columns.insert(0, np.arange(3000.0))
    found = understood(write(tmp_path / "a.csv", header, columns, fmt="%.8f"), trial, **units)
    side = next(iter(found.recording.belts))
    assert side == ("L" if "left" in header else "")
    assert np.abs(found.recording.belts[side][:3] - trial.wrench[:3]).max() < 0.01
    assert found.recording.observable[side] == {"Fx", "Fy", "Fz", "Mx", "My"}
    assert [d.name for d in found.doubts if d.weight != "note"] == (["sides"] if side else [])


def test_body_weights_need_a_mass(tmp_path, trial):
    c = columns_of(trial)
    path = write(tmp_path / "a.csv", "t,Fz (BW)", [c["t"], c["Fz"] / (trial.mass_kg * 9.80665)])
    with pytest.raises(FormatError, match="--mass KG"):
        understood(path)
    assert np.abs(settled(understood(path, trial)).belts[""][2] - trial.wrench[2]).max() < 0.01


def test_lines_above_the_header_and_a_rate_in_them(tmp_path, trial):
    c = columns_of(trial)
    above = "Subject\tS1\nFREQUENCY\t300\nnote\tthis, that; 12\n\n"
    path = write(tmp_path / "a.tsv", "SAMPLE\tFz", [np.arange(3000), c["Fz"]], delimiter="\t", above=above)
    record = settled(understood(path, trial))
    assert record.sample_rate_Hz == 300.0
    assert record.observable[""] == {"Fz"}
    cut = path.read_text(encoding="utf-8").replace("note", "NO_OF_SAMPLES\t3600\nnote")
    path.write_text(cut, encoding="utf-8")
    with pytest.raises(FormatError, match=r"3600 rows.*cut short"):
        understood(path, trial)


def test_columns_without_names(tmp_path, trial):
    path = tmp_path / "a.csv"
    np.savetxt(path, trial.wrench[2], fmt="%.3f")
    with pytest.raises(FormatError, match="--map '1=Fz_N'"):
        understood(path, trial)
    with pytest.raises(FormatError, match="--rate 1000"):
        understood(path, trial, columns={"1": "Fz_N"})
    same = settled(understood(path, trial, columns={"1": "Fz_N"}, rate_Hz=300.0))
    assert np.abs(same.belts[""][2] - trial.wrench[2]).max() < 0.01


def test_opensim_feet_become_belts_of_their_sides(tmp_path, trial):
    c = columns_of(trial)
    on_left = np.isin(np.searchsorted(trial.contact_s + 0.18, c["t"]), np.flatnonzero(trial.contact_side == "L"))
    names, columns = ["time"], [c["t"]]
    for prefix, mine in (("", ~on_left), ("1_", on_left)):
        fx, fy, fz, x, y, tz = (np.nan_to_num(np.where(mine, c[k], 0.0)) for k in ("Fx", "Fy", "Fz", "x", "y", "Tz"))
        zero = np.zeros_like(fx)
        names += [f"{prefix}ground_force_{kind}{axis}" for kind in "vp" for axis in "xyz"]
        columns += [fx, fz, -fy, x + 0.9, zero, -y + 0.3]
        names += [f"{prefix}ground_torque_{axis}" for axis in "xyz"]
        columns += [zero, tz, zero]
    above = f"grf.mot\nversion=1\nnRows=3000\nnColumns={len(names)}\ninDegrees=yes\nendheader\n"
    path = write(tmp_path / "a.mot", "\t".join(names), columns, delimiter="\t", above=above)
    record = settled(understood(path, trial))
    assert record.source["belts"] == {"L": ["number 1"], "R": ["the belt"]}
    assert (record.source["up"], record.source["forward"], record.source["left"]) == ("+y", "+x", "-z")
    assert np.abs(record.belts["L"][:3] - np.where(on_left, trial.wrench[:3], 0)).max() < 0.01
    path.write_text(path.read_text(encoding="utf-8").replace("nRows=3000", "nRows=3001"), encoding="utf-8")
    with pytest.raises(FormatError, match="cut short"):
        understood(path, trial)


# --- axes and signs ---------------------------------------------------------------------------------------------------

LABS = {
    "y up, x forward": ([[1, 0, 0], [0, 0, 1], [0, -1, 0]], "+y", "+x"),
    "z up, -y forward": ([[0, 1, 0], [-1, 0, 0], [0, 0, 1]], "+z", "-y"),
    "x up, -z forward": ([[0, 0, 1], [0, 1, 0], [-1, 0, 0]], "+x", "-z"),
}


@pytest.mark.parametrize("name", LABS)
@pytest.mark.parametrize("action", [False, True])
def test_axes_are_found_by_the_force_itself(tmp_path, trial, name, action):
    lab, up, forward = LABS[name]
    c = columns_of(trial)
    force = (-1 if action else 1) * np.array(lab) @ trial.wrench[:3]
    place = np.array(lab) @ np.stack([np.nan_to_num(c["x"]), np.nan_to_num(c["y"]), 0 * c["x"]])
    place[:, np.isnan(c["x"])] = np.nan
    path = write(tmp_path / "a.csv", "time,Force X,Force Y,Force Z,COP X,COP Y,COP Z", [c["t"], *force, *place])
    record = settled(understood(path, trial))
    assert (record.source["up"], record.source["forward"], record.source["sign"]) == (
        up,
        forward,
        -1.0 if action else 1.0,
    )
    same_force(record, trial)
    loaded = trial.wrench[2] > 200
    moved = (centre_of_pressure(record.belts[""])[0] - centre_of_pressure(trial.wrench)[0])[loaded]
    assert np.ptp(moved) < 1e-4  # the file does not tell the belt's centre, all else does


def changed(c, what):
    c = dict(c)
    return (
        c
        | {
            "swapped": {"Fx": c["Fz"], "Fz": c["Fx"]},
            "forward": {"Fx": -c["Fx"], "Fy": -c["Fy"], "x": -c["x"], "y": -c["y"]},
            "one sign": {"Fx": -c["Fx"]},
            "action": {"Fx": -c["Fx"], "Fy": -c["Fy"], "Fz": -c["Fz"]},
            "kN": {k: c[k] / 1000 for k in ("Fx", "Fy", "Fz")},
            "lbf": {k: c[k] / LBF for k in ("Fx", "Fy", "Fz")},
            "scale": {k: 1.2 * c[k] for k in ("Fx", "Fy", "Fz")},
            "still": {"x": 0.001 * c["x"], "y": 0.001 * c["y"]},
            "held": {k: np.repeat(c[k][::4], 4) for k in ("Fx", "Fy", "Fz")},
            "one held": {"Fx": np.repeat(c["Fx"][::4], 4)},
            "clipped": {"Fz": np.minimum(c["Fz"], 0.9 * c["Fz"].max())},
        }[what]
    )


@pytest.mark.parametrize(
    ("what", "name", "weight", "flag"),
    [
        ("swapped", "vertical", "stop", "--up +x"),
        ("forward", "forward", "stop", "--forward -x"),
        ("one sign", "braking", "stop", "--flip Fx"),
        ("action", "sign", "ask", "--flip all"),
        ("kN", "weight", "stop", "--units force=kN"),
        ("lbf", "weight", "stop", "--units force=lbf"),
        ("scale", "weight", "ask", "--mass"),
        ("still", "place", "stop", "--units length=m"),
        ("held", "held", "ask", ""),
        ("one held", "held", "stop", "none"),
        ("clipped", "clipped", "ask", ""),
    ],
)
def test_what_is_wrong_is_flagged_and_never_imported_silently(tmp_path, trial, what, name, weight, flag):
    c = changed(columns_of(trial), what)
    header = "time_s,Fx_N,Fy_N,Fz_N,copx_m,copy_m"
    path = write(tmp_path / "a.csv", header, [c[k] for k in ("t", "Fx", "Fy", "Fz", "x", "y")], fmt="%.7f")
    found = understood(path, trial)
    doubt = next((d for d in found.doubts if d.name == name), None)
    assert doubt is not None, found.doubts
    assert doubt.weight == weight
    assert doubt.flag.startswith(flag)
    told = {"forward": {"forward": "-x"}, "one sign": {"flips": ("Fx",)}, "action": {"flips": ("all",)},
            "kN": {"units": ("force=kN",)}, "lbf": {"units": ("force=lbf",)}}.get(what)  # fmt: skip
    if told is not None:
        again = understood(path, trial, **told)
        assert again.stops == ()
        assert again.open_doubts == ()
        same_force(again.recording, trial)


def test_units_without_a_mass_are_told_by_what_people_weigh(tmp_path, trial):
    c = columns_of(trial)
    for unit, gain in (("kN", 1000.0), ("lbf", LBF)):
        path = write(tmp_path / f"{unit}.csv", "t,Fz", [c["t"], c["Fz"] / gain])
        found = understood(path)
        # Pounds of a heavy person are newtons of a light one: without a mass only what nobody weighs can be seen.
        assert [d.name for d in found.stops] == ["weight"]
        assert f"--units force={unit}" in found.stops[0].flag


def test_a_speed_in_km_h_is_seen(tmp_path, trial):
    c = columns_of(trial)
    path = write(
        tmp_path / "a.csv", "time_s,Fx_N,Fy_N,Fz_N,copx_m,copy_m", [c[k] for k in ("t", "Fx", "Fy", "Fz", "x", "y")]
    )
    found = understand([path], ImportOptions(), Runner(belt_speed_m_s=3.6 * trial.speed_m_s))
    assert [d.name for d in found.open_doubts] == ["speed"]
    assert "km/h" in found.open_doubts[0].text


def test_a_plate_in_the_floor_is_no_treadmill(tmp_path, trial):
    """There the centre of pressure moves forward under the foot, while braking comes first all the same."""
    c = columns_of(trial)
    over_ground = c["x"] + 2 * trial.speed_m_s * (c["t"] % 1.0)
    path = write(tmp_path / "a.csv", "t,Fx,Fy,Fz,copx,copy", [c["t"], c["Fx"], c["Fy"], c["Fz"], over_ground, c["y"]])
    assert "braking" in [d.name for d in understood(path, trial).stops]


def test_without_a_centre_of_pressure_braking_alone_tells(tmp_path, trial):
    c = columns_of(trial)
    fixed = c["x"] * 0 + 0.05 * np.random.default_rng(2).normal(size=3000)
    path = write(tmp_path / "b.csv", "t,Fx,Fy,Fz,copx,copy", [c["t"], c["Fx"], c["Fy"], c["Fz"], fixed, c["y"]])
    found = understood(path, trial)
    assert found.recording.source["forward"] == "+x"
    assert any("braking comes first" in fact.why for fact in found.facts)


# --- time -------------------------------------------------------------------------------------------------------------


def test_gaps_stay_gaps(tmp_path, trial):
    c = columns_of(trial)
    keep = np.ones(3000, bool)
    keep[1000:1100] = False
    fz = c["Fz"].copy()
    fz[2000:2005] = np.nan
    path = write(tmp_path / "a.csv", "time_s,Fx_N,Fz_N", [part[keep] for part in (c["t"], c["Fx"], fz)])
    record = settled(understood(path, trial))
    gone = ~keep
    gone[2000:2005] = True
    assert np.array_equal(record.missing, gone)
    assert np.abs(record.belts[""][2] - trial.wrench[2])[~gone].max() < 0.01


@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        ("backwards", "time_s to increase"),
        ("jitter", "jitter"),
        ("uneven", "evenly spaced"),
        ("twice", "duplicates"),
        ("blank", "every 2th row"),
        ("transposed", "Transpose it"),
        ("short", "at least 1 s"),
        ("constant", "force that changes"),
        ("mostly holes", "force in most samples"),
        ("ragged", "cells in every row"),
        ("words", "a number"),
        ("infinite", "finite numbers"),
        ("other rate", "--rate"),
    ],
)
def test_times_and_rows_that_are_wrong(  # noqa: C901 - one file for every line of the table
    tmp_path, trial, what, outcome
):
    c = columns_of(trial)
    t, fx, fz, options = c["t"].copy(), c["Fx"].copy(), c["Fz"].copy(), {}
    rng = np.random.default_rng(4)
    if what == "backwards":
        t[500] = t[498]
    elif what == "jitter":
        t[500:1500] += rng.uniform(-0.4, 0.4, 1000) / 300
        t[1600:] += 0.5
    elif what == "uneven":
        t = np.sort(rng.uniform(0, 10, 3000))
    elif what == "twice":
        t, fx, fz = (np.concatenate([part[:700], part[699:]]) for part in (t, fx, fz))
    elif what == "blank":
        fx[1::2] = np.nan
    elif what == "short":
        t, fx, fz = t[:200], fx[:200], fz[:200]
    elif what == "constant":
        fx, fz = 0 * fx, 0 * fz
    elif what == "mostly holes":
        fx[:1800], fz[:1800] = np.nan, np.nan
    elif what == "infinite":
        fz[77] = np.inf
    elif what == "other rate":
        options = {"rate_Hz": 500.0}
    path = write(tmp_path / "a.csv", "time_s,Fx_N,Fz_N", [t, fx, fz], hole="" if what == "blank" else "nan")
    text = path.read_text(encoding="utf-8")
    if what == "ragged":
        path.write_text(text.replace("\n1.0", "\n7,1.0", 1), encoding="utf-8")
    elif what == "words":
        path.write_text(text.replace("\n1.0", "\nabc1.0", 1), encoding="utf-8")
    elif what == "transposed":
        np.savetxt(path, np.tile(fz, (16, 1)), delimiter=",", fmt="%.1f")
    if what in {"jitter", "twice"}:
        assert outcome in [d.name for d in understood(path, trial, **options).open_doubts]
        return
    with pytest.raises(FormatError) as caught:
        understood(path, trial, **options)
    assert outcome in str(caught.value)


def test_two_files_that_do_not_belong_together(tmp_path, trial):
    c = columns_of(trial)
    first = write(tmp_path / "1.csv", "time_s,Fz_N", [c["t"], c["Fz"]])
    slow = write(tmp_path / "2.csv", "time_s,Fz_N", [2 * c["t"], c["Fz"]])
    with pytest.raises(FormatError, match=r"one sample rate.*300 Hz and 150 Hz"):
        understood([first, slow], trial)
    other = write(tmp_path / "3.csv", "time_s,Fz_N", [c["t"] + 5, c["Fz"]])
    with pytest.raises(FormatError, match="--plates L=1,R=2"):
        understood([first, other], trial)
    found = understood([first, other], trial, plates={"L": (1,), "R": (2,)})
    assert "starts" in [d.name for d in found.stops]


# --- what was done to the force before --------------------------------------------------------------------------------


def test_filtered_and_thresholded_force_is_told(tmp_path, trial):
    from scipy.signal import butter, sosfiltfilt

    c = columns_of(trial)
    smooth = sosfiltfilt(butter(4, 30, fs=300, output="sos"), c["Fz"])
    found = understood(write(tmp_path / "a.csv", "t,Fz_N", [c["t"], smooth], fmt="%.9f"), trial)
    told = next(d.text for d in found.doubts if d.name == "filtered")
    assert 30 <= float(told.split(" Hz")[0].split()[-1]) <= 75
    cut = np.where(c["Fz"] < 20, 0.0, c["Fz"])
    names = [d.name for d in understood(write(tmp_path / "b.csv", "t,Fz_N", [c["t"], cut]), trial).doubts]
    assert names == ["threshold"]
    assert [d.name for d in understood(write(tmp_path / "c.csv", "t,Fz_N", [c["t"], c["Fz"] + 150]), trial).doubts] == [
        "zero"
    ]


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        ("ground_force_vx", ("F", "x", "", "")), ("1_ground_force_pz", ("cop", "z", "1", "")),
        ("l_ground_torque_y", ("T", "y", "L", "")), ("ground_force_2_vy", ("F", "y", "2", "")),
        ("Fz_N_R", ("F", "z", "R", "N")), ("FP2_Mx (Nmm)", ("M", "x", "2", "Nmm")), ("GRFz", ("F", "z", "", "")),
        ("Left Force Z [N]", ("F", "z", "L", "N")), ("COP_Y", ("cop", "y", "", "")), ("copy_m", ("cop", "y", "", "m")),
        ("belt_speed_m_s", ("speed", "", "", "m/s")), ("Time (s)", ("time", "", "", "s")), ("ax", ("cop", "x", "", "")),
        ("Frame", None), ("EMG1", None), ("LHEE x", None), ("knee_angle", None), ("vx", None), ("Acc X", None),
        ("pelvis_tx", None), ("Marker", None),
    ],
)  # fmt: skip
def test_headers(header, meaning):
    found = find_columns([header], [], {}, "here")
    assert [(c.role, c.axis, c.group, c.unit) for c in found] == ([] if meaning is None else [meaning])


def test_maps_units_and_plates_that_are_wrong():
    with pytest.raises(FormatError, match="Did you mean Fz1"):
        find_columns(["t", "Fz1"], [], {"Fz2": "Fz_N"}, "here")
    with pytest.raises(FormatError, match="Fz1=vertical"):
        find_columns(["t", "Fz1"], [], {"Fz1": "vertical"}, "here")
    with pytest.raises(FormatError, match="one column for each meaning"):
        find_columns(["Fz", "Force Z"], [], {}, "here")
    assert parse_units(("force=kn", "length=mm,time=ms")) == {"force": "kN", "length": "mm", "time": "ms"}
    for text in ("force", "force=stone", "weight=N"):
        with pytest.raises(FormatError, match="--units"):
            parse_units((text,))
    assert parse_plates("L=1,R=2") == {"L": (1,), "R": (2,)}
    assert parse_plates("1+2") == {"": (1, 2)}
    for text in ("X=1", "L=1,R=1", "0", "L", "1,2", ""):
        with pytest.raises(FormatError, match="--plates"):
            parse_plates(text)
    assert split_unit("Fz (kN)") == ("Fz", "kN")
    assert split_unit("Force_X") == ("Force_X", "")


# --- cells that are empty at the end of a row -------------------------------------------------------------------------


def pandas_like(path, trial, header="time_s,Fx_N,Fy_N,Fz_N,copx_m,copy_m"):
    """No centre of pressure where nothing presses, as empty cells; the file begins in flight."""
    c = columns_of(trial)
    first = int(np.argmax(np.isnan(c["x"])))
    columns = [c[name][first:] for name in ("t", "Fx", "Fy", "Fz", "x", "y")]
    return write(path, header, columns, hole="", fmt="%.9g"), first


def test_a_file_may_begin_with_empty_cells(tmp_path, trial):
    path, first = pandas_like(tmp_path / "a.csv", trial)
    assert path.read_text(encoding="utf-8").split("\n")[1].endswith(",,")
    record = settled(understood(path, trial))
    assert record.n == 3000 - first
    assert np.abs(record.belts[""][:3] - trial.wrench[:3, first:]).max() < 0.01
    assert record.observable[""] == {"Fx", "Fy", "Fz", "Mx", "My"}


def test_cells_may_be_empty_for_longer_than_anybody_looks(tmp_path, trial):
    """Two seconds before anybody steps on: only the header tells that the empty cells are columns."""
    path, first = pandas_like(tmp_path / "a.csv", trial)
    head, *rows = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    idle = [f"{k / 300:.9g},0.1,{(k % 7) / 10},{(k % 5) / 10 - 0.2},," for k in range(600)]
    rows = [f"{(600 + k) / 300:.9g},{row.split(',', 1)[1]}" for k, row in enumerate(rows)]
    path.write_text("\n".join([head, *idle, *rows]), encoding="utf-8")
    record = settled(understood(path, trial))
    assert record.n == 3600 - first
    assert record.observable[""] == {"Fx", "Fy", "Fz", "Mx", "My"}


def test_no_row_of_a_file_without_names_is_lost(tmp_path, trial):
    path, first = pandas_like(tmp_path / "a.csv", trial)
    path.write_text(path.read_text(encoding="utf-8").split("\n", 1)[1], encoding="utf-8")
    columns = {"1": "time_s", "2": "Fx_N", "3": "Fy_N", "4": "Fz_N", "5": "copx_m", "6": "copy_m"}
    assert settled(understood(path, trial, columns=columns)).n == 3000 - first
    lines = path.read_text(encoding="utf-8").split("\n")
    path.write_text("\n".join([*(line.rstrip(",") for line in lines[:4]), *lines[4:]]), encoding="utf-8")
    with pytest.raises(FormatError, match=r"6 cells in every row, saw 4 in line 4.*--skip-rows"):
        understood(path, trial, columns=columns)


def test_delimiters_at_the_end_of_rows_are_no_columns(tmp_path, trial):
    c = columns_of(trial)
    path = write(tmp_path / "a.tsv", "time_s\tFz_N", [c["t"], c["Fz"]], delimiter="\t")
    head, *rows = path.read_text(encoding="utf-8").split("\n")
    for ends in (rows, ["", *[""] * len(rows)]):
        path.write_text(
            "\n".join([head, *(row + "\t" * bool(end or row) for row, end in zip(rows, ends, strict=False))])
        )
        assert settled(understood(path, trial)).n == 3000
    path.write_text("\n".join([head, *(row + "\t" * (k % 3 > 0) for k, row in enumerate(rows) if row)]))
    assert settled(understood(path, trial)).n == 3000


# --- free moments -----------------------------------------------------------------------------------------------------


def test_a_free_moment_in_newton_millimetres_is_seen(tmp_path, trial):
    c = columns_of(trial)
    header = "time,Fx,Fy,Fz,COPx,COPy,Tz"
    path = write(
        tmp_path / "a.csv", header, [c["t"], c["Fx"], c["Fy"], c["Fz"], *(1000 * c[k] for k in ("x", "y", "Tz"))]
    )
    found = understood(path, trial)
    stops = [(doubt.name, doubt.flag) for doubt in found.stops]
    assert stops == [("moment", "--units moment=Nmm")]
    record = settled(understood(path, trial, units=("moment=Nmm",)))
    loaded = trial.wrench[2] > 200
    force, true = (wrench[:, loaded] for wrench in (record.belts[""], trial.wrench))
    assert np.abs(free_moment(force) - free_moment(true)).max() < 0.05


def test_torques_of_a_file_with_y_up_are_used_or_listed(tmp_path, trial):
    c = columns_of(trial)
    header = "time,Fx,Fy,Fz,COPx,COPz,Tx,Ty,Tz"
    columns = [c["t"], c["Fx"], c["Fz"], -c["Fy"], c["x"], -c["y"], c["Tz"] + 1, c["Tz"], 0 * c["Tz"] + 2]
    found = understood(write(tmp_path / "a.csv", header, columns), trial)
    record = settled(found)
    assert record.source["up"] == "+y"
    loaded = trial.wrench[2] > 200
    assert "Mz" in record.observable[""]
    force, true = (wrench[:, loaded] for wrench in (record.belts[""], trial.wrench))
    assert np.abs(free_moment(force) - free_moment(true)).max() < 0.05
    assert list(record.source["ignored"]) == ["Tx", "Tz"]
    assert next(fact.value for fact in found.facts if fact.name == "not used") == "Tx, Tz"
