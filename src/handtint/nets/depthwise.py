"""Depthwise convolution with fast gradients on CPUs, in bfloat16 and with channels last."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FAST_KERNEL = 3  # the side of the kernels whose gradients oneDNN computes fast


class DepthwiseConv2d(nn.Conv2d):
    """nn.Conv2d with one filter per channel, square kernels of 3 or 5, no bias; same weights, same results.

    oneDNN falls back to reference code for the gradients of 5 x 5 kernels and of strides; these took most of a training
    step of the EfficientNet-Lite backbone (`python bench/step.py`). Here they are composed of cases that oneDNN
    computes fast. On other devices and for inference this is plain nn.Conv2d.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, c, h', w')."""
        if not (x.device.type == "cpu" and torch.is_grad_enabled() and self.weight.requires_grad):
            return super().forward(x)
        dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
        weight = self.weight.to(dtype)
        return _Depthwise.apply(x.to(dtype), weight, self.stride[0], int(self.padding[0]))  # type: ignore[no-untyped-call]


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int, pad: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.pad = stride, pad
        return F.conv2d(x, weight, None, stride, pad, groups=x.shape[1])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor, None, None]:
        x, weight = ctx.saved_tensors
        grad = grad.contiguous(memory_format=torch.channels_last)
        grad_x = _input_gradient(grad, weight, x.shape, ctx.stride, ctx.pad) if ctx.needs_input_grad[0] else None
        return grad_x, _weight_gradient(grad, x, weight, ctx.stride, ctx.pad), None, None


def _input_gradient(grad: Tensor, weight: Tensor, shape: torch.Size, stride: int, pad: int) -> Tensor:
    """The transposed convolution, computed as a convolution of the gradient with zeros between its values."""
    n, c, h, w = shape
    side, offset = weight.shape[2], weight.shape[2] - 1 - pad
    dilated = grad.new_zeros(n, c, h + side - 1, w + side - 1).contiguous(memory_format=torch.channels_last)
    ends = (offset + stride * grad.shape[2], offset + stride * grad.shape[3])
    dilated[:, :, offset : ends[0] : stride, offset : ends[1] : stride] = grad
    return F.conv2d(dilated, weight.flip(2, 3), groups=c)


def _weight_gradient(grad: Tensor, x: Tensor, weight: Tensor, stride: int, pad: int) -> Tensor:
    """The gradient in 3 x 3 parts of the kernel, each with the input at its own offset."""
    side, c = weight.shape[2], x.shape[1]
    if side == FAST_KERNEL and pad == 0:
        return _kernel_gradient(grad, x, weight, stride)
    padded = F.pad(x, (pad,) * 4)
    h, w = (stride * (s - 1) + FAST_KERNEL for s in grad.shape[2:])
    gradient = weight.new_empty(c, 1, side, side)
    for i in range(0, side, FAST_KERNEL - 1)[: side // 2]:
        for j in range(0, side, FAST_KERNEL - 1)[: side // 2]:
            window = padded[:, :, i : i + h, j : j + w].contiguous(memory_format=torch.channels_last)
            gradient[:, :, i : i + FAST_KERNEL, j : j + FAST_KERNEL] = _kernel_gradient(
                grad, window, weight[:, :, :FAST_KERNEL, :FAST_KERNEL], stride
            )
    return gradient


def _kernel_gradient(grad: Tensor, x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """The gradient of a 3 x 3 kernel without padding."""
    return torch.ops.aten.convolution_backward(
        grad,
        x,
        weight.contiguous(),
        None,
        [stride] * 2,
        [0, 0],
        [1, 1],
        False,
        [0, 0],
        x.shape[1],
        [False, True, False],
    )[1]
