"""A copy of a session without what identifies a person."""
