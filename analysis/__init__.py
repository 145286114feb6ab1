"""Numbers in, numbers out: counts to forces, filters, contacts, steps and their metrics. No I/O, no clock."""
