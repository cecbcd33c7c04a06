"""The training step of PyTorch, for bench/train_step_bench.cc.

One thread, forward + loss + backward + Adam on one fixed batch. Reads lines "NET BATCH LOSS STEPS"
("784,256,10 64 ce 20", "lenet 64 ce 5") from standard input and answers each with the seconds per
step. NET is the sizes of a perceptron, or a network for images.
"""

import sys
import time

import torch


def perceptron(sizes):
    layers = []
    for i, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:])):
        layers.append(torch.nn.Linear(fan_in, fan_out))
        if i + 2 < len(sizes):
            layers.append(torch.nn.ReLU())
    return torch.nn.Sequential(*layers)


def lenet():
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
        nn.Linear(84, 10),
    )


def convnet():
    nn = torch.nn
    layers, channels = [], 3
    for width, repeats in ((32, 2), (64, 2), (128, 1)):
        for _ in range(repeats):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 4 * 4, 10))


# Name: (network, shape of a row)
IMAGE_NETS = {"lenet": (lenet, (1, 28, 28)), "convnet": (convnet, (3, 32, 32))}


def make_step(net, batch, loss_name):
    torch.manual_seed(0)
    if net in IMAGE_NETS:
        make, row = IMAGE_NETS[net]
        model, outputs = make(), 10
    else:
        sizes = [int(n) for n in net.split(",")]
        model, row, outputs = perceptron(sizes), (sizes[0],), sizes[-1]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    x = torch.rand(batch, *row)
    if loss_name == "ce":
        loss_function = torch.nn.CrossEntropyLoss()
        y = torch.arange(batch) % outputs
    else:
        loss_function = torch.nn.BCEWithLogitsLoss()
        y = (torch.arange(batch) % 2).float().reshape(batch, 1)

    def step():
        optimizer.zero_grad()
        loss_function(model(x), y).backward()
        optimizer.step()

    return step


def main():
    torch.set_num_threads(1)
    steps = {}
    for line in sys.stdin:
        net, batch, loss_name, count = line.split()
        key = (net, batch, loss_name)
        if key not in steps:
            steps[key] = make_step(net, int(batch), loss_name)
            for _ in range(3):
                steps[key]()
        start = time.perf_counter()
        for _ in range(int(count)):
            steps[key]()
        print((time.perf_counter() - start) / int(count), flush=True)


if __name__ == "__main__":
    main()
