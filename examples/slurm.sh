#!/bin/bash
# A SLURM array that makes the clips of a folder of label maps, each task its share: sbatch examples/slurm.sh MAPS CLIPS
# What a task made stays made: after a time limit or a lost node, submit it again, or single tasks: --array=3,7
#SBATCH --job-name=seg2vid
#SBATCH --array=0-63
#SBATCH --cpus-per-task=1
#SBATCH --mem=2G
#SBATCH --time=04:00:00
#SBATCH --output=seg2vid-%A-%a.txt
set -euo pipefail

seg2vid generate "$1" -o "$2/" --format webdataset --save labels,flow,depth,instances \
  --backend onnx --device cpu --shard env/64 --skip-existing --quiet
