"""DeepLabv3 on ResNet-101 (Chen et al. 2017), torchvision's, as the 2022 report used it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.segmentation import DeepLabV3_ResNet101_Weights, deeplabv3_resnet101


class DeepLab(nn.Module):
    """torchvision's network, with the outputs of this package's mask networks."""

    def __init__(self, net: Any) -> None:
        """`net`: a torchvision DeepLabV3."""
        super().__init__()
        self.net: Any = net

    def forward(self, rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(n, 3, h, w) RGB normalised as for ImageNet -> class logits, foreground logits, features.

        (n, 21, h/8, w/8), (n, 1, h/8, w/8), (n, 256, h/8, w/8). The foreground is every class but background.
        """
        x = self.net.backbone(rgb)["out"]
        *layers, last = self.net.classifier
        for layer in layers:
            x = layer(x)
        logits = last(x)
        return logits, torch.logsumexp(logits[:, 1:], dim=1, keepdim=True) - logits[:, :1], x


def deeplab(*, pretrained: bool) -> DeepLab:
    """The network with its published weights (downloaded once, checked, loaded strictly), or with random ones.

    Raises OSError if they cannot be downloaded, RuntimeError if the file is not the published one.
    """
    if pretrained:
        net = deeplabv3_resnet101(weights=None, weights_backbone=None, num_classes=21, aux_loss=True)
        published = DeepLabV3_ResNet101_Weights.COCO_WITH_VOC_LABELS_V1
        net.load_state_dict(published.get_state_dict(check_hash=True, map_location="cpu", weights_only=True))
        return DeepLab(net).eval()
    return DeepLab(deeplabv3_resnet101(weights=None, weights_backbone=None, num_classes=21)).eval()
