"""``python -m qfl_chain`` is ``qfl``."""

from qfl_chain.cli.main import main

main()
