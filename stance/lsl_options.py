"""Options of LSL, for commands that record."""

from collections.abc import Callable
from typing import Any

import click

from daq.lsl.wish import Wish

NAME = "stance"


def lsl_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what is wanted of LSL; the command receives one `lsl` argument, a `Wish`."""

    def wrapped(**arguments: Any) -> Any:
        wish = Wish(arguments.pop("lsl_name"), arguments.pop("lsl_markers"), arguments.pop("lsl_network"))
        if wish.network and not wish.anything:
            raise click.UsageError("--lsl-network needs --lsl or --lsl-markers.")
        if wish.name is not None and not wish.name.strip():
            raise click.UsageError("--lsl: the name is empty.")
        return function(lsl=wish, **arguments)

    wrapped.__doc__ = function.__doc__
    wrapped.__name__ = function.__name__
    wrapped.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    click.option("--lsl-network", is_flag=True, help="Let LSL reach beyond this machine.")(wrapped)
    click.option("--lsl-markers", metavar="all|NAME|PREDICATE",
                 help="Record the markers of these LSL streams as events of the session.")(wrapped)  # fmt: skip
    click.option("--lsl", "lsl_name", is_flag=False, flag_value=NAME, metavar="[NAME]",
                 help=f"Send force, steps and markers over LSL, as streams {NAME}-force, {NAME}-steps, {NAME}-markers, "
                 "or with another NAME.")(wrapped)  # fmt: skip
    return wrapped
