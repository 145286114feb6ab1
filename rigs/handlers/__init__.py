"""pyserial URL handlers: a module `protocol_<scheme>` serves `<scheme>://` URLs."""
