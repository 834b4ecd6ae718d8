"""A picture of an evaluation: quality over time."""

import math
from pathlib import Path

from seg2vid_interface.evaluation import BY_STEP, Evaluation

ACROSS = 3  # metrics side by side


def plot_quality(evaluation: Evaluation, path: Path) -> None:
    """Draw every metric over the steps, a line a row; the ending chooses PNG or SVG.  Raises OSError."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    columns = [column for column in evaluation.columns if column.name in BY_STEP]
    across = max(1, min(ACROSS, len(columns)))
    down = max(1, math.ceil(len(columns) / across))
    figure = Figure(figsize=(4 * across, 0.6 + 2.8 * down), layout="constrained")
    places = figure.subplots(down, across, squeeze=False).flatten()
    for axes, column in zip(places, columns, strict=False):
        for number, row in enumerate(evaluation.rows):
            values = [math.nan if value is None else value for value in row.steps.get(column.name, ())]
            if values:  # the same colour everywhere
                axes.plot(range(1, len(values) + 1), values, marker=".", color=f"C{number}", label=row.name)
        axes.set_title(f"{column.title}{f', {column.unit}' if column.unit else ''}")
        axes.set_xlabel("frames after the first")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in places[len(columns) :]:
        axes.remove()
    lines = {label: line for axes in figure.axes for line, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    if lines:
        figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=3)
    figure.savefig(path, format=path.suffix[1:].lower(), dpi=150)
