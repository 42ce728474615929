"""Pools of workers: processes that do one job after the other, and may die of any of them."""
