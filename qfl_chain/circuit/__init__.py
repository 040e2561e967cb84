"""Circuits: one traced, canonical gate list and the programs that run it."""
