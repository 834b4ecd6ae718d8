"""The convolution that backends are measured by."""

import onnx.parser
import pytest

from seg2vid_interface.peak import FLOAT, FLOAT16, SHAPE, convolution_graph

TEXT = """\
<ir_version: 8, opset_import: ["" : 18]>
peak (TYPE[1,128,128,256] x) => (TYPE[1,128,128,256] y) {
  s = Constant <value_ints = [128, 128, 3, 3]> ()
  f = ConstantOfShape <value = float[1] {0.01}> (s)
  w = Cast <to = NUMBER> (f)
  y = Conv <pads = [1, 1, 1, 1]> (x, w)
}"""


@pytest.mark.parametrize(("name", "number"), [("float", FLOAT), ("float16", FLOAT16)])
def test_the_graph_is_this(name, number):
    graph = onnx.parser.parse_model(TEXT.replace("TYPE", name).replace("NUMBER", str(number)))
    assert convolution_graph(number) == graph.SerializeToString(deterministic=True)
    assert SHAPE == (1, 128, 128, 256)
