"""Understanding the force files of others: axes, signs, belts, units, and what is in doubt about them."""
