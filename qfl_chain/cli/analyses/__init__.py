"""The commands of ``qfl analyze``, one module each."""
