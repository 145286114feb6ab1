"""The page of a runner's progress: it says what the trends say, stands alone, and stays sane whatever they hold."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from analysis.progress import SessionFacts, make_progress
from analysis.progress_load import session_load
from analysis.progress_points import HEEL_SHARE, TREND_METRICS, Bout, Mean
from analysis.steps import StepTable
from daq.errors import SessionError
from viewer.report.progress_figures import _draw_points
from viewer.report.progress_page import write_progress
from viewer.report.progress_words import MAIN, notes_of, plain_line, trend_rows
from viewer.report.style import new_figure

FIRST = 739_313  # 2025-03-03
HOSTILE = '<script src="//evil">alert(1)</script>\x00\x1b $x^2$'
MADE = {"rig": "frame_8", "rig file": " [1]", "calibration": "none", "recorded under": "P60-50/20"}


def steps(n=80):
    step = np.arange(1, n + 1)
    return StepTable({
        "step": step, "side": np.where(step % 2, "L", "R"), "valid": np.ones(n, bool), "gait": np.full(n, "run"),
        "vertical_impulse_BW_s": np.full(n, 0.35), "step_length_m": np.full(n, 1.05), "valr_BW_s": np.full(n, 60.0),
        "impact_class": np.where(step % 4, "impact", "none"), "belt_dip_pct": np.full(n, 1.0),
        "step_time_ms": np.full(n, 350.0),
    })  # fmt: skip


def session(k, cadence, **more):
    means = {"cadence_spm": Mean(cadence, 0.4, 0.5, 80), HEEL_SHARE: Mean(0.9, 0.05, 0.04, 80),
             "contact_time_ms": Mean(250.0 - k, 1.0, 1.0, 80), "k_vert_kN_m": Mean(25.0, 0.2, 0.2, 80)}  # fmt: skip
    bouts = tuple(Bout("easy", False, 3.0, 0.0, 80, means) for _ in range(3))
    load = session_load(steps(), 700.0, {})
    facts = SessionFacts(f"s{k}.h5", "", FIRST + 3 * k, MADE, bouts, 0, load, {}, {"cadence_spm": 0.1}, (), ())
    return replace(facts, **more)


CADENCES = (170.0, 170.6, 170.2, 175.0, 176.0)
DOUBT = {"contact_time_ms": "flights are noisy", "valr_BW_s": "the deck rings"}


def progress(**more):
    sessions = [session(k, cadence) for k, cadence in enumerate(CADENCES)]
    sessions[3] = replace(sessions[3], made_with=MADE | {"calibration": "2025-03-04 [a]"}, marks=("drill: skips",))
    sessions[4] = replace(sessions[4], doubtful=DOUBT, attention=("noise",), load=session_load(steps(), 700.0, DOUBT))
    return make_progress("R-7F3A", "P60-50/20", sessions, **more)


def page_of(made, folder, **more):
    out = folder / f"{len(list(folder.iterdir()))}.html"
    write_progress(made, out, **more)
    return out.read_text(encoding="utf-8")


def text_of(page):
    body = re.sub(r"<(style|svg).*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


def test_it_says_what_the_trends_say(tmp_path):
    made = progress()
    page = page_of(made, tmp_path)
    text = text_of(page)
    trend = made.speeds[0].trends["cadence_spm"]
    assert f"{trend.baseline.mean:.1f}" in text
    assert f"± {trend.baseline.mdc:.1f}" in text
    row = trend_rows(made, made.speeds[0], ("cadence_spm",))[0]
    assert (row.latest, row.baseline, row.state) == ("176.0", "170.3", trend.points[-1].state)
    low, high = trend.points[-1].interval.low, trend.points[-1].interval.high
    assert row.interval == f"{low:.1f} to {high:.1f}"
    assert row.interval in text
    assert "Landings on the heel" in text
    assert "90.0" in text
    assert "calibration: none → 2025-03-04" in text
    assert "drill: skips" in text
    weeks = [str(sum(one.load.contacts for one in made.sessions[a:b])) for a, b in ((0, 3), (3, 5))]
    assert all(count in text for count in weeks)
    assert "no threshold of harm is known" in text
    assert all(note in text for note in notes_of(made))


def test_what_is_in_doubt_is_said_and_not_judged(tmp_path):
    made = progress()
    trend = made.speeds[0].trends["contact_time_ms"]
    assert "in doubt: flights are noisy" in plain_line(made, trend)
    assert trend.points[-1].state == ""
    text = text_of(page_of(made, tmp_path))
    assert "Σ VALR: the deck rings" in text
    assert "in doubt" in text


def test_no_verdict_but_the_runners_own_variation():
    made = progress()
    lines = " ".join(plain_line(made, trend) for trend in made.speeds[0].trends.values()).lower()
    assert not re.search(r"\b(good|bad|better|worse|improv|risk|injur|should|optimal)", lines)


def test_it_stands_alone(tmp_path):
    page = page_of(progress(), tmp_path)
    assert not re.search(r"""(src|href)\s*=\s*["'](?!#)""", page)
    assert "url(http" not in page
    assert "<script" not in page
    assert "default-src 'none'" in page
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) == 3 + 3  # three main metrics, and three pictures of the load
    for drawing in drawings:
        ElementTree.fromstring(drawing)
    words = " ".join(re.findall(r"<text[^>]*>([^<]*)", page))
    assert "Cadence" in words
    assert "other calibration" in words
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_points_are_drawn_at_their_values():
    made = progress()
    axes = new_figure(440, 250).subplots()
    _draw_points(axes, made.speeds[0].trends["cadence_spm"], [float(k) for k in range(5)])
    drawn = {tuple(xy) for container in axes.containers for xy in np.transpose(container.lines[0].get_data())}
    assert drawn == set(enumerate(CADENCES))


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_few_sessions(tmp_path, keep):
    made = make_progress("", "P60-50/20", [session(k, cadence) for k, cadence in enumerate(CADENCES[:keep])])
    text = text_of(page_of(made, tmp_path))
    assert "too few days yet" in text or "part of the baseline" in text or keep == 3


def test_no_more_digits_than_the_instrument_knows_and_no_band_of_nothing(tmp_path):
    tight = {"cadence_spm": Mean(170.0, 1e-4, 1e-4, 80)}
    sessions = [session(k, 170.0, u_instrument={}) for k in range(3)]
    sessions = [replace(one, bouts=tuple(replace(bout, means=tight) for bout in one.bouts)) for one in sessions]
    made = make_progress("R", "P60-50/20", sessions)
    (row,) = trend_rows(made, made.speeds[0])
    assert (row.baseline, row.band, row.interval) == ("170.0", "± <0.1", "170.0 ± <0.1")
    assert "±\N{NO-BREAK SPACE}<0.1" in row.line


def test_way_is_called_distance(tmp_path):
    page = page_of(progress(), tmp_path)
    assert "Distance, km" in page
    assert "Way, km" not in page


def test_days_not_known_are_said(tmp_path):
    made = make_progress("R", "P60-50/20", [session(k, 170.0, day=None, name=f"s{k}") for k in range(3)])
    text = text_of(page_of(made, tmp_path))
    assert "on which day is not known, so it is not judged" in text
    assert "a session, of a day that is not known," in text


def test_a_session_without_anything(tmp_path):
    bare = replace(session(0, 170.0), bouts=(), load=session_load(steps(0), None, {}), day=None)
    text = text_of(page_of(make_progress("R", "P60-50/20", [bare]), tmp_path))
    assert "No session has a bout long enough" in text
    assert "Load by week" not in text


def test_hostile_names_are_only_text(tmp_path):
    one = session(0, 170.0)
    bad = replace(one, name=HOSTILE, marks=(HOSTILE,), bouts=(replace(one.bouts[0], name=HOSTILE),))
    made = make_progress(HOSTILE, "P60-50/20", [bad, session(1, 171.0, doubtful={"cadence_spm": HOSTILE})])
    page = page_of(made, tmp_path, skipped=[(HOSTILE, HOSTILE)], notes=[HOSTILE])
    assert "<script" not in page
    assert "\x00" not in page
    assert "&lt;script" in page


def test_an_existing_page_stays(tmp_path):
    out = tmp_path / "p.html"
    out.write_text("mine")
    with pytest.raises(SessionError, match="one that exists"):
        write_progress(progress(), out)
    assert out.read_text() == "mine"


def test_main_metrics_are_trends():
    assert set(MAIN) <= set(TREND_METRICS)
