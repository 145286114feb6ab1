"""The printed view of a session: one HTML page, free of Qt."""

from viewer.report.write import write_report

__all__ = ["write_report"]
