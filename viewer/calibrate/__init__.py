"""The window of a guided calibration. It shows what `rigs.procedures.calibrating` says, and measures nothing itself."""
