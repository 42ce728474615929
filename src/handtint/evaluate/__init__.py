"""Measures of colour and masks against ground truth, and reports of them."""
