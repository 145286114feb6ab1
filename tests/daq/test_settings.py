"""Settings: the rig's gain and rate are made with SET, or it is said plainly why they cannot be."""

import os
from dataclasses import replace

import pytest
from fakes import HELLO, Script, on_pty

from daq.doctor import check_link
from daq.errors import DeviceError, LinkError
from daq.link import Patience, Settings, open_link
from daq.rig import load_rig
from daq.wire import ErrorCode, ErrorReply, Kind, Parameter

QUICK = Patience(retry_s=0.03, give_up_s=0.3, bootloader_s=0.25, stuck_s=0.4)
DEVICE = replace(HELLO, adc="ADS131M08", gains=(32,) * 8, rate_num=1000)
GAINS = tuple(2.0**n for n in range(8))
RATES = (251.96850393700788, 500.0, 1000.0, 2000.0)
WITH_8_MHZ = (488.28125, 976.5625, 1953.125)
pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")


def script(rates=RATES, **changes):
    return Script(**{"hello": DEVICE, "settings": {Parameter.GAIN: GAINS, Parameter.RATE_mHz: rates}, **changes})


def wanted(gain=32.0, rate_Hz=1000.0):
    return Settings("ads131m08", gain, rate_Hz)


def refusal(its_script, its_wanted, error=DeviceError):
    with on_pty(its_script) as (name, device):
        with pytest.raises(error) as caught:
            open_link(name, patience=QUICK, wanted=its_wanted)
        assert caught.value.where == name
    return str(caught.value), device


def test_a_rig_file_says_what_is_wanted():
    rig = load_rig("deck_4z")
    assert Settings.of(rig) == Settings(rig.adc.name, rig.adc.gain, rig.adc.sample_rate_Hz)


def test_gain_then_rate_are_set_before_the_device_is_judged():
    judged = []
    with (
        on_pty(script()) as (name, device),
        open_link(name, patience=QUICK, wanted=wanted(128, 2000), expect=judged.append) as link,
    ):
        assert device.set == [(Parameter.GAIN, 128), (Parameter.RATE_mHz, 2_000_000)]
        assert link.settled
        assert judged == [link.hello]
        assert set(link.hello.gains) == {128}
        assert link.hello.sample_rate_Hz == 2000.0
        link.start()
        assert len(device.set) == 2


@pytest.mark.parametrize(
    ("rates", "rate_Hz"), [(RATES, 1000.0), (RATES, 1000.9), (WITH_8_MHZ, 976.5625), (WITH_8_MHZ, 976.6)]
)
def test_nothing_is_set_that_is_right_within_a_thousandth(rates, rate_Hz):
    num, den = min(rates, key=lambda rate: abs(rate - rate_Hz)).as_integer_ratio()
    hello = replace(DEVICE, rate_num=num, rate_den=den)
    with on_pty(script(rates, hello=hello)) as (name, device):
        with open_link(name, patience=QUICK, wanted=wanted(rate_Hz=rate_Hz)) as link:
            assert not link.settled
        assert device.set == []


def test_a_rate_of_many_digits_is_set():
    with on_pty(script(WITH_8_MHZ)) as (name, device):
        open_link(name, patience=QUICK, wanted=wanted(rate_Hz=976.5625)).close()
        assert device.set == [(Parameter.RATE_mHz, 976_562)]
        assert device.hello.sample_rate_Hz == 976.5625


def test_only_one_of_both_is_set_if_the_other_is_right():
    with on_pty(script()) as (name, device):
        open_link(name, patience=QUICK, wanted=wanted(gain=1)).close()
        assert device.set == [(Parameter.GAIN, 1)]


@pytest.mark.parametrize("its_script", [Script(hello=DEVICE), script(hello=replace(DEVICE, adc="HX711"))])
def test_a_device_without_settings_or_with_another_adc_is_left_to_the_rig_s_check(its_script):
    seen = []
    with on_pty(its_script) as (name, device):
        open_link(name, patience=QUICK, wanted=wanted(gain=64), expect=seen.append).close()
        assert Kind.SET not in [kind for _, kind in device.heard]
    assert [hello.gains[0] for hello in seen] == [32]


def test_a_gain_that_the_adc_has_not():
    text, _ = refusal(script(), wanted(gain=100))
    assert "expected ADC gain 100, as the rig file says, saw gain 32; it can do: 1 2 4 8 16 32 64 128." in text
    assert "Correct adc.gain" in text


def test_976_is_not_1000_and_the_message_says_what_to_do():
    hello = replace(DEVICE, rate_num=15625, rate_den=16)
    text, _ = refusal(script(WITH_8_MHZ, hello=hello), wanted())
    assert "expected 1000 Hz, as the rig file says, saw 976.5625 Hz; it can do: 488.281 976.562 1953.12." in text
    assert "crystal gives 976.5625 Hz: correct adc.sample_rate_Hz in the rig file, or change the crystal" in text


def test_a_rate_that_is_far_from_all_there_are():
    text, _ = refusal(script(), wanted(rate_Hz=4000))
    assert "saw 1000 Hz; it can do: 251.969 500 1000 2000" in text
    assert "only these rates" in text


@pytest.mark.parametrize(
    ("code", "words", "seen"),
    [
        (ErrorCode.ADC_FAULT, "registers", "error 5: registers"),
        (ErrorCode.BUSY, "streaming", "error 6: streaming"),
        (ErrorCode.UNSUPPORTED, "", "error 4."),
    ],
)
def test_other_refusals_are_told_as_they_are(code, words, seen):
    text, _ = refusal(script(refuse={Kind.SET: ErrorReply(code, words)}), wanted(gain=64))
    assert "accept SET" in text
    assert seen in text


def test_a_gain_that_the_wire_cannot_carry():
    text, device = refusal(script(), wanted(gain=2.5))
    assert "expected ADC gain 2.5, as the rig file says, saw gain 2. Correct adc.gain" in text
    assert device.set == [(Parameter.GAIN, 2)]


def test_no_answer_to_set():
    text, _ = refusal(script(mute=frozenset({Kind.SET})), wanted(gain=64), LinkError)
    assert "an answer to SET" in text


def test_a_streaming_device_is_stopped_first():
    with on_pty(script(streaming=True)) as (name, device):
        open_link(name, patience=QUICK, wanted=wanted(gain=64)).close()
        assert device.hello.gains[0] == 64


def test_settings_are_made_again_after_a_reset():
    its_wanted = wanted(128, 2000)
    with on_pty(script(reset_after=60)) as (name, device):
        with open_link(name, patience=QUICK, wanted=its_wanted) as link:
            link.start()
            while device.resets < 1 or link.read(0.1):
                pass
            link.revive()
            assert link.hello.boot == 2
            assert link.settled
        assert device.set == [(Parameter.GAIN, 128), (Parameter.RATE_mHz, 2_000_000)] * 2


@pytest.mark.parametrize(
    ("gain", "settings", "words"),
    [
        (16, True, "1000 Hz, set as the rig says"),
        (None, True, "1000 Hz, as the rig says already"),
        (None, False, "1000 Hz, built in: this device has no settings"),
    ],
)
def test_the_doctor_tells_the_settings(gain, settings, words, monkeypatch):
    monkeypatch.setattr("daq.doctor.SECONDS", 0.1)
    rig = load_rig("virtual")
    hello = replace(DEVICE, adc=rig.adc.name, gains=(gain or round(rig.adc.gain),) * 8)
    possible = {Parameter.GAIN: (rig.adc.gain,), Parameter.RATE_mHz: RATES} if settings else None
    with on_pty(Script(hello=hello, settings=possible)) as (name, _):
        checks = {check.name: check for check in check_link(rig, name, 500_000)}
    assert checks["settings"].text == f"gain {rig.adc.gain:g}, {words}"
    assert checks["settings"].state == "green"


@pytest.mark.parametrize("kind", [Kind.SET, Kind.CLOCK, Kind.START])
def test_a_reset_in_the_middle_of_it_never_streams_with_other_settings(kind):
    with on_pty(script()) as (name, device), open_link(name, patience=QUICK, wanted=wanted(128, 500)) as link:
        device._reset_on = kind
        if kind == Kind.SET:
            device.reset()
        link.start()
        assert link.hello.boot > 1
        assert device.hello.gains[0] == link.hello.gains[0] == 128
        assert link.hello.sample_rate_Hz == 500
        assert device.streaming
