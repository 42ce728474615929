"""Tinting over HTTP: what a request asks for is done in worker processes, which may die of it without harm."""
