"""From a session's material to the page."""

from importlib.resources import files
from typing import Any

from analysis.protocol import Protocol
from viewer.report.figures import draw
from viewer.report.landing import CLASSES, landing
from viewer.report.material import Material
from viewer.report.quality import quality_lines, verdict
from viewer.report.sides import differences, strides_of
from viewer.report.tables import doubts, headlines, main_rows, missing_reasons, parts, side_rows
from viewer.report.words import count, duration, number, printable, when

TEMPLATE = "report.html.j2"


def render(material: Material) -> str:
    """Write the page of a session.

    Args:
        material: The session.

    Returns:
        HTML, complete in itself.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=printable, trim_blocks=True, lstrip_blocks=True
    )
    text = (files(__package__) / TEMPLATE).read_text(encoding="utf-8")
    return environment.from_string(text).render(_context(material))


CALIBRATED = {
    "calibrated": "what the calibration leaves unsure",
    "assumed": "cells that nobody calibrated, assumed right to 1 % and placed to 5 mm",
}
"""Where the scale's part of an uncertainty comes from."""


def _context(material: Material) -> dict[str, Any]:
    from markupsafe import Markup

    results = material.results
    sides = results["by_side"]
    quality = quality_lines(material)
    return {
        "name": material.name,
        "title": _title(material),
        "facts": _facts(material),
        "details": _details(material),
        "quality": quality,
        "verdict": verdict(quality),
        "headlines": headlines(results["summary"], results["doubtful"]),
        "landing": landing(material) if results["steps"] else None,
        "classes": list(CLASSES.values()),
        "in_doubt": {name: results["doubtful"].get(name, "") for name in ("impact_class", "foot_strike")},
        "main": main_rows(results["summary"], results["doubtful"]),
        "parts": parts(results["summary"], results["doubtful"]),
        "missing": missing_reasons(material),
        "doubts": doubts(material),
        "assumption": CALIBRATED[results.get("uncertainty", {}).get("calibration", "assumed")],
        "differences": differences(results["asymmetry"]),
        "strides": strides_of(results["asymmetry"]),
        "side_names": [{"L": "Left", "R": "Right"}[side] for side in sides] if len(sides) > 1 else [],
        "sides": side_rows(sides) if len(sides) > 1 else [],
        "groups": draw(material),
        "svg": Markup,  # our own figures, the only thing on the page that is not escaped
        "protocol": material.protocol,
        "fore_aft": material.sees_fore_aft,
        "bw": None if results["bw_N"] is None else number(results["bw_N"], 1),
        "marks": [(f"{at:.1f}", event.kind, event.text) for at, event in material.marks],
    }


def _title(material: Material) -> str:
    return f"Running session: {material.header.subject}" if material.header.subject else "Running session"


def _facts(material: Material) -> list[str]:
    """The one line under the title."""
    header, results = material.header, material.results
    steps = sum(step["valid"] for step in results["steps"])
    facts = [when(header.created_utc), duration(results["duration_s"]), count(steps, "valid step")]
    if header.belt_speed_m_s is not None:
        facts.append(f"belt {header.belt_speed_m_s:g} m/s")
    if header.incline_deg:
        facts.append(f"incline {number(header.incline_deg, 1)}°")
    return facts


def _details(material: Material) -> list[tuple[str, str]]:
    """What was recorded, with what; rows without a value are left out."""
    header, results, protocol = material.header, material.results, material.protocol
    rows = [
        ("Recorded", when(header.created_utc)),
        ("Duration", f"{duration(results['duration_s'])} of device time"),
        ("Frames", f"{results['frames']:,} at {header.sample_rate_Hz:g} Hz"),
        ("Lost frames, gaps", f"{results['lost_frames']:,} lost, {len(results['gaps']):,} gaps"),
        ("Rig", results["rig"]),
        ("Protocol", f"{protocol.name}, version {protocol.version}: {protocol_in_words(protocol)}"),
        ("Device", _device(material)),
        ("Software", _software(material)),
        ("Runner", _runner(material)),
        ("File", material.name),
    ]
    return [(what, text) for what, text in rows if text]


def protocol_in_words(protocol: Protocol) -> str:
    """Say what a protocol's settings mean.

    Args:
        protocol: The protocol.

    Returns:
        Two or three sentences.
    """
    return (
        f"low-pass filter at {protocol.cutoff_Hz:g} Hz. A contact begins when the vertical force rises above "
        f"{protocol.on_N:g} N and ends when it falls below {protocol.off_N:g} N; touchdown and toe-off are read where "
        f"it crosses {protocol.ref_N:g} N. Contacts shorter than {protocol.min_contact_ms:g} ms are ignored as scuffs, "
        f"contacts longer than {protocol.max_contact_ms:g} ms as standing. A flight shorter than "
        f"{protocol.min_flight_ms:g} ms does not end a contact."
    )


def _device(material: Material) -> str:
    device = material.header.device
    parts = [f"{words} {device[key]}" for key, words in (("board", "board"), ("adc", "ADC")) if device.get(key)]
    firmware = device.get("firmware")
    if isinstance(firmware, list | tuple) and firmware:
        parts.append("firmware " + ".".join(map(str, firmware)))
    if material.header.port:
        parts.append(f"port {material.header.port}")
    return ", ".join(parts)


def _software(material: Material) -> str:
    analysed, recorded = str(material.results["software"]), material.header.software_version
    return analysed if recorded in ("", analysed) else f"analysed with {analysed}, recorded with {recorded}"


def _runner(material: Material) -> str:
    header = material.header
    known = (
        (header.mass_kg, "mass", "kg"),
        (header.stature_m, "height", "m"),
        (header.leg_length_m, "leg length", "m"),
        (header.shoe_length_m, "shoe length", "m"),
    )
    return ", ".join(f"{what} {value:g} {unit}" for value, what, unit in known if value is not None)
