"""Photographs as arrays and files, in packages that import one another in one direction; no models, no torch."""
