"""The index: a federation's history in one DuckDB file."""
