"""Type hints: the stub has every name of the package, and mypy, where it is installed, is content
with the package and tells right from wrong in a user's program."""

import ast
import os
import subprocess
import sys
import tempfile
import unittest

import pyneural as pn

PACKAGE = os.path.dirname(os.path.abspath(pn.__file__))

RIGHT = """
import pyneural as pn
from pyneural import nn

class Net(nn.Module):
    def __init__(self) -> None:
        self.first = nn.Linear(2, 3)

    def forward(self, x: pn.Tensor) -> pn.Tensor:
        return self.first(x).relu()

class Square(pn.Function):
    @staticmethod
    def forward(ctx: pn.autograd.Context, x: pn.Tensor) -> pn.Tensor:
        return x * x

x = pn.tensor([[1.0, 2.0]], requires_grad=True)
net = nn.Sequential(Net(), nn.ReLU())
y: pn.Tensor = net(x)
optimizer = pn.Adam(net.parameters(), lr=0.1)
loss = nn.MSELoss()(y, pn.zeros(1, 3))
loss.backward()
optimizer.step()
z: pn.Tensor = (x + 1.0) * x / 2 - x @ x.T
total: float = float(z.sum())
score: float = pn.load_model("net").prune(0.5).evaluate(x, [1]).metric
losses: list = pn.ConfigTrainer("run.ini").fit().train_loss
"""

WRONG = """
import pyneural as pn
x = pn.tensor([1.0])
x.shapee
pn.Linear("2", 3)
pn.nothing
n: int = x.sum()
m: str = x * 2
pn.load_model("net").predict()
"""


def mypy(programs, *words):
    """The lines of mypy; the tests are skipped without it."""
    places = os.pathsep.join((os.path.dirname(PACKAGE), programs))
    environment = dict(os.environ, MYPYPATH=places)
    options = ["--config-file=", "--ignore-missing-imports", "--no-site-packages",
               "--namespace-packages", "--explicit-package-bases"]
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, "-m", "mypy", *options, "--cache-dir", cache, *words]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8", check=False)
    if "No module named mypy" in done.stdout:
        raise unittest.SkipTest("mypy is not installed")
    return done.stdout.splitlines()


class StubTest(unittest.TestCase):
    def test_every_name(self):
        with open(os.path.join(PACKAGE, "__init__.pyi"), encoding="utf-8") as stream:
            tree = ast.parse(stream.read())
        found = set()
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.level:
                for name in node.names:
                    self.assertEqual(name.name, name.asname)  # else it is not offered on
                    found.add(name.name)
            elif isinstance(node, ast.AnnAssign):
                found.add(node.target.id)
        wanted = set(pn.__all__) | set(pn._SUBMODULES) | {"__version__"}
        self.assertEqual(found, wanted)


class MypyTest(unittest.TestCase):
    def test_package_and_programs(self):
        with tempfile.TemporaryDirectory() as directory:
            paths = [os.path.join(directory, name) for name in ("right.py", "wrong.py")]
            for path, text in zip(paths, (RIGHT, WRONG)):
                with open(path, "w", encoding="utf-8") as stream:
                    stream.write(text)
            *lines, total = mypy(directory, PACKAGE, *paths)
        self.assertIn("in 1 file (checked", total, lines)
        places = [line.split("wrong.py:")[1] for line in lines]
        self.assertEqual({int(place.split(":")[0]) for place in places}, {4, 5, 6, 7, 8, 9}, lines)


if __name__ == "__main__":
    unittest.main()
