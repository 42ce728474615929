"""Many photographs: which goes where, and the run over them."""
