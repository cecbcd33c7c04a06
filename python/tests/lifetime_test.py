"""Objects free what they hold once: in any order, in loops, at exit, after fork, in threads."""

import gc
import os
import queue
import random
import subprocess
import sys
import threading
import unittest

import pyneural as pn
from pyneural import _library, autograd
from pyneural import functional as F


# LIFETIME_CYCLES=1000000 takes the number of cycles of the promise.
# LIFETIME_STEPS those that each of four threads trains.
STEPS = int(os.environ.get("LIFETIME_STEPS", "100"))
CYCLES = int(os.environ.get("LIFETIME_CYCLES", "100000"))


def resident_kib():
    with open("/proc/self/statm", encoding="ascii") as stream:
        return int(stream.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024


def run(program):
    """Runs a program in a fresh interpreter; returns its output and exit status."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
        check=False,
    )
    return done.stdout, done.returncode


def trained(seed):
    """The weights of a small network after some steps of its own training."""
    x = pn.randn(16, 8, seed=seed)
    target = pn.tensor([float(i % 3) for i in range(16)])
    weights = [pn.randn(12, 8, seed=seed + 1) * 0.3, pn.zeros(12), pn.randn(3, 12, seed=seed + 2)]
    for weight in weights:
        weight.requires_grad = True
    for _ in range(STEPS):
        loss = F.cross_entropy(F.linear(F.linear(x, *weights[:2]).relu(), weights[2]), target)
        loss.backward()
        with pn.no_grad():
            for weight in weights:
                weight -= weight.grad * 0.1
                weight.grad = None
    return [weight.tolist() for weight in weights]


class Lifetime(unittest.TestCase):
    def test_memory_stays_flat(self):
        def cycle(count):
            for _ in range(count):
                pn.zeros((3,))

        cycle(1000)
        before = resident_kib()
        cycle(CYCLES)
        self.assertLess(resident_kib() - before, 1024)

    def test_graphs_leave_nothing(self):
        nodes = autograd.node_count()
        x = pn.ones(3, requires_grad=True)

        def steps(count):
            for _ in range(count):
                ((x * x).exp().sum() * 2).backward()
                x.grad = None

        steps(100)
        held = _library.lib.neural_alloc_bytes()
        steps(2000)
        self.assertEqual(_library.lib.neural_alloc_bytes(), held)
        self.assertEqual(autograd.node_count(), nodes)

    def test_any_order(self):
        generator = random.Random(5)
        for _ in range(200):
            x = pn.ones(4, 4, requires_grad=True)
            made = [x, x[1], x.T, (x @ x), x.detach(), x.reshape(2, 8)]
            made += [made[3].sum(), pn.cat([x, x]), made[1] * 2]
            generator.shuffle(made)
            del x
            while made:
                made.pop().free() if generator.random() < 0.5 else made.pop()
        gc.collect()

    def test_reference_cycles_are_collected(self):
        nodes = autograd.node_count()
        for _ in range(50):
            x = pn.ones(2, requires_grad=True)
            y = x * 2
            y.itself = y
            y.other = [x, y]
            # A hook that holds its own tensor ends with remove(): the graph holds the hook.
            y.register_hook(lambda gradient, y=y: None).remove()
        del x, y
        gc.collect()
        self.assertEqual(autograd.node_count(), nodes)

    def test_interpreter_exit(self):
        output, status = run(
            "import pyneural as pn, numpy as np\n"
            "x = pn.ones(3, requires_grad=True)\n"
            "y = (x * 2).sum()\n"
            "y.register_hook(lambda g: None)\n"
            "z = pn.Tensor.from_numpy_zero_copy(np.ones(4))\n"
            "a = np.from_dlpack(z); b = z.numpy_zero_copy(); c = z.__dlpack__()\n"
            "pn.keep = [x, y, z, a, b, c]\n"
            "import sys; sys.keep = (c, z.__dlpack__(), y)\n"
            "print('end')\n"
        )
        self.assertEqual((output, status), ("end\n", 0))

    def test_fork(self):
        output, status = run(
            "import os, pyneural as pn\n"
            "pn.set_num_threads(2)\n"
            "x = pn.ones(600, 600)\n"
            "(x @ x).sum().item()\n"
            "child = os.fork()\n"
            "if child == 0:\n"
            "    value = (x @ x).sum().item()\n"
            "    del x\n"
            "    os._exit(0 if value == 600.0 ** 3 else 1)\n"
            "print(os.waitpid(child, 0)[1], (x @ x).sum().item() == 600.0 ** 3)\n"
        )
        self.assertEqual((output, status), ("0 True\n", 0))

    def test_import_needs_no_numpy(self):
        output, status = run(
            "import sys\n"
            "sys.modules['numpy'] = None\n"
            "import pyneural as pn\n"
            "x = pn.tensor([[1.0, 2.0]])\n"
            "print((x @ x.T).tolist(), x, pn.tensor.HAS_NUMPY in (True, False))\n"
            "try: x.numpy()\n"
            "except ImportError as error: print(error)\n"
        )
        self.assertEqual(status, 0, output)
        self.assertIn("[[5.0]] [[1.0, 2.0]]", output)
        self.assertIn("needs numpy", output)

    def test_import_imports_little(self):
        output, _ = run(
            "import sys; before = set(sys.modules); import pyneural\n"
            "print('numpy' in sys.modules, len(set(sys.modules) - before) < 40)\n"
        )
        self.assertEqual(output, "False True\n")

    def test_threads_with_models_of_their_own(self):
        alone = [trained(seed) for seed in range(4)]
        found, failures = {}, []

        def work(seed):
            try:
                found[seed] = trained(seed)
            except BaseException as error:  # shown by the test
                failures.append(error)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual([found[seed] for seed in range(4)], alone)

    def test_tensors_may_end_in_another_thread(self):
        made = queue.Queue(100)
        done = threading.Event()

        def end():
            while not (done.is_set() and made.empty()):
                try:
                    made.get(timeout=0.05)
                except queue.Empty:
                    pass

        thread = threading.Thread(target=end)
        thread.start()
        x = pn.ones(5, 5, requires_grad=True)
        for _ in range(3000):
            made.put((x @ x)[1].exp())
        done.set()
        thread.join()
        self.assertEqual(x.sum().item(), 25.0)


if __name__ == "__main__":
    unittest.main()
