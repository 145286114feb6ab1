"""Bytes in, session out: wire format, link, device clock, ring, session file, rig description, engine."""
