"""The metronome: clicks where they belong, however the sound card cuts its blocks, and a pulse without any sound."""

import sys
from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.beat.metronome import CLICK_S, ClickTrack, Metronome
from viewer.beat.sound import BUFFER_S, SilentOutput, SpeakerOutput, open_output
from viewer.errors import ViewerError

RATES = st.sampled_from([44100.0, 48000.0, 96000.0])
CADENCES = st.floats(30, 400)
TEN_HOURS_S = 36_000


class FakeOutput:
    """Plays at an exact rate, when it is told to."""

    problem = ""

    def __init__(self, rate=48000.0):
        self.sample_rate_Hz, self.played, self.fill = rate, np.zeros(0, np.float32), None

    def start(self, fill):
        self.fill = fill

    def stop(self):
        self.fill = None

    def play(self, *sizes):
        at = self.played.size + np.cumsum([0, *sizes])
        blocks = [self.fill(int(start), size) for start, size in zip(at, sizes, strict=False)]
        self.played = np.concatenate([self.played, *blocks])

    def position(self, host_s):
        return host_s * self.sample_rate_Hz


def onsets(sound, rate):
    """Samples at which a click begins: sound after silence as long as half a click."""
    loud = np.flatnonzero(sound)
    first = np.diff(loud, prepend=-(10**9)) > CLICK_S * rate / 2
    return loud[first] - 1  # a click's first sample is a sine's zero


@settings(max_examples=50, deadline=None)
@given(RATES, CADENCES, st.integers(0, 10**10), st.lists(st.integers(1, 5000), min_size=1, max_size=12))
def test_every_cutting_into_blocks_gives_the_same_samples(rate, cadence, start, sizes):
    track = ClickTrack(cadence, rate, accent_every=4)
    edges = start + np.cumsum([0, *sizes])
    parts = [track.block(int(a), int(b - a)) for a, b in pairwise(edges)]
    np.testing.assert_array_equal(np.concatenate(parts), track.block(start, sum(sizes)))


@settings(max_examples=50, deadline=None)
@given(RATES, CADENCES)
def test_a_click_is_within_half_a_sample_of_its_place_after_ten_hours(rate, cadence):
    track = ClickTrack(cadence, rate)
    number = int(TEN_HOURS_S * cadence / 60)
    exact = Fraction(number) * 60 * Fraction(rate) / Fraction(cadence)
    sample = track.sample_of(number)
    assert abs(sample - exact) <= Fraction(1, 2) + Fraction(1, 10**5)
    around = track.block(sample - 50, 100)
    assert not around[:51].any()
    assert around[51:].any()


def test_clicks_of_a_minute_stand_where_they_belong():
    sound = ClickTrack(177.0, 44100.0).block(0, 60 * 44100)
    expected = np.round(np.arange(177) * 60 / 177 * 44100).astype(int)
    np.testing.assert_array_equal(onsets(sound, 44100.0), expected)
    assert 0.2 < np.abs(sound).max() <= 0.5
    assert np.abs(np.diff(sound)).max() < 0.1  # soft edges do not crackle


def test_the_accent_and_the_volume_are_heard():
    track = ClickTrack(120.0, 48000.0, accent_every=2, volume=1.0)
    sound = track.block(0, 4 * 24000).reshape(4, 24000)
    np.testing.assert_array_equal(sound[0], sound[2])
    np.testing.assert_array_equal(sound[1], sound[3])
    crossings = [np.count_nonzero(np.diff(np.sign(beat[:480])) != 0) for beat in sound[:2]]
    assert crossings[0] > 1.4 * crossings[1]
    np.testing.assert_array_equal(ClickTrack(120.0, 48000.0, volume=0.25).block(0, 900), 0.25 * sound[1][:900])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 40000), CADENCES), min_size=1, max_size=12), st.integers(200, 4000))
def test_a_change_of_cadence_moves_no_click_that_is_due(changes, piece):
    output = FakeOutput()
    metronome = Metronome(lambda: output, clock=lambda: output.played.size / 48000.0)
    metronome.start(150.0)
    expected, place, cadence = [0], 0.0, 150.0
    for samples, wanted in [*changes, (48000, None)]:
        output.play(*[min(piece, samples - at) for at in range(0, samples, piece)])
        while round(place + 60 * 48000 / cadence) < output.played.size:
            place += 60 * 48000 / cadence
            expected.append(round(place))
        if wanted is not None:
            metronome.set_cadence(wanted)
            due, cadence = place + 60 * 48000 / cadence, wanted
            place = due - 60 * 48000 / cadence  # the next click comes when it was due
    expected = [at for at in expected if at < output.played.size - 2]
    np.testing.assert_allclose(onsets(output.played, 48000.0)[: len(expected)], expected, atol=1)


def test_ten_hours_of_pulse_and_sound_agree():
    output = FakeOutput()
    metronome = Metronome(lambda: output)
    metronome.start(180.0)
    assert metronome.beat_at(0.5 / 3) == (0, 0.5)
    number, phase = metronome.beat_at(TEN_HOURS_S + 0.1)
    assert number == TEN_HOURS_S * 3
    assert phase == pytest.approx(0.3, abs=1e-6)
    assert output.fill(TEN_HOURS_S * 48000 + 1, 1)[0] != 0
    assert metronome.beat_at(-0.1)[0] == -1
    metronome.stop()
    assert metronome.beat_at(1.0) is None
    assert not metronome.running
    assert output.fill is None


def test_without_sound_the_pulse_goes_on_and_says_why():
    now = [100.0]

    def nothing():
        raise ViewerError("metronome", expected="a sound output", seen="none")

    metronome = Metronome(nothing, clock=lambda: now[0])
    metronome.start(120.0)
    assert metronome.running
    assert metronome.problem == "metronome: expected a sound output, saw none."
    assert metronome.beat_at(101.25) == (2, 0.5)
    now[0] = 101.25
    metronome.set_cadence(60.0)
    assert metronome.beat_at(101.375) == (2, 0.75)
    assert metronome.beat_at(101.5) == (3, 0.0)
    assert metronome.beat_at(102.0) == (3, 0.5)
    assert metronome.cadence_spm == 60.0
    metronome.stop()
    metronome.start(90.0)
    assert metronome.cadence_spm == 90.0


@pytest.mark.parametrize("cadence", [0.0, 29.9, 401.0, float("nan"), float("inf")])
def test_a_cadence_that_nobody_runs_at_is_refused(cadence):
    metronome = Metronome(FakeOutput)
    with pytest.raises(ViewerError, match="30 to 400 steps/min"):
        metronome.start(cadence)
    assert not metronome.running


class PortAudioError(Exception):
    pass


class FakeLibrary:
    """As much of sounddevice as is used."""

    PortAudioError = PortAudioError

    def __init__(self, error=None, start_error=None):
        self.error, self.start_error, self.stream = error, start_error, None

    def query_devices(self, kind):
        if self.error:
            raise self.error
        return {"default_samplerate": 44100.0, "max_output_channels": 8}

    def OutputStream(self, **options):
        def start():
            if self.start_error:
                raise self.start_error

        def close():
            options["finished_callback"]()

        self.stream = SimpleNamespace(start=start, abort=lambda: None, close=close, **options)
        return self.stream


def test_missing_parts_are_named():
    def absent(name):
        raise ModuleNotFoundError(f"No module named {name!r}")

    def no_library(name):
        raise OSError("PortAudio library not found")

    for load, words in [
        (absent, "pip install sounddevice"),
        (no_library, "apt-get install libportaudio2"),
        (lambda _: FakeLibrary(PortAudioError("Error querying device -1")), "Connect a loudspeaker"),
    ]:
        with pytest.raises(ViewerError, match=words):
            open_output(load)
    metronome = Metronome(lambda: open_output(lambda _: FakeLibrary(start_error=PortAudioError("Device unavailable"))))
    metronome.start(180)
    assert "none that can be opened (Device unavailable)" in metronome.problem


def test_the_sound_card_is_served_and_its_delay_is_known():
    library, now = FakeLibrary(), [5.0]
    output = SpeakerOutput(library, lambda: now[0])
    metronome = Metronome(lambda: output, clock=lambda: now[0])
    metronome.start(120.0)
    stream = library.stream
    assert (stream.samplerate, stream.channels, stream.latency) == (44100.0, 2, BUFFER_S)
    out = np.full((22050, 2), 9.0, np.float32)
    stream.callback(out, 22050, SimpleNamespace(currentTime=1.0, outputBufferDacTime=1.25), None)
    np.testing.assert_array_equal(out[:, 0], ClickTrack(120.0, 44100.0).block(0, 22050))
    np.testing.assert_array_equal(out[:, 0], out[:, 1])
    assert metronome.beat_at(5.25) == (0, 0.0)
    now[0] = 5.4
    stream.callback(out, 22050, SimpleNamespace(currentTime=0.0, outputBufferDacTime=-3.0), None)
    number, phase = metronome.beat_at(5.5)  # the driver does not tell: the asked-for delay is taken
    assert (number, phase) == (1, pytest.approx(0.0, abs=1e-9))
    stream.finished_callback()
    assert "went away" in metronome.problem
    metronome.stop()
    assert metronome.problem == ""


def test_stopping_is_not_a_failure():
    library = FakeLibrary()
    output = SpeakerOutput(library)
    output.start(lambda start, n: np.zeros(n, np.float32))
    output.stop()
    output.stop()
    assert output.problem == ""


def test_neither_module_needs_qt_or_a_sound_card():
    import subprocess

    code = "import sys, viewer.beat.metronome; print([m for m in ('PySide6', 'sounddevice') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert SilentOutput().problem == ""
