"""The lab's plots, as PNG or SVG files. Drawn without a display."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from warnings import catch_warnings, simplefilter

from qfl_chain.errors import InputError
from qfl_chain.lab.replaying import Replayed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = (".png", ".svg")
COLOURS = {"own": "#000000", "exact": "#0072b2", "carried": "#e69f00"}
"""Three of Okabe and Ito's colours, which colour-blind readers tell apart."""
MARKS = {"own": "o", "exact": "s", "carried": "^"}
MILLION = 10**6
TALLEST = 20
"""Participants in the plot."""


def check_figure(path: Path) -> None:
    """Refuse a figure's path before anything is computed for it.

    Raises:
        InputError: neither .png nor .svg, or in no directory.
    """
    if path.suffix not in FORMATS:
        raise InputError(
            f"{path}: a figure is a {' or '.join(FORMATS)} file, not {path.suffix or 'one without ending'}"
        )
    if not path.absolute().parent.is_dir():
        raise InputError(f"{path}: there is no directory {path.absolute().parent}; make it first")


def draw_replay(replayed: Replayed, path: Path) -> None:
    """Draw what each participant was and would have been paid, and the loss by round.

    Raises:
        InputError: the file cannot be written.
    """
    import matplotlib
    from matplotlib.figure import Figure

    scheme = replayed.scheme
    # SVG names its parts by a salt: a fixed one makes equal figures equal files. Its text stays text, for readers whose
    # fonts have more letters than the one a PNG is drawn with, of which matplotlib warns.
    with matplotlib.rc_context({"svg.hashsalt": "qfl-chain", "svg.fonttype": "none"}), catch_warnings():
        simplefilter("ignore", UserWarning)
        figure = Figure(figsize=(11, 4.5), layout="constrained")
        payments, losses = figure.subplots(1, 2)
        _draw_payments(payments, replayed)
        _draw_losses(losses, replayed)
        figure.suptitle(f"{scheme.aggregation}, {scheme.contribution}, {scheme.stake_weight} stake")
        try:
            figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror}") from error


def _draw_payments(axes: Axes, replayed: Replayed) -> None:
    most = sorted(replayed.participants, key=lambda one: -max(one.own, one.exact, one.carried))[:TALLEST]
    people = [one for one in replayed.participants if one in most]
    for at, (kind, colour) in enumerate(COLOURS.items()):
        places = [row + (at - 1) * 0.27 for row in range(len(people))]
        axes.barh(places, [getattr(one, kind) / MILLION for one in people], 0.25, color=colour, label=kind)
    # A dollar sign would start a formula.
    axes.set_yticks(range(len(people)), [one.name.replace("$", r"\$") for one in people])
    axes.invert_yaxis()
    left_out = len(replayed.participants) - len(people)
    axes.set_xlabel(f"paid over the run, in millions of gwei{f'; {left_out} paid less left out' if left_out else ''}")
    axes.legend()


def _draw_losses(axes: Axes, replayed: Replayed) -> None:
    from matplotlib.ticker import MaxNLocator

    numbers = [one.round for one in replayed.rounds]
    for kind, colour in COLOURS.items():
        losses = [getattr(one, kind).loss_after for one in replayed.rounds]
        axes.plot(numbers, losses, color=colour, marker=MARKS[kind], label=kind)
    axes.set_xlabel("round")
    axes.set_ylabel("loss per drawn sample after the round")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend()
