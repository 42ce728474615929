"""What `--keep` asks for, as alpha; what is in a photo, and drawn over it."""
