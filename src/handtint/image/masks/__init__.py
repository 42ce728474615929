"""Masks: the alpha that `--keep` asks for, the objects in a photo, and pictures of both."""
