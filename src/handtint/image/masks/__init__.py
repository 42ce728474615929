"""Masks: the alpha that `--keep` selects, the objects in a photo, and drawings of them."""
