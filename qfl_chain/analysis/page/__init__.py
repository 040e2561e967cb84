"""The report: one HTML page, its live form, and its figures as files."""
