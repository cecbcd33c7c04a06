"""Calls everything pyneural offers with random arguments; nothing may end the interpreter.

    python3 python/tests/fuzz.py [CALLS [SEED]]     bazel run //python/tests:fuzz -- 100000

Every exception is an answer except those that only a mistake in pyneural raises. What takes
addresses is left out: whoever passes one says what lies there. With FUZZ_TRACE=FILE each call is
written there before it is made; SEED makes the same calls again.
"""

import collections
import faulthandler
import inspect
import os
import random
import resource
import sys
import tempfile
import warnings

import pyneural as pn

try:
    import numpy as np
except ImportError:
    np = None

# Only a mistake of ours raises these.
MISTAKES = (SystemError, NameError, AssertionError, RecursionError)

# They take addresses, end the process on purpose, or wait for somebody.
LEFT_OUT = {"Tensor", "free_address", "HookHandle", "Registry", "set_num_threads"}
LEFT_OUT_WORDS = ("_ptr", "_f64", "wrap_memory", "from_address")

# Bytes of address space, so that no huge tensor takes the machine; AddressSanitizer needs more.
MEMORY = int(os.environ.get("FUZZ_MEMORY", 3 << 30))
OPERATORS = (
    "__add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __truediv__ __rtruediv__ __pow__ "
    "__matmul__ __iadd__ __isub__ __imul__ __itruediv__ __eq__ __ne__ __lt__ __le__ __gt__ "
    "__ge__ __neg__ __abs__ __getitem__ __setitem__ __len__ __iter__ __float__ __int__ __bool__ "
    "__str__ __repr__ __format__ __round__ __dlpack__ __copy__ __deepcopy__ __reduce__ "
    "__floordiv__ __rfloordiv__ __mod__ __rmod__ __and__ __or__ __xor__ __invert__ "
    "__contains__ __call__ __enter__ __exit__ __next__"
).split()


def submodules():
    """Every public module of the package."""
    yield pn.core
    for name in pn._SUBMODULES:
        yield getattr(pn, name)


def targets():
    """[(name, function or class)] of what is public."""
    found = {}
    for module in submodules():
        for name, value in vars(module).items():
            own = getattr(value, "__module__", None) or ""
            if name.startswith("_") or not callable(value) or not own.startswith("pyneural"):
                continue
            if own.startswith("pyneural._") or name in LEFT_OUT:
                continue
            if any(word in name for word in LEFT_OUT_WORDS):
                continue
            found[own + "." + name] = value
    for name in dir(pn.Tensor):
        if callable(getattr(pn.Tensor, name)) and _is_method(name) and name != "free":
            found["Tensor." + name] = getattr(pn.Tensor, name)
    return sorted(found.items())


def _is_method(name):
    if any(word in name for word in LEFT_OUT_WORDS):
        return False
    return name in OPERATORS or not name.startswith("_")


def save_a_model():
    """Writes a model file for Model.load and its methods; returns its name."""
    with open("model.csv", "w", encoding="utf-8") as stream:
        stream.write("".join("%d,%d,%d\n" % (i, i % 3, i % 2) for i in range(20)))
    text = "[model]\narchitecture = 2,16,16,2\n[data]\ntrain_file = model.csv\n"
    text += "[loss]\nfunction = cross_entropy\n[performance]\nnum_threads = 1\n"
    trainer = pn.ConfigTrainer(pn.Config.parse(text, ["training.epochs=1"]))
    trainer.fit(verbose=False)
    trainer.model.save("model.safetensors")
    return "model.safetensors"


class Fuzzer:
    """Random calls of random targets; what they return becomes an argument of later ones."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.targets = targets()
        self.kinds = {}  # of the parameters, by the function's name
        self.kept = []
        self.answers = collections.Counter()

    def run(self, calls):
        trace = os.environ.get("FUZZ_TRACE")
        with open(trace, "w", buffering=1, encoding="utf-8") if trace else _Nowhere() as log:
            model = save_a_model()
            for number in range(calls):
                if number % 100 == 0:
                    self.kept.append(pn.Model.load(model))
                self.step(number, log)
        return self.answers

    def step(self, number, log):
        name, function = self.choice()
        args = self.arguments(name, function)
        log.write("%d %s %s\n" % (number, name, [type(arg).__name__ for arg in args]))
        if not isinstance(log, _Nowhere):
            log.write("    %s\n" % " ".join(_text(arg) for arg in args))
        pn.set_grad_enabled(self.random.random() < 0.8)
        try:
            result = function(*args)
            if inspect.isgenerator(result) or type(result).__name__ == "generator":
                result = [item for item, _ in zip(result, range(5))]
        except MISTAKES as error:
            if type(error).__name__ == "NameError" or not isinstance(error, RecursionError):
                raise
        except Exception as error:
            self.answers[type(error).__name__] += 1
        else:
            self.answers["returned"] += 1
            self.keep(result)

    def choice(self):
        """A function of the package, or a method of something it returned."""
        if self.kept and self.random.random() < 0.3:
            owner = self.random.choice(self.kept)
            names = [name for name in dir(type(owner)) if _is_method(name)]
            if not isinstance(owner, pn.Tensor) and names:
                name = self.random.choice(names)
                return type(owner).__name__ + "." + name, self.access(owner, name)
        return self.random.choice(self.targets)

    def access(self, owner, name):
        """A method, or the reading or writing of an attribute."""

        def use(*args):
            value = getattr(owner, name)
            if callable(value):
                return value(*args)
            if args and self.random.random() < 0.3:
                setattr(owner, name, args[0])
            return value

        return use

    def keep(self, result):
        items = result if isinstance(result, (tuple, list)) else [result]
        for item in items[:3]:
            if (type(item).__module__ or "").startswith("pyneural"):
                self.kept.append(item)
        while len(self.kept) > 40:
            self.kept.pop(self.random.randrange(len(self.kept)))

    # --- arguments ---

    def arguments(self, name, function):
        """Mostly as many as the function takes, and mostly of the kinds it says."""
        if name not in self.kinds:
            self.kinds[name] = _parameters(function)
        kinds = self.kinds[name]
        if kinds is None or self.random.random() < 0.1:
            args = [self.argument() for _ in range(self.random.choice((0, 1, 1, 2, 2, 3)))]
            return [self.tensor()] + args if name.startswith("Tensor.") else args
        required = sum(1 for _, is_required in kinds if is_required)
        count = self.random.randint(required, len(kinds))
        return [self.fitting(text) for text, _ in kinds[:count]]

    def fitting(self, text):
        if self.random.random() < 0.15:
            return self.argument()
        for words, make in (
            (("Operand",), lambda: self.random.choice((self.tensor, self.real, self.integer))()),
            (("Sequence[",), lambda: [self.tensor() for _ in range(self.random.randint(0, 9))]),
            (("Tensor", "self"), self.tensor),
            (("str",), self.word),
            (("Axis", "Pair", "int", "dim"), self.integer),
            (("float", "bool"), self.real),
            (("shape", "sizes", "size"), self.shape),
            (("dtype",), self.dtype),
            (("index",), self.index),
            (("data", "value"), self.nested),
            (("arr",), self.array),
            (("other",), self.tensor),
        ):
            if any(word in text for word in words):
                return make()
        return self.argument()

    def argument(self):
        kind = self.random.random()
        if kind < 0.35:
            return self.tensor()
        if kind < 0.55:
            return self.integer()
        if kind < 0.65 and self.kept:
            return self.random.choice(self.kept)
        return self.random.choice(
            (self.real, self.shape, self.index, self.nested, self.array, self.strange, self.word)
        )()

    def integer(self):
        if self.random.random() < 0.8:
            return self.random.randint(-3, 5)
        return self.random.choice((2**31, -(2**31) - 1, 2**63, -(2**63), 2**64 + 1, 2**40, 1000))

    def real(self):
        return self.random.choice(
            (0.0, 0.5, 1.0, -1.5, 1e-300, 1e300, float("nan"), float("inf"), -float("inf"), 1e-8)
        )

    def shape(self):
        sizes = [self.random.choice((0, 1, 2, 3, 4, 7)) for _ in range(self.random.randint(0, 4))]
        if self.random.random() < 0.1:
            sizes.append(self.integer())
        if self.random.random() < 0.02:
            sizes = [1] * 9
        return self.random.choice((tuple, list))(sizes)

    def dtype(self):
        if self.random.random() < 0.8:
            return self.random.choice((0, 1))
        return self.random.choice((2, 3, 4, 5, 6, 7, "float64", "int64"))

    def tensor(self):
        pick = self.random.random()
        if pick < 0.3:
            old = [item for item in self.kept if isinstance(item, pn.Tensor)]
            if old:
                return self.random.choice(old)
        ndim = self.random.randint(0, 4)
        sizes = [self.random.choice((0, 1, 2, 2, 3, 3, 4, 7)) for _ in range(ndim)]
        made = pn.full(sizes, self.random.choice((0.0, 1.0, -2.0, 0.3, float("nan"))), self.dtype())
        if self.random.random() < 0.3 and made.dtype < 2:
            made.requires_grad = True
        if self.random.random() < 0.3:
            made = self.random.choice((_turned, _sliced, _stretched))(made)
        if self.random.random() < 0.02:
            made.free()
        return made

    def index(self):
        items = [
            self.random.choice(
                (
                    self.integer(),
                    slice(None),
                    slice(self.integer(), self.integer(), self.random.choice((None, 1, 2, -1, 0))),
                    None,
                    Ellipsis,
                    [0, 1],
                    [True, False],
                )
            )
            for _ in range(self.random.randint(0, 4))
        ]
        return tuple(items) if self.random.random() < 0.8 else (items[0] if items else slice(None))

    def nested(self):
        return self.random.choice(
            (
                [],
                [1.0, 2.0],
                [[1, 2], [3, 4]],
                [[1], [2, 3]],
                [[[[[[[[[1]]]]]]]]],
                [self.tensor(), self.tensor()],
                [self.tensor()],
                ["a", None],
                range(3),
                {"a": 1.0},
                (float("nan"), 2**70),
            )
        )

    def array(self):
        if np is None:
            return [0.5]
        return self.random.choice(
            (
                np.ones((2, 3), "float32"),
                np.ones((3, 2)),
                np.arange(6),
                np.array([None, "x"]),
                np.ones((4, 4), "float32")[::2, ::-1],
                np.array(1.5),
                np.float32(2),
                np.int64(-1),
                np.zeros((0, 2)),
                np.array([1 + 2j]),
                np.ones(3, ">f4"),
                np.array([True, False]),
                np.broadcast_to(np.float32(1), (3, 3)),
            )
        )

    def word(self):
        return self.random.choice(
            ("", "mean", "none", "sum", "float32", "relu", "0", "no/such/file", "\0", "é" * 300)
        )

    def strange(self):
        return self.random.choice(
            (None, True, False, object(), b"bytes", int, len, lambda *a: a and a[0], {1}, iter([1]))
        )


def _parameters(function):
    """[(annotation or name, is required)] of the positional parameters, None when unknown."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    found = []
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            found.append((parameter.name, False))
        elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            text = str(parameter.annotation)
            plain = text in ("typing.Any", str(inspect.Parameter.empty))
            is_required = parameter.default is parameter.empty
            found.append((parameter.name if plain else text, is_required))
    return found


def _turned(x):
    return x.T


def _sliced(x):
    return x[..., ::2] if x.ndim else x


def _stretched(x):
    return x.reshape((1,) + x.shape).expand((2,) + x.shape) if x.ndim < 7 else x


def _text(arg):
    try:
        return ascii(arg)[:100]
    except Exception as error:
        return type(error).__name__


class _Nowhere:
    def write(self, text):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        pass


def main(argv):
    calls = int(argv[1]) if len(argv) > 1 else 100_000
    seed = int(argv[2]) if len(argv) > 2 else random.randrange(2**32)
    faulthandler.enable()
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    pn.set_num_threads(1)
    print("fuzz: %d calls, seed %d" % (calls, seed), flush=True)
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        sys.stdout.flush()
        answers = Fuzzer(seed).run(calls)
        os.chdir("/")
    print(", ".join("%s %d" % item for item in answers.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
