"""The page: a photo opened in a browser on the same machine, and edited there."""
