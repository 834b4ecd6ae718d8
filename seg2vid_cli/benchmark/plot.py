"""A picture of a benchmark: how many frames a second every row makes."""

from collections.abc import Sequence
from pathlib import Path

from seg2vid_cli.benchmark.document import Result

BAR = 0.38  # of the distance between two rows


def plot_speeds(results: Sequence[Result], path: Path) -> None:
    """Draw two bars a row, of the network alone and with encoding; the ending chooses PNG or SVG.  Raises OSError."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 1.2 + 0.55 * len(results)), layout="constrained")
    axes = figure.subplots()
    for label, offset, name in (("network", -BAR / 2, "frames_per_s"), ("to mp4", BAR / 2, "end_to_end_frames_per_s")):
        places = [place + offset for place in range(len(results))]
        bars = axes.barh(places, [getattr(result, name) for result in results], BAR, label=label)
        axes.bar_label(bars, fmt="%.1f", padding=3)
    axes.set_yticks(range(len(results)), [result.name for result in results])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel("frames/s")
    axes.legend()
    figure.savefig(path, format=path.suffix[1:].lower(), dpi=150)
