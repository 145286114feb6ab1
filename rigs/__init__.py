"""Every treadmill the software knows: rig descriptions and the virtual treadmill."""
