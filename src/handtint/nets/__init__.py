"""Plain torch modules; they know nothing of files, devices, options or optimisers."""
