"""Two mask networks in one: the inputs of each, and how their outputs are combined."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from handtint.nets.backbone import pyramid
from handtint.nets.hybrid import MaskNet, hybrid
from handtint.nets.streams import ClassNet, MaskStreams


@pytest.fixture(scope="module")
def streams() -> MaskStreams:
    torch.manual_seed(0)
    return MaskStreams(ClassNet(pyramid("tiny")), MaskNet(hybrid("tiny"))).eval()


def resized(x: Tensor, *size: int) -> Tensor:
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


@pytest.mark.parametrize(("size", "larger"), [((64, 128), (96, 192)), ((32, 96), (64, 160)), ((160, 224), (256, 352))])
@torch.no_grad()
def test_classes_are_the_mean_of_two_scales_and_foreground_of_both_networks(
    streams: MaskStreams, size: tuple[int, int], larger: tuple[int, int]
) -> None:
    L = torch.randn(2, 1, *size)
    classes, front, features = streams(L)
    first, second = streams.classes(L), streams.classes(resized(L, *larger))
    _, front_logits, expected_features = streams.front(L)
    quarter, half = [side // 4 for side in size], [side // 2 for side in size]
    torch.testing.assert_close(classes, (first[0] + resized(second[0], *quarter)) / 2)
    torch.testing.assert_close(front, (0.5 * front_logits + resized(first[1], *half) + resized(second[1], *half)) / 2.5)
    assert torch.equal(features, expected_features)
    assert (classes.shape[1:], front.shape[1:]) == ((21, *quarter), (1, *half))
