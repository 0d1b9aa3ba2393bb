"""Many grey pictures in few bytes: 16 shades, compressed."""

from __future__ import annotations

import lzma

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from demo_app import DemoError

SHADES = 16
STEP = 255 // (SHADES - 1)


class PictureArchive(nn.Module):
    """Pictures of one size, as a module, so that they travel and are checked as a checkpoint.

    What is stored is a compressed stream in a buffer of fixed length; what follows the end of the
    stream is zero. It is computed with only once it is unpacked.

    Attributes:
        stream: ``(capacity,)`` of uint8.
        labels: ``(count,)`` of uint8, or None.
    """

    stream: Tensor
    labels: Tensor | None

    def __init__(
        self, count: int, height: int, width: int, *, capacity: int, labelled: bool = True
    ) -> None:
        super().__init__()
        self.count, self.height, self.width = count, height, width
        self.register_buffer("stream", torch.zeros(capacity, dtype=torch.uint8))
        self.register_buffer("labels", torch.zeros(count, dtype=torch.uint8) if labelled else None)

    def pack(self, pictures: Tensor) -> None:
        """Keep ``(count, height, width)`` of uint8; each shade moves by 8 of 255 at most.

        Raises:
            DemoError: they do not fit into the capacity.
        """
        shades = self.shaded(pictures).flatten() // STEP
        high, low = pad(shades, (0, len(shades) % 2)).view(-1, 2).T
        pairs = high * SHADES + low
        packed = lzma.compress(pairs.numpy().tobytes(), preset=6)
        if len(packed) > len(self.stream):
            raise DemoError(
                f"The pictures take {len(packed):,} bytes; there is room for {len(self.stream):,}."
            )
        self.stream.zero_()
        self.stream[: len(packed)] = torch.frombuffer(bytearray(packed), dtype=torch.uint8)

    @staticmethod
    def shaded(pictures: Tensor) -> Tensor:
        """Pictures of uint8 with each pixel in the nearest of the 16 shades, as they come back."""
        return ((pictures.to(torch.int16) + STEP // 2) // STEP * STEP).to(torch.uint8)

    def unpack(self) -> Tensor:
        """The pictures, ``(count, height, width)`` of uint8, 0…255.

        Raises:
            DemoError: the stream is damaged or holds another number of pixels.
        """
        pixels = self.count * self.height * self.width
        expected = (pixels + 1) // 2
        reader = lzma.LZMADecompressor(lzma.FORMAT_XZ)
        try:
            # One byte more than is right tells a stream that goes on from one that ends.
            data = reader.decompress(self.stream.cpu().numpy().tobytes(), expected + 1)
        except lzma.LZMAError as error:
            raise DemoError("The pictures in this checkpoint are damaged.") from error
        if len(data) != expected:
            raise DemoError("The checkpoint holds another number of pictures than it should.")
        pairs = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        shades = torch.stack([pairs // SHADES, pairs % SHADES], 1)
        return (shades * STEP).flatten()[:pixels].view(self.count, self.height, self.width)
