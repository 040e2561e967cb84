"""The incentive lab: other rules over the same updates, and many runs beside one another."""
