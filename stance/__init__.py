"""The front door: the `stance` command and the public Python API."""
