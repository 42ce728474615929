"""Tests of handtint.evaluate."""
