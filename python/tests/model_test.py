"""Whole models from Python: scored, pruned, trained on and quantized as by the program."""

import concurrent.futures
import os
import random
import subprocess
import tempfile
import unittest

import pyneural as pn

CONFIG = """[model]
input = 1x6x6
layers = { conv2d 8 3x3 pad=1 | batchnorm | relu | conv2d 8 3x3 | relu | flatten |
  linear 32 | relu | linear 2 }
[data]
train_file = stripes.csv
test_file = test.csv
[loss]
function = cross_entropy
[training]
epochs = 4
batch_size = 20
learning_rate = 0.01
optimizer = adam
[options]
random_seed = 1
"""


def program():
    """The path of //cli:neural."""
    given = os.environ.get("NEURAL_PROGRAM")
    root = os.path.join(os.environ.get("TEST_SRCDIR", ""), os.environ.get("TEST_WORKSPACE", ""))
    return given or os.path.join(root, "cli", "neural")


def stripes(rows, seed):
    """Pictures of 6 x 6 with horizontal or vertical stripes, and which."""
    rng = random.Random(seed)
    lines = []
    for row in range(rows):
        label, phase = row % 2, rng.randrange(2)
        pixels = [(x if label else y) % 2 == phase for y in range(6) for x in range(6)]
        lines.append(",".join("%.4f" % (p + rng.gauss(0, 0.4)) for p in pixels) + ",%d" % label)
    return "\n".join(lines) + "\n"


class ModelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        for name, text in (("net.ini", CONFIG), ("stripes.csv", stripes(400, 4)),
                           ("test.csv", stripes(200, 5))):
            with open(cls.path(name), "w", encoding="utf-8") as stream:
                stream.write(text)
        cls.run_program("train", "net.ini", "net.safetensors", "-q")

    @classmethod
    def path(cls, name):
        return os.path.join(cls.scratch.name, name)

    @classmethod
    def run_program(cls, *words):
        done = subprocess.run([program(), *words], cwd=cls.scratch.name, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, encoding="utf-8", check=False)
        if done.returncode:
            raise AssertionError("neural %s: %s" % (" ".join(words), done.stderr))

    def setUp(self):
        self.model = pn.load_model(self.path("net.safetensors"))
        self.test = self.model.load_data(self.path("net.ini"))

    def bytes_of(self, name):
        with open(self.path(name), "rb") as stream:
            return stream.read()

    def size_of(self, model):
        model.save(self.path("size.safetensors"))
        return os.path.getsize(self.path("size.safetensors"))

    def assert_same_file(self, model, score, *words):
        """What Python saves has the bytes that `neural prune` writes."""
        self.run_program("prune", "net.ini", "net.safetensors", "-o", "cli.safetensors", "-q",
                         *words)
        model.save(self.path("ours.safetensors"), epoch=0, step=0, loss=score.loss)
        self.assertEqual(self.bytes_of("ours.safetensors"), self.bytes_of("cli.safetensors"))

    # --- scores ---

    def test_evaluate(self):
        score = self.model.evaluate(self.test)
        self.assertTrue(score.is_accuracy)
        self.assertEqual(score.rows, 200)
        self.assertGreater(score.metric, 0.85)
        x, y = self.test.x, self.test.y
        self.assertEqual(self.model.evaluate(x, y), score)
        self.assertEqual(self.model.evaluate(pn.TensorDataset(x, y)), score)
        self.assertEqual(self.model.evaluate(x.tolist(), y.tolist()), score)
        right = (self.model.predict(x).argmax(1) == y.flatten()).to("float32").mean()
        self.assertAlmostEqual(float(right), score.metric, 6)
        self.assertEqual(len(self.model.load_data(self.path("net.ini"), "train")), 400)
        for wrong in ((x,), (x, y[:5]), (x[:, :7], y), (x, y.to("float32") + 0.5)):
            with self.assertRaises((ValueError, pn.NeuralException)):
                self.model.evaluate(*wrong)
        with self.assertRaises(ValueError):
            self.model.load_data(self.path("net.ini"), "validation")
        with self.assertRaises(ValueError):
            self.model.load_data(pn.Config.parse("[model]\narchitecture = 2,1\n"))

    # --- pruning ---

    def test_methods(self):
        dense = self.model.weight_costs()
        total = sum(row.weights for row in dense[:-1])  # the last layer stays
        bytes_dense = self.size_of(self.model)
        for method in ("weights", "blocks", "rows", "columns", "channels"):
            model = pn.load_model(self.path("net.safetensors"))
            self.assertEqual(model.sparsity, 0)
            self.assertIs(model.prune(0.5, method), model)
            rows = model.weight_costs()
            kept = sum(row.kept for row in rows[:-1])
            self.assertAlmostEqual(kept / total, 0.5, delta=0.06, msg=method)
            self.assertEqual(rows[-1].kept, rows[-1].weights)
            self.assertLess(self.size_of(model), 0.7 * bytes_dense, method)
            state = model.state_dict()
            for row in rows[:-1]:
                zeros = (state[row.name] == 0).to("float32").sum().item()
                self.assertEqual(zeros, row.weights - row.kept, method)

    def test_unstructured_as_by_the_program(self):
        before = self.model.evaluate(self.test).metric
        score = self.model.prune(0.5).evaluate(self.test)
        self.assertGreater(score.metric, before - 0.1)
        self.assert_same_file(self.model, score, "--sparsity", "0.5")
        again = pn.load_model(self.path("ours.safetensors"))
        self.assertEqual(again.sparsity, self.model.sparsity)
        self.assertEqual(again.digest(), self.model.digest())
        self.assertEqual(again.predict(self.test.x).tolist(),
                         self.model.predict(self.test.x).tolist())

    def test_n_of_m_as_by_the_program(self):
        score = self.model.prune(method="2:4", exclude="none").evaluate(self.test)
        kept = self.model.mask("6.weight").reshape(-1, 4).to("float32").sum(1)
        self.assertEqual(set(kept.tolist()), {2.0})
        self.assert_same_file(self.model, score, "--method", "2:4", "--exclude", "none")

    def test_structured_as_by_the_program(self):
        small = self.model.prune_channels(0.5)
        self.assertEqual(self.model.sparsity, 0)
        self.assertEqual([row.weights for row in small.weight_costs()],
                         [4 * 9, 4 * 36, 16 * 64, 2 * 16])
        self.assertLess(self.size_of(small), self.size_of(self.model) / 2)
        self.assert_same_file(small, small.evaluate(self.test), "--sparsity", "0.5",
                              "--structured")

    def test_finetune_as_by_the_program(self):
        self.model.prune(0.8)
        pruned, sparsity = self.model.evaluate(self.test).metric, self.model.sparsity
        history = self.model.finetune(self.path("net.ini"), 2)
        self.assertEqual(len(history.train_loss), 2)
        self.assertEqual(self.model.sparsity, sparsity)
        self.assertGreaterEqual(self.model.evaluate(self.test).metric, pruned)
        self.run_program("prune", "net.ini", "net.safetensors", "-o", "cli.safetensors", "-q",
                         "--sparsity", "0.8", "--finetune", "2")
        cli = pn.load_model(self.path("cli.safetensors"))
        self.assertEqual(self.model.digest(), cli.digest())

    def test_smaller_networks_train_on(self):
        small = self.model.prune_channels(0.5)
        before = small.evaluate(self.test)
        small.finetune(self.path("net.ini"), 2, ["training.learning_rate=0.005"])
        self.assertLessEqual(small.evaluate(self.test).loss, before.loss)
        self.assertEqual(small.weight_costs()[0].weights, 36)

    def test_masks(self):
        self.assertIsNone(self.model.mask("6.weight"))
        mask = pn.zeros((32, 128), "uint8")
        mask[:16] = 1
        self.model.set_mask("6.weight", mask)
        self.assertEqual(self.model.mask("6.weight").tolist(), mask.tolist())
        self.assertEqual(float(self.model.state_dict()["6.weight"][16:].abs().max()), 0)
        self.model.remove_masks()
        self.assertIsNone(self.model.mask("6.weight"))
        self.assertEqual(self.model.sparsity, 0)
        for name, wrong in (("7.weight", mask), ("6.weight", mask[:3])):
            with self.assertRaises(pn.NeuralException):
                self.model.set_mask(name, wrong)

    def test_what_pruning_refuses(self):
        for options in ({"method": "block"}, {"score": "l3"}, {"scope": "all"},
                        {"sparsity": 1.5}, {"sparsity": float("nan")}):
            with self.assertRaises(ValueError, msg=str(options)):
                self.model.prune(**options)
        with self.assertRaises(pn.NeuralException):
            self.model.prune(0.5, exclude="0.,3.,6.,8.")
        with self.assertRaises(TypeError):
            pn.pruning.prune_model(None)

    # --- 8 bits ---

    def test_quantize_as_by_the_program(self):
        train = self.model.load_data(self.path("net.ini"), "train")
        small = self.model.quantize(train, self.test, keep_slow=True)
        report = small.quantization
        self.assertTrue(small.is_8bit and not self.model.is_8bit)
        self.assertEqual(report.before, self.model.evaluate(self.test))
        self.assertEqual(report.after, small.evaluate(self.test))
        self.assertLessEqual(report.before.metric - report.after.metric, 0.003)
        self.assertEqual([layer.name for layer in report.layers], ["0", "3", "6", "8"])
        self.assertTrue(all(layer.is_8bit and layer.snr > 20 for layer in report.layers))
        self.assertEqual(sorted(report.seconds), [1, 64])
        small.save(self.path("ours.safetensors"))
        self.run_program("quantize", "net.ini", "net.safetensors", "-o", "cli.safetensors",
                         "--keep-slow")
        self.assertEqual(self.bytes_of("ours.safetensors"), self.bytes_of("cli.safetensors"))
        self.assertLess(len(self.bytes_of("ours.safetensors")), 0.5 * self.size_of(self.model))
        again = pn.load_model(self.path("ours.safetensors"))
        self.assertEqual(again.predict(self.test.x).tolist(),
                         small.predict(self.test.x).tolist())
        self.assertIsNone(again.quantization)

    def test_other_ways_to_eight_bits(self):
        x, y = self.test.x, self.test.y
        for options in ({"method": "entropy"}, {"method": "percentile", "samples": 50},
                        {"dynamic": True}):
            small = self.model.quantize(x, (x, y), keep_slow=True, **options)
            drop = self.model.evaluate(x, y).metric - small.evaluate(x, y).metric
            self.assertLessEqual(drop, 0.003, options)

    def test_what_quantization_refuses(self):
        x, y = self.test.x, self.test.y
        with self.assertRaises(ValueError):
            self.model.quantize(x)  # nothing to judge by
        for options in ({"method": "best"}, {"method": "channels"}, {"samples": 0},
                        {"max_drop": -1.0}):
            with self.assertRaises(ValueError, msg=str(options)):
                self.model.quantize((x, y), **options)
        small = self.model.quantize((x, y), keep_slow=True)
        for change in (lambda: small.quantize((x, y)), lambda: small.prune(0.5),
                       small.prune_channels, small.fold_batch_norm, small.digest,
                       lambda: small.finetune(self.path("net.ini"), 1)):
            with self.assertRaises(pn.NeuralException):
                change()

    # --- what ConfigTrainer trains ---

    def test_a_trainer_keeps_what_was_pruned(self):
        trainer = pn.ConfigTrainer(self.path("net.ini"))
        trainer.model.prune(0.5)
        trainer.fit(verbose=False)
        self.assertAlmostEqual(trainer.model.sparsity, 0.5, delta=0.02)
        self.assertGreater(trainer.model.evaluate(self.test).metric, 0.85)

    def test_two_threads_train_at_once(self):
        configs = [pn.Config.load(self.path("net.ini"), ["options.random_seed=%d" % seed])
                   for seed in (3, 4)]

        def trained(config):
            trainer = pn.ConfigTrainer(config)
            trainer.fit(verbose=False)
            small = trainer.model.quantize(self.test, keep_slow=True)
            answers = small.predict(self.test.x).tolist()
            return trainer.model.digest(), trainer.model.prune(0.5).digest(), answers

        alone = [trained(config) for config in configs]
        self.assertNotEqual(*alone)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for _ in range(3):
                self.assertEqual(list(pool.map(trained, configs)), alone)

    def test_folded(self):
        folded = self.model.fold_batch_norm()
        ours, theirs = self.model.predict(self.test.x), folded.predict(self.test.x)
        self.assertLess(float((ours - theirs).abs().max()), 1e-5)
        with self.assertRaises(pn.NeuralException):
            folded.save(self.path("folded.safetensors"))


if __name__ == "__main__":
    unittest.main()
