"""Files of photographs: formats and who decodes them, limits, pages, written whole or not at all."""
