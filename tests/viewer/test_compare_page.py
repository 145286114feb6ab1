"""The page of a comparison: the numbers of the statistics, nothing claimed that the design does not carry."""

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from analysis.comparison import Comparison, Design, Difference
from analysis.comparison_evidence import EVIDENCE
from analysis.comparison_words import load_shift_note, plain_line
from analysis.stance_curves import POINTS
from daq.analysed import analysed
from daq.bouts import bout_tables, session_bouts
from daq.errors import SessionError
from daq.session import open_session
from tests.comparisondata import VERTICAL, Run, make_session
from viewer.report import compare_curves
from viewer.report.compare_curves import WINDOW_S, mean_curves, windows
from viewer.report.compare_figures import MOST_PCT, _bar, curve_group, interval_group
from viewer.report.compare_material import Shown, make_material
from viewer.report.compare_page import render_comparison, write_comparison
from viewer.report.compare_tables import POSE, pose_rows, rows_of, signed, spelled
from viewer.report.style import drawing_style

NAMES = ("easy", "pose")
DESIGN = Design("test", "mixed model", "3 and 3 bouts of one session.", 1, 1, (3, 3), (18, 18))
DESCRIPTION = replace(DESIGN, kind="not a test", why="Not a test: there is 1 bout each.", bouts=(1, 1))
HOSTILE = '<script src="//evil">alert(1)</script>\x00 $x^2$ \\frac _a'


def difference(metric, before, after, half, mdc=None, verdict="no clear change", *, primary=False):
    away = after - before
    percent = None if metric == "heel_share" else 100 * away / before
    return Difference(metric, before, after, away, away - half, away + half, percent, 4.0, "", mdc, verdict, 0.0,
                      (18, 17), primary)  # fmt: skip


def comparison(design=DESIGN, **more):
    found = [
        difference("heel_share", 0.9, 0.2, 0.2, 0.1, "changed"),
        difference("cadence_spm", 160.0, 176.0, 4.0, 20.0, "within the runner's own variation"),
        difference("contact_time_ms", 243.44, 216.4, 7.0, 3.6, "changed", primary=True),
        difference("vertical_oscillation_mm", 91.4, 70.7, 30.0),
        difference("hf_peak_BW", 0.32, 0.01, 0.1, None, "no baseline: an interval that excludes 0"),
        difference("braking_impulse_BW_s", 0.0224, 0.0226, 0.001),
    ]
    if design.kind == "not a test":
        found = [replace(one, verdict="not a test", mdc=None) for one in found]
    values = {"notes": ("contact_time_ms was declared beforehand.",), "not_compared": {"strike_index": "no foot"}}
    return Comparison(design, {one.metric: one for one in found}, **(values | more))


@pytest.fixture(scope="module")
def sessions(tmp_path_factory):
    """One session of two bouts, with fore-aft force and without."""
    folder = tmp_path_factory.mktemp("page")
    runs = [Run("easy", "RBDS008_T35", 6), Run("pose", "RBDS010_T35", 6)]
    return {"full": make_session(folder / "full.h5", *runs),
            "vertical": make_session(folder / "vertical.h5", *runs, observable=VERTICAL)}  # fmt: skip


def shown(path, **results):
    with open_session(path) as session:
        before, after = session_bouts(session)
    one = analysed(path)
    return Shown(replace(one, results={**one.results, **results}), ((before,), (after,)))


@pytest.fixture(scope="module")
def material(sessions):
    return make_material(NAMES, comparison(), [shown(sessions["full"])], [])


@pytest.fixture(scope="module")
def page(material):
    return render_comparison(material)


@pytest.fixture(scope="module")
def bare(material):
    """The same without curves, for pages that are about something else."""
    return replace(material, feet=())


def root_of(page):
    return ElementTree.fromstring(page.partition("\n")[2])


def text_of(element):
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def part(page, kind, metric):
    (found,) = [one for one in root_of(page).iter(kind) if one.get("data-metric") == metric]
    return found


def section(page, begin):
    (found,) = [one for one in root_of(page).iter("section") if text_of(one.find("h2")).startswith(begin)]
    return found


def test_the_page_stands_alone_and_its_text_is_text(page):
    root = root_of(page)
    tags = {element.tag for element in root.iter()}
    assert not tags & {"script", "link", "img", "image", "iframe", "object", "foreignObject"}
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert not re.search(r"(?i:https?:|@import|\bnan\b|undefined)|\bNone\b", page)
    assert len(page.encode()) < 500_000
    words = {text_of(text) for text in root.iter("text")}
    assert {"Vertical force, left foot, BW", "% of contact", "easy", "pose", "Cadence"} <= words


def test_cards_and_table_show_the_numbers_of_the_statistics(page, material):
    cells = [text_of(cell) for cell in part(page, "tr", "contact_time_ms")]
    assert cells == ["Support time, ms primary", "243.4", "216.4", "−27.0", "−11.1 %", "−34.0 to −20.0", "3.6",
                     "changed", "18 / 17"]  # fmt: skip
    card = text_of(part(page, "div", "heel_share"))
    assert card == "Heel share 90 → 20 % −70 (95 %: −90 to −50) changed"
    assert "160.0 → 176.0 steps/min" in text_of(part(page, "div", "cadence_spm"))
    assert "within own variation" in text_of(part(page, "div", "cadence_spm"))
    assert "differs (no baseline)" in text_of(part(page, "div", "hf_peak_BW"))
    rows = [row.get("data-metric") for row in root_of(page).iter("tr") if row.get("data-metric")]
    assert rows[0] == "contact_time_ms"
    assert set(rows) == set(material.comparison.differences)


def test_every_number_of_a_row_is_rounded_from_the_difference():
    found = comparison()
    for row, one in zip(sorted(rows_of(found), key=lambda row: row.metric),
                        sorted(found.differences.values(), key=lambda one: one.metric), strict=True):  # fmt: skip
        scale = 100.0 if one.metric == "heel_share" else 1.0
        shown_numbers = (row.before, row.after, row.difference, *row.interval.split(" to "))
        for told, value in zip(shown_numbers, (one.before, one.after, one.difference, one.low, one.high), strict=True):
            decimals = len(told.partition(".")[2])
            assert float(told.replace("−", "-")) == pytest.approx(value * scale, abs=0.5001 * 10.0**-decimals)


def test_each_measure_has_its_plain_line_and_the_primary_stands_first(page, material):
    found = material.comparison.differences
    lines = {one.get("data-line"): text_of(one) for one in root_of(page).iter("li") if one.get("data-line")}
    assert lines == {name: plain_line(one) for name, one in found.items() if name != "contact_time_ms"}
    lead = text_of(next(one for one in root_of(page).iter("p") if one.get("class") == "lead"))
    assert lead == f"Primary: {plain_line(found['contact_time_ms'])}"


def test_the_note_on_knee_and_ankle_comes_with_fewer_heel_strikes(page, material, bare):
    note = load_shift_note(material.comparison)
    assert note
    assert note in text_of(section(page, "The Pose measures"))
    found = {**material.comparison.differences, "heel_share": difference("heel_share", 0.2, 0.3, 0.05)}
    other = render_comparison(replace(bare, comparison=replace(material.comparison, differences=found)))
    assert note not in text_of(root_of(other))


def test_what_is_published_stands_with_its_source(page):
    told = text_of(section(page, "What is published"))
    for fact in EVIDENCE:
        assert fact.text in told
        assert fact.source in told


def test_a_description_says_so_first_and_claims_nothing(bare, page):
    plain = render_comparison(replace(bare, comparison=comparison(DESCRIPTION)))
    body = text_of(root_of(plain).find("body"))
    assert body.index("This is a description, not a test. There is 1 bout each.") < body.index("The Pose measures")
    assert "This is a description" not in text_of(root_of(page))
    badges = {text_of(one) for one in root_of(section_text(plain)).iter("span") if "state" in one.get("class", "")}
    assert badges == {"not a test"}
    assert "Filled:" not in body


def section_text(page):
    """The Pose section as a page of its own."""
    return "\n" + ElementTree.tostring(section(page, "The Pose measures"), "unicode")


def test_without_a_primary_everything_is_called_exploratory(bare):
    found = {name: replace(one, primary=False) for name, one in bare.comparison.differences.items()}
    told = text_of(root_of(render_comparison(replace(bare, comparison=replace(comparison(), differences=found)))))
    assert "No primary metric was chosen before looking, so everything here is exploratory: among 6 metrics" in told


def test_what_is_in_doubt_is_grey_with_its_reason_and_gets_no_verdict(sessions, bare):
    doubts = {"contact_time_ms": "a loose cell", "foot_strike": "a loose cell"}
    found = {name: replace(one, verdict="in doubt", doubt="a loose cell") if name in ("contact_time_ms", "heel_share")
             else one for name, one in bare.comparison.differences.items()}  # fmt: skip
    doubted = replace(bare.comparison, differences=found)
    page = render_comparison(replace(bare, comparison=doubted, sessions=(shown(sessions["full"], doubtful=doubts),)))
    for kind in ("div", "tr"):
        for metric in ("contact_time_ms", "heel_share"):
            one = part(page, kind, metric)
            assert "doubtful" in one.get("class")
            assert "in doubt" in text_of(one)
            assert "changed" not in text_of(one)
    assert part(page, "tr", "cadence_spm").get("class") is None
    assert "A loose cell – support time; heel share" in text_of(section(page, "Every metric"))
    words = {text_of(text) for text in root_of(page).iter("text")}
    assert {"Heel share – in doubt", "Support time – primary, in doubt"} <= words
    lead = text_of(next(one for one in root_of(page).iter("p") if one.get("class") == "lead"))
    (line,) = [text_of(one) for one in root_of(page).iter("li") if one.get("data-line") == "heel_share"]
    for told in (lead, line):
        assert "in doubt" in told
        assert "a loose cell" in told
        assert "fell" not in told
    assert "Heel share fell" not in text_of(root_of(page))


def test_no_more_digits_than_the_instrument_knows():
    tight = replace(difference("contact_time_ms", 229.7112, 228.7396, 0.004, 2e-4), verdict="changed")
    (row,) = rows_of(Comparison(DESIGN, {"contact_time_ms": tight}, ()))
    assert (row.before, row.difference, row.interval, row.mdc) == ("229.7", "−1.0", "−1.0 ± <0.1", "<0.1")
    nothing = difference("duty_factor", 0.35, 0.35, 2e-4)
    (row,) = rows_of(Comparison(DESIGN, {"duty_factor": nothing}, ()))
    assert row.interval == "0.000 ± <0.001"


def test_files_that_gave_no_variation_are_not_said_to_tell_it(sessions, bare):
    found = {name: replace(one, mdc=None) for name, one in bare.comparison.differences.items()}
    without = replace(bare, comparison=replace(bare.comparison, differences=found))
    for baseline, words in (((), "no baseline was given"), ((analysed(sessions["full"]),), "fewer than two days")):
        told = text_of(section(render_comparison(replace(without, baseline=baseline)), "What kind of comparison"))
        assert f"{words}" in told
        assert "what this runner changes from day to day is not known" in told


def test_the_design_says_how_many_days(bare):
    for days, words in ((1, "1 session of one day"), (3, "1 session of 3 days"),
                        (None, "1 session of days that are not known")):  # fmt: skip
        design = replace(DESIGN, days=days)
        page = render_comparison(replace(bare, comparison=comparison(design)))
        assert words in text_of(section(page, "What kind of comparison"))


def test_braking_is_drawn_and_compared_only_where_it_was_measured(sessions):
    found = comparison()
    why = "this rig does not measure it"
    kept = {name: one for name, one in found.differences.items() if name != "braking_impulse_BW_s"}
    found = replace(found, differences=kept, not_compared={"braking_impulse_BW_s": why})
    material = make_material(NAMES, found, [shown(sessions["vertical"])], [])
    assert {foot.signal for foot in material.feet} == {"Fz_N"}
    page = render_comparison(material)
    assert text_of(part(page, "div", "braking_impulse_BW_s")) == f"Braking impulse Not compared: {why}."
    assert "Fore-aft" not in page
    assert [row.metric for row in pose_rows(found, rows_of(found))] == list(POSE)


def test_the_design_tells_what_was_compared_and_how(page):
    told = text_of(section(page, "What kind of comparison"))
    for words in ("Test. 3 and 3 bouts of one session.", "mixed model", "3.50 m/s", "P60-50/20", "rises above 50 N",
                  "imported force", "from the mass given", "algorithms", "from the days of “easy”",
                  "Support time was declared beforehand."):  # fmt: skip
        assert words in told
    quality = text_of(section(page, "How good are the recordings"))
    assert "full.h5" in quality
    assert "easy: easy (12 valid steps); pose: pose (12 valid steps)" in quality
    assert "look" in quality


def test_names_that_people_type_are_shown_and_do_nothing(sessions, material):
    page = render_comparison(replace(material, names=(HOSTILE, "pose")))
    root = root_of(page)
    assert "script" not in {element.tag for element in root.iter()}
    assert '<script src="//evil">' in text_of(root.find(".//h1"))
    assert any(text_of(text).startswith("<script") for text in root.iter("text"))


def test_a_page_that_exists_stays(material, tmp_path):
    out = tmp_path / "page.html"
    out.write_text("mine")
    with pytest.raises(SessionError, match=r"page\.html"):
        write_comparison(material, out)
    assert out.read_text() == "mine"


# The curves.


def test_curves_are_the_mean_of_the_steps_of_their_bout_and_foot(sessions):
    one = shown(sessions["full"])
    parts = [(one.session, one.spans[0])], [(one.session, one.spans[1])]
    feet = {(foot.signal, foot.side): foot for foot in mean_curves(parts)}
    assert list(feet) == [("Fz_N", "L"), ("Fz_N", "R"), ("Fx_N", "L"), ("Fx_N", "R")]
    with open_session(one.session.path) as session:
        tables = [table for _, table in bout_tables(session, one.session.table)]
    for side, foot in (("L", feet["Fz_N", "L"]), ("R", feet["Fz_N", "R"])):
        for table, band, total in zip(tables, foot.bands, foot.total, strict=True):
            mine = table.select((table["side"] == side) & table["valid"])
            assert band.steps == total == mine.rows == 6
            assert band.mean.shape == (POINTS,)
            assert band.mean.max() == pytest.approx(mine["active_peak_BW"].mean(), rel=0.02)
            impulse = np.trapezoid(band.mean) / (POINTS - 1) * mine["contact_time_ms"].mean() / 1e3
            assert impulse == pytest.approx(mine["vertical_impulse_BW_s"].mean(), rel=0.01)
            assert np.all(band.sd >= 0)
        assert foot.unit == "BW"
    brake = feet["Fx_N", "R"].bands[0]
    assert brake.mean.min() == pytest.approx(-tables[0]["braking_peak_BW"][tables[0]["side"] == "R"].mean(), rel=0.2)


def test_without_body_weight_curves_are_in_newtons(sessions):
    one = shown(sessions["vertical"], bw_N=None)
    parts = [(one.session, one.spans[0])], [(one.session, one.spans[1])]
    foot = mean_curves(parts)[0]
    assert foot.unit == "N"
    assert 1000 < foot.bands[0].mean.max() < 2500


def test_stretches_are_spread_evenly_and_bounded_however_long_it_is():
    assert windows([3600.0], most=3, longest_s=6.0) == [[597.0, 1797.0, 2997.0]]
    assert windows([4.0]) == [[0.0]]
    assert sum(map(len, windows([60.0] * 40))) <= 2 * compare_curves.WINDOWS
    for durations in ([10.0], [60.0, 5.0], [3600.0, 60.0, 60.0], [30.0] * 12):
        for starts, duration_s in zip(windows(durations), durations, strict=True):
            assert all(a >= 0 and a + min(WINDOW_S, duration_s) <= duration_s + 1e-9 for a in starts)
            assert all(b - a >= WINDOW_S for a, b in pairwise(starts))


# The figure of the intervals.


def test_bars_are_in_per_cent_of_before_and_shares_in_points():
    bar = _bar(difference("contact_time_ms", 240.0, 228.0, 6.0, 3.6, "changed"))
    assert (bar.at, bar.low, bar.high, bar.mdc, bar.sure) == pytest.approx((-5.0, -7.5, -2.5, 1.5, True))
    share = _bar(difference("heel_share", 0.9, 0.2, 0.1, 0.05, "changed"))
    assert (share.at, share.low, share.high, share.mdc) == pytest.approx((-70.0, -80.0, -60.0, 5.0))
    told = difference("contact_time_ms", 240.0, 228.0, 6.0, None, "not a test")
    assert not _bar(told).sure
    assert _bar(replace(told, percent=None)) is None
    negative = replace(difference("force_angle_deg", -10.0, -12.0, 1.0), percent=20.0)
    assert _bar(negative).at == pytest.approx(-20.0)


def test_differences_beyond_the_axis_are_told_in_figures():
    found = {"hf_peak_BW": difference("hf_peak_BW", 0.1, 0.9, 0.05, None, "changed")}
    with drawing_style():
        group = interval_group(Comparison(DESIGN, found, ()))
    assert MOST_PCT < 800
    assert all("+800 %" in drawing.svg for drawing in group.drawings)
    assert [drawing.layout for drawing in group.drawings] == ["wide", "narrow"]


def test_nothing_to_draw_draws_nothing():
    with drawing_style():
        assert interval_group(Comparison(DESIGN, {}, ())) is None
        assert curve_group((), NAMES) is None


def test_words():
    assert signed(-0.04, 1) == "0.0"
    assert signed(0.06, 1) == "+0.1"
    metrics = ["cadence_spm", "contact_time_ms"]
    assert spelled("cadence_spm and contact_time_ms.", metrics) == "Cadence and support time."
    assert spelled("nothing", []) == "nothing"
