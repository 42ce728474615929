"""Photographs as arrays and files, without networks or torch; the packages import one another in one direction."""
