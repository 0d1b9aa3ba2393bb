"""Programs that PyTorch itself runs, too: what they print must be the same, letter by letter."""

PRINTED = {
    "numbered": """
net = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
print(net)
print(net[0], len(net), net[-1])
print(net[1:3])
""",
    "named": """
net = nn.Sequential(OrderedDict([
    ("features", nn.Sequential(nn.Conv2d(1, 6, kernel_size=(5, 5)), nn.ReLU(inplace=True))),
    ("flatten", nn.Flatten()),
    ("classifier", nn.Linear(in_features=864, out_features=10, bias=False)),
]))
print(net)
print(net.features[0].out_channels, net.classifier.in_features)
""",
    "imports": """
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import nn, Tensor
from torch.nn import Linear, Sequential
from collections import OrderedDict
import math
print(Sequential(Linear(2, math.floor(math.sqrt(9)))), torch.nn.ReLU())
""",
    "twenty linear layers": """
layers = nn.ModuleList([nn.Linear(10, 10) for _ in range(20)])
print(layers)
print(layers[3:5])
print(len(layers))
""",
    "grow and shrink": """
net = nn.Sequential(nn.Linear(2, 3))
net.append(nn.ReLU()).append(nn.Linear(3, 4))
net.extend([nn.ReLU(), nn.Linear(4, 5)])
net.insert(1, nn.LayerNorm(3))
print(net)
print(net.pop(0))
del net[0]
del net[-2:]
net[0] = nn.GELU()
net.add_module("last", nn.Softmax(dim=-1))
print(net)
""",
    "a slice keeps its keys": """
net = nn.Sequential(*[nn.Linear(i + 1, i + 2) for i in range(5)])
print(net[2:])
print(nn.ModuleList(net)[2:])
print(net[::2])
""",
    "added and multiplied": """
block = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
print(block * 2)
print(3 * block)
print(block + nn.Sequential(nn.Tanh()))
block *= 2
block += nn.Sequential(nn.Sigmoid())
print(block)
print(nn.ModuleList([nn.ReLU()]) + nn.ModuleList([nn.Tanh()]))
""",
    "module list": """
layers = nn.ModuleList()
layers.append(nn.Linear(1, 2))
layers.extend([nn.Linear(2, 3), nn.ReLU()])
layers.insert(0, nn.Flatten())
layers += [nn.Dropout(0.1)]
layers[1] = nn.Linear(7, 8)
del layers[2]
print(layers)
for number, layer in enumerate(layers):
    print(number, layer)
""",
    "module dict": """
choices = nn.ModuleDict({"conv": nn.Conv2d(10, 10, 3), "pool": nn.MaxPool2d(3)})
choices["relu"] = nn.ReLU()
choices.update({"prelu": nn.PReLU(), "elu": nn.ELU(0.5)})
choices.update([["tanh", nn.Tanh()]])
print(choices)
print(choices.keys(), "conv" in choices, "x" in choices, len(choices))
print(list(choices.keys()), list(choices.values()))
for name, module in choices.items():
    print(name, module)
print(choices.pop("conv"))
del choices["pool"]
for name in choices:
    print(name)
choices.clear()
print(choices)
""",
    "comprehensions": """
print(nn.ModuleDict({f"conv{i}": nn.Conv2d(i, i * 2, 3) for i in range(1, 4)}))
print(nn.ModuleDict([[f"fc{i:02d}", nn.Linear(i, i)] for i in range(1, 3)]))
sizes = [784, 256, 64, 10]
pairs = [nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:])]
print(nn.Sequential(*pairs))
print([a * b for a in range(3) for b in range(3) if a != b])
print({i: [j for j in range(i)] for i in range(3)})
print(nn.Sequential(*(nn.ReLU() for _ in range(2))))
""",
    "loops and lists": """
layers = []
for i, (a, b) in enumerate([(1, 2), (2, 4)], start=1):
    layers += [nn.Linear(a, b), nn.ReLU()]
    if i == 2:
        layers.pop()
layers.insert(0, nn.Flatten())
layers.append(nn.Softmax(1))
x, y = 3, 4
x, y = y, x
(a, b), c = (1, 2), 3
print(nn.Sequential(*layers), x, y, a + b * c)
print(layers)
del layers[1:]
print(len(layers), layers[0], [1, 2, 3][-1], (1, 2, 3)[::-1])
""",
    "numbers": """
print(7 // 2, 7 % 3, 7 / 2, 2 ** 10, -3, 1.5 * 2, 0.1 + 0.2, 1e-5, 10 - 4, not 0)
print(1 < 2 <= 2, 3 == 3.0, 1 != 2, "a" in "cat", 3 not in [1, 2], None is None)
print(min(3, 1), max([4, 9]), sum([1, 2, 3]), abs(-2), int(3.7), float(2), round(2.567, 2))
print(1 if 2 > 1 else 0, 0 or 5, 1 and 2)
print("a" + "b", "ab" * 2, 'it"s', ["it's", 'a"b'], ("x",), (), [], {}, True, None, str(3) + "!")
print(f"{1 + 1} {2.5:.2f} {7:03d} {'x'!r} {1000000:,}", [*range(3), 9], (*[1], 2), {**{"a": 1}})
print(list(range(10, 0, -3)), range(3), range(1, 9, 2), tuple(reversed([1, 2])))
print("a", 1, sep="-", end=".")
print()
""",
    "dicts": """
d = {"a": 1, 2: "b"}
d["c"] = [1, 2]
d.update({"e": None})
print(d, d["a"], d.get("zz", 7), list(d.items()), len(d), "a" in d)
print(d.keys(), d.values(), d.items())
del d[2]
print(d.pop("a"), d)
print(dict(x=1, y=(2, 3)))
o = OrderedDict()
o["conv"] = nn.Conv2d(1, 2, 3)
o["relu"] = nn.ReLU()
print(nn.Sequential(o))
print(OrderedDict(), OrderedDict([("a", 1)]), OrderedDict(a=1).keys())
""",
    "many layers": """
print(nn.Sequential(
    nn.Conv1d(1, 2, 3, padding="same"), nn.Conv3d(1, 2, (3, 1, 1), stride=(1, 2, 2), padding=1),
    nn.ConvTranspose2d(8, 4, 4, 2, 1), nn.BatchNorm2d(4, eps=1e-3, momentum=None),
    nn.LSTM(10, 20, num_layers=2, batch_first=True, bidirectional=True), nn.GRU(3, 4),
    nn.RNN(3, 4, nonlinearity="relu"), nn.Embedding(100, 8, padding_idx=0), nn.LayerNorm([4, 4]),
    nn.MultiheadAttention(16, 4, batch_first=True), nn.Dropout2d(p=0.25), nn.GroupNorm(2, 8),
    nn.AdaptiveAvgPool2d((1, None)), nn.Upsample(scale_factor=2, mode="bilinear"),
    nn.Unflatten(1, (2, 2)), nn.PixelShuffle(2), nn.CrossEntropyLoss(label_smoothing=0.1),
    nn.TransformerEncoderLayer(d_model=16, nhead=4, dim_feedforward=32, batch_first=True),
    nn.Identity(), nn.LazyLinear(5), nn.Linear(3, 4, dtype=torch.float16), nn.Hardtanh(-2, 2),
    nn.Bilinear(2, 3, 4), nn.LeakyReLU(0.2, inplace=True), nn.ZeroPad2d((1, 1, 2, 2)), None,
))
""",
    "functions": """
def block(inputs, outputs=8, *, kernel=3, act=nn.ReLU):
    \"\"\"Convolution and activation.\"\"\"
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel), act())

def stack(n: int) -> nn.Module:
    layers: list = []
    for i in range(n):
        if i == 3:
            break
        if i % 2:
            continue
        layers.append(block(i + 1, act=nn.GELU))
    else:
        layers.append(nn.Tanh())
    return nn.Sequential(*layers)

print(block(1), block(1, 2, kernel=5), stack(2), stack(9))
""",
    "class": """
class Block(nn.Module):
    expansion = 2

    def __init__(self, inputs, downsample=None):
        super(Block, self).__init__()
        self.conv = nn.Conv2d(inputs, inputs * self.expansion, 3)
        self.downsample = downsample
        self.inputs = inputs

    def forward(self, x):
        return self.conv(x)

    def extra_repr(self):
        return f"inputs={self.inputs}"

class Net(nn.Module):
    def __init__(self, depth: int = 2):
        super().__init__()
        self.inputs = 1
        self.stem = nn.Sequential(nn.Identity())
        self.blocks = self._make(depth)
        self.head = nn.Linear(8, 10)
        self.hidden = [nn.Linear(1, 1)]
        setting = {"a": 1}
        self.scale = nn.Parameter(torch.ones(1, 8))

    def _make(self, depth):
        blocks = []
        for _ in range(depth):
            blocks.append(Block(self.inputs))
            self.inputs *= Block.expansion
        return nn.ModuleList(blocks)

net = Net()
print(net)
print(net.inputs, net.blocks[1].inputs, len(net.hidden))
print(sum(p.numel() for p in net.parameters()))
net.head = nn.Identity()
net.extra = nn.ReLU()
del net.stem
print(net)
print([name for name, _ in net.named_children()])
""",
    "classes of containers": """
class Conv(nn.Sequential):
    def __init__(self, a, b):
        super().__init__(nn.Conv2d(a, b, 3), nn.BatchNorm2d(b), nn.ReLU())

class Layers(nn.ModuleList):
    pass

net = Conv(1, 2)
net.append(nn.Flatten())
print(net, Layers([nn.ReLU()]))
""",
    "forward": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(8, 8) for _ in range(3)])
        self.acts = nn.ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()})
        self.lstm = nn.LSTM(8, 4, batch_first=True)
        self.head = nn.Linear(12, 2)

    def forward(self, x, act="relu"):
        for i, layer in enumerate(self.layers):
            x = self.acts[act](layer(x)) + 0.5 * x - self.layers[i // 2](x)
        x = F.relu(x)
        out, (h, c) = self.lstm(x)
        x = torch.cat([out, x], dim=-1)
        pooled = x.mean(dim=1)
        if self.training and pooled.shape[0] > 1:
            pooled = F.dropout(pooled, 0.5)
        return self.head(pooled.view(x.size(0), -1)), x[:, 0]

net = Net()
x = torch.randn(4, 5, 8)
y, first = net(x)
print(y.shape, first.shape, net(x, "tanh")[0].size(), net(x, act="relu")[1].dim())
with torch.no_grad():
    print(net(x)[0].shape, x.dtype, x[0, 1:3].shape, (x @ x.transpose(1, 2)).shape)
net.eval()
print(net.training, torch.zeros(2, 3).T.shape, torch.flatten(x, 1).shape, x[None].shape)
for p in net.parameters():
    p.requires_grad = False
print(net.head.weight.requires_grad, net.head.weight.shape)
""",
    "tied": """
class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 4)
        self.head = nn.Linear(4, 10, bias=False)
        self.head.weight = self.embedding.weight
        self.register_buffer("mask", torch.tril(torch.ones(4, 4)))

    def forward(self, tokens):
        return self.head(self.embedding(tokens)) * self.mask[0, 0]

net = Tied()
print(net, len(list(net.parameters())), net.mask.shape)
""",
    "torchvision": """
net = torchvision.models.resnet18(weights=None)
net.fc = nn.Linear(net.fc.in_features, 10)
print(net)
print(models.alexnet(num_classes=5).classifier[-1])
""",
}
