"""The printed view of a session: one HTML page, free of Qt."""
