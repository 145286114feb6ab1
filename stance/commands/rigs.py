"""`stance rigs`: list, show, copy, validate and serve rigs."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from analysis.statistics import Z95
from daq.calibration import age_days
from daq.errors import RigError
from daq.rig import WITHOUT, Rig, load_rig, shipped_rigs
from daq.rig_edit import name_for, renamed
from stance.options import json_option
from stance.show import print_json, say


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List, show, copy, validate and serve rigs."""
    if context.invoked_subcommand is None:
        context.invoke(list_rigs, as_json=False)


@command.command("list")
@json_option
def list_rigs(as_json: bool) -> None:
    """List the rigs that come with the software."""
    rigs = [load_rig(name) for name in shipped_rigs()]
    if as_json:
        print_json([{"name": rig.name, "title": rig.title, "observable": _observable(rig)} for rig in rigs])
        return
    for rig in rigs:
        click.echo(f"{rig.name:12s} {rig.title}")


@command.command()
@click.argument("rig")
@click.option("--toml", is_flag=True, help="Print the file itself.")
def show(rig: str, toml: bool) -> None:
    """Show what RIG (a name or a file) consists of and can measure."""
    loaded = load_rig(rig, WITHOUT)
    if toml:
        click.echo(loaded.text, nl=False)
        return
    click.echo(f"{loaded.name}: {loaded.title}")
    click.echo(f"sample rate {loaded.sample_rate_Hz:g} Hz, ADC {loaded.adc.name}, gain {loaded.adc.gain}")
    click.echo(f"belt surface {loaded.machine.belt_height_mm:g} mm above the cells")
    for cell in loaded.cells:
        scale = loaded.newtons_per_count(cell)
        x, y = cell.position_mm
        click.echo(f"  channel {cell.channel}  {cell.name:4s} {cell.axis}  at ({x:g}, {y:g}) mm  "
                   f"{scale * 1e3:.4f} mN per count, up to {loaded.limit_N(cell):.0f} N")  # fmt: skip
    for belt in loaded.belts():
        name = f"belt {belt.name}: " if belt.name else ""
        click.echo(f"{name}sees {', '.join(_order(belt.observable))}; braking force is "
                   + ("measured" if belt.measures_braking else "NOT observable"))  # fmt: skip
    click.echo(f"calibration: {_calibration(rig)}")


@command.command()
@click.argument("file", type=click.Path())
@json_option
def validate(file: str, as_json: bool) -> None:
    """Check a rig FILE, and the calibration beside it, and say what is wrong with them."""
    rig = load_rig(file)
    if as_json:
        made = None if rig.calibration is None else rig.calibration.made_utc
        print_json({"name": rig.name, "valid": True, "observable": _observable(rig), "calibrated_utc": made})
    else:
        click.echo(f"{file}: a valid rig, {rig.name}, {len(rig.cells)} cells; calibration: {_calibration(file)}")


@command.command()
@click.argument("rig")
@click.argument("file", type=click.Path(path_type=Path))
def copy(rig: str, file: Path) -> None:
    """Copy RIG to a new FILE, as a start for a rig of your own; it gets the name of the file."""
    original = load_rig(rig, WITHOUT)
    named = renamed(original, name_for(file))
    try:
        with file.open("x", encoding="utf-8", newline="") as stream:
            stream.write(named.text)
    except OSError as error:
        raise RigError(str(file), expected="a new file to write", seen=str(error.strerror or error),
                       next_step="Choose another name; nothing is overwritten.") from error  # fmt: skip
    say(f"Copied to {file}, as {named.name}. Edit it, then: stance rigs validate {file}")


@command.command()
@click.argument("rig", default="virtual")
@click.option("--pty", is_flag=True, help="Behind a pseudo-terminal (POSIX): pyserial opens it like a board.")
@click.option("--tcp", type=click.IntRange(0, 65535), metavar="PORT", help="Behind TCP on 127.0.0.1; 0 picks a port.")
@click.option("--link", type=click.Path(path_type=Path), metavar="FILE", help="With --pty: a link to make to it.")
@click.option("--options", default="", metavar="QUERY", help="As in a virtual:// URL, for example 'seed=2&drop=1e-4'.")
def serve(rig: str, pty: bool, tcp: int | None, link: Path | None, options: str) -> None:
    """Serve RIG's virtual treadmill as a real serial device, until Ctrl-C."""
    if pty == (tcp is not None):
        raise click.UsageError("Give either --pty or --tcp PORT.")
    if link is not None and not pty:
        raise click.UsageError("--link belongs to --pty.")
    from rigs.serve import serve_pty, serve_tcp
    from rigs.virtual_url import virtual_url

    url = virtual_url(rig, options)
    try:
        if tcp is not None:
            serve_tcp(url, tcp, partial(_announce, rig))
        else:
            serve_pty(url, partial(_announce, rig), link=link)
    except KeyboardInterrupt:
        say("Stopped.")


def _announce(rig: str, door: str) -> None:
    click.echo(door)
    say(f"Serving. In another terminal: stance record --rig {rig} --port {door} -o session.h5")


def _calibration(rig: str) -> str:
    """The calibration of a rig in one line; what is wrong with it, if something is."""
    try:
        found = load_rig(rig).calibration
    except RigError as error:
        return f"not usable: {error}"
    if found is None:
        return "none, cells as their data sheets say (stance calibrate)"
    quality, days = found.quality, age_days(found, datetime.now(UTC))
    age = "" if days is None else f" ({days:.0f} days ago)"
    size = f"{Z95 * quality.u_Fz_pct:.2g} % of the vertical force, {Z95 * quality.u_cop_mm:.2g} mm"
    rehearsal = "REHEARSAL, for virtual treadmills only; " if found.rehearsal else ""
    return f"{rehearsal}made on {found.made_on}{age}, right to {size}, 95 times in 100; {found.where}"


def _order(components: frozenset[str]) -> list[str]:
    return [name for name in ("Fx", "Fy", "Fz", "Mx", "My", "Mz") if name in components]


def _observable(rig: Rig) -> dict[str, list[str]]:
    return {belt.name: _order(belt.observable) for belt in rig.belts()}
