"""The network that marks documents: a small convolutional one, whose form `host/model` has in Rust.

It sees a square of 256 x 256 pixels and answers on two grids. On that of 8 pixels a cell: whether a document's middle
is there, where its four corners are, going round it from any of them, and from which of them it is read. On that of
4 pixels a cell: where corners are, which says exactly what the first grid says roughly.

Where corners are is seen at once, how the document is read only from its print: taught as one answer, corners in the
order of reading, 500 steps left every corner half a page away.
"""

import torch
from torch import nn
from torch.nn import functional as F

COARSE, FINE = 8, 4
# Offsets of corners are in units of this many pixels.
REACH = 64.0
_WIDTHS = (16, 24, 64, 96, 128)


class _Block(nn.Module):
    """A convolution and what follows it; batch norm is folded into the convolution when it is exported."""

    def __init__(self, ins: int, outs: int, stride: int = 1, kernel: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(ins, outs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outs, momentum=0.05)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.norm(self.conv(x)))


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = _Block(width, width), _Block(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.second(self.first(x))


class Locator(nn.Module):
    """From pixels `(batch, 3, 256, 256)`, -1 to 1, to logits of middles `(batch, 32, 32)`, corners `(batch, 8, 32, 32)`, logits of the first corner `(batch, 4, 32, 32)` and of corners `(batch, 64, 64)`."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d, e = _WIDTHS
        self.stem = _Block(3, a, 2, 5)
        self.down4 = nn.Sequential(_Block(a, b, 2), _Residual(b))
        self.down8 = nn.Sequential(_Block(b, c, 2), _Residual(c), _Residual(c))
        self.down16 = nn.Sequential(_Block(c, d, 2), _Residual(d), _Residual(d))
        self.down32 = nn.Sequential(_Block(d, e, 2), _Residual(e), _Residual(e))
        # What the whole picture shows, told to every cell.
        self.whole = nn.Linear(e, e)
        self.up16, self.up8, self.up4 = _Block(e, d, 1, 1), _Block(d, c, 1, 1), _Block(c, b, 1, 1)
        self.merge16, self.merge8, self.merge4 = _Block(d, d), _Block(c, c), _Block(b, b)
        self.middle = nn.Sequential(_Block(c, c), nn.Conv2d(c, 13, 1))
        self.corner = nn.Sequential(_Block(b, b), nn.Conv2d(b, 1, 1))
        nn.init.constant_(self.middle[1].bias[:1], -4.0)
        nn.init.constant_(self.corner[1].bias, -4.0)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        x4 = self.down4(self.stem(pixels))
        x8 = self.down8(x4)
        x16 = self.down16(x8)
        x32 = self.down32(x16)
        x32 = x32 + self.whole(x32.mean((2, 3)))[:, :, None, None]
        twice = lambda x: F.interpolate(x, scale_factor=2.0, mode="nearest")  # noqa: E731
        y16 = self.merge16(x16 + twice(self.up16(x32)))
        y8 = self.merge8(x8 + twice(self.up8(y16)))
        y4 = self.merge4(x4 + twice(self.up4(y8)))
        middle = self.middle(y8)
        return middle[:, 0], middle[:, 1:9], middle[:, 9:], self.corner(y4)[:, 0]
