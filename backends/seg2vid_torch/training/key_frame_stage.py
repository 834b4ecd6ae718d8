"""Training of the motion stage of key frames: a path encoder that reads flow, and a correction of depth.

Both learn in every step, each from its own: the encoder from the teacher's drives through stills, the correction from
windows of real clips, whose paths are fitted along with it.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from seg2vid_interface.errors import DatasetError
from seg2vid_interface.model_card import Camera
from seg2vid_torch.data.batches import numpy_generator
from seg2vid_torch.data.frame_store import FrameStore
from seg2vid_torch.data.path_teacher import PathTeacher, TaughtPaths
from seg2vid_torch.data.shares import micro_batch_of
from seg2vid_torch.networks.build import build_key_frame_motion
from seg2vid_torch.networks.key_frames.key_frame_motion import KeyFrameMotion
from seg2vid_torch.settings.key_frames import KeyFrameSettings
from seg2vid_torch.training.average import AveragedNetwork
from seg2vid_torch.training.key_frame_paths import DrawnWindows, RealWindows, WindowPaths
from seg2vid_torch.training.key_frame_terms import correction_terms
from seg2vid_torch.training.optimizers import make_adam
from seg2vid_torch.training.path_fitting import FilmedScenes
from seg2vid_torch.training.schedule import cosine_decay, set_rates
from seg2vid_torch.training.stage import TrainingContext, count_parameters, evenly_chosen, mean_terms
from seg2vid_torch.training.terms import Terms, weighted_sum

BETAS = (0.9, 0.99)
LARGEST_GRADIENT = 1.0
REFITTED = 3  # steps: in one of so many the paths are fitted further, which takes as long as all the rest
VALIDATION_WINDOWS, VALIDATION_PATHS, VALIDATION_ROUNDS = 8, 256, 3


class KeyFrameStage:
    """Network, data and optimizer of the motion stage of key frames (see `StageTraining`)."""

    averages = "key_frames"

    def __init__(
        self, settings: KeyFrameSettings, context: TrainingContext, stills: FrameStore, unseen: FrameStore | None
    ) -> None:
        """Build it; the teacher drives through `stills`, and through the `unseen` ones to validate."""
        self._settings, self._context, self._device = settings, context, context.device
        camera, frames = Camera(), settings.network.chunk_frames
        self._network = build_key_frame_motion(settings.network, context.label_space, camera).to(context.device)
        classes = self._network.classes
        self._teacher = PathTeacher(stills, context.label_space, camera, frames, context.seed)
        self._unseen = PathTeacher(unseen, context.label_space, camera, frames, context.seed) if unseen else None
        self._windows = RealWindows(context.train, classes, camera, frames, divided=context.divided)
        self._refuse_few_windows()
        held = context.validation
        self._held_windows = (
            RealWindows(held, classes, camera, frames, divided=context.divided)
            if held and held.windows(2 * frames + 1)
            else None
        )
        self._paths = WindowPaths(self._windows).to(context.device)
        self.networks = nn.ModuleDict({"key_frames": self._network, "paths": self._paths})
        self.averaged = AveragedNetwork(self._network, settings.ema_decay)
        self._parts = {"encoder": self._network.encoder, "correction": self._network.correction}
        encoder = settings.learning_rate
        self._rates = {"encoder": encoder, "correction": settings.correction_rate * encoder}
        self.optimizers = {
            name: make_adam(part.parameters(), self._rates[name], BETAS) for name, part in self._parts.items()
        }
        self._pictures = len(context.train), len(context.train.clips), len(stills)

    def _refuse_few_windows(self) -> None:
        there, sharing = len(self._windows.starts), self._context.processes.count * self._settings.accumulate
        if there < self._settings.windows and there % sharing:
            raise DatasetError(
                f"--data: the clips have {there} windows, which {sharing} processes or micro-batches cannot share",
                "Give it more clips, or start fewer processes.",
            )

    @property
    def _averaged_network(self) -> KeyFrameMotion:
        network = self.averaged.module.eval()
        assert isinstance(network, KeyFrameMotion)
        return network

    def step(self, step: int, progress: float) -> dict[str, Tensor]:
        """Train both parts once."""
        settings = self._settings
        set_rates(self.optimizers, self._rates, cosine_decay(progress, 0.0, settings.final_rate))
        corrects = step >= settings.correction_from
        trained = ["encoder", "correction"] if corrects else ["encoder"]
        for name in trained:
            self.optimizers[name].zero_grad(set_to_none=True)
        taught = self._teacher.draw(step, settings.batch, self._device, self._context.share)
        windows = self._draw_windows(step) if corrects else []
        terms, share = [], self._context.share
        for part in range(settings.accumulate):
            terms.append(self._encoder_terms(micro_batch_of(taught, share, part)))
            if corrects:
                terms[-1] |= self._correction_terms(step, *windows[part])
            self._context.add_gradients(weighted_sum(terms[-1], settings.weights))
        for name in trained:
            self._context.processes.average_gradients(self._parts[name].parameters())
            nn.utils.clip_grad_norm_(self._parts[name].parameters(), LARGEST_GRADIENT)
            self.optimizers[name].step()
        self.averaged.update_parameters(self._network)
        return mean_terms(terms)

    def _encoder_terms(self, taught: TaughtPaths) -> Terms:
        read = self._network.encoder(taught.inverse_depth, taught.still, taught.flows)
        return {"taught_path": functional.mse_loss(read, taught.numbers)}

    def _draw_windows(self, step: int) -> list[tuple[Tensor, Tensor]]:
        """Return, of this process's windows, those of each micro-batch, and which of them are mirrored."""
        generator = numpy_generator(self._context.seed, step, "real windows")
        count = min(self._settings.windows, len(self._windows.starts))
        chosen = torch.from_numpy(generator.choice(len(self._windows.starts), count, replace=False))
        mirrored = torch.from_numpy(generator.random(count) < 0.5)
        share = self._context.share
        return list(zip(*(share.micro_batches(share.of(x)) for x in (chosen, mirrored)), strict=True))

    def _correction_terms(self, step: int, chosen: Tensor, mirrored: Tensor) -> Terms:
        drawn, mirrored = self._windows.draw(chosen, self._device), mirrored.to(self._device)
        factor = self._factor(self._network, drawn, mirrored)
        scenes = replace(drawn.scenes, factor=factor)
        fixed, again = replace(drawn.scenes, factor=factor.detach()), step % REFITTED == 0
        gathered = self._context.processes.gathered
        steps = self._paths.fitted(chosen, drawn, fixed, self._network, again=again, gathered=gathered)
        return correction_terms(drawn, scenes.places(steps, self._network.camera), factor, self._context.average)

    def _factor(self, network: KeyFrameMotion, drawn: DrawnWindows, mirrored: Tensor) -> Tensor:
        """Return the factors (N, H, W) that a network says, having seen some windows mirrored."""
        seen = [_mirror(field, mirrored) for field in (drawn.labels, drawn.scenes.told)]
        return _mirror(network.factor(*seen), mirrored)

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Return what is left of the path's numbers, `val_teacher_latent`, and how well real clips are met.

        `val_picture` is the later frames' mean difference, fetched back by a path that is fitted to them, to the first;
        `val_picture_uncorrected` is the same without the correction.
        """
        measures: dict[str, float] = {}
        network = self._averaged_network
        if self._unseen:
            taught = self._unseen.draw(0, VALIDATION_PATHS, self._device)
            read = network.encoder(taught.inverse_depth, taught.still, taught.flows)
            measures["val_teacher_latent"] = functional.mse_loss(read, taught.numbers).item()
        if self._held_windows:
            chosen = evenly_chosen(len(self._held_windows.starts), VALIDATION_WINDOWS)
            drawn = self._held_windows.draw(chosen, self._device)
            factor = self._factor(network, drawn, torch.zeros(len(chosen), dtype=torch.bool, device=self._device))
            for name, corrected in (("", factor), ("_uncorrected", torch.ones_like(factor))):
                measures[f"val_picture{name}"] = self._difference(drawn, corrected)
        return measures

    def _difference(self, drawn: DrawnWindows, factor: Tensor) -> float:
        """Return the mean difference of held windows, corrected by factors."""
        assert self._held_windows
        network = self._averaged_network
        scenes: FilmedScenes = replace(drawn.scenes, factor=factor)
        paths = WindowPaths(self._held_windows).to(self._device)
        chosen = torch.arange(len(factor), device=self._device)
        for _ in range(VALIDATION_ROUNDS):
            steps = paths.fitted(chosen, drawn, scenes, network)
        return correction_terms(drawn, scenes.places(steps, network.camera), factor)["picture"].item()

    @torch.no_grad()
    def write_samples(self, folder: Path, step: int) -> None:
        """Write a sheet of frames above the nearness that labels tell, and that as it is corrected."""
        windows = self._held_windows or self._windows
        drawn = windows.draw(evenly_chosen(len(windows.starts), 4), self._device)
        still = torch.zeros(len(drawn.labels), dtype=torch.bool, device=self._device)
        told = drawn.scenes.told
        corrected = told * self._factor(self._averaged_network, drawn, still)
        depths = [(depth / told.amax((1, 2), keepdim=True)).clamp(0, 1).sqrt() for depth in (told, corrected)]
        rows: Sequence[Tensor] = [
            drawn.scenes.frames[:, 0],
            *(depth[:, None].expand(-1, 3, -1, -1) for depth in depths),
        ]
        sheet = torch.cat([row.permute(2, 0, 3, 1).flatten(1, 2) for row in rows])
        Image.fromarray((sheet * 255).round().byte().cpu().numpy()).save(folder / f"{step:07d}.png")

    def summary(self) -> dict[str, object]:
        """Return the numbers of frames, clips and parameters."""
        frames, clips, stills = self._pictures
        return {
            "pictures": frames,
            "clips": clips,
            "windows": len(self._windows.starts),
            "stills": stills,
            "parameters": {name: count_parameters(part) for name, part in self._parts.items()},
        }


def _mirror(field: Tensor, mirrored: Tensor) -> Tensor:
    """Mirror those of the batch, left to right, for which it is true."""
    return torch.where(mirrored.view(-1, *[1] * (field.ndim - 1)), field.flip(-1), field)
