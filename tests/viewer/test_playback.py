"""The clock of the window: exact positions, exact loops, no drift; live smooth, yet hardly late."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.steps import StepTable
from daq.bouts import BoutSpan, in_span, span_table
from viewer.source import Happening
from viewer.time.bouts import FIRST_HALF, SECOND_HALF, SELECTION, bouts_of, stretches
from viewer.time.live_clock import MOST_LAG_S, LiveClock
from viewer.time.playback import SPEEDS, Playback, next_stance, previous_stance

HOUR = 3600.0


def playback(last_s=HOUR, first_s=0.0, live=False, host_s=100.0):
    made = Playback(live=live)
    made.advance(host_s, first_s, last_s)
    return made


def test_plays_on_an_absolute_schedule_for_ten_hours_of_uneven_frames():
    play = playback(last_s=50_000.0)
    play.play()
    host = 1000.0 + np.cumsum(np.random.default_rng(3).uniform(0.002, 0.1, 720_000))
    for host_s in host.tolist():
        now = play.advance(host_s, 0.0, 50_000.0)
    assert host[-1] - host[0] > 10 * HOUR
    assert abs(now - (host[-1] - host[0])) < 1e-10  # adding up frames would be off by some 1e-9


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(0.001, 0.2), st.sampled_from((None, *SPEEDS))), min_size=1, max_size=80))
def test_a_change_of_speed_keeps_the_position(frames):
    play = playback()
    play.play()
    host = expected = 0.0
    for number, (dt, speed) in enumerate(frames):
        expected += dt * play.speed if number else 0.0  # the first frame is where playing begins
        host += dt
        now = play.advance(200.0 + host, 0.0, HOUR)
        assert now == pytest.approx(expected, abs=1e-9)
        if speed is not None:
            play.set_speed(speed)
            assert (play.now_s, play.speed) == (now, speed)


def test_speeds_step_through_the_list_and_stop_at_its_ends():
    play = playback()
    seen = [play.speed]
    for _ in range(6):
        play.faster()
        seen.append(play.speed)
    assert seen == [1, 2, 5, 10, 20, 20, 20]
    for _ in range(9):
        play.slower()
    assert play.speed == 0.1
    play.set_speed(1.3)
    play.faster()
    assert play.speed == 2
    play.set_speed(1e9)
    assert play.speed == 20


def test_pausing_for_long_does_not_jump():
    play = playback()
    play.seek(12.5)
    play.play()
    play.advance(101.0, 0.0, HOUR)
    assert play.advance(102.0, 0.0, HOUR) == 13.5
    play.toggle()
    assert play.advance(500.0, 0.0, HOUR) == 13.5
    play.toggle()  # the window may not have drawn for minutes
    assert play.advance(900.0, 0.0, HOUR) == 13.5
    assert play.advance(900.25, 0.0, HOUR) == 13.75


def test_seeks_exactly_clamped_and_goes_on_playing():
    play = playback(last_s=60.0, first_s=2.0)
    for asked, got in ((33.3, 33.3), (-5.0, 2.0), (99.0, 60.0)):
        play.seek(asked)
        assert play.advance(100.0, 2.0, 60.0) == got
    play.seek(10.0)
    play.play()
    play.advance(101.0, 2.0, 60.0)
    play.advance(102.0, 2.0, 60.0)
    play.seek(40.0)
    assert play.advance(102.5, 2.0, 60.0) == 40.5


def test_stops_at_the_end_and_plays_again_from_the_beginning():
    play = playback(last_s=60.0)
    play.seek(59.5)
    play.play()
    play.advance(101.0, 0.0, 60.0)
    assert play.advance(102.0, 0.0, 60.0) == 60.0
    assert not play.playing
    play.toggle()
    assert play.advance(105.0, 0.0, 60.0) == 0.0
    assert play.advance(106.0, 0.0, 60.0) == 1.0


@settings(deadline=None, max_examples=100)
@given(
    st.floats(0, 50), st.floats(0.06, 9), st.floats(0, 1, exclude_max=True), st.sampled_from(SPEEDS),
    st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_a_loop_is_exact(begin, length, share, speed, seed):
    play = playback(last_s=60.0)
    play.set_loop(begin + length, begin)
    begin, end = play.loop
    start = begin + share * (end - begin)
    play.seek(start)
    start = play.now_s
    assume(start < end)
    play.set_speed(speed)
    play.play()
    for dt in (0.0, *np.random.default_rng(seed).uniform(0, 0.3, 200).cumsum().tolist()):
        now = play.advance(300.0 + dt, 0.0, 60.0)
        assert begin <= now < end
        assert abs(math.remainder(start + dt * speed - now, end - begin)) < 1e-6
    assert play.playing


def test_a_loop_takes_hold_and_lets_go():
    play = playback(last_s=60.0)
    play.seek(30.0)
    play.set_loop(10.0, 12.0)
    assert (play.now_s, play.looping) == (10.0, True)
    play.set_loop(20.0, 20.01)  # a slip of the mouse
    assert play.loop == (10.0, 12.0)
    play.set_loop(9.0, 11.0)
    assert play.now_s == 10.0  # still inside: no jump
    play.seek(40.0)  # looked at elsewhere: plays on there, to the end
    play.play()
    play.advance(101.0, 0.0, 60.0)
    assert play.advance(111.0, 0.0, 60.0) == 50.0
    play.set_looping(False)
    assert (play.loop, play.now_s) == ((9.0, 11.0), 50.0)
    play.set_looping(True)
    assert play.now_s == 9.0
    play.clear_loop()
    assert (play.loop, play.looping) == (None, False)


def test_live_is_followed_frozen_scrolled_and_followed_again():
    play = playback(live=True, last_s=50.0)
    assert (play.now_s, play.following) == (50.0, True)
    assert play.advance(101.0, 0.0, 51.0) == 51.0
    play.toggle()
    for later in range(30):
        assert play.advance(102.0 + later, 0.0, 52.0 + later) == 51.0
    assert (play.following, play.behind_s) == (False, 30.0)
    play.seek(20.0)
    assert play.advance(132.0, 0.0, 82.0) == 20.0
    assert play.advance(133.0, 23.0, 83.0) == 23.0  # no longer remembered: shows the oldest there is
    play.follow()
    assert play.advance(134.0, 24.0, 84.0) == 84.0
    assert play.playing


def test_live_in_slow_motion_falls_behind_and_fast_motion_catches_up():
    play = playback(live=True, last_s=50.0)
    play.set_speed(5.0)
    assert play.following  # nothing is faster than what happens
    play.set_speed(0.5)
    assert not play.following
    assert play.advance(104.0, 0.0, 54.0) == 52.0
    play.set_speed(5.0)
    assert play.advance(104.25, 0.0, 54.25) == 53.25
    play.advance(105.0, 0.0, 55.0)
    assert (play.following, play.speed, play.now_s) == (True, 1.0, 55.0)
    play.pause()
    play.seek(99.0)
    assert play.following  # dragged to the right end


def test_another_take_starts_anew():
    play = playback(live=True, last_s=50.0)
    play.set_loop(10.0, 20.0)
    play.pause()
    assert play.advance(101.0, 0.0, 0.25, take=1) == 0.25
    assert (play.following, play.loop, play.speed) == (True, None, 1.0)
    assert play.advance(101.1, 0.0, 0.35, take=1) == pytest.approx(0.35)


def test_a_loop_that_is_forgotten_ends():
    play = playback(live=True, last_s=50.0)
    play.set_loop(10.0, 11.0)
    assert play.advance(101.0, 10.5, 51.0) >= 10.5
    play.advance(102.0, 11.5, 52.0)
    assert (play.loop, play.looping) == (None, False)
    assert play.now_s >= 11.5


def arrivals(chunk_s, seconds, seed, ppm=0.0, jitter_s=0.0):
    """(host, newest) at frames of 60/s while chunks come."""
    rng = np.random.default_rng(seed)
    frames = np.cumsum(rng.uniform(0.014, 0.020, round(seconds * 60)))
    comes = np.arange(1, round(1.1 * seconds / chunk_s)) * chunk_s
    comes = np.maximum.accumulate(comes + rng.uniform(0, jitter_s, comes.size))
    count = np.searchsorted(comes, frames, side="right")
    return 5000.0 + frames, count * chunk_s * (1 + ppm * 1e-6)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from((0.01, 0.016, 0.02, 0.03, 0.05)), st.integers(0, 2**32 - 1), st.floats(-300, 300),
    st.floats(0, 0.03),
)  # fmt: skip
def test_live_is_never_ahead_never_backwards_never_late(chunk_s, seed, ppm, jitter_s):
    clock = LiveClock()
    before = -math.inf
    for host_s, newest_s in zip(*arrivals(chunk_s, 12, seed, ppm, jitter_s), strict=True):
        shown = clock.advance(host_s, newest_s)
        assert before <= shown <= newest_s
        assert newest_s - shown <= MOST_LAG_S + 1e-9
        before = shown


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0, 2)), min_size=1, max_size=50))
def test_live_holds_its_promises_whatever_comes(moves):
    clock = LiveClock()
    host_s = newest_s = 0.0
    before = -math.inf
    for host_step, newest_step in moves:
        host_s, newest_s = host_s + host_step, newest_s + newest_step
        shown = clock.advance(host_s, newest_s)
        assert before <= shown <= newest_s <= shown + MOST_LAG_S + 1e-9
        before = shown


def test_live_moves_evenly_while_that_is_affordable():
    for chunk_s, most_s in ((0.008, 0.004), (0.016, 0.010), (0.02, 0.013)):  # a pixel is 13 ms wide at 10 s in sight
        host, newest = arrivals(chunk_s, 20, seed=1)
        clock = LiveClock()
        shown = np.array([clock.advance(h, n) for h, n in zip(host, newest, strict=True)])
        late = host > host[0] + 5
        uneven = np.diff(shown - host)[late[1:]]
        assert np.abs(uneven).max() < most_s  # showing the newest would jump by a chunk
        assert np.abs(np.diff(newest - host)).max() > chunk_s / 2


@pytest.mark.parametrize("chunk_s", [0.01, 0.02, 0.03, 0.04, 0.05])
def test_live_keeps_the_budget_of_latency(chunk_s):
    host, newest = arrivals(chunk_s, 30, seed=2)
    clock = LiveClock()
    shown = np.array([clock.advance(h, n) for h, n in zip(host, newest, strict=True)])
    sample_s = np.arange(5.0, 25.0, 0.001)
    seen = host[np.searchsorted(shown, sample_s)] - 5000.0 - sample_s
    assert np.median(seen) + 0.020 <= 0.060  # with the filter; frames are in it
    assert np.percentile(seen, 99) + 0.020 <= 0.120


def test_live_recovers_from_a_stall():
    host, newest = arrivals(0.008, 20, seed=4)
    newest[(host > 5005.0) & (host < 5006.5)] = newest[host <= 5005.0][-1]
    clock = LiveClock()
    shown = np.array([clock.advance(h, n) for h, n in zip(host, newest, strict=True)])
    even = np.diff(shown - host)[host[1:] > 5015.5]
    assert np.abs(even).max() < 0.005


def table(toe_off_s, touchdown_s=None):
    toe_off_s = np.asarray(toe_off_s, float)
    touchdown_s = toe_off_s - 0.25 if touchdown_s is None else touchdown_s
    return StepTable({"step": np.arange(1, toe_off_s.size + 1), "toe_off_s": toe_off_s, "touchdown_s": touchdown_s})


def test_stances_are_complete_on_the_screen_one_by_one():
    steps = table([1.0, 1.35, np.nan, 2.05, 2.4])
    now, seen = 0.0, []
    for _ in range(5):
        now = next_stance(steps, now)
        seen.append(round(now, 6))
    assert seen == [1.1, 1.45, 2.15, 2.5, 2.5]
    back = []
    for _ in range(5):
        now = previous_stance(steps, now)
        back.append(round(now, 6))
    assert back == [2.15, 1.45, 1.1, 1.1, 1.1]
    assert next_stance(steps, 1.2) == pytest.approx(1.45)
    assert previous_stance(steps, 1.2) == pytest.approx(1.1)


def test_stances_of_nothing_stay():
    for steps in (StepTable(), table([np.nan])):
        assert next_stance(steps, 7.0) == previous_stance(steps, 7.0) == 7.0


NOTES = (
    Happening(5.0, "marker", "go"), Happening(10.0, "bout", "easy"), Happening(20.0, "bout", "hard"),
    Happening(30.0, "bout", ""), Happening(40.0, "bout", "easy"), Happening(41.0, "note", "tired"),
)  # fmt: skip


def test_bouts_last_until_the_next_their_end_or_the_sessions():
    assert bouts_of(NOTES, 50.0) == (
        BoutSpan("easy", 10, 20, "easy"), BoutSpan("hard", 20, 30, "hard"), BoutSpan("easy (2)", 40, 50, "easy"),
    )  # fmt: skip
    assert bouts_of(NOTES[:1], 50.0) == ()


def test_every_step_belongs_to_one_bout_at_most_and_to_one_half():
    steps = table(np.arange(0.3, 50.01, 0.5), np.append(np.arange(0.3, 49.8, 0.5) - 0.3, 50.0))
    bouts = bouts_of(NOTES, 50.0)
    inside = np.sum([in_span(steps, bout) for bout in bouts], axis=0)
    assert inside.max() == 1
    assert span_table(steps, bouts[0])["touchdown_s"].tolist() == np.arange(10.0, 20.0, 0.5).tolist()
    given = {bout.name: bout for bout in stretches(NOTES, 0.0, 50.0, (3.0, 4.0))}
    halves = in_span(steps, given[FIRST_HALF]).astype(int) + in_span(steps, given[SECOND_HALF])
    assert halves.min() == halves.max() == 1
    assert given[SELECTION] == BoutSpan(SELECTION, 3.0, 4.0)
    assert SELECTION not in {bout.name for bout in stretches((), 0.0, 50.0)}
