"""Fits sin(x): a data loader, a learning rate schedule, weights saved and loaded."""

import math
import os
import sys
import tempfile

import pyneural as pn
from pyneural import nn


def make_net():
    return nn.Sequential(
        nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1)
    )


def sine(count):
    x = pn.linspace(-math.pi, math.pi, count).reshape(count, 1)
    return x, pn.tensor([[math.sin(row[0])] for row in x.tolist()])


pn.manual_seed(1)
net = make_net()
optimizer = pn.optim.Adam(net.parameters(), lr=0.01)
schedule = pn.schedulers.StepLR(optimizer, step_size=30, gamma=0.3)
loader = pn.DataLoader(pn.TensorDataset(*sine(1000)), batch_size=50, shuffle=True)
trainer = pn.Trainer(
    net, optimizer, nn.MSELoss(), pn.TrainerConfig(epochs=90, log_interval=15), schedule
)
trainer.fit(loader)

# The weights, into another net.
path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(tempfile.mkdtemp(), "sine.ckpt")
pn.save_checkpoint(path, net)
copy = make_net()
pn.load_checkpoint(path, copy)

x, y = sine(333)
with pn.no_grad():
    error = float(nn.MSELoss()(copy(x), y))
print(f"mean squared error {error:.2e}, saved as {path}")
