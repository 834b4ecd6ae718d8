"""An evaluation as tables: for the terminal, and for GitHub."""

from collections.abc import Iterator, Sequence

from seg2vid_cli.terminal.tables import MISSING, Table, number, render
from seg2vid_interface.evaluation import BY_STEP, Column, Evaluation, Row

SHOWN = (1, 4, 16)
"""Steps that tables show, and the last one; JSON has all."""
BETTER = {"higher": "higher is better", "lower": "lower is better", "1": "1 is best"}


def report(evaluation: Evaluation, *, markdown: bool = False) -> Iterator[str]:
    """Yield the lines of everything."""
    blank, item = ([""], "- ") if markdown else ([], "")
    yield from ["### seg2vid evaluate", ""] if markdown else []
    yield "; ".join(f"{name}: {value}" for name, value in evaluation.protocol.items())
    by_step = [column for column in evaluation.columns if column.name in BY_STEP]
    for some in [[column] for column in by_step] if markdown else [by_step[:2]] if by_step else []:
        yield from ["", _title(some), *blank, *render(_over_time(evaluation, some), markdown=markdown), *blank]
    yield from ["", "mean over all steps, or of the whole set:"]
    yield from [*blank, *render(_means(evaluation), markdown=markdown), *blank]
    for column in evaluation.columns:
        yield f"{item}{column.title}: {column.about}; {BETTER[column.better]}"
    for name, reason in evaluation.dropped.items():
        yield f"{item}left out: {name}: {reason}"
    yield from (item + note for note in evaluation.notes)


def _title(columns: Sequence[Column]) -> str:
    return f"{' / '.join(_heading(column, ', ') for column in columns)} at step"


def _heading(column: Column, between: str = "\n") -> str:
    return column.title + (f"{between}{column.unit}" if column.unit else "")


def _over_time(evaluation: Evaluation, columns: Sequence[Column]) -> Table:
    rows = [row for row in evaluation.rows if any(column.name in row.steps for column in columns)]
    longest = max((len(values) for row in rows for values in row.steps.values()), default=0)
    steps = sorted({step for step in (*SHOWN, longest) if 0 < step <= longest})
    table = {"row": [row.name for row in rows]}
    for step in steps:
        table[f"t+{step}\n"] = [" / ".join(_at(row, column, step) for column in columns) for row in rows]
    return table


def _at(row: Row, column: Column, step: int) -> str:
    values = row.steps.get(column.name, ())
    return number(values[step - 1], column.digits) if step <= len(values) else MISSING


def _means(evaluation: Evaluation) -> Table:
    table = {"row": [row.name for row in evaluation.rows], "starts\n": [str(row.starts) for row in evaluation.rows]}
    for column in evaluation.columns:
        values = [row.whole.get(column.name) for row in evaluation.rows]
        table[f"{column.title}\n{column.unit}"] = [number(value, column.digits) for value in values]
    return table
