"""The session report: it says what the results say, stands alone, and stays sane on sessions of every kind."""

import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportsessions import (
    SESSIONS,
    made_by,
    quality,
    section,
    summary_cells,
    summary_rows,
    tables,
    text_of,
)

from analysis.flags import FLAG_NAMES, INVALIDATING
from analysis.statistics import Z95
from analysis.steps import COLUMNS, StepTable
from analysis.summary import METRICS
from analysis.wrench import FX, FZ
from daq.errors import SessionError
from viewer.report import write_report
from viewer.report.clips import AROUND_S, STRETCHES, WHOLE_S, spans_of
from viewer.report.labels import HEADINGS, MAIN, MAIN_MODELLED, MODELLED
from viewer.report.material import gather
from viewer.report.overlay import MOST_LINES, curves_of, feet_of, overlays
from viewer.report.quality import _REASONS, quality_lines
from viewer.report.sides import signed
from viewer.report.split import _separable, mean_parts, split
from viewer.report.style import drawing_style
from viewer.report.words import (
    MEANINGS,
    duration,
    label_of,
    meaning_of,
    number,
    printable,
    unit_of,
    when,
    within,
)


@pytest.fixture
def made(tmp_path_factory):
    """Path, results and page of each kind of session, made when first asked for."""
    return lambda kind, audience="lab": made_by(tmp_path_factory, kind, audience)


@pytest.mark.parametrize("kind", SESSIONS)
def test_page_stands_alone_and_is_well_formed(made, kind):
    _, _, page = made(kind)
    assert page.startswith("<!doctype html>\n")
    root = ElementTree.fromstring(page.partition("\n")[2])
    tags = {element.tag for element in root.iter()}
    assert not tags & {"script", "link", "img", "image", "iframe", "object", "foreignObject", "base"}
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in root.iter():
        assert not {name for name in element.attrib if name.startswith("on") or name in ("src", "action")}
        if "href" in element.attrib:
            assert element.get("href").startswith("#")
            assert element.get("href")[1:] in ids
        for target in re.findall(r"url\((.*?)\)", " ".join(element.attrib.values())):
            assert target[0] == "#"
            assert target[1:] in ids
    assert not re.search(r"(?i:https?:|@import|\bnan\b|\binf\b|undefined)|\bNone\b|\bnull\b(?! if)", page)
    assert len(page.encode()) < 2_000_000
    assert "The ± of a mean is 1.96 times its standard uncertainty" in page


@pytest.mark.parametrize("kind", ["runner", "vertical cells only", "two belts", "gaps", "saturated", "long"])
def test_summary_shows_the_numbers_of_the_results(made, kind):
    _, results, page = made(kind)
    cells = summary_cells(page)
    ordered = [column for heading in HEADINGS for column in heading.columns]
    assert list(cells) == [name for name in ordered if name in results["summary"]]
    assert set(cells) == set(results["summary"])
    short = summary_cells(page, "main")
    assert 8 <= len(short) <= 16
    assert {name: cells[name] for name in short} == short
    for name, (mean, sure, sd, median, n, unit) in cells.items():
        values = results["summary"][name]
        assert n.replace(",", "") == str(values["n"])
        if values["u"] is None:
            assert sure == "–"
        else:
            assert float(sure.removeprefix("± ").replace(",", "")) == pytest.approx(
                Z95 * values["u"], rel=0.051, abs=5e-7
            )
        assert unit == (f", {unit_of(name)}" if unit_of(name) else MEANINGS[name])
        for shown, key in ((mean, "mean"), (sd, "sd"), (median, "median")):
            decimals = len(shown.partition(".")[2])
            assert float(shown.replace(",", "").replace("−", "-")) == pytest.approx(
                values[key], abs=0.5001 * 10.0**-decimals
            )
        larger = mean if abs(values["mean"]) >= values["sd"] else sd
        assert len(larger.replace(".", "").replace("−", "").lstrip("0")) >= 3 or decimals in (0, 6)


def test_page_says_what_was_recorded_and_how(made):
    _, results, page = made("runner")
    text = text_of(page)
    for expected in (
        "Running session: runner 7", "2025-03-04 05:06 UTC", "12.0 s", f"{len(results['steps'])} valid steps",
        "belt 3.3 m/s", "12,000 at 1000 Hz", "0 of 12,000 frames lost",
        "board Teensy <4.1>, ADC ADS131M08, firmware 0.3.1",
        "port virtual://x?seed=1", "recorded with stance, of the test", results["software"], "mass 82 kg",
        "P60-50/20", "rises above 50 N", "falls below 20 N", "crosses 50 N", "60 Hz", f"{results['bw_N']:.1f} N",
        f"mean vertical force over whole strides is {results['weight_closure']:.4f}", "faster", "warm-up", "0.9 s",
    ):  # fmt: skip
        assert expected in text, expected
    assert results["weight_closure"] == pytest.approx(812.5 / (82 * 9.80665), abs=0.01)
    assert "do not measure fore-aft force" not in text


def test_what_the_rig_cannot_see_is_named_and_not_zero(made):
    _, results, page = made("vertical cells only")
    assert not [name for name in summary_cells(page) if name.startswith(("braking", "propulsive"))]
    (list_,) = [
        part for part in ElementTree.fromstring(page.partition("\n")[2]).iter("ul") if part.get("class") == "missing"
    ]
    told = dict("".join(item.itertext()).split(" – ") for item in list_)
    reason = "This rig's sensors do not measure fore-aft force"
    assert {"braking peak", "braking impulse", "propulsive peak", "propulsive impulse", "end of braking"} <= set(
        told[reason].split("; ")
    )
    shown = {within(label_of(name)) for name in results["summary"]}
    labels = [label for line in told.values() for label in line.split("; ")]
    assert len(labels) == len(set(labels))
    expected = {within(label_of(name)) for name in METRICS if name not in results["summary"]}
    assert expected <= set(labels)
    assert not expected & shown
    assert "Fore-aft force" not in page
    assert re.search(rf"overlay-0[LR]?-{FZ}-", page)
    assert not re.search(rf"overlay-0[LR]?-{FX}-", page)


def test_split_belts_are_shown_side_by_side(made):
    _, results, page = made("two belts")
    assert [step["side"] for step in results["steps"]] == (["R", "L"] * 20)[: len(results["steps"])]
    root = ElementTree.fromstring(page.partition("\n")[2])
    table = root.find(".//table[@class='sides']")
    assert [cell.text for cell in table.iterfind("thead/tr/th")] == ["Metric", "Left", "SD", "n", "Right", "SD", "n"]
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.iterfind("tbody/tr")}
    left, right = (results["by_side"][side]["contact_time_ms"] for side in "LR")
    expected = [f"{left['mean']:.1f}", f"{left['sd']:.1f}", str(left["n"])]
    expected += [f"{right['mean']:.1f}", f"{right['sd']:.1f}", str(right["n"])]
    assert rows["Contact time"] == expected
    assert "Vertical force, left" in page
    assert "Vertical force, right" in page
    assert "Left and right are not told apart" not in page
    assert "Left and right are not told apart" in made("one step")[2]


def test_gaps_are_told_and_drawn(made):
    _, results, page = made("gaps")
    text = text_of(page)
    bad = sum(not step["valid"] for step in results["steps"])
    assert bad >= 2
    assert "940 of 12,000 frames lost" in text
    assert "2, before 3.04 s (40 frames), 7.90 s (900 frames);" in text
    assert f"{len(results['steps'])} steps, {bad} left out of the means" in text
    assert ["info", "Steps left out", f"{bad} touching a gap"] in quality(page)
    assert "Dashed lines: gaps" in text
    assert "Dashed lines" not in made("runner")[2]


@pytest.mark.parametrize(("board", "ppm", "u_ppm", "words"), [
    ("sim virtual", 33_577_638.8, 0.1, "this virtual treadmill did not run in real time"),
    ("sim virtual", -0.0, 3000.0, "too short a time to tell"),
    ("sim virtual", 12.0, 0.1, "12.0 ppm fast"),
    ("Mega 2560", 33_577_638.8, 0.1, "33,577,638.8 ppm fast"),
])  # fmt: skip
def test_the_clock_of_a_device_in_a_hurry_is_not_judged(made, board, ppm, u_ppm, words):
    material = gather(made("runner")[0])
    material = replace(material, header=replace(material.header, device={"board": board}), clock_pairs=5,
                       system={"link counters": {"clock_ppm": ppm, "u_clock_ppm": u_ppm}})  # fmt: skip
    (line,) = [line for line in quality_lines(material) if line.what == "Clock"]
    assert words in line.text
    assert ("ppm" in line.text) == ("ppm" in words)


def test_saturated_steps_are_told(made):
    page = made("saturated")[2]
    assert re.search(r"\d+ steps, 1 left out of the means", text_of(page))
    assert ["info", "Steps left out", "1 with a reading at the end of the sensor's range"] in quality(page)


def test_body_weight_from_the_strides_gives_no_closure(made):
    _, results, page = made("gaps")
    assert results["weight_closure"] is None
    assert "body weight was itself taken from the strides" in text_of(page)


@pytest.mark.parametrize("kind", ["nobody", "somebody standing", "no frame"])
def test_a_session_without_steps_says_so(made, kind):
    _, results, page = made(kind)
    assert results["steps"] == []
    text = text_of(page)
    assert "No valid step was found in this session" in text
    assert "laid over each other" not in text
    assert ("Force over time" in text) == (kind != "no frame")
    assert summary_cells(page) == {}


def test_text_from_the_session_is_only_text(made):
    _, _, page = made("hostile")
    assert "&lt;script src=&#34;//evil&#34;&gt;" in page
    assert "<script" not in page
    assert "\x00" not in page
    assert "\x1b" not in page
    assert "\N{CJK UNIFIED IDEOGRAPH-8DD1}" in page


def test_long_sessions_draw_a_bounded_even_choice(made):
    path, results, page = made("long")
    total = len(results["steps"])
    clips = gather(path).clips.of_belt(0)
    assert 200 < len(clips) < total
    assert {clip.row % 2 for clip in clips} == {0, 1}
    text = text_of(page)
    assert f"from {STRETCHES} stretches spread evenly over the steps" in text
    every_dot = -(-total // 3)
    assert f"Each dot is one step ({every_dot} of {total} valid steps)" in text
    drawn = [p.get("d", "").count("M") for p in ElementTree.fromstring(page.partition("\n")[2]).iter("path")
             if "stroke-opacity" in p.get("style", "")]  # fmt: skip
    assert max(drawn) <= MOST_LINES
    assert sum(drawn) > 100


def test_all_stances_are_drawn_when_they_are_few(made):
    _, results, page = made("runner")
    count = len(results["steps"])
    left, right = ([step["side"] for step in results["steps"]].count(side) for side in "LR")
    assert left + right == count
    assert f"(left: all {left} valid steps; right: all {right} valid steps)" in text_of(page)
    root = ElementTree.fromstring(page.partition("\n")[2])
    for row in (FX, FZ):
        for side, number_of in (("L", left), ("R", right)):
            name = f"overlay-0{side}-{row}-axes_1"
            (figure,) = [s for s in root.iter("svg") if s.find(f".//g[@id='{name}']") is not None]
            curves = [
                p for p in figure.iter("path")
                if "stroke-opacity" in p.get("style", "") and "fill: none" in p.get("style")
            ]  # fmt: skip
            assert sum(path.get("d").count("M") for path in curves) == number_of


def test_sides_that_are_not_known_are_drawn_together(made):
    page = made("one step")[2]
    assert f"overlay-0-{FZ}-axes_1" in page
    assert "all 2 valid steps" in text_of(page)


@pytest.mark.parametrize("kind", ["runner", "two belts", "one step"])
def test_drawn_feet_are_the_feet_of_the_table(made, kind):
    material = gather(made(kind)[0])
    feet = feet_of(material)
    assert sum(len(foot.clips) for foot in feet) == sum(
        len(material.clips.of_belt(b)) for b in range(len(material.belts))
    )
    for foot in feet:
        assert [clip.touchdown_s for clip in foot.clips] == material.table["touchdown_s"][foot.rows].tolist()
        assert set(material.table["side"][foot.rows]) == {foot.side or "?"}


@pytest.mark.parametrize("kind", ["runner", "two belts", "one step"])
def test_each_foot_has_its_own_dots(made, kind):
    path, results, page = made(kind)
    table = gather(path).table
    root = ElementTree.fromstring(page.partition("\n")[2])
    (figure,) = [s for s in root.iter("svg") if s.find(".//g[@id='contact-time-ms-axes_1']") is not None]
    lines = [g for g in figure.iter("g") if g.get("id", "").startswith("contact-time-ms-line2d_")]
    drawn = [len(list(line.iter("use"))) for line in lines]
    feet = [int(np.sum(table["valid"] & (table["side"] == side))) for side in "LR"]
    for count in feet if sum(feet) else [len(results["steps"])]:
        assert count in drawn
    legend = [text.text for text in figure.iter("text") if text.text in ("left", "right", "not known")]
    assert legend == (["left", "right"] if sum(feet) else [])


def test_the_drawn_parts_are_those_of_the_fit(made):
    path, _, page = made("runner")
    assert "split-0L-" in page
    assert "limb's impact (fit)" in page
    assert "body (fit)" in page
    assert "Both areas are a fit, not a measurement" in page
    material = gather(path)
    fine = np.arange(-30.0, 330.0, 0.25)
    for foot in (_separable(material, foot) for foot in feet_of(material)):
        assert foot.clips
        rows = material.table.select(foot.rows)
        limb, body = mean_parts(material, foot, fine)
        assert np.trapezoid(limb, dx=0.25e-3) == pytest.approx(rows["two_mass_J1_BW_s"].mean(), rel=1e-3)
        measured = curves_of(foot, FZ, fine * 1e-3).mean(axis=0) / material.results["bw_N"]
        left_over = limb + body - measured
        assert 1.0 - np.sum(left_over**2) / np.sum((measured - measured.mean()) ** 2) > 0.98
        assert np.abs(left_over).max() < 0.25


def test_steps_of_an_unknown_side_are_not_drawn_as_a_foot_and_it_is_said(made):
    material = gather(made("runner")[0])
    side = material.table["side"].copy()
    side[:5] = "?"
    table = StepTable(dict(material.table) | {"side": side})
    changed = replace(material, table=table)
    assert sum(len(foot.clips) for foot in feet_of(changed)) == material.table["valid"].sum() - 5
    with drawing_style():
        assert "5 steps whose side is not known are not drawn" in overlays(changed).caption
        assert "not known" not in overlays(material).caption


def test_no_parts_are_drawn_where_the_rig_may_not_show_the_impact(made):
    material = gather(made("runner")[0])
    gated = dict(material.table) | {"two_mass_F1_peak_BW": np.full(material.table.rows, np.nan)}
    assert split(replace(material, table=StepTable(gated))) is None
    assert "split-0" not in made("nobody")[2]


def test_drawn_force_stands_where_the_step_table_says(made):
    path, _, _ = made("runner")
    material = gather(path)
    for clip in material.clips.of_belt(0):
        at_events = np.interp([clip.touchdown_s, clip.toe_off_s], clip.force.time_s, clip.force.wrench[0, FZ])
        assert at_events == pytest.approx([50.0, 50.0], abs=12.0)  # 12 N is half a millisecond at touchdown
        assert clip.force.time_s[0] == pytest.approx(clip.touchdown_s - AROUND_S, abs=2e-3) or clip.row == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.0, 3600.0), max_size=80), st.floats(0.0, 3600.0), st.integers(0, 5))
def test_stretches_are_apart_inside_the_session_and_where_steps_are(touchdown_s, last_s, spoilt):
    touchdown_s = np.sort([at for at in touchdown_s if at < last_s])
    steps = StepTable({"step": np.arange(1, touchdown_s.size + 1), "touchdown_s": touchdown_s,
                       "valid": np.arange(touchdown_s.size) % 5 != spoilt})  # fmt: skip
    spans = spans_of(steps, last_s)
    if last_s <= WHOLE_S:
        assert spans == [(0.0, last_s)]
        return
    assert 1 <= len(spans) <= STRETCHES
    assert all(0.0 <= a < b <= last_s + 1e-9 for a, b in spans)
    assert all(before < after for (_, before), (after, _) in pairwise(spans))
    assert sum(b - a for a, b in spans) <= WHOLE_S + 1e-6
    valid = touchdown_s[steps["valid"]]
    for a, b in spans if valid.size else ():
        assert ((valid >= a) & (valid <= b)).any()


def test_force_of_a_stretch_is_that_of_the_whole_session(made):
    path, _, _ = made("long")
    material = gather(path)
    assert len(material.clips.stretches) == STRETCHES
    table = material.table
    for clip in material.clips.clips[::7]:
        drawn = float(clip.force.wrench[clip.belt, FZ].max())
        assert drawn == pytest.approx(table["active_peak_N"][clip.row], abs=4.0)
    curves = material.clips.curves
    rows = np.searchsorted(table["step"], curves.step)
    assert rows.size > 150
    assert np.nanmax(curves.of("Fz_N"), axis=1) == pytest.approx(table["active_peak_N"][rows], abs=4.0)
    assert -np.nanmin(curves.of("Fx_N"), axis=1) == pytest.approx(
        table["braking_peak_BW"][rows] * material.results["bw_N"], abs=4.0
    )


def test_same_session_same_bytes(made, tmp_path):
    path, _, page = made("vertical cells only")
    write_report(path, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text("utf-8") == page
    assert [found.name for found in tmp_path.iterdir()] == ["again.html"]


def test_never_overwrites(made, tmp_path):
    out = tmp_path / "report.html"
    out.write_text("mine")
    with pytest.raises(SessionError, match=r"report\.html: expected a new file, saw one that exists"):
        write_report(made("one step")[0], out)
    assert out.read_text() == "mine"


def test_says_what_is_missing(made, tmp_path):
    with pytest.raises(SessionError, match="no directory"):
        write_report(made("one step")[0], tmp_path / "nowhere" / "report.html")
    with pytest.raises(SessionError, match="nothing of that name"):
        write_report(tmp_path / "none.h5", tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing_behind(made, tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("viewer.report.pages.os.fsync", full)
    with pytest.raises(SessionError, match="No space left"):
        write_report(made("one step")[0], tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_matplotlib_is_asked_late_and_left_as_it_was(made, tmp_path):
    program = f"""
import sys, viewer.report
assert not {{"matplotlib", "jinja2", "h5py"}} & set(sys.modules)
import matplotlib
matplotlib.rcParams.update({{"text.usetex": True, "svg.fonttype": "path", "lines.linewidth": 9}})
def settings():  # not the backend: to ask for it loads pyplot
    return {{key: matplotlib.rcParams[key] for key in matplotlib.rcParams if key != "backend"}}
before = settings()
from pathlib import Path
viewer.report.write_report(Path({str(made("one step")[0])!r}), Path("page.html"))
assert settings() == before
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=tmp_path, check=True)
    assert "Vertical force, N</text>" in (tmp_path / "page.html").read_text("utf-8")


def test_every_column_has_words():
    labels = [label_of(column.name) for column in COLUMNS]
    for column, label in zip(COLUMNS, labels, strict=True):
        assert "_" not in label, column.name
        assert label[0].isupper()
    assert not [name for name in METRICS if re.search(r"_|\bnull\b", meaning_of(name))]
    shared = {label for label in labels if labels.count(label) > 1}
    assert shared == {"Active peak"}  # in N and in BW
    assert label_of("contact_time_5pctBW_ms") == "Contact time at 5 % BW"
    assert label_of("contact_time_30N_ms") == "Contact time at 30 N"
    assert label_of("contact_time_2.5pctBW_ms") == "Contact time at 2.5 % BW"
    assert label_of("u_hf_peak_BW") == "Uncertainty: peak above 10 Hz"


UNITLESS = {"duty_factor", "hf_ratio", "two_mass_p", "two_mass_s", "two_mass_r2", "foot_strike_p", "rearfoot_p"}
RATES = {"valr_BW_s", "valr_25_BW_s", "valr_3_12_BW_s", "valr_200N_BW_s", "vilr_BW_s", "unloading_rate_BW_s",
         "braking_loading_rate_BW_s", "two_mass_rate_BW_s", "u_two_mass_rate_BW_s"}  # fmt: skip
UNIT_OF_ENDING = {"BW_s": "BW·s", "m_s": "m/s", "kN_m": "kN/m", "deg": "°", "ms": "ms", "spm": "steps/min", "BW": "BW",
                  "mm": "mm", "pct": "%", "N": "N", "m": "m", "s": "s"}  # fmt: skip


def test_every_column_has_its_unit():
    for column in COLUMNS:
        name = column.name
        if column.kind != "float" or name in UNITLESS:
            assert unit_of(name) == "", name
        elif name in RATES:
            assert unit_of(name) == "BW/s", name
        elif name in ("strike_index", "u_strike_index"):
            assert unit_of(name) == "%"
        else:
            endings = [ending for ending in UNIT_OF_ENDING if name.endswith("_" + ending)]
            assert unit_of(name) == UNIT_OF_ENDING[max(endings, key=len)], name


def test_every_metric_stands_under_one_heading():
    listed = [column for heading in HEADINGS for column in heading.columns]
    assert sorted(listed) == sorted(METRICS)
    assert set(MAIN) | set(MAIN_MODELLED) <= set(METRICS)
    (modelled,) = [heading for heading in HEADINGS if heading.modelled]
    assert set(modelled.columns) == {name for name in METRICS if name.startswith(("modelled_", "morin_"))}


def test_modelled_values_are_never_shown_as_measured(made):
    page = made("modelled")[2]
    assert "modelled_braking_peak_BW" in summary_cells(page, "main")
    for row in summary_rows(page) + summary_rows(page, "main"):
        modelled = row.get("data-metric") in MODELLED
        assert (row.get("class") == "modelled") == modelled
        assert ("not measured" in "".join(row.itertext())) == modelled
    told = {
        row[0].text for kind in ("sides", "asymmetry") for t in tables(page, kind) for row in t.iterfind("tbody/tr")
    }
    assert told
    assert not told & {label_of(name) for name in MODELLED}


def test_the_lights_stand_on_the_page_as_they_are(made):
    words = {"green": "fine", "amber": "look", "red": "problem", "info": "info"}
    for kind in ("runner", "vertical cells only", "gaps", "nobody", "no frame"):
        _, results, page = made(kind)
        lines = quality(page)
        lights = lines[: len(results["quality"])]
        assert [(line[0], line[2]) for line in lights] == [(words[x["state"]], x["text"]) for x in results["quality"]]
        assert {line[0] for line in lines[len(lights) :]} <= {"info"}
        assert len({line[1] for line in lines}) == len(lines)
        told = section(page, "How good is this recording?")
        reds, ambers = ([light["state"] for light in results["quality"]].count(x) for x in ("red", "amber"))
        assert (f"{reds} problem" in told) == bool(reds)
        assert (f"{ambers} thing" in told) == bool(ambers)
        assert ("Nothing in it asks" in told) == (not reds + ambers)


def test_episodes_and_an_early_end_are_told(made):
    material = gather(made("one step")[0])
    episodes = [{"kind": "standing", "start_s": 2.0, "end_s": 5.0 + k, "belt": ""} for k in range(6)]
    episodes[1] = {"kind": "scuff", "start_s": 7.0, "end_s": 7.1, "belt": "L"}
    told = {line.what: line for line in quality_lines(
        replace(material, results=material.results | {"episodes": episodes, "ended_by": "disk full"}))}  # fmt: skip
    assert told["Besides running"].text.startswith("standing from 2.0 to 5.0 s, scuff (left belt) at 7.0 s, standing")
    assert told["Besides running"].text.endswith("and 1 more")
    assert told["End"].state == "look"
    assert "disk full" in told["End"].text


def test_impact_and_foot_strike_are_told_apart_with_how_sure_they_are(made):
    _, results, page = made("known speed")
    text = section(page, "Impact and foot strike")
    for name, share in results["shares"]["impact_class"].items():
        words = {"none": "no impact"}.get(name, name)
        assert f"{words}{100 * share['share']:.0f} %" in text
        assert f"{100 * share['low']:.0f} to {100 * share['high']:.0f} %{share['n']}" in text
    told = [step for step in results["steps"] if step["valid"] and step["impact_class"]]
    assert f"{sum(step['impact_agreement'] for step in told)} of {len(told)} steps" in text
    for side, foot in (("L", "Left"), ("R", "Right")):
        strike = results["foot_strike"][side]
        assert f"{foot}{strike['name']}{100 * strike['p']:.0f} %{strike['steps']}" in text
    heel = results["foot_strike"]["heel_share"]
    assert f"{100 * heel['share']:.0f} % of {heel['steps']} steps with a verdict" in text
    assert "It is not the same as landing on the heel" in text


def test_an_uncertain_foot_strike_is_not_dressed_up(made):
    _, results, page = made("runner")
    assert results["foot_strike"]["L"]["name"] == "uncertain"
    text = section(page, "Impact and foot strike")
    p = results["foot_strike"]["L"]["rearfoot_p"]
    assert f"Leftuncertaincannot tell; rearfoot with {100 * p:.0f} %" in text
    heel = results["foot_strike"]["heel_share"]
    assert heel["uncertain"] > heel["steps"]
    assert f"not told, because {heel['uncertain']} of {heel['uncertain'] + heel['steps']} steps are uncertain" in text


def test_a_landing_without_a_verdict_says_why(made):
    _, results, page = made("vertical cells only")
    text = section(page, "Impact and foot strike")
    assert f"Nothing can be said of it: {results['missing']['foot_strike']}." in text
    text = section(made("one step")[2], "Impact and foot strike")
    assert text.count("Nothing can be said of it:") == 2


def test_left_and_right_are_described(made):
    _, results, page = made("runner")
    (table,) = tables(page, "asymmetry")
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.iterfind("tbody/tr")}
    assert len(rows) == len(results["asymmetry"])
    seen = set()
    for name, values in results["asymmetry"].items():
        left, right, index, interval, words = rows[label_of(name)]
        assert float(left) == pytest.approx(values["left"], abs=0.51 * 10.0 ** -len(left.partition(".")[2]))
        assert float(right) == pytest.approx(values["right"], abs=0.51 * 10.0 ** -len(right.partition(".")[2]))
        ends = [values["index_pct"], values["low_pct"], values["high_pct"]]
        shown = [float(text.replace("−", "-")) for text in (index, *interval.split(" to "))]
        assert shown == pytest.approx(ends, abs=0.051)
        above, below = values["low_pct"] > 0.0, values["high_pct"] < 0.0
        assert words == ("left larger" if above else "right larger" if below else "contains 0")
        seen.add(words)
    assert len(seen) >= 2
    assert "described here, not judged" in text_of(page)


def test_signs_of_differences():
    assert [signed(x) for x in (1.26, -1.26, 0.04, -0.04, 0.0)] == ["+1.3", "−1.3", "+0.0", "−0.0", "0.0"]


def test_words():
    assert number(-1234.567, 1) == "−1,234.6"
    assert number(None, 2) == "–"
    assert duration(20.04) == "20.0 s"
    assert duration(3599.7) == "60 min 0 s"
    assert when("2025-03-04T01:00:00+02:00") == "2025-03-03 23:00 UTC"
    assert when("yesterday") == "yesterday"
    assert printable("a\x07\ud800b") == "a��b"
    assert printable(7) == 7


def test_every_flag_that_spoils_a_step_has_words():
    spoiling = {name for bit, name in FLAG_NAMES.items() if bit & INVALIDATING}
    assert spoiling == set(_REASONS)
