"""Which moment is shown: playing, seeking, looping, the overview."""
