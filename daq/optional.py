"""Packages that only some commands need: asked for where they are used, with a message that says how to get them."""

from importlib import import_module
from typing import Any

from daq.errors import FormatError


def need(module: str, extra: str) -> Any:
    """Import a package that may not be installed.

    Args:
        module: Its name, for example "ezc3d".
        extra: The extra of this software that brings it, for example "export".

    Returns:
        The module.

    Raises:
        FormatError: It is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        seen = "none" if isinstance(error, ModuleNotFoundError) else str(error)
        raise FormatError(
            module, expected="this package to be installed", seen=seen,
            next_step=f"Install it: pip install 'stance[{extra}]'.",
        ) from None  # fmt: skip
