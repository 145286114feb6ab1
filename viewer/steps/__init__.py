"""The last stances over each other, and a reference behind them."""
