"""What was recorded, with what, and how it was analysed: rows of text."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from analysis.protocol import ALGORITHM_VERSION, Protocol
from daq.force_layout import ForceLayout
from viewer.report.material import Material
from viewer.report.words import count, duration, number, when

Rows = list[tuple[str, str]]
SAME_SPEED = 0.01
"""Speeds that differ by no more than this share are taken as one, as comparisons take them."""


def title_of(material: Material) -> str:
    """Heading of the page."""
    return f"Running session: {material.header.subject}" if material.header.subject else "Running session"


def facts_of(material: Material) -> list[str]:
    """The one line under the title."""
    header, results = material.header, material.results
    steps = int(material.table["valid"].sum())
    facts = [when(header.created_utc), duration(results["duration_s"]), count(steps, "valid step")]
    facts += [told for told in [_speed(material)] if told]
    if header.incline_deg:
        facts.append(f"incline {number(header.incline_deg, 1)}°")
    if material.imported is not None:
        facts += [origin_of(material), "what that machine's deck, calibration and filter add is in no ±"]
    return facts


def _speed(material: Material) -> str:
    """The belt's speed: the one measured under the valid steps, and the set one where the two are not the same."""
    told, wanted = material.results["summary"].get("belt_speed_m_s"), material.header.belt_speed_m_s
    if told is None:
        return "" if wanted is None else f"belt set to {wanted:g} m/s"
    mean = float(told["mean"])
    if wanted is None:
        return f"belt {number(mean, 2)} m/s"
    if abs(mean / wanted - 1.0) <= SAME_SPEED:
        return f"belt {wanted:g} m/s"
    return f"belt {number(mean, 2)} m/s, measured (set to {wanted:g} m/s)"


def origin_of(material: Material) -> str:
    """Where an imported force came from: "imported from trial.c3d"; empty for a recording."""
    source = material.imported
    if source is None:
        return ""
    files = source.get("files") or ()
    names = [str(file["name"]) for file in files if isinstance(file, dict) and file.get("name")]
    return f"imported from {' and '.join(names)}" if names else "imported force"


def details_of(material: Material) -> Rows:
    """What was recorded, with what; rows without a value are left out."""
    header, results, protocol = material.header, material.results, material.protocol
    rows = [
        ("Recorded", when(header.created_utc)),
        ("Duration", f"{duration(results['duration_s'])} of device time"),
        ("Frames", f"{results['frames']:,} at {header.sample_rate_Hz:g} Hz"),
        ("Lost frames, gaps", f"{results['lost_frames']:,} lost, {len(results['gaps']):,} gaps"),
        ("Rig", "" if material.imported is not None else results["rig"]),
        ("Force", _imported(material)),
        ("Protocol", f"{protocol.name}, version {protocol.version}: {protocol_in_words(protocol)}"),
        ("Device", _device(material)),
        ("Software", _software(material)),
        ("Runner", _runner(material)),
        ("File", material.name),
    ]
    return [(what, text) for what, text in rows if text]


def _imported(material: Material) -> str:
    if material.imported is None:
        return ""
    return (
        f"{origin_of(material)}; there are no cells, so no rig and no calibration of ours stand behind it. "
        "Every ± leaves out what nobody knows of the other machine: the ringing of its deck, a calibration further off "
        "than the 1 % and 5 mm assumed, its filter"
    )


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
        f"it crosses {threshold_of(protocol)}. Contacts shorter than {protocol.min_contact_ms:g} ms are ignored as "
        f"scuffs, contacts longer than {protocol.max_contact_ms:g} ms as standing. A flight shorter than "
        f"{protocol.min_flight_ms:g} ms does not end a contact."
    )


def threshold_of(protocol: Protocol) -> str:
    """Force at which touchdown and toe-off are read, in words."""
    return f"{protocol.ref_N:g} N" if protocol.ref_pctBW is None else f"{protocol.ref_pctBW:g} % of body weight"


def settings_of(protocol: Protocol) -> Rows:
    """Every setting of a protocol, by its name in results and session files."""
    return [(f.name, _plain(getattr(protocol, f.name)) or "–") for f in fields(protocol)]


def source_of(material: Material) -> Rows:
    """What an imported force says of where it came from and how it was understood."""
    return [(str(key), _plain(value)) for key, value in (material.imported or {}).items()]


def versions_of(material: Material) -> Rows:
    """Software, algorithms, firmware and files that the numbers rest on."""
    header = material.header
    device = header.device
    rows = [
        ("Analysed with", str(material.results["software"])),
        ("Algorithms", f"version {ALGORITHM_VERSION}"),
        ("Numbers", "as stored with the session" if material.stored else "computed again for this report"),
        ("Recorded with", header.software_version),
        ("Firmware", _firmware(device)),
        ("Line protocol", _plain(device.get("protocol_version"))),
    ]
    return [(what, text) for what, text in rows if text]


def calibration_of(material: Material) -> Rows:
    """What of its certificate a report needs; empty where there is no calibration."""
    rig = material.instrument
    if isinstance(rig, ForceLayout) or rig.calibration is None:
        return []
    from viewer.report.certificate_tables import facts
    from viewer.report.certificate_verdict import verdict_words

    fore_aft = any(belt.measures_braking for belt in material.belts)
    return [("Verdict", verdict_words(rig.calibration.quality, fore_aft)), *facts(rig, rig.calibration)]


def _plain(value: Any) -> str:
    """A stored value as text; several are joined, none is empty."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_plain(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _device(material: Material) -> str:
    device = material.header.device
    parts = [f"{words} {device[key]}" for key, words in (("board", "board"), ("adc", "ADC")) if device.get(key)]
    firmware = _firmware(device)
    if firmware:
        parts.append(f"firmware {firmware}")
    if material.header.port:
        parts.append(f"port {material.header.port}")
    return ", ".join(parts)


def _firmware(device: Mapping[str, Any]) -> str:
    firmware = device.get("firmware")
    return ".".join(map(str, firmware)) if isinstance(firmware, list | tuple) else ""


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
