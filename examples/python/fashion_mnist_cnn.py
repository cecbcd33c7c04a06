"""Fashion-MNIST with a small convolutional network (data: Debian's dataset-fashion-mnist).

    python3 examples/python/fashion_mnist_cnn.py [TRAINING_IMAGES [EPOCHS]]
"""

import gzip
import struct
import sys

import pyneural as pn
from pyneural import nn

DIRECTORY = "/usr/share/datasets/fashion-mnist/"


def read(name, count):
    """The first `count` items of an IDX file: (shape of an item, bytes)."""
    with gzip.open(DIRECTORY + name + "-ubyte.gz") as file:
        rank = file.read(4)[3]
        dims = struct.unpack(">%dI" % rank, file.read(4 * rank))
        size = 28 * 28 if rank == 3 else 1
        return pn.tensor(file.read(min(count, dims[0]) * size))


def rows(part, count):
    images = read(part + "-images-idx3", count).reshape(-1, 1, 28, 28) / 255.0
    return pn.TensorDataset(images, read(part + "-labels-idx1", count).to("int64"))


count = int(sys.argv[1]) if len(sys.argv) > 1 else 60000
epochs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
train, test = rows("train", count), rows("t10k", 10000)

pn.manual_seed(1)
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(32 * 7 * 7, 10),
)
trainer = pn.Trainer(
    net,
    pn.optim.Adam(net.parameters(), lr=0.002),
    nn.CrossEntropyLoss(),
    pn.TrainerConfig(epochs=epochs),
)
trainer.fit(pn.DataLoader(train, 64, shuffle=True))

net.eval()
right = 0
with pn.no_grad():
    for x, y in pn.DataLoader(test, 500):
        right += int((net(x).argmax(1) == y).sum())
print(f"test accuracy {100 * right / len(test):.2f} %")
