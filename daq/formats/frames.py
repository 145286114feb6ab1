"""Tables for notebooks: steps and force as pandas data frames."""

from typing import Any

import numpy as np

from analysis.column_units import unit_of
from analysis.flags import flag_list
from analysis.steps import ALL_COLUMNS, StepTable
from daq.formats.force_rows import ForceRows, table_columns
from daq.optional import need

CATEGORIES = {
    "side": ("L", "R", "?"),
    "shape_class": ("impact", "none", "uncertain"),
    "hf_class": ("impact", "none", "uncertain"),
    "two_mass_class": ("impact", "none", "uncertain"),
    "impact_class": ("impact", "none", "uncertain"),
    "poi_source": ("impact_peak", "hf_peak", "13pct"),
    "braking_evidence": ("measured", "modelled"),
    "foot_strike": ("rearfoot", "midfoot", "forefoot", "uncertain"),
    "gait": ("run", "walk"),
    "belt": ("L", "R"),
}
"""Values of the text columns, in a fixed order, so that tables of several sessions can be put together."""
_KINDS = {column.name: column.kind for column in ALL_COLUMNS}


def steps_frame(table: StepTable, attrs: dict[str, Any]) -> Any:
    """The step table as a data frame.

    Args:
        table: The steps. A FormatError says that pandas is not installed.
        attrs: What goes along, for example the protocol.

    Returns:
        A `pandas.DataFrame`: numbers as floats with NaN, texts as categories, flags as lists of names,
        `impact_agreement` as a boolean that may be missing; `attrs` holds also "units".
    """
    pd = need("pandas", "export")
    frame = pd.DataFrame({name: _column(pd, table, name) for name in table})
    frame.attrs = attrs | {"units": {name: unit for name in table if (unit := unit_of(name))}}
    return frame


def _column(pd: Any, table: StepTable, name: str) -> Any:
    values, kind = table[name], _KINDS.get(name, "float")
    if kind == "flags":
        return pd.Series([flag_list(value) for value in values.tolist()], dtype=object)
    if kind == "text":
        words = values.tolist()
        others = sorted(set(words) - {"", *CATEGORIES[name]})
        return pd.Categorical([word or None for word in words], [*CATEGORIES[name], *others])
    if name == "impact_agreement":
        return pd.arrays.BooleanArray(values.copy(), table["impact_class"] == "")
    return values.copy()


def force_frame(rows: ForceRows, attrs: dict[str, Any]) -> Any:
    """Force as a data frame, a row per sample.

    Args:
        rows: The force. A FormatError says that pandas is not installed.
        attrs: What goes along.

    Returns:
        A `pandas.DataFrame`: time, force, moment, centre of pressure, `segment`; NaN where there is no value;
        `attrs` holds also "units" and "sample_rate_Hz".
    """
    pd = need("pandas", "export")
    parts = [table_columns(rows, block) for block in rows.blocks()]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
    frame = pd.DataFrame(columns)
    units = {name: unit for name in columns if (unit := unit_of(name))}
    frame.attrs = attrs | {"units": units, "sample_rate_Hz": rows.sample_rate_Hz}
    return frame
