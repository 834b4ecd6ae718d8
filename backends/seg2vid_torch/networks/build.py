"""Building the networks from their settings."""

from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.model_card import Camera
from seg2vid_torch.geometry.label_depth import StreetClasses
from seg2vid_torch.networks.img2vid.img2vid import Img2Vid
from seg2vid_torch.networks.key_frames.key_frame_motion import KeyFrameMotion
from seg2vid_torch.networks.pix2pixhd.global_generator import GlobalGenerator
from seg2vid_torch.networks.pix2pixhd.local_enhancer import LocalEnhancer
from seg2vid_torch.networks.segmentation.pretrained_u_net import PretrainedUNet
from seg2vid_torch.networks.segmentation.u_net import UNet
from seg2vid_torch.networks.spade.spade_generator import SpadeGenerator
from seg2vid_torch.networks.spade.style_encoder import StyleEncoder
from seg2vid_torch.settings.image import Pix2PixHDNetworkSettings, SpadeNetworkSettings
from seg2vid_torch.settings.key_frames import KeyFrameNetworkSettings
from seg2vid_torch.settings.labels import PretrainedUNetSettings, UNetSettings
from seg2vid_torch.settings.motion import MotionNetworkSettings

Pix2PixHDGenerator = GlobalGenerator | LocalEnhancer
MotionNetwork = Img2Vid | KeyFrameMotion
ImageNetwork = SpadeGenerator | Pix2PixHDGenerator
LabelsNetwork = UNet | PretrainedUNet


def build_image_network(
    settings: SpadeNetworkSettings | Pix2PixHDNetworkSettings, label_space: LabelSpace
) -> ImageNetwork:
    """Build the image stage's network, with random weights; `label_space` is what it sees."""
    if isinstance(settings, Pix2PixHDNetworkSettings):
        return build_pix2pixhd_generator(settings, label_space)
    return build_spade_generator(settings, label_space)


def build_spade_generator(settings: SpadeNetworkSettings, label_space: LabelSpace) -> SpadeGenerator:
    """Build the image stage's generator, with random weights."""
    return SpadeGenerator(label_space.size, settings.style_size, settings.channels, settings.hidden)


def build_style_encoder(settings: SpadeNetworkSettings, height: int, width: int) -> StyleEncoder:
    """Build the style encoder of an image stage trained at this height and width, with random weights."""
    return StyleEncoder(settings.style_size, settings.style_channels, height, width)


def build_pix2pixhd_generator(settings: Pix2PixHDNetworkSettings, label_space: LabelSpace) -> Pix2PixHDGenerator:
    """Build pix2pixHD's generator, with random weights; its inputs are the classes and, if it sees them, the edges."""
    inputs = label_space.size + settings.instance_edges
    if settings.enhancer_blocks:
        return LocalEnhancer(inputs, settings.width, settings.downsamplings, settings.blocks, settings.enhancer_blocks)
    return GlobalGenerator(inputs, settings.width, settings.downsamplings, settings.blocks)


def build_key_frame_motion(
    settings: KeyFrameNetworkSettings, label_space: LabelSpace, camera: Camera
) -> KeyFrameMotion:
    """Build the motion stage of key frames, with random weights.  Raises SettingsError for no street's label space."""
    return KeyFrameMotion(
        label_space,
        camera,
        frames=settings.chunk_frames,
        channels=settings.channels,
        encoder_channels=settings.encoder_channels,
    )


def build_motion_network(
    settings: MotionNetworkSettings | KeyFrameNetworkSettings, label_space: LabelSpace, camera: Camera | None = None
) -> MotionNetwork:
    """Build the motion stage's network, with random weights; `camera` is that of key frames, None = the usual one."""
    if isinstance(settings, KeyFrameNetworkSettings):
        return build_key_frame_motion(settings, label_space, camera or Camera())
    return build_img2vid(settings, label_space)


def build_img2vid(settings: MotionNetworkSettings, label_space: LabelSpace) -> Img2Vid:
    """Build the motion stage's network, with random weights; one without labels knows none of the classes."""
    return Img2Vid(
        label_space.background if settings.labels else (),
        label_space.foreground if settings.labels else (),
        frames=settings.chunk_frames,
        paths=settings.paths,
        image_channels=settings.image_channels,
        interpolation=settings.interpolation,
        width=settings.width,
        refinement_width=settings.refinement_width,
        background_latent=settings.background_latent,
        masked_flow=settings.masked_flow,
        residual_refinement=settings.residual_refinement,
        padding=settings.padding,
        flow_scale=settings.flow_scale,
        prior_classes=StreetClasses.of(label_space) if settings.camera_prior else None,
    )


def build_labels_network(settings: UNetSettings | PretrainedUNetSettings, label_space: LabelSpace) -> LabelsNetwork:
    """Build the labels stage's network, with random weights."""
    if isinstance(settings, PretrainedUNetSettings):
        return PretrainedUNet(label_space.size, settings.width)
    return UNet(label_space.size, settings.channels)
