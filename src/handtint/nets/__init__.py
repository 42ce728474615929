"""Plain torch modules, independent of files, devices, options and optimisers."""
