"""How fast PyTorch convolves on a device: the yardstick of `seg2vid benchmark`."""

import torch

from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.peak import CHANNELS, SHAPE, measure_gflops
from seg2vid_torch.runtime.devices import PRECISIONS, check_precision, choose_device


def peak_gflops(options: OpenOptions) -> float:
    """Return GFLOP/s; see `seg2vid_interface.backend.Benchmarked`."""
    device = choose_device(options.device)
    precision = check_precision("fp32" if options.precision == "auto" else options.precision, device)
    picture = torch.ones(SHAPE).to(device, PRECISIONS[precision])
    weights = torch.full((CHANNELS, CHANNELS, 3, 3), 0.01).to(picture)

    def run() -> None:
        torch.nn.functional.conv2d(picture, weights, padding=1)
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    with (
        torch.inference_mode(),
        torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False),
    ):
        return measure_gflops(run)
