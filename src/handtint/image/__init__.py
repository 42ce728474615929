"""Pure array functions on photographs; no models, no torch."""
