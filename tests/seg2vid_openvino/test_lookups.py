"""Gathering from columns instead of splitting rows."""

import numpy as np

from seg2vid_openvino.lookups import gather_columns
from seg2vid_openvino.runtime import core, openvino

operators = openvino.opset13


def lookup(axis: int, parts: int) -> openvino.Model:
    """Rows of a table of 4 columns, split along an axis, the parts multiplied by 1, 2, ... and joined."""
    table = operators.parameter([6, 4], np.float32)
    places = operators.parameter([8], np.int64)
    rows = operators.gather(table, places, np.array(0))
    split = operators.split(rows, np.array(axis), parts)
    scaled = [operators.multiply(part, np.float32(i + 1)) for i, part in enumerate(split.outputs())]
    return openvino.Model([operators.concat(scaled, 1)], [table, places], "lookup")


def test_the_numbers_are_the_same():
    table = np.arange(24, dtype=np.float32).reshape(6, 4)
    places = np.array([5, 0, 0, 3, 2, 1, 4, 5])
    model = lookup(axis=1, parts=4)
    gather_columns(model)
    splits = [node for node in model.get_ops() if node.get_type_name() == "Split"]
    assert [split.get_output_shape(0) for split in splits] == [openvino.Shape([1, 8])]
    (result,) = core().compile_model(model, "CPU")([table, places]).values()
    np.testing.assert_array_equal(result, table[places] * [1, 2, 3, 4])


def test_other_splits_stay():
    for axis, parts, shape in ((0, 4, [2, 4]), (1, 2, [8, 2])):
        model = lookup(axis, parts)
        gather_columns(model)
        (split,) = (node for node in model.get_ops() if node.get_type_name() == "Split")
        assert split.get_output_shape(0) == openvino.Shape(shape)
