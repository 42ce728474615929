"""Lab and the gamut, tone and levels, colour over a backdrop, what networks are shown."""
