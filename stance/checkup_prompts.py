"""The parts of `stance doctor` that need a person, in a terminal: what to do, how steady it is, and what was found."""

from collections.abc import Iterator

import click

from analysis.quality import AMBER, INFO, RED, Light
from daq.chunk import Chunk
from daq.doctor import Examination
from daq.errors import StanceError
from rigs.procedures.checkup import Checkup, Look, interactive_titles
from stance.keys import keys_to

SKIP, STOP = "s", "q"
BELT_WAIT_S = 120.0
RUNNING_M_S = 0.3
"""A belt that is faster than this runs."""
RUNNING_FOR_S = 3.0
BAR = 12


class Keys:
    """What was typed, one key at a time."""

    def __init__(self) -> None:
        self._typed: list[str] = []

    def put(self, key: str) -> None:
        """Take a key, from any thread."""
        self._typed.append(key)

    def take(self) -> str:
        """The next key in lower case; empty if there is none."""
        return self._typed.pop(0).lower() if self._typed else ""


def person_lights(examined: Examination, mass_kg: float | None) -> Iterator[Light]:
    """Ask a person for every step of the check-up, and judge.

    Args:
        examined: A rig that streams, and whose empty belt was judged.
        mass_kg: Of the person; None if nobody said.

    Yields:
        Light: What the steps told; what was found before a cable was pulled or Ctrl-C pressed is told first.

    Raises:
        KeyboardInterrupt: Ctrl-C, after that.
    """
    stream = examined.stream
    if stream is None:
        return
    checkup, keys = Checkup(examined.rig, stream.sample_rate_Hz, mass_kg, examined.scale), Keys()
    broke: Light | None = None
    stopped = False
    try:
        with keys_to(keys.put):
            _drive(examined, checkup, keys)
    except StanceError as error:
        broke = Light("stream", RED, None, None, "", f"broke off: {error}")
    except KeyboardInterrupt:
        stopped = True
    yield from checkup.lights()
    if broke is not None:
        yield broke
    if stopped:
        raise KeyboardInterrupt


def belt_lights(examined: Examination) -> Iterator[Light]:
    """Ask for the belt to be started, wait until it runs, and judge the noise that it makes.

    Args:
        examined: A rig that streams.

    Yields:
        Light: The noise and lines with the belt on; or that it never ran.
    """
    tell("\nBelt on: start it at running speed. Nobody on it. Press Enter if it runs and is not noticed.")
    keys = Keys()
    try:
        with keys_to(keys.put):
            runs = _belt_runs(examined, keys)
    except StanceError as error:
        yield Light("stream", RED, None, None, "", f"broke off: {error}")
        return
    if runs:
        tell("It runs: stay off.")
        yield from examined.watch(belt_on=True)
    else:
        yield Light("belt_on", AMBER, None, None, "", f"not judged: the belt did not run within {BELT_WAIT_S:g} s")


def left_out_light(examined: Examination) -> Light:
    """What nobody was asked for."""
    titles = ", ".join(interactive_titles(examined.rig))
    text = f"left out, because nobody sits at a terminal: {titles}. Swapped or reversed cells were not looked for"
    return Light("left_out", INFO, None, None, "", text)


def tell(text: str) -> None:
    """Say something on standard error."""
    click.echo(text, err=True)


def _drive(examined: Examination, checkup: Checkup, keys: Keys) -> None:
    asked = None
    assert examined.stream is not None
    while checkup.step is not None:
        if checkup.step is not asked:
            asked = checkup.step
            tell(f"\n[{checkup.number}/{len(checkup.tasks)}] {asked.instruction}  ({SKIP} leaves it out, {STOP} ends)")
        look = checkup.feed(examined.stream.read())
        examined.ask_clock()
        click.echo(f"\r{_bar(look)}", err=True, nl=False)
        if look.taken:
            click.echo("\r" + "done".ljust(60), err=True)
        key = keys.take()
        if key == SKIP:
            checkup.skip()
        elif key == STOP:
            return


def _bar(look: Look) -> str:
    full = round(BAR * look.progress)
    return f"  {look.felt_N:7.0f} N  [{'#' * full}{'.' * (BAR - full)}]  {look.waiting}".ljust(60)


def _belt_runs(examined: Examination, keys: Keys) -> bool:
    """Wait until the belt sensor says that the belt runs, or somebody presses Enter; False if neither happens."""
    stream, sensor = examined.stream, examined.rig.belt_sensor
    assert stream is not None
    samples, running = 0, 0
    while samples < BELT_WAIT_S * stream.sample_rate_Hz:
        chunk = stream.read()
        samples += len(chunk)
        fast = sensor is not None and _speed_m_s(chunk, sensor.pulses_per_m, stream.sample_rate_Hz) > RUNNING_M_S
        running = running + len(chunk) if fast or not len(chunk) else 0
        if running > RUNNING_FOR_S * stream.sample_rate_Hz or keys.take() in ("\r", "\n"):
            return True
    return False


def _speed_m_s(chunk: Chunk, pulses_per_m: float, rate_Hz: float) -> float:
    if len(chunk) < 2:
        return 0.0
    return float(chunk.belt[-1] - chunk.belt[0]) / pulses_per_m * rate_Hz / (len(chunk) - 1)
