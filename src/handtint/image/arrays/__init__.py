"""Arrays: large ones on disk, conversion to libvips images and to 8 bits, resizing and the guided filter."""
