"""The training step of PyTorch, for bench/train_step_bench.cc.

One thread, forward + loss + backward + Adam on one fixed batch. Reads lines "SIZES BATCH LOSS
STEPS" ("784,256,10 64 ce 20") from standard input and answers each with the seconds per step.
"""

import sys
import time

import torch


def make_step(sizes, batch, loss_name):
    torch.manual_seed(0)
    layers = []
    for i, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:])):
        layers.append(torch.nn.Linear(fan_in, fan_out))
        if i + 2 < len(sizes):
            layers.append(torch.nn.ReLU())
    model = torch.nn.Sequential(*layers)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    x = torch.rand(batch, sizes[0])
    if loss_name == "ce":
        loss_function = torch.nn.CrossEntropyLoss()
        y = torch.arange(batch) % sizes[-1]
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
        sizes, batch, loss_name, count = line.split()
        key = (sizes, batch, loss_name)
        if key not in steps:
            steps[key] = make_step([int(n) for n in sizes.split(",")], int(batch), loss_name)
            for _ in range(3):
                steps[key]()
        start = time.perf_counter()
        for _ in range(int(count)):
            steps[key]()
        print((time.perf_counter() - start) / int(count), flush=True)


if __name__ == "__main__":
    main()
