"""What an exported graph does twice, or for nothing, is taken out of it."""

from typing import Final

import onnx
import onnx_ir
from onnx_ir.passes import Sequential, common
from onnxscript import optimizer, rewriter
from onnxscript.rewriter.rules import common as rules

RULES: Final = [
    rules.cast_cast_rule,
    rules.flatten_to_reshape_rule,
    rules.fuse_batchnorm_into_conv_rule,
    rules.fuse_batchnorm_into_conv_transpose_rule,
    rules.fuse_pad_into_conv_rule,
    rules.no_op_cast_rule,
    rules.no_op_expand_rule,
    rules.no_op_transpose_rule,
    rules.reshape_reshape_rule,
    rules.squeeze_reshape_1d_rule,
    rules.transpose_transpose_rule,
    rules.unsqueeze_unsqueeze_rule,
]
"""Those of onnxscript's that find something in graphs like ours.

`onnxscript.optimizer.optimize` has more, one of which (`slice_split_rule`) goes through all nodes for every node: of a
graph of some thousands that takes longer than all the rest of an export.
"""
ROUNDS: Final = 2  # what is folded gives the rules more to find


def simplify(proto: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with constants folded, and without what is double, unused or changes nothing."""
    model = onnx_ir.from_proto(proto)
    optimizer.inline(model)
    for _ in range(ROUNDS):
        optimizer.fold_constants(model, onnx_shape_inference=True)
        rewriter.rewrite(model, RULES)  # also takes out what is unused
    tidy = Sequential(
        common.LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0),
        common.LiftSubgraphInitializersToMainGraphPass(),
        common.DeduplicateInitializersPass(),
        common.CommonSubexpressionEliminationPass(),
        common.OutputFixPass(),
        common.NameFixPass(),
    )
    return onnx_ir.to_proto(tidy(model).model)
