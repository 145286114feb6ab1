"""Header and events of a session without what tells who ran, when and where.

What stays is listed here; whatever is not, goes. So a key that a later version adds is stripped until somebody decides.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from analysis.registration import FootRegistration
from daq.anonymise.papers import bare_calibration, bare_rig, calibration_moment
from daq.force_layout import FORCE, SOURCE, layout_of
from daq.results import ENDED_EARLY, software_version
from daq.session_format import ClockPairs, Event, SessionHeader
from daq.setups import REGISTRATION, MASS_u

ANONYMISED = "anonymised"
"""Where the header's `extra` says that a file was anonymised, and what of it was kept."""
NO_DATE = "2000-01-03T00:00:00+00:00"
"""The day that stands for a runner's first session: a Monday, so that weeks count from it."""
FORMATS = ("csv", "tsv", "c3d", "mot", "sto")
SYSTEM_TEXTS = ("link counters", "device counters")
"""Texts of system notes that this software writes and reads again; the others tell ports."""
TARE_TEXT, ENDED_TEXT = "zero of the empty belt", "ended before its time"
_TARE_NUMBERS = ("counts", "sd", "force_sd_N", "age_s", "seconds", "belt")
_BODY = {"stature_m": 0.05, "leg_length_m": 0.05, "shoe_length_m": 0.01}
"""Steps to which --strip-body rounds, m."""
_MASS_KG, _FOOT_M = 1.0, 0.005


@dataclass(frozen=True)
class Wish:
    """What is to be stripped."""

    subject: str
    """Pseudonym in place of the name; empty leaves none."""
    created_utc: str = NO_DATE
    """What stands in place of the date, ISO 8601; without effect if dates are kept."""
    keep_dates: bool = False
    """Keep dates and the host's clock."""
    keep_notes: bool = False
    """Keep what was typed as notes and markers."""
    strip_bouts: bool = False
    """Give bouts numbers in place of names."""
    strip_body: bool = False
    """Round what is known of the body."""


def clean_header(header: SessionHeader, wish: Wish, where: str) -> SessionHeader:
    """The header of the anonymised session.

    Args:
        header: As recorded.
        wish: What is to be stripped.
        where: Path of the session, for messages.

    Returns:
        A header with which the same steps are found; body numbers apart, if they are rounded.
    """
    made = calibration_moment(header.calibration_text, where)
    created = wish.created_utc if header.created_utc else ""
    new = replace(
        header,
        subject=wish.subject,
        created_utc=header.created_utc if wish.keep_dates else created,
        port="",
        rig_text=bare_rig(header.rig_text, f"{where}: rig"),
        calibration_text=bare_calibration(
            header.calibration_text,
            f"{where}: calibration",
            None if wish.keep_dates else moved(made, header.created_utc, created),
        ),
        extra=_clean_extra(header, wish),
    )
    return _rounded(new) if wish.strip_body else new


def moved(moment: datetime | None, before: str, after: str) -> str:
    """A date that lies as far from the new date of the session as it did from the old one, so that ages stay.

    Args:
        moment: A date with its time zone; None if it is not known.
        before: Old date of the session, ISO 8601.
        after: New one.

    Returns:
        ISO 8601.
    """
    try:
        old, new = (_aware(datetime.fromisoformat(text)) for text in (before, after))
        return NO_DATE if moment is None else (new - (old - _aware(moment))).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        return NO_DATE


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _clean_extra(header: SessionHeader, wish: Wish) -> dict[str, Any]:
    old, layout = header.extra, layout_of(header)
    new: dict[str, Any] = {} if layout is None else {FORCE: layout.as_dict()}
    if REGISTRATION in old:
        new[REGISTRATION] = FootRegistration.from_dict(old[REGISTRATION]).as_dict()
    if isinstance(old.get(MASS_u), int | float):
        new[MASS_u] = float(old[MASS_u])
    source = old.get(SOURCE)
    if isinstance(source, Mapping) and source.get("format") in FORMATS:
        new[SOURCE] = {"format": source["format"]}
    kept = [what for what, kept in (("dates", wish.keep_dates), ("notes", wish.keep_notes)) if kept]
    return new | {ANONYMISED: {"by": software_version(), "kept": kept, "body_rounded": wish.strip_body}}


def _rounded(header: SessionHeader) -> SessionHeader:
    """Body numbers, coarser. Rounding makes the mass less sure, and that is said."""
    values: dict[str, Any] = {name: _step(getattr(header, name), step) for name, step in _BODY.items()}
    extra = dict(header.extra)
    if header.mass_kg is not None:
        values["mass_kg"] = _step(header.mass_kg, _MASS_KG)
        extra[MASS_u] = max(float(extra.get(MASS_u, 0.0)), _MASS_KG / math.sqrt(12.0))
    if REGISTRATION in extra:
        feet = {name: _step(v, _FOOT_M) if name.endswith("_m") and not name.startswith("u_") else v
                for name, v in extra[REGISTRATION].items()}  # fmt: skip
        extra[REGISTRATION] = FootRegistration.from_dict(feet).as_dict()
    return replace(header, **values, extra=extra)


def _step(value: float | None, step: float) -> float | None:
    return None if value is None else round(round(value / step) * step, 6)


def clean_events(events: Sequence[Event], wish: Wish) -> list[Event]:
    """Events without free text. All stay at their rows, but for notes, of which nothing would be left.

    Args:
        events: As recorded.
        wish: What is to be stripped.

    Returns:
        The events of the anonymised session.
    """
    bouts: dict[str, str] = {}
    return list(_cleaned(events, wish, bouts))


def _cleaned(events: Sequence[Event], wish: Wish, bouts: dict[str, str]) -> Iterator[Event]:
    for event in events:
        if event.kind == "bout":
            yield Event("bout", event.row, _bout(event.text, bouts) if wish.strip_bouts else event.text)
        elif event.kind == "tare":
            yield Event("tare", event.row, TARE_TEXT, _tare(event.data))
        elif event.kind == "system":
            known = event.text in SYSTEM_TEXTS
            yield Event("system", event.row, event.text if known else "", _numbers(event.data) if known else {})
        elif event.kind == ENDED_EARLY:
            yield Event(ENDED_EARLY, event.row, ENDED_TEXT)
        elif event.kind != "note" or wish.keep_notes:
            yield Event(event.kind, event.row, event.text if wish.keep_notes else "")


def _bout(name: str, known: dict[str, str]) -> str:
    return known.setdefault(name.strip(), f"bout {len(known) + 1}") if name.strip() else ""


def _tare(data: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: data[name] for name in _TARE_NUMBERS if name in data}
    if kept.get("belt") not in ("on", "off"):
        kept.pop("belt", None)
    return kept


def _numbers(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if isinstance(value, int | float)}


def clean_clock(clock: ClockPairs, wish: Wish) -> ClockPairs:
    """Pairs of clocks with the host's counted from the first one: its rate stays, the time of day goes.

    Args:
        clock: As recorded.
        wish: What is to be stripped.

    Returns:
        The pairs of the anonymised session.
    """
    if wish.keep_dates or not clock.host_s.size:
        return clock
    return replace(clock, host_s=np.asarray(clock.host_s - clock.host_s[0]))


def removed_texts(old: Sequence[Event], new: Sequence[Event]) -> list[str]:
    """Texts of events that are in no new one, with what stood in their particulars.

    Args:
        old: Events as recorded.
        new: Of the anonymised session.

    Returns:
        Texts, to be searched for afterwards.
    """
    kept = {event.text for event in new}
    found = [event.text for event in old if event.text not in kept]
    found += [text for event in old for text in texts_within(event.data)]
    return [text for text in dict.fromkeys(found) if text.strip() and text not in ("on", "off")]


def texts_within(value: Any) -> Iterator[str]:
    """Every text inside a JSON value, keys left out.

    Args:
        value: Plain values.

    Yields:
        str: Texts.
    """
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from texts_within(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from texts_within(one)
