"""Damaged and hostile texts: cards, label spaces, baselines, paths; read as a strict reader reads them, or refused."""

import pytest

from robustness.counts import counts
from robustness.documents import KINDS
from robustness.judging import problem_of
from robustness.mutation import TEXT, mutations


@pytest.mark.parametrize("count", counts(40, 1000))
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_texts(tally, tmp_path, count, kind):
    path = tmp_path / kind.file
    with tally(kind.name) as texts:
        for _, damaged in mutations(kind.files, TEXT, count, kind.name):
            path.write_bytes(damaged)
            texts.add(problem_of(kind.read, path, lambda found, text=damaged: kind.problem(text, found)))
