"""Name a photo by an exported head: python use_head.py head.safetensors photo.jpg (needs timm)."""

import json
import sys

import numpy as np
import timm
import torch
from PIL import Image, ImageOps
from safetensors import safe_open

with safe_open(sys.argv[1], "pt") as file:
    config, classes, seen = (
        json.loads(file.metadata()[key]) for key in ("config", "classes", "preprocessing")
    )
    tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
network = timm.create_model(config["timm"], num_classes=0).eval()
network.load_state_dict({n[9:]: t for n, t in tensors.items() if n.startswith("backbone.")})
photo = ImageOps.exif_transpose(Image.open(sys.argv[2]))
if photo.has_transparency_data:
    white = Image.new("RGBA", photo.size, "white")
    photo = Image.alpha_composite(white, photo.convert("RGBA"))
photo = photo.convert("RGB")
width, height = (seen["resize"] * side // min(photo.size) for side in photo.size)
left, top = (round((side - seen["crop"]) / 2) for side in (width, height))
photo = photo.resize((width, height), Image.Resampling[seen["interpolation"].upper()])
photo = photo.crop((left, top, left + seen["crop"], top + seen["crop"]))
pixels = torch.from_numpy(np.array(photo, np.float32)) - torch.tensor(seen["mean"])
with torch.inference_mode():
    x = network((pixels / torch.tensor(seen["std"])).permute(2, 0, 1)[None])
    for layer in sorted({n.rpartition(".")[0] for n in tensors if n.startswith("head.")}):
        x = x.relu() @ tensors[f"{layer}.weight"].T + tensors[f"{layer}.bias"]
is_binary = config["head"]["kind"] == "binary"
shares = torch.sigmoid(torch.cat([-x, x], 1)) if is_binary else x.softmax(1)
print(json.dumps(dict(zip(classes, shares[0].tolist(), strict=True))))
