"""Worker pools: processes that do one job at a time, and are replaced when they die."""
