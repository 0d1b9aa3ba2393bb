"""Name a photo by an exported head: python use_head.py head.safetensors photo.jpg (needs timm)."""

import json
import sys

import timm
import torch
from PIL import Image, ImageOps
from safetensors import safe_open
from torchvision import models, transforms

with safe_open(sys.argv[1], "pt") as file:
    about, tensors = file.metadata(), {n: file.get_tensor(n) for n in file.keys()}  # noqa: SIM118
config, classes, seen = (json.loads(about[k]) for k in ("config", "classes", "preprocessing"))
if "timm" in config:
    network = timm.create_model(config["timm"], num_classes=0)
else:
    network = models.get_model(config["torchvision"], weights=None, **config["options"])
    network.set_submodule(config["head_at"], torch.nn.Identity())
network.load_state_dict({n[9:]: t for n, t in tensors.items() if n.startswith("backbone.")})
photo = ImageOps.exif_transpose(Image.open(sys.argv[2]))
if "I" in photo.mode:  # 16-bit greys, which Pillow would clip
    photo = photo.convert("I").point(lambda value: value * (1 / 256)).convert("L")
photo = Image.alpha_composite(Image.new("RGBA", photo.size, "white"), photo.convert("RGBA"))
size = [seen["resize"] * side // min(photo.size) for side in photo.size]
photo = photo.convert("RGB").resize(size, Image.Resampling[seen["interpolation"].upper()])
ten = transforms.TenCrop(seen["crop"])(transforms.CenterCrop(seen["resize"])(photo))
crops = ten if config.get("ten_crop") else [transforms.CenterCrop(seen["crop"])(photo)]
x = torch.stack([transforms.PILToTensor()(crop) for crop in crops]).float()
x = network.eval().requires_grad_(False)(transforms.Normalize(seen["mean"], seen["std"])(x))
for layer in sorted({n.rpartition(".")[0] for n in tensors if n.startswith("head.")}):
    x = (x.relu() if layer == "head.output" else x) @ tensors[f"{layer}.weight"].T
    x += tensors[f"{layer}.bias"]
x = torch.cat([0 * x, x], 1) if config["head"]["kind"] == "binary" else x  # softmax is sigmoid then
print(json.dumps(dict(zip(classes, x.softmax(1).mean(0).tolist(), strict=True))))
