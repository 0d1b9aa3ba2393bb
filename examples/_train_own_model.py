"""Makes own_model.safetensors: python examples/_train_own_model.py (some seconds)."""

from pathlib import Path

import torch
from own_model import network
from safetensors.torch import save_file
from torch import Tensor, nn


def spirals(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Points of two spirals, one and a half turns each: ``(2 * count, 2)``, and their classes."""
    rng = torch.Generator().manual_seed(seed)
    radius = torch.rand(count, generator=rng).sqrt()
    angle = radius * 3 * torch.pi
    arm = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)
    points = torch.cat([arm, -arm])
    points += 0.02 * torch.randn(points.shape, generator=rng)
    return points, torch.arange(2).repeat_interleave(count)


def main() -> None:
    """Train, say how good it is on other points, and save the weights alone."""
    torch.manual_seed(0)
    net = network()
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 3000)
    points, classes = spirals(500, seed=0)
    for _ in range(3000):
        loss = nn.functional.cross_entropy(net(points), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    points, classes = spirals(500, seed=1)
    accuracy = (net(points).argmax(1) == classes).float().mean().item()
    print(f"accuracy on 1,000 other points: {accuracy:.1%}")
    save_file(net.state_dict(), Path(__file__).with_name("own_model.safetensors"))


if __name__ == "__main__":
    main()
