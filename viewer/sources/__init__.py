"""Where what is shown comes from: a running recorder, or a recorded session."""
