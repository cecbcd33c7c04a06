"""Exclusive or: a loop of one's own, as in PyTorch."""

import pyneural as pn
from pyneural import nn

pn.manual_seed(1)
x = pn.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = pn.tensor([[0.0], [1.0], [1.0], [0.0]])

net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
optimizer = pn.optim.Adam(net.parameters(), lr=0.05)
loss_fn = nn.BCEWithLogitsLoss()

for step in range(1, 401):
    optimizer.zero_grad()
    loss = loss_fn(net(x), y)
    loss.backward()
    optimizer.step()
    if step % 100 == 0:
        print(f"step {step}  loss {loss:.4f}")

net.eval()
with pn.no_grad():
    for inputs, p in zip(x.tolist(), net(x).sigmoid().tolist()):
        print(f"{inputs[0]:.0f} xor {inputs[1]:.0f}: {p[0]:.3f}")
