"""Batches that run sample by sample; the graph is one whose results depend on the batch, as those of libraries do."""

import numpy as np

from seg2vid_interface.sample_by_sample import SampleBySample


class Sensitive:
    """Doubles x, and adds how many samples there are; what it gives is no array until it is fetched."""

    def __init__(self):
        self.batches = []

    def run(self, inputs, outputs):
        inputs = {name: value[0] if isinstance(value, tuple) else value for name, value in inputs.items()}
        self.batches.append(len(inputs["x"]))
        doubled = 2 * inputs["x"] + len(inputs["x"]) + inputs["all"]
        return dict.fromkeys(outputs, (doubled,))

    def fetch(self, value):
        return value[0]


def test_each_sample_is_what_it_is_alone_and_runs_follow_one_another():
    graph = Sensitive()
    batched, x = SampleBySample(graph), np.arange(6, dtype=np.float32).reshape(3, 2)
    together = batched.run({"x": x, "all": np.array(5)}, ["y"])["y"]
    again = batched.fetch(batched.run({"x": together, "all": np.array(0)}, ["y", "z"])["z"])
    assert graph.batches == [1] * 6
    for number in range(3):
        alone = batched.run({"x": x[number : number + 1], "all": np.array(5)}, ["y"])["y"]
        np.testing.assert_array_equal(batched.fetch(together)[number], batched.fetch(alone)[0])
        alone = batched.run({"x": alone, "all": np.array(0)}, ["z"])["z"]
        np.testing.assert_array_equal(again[number], batched.fetch(alone)[0])
