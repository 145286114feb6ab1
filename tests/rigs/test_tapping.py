"""The tap test as a procedure, through the true byte path: a hand strikes the virtual treadmill, blow by blow."""

import numpy as np
import pytest

from daq.chunk import Chunk
from daq.rig import load_rig
from daq.stream import Stream
from rigs.hand import hand_on
from rigs.mounting import belt_centres
from rigs.procedures.tap_player import TapPlayer
from rigs.procedures.tap_report import report, with_modes
from rigs.procedures.tapping import TapRun, tapped_axes
from rigs.sources import Load


def tapped(
    rig_name="virtual", query="", *, axis="z", seconds=14.0, belt=0, act=None, speed_m_s=0.0, axes=("x", "y", "z")
):
    """A tap test that a player gives; `act(hand, seconds)` may do something else instead."""
    rig = load_rig(rig_name)
    with hand_on(rig_name, f"speed=max&{query}") as (hand, url), Stream(rig, url) as stream:
        hand.turn(speed_m_s)
        surface = rig.machine.surface_length_m, rig.machine.surface_width_m
        player = TapPlayer(hand, belt_centres(rig), surface)
        run, chunks = TapRun(rig, stream.sample_rate_Hz, axes), []

        def look(chunk):
            chunks.append(chunk)
            run.feed(chunk)
            if act is not None:
                act(hand, run.seconds)
            else:
                player.play(axis, belt, run.good, run.seconds)

        stream.collect(seconds, look)
    return run, chunks


def every(period_s, do):
    """Call `do(hand, number)` at the beginning and every so often."""
    state = {"next": 1.0, "number": 0}

    def act(hand, seconds):
        if seconds >= state["next"]:
            state["next"] = seconds + period_s
            do(hand, state["number"])
            state["number"] += 1

    return act


def only(results):
    (one,) = results
    return one


@pytest.mark.parametrize(
    ("rig", "axis", "query", "truth"),
    [
        ("virtual", "z", "fn_Hz=63&zeta=0.03&noise_N=1", (63.0, 0.03)),
        ("frame_8", "x", "fn_x_Hz=48&zeta_x=0.02&noise_N=1&rate=976.5625", (48.0, 0.02)),
        ("virtual", "y", "fn_y_Hz=110&zeta_y=0.06&noise_N=1&rate=2000", (110.0, 0.06)),
    ],
)
def test_blows_are_counted_and_the_mode_is_found(rig, axis, query, truth):
    run, _ = tapped(rig, query, axis=axis, speed_m_s=3.0)
    assert run.good == len(run.seen) >= 5
    assert {tap.axis for tap in run.seen} == {axis}
    found = only(run.results())
    assert found.fit.natural_frequency_Hz == pytest.approx(truth[0], rel=0.01)
    assert found.fit.damping == pytest.approx(truth[1], rel=0.15)
    assert not found.loaded


def test_places_are_told_by_the_cells():
    run, _ = tapped(query="fn_Hz=63", seconds=20.0)
    assert [tap.place for tap in run.seen[:8]] == [
        "centre", "centre", "front left", "front left", "front right", "front right", "rear left", "rear left",
    ]  # fmt: skip


def test_each_belt_of_a_split_machine_has_its_own_blows():
    run, _ = tapped("split_belt", "fn_Hz=60", belt=1, seconds=12.0)
    found = only(run.results())
    assert found.belt == "R"
    said = report(load_rig("split_belt"), [found], 1000.0)
    assert said.modes == {}
    assert any("only one of the two decks" in remark for remark in said.remarks)


def test_what_is_no_clear_blow_is_told_and_not_counted():
    def act(hand, number):
        if number == 0:
            hand.strike(Load((0, 0, 300)))
        if number == 1:
            hand.strike(Load((0, 0, 900)), 0.07)  # a foot
        if number == 2:
            hand.strike(Load((0, 0, 90_000)))  # hard beyond the converter's range
        if number == 3:
            hand.strike(Load((0, 0, 300)))

    run, _ = tapped(query="fn_Hz=63&noise_N=1", act=every(2.2, act), seconds=11.0)
    assert [tap.fault for tap in run.seen] == ["", "pushes or steps", "clipped", ""]
    assert "softly" in run.seen[2].text


def test_a_person_is_noticed_and_a_double_blow_too():
    def act(hand, number):
        if number == 3:
            hand.put(Load((0, 0, 700)))
        elif number < 9:
            hand.strike(Load((0, 0, 300)))

    run, chunks = tapped(query="fn_Hz=63&noise_N=1", act=every(2.0, act), seconds=20.0)
    assert sorted(one.loaded for one in run.results()) == [False, True]
    doubled = np.concatenate([chunk.counts for chunk in chunks])
    at = int(run._pieces_now()[-1][0]) + 150
    assert at == 150
    again = doubled.copy()
    again[at:] += (0.5 * (doubled[:-at] - doubled[:1])).astype(np.int32)
    whole = Chunk.concat(chunks)
    second = TapRun(run.rig, run.sample_rate_Hz)
    second.feed(Chunk(again, *(getattr(whole, name) for name in
                               ("seq", "tick", "boot", "status", "belt", "gap_row", "gap_lost"))))  # fmt: skip
    assert {tap.fault for tap in second.seen} >= {"double blow"}


def test_the_same_blows_however_the_record_is_cut_and_no_fit_over_a_gap():
    run, chunks = tapped(query="fn_Hz=63&noise_N=1", seconds=14.0)
    whole = Chunk.concat(chunks)
    again = TapRun(run.rig, run.sample_rate_Hz)
    again.feed(whole)
    assert only(again.results()) == only(run.results())
    assert again.good == run.good

    middle = len(whole) // 2
    gap = TapRun(run.rig, run.sample_rate_Hz)
    gap.feed(Chunk(*(getattr(whole, name) for name in ("counts", "seq", "tick", "boot", "status", "belt")),
                   np.array([middle]), np.array([7])))  # fmt: skip
    found = only(gap.results())
    assert only(run.results()).blows - 1 <= found.blows <= only(run.results()).blows
    assert found.fit.natural_frequency_Hz == pytest.approx(63.0, rel=0.01)


def test_a_rigid_deck_is_refused():
    run, _ = tapped(query="fn_Hz=0&noise_N=1", seconds=12.0)
    found = only(run.results())
    assert found.fit is None
    said = report(load_rig("virtual"), [found], 1000.0)
    assert said.refused
    assert "REFUSED" in said.lines()[0]
    assert "green" not in {light.state for light in said.lights}, "what nobody tapped is nominal"


def test_axes_are_those_that_cells_see():
    assert tapped_axes(load_rig("deck_4z")) == ("z",)
    assert tapped_axes(load_rig("virtual")) == ("z", "x", "y")


def test_only_what_was_tapped_counts_as_identified():
    run, _ = tapped(query="fn_Hz=48&noise_N=1", seconds=14.0)
    rig = load_rig("frame_8")
    said = report(load_rig("virtual"), run.results(), 1000.0)
    deck = with_modes(rig.deck_modes(), said.modes)
    assert deck.is_identified(deck.z)
    assert not deck.is_identified(deck.x)
    first = said.lights[0]
    assert (first.name, first.state) == ("loading rates and impact", "amber")
    assert "after compensation" in first.text
