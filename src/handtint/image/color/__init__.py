"""Lab and the gamut, tone and levels, colour blended over a backdrop, the inputs of networks."""
