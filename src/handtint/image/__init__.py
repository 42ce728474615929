"""Photographs as arrays and files, in rooms of which each uses those below; no models, no torch."""
