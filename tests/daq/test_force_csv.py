"""Force CSV: what is read, what wrench it gives, and what is refused with which words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from analysis.wrench import centre_of_pressure, free_moment
from daq.errors import FormatError
from daq.formats import csv_table
from daq.formats.force_csv import BeltForce, ForceRecord, read_force_csv, write_force_csv

N = 40


def text_of(header="time_s,Fx_N,Fy_N,Fz_N,copx_m,copy_m", n=N, rate=1000.0, **cells):
    """A file of made-up numbers; `cells` replaces {"row,column": text}."""
    names = header.split(",")
    rows = [[f"{100 * k + i % 7}.25" for k in range(len(names))] for i in range(n)]
    for i, row in enumerate(rows):
        for k, name in enumerate(names):
            row[k] = f"{i / rate:.6f}" if name == "time_s" else "0.125" if name.startswith("cop") else row[k]
    for place, cell in cells.items():
        row, column = place.removeprefix("at_").split("_", 1)
        rows[int(row) - 1][names.index(column)] = cell
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


@pytest.fixture
def file(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "force.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


def refused(path, **options):
    with pytest.raises(FormatError) as caught:
        read_force_csv(path, **options)
    assert str(caught.value).startswith(str(path))
    return str(caught.value).removeprefix(str(path))


# --- reading ----------------------------------------------------------------------------------------------------------


def test_one_belt(file):
    record = read_force_csv(file(text_of()))
    assert (record.sample_rate_Hz, record.n, record.duration_s, record.start_s) == (1000.0, N, 0.04, 0.0)
    belt = record.belts[""]
    assert belt.Fz[:3] == pytest.approx([300.25, 301.25, 302.25])
    assert belt.Tz is None
    assert belt.belt_speed is None
    assert belt.observable == {"Fx", "Fy", "Fz", "Mx", "My"}
    assert record.ignored == ()


def test_vertical_force_alone_is_enough(file):
    belt = read_force_csv(file(text_of("time_s,Fz_N"))).belts[""]
    assert belt.observable == {"Fz"}
    assert belt.wrench()[2] == pytest.approx(belt.Fz)
    assert not belt.wrench()[[0, 1, 3, 4, 5]].any()


def test_two_belts_share_or_have_their_own_speed(file):
    shared = read_force_csv(file(text_of("time_s,Fz_N_L,Fz_N_R,belt_speed_m_s")))
    assert list(shared.belts) == ["L", "R"]
    assert (shared.belts["L"].belt_speed == shared.belts["R"].belt_speed).all()
    own = read_force_csv(file(text_of("time_s,Fz_N_L,belt_speed_m_s_L,Fz_N_R,belt_speed_m_s_R")))
    assert (own.belts["L"].belt_speed != own.belts["R"].belt_speed).all()


def test_other_headers_are_mapped_and_the_rest_is_named(file):
    path = file(text_of("Frame,time_s,FP1_Fz,EMG").replace("time_s", "Seconds"))
    record = read_force_csv(path, columns={"Seconds": "time_s", "FP1_Fz": "Fz_N"})
    assert record.ignored == ("Frame", "EMG")
    assert record.belts[""].Fz[0] == 200.25


def test_without_times_the_rate_is_stated(file):
    assert read_force_csv(file(text_of("Fz_N")), sample_rate_Hz=976.5625).sample_rate_Hz == 976.5625


@pytest.mark.parametrize("change", ["crlf", "bom", "blank lines", "quotes", "spaces", "trailing comma"])
def test_what_spreadsheets_do_to_a_file(file, change):
    plain = read_force_csv(file(text_of()))
    text = text_of()
    text = {
        "crlf": text.replace("\n", "\r\n"),
        "bom": "\ufeff" + text,
        "blank lines": "\n" + text + "\n\n",
        "quotes": "\n".join(",".join(f'"{c}"' for c in line.split(",")) for line in text.splitlines()),
        "spaces": text.replace(",", ", "),
        "trailing comma": text.replace("\n", ",\n"),
    }[change]
    record = read_force_csv(file(text))
    assert record.sample_rate_Hz == plain.sample_rate_Hz
    assert (record.belts[""].wrench() == plain.belts[""].wrench()).all()


@pytest.mark.parametrize("hole", ["", "nan", "NaN"])
def test_a_cop_may_have_holes(file, hole):
    belt = read_force_csv(file(text_of(at_5_copx_m=hole, at_5_copy_m=hole))).belts[""]
    assert np.isnan(belt.copx[4])
    assert not belt.wrench()[3:, 4].any()
    assert belt.wrench()[4, 3] == pytest.approx(-0.125 * belt.Fz[3])


@pytest.mark.parametrize(
    ("rate", "decimals"), [(300.0, 3), (300.0, 6), (2400.0, 5), (976.5625, 6), (1000.0, 3), (59.94, 4)]
)
def test_the_rate_survives_coarsely_printed_times(file, rate, decimals):
    text = "time_s,Fz_N\n" + "".join(f"{7 + i / rate:.{decimals}f},{i % 9}\n" for i in range(3000))
    record = read_force_csv(file(text))
    assert record.sample_rate_Hz == pytest.approx(rate, rel=2 * 10.0**-decimals / (3000 / rate))
    assert record.sample_rate_Hz == rate or rate % 1
    assert record.start_s == 7


# --- the wrench -------------------------------------------------------------------------------------------------------


def test_the_wrench_gives_back_cop_and_free_moment():
    rng = np.random.default_rng(1)
    fz = rng.uniform(250, 2500, 500)
    fx, fy, tz = rng.normal(0, 200, 500), rng.normal(0, 60, 500), rng.normal(0, 10, 500)
    x, y = rng.uniform(-0.5, 0.5, 500), rng.uniform(-0.2, 0.2, 500)
    belt = BeltForce(fz, fx, fy, x, y, tz)
    wrench = belt.wrench()
    assert np.array(centre_of_pressure(wrench)) == pytest.approx(np.array([x, y]), abs=1e-12)
    assert free_moment(wrench) == pytest.approx(tz, abs=1e-9)
    assert belt.observable == {"Fx", "Fy", "Fz", "Mx", "My", "Mz"}


def test_moments_are_zero_where_the_foot_barely_presses():
    fz = np.array([19.9, 20.0, -30.0, 500.0])
    huge = np.full(4, 65.0)
    wrench = BeltForce(fz, copx=huge, copy=huge).wrench()
    assert wrench[3].tolist() == [0, 1300, 0, 32500]
    assert wrench[4].tolist() == [0, -1300, 0, -32500]


# --- refusing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["an empty file"]),
        ("\n\n \n", ["an empty file"]),
        ("time_s,Fz_N\n", ["at least 10 rows", "saw 0"]),
        (text_of(n=9), ["at least 10 rows", "saw 9"]),
        ("0.0,1.0\n0.1,2.0\n", ["a header row", "numbers: 0.0,1.0"]),
        (
            text_of("time_s,FP1_Fz,Fx_N"),
            ["a column Fz_N", "FP1_Fz, Fx_N", "FP1_Fz is the vertical force in newtons, name it Fz_N"],
        ),
        (text_of("time_s,fz_n"), ["a column Fz_N", "fz_n is the vertical force in newtons, name it Fz_N"]),
        (text_of("time_s,pressure"), ["a column Fz_N", "Name it Fz_N"]),
        (text_of("t,Fz_N"), ["a column time_s", "t, Fz_N", "Name the time column time_s"]),
        (text_of("time_s,Fz_N,Fz_N_L"), ["either Fz_N or Fz_N_L"]),
        (text_of("time_s,Fz_N,Fz_N"), ["one column Fz_N", "saw 2"]),
        (text_of(at_12_Fx_N="abc"), ["a number", "'abc' in row 12, column Fx_N"]),
        (text_of(at_12_Fx_N="1_000"), ["'1_000' in row 12"]),
        (text_of(at_12_Fz_N="nan"), ["finite numbers in Fz_N", "nan in row 12"]),
        (text_of(at_12_Fz_N=""), ["finite numbers in Fz_N", "nan in row 12"]),
        (text_of(at_12_Fy_N="inf", at_15_Fy_N="-inf"), ["finite numbers in Fy_N", "inf in row 12 and 1 more"]),
        (text_of(at_12_copx_m="inf"), ["finite numbers in copx_m"]),
        (text_of(at_12_time_s="nan"), ["finite numbers in time_s"]),
        (text_of(at_12_time_s="0.010"), ["time_s to increase", "0.01 then 0.01 in rows 11 and 12", "more decimals"]),
        (text_of(at_12_time_s="0.005"), ["time_s to increase", "rows 11 and 12"]),
        (text_of(at_40_time_s="0.050"), ["evenly spaced", "a gap of 0.012 s after row 39", "typically 0.001 s"]),
        (text_of().replace("0.000000", "-0.003", 1), ["a gap of 0.004 s after row 1"]),
        (text_of(rate=1.0), ["time_s in seconds", "milliseconds?"]),
        (text_of().replace("125\n", "125,8\n", 1), ["6 cells in every row", "7 in row 1"]),
        (text_of().replace("\n0.004", "\n5\n0.004"), ["6 cells in every row", "1 in row 5"]),
        (text_of().replace(",", ";"), ["commas between columns", "semicolons"]),
        (text_of().replace(",", ";").replace(".", ","), ["commas between columns", "semicolons"]),
        (text_of().replace(",", "\t"), ["commas between columns", "tabs"]),
        ("time_s,Fz_N\n0,001,500,5\n0,002,501,5\n", ["points as decimal marks", "4 cells under 2 headers"]),
        ("time_s,Fz_N\n0.1;5\n0.2;6\n", ["commas between columns", "semicolons: 0.1;5"]),
        (text_of().replace(",30", ",-30"), ["Fz_N upwards positive", "Reverse the sign"]),
        (text_of().replace(",0.125", ",312.5"), ["copx_m in metres", "millimetres?"]),
        (b"time_s,Fz_N\n0.1,\xff\n", ["UTF-8 text", "0xff"]),
        (b"\x89HDF\r\n\x1a\n", ["UTF-8 text", "0x89"]),
    ],
)
def test_a_bad_file_says_what_is_wrong_with_it(file, text, words):
    message = refused(file(text))
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"Force": "Fz_N"}, ["a column 'Force', as mapped", "time_s, Fx_N"]),
        ({"Fx_N": "Fz"}, ["a map onto one of time_s, Fx_N", "saw Fx_N=Fz"]),
        ({"Fx_N": "Fz_N"}, ["one column Fz_N", "saw 2"]),
    ],
)
def test_a_bad_map(file, columns, words):
    message = refused(file(text_of()), columns=columns)
    for word in words:
        assert word in message


def test_files_that_are_not_there_or_too_large(file, tmp_path, monkeypatch):
    assert "a readable file" in refused(tmp_path / "nothing.csv")
    assert "a readable file" in refused(tmp_path)
    monkeypatch.setattr(csv_table, "MAX_BYTES", 100)
    assert "expected at most 1e-07 GB" in refused(file(text_of()))


# --- writing ----------------------------------------------------------------------------------------------------------


def columns_of(n):
    numbers = npst.arrays(np.float64, n, elements=st.floats(-3000, 3000))
    return st.one_of(st.none(), numbers)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_written_reads_back(tmp_path_factory, data):
    n = data.draw(st.integers(10, 30))
    sides = data.draw(st.sampled_from([("",), ("L", "R"), ("L",)]))
    rate = data.draw(st.sampled_from([300.0, 976.5625, 1000.0, 2400.0]))
    belts = {}
    for side in sides:
        fz = np.abs(data.draw(npst.arrays(np.float64, n, elements=st.floats(0, 3000))))
        fx, fy, tz, speed = (data.draw(columns_of(n)) for _ in range(4))
        place = st.one_of(st.none(), npst.arrays(np.float64, n, elements=st.floats(-1, 1)))
        x, y = data.draw(place), data.draw(place)
        if x is not None:
            x[fz < 200] = np.nan
        belts[side] = BeltForce(fz, fx, fy, x, y, tz, speed)
    record = ForceRecord(rate, belts, start_s=2.5)
    path = tmp_path_factory.mktemp("round") / "force.csv"
    write_force_csv(path, record)
    back = read_force_csv(path)
    assert back.sample_rate_Hz == pytest.approx(rate, rel=1e-6)
    assert list(back.belts) == list(sides)
    for side in sides:
        for name, digits in {"Fz": 4, "Fx": 4, "Fy": 4, "copx": 6, "copy": 6, "Tz": 5, "belt_speed": 9}.items():
            old, new = getattr(belts[side], name), getattr(back.belts[side], name)
            assert (old is None) == (new is None)
            if old is not None:
                np.testing.assert_allclose(new, old, atol=0.51 * 10.0**-digits, rtol=0, equal_nan=True)
        assert back.belts[side].observable == belts[side].observable


def test_nothing_is_overwritten_unasked(tmp_path):
    record = ForceRecord(1000.0, {"": BeltForce(np.arange(20.0))})
    path = tmp_path / "force.csv"
    write_force_csv(path, record)
    with pytest.raises(FormatError, match="expected a new file"):
        write_force_csv(path, record)
    write_force_csv(path, record, overwrite=True)
    with pytest.raises(FormatError, match="a writable file"):
        write_force_csv(tmp_path / "no" / "force.csv", record)
    assert path.read_text(encoding="utf-8").splitlines()[:2] == ["time_s,Fz_N", "0.000000000,0.0000"]
