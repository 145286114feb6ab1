"""Lab streaming layer: force, steps and markers out, markers of others in; a reader in a process of its own."""
