"""Which weights a head belongs to: a hash of the backbone's tensors."""

from __future__ import annotations

import hashlib

from torch import nn

from demo_app.prepared import once_for_each_model

from .heads import backbone


@once_for_each_model
def backbone_sha256(model: nn.Module) -> str:
    """The SHA-256 of a network's tensors without its head, in hexadecimal.

    Names, shapes and numbers (as fp32) count; the file's metadata, the head and the counters of
    batches do not, so that measuring a checkpoint or storing it otherwise leaves the hash alone.

    Raises:
        DemoError: the network's head cannot be found.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(backbone(model).state_dict().items()):
        if tensor.is_floating_point():
            digest.update(f"{name} {list(tensor.shape)}\n".encode())
            digest.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
