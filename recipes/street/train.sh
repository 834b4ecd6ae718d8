#!/usr/bin/env bash
# Trains the bundled model and exports it.  Stopped at any time, it goes on where it was when started again.
#
#   recipes/street/train.sh STREETS [RUNS [TRAIN-FLAG...]]
#
# STREETS holds stills/ and clips/, each in the "clips" layout (docs/training.md, "A dataset of one's own").  Meant for a
# GPU: on two CPU cores the image stage's 15,000 steps would take more than a week (README.md says what to do there
# instead); the motion and labels stages need none.
set -euo pipefail

streets=$1
runs=${2:-runs/street}
recipe=$(cd "$(dirname "$0")" && pwd)

# Training allocates and frees large tensors all the time; kept by the allocator, they cost no page faults (a third of
# the time on a CPU with glibc).
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=30000000000 MALLOC_TOP_PAD_=536870912

seg2vid train image --data "$streets/stills" --data "$streets/clips" --out "$runs/image" "${@:3}"
seg2vid train motion --data "$streets/clips" --set "stills=[\"$streets/stills\"]" --out "$runs/motion" "${@:3}"
seg2vid train labels --data "$streets/stills" --out "$runs/labels" "${@:3}"
seg2vid export "$runs/image" "$runs/motion" "$runs/labels" --card "$recipe/card.toml" --onnx --half-weights --overwrite \
  -o "$recipe/../../seg2vid_cli/models/street"
