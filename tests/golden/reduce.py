"""Makes the reduced folder: python tests/golden/reduce.py GOLDEN-FOLDER."""

import gzip
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from golden.folder import REDUCED, GoldenFolder, thinned

THINNING = 8


def main(source: Path) -> None:
    golden = GoldenFolder(source)
    REDUCED.mkdir(exist_ok=True)
    values = {key: thinned(array, THINNING) for key, array in golden.values.items()}
    np.savez_compressed(REDUCED / "golden.npz", **values)
    (REDUCED / "golden.json").write_text(json.dumps(golden.settings | {"thinning": THINNING}) + "\n")
    networks = sorted(path.stem.removeprefix("state_dict_") for path in source.glob("state_dict_*.json"))
    shapes = json.dumps({network: golden.shapes(network) for network in networks})
    (REDUCED / "state_dicts.json.gz").write_bytes(gzip.compress(shapes.encode(), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
