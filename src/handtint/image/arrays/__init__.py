"""Arrays: large ones on the disk, as libvips images, other sizes and the guided filter, 8 and 16 bits."""
