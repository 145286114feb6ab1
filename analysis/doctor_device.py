"""The device as lights: its sample rate, its clock against this computer's, and what was lost on the way."""

from analysis.quality import AMBER, GREEN, INFO, LOST, RED, Light, graded

RATE = (0.005, 0.01)
"""Relative error of the sample rate. Further than the upper one from what the device says, a recording is refused; a
rig file that says otherwise is a warning at most, for a session keeps the device's."""
WEIGHING_RATE = (0.15, 0.3)
"""The same for converters that only weigh: they have no crystal."""
CLOCK_PPM = (500.0, 10_000.0)
"""A crystal is within 100 ppm, a ceramic resonator within 5000: 500 ppm are 0.1 ms of a contact time."""
SURE = 3.0
"""Standard uncertainties by which the clock must pass its limit."""


def clock_light(ppm: float | None, u_ppm: float, *, real_time: bool = True) -> Light:
    """Device clock against the host's.

    Args:
        ppm: How much too fast the device's clock runs; None if it answered no question.
        u_ppm: Standard uncertainty of it.
        real_time: Whether the device lives in our time at all; a simulated one need not.

    Returns:
        Light "clock".
    """
    limit = CLOCK_PPM[0]
    if not real_time:
        return Light("clock", INFO, None, limit, "ppm", "a simulated device that does not run in real time: not judged")
    if ppm is None:
        text = "the device did not answer when it was asked for its time. Flash the firmware again"
        return Light("clock", AMBER, None, limit, "ppm", text)
    if SURE * u_ppm > CLOCK_PPM[0] and abs(ppm) - SURE * u_ppm <= limit:
        return Light("clock", INFO, ppm, limit, "ppm", f"{ppm:+.0f} ± {u_ppm:.0f} ppm: too few answers to judge it")
    text = f"{ppm:+.0f} ± {u_ppm:.0f} ppm against this computer's"
    off = max(0.0, abs(ppm) - SURE * u_ppm)
    if off > limit:
        text = (
            f"the device's clock is {'fast' if ppm > 0 else 'slow'}: {text}. All times are wrong by "
            f"{abs(ppm) / 1e4:.2f} %: a board with a crystal instead of a resonator has less than 100 ppm"
        )
    return graded("clock", ppm, CLOCK_PPM, "ppm", text, magnitude=off)


def rate_light(
    ticked_Hz: float, rig_Hz: float, said_Hz: float, *, clock_ppm: float | None = None, weighs: bool = False
) -> Light:
    """Sample rate by the device's time stamps against the rig file's.

    Args:
        ticked_Hz: By the time stamps, Hz.
        rig_Hz: By the rig file, Hz.
        said_Hz: By what the device says of itself, Hz.
        clock_ppm: What is known to be wrong with the time stamps; it is taken out. None takes them as they are.
        weighs: Whether the device says that it only weighs.

    Returns:
        Light "rate".
    """
    limits = WEIGHING_RATE if weighs else RATE
    rate_Hz = ticked_Hz * (1.0 + 1e-6 * (clock_ppm or 0.0))
    from_rig, from_said = abs(rate_Hz / rig_Hz - 1.0), abs(rate_Hz / said_Hz - 1.0)
    off = max(min(from_rig, limits[1]), from_said)
    text = f"{rate_Hz:.2f} Hz measured, {rig_Hz:g} Hz in the rig file"
    if off > limits[0]:
        low = rate_Hz < rig_Hz
        text = f"sample rate too {'low' if low else 'high'}: {text}, {said_Hz:g} Hz said by the device"
        text += ". Correct adc.sample_rate_Hz, or the ADC's clock or its data-ready wire"
    percent = (100.0 * limits[0], 100.0 * limits[1])
    return graded("rate", 100.0 * (rate_Hz / rig_Hz - 1.0), percent, "%", text, magnitude=100.0 * off)


def losses_light(frames: int, lost: int, crc_errors: int, disordered: int, reboots: int) -> Light:
    """Frames that did not arrive, or not whole.

    Args:
        frames: Frames that came.
        lost: Frames missing between them.
        crc_errors: Frames with a wrong checksum.
        disordered: Duplicates and late ones.
        reboots: Resets of the board.

    Returns:
        Light "losses".
    """
    share = lost / max(frames + lost, 1)
    text = f"{lost} lost, {crc_errors} damaged, {disordered} twice or late, of {frames} frames"
    state = GREEN if not (lost or crc_errors or disordered or reboots) else AMBER if share <= LOST else RED
    if reboots:
        state, text = RED, f"the board reset {reboots} times; {text}. Check its supply"
    elif state != GREEN:
        text += ". Check cable, hub and baud rate"
    return Light("losses", state, share, 0.0, "", text)
