"""`stance doctor`, first version: versions, ports, and a rig with its device."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click

from daq.doctor import Check, check_link
from daq.ports import list_ports
from daq.recorders import running_recorders
from daq.results import software_version
from daq.rig import load_rig
from stance.options import json_option
from stance.show import print_json

PACKAGES = ("numpy", "scipy", "h5py", "pyserial", "pydantic", "click", "matplotlib", "jinja2")
SIGNS = {"ok": "ok  ", "warn": "WARN", "fail": "FAIL"}


@click.command()
@click.option("--rig", metavar="NAME|FILE", help="Rig to check.")
@click.option("--port", metavar="PORT|URL", help="Device to check against the rig; nobody should be on the belt.")
@click.option("--baud", default=500_000, show_default=True, type=click.IntRange(1))
@json_option
def command(rig: str | None, port: str | None, baud: int, as_json: bool) -> int:
    """Check versions and ports and, with --rig and --port, a rig and its device."""
    checks = [_versions(), *_ports(), *_recorders()]
    if rig is not None or port is not None:
        loaded = load_rig(rig or "virtual")
        checks.append(Check("rig", "ok", f"{loaded.name}: {loaded.title}"))
        if port is not None:
            checks += check_link(loaded, port, baud)
    if as_json:
        print_json({"checks": [vars(check) for check in checks]})
    else:
        for check in checks:
            click.echo(f"{SIGNS[check.state]} {check.name:10s} {check.text}")
    return 2 if any(check.state == "fail" for check in checks) else 0


def _versions() -> Check:
    parts = [software_version(), f"Python {platform.python_version()}", platform.platform(terse=True)]
    parts += [f"{name} {_version_of(name)}" for name in PACKAGES]
    return Check("versions", "ok", ", ".join(parts))


def _version_of(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _ports() -> list[Check]:
    ports = list_ports()
    if not ports:
        return [Check("ports", "ok", "no serial port found; virtual://virtual needs none")]
    return [Check("port", "ok", f"{port.device}: {port.description}") for port in ports]


def _recorders() -> list[Check]:
    found: list[Any] = list(running_recorders())
    return [Check("recorder", "ok", f"process {info.pid} is recording {info.session or 'nothing'}") for info in found]
