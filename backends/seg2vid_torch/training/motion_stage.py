"""Training of the motion stage: Img2Vid on real clips and on clips made from stills."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from seg2vid_torch.data.batches import normal, numpy_generator, one_hot, pictures
from seg2vid_torch.data.frame_store import FrameStore
from seg2vid_torch.data.motion_batches import RealClips, RealClipSource, TaughtClips, TeacherClipSource
from seg2vid_torch.data.shares import SampleDraws, micro_batch_of
from seg2vid_torch.geometry.camera_code import camera_code
from seg2vid_torch.graphs.rollout import predict_chunk
from seg2vid_torch.networks.build import build_img2vid
from seg2vid_torch.networks.colors import to_rgb
from seg2vid_torch.networks.img2vid.img2vid import Img2Vid, Motion
from seg2vid_torch.settings.motion import MotionSettings
from seg2vid_torch.training.average import AveragedNetwork
from seg2vid_torch.training.motion_terms import (
    MotionBatch,
    flow_terms,
    latent_terms,
    perceptual_terms,
    refinement_terms,
    teacher_terms,
    warping_terms,
    where_known,
)
from seg2vid_torch.training.optimizers import make_adam
from seg2vid_torch.training.stage import TrainingContext, count_parameters, evenly_chosen, mean_terms
from seg2vid_torch.training.terms import Terms, weighted_sum
from seg2vid_torch.weights.vgg19 import load_vgg19

BETAS = (0.9, 0.999)
SAMPLE_CHUNKS = 6
VALIDATION_STARTS = 16


@dataclass(frozen=True)
class MotionDraws:
    """What is random in a step beside the choice of clips."""

    noise: Tensor
    """(N, C, H, W), standard normal: what hidden places are filled with."""
    latent: Tensor
    """(N, R, L), standard normal: by what latents differ from their means."""
    times: list[int]
    """Which of the T frames are refined."""


class MotionStage:
    """Network, data and optimizer of the motion stage (see `StageTraining`).

    Shape symbols: N = batch, T = predicted frames, K = classes, H, W = height and width, R, L = rows of a latent
    and their length.
    """

    averages = "img2vid"

    def __init__(self, settings: MotionSettings, context: TrainingContext, stills: FrameStore | None) -> None:
        self._settings, self._context, self._stills = settings, context, stills
        self._label_space, self._device = context.label_space, context.device
        self._frames = settings.network.chunk_frames
        longest = self._frames * (2 if settings.rollout_probability else 1) + 1
        self._real = RealClipSource(context.frames_at, longest, context.seed, context.device)
        self._teacher = TeacherClipSource(stills, context.label_space, context.seed, context.device) if stills else None
        self._network = build_img2vid(settings.network, context.label_space).to(context.device)
        self._vgg = load_vgg19(context.vgg_weights, context.device) if context.vgg_weights else None
        self.networks = nn.ModuleDict({"img2vid": self._network})
        self.averaged = AveragedNetwork(self._network, settings.ema_decay)
        self.optimizers = {"img2vid": make_adam(self._network.parameters(), settings.learning_rate, BETAS)}

    @property
    def _averaged_network(self) -> Img2Vid:
        network = self.averaged.module.eval()
        assert isinstance(network, Img2Vid)
        return network

    def step(self, step: int, progress: float) -> dict[str, Tensor]:  # noqa: ARG002  # the rate is the same all along
        """Train the network once, on real and teacher's clips together."""
        generator = numpy_generator(self._context.seed, step, "motion")
        refines = step >= self._settings.refined_from
        rolled_out = generator.random() < self._settings.rollout_probability and refines
        real, taught = self._draw_clips(step, history=self._frames if rolled_out else 0)
        draws = self._draw_numbers(generator, refines=refines)
        optimizer, share, terms = self.optimizers["img2vid"], self._context.share, []
        optimizer.zero_grad(set_to_none=True)
        for part in range(self._settings.accumulate):
            clips = micro_batch_of(real, share, part), micro_batch_of(taught, share, part)
            batch = self._batch(*clips, rolled_out=rolled_out)
            terms.append(self._terms(batch, micro_batch_of(draws, share, part), refines=refines))
            self._context.add_gradients(weighted_sum(terms[-1], self._settings.weights))
        self._context.processes.average_gradients(self._network.parameters())
        optimizer.step()
        self.averaged.update_parameters(self._network)
        return mean_terms(terms)

    def _draw_clips(self, step: int, *, history: int) -> tuple[RealClips, TaughtClips | None]:
        """Draw this process's clips of a step; the real ones begin `history` frames earlier."""
        clips, share = self._settings.teacher.clips, self._context.share
        real = self._real.draw(step, self._settings.batch - clips, history + self._frames + 1, share)
        if not (self._teacher and clips):
            return real, None
        return real, self._teacher.draw(step, clips, self._frames + 1, self._network, share=share)

    def _draw_numbers(self, generator: np.random.Generator, *, refines: bool) -> MotionDraws:
        """Draw what else is random in a step, for this process's clips."""
        settings, network = self._settings, self._network
        size = settings.height, settings.width
        draws = SampleDraws(generator, settings.batch, self._context.share)
        noise = draws.normal(settings.network.image_channels, *size)
        latent = draws.normal(network.latent_size(*size) // network.row, network.row)
        times = generator.permutation(self._frames)[: settings.refined_frames].tolist() if refines else []
        return MotionDraws(noise, latent, times)

    def _batch(self, real: RealClips, teacher: TaughtClips | None, *, rolled_out: bool) -> MotionBatch:
        """Put clips together; the real ones begin T frames earlier if the network is to predict its own input."""
        history = self._frames if rolled_out else 0
        frames = real.frames[:, history:]
        labels = one_hot(real.labels[:, history], self._label_space.size)
        known = torch.ones_like(frames[:, :, :1])
        if teacher:
            frames = torch.cat([frames, teacher.clips.frames])
            labels = torch.cat([labels, teacher.clips.labels])
            known = torch.cat([known, teacher.clips.known.float()])
        before = (real.frames[:, 0], one_hot(real.labels[:, 0], self._label_space.size)) if history else None
        return MotionBatch(frames, labels, known, len(real.frames), before, teacher)

    def _terms(self, batch: MotionBatch, draws: MotionDraws, *, refines: bool) -> Terms:
        network = self._network.train()
        noise = draws.noise.to(self._device)
        mean, log_variance = self._posterior(batch)
        latent = mean + draws.latent.to(self._device) * (0.5 * log_variance).exp()
        if batch.teacher:
            latent = torch.cat([latent[: batch.real], batch.teacher.latent])
        reference, labels = self._reference(batch, latent.detach(), noise)
        with self._context.autocast():
            motion = network.predict_motion(reference, labels, latent)
            warped = network.warp(reference, motion.forward_flow)
        terms = warping_terms(batch, motion, warped, network) | flow_terms(batch, motion)
        if self._vgg:
            with self._context.autocast():
                terms |= perceptual_terms(batch, warped, self._vgg)
        if refines:
            terms |= refinement_terms(self._refined(batch, motion, warped, noise, draws.times), self._frames)
        real_clips = self._settings.batch - self._settings.teacher.clips
        terms |= latent_terms(mean[: batch.real], log_variance[: batch.real], real_clips)
        if batch.teacher:
            terms |= teacher_terms(batch.teacher.clips, motion[batch.real :], self._context.average)
            read = camera_code(mean[batch.real :], network.foreground_column)
            meant = camera_code(batch.teacher.latent, network.foreground_column)
            terms["teacher_latent"] = functional.mse_loss(read, meant)
        return terms

    def _posterior(self, batch: MotionBatch) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of the latents, each (N, R, L) in float32."""
        with self._context.autocast():
            posterior = self._network.encode(batch.frames[:, 0], batch.frames[:, 1:], batch.labels)
        shape = (len(batch.frames), -1, self._network.row)
        return posterior.mean.float().view(shape), posterior.log_variance.float().view(shape)

    @torch.no_grad()
    def _reference(self, batch: MotionBatch, latent: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Return the input frame and its labels: for rolled-out real clips what the network itself made of them."""
        if batch.before is None:
            return batch.frames[:, 0], batch.labels
        real = batch.real
        chunk = predict_chunk(self._averaged_network, *batch.before, latent[:real], noise[:real])
        return (
            torch.cat([chunk.frames[:, -1], batch.frames[real:, 0]]),
            torch.cat([chunk.last_labels, batch.labels[real:]]),
        )

    def _refined(
        self, batch: MotionBatch, motion: Motion, warped: Tensor, noise: Tensor, times: list[int]
    ) -> list[tuple[Tensor, Tensor]]:
        """Refine the frames of these times, of all clips or of the teacher's; return each with the truth."""
        part = slice(batch.real if self._settings.teacher.refines_alone and batch.teacher else 0, None)
        pairs = []
        for t in times:
            # One call per frame: the paper's batch statistics are those of one frame over the batch.
            with self._context.autocast():
                refined = self._network.refine(warped[part, t], motion.forward_mask[part, t], noise[part])
            pairs.append(where_known(refined, batch.frames[part, t + 1], batch.known[part, t + 1]))
        return pairs

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Return PSNR in dB of the first and the last frame of a chunk, the latent being the posterior's mean.

        `val_psnr_copy_T` is that of the unchanged input frame, T frames later.
        """
        if self._context.validation is None or not (starts := self._context.validation.windows(self._frames + 1)):
            return {}
        network = self._averaged_network
        chosen = torch.tensor(starts)[evenly_chosen(len(starts), VALIDATION_STARTS)]
        measures: dict[str, list[Tensor]] = {"val_psnr_1": [], "val_psnr_T": [], "val_psnr_copy_T": []}
        for start in chosen.tolist():
            frames = pictures(self._context.validation.images[start : start + self._frames + 1], self._device)[None]
            labels = one_hot(
                self._context.validation.labels[start : start + 1].to(self._device), self._label_space.size
            )
            latent = network.encode(frames[:, 0], frames[:, 1:], labels).mean
            chunk = predict_chunk(network, frames[:, 0], labels, latent, torch.zeros_like(frames[:, 0]))
            measures["val_psnr_1"].append(_psnr(chunk.frames[:, 0], frames[:, 1]))
            measures["val_psnr_T"].append(_psnr(chunk.frames[:, -1], frames[:, -1]))
            measures["val_psnr_copy_T"].append(_psnr(frames[:, 0], frames[:, -1]))
        return {name: torch.stack(values).mean().item() for name, values in measures.items()}

    @torch.no_grad()
    def write_samples(self, folder: Path, step: int) -> None:
        """Write clips rolled out from still frames: a video, and a sheet of every fourth frame."""
        store = self._context.validation or self._context.train
        network = self._averaged_network
        generator = numpy_generator(self._context.seed, 0, "motion sample")
        chosen = evenly_chosen(len(store), 4)
        frame = pictures(store.images[chosen], self._device)
        labels = one_hot(store.labels[chosen].to(self._device), self._label_space.size)
        latent = normal(generator, len(chosen), network.latent_size(*frame.shape[2:])).to(self._device)
        rows = [frame[:, None]]
        for _ in range(SAMPLE_CHUNKS):
            noise = normal(generator, *frame.shape).to(self._device)
            chunk = predict_chunk(network, frame, labels, latent, noise)
            frame, labels = chunk.frames[:, -1], chunk.last_labels
            rows.append(chunk.frames)
        frames = (to_rgb(torch.cat(rows, 1)).cpu() * 255).round().byte().permute(0, 1, 3, 4, 2)
        sheet = frames[:, :: self._frames].permute(0, 2, 1, 3, 4).flatten(2, 3).flatten(0, 1)
        Image.fromarray(sheet.contiguous().numpy()).save(folder / f"{step:07d}.png")
        film = [Image.fromarray(picture.numpy()) for picture in frames.permute(1, 0, 2, 3, 4).flatten(1, 2)]
        duration = round(1000 / self._settings.frames_per_second)
        film[0].save(folder / f"{step:07d}.webp", save_all=True, append_images=film[1:], duration=duration, loop=0)

    def summary(self) -> dict[str, object]:
        """Return the numbers of frames, clips and parameters."""
        return {
            "pictures": self._context.counted[0],
            "clips": self._context.counted[1],
            "stills": len(self._stills) if self._stills else 0,
            "parameters": {"img2vid": count_parameters(self._network)},
        }


def _psnr(frames: Tensor, truth: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio in dB of pictures in 0..1, at most 100."""
    return -10 * functional.mse_loss(frames, truth).clamp(min=1e-10).log10()
