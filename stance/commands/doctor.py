"""`stance doctor`: everything that can be wrong with a rig, in order, one line each, with what to do."""

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click

from analysis.quality import AMBER, GREEN, INFO, RED, Light
from daq.ports import list_ports
from daq.recorders import running_recorders
from daq.results import software_version
from stance.options import json_option
from stance.show import print_json

PACKAGES = ("numpy", "scipy", "h5py", "pyserial", "pydantic", "click", "matplotlib", "jinja2")
MARKS = {GREEN: "✓ green", AMBER: "! AMBER", RED: "✗ RED  ", INFO: "· info "}
COLOURS = {GREEN: "green", AMBER: "yellow", RED: "red", INFO: "blue"}
WIDTH = 17


@click.command()
@click.option("--rig", metavar="NAME|FILE", help="Rig to check.")
@click.option("--port", metavar="PORT|URL", help="Device to check against the rig; nobody should be on the belt.")
@click.option("--baud", default=500_000, show_default=True, type=click.IntRange(1))
@click.option("--calibration", metavar="FILE|none", help="Calibration; by default the one beside the rig file.")
@click.option("--quick", is_flag=True, help="Only what needs nobody: 10 seconds of the empty belt.")
@click.option("--belt-on", is_flag=True, help="Also judge the noise while the belt runs; you are asked to start it.")
@click.option("--mass", type=click.FloatRange(10.0, 300.0), metavar="KG", help="Mass of who will stand on it, clothed.")
@json_option
def command(
    rig: str | None, port: str | None, baud: int, calibration: str | None, quick: bool, belt_on: bool,
    mass: float | None, as_json: bool,
) -> int:  # fmt: skip
    """Check versions and ports, a rig and, with --port, its device, like a pre-flight list.

    In a terminal it then asks you to stand at each cell and to push the frame: that finds swapped and reversed cells.
    """
    lights: list[Light] = []
    stopped = False
    try:
        for light in _all(rig, port, baud, calibration, mass, quick=quick, belt_on=belt_on):
            lights.append(light)
            if not as_json:
                click.echo(line_of(light))
    except KeyboardInterrupt:
        stopped = True
        lights.append(Light("stopped", INFO, None, None, "", "Ctrl-C: what comes after this was not looked at"))
        if not as_json:
            click.echo(line_of(lights[-1]))
    if as_json:
        print_json({"checks": [vars(light) for light in lights]})
    return 2 if stopped or any(light.state == RED for light in lights) else 0


def line_of(light: Light) -> str:
    """One line of the list: a mark and a word, for who sees no colours, the name, and what was found."""
    mark = click.style(MARKS[light.state], fg=COLOURS[light.state], bold=light.state in (AMBER, RED))
    return f"{mark}  {light.name:{WIDTH}s} {light.text}"


def _all(
    rig: str | None, port: str | None, baud: int, calibration: str | None, mass_kg: float | None, *, quick: bool,
    belt_on: bool,
) -> Iterator[Light]:  # fmt: skip
    yield _versions()
    yield from _ports()
    yield from _recorders()
    if rig is None and port is None:
        return
    from daq.doctor import Examination
    from daq.doctor_papers import calibration_light, load_leniently, mode_lights, tare_light

    loaded, refused = load_leniently(rig or "virtual", calibration, port)
    yield Light("rig", GREEN, None, None, "", f"{loaded.name}: {loaded.title}")
    papers = [calibration_light(loaded, refused), *mode_lights(loaded), *tare_light(loaded)]
    if port is None:
        yield from papers
        return
    with Examination(loaded, port, baud) as examined:
        yield from examined.meet()
        yield papers[0]
        yield from examined.watch()
        yield from papers[1:]
        yield from _with_person(examined, mass_kg, quick=quick, belt_on=belt_on)


def _with_person(examined: Any, mass_kg: float | None, *, quick: bool, belt_on: bool) -> Iterator[Light]:
    """What somebody must do something for."""
    from stance import checkup_prompts, keys

    if not (examined.fits and examined.whole):
        return
    if belt_on:
        yield from checkup_prompts.belt_lights(examined)
    if quick:
        return
    if not keys.typing_possible():
        yield checkup_prompts.left_out_light(examined)
        return
    yield from checkup_prompts.person_lights(examined, mass_kg)


def _versions() -> Light:
    parts = [software_version(), f"Python {platform.python_version()}", platform.platform(terse=True)]
    parts += [f"{name} {_version_of(name)}" for name in PACKAGES]
    return Light("versions", GREEN, None, None, "", ", ".join(parts))


def _version_of(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _ports() -> list[Light]:
    ports = list_ports()
    if not ports:
        return [Light("ports", INFO, 0.0, None, "", "no serial port found; virtual://virtual needs none")]
    return [
        Light("ports", GREEN, None, None, "", ": ".join(filter(None, (port.device, port.description))))
        for port in ports
    ]


def _recorders() -> list[Light]:
    found: list[Any] = list(running_recorders())
    text = "process {} is recording {}: it has its port to itself"
    return [Light("recorder", INFO, None, None, "", text.format(info.pid, info.session or "nothing")) for info in found]
