"""The gallery with the code of each network, as a visitor can type and change it."""

from __future__ import annotations

from ..gallery import GALLERY
from ..results import ExhibitInfo

CODES = {
    "lenet": """\
net = nn.Sequential(OrderedDict(
    features=nn.Sequential(OrderedDict(
        conv1=nn.Conv2d(3, 6, 5),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(6, 16, 5),
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),
    )),
    classifier=nn.Sequential(OrderedDict(
        flatten=nn.Flatten(),
        fc1=nn.Linear(16 * 5 * 5, 120),
        relu1=nn.ReLU(),
        fc2=nn.Linear(120, 84),
        relu2=nn.ReLU(),
        fc3=nn.Linear(84, 10),
    )),
))
""",
    "lenet_numbered": """\
net = nn.Sequential(
    nn.Conv2d(3, 6, 5),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(6, 16, 5),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(16 * 5 * 5, 120),
    nn.ReLU(),
    nn.Linear(120, 84),
    nn.ReLU(),
    nn.Linear(84, 10),
)
""",
    "twenty_linears": """\
class TwentyLinears(nn.Module):
    def __init__(self):
        super().__init__()
        self.linears = nn.ModuleList([nn.Linear(10, 10) for _ in range(20)])

    def forward(self, x):
        for linear in self.linears:
            x = linear(x).relu()
        return x

net = TwentyLinears()
""",
    "choices": """\
class Choices(nn.Module):
    def __init__(self):
        super().__init__()
        self.choices = nn.ModuleDict({"conv": nn.Conv2d(10, 10, 3), "pool": nn.MaxPool2d(3)})
        self.activations = nn.ModuleDict({"relu": nn.ReLU(), "prelu": nn.PReLU()})

    def forward(self, x, choice="conv", act="prelu"):
        x = self.choices[choice](x)
        return self.activations[act](x)

net = Choices()

x = torch.zeros(1, 10, 12, 12)
for choice in ["conv", "pool"]:
    for act in ["relu", "prelu"]:
        print(choice, act, list(net(x, choice, act).shape))
""",
    "conv_relu_pool": """\
class ConvReluPool(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        return self.pool(self.relu(self.conv(x)))

net = ConvReluPool()
""",
    "plain_list": """\
class PlainList(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(10, 10), nn.Linear(10, 10)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x).relu()
        return x

net = PlainList()
""",
}
"""The source of each network in ``models.py``, without types."""

ELSEWHERE = (
    ExhibitInfo(
        name="alexnet",
        title="AlexNet, Sequentials with numbered children",
        shows="Two Sequentials and a pooling between them: 94 % of the parameters are in three "
        "linear layers.",
        source="https://arxiv.org/abs/1404.5997",
        model="torchvision/alexnet",
        code="net = torchvision.models.alexnet()\n",
        input_shape=[1, 3, 224, 224],
    ),
    ExhibitInfo(
        name="resnet18",
        title="ResNet-18, blocks of one's own in Sequentials",
        shows="A block with a path around it cannot be a Sequential; four stages of them can.",
        source="https://arxiv.org/abs/1512.03385",
        model="torchvision/resnet18",
        code="net = torchvision.models.resnet18()\n",
        input_shape=[1, 3, 224, 224],
    ),
    ExhibitInfo(
        name="resnet_cifar10",
        title="ResNet from scratch, for small photos",
        shows="The same idea in 32 × 32 pixels, trained here.",
        source="https://arxiv.org/abs/1512.03385",
        model="image_classifier/resnet_cifar10",
        code="",
        input_shape=[],
    ),
    ExhibitInfo(
        name="transformer",
        title="Transformer, a ModuleList of blocks",
        shows="Equal blocks in a ModuleList, so that the forward can hand each its part of a "
        "cache.",
        source="https://arxiv.org/abs/1706.03762",
        model="text_generator/transformer",
        code="",
        input_shape=[],
    ),
    ExhibitInfo(
        name="lstm",
        title="LSTM, a layer that returns a tuple",
        shows="An LSTM returns its outputs and its state, and so cannot stand in a Sequential.",
        source="https://doi.org/10.1162/neco.1997.9.8.1735",
        model="text_generator/lstm",
        code="",
        input_shape=[],
    ),
    ExhibitInfo(
        name="gan",
        title="GAN, networks that are called apart",
        shows="One model with parts that never call one another: each has an input of its own.",
        source="https://arxiv.org/abs/1406.2661",
        model="mnist_gan/gan",
        code="",
        input_shape=[],
    ),
)
"""Networks of other demos and of torchvision that show something about containers."""


def exhibits() -> list[ExhibitInfo]:
    """Every network of the gallery, and where else to look."""
    own = [
        ExhibitInfo(
            name=name,
            title=exhibit.title,
            shows=exhibit.shows,
            source=exhibit.source,
            model=f"container_explainer/{name}",
            code=CODES.get(name, ""),
            input_shape=list(exhibit.shape),
        )
        for name, exhibit in GALLERY.items()
    ]
    return [*own, *ELSEWHERE]
