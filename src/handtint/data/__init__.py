"""Photographs and masks to train and evaluate on."""
