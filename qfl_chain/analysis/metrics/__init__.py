"""Measures of a federation's history: pure functions from facts to numbers. docs/metrics.md defines them."""
