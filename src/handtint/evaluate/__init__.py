"""Measures of colour and masks against photographs whose truth is known, and the report of them."""
