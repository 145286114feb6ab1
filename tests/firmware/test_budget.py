"""Both boards with every converter build without a warning and keep to their budgets of flash, memory and cycles."""

from building import alone

from tools.firmware_budget import CONVERTERS, TARGETS, main


def test_budgets_are_kept(capsys):
    with alone():
        assert main() == 0
    table = capsys.readouterr().out
    assert len(table.splitlines()) == 1 + len(TARGETS) * len(CONVERTERS)
