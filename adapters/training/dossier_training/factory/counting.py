"""How many parameters an adapter trains, by shapes alone: no weights are needed."""

import re

import torch
from torch import nn


def lora_parameters(fan_in: int, fan_out: int, rank: int) -> int:
    """What LoRA trains of a Linear: A is `(rank, fan_in)`, B is `(fan_out, rank)`."""
    return rank * (fan_in + fan_out)


def lora_reduction(width: int, rank: int) -> float:
    """How many times fewer parameters LoRA trains of a square Linear: `d^2 / 2 r d`."""
    return width * width / lora_parameters(width, width, rank)


def lora_count(model: nn.Module, targets: str, rank: int, modules_to_save: tuple[str, ...] = ()) -> tuple[int, int]:
    """Trained parameters and all, with LoRA on the layers whose whole path matches `targets` and copies of `modules_to_save`.

    Of a convolution, A has its kernel and B is 1 x 1, over all channels: so PEFT did it for grouped
    convolutions too until it refused those whose groups don't divide r.
    """
    trained = 0
    for name, module in model.named_modules():
        if re.fullmatch(targets, name) and isinstance(module, nn.Linear):
            trained += lora_parameters(module.in_features, module.out_features, rank)
        elif re.fullmatch(targets, name) and isinstance(module, nn.Conv2d):
            trained += lora_parameters(module.in_channels * module.kernel_size[0] * module.kernel_size[1], module.out_channels, rank)
        elif any(name == saved or name.endswith(f".{saved}") for saved in modules_to_save):
            trained += sum(p.numel() for p in module.parameters())
    return trained, trained + sum(p.numel() for p in model.parameters())


def counted(model: nn.Module) -> tuple[int, int]:
    """Trained parameters and all, as PEFT's `print_trainable_parameters` counts."""
    parameters = list(model.parameters())
    return sum(p.numel() for p in parameters if p.requires_grad), sum(p.numel() for p in parameters)


def convnext_base(classes: int = 1000) -> nn.Module:
    """ConvNeXt-B (Liu et al. 2022) with timm's names, on the meta device: shapes and no weights."""
    depths, widths = (3, 3, 27, 3), (128, 256, 512, 1024)

    class Layer(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.conv_dw = nn.Conv2d(width, width, 7, padding=3, groups=width)
            self.norm = nn.LayerNorm(width)
            self.mlp = nn.Module()
            self.mlp.fc1, self.mlp.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
            self.gamma = nn.Parameter(torch.ones(width))

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(3, widths[0], 4, 4), nn.LayerNorm(widths[0]))
            self.stages = nn.ModuleList()
            for index, (depth, width) in enumerate(zip(depths, widths, strict=True)):
                stage = nn.Module()
                before = widths[max(0, index - 1)]
                stage.downsample = nn.Sequential(nn.LayerNorm(before), nn.Conv2d(before, width, 2, 2)) if index else nn.Identity()
                stage.blocks = nn.ModuleList(Layer(width) for _ in range(depth))
                self.stages.append(stage)
            self.head = nn.Module()
            self.head.norm, self.head.fc = nn.LayerNorm(widths[-1]), nn.Linear(widths[-1], classes)

    with torch.device("meta"):
        return Net()
