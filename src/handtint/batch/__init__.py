"""Runs over many photographs: the names of their results, the journal, workers and the report."""
