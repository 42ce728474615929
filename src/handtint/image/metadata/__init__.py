"""EXIF, XMP, IPTC and ICC profiles; privacy and provenance."""
