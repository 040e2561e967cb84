"""The files ``qfl new`` writes; this one it leaves out."""
