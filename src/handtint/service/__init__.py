"""Tinting over HTTP. The work is done in worker processes, so a photo that crashes one does no further harm."""
