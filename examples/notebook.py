"""seg2vid from a notebook: run it cell by cell (VS Code, Jupytext), or whole: python examples/notebook.py [FOLDER].

It writes notebook.mp4 and notebook.png into FOLDER, by default this one.
"""

# %% Open the bundled model: on the fastest backend that works here
import sys
from pathlib import Path

import numpy as np
from PIL import Image

import seg2vid

examples = Path(__file__).parent
results = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
model = seg2vid.open("street")
print(model)

# %% A clip from a file; from an array the same clip
clip = model.generate(examples / "street.png", frames=9, seed=1)
label_map = np.asarray(Image.open(examples / "street.png", formats=("PNG",)))
assert np.array_equal(model.generate(label_map, frames=9, seed=1).frames, clip.frames)

# %% Its arrays: frames, and flow, occlusion and labels that fit them
print("frames   ", clip.frames.shape, clip.frames.dtype)
print("flow     ", clip.flow.shape, f"on average {np.linalg.norm(clip.flow, axis=-1).mean():.2f} pixels a frame")
print("occlusion", clip.occlusion.shape, f"{clip.occlusion.mean():.0%} visible before")
print("labels   ", clip.labels.shape, f"{(clip.labels[-1] == 0).mean():.0%} road in the last frame")

# %% Labels of a frame are a label map again: go on from there
onwards = model.generate(clip.labels[-1], first_frame=clip.frames[-1], frames=5)
print("went on for", len(onwards), "frames")

# %% A label map of one's own: a road under the sky, in Cityscapes' train ids
drawing = np.full((128, 256), 10)
drawing[56:] = 0
drawing[40:56, :100] = 2
Image.fromarray(model.generate(drawing, frames=1).frames[0]).save(results / "notebook.png")

# %% Save the clip
print("wrote", *clip.save(results / "notebook.mp4", overwrite=True))
model.close()
