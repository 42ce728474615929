"""Files of photographs: formats and their decoders, limits, pages; files are written completely or not at all."""
