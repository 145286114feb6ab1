"""What is written of a rig: its calibration, its deck's modes, its tare; is it there, does it fit, is it old?"""

from datetime import UTC, datetime
from pathlib import Path

from analysis.gates import deck_lights
from analysis.protocol import get_protocol
from analysis.quality import AMBER, GREEN, INFO, RED, Light, graded
from analysis.setup import Setup
from daq.calibration import OLD_DAYS, age_days, calibration_path
from daq.device_check import check_rehearsal
from daq.errors import RigError
from daq.kept_tare import age_text
from daq.rig import WITHOUT, Rig, load_rig
from daq.tare_file import FRESH_S, load_tares, tare_path

STEP = "`stance calibrate` makes one"


def load_leniently(
    name_or_path: str | Path, calibration: str | Path | None = None, port: str | None = None
) -> tuple[Rig, RigError | None]:
    """Load a rig even if its calibration cannot be used.

    Args:
        name_or_path: As for `load_rig`.
        calibration: As for `load_rig`.
        port: Where its device is; the calibration of a virtual treadmill is good for a virtual:// one only.

    Returns:
        The rig, and why it goes without its calibration. A RigError says that there is no such rig.
    """
    bare = load_rig(name_or_path, WITHOUT)
    try:
        rig = load_rig(name_or_path, calibration)
        if not (port or "").startswith("virtual://"):
            check_rehearsal("", rig)
    except RigError as error:
        return bare, error
    return rig, None


def calibration_light(rig: Rig, refused: RigError | None = None, now: datetime | None = None) -> Light:
    """Whether there is a calibration, whether it is this rig's, and how old it is.

    Args:
        rig: The rig.
        refused: Why its calibration cannot be used, as `load_leniently` tells.
        now: The moment; None looks.

    Returns:
        Light "calibration".
    """
    if refused is not None:
        text = f"cannot be used, the data sheets' values stand in: {refused}"
        return Light("calibration", RED, None, None, "days", text)
    found = rig.calibration
    if found is None:
        path = calibration_path(rig)
        if path is None:
            return Light("calibration", INFO, None, None, "days", "none: a shipped rig has none of its own")
        text = f"none: forces rest on the cells' data sheets, to a few per cent; {STEP}, {path.name} beside the rig"
        return Light("calibration", AMBER, None, OLD_DAYS, "days", text)
    days = age_days(found, now or datetime.now(UTC))
    if days is None:
        return Light(
            "calibration", AMBER, None, OLD_DAYS, "days", f"{found.where} does not say when it was made; {STEP}"
        )
    if days < -1.0:
        text = f"from the future, made {found.made_on}: check this computer's date"
        return Light("calibration", AMBER, days, OLD_DAYS, "days", text)
    what = "a rehearsal" if found.rehearsal else "made"
    text = f"{what} {found.made_on}, {days:.0f} days ago, with {len(found.readings)} readings"
    if days > OLD_DAYS:
        text = f"old: {text}; at most {OLD_DAYS}. Calibrate again, or check a known mass at several places"
    return graded("calibration", days, (OLD_DAYS, float("inf")), "days", text, magnitude=max(days, 0.0))


def mode_lights(rig: Rig) -> list[Light]:
    """What the deck's modes let this rig print; of a converter that only weighs there is nothing to say.

    Args:
        rig: The rig.

    Returns:
        Lights "vertical_mode", "fore_aft_mode".
    """
    deck = rig.deck_modes()
    setup = Setup(
        sample_rate_Hz=rig.sample_rate_Hz, tick_rate_Hz=1.0, belts=rig.belts(), protocol=get_protocol(), deck=deck
    )
    modes = {"vertical_mode": deck.z, "fore_aft_mode": deck.x}
    tapped = {name for name, mode in modes.items() if mode is not None and deck.is_identified(mode)}
    lights = [light for light in deck_lights(setup) if light.name in modes]
    return [
        light if light.state == GREEN or light.name in tapped else _advised(light, "; `stance tap` finds it")
        for light in lights
    ]


def tare_light(rig: Rig, now: datetime | None = None) -> list[Light]:
    """How old the newest tare beside the rig file is.

    Args:
        rig: The rig.
        now: The moment; None looks.

    Returns:
        Light "tare"; none if no tare was ever kept.
    """
    path = tare_path(rig)
    if path is None or not path.is_file():
        return []
    try:
        tares = load_tares(path, rig.name)
    except RigError as error:
        return [Light("tare", AMBER, None, FRESH_S, "s", str(error))]
    ages = [age for tare in tares if (age := tare.age_s(now or datetime.now(UTC))) is not None]
    if not ages:
        return [Light("tare", INFO, None, FRESH_S, "s", f"none in {path.name}: `stance tare` takes one")]
    text = f"taken {age_text(min(ages))} ago"
    if min(ages) > FRESH_S:
        return [
            Light(
                "tare", INFO, min(ages), FRESH_S, "s", f"{text}, too long to be used: `stance tare` before you record"
            )
        ]
    return [Light("tare", GREEN, min(ages), FRESH_S, "s", text)]


def _advised(light: Light, advice: str) -> Light:
    return Light(light.name, light.state, light.value, light.limit, light.unit, light.text + advice)
