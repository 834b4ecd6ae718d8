"""Looking rows of numbers up in a table, column by column.

The geometry gathers rows of seven numbers and then splits them into columns.  OpenVINO has no fast split of rows, but a
fast gather from each column of the table turned round, which gives the same numbers.
"""

from typing import Any

import numpy as np

from seg2vid_openvino.runtime import openvino


def gather_columns(model: openvino.Model) -> None:
    """Let every split of gathered rows (P, C) into columns (P, 1) gather from the columns instead."""
    operators = openvino.opset13
    turned: dict[str, Any] = {}  # name of a table -> the table with its sides swapped
    for split in model.get_ordered_ops():
        if not _splits_gathered_rows(split):
            continue
        table, indices, _ = split.input_value(0).get_node().input_values()
        name = f"{table.get_node().get_name()}:{table.get_index()}"
        if name not in turned:
            turned[name] = operators.transpose(table, np.array([1, 0]))
        gathered = operators.gather(turned[name], indices, np.array(1))
        columns = operators.split(gathered, np.array(0), split.get_output_size())
        for old, new in zip(split.outputs(), columns.outputs(), strict=True):
            column = operators.reshape(new, np.array([-1, 1]), special_zero=False).output(0)
            for port in old.get_target_inputs():
                port.replace_source_output(column)
    model.validate_nodes_and_infer_types()


def _splits_gathered_rows(node: Any) -> bool:
    if node.get_type_name() != "Split":
        return False
    rows = node.input_value(0).get_node()
    return (
        rows.get_type_name() == "Gather"
        and rows.get_output_partial_shape(0).rank.get_length() == 2
        and _constant(node.input_value(1)) == 1
        and _constant(rows.input_value(2)) == 0
        and node.get_output_size() == rows.get_output_shape(0)[1]
    )


def _constant(value: Any) -> int | None:
    """Return the number that a constant holds; None if it is none."""
    node = value.get_node()
    return int(node.get_data().item()) if node.get_type_name() == "Constant" and node.get_data().size == 1 else None
