"""scikit-learn's way: MLPClassifier and MLPRegressor with fit, predict, score.

They need NumPy, and are scikit-learn estimators (clone, pipelines, grid search) where that is
installed.
"""

import warnings
from typing import Any, List, Optional, Sequence

from . import nn
from ._interop import numpy_module
from .autograd import no_grad
from .dataset import NativeWalk
from .optim import SGD, Adam
from .tensor import Tensor

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
except ImportError:

    class BaseEstimator:  # type: ignore[no-redef]
        """get_params and set_params by the names of __init__'s arguments."""

        def _names(self) -> List[str]:
            code = type(self).__init__.__code__
            return list(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])

        def get_params(self, deep: bool = True) -> Any:
            return {name: getattr(self, name) for name in self._names()}

        def set_params(self, **params: Any) -> Any:
            unknown = set(params) - set(self._names())
            if unknown:
                raise ValueError("unknown parameters: %s" % ", ".join(sorted(unknown)))
            for name, value in params.items():
                setattr(self, name, value)
            return self

    class ClassifierMixin:  # type: ignore[no-redef]
        """score is the accuracy."""

        _estimator_type = "classifier"

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
            numpy = numpy_module()
            hits = numpy.asarray(self.predict(X)) == numpy.asarray(y)  # type: ignore[attr-defined]
            return float(numpy.average(hits, weights=sample_weight))

    class RegressorMixin:  # type: ignore[no-redef]
        """score is R^2."""

        _estimator_type = "regressor"

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
            numpy = numpy_module()
            y = numpy.asarray(y, dtype=float)
            error = (y - self.predict(X)) ** 2  # type: ignore[attr-defined]
            spread = (y - numpy.average(y, axis=0, weights=sample_weight)) ** 2
            total = numpy.average(spread, axis=0, weights=sample_weight).sum()
            lost = numpy.average(error, axis=0, weights=sample_weight).sum()
            return 1 - float(lost / total) if total else float(lost == 0)


_ACTIVATIONS = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "logistic": nn.Sigmoid,
    "gelu": nn.GELU,
    "identity": nn.Identity,
}
_SOLVERS = ("adam", "sgd")


def _checked(X: Any, features: Optional[int]) -> Any:
    """X as finite f32 [N, features]."""
    numpy = numpy_module()
    if hasattr(X, "toarray") or type(X).__module__.startswith("scipy.sparse"):
        raise TypeError("sparse input is not supported: pass a dense array, X.toarray()")
    X = numpy.asarray(X)
    if X.dtype.kind == "c":
        raise ValueError("Complex data not supported")
    X = X.astype(numpy.float64)
    if X.ndim != 2:
        raise ValueError(
            "X has shape %s, expected 2 dimensions. Reshape your data with X.reshape(-1, 1) if it "
            "has one feature, X.reshape(1, -1) if one sample" % (X.shape,)
        )
    if X.shape[0] < 1 or X.shape[1] < 1:
        raise ValueError(
            "0 %s (shape=%s) while a minimum of 1 is required."
            % ("feature(s)" if X.shape[0] else "sample(s)", X.shape)
        )
    if not numpy.isfinite(X).all():
        raise ValueError("X holds NaN or infinity")
    if features is not None and X.shape[1] != features:
        raise ValueError(
            "X has %d features, but the estimator is expecting %d features as input"
            % (X.shape[1], features)
        )
    return numpy.ascontiguousarray(X, dtype=numpy.float32)


def _targets(y: Any, rows: int) -> Any:
    if y is None:
        raise ValueError("fit requires y to be passed, but the target y is None")
    y = numpy_module().asarray(y)
    if y.ndim not in (1, 2) or len(y) != rows:
        raise ValueError("X has %d rows, y has shape %s" % (rows, y.shape))
    return y


def _raveled(y: Any) -> Any:
    """A column as a row, with scikit-learn's warning."""
    if y.ndim == 1:
        return y
    if y.shape[1] != 1:
        raise ValueError("y has shape %s, expected one column" % (y.shape,))
    try:
        from sklearn.exceptions import DataConversionWarning as Kind
    except ImportError:
        Kind = UserWarning
    warnings.warn("A column-vector y was passed when a 1d array was expected", Kind, stacklevel=3)
    return y.ravel()


class _Perceptron(BaseEstimator):
    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate_init: float = 0.001,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Optional[int] = None,
        tol: float = 1e-4,
        momentum: float = 0.9,
        n_iter_no_change: int = 10,
        verbose: bool = False,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.momentum = momentum
        self.n_iter_no_change = n_iter_no_change
        self.verbose = verbose

    def _seed(self) -> int:
        state = self.random_state
        if state is None:
            return int(numpy_module().random.randint(2**31))
        if hasattr(state, "randint"):
            return int(state.randint(2**31))
        return int(state)

    def _network(self, inputs: int, outputs: int, seed: int) -> nn.Sequential:
        if self.activation not in _ACTIVATIONS:
            raise ValueError(
                "activation is %r, expected one of %s" % (self.activation, ", ".join(_ACTIVATIONS))
            )
        sizes: Any = self.hidden_layer_sizes
        hidden = [sizes] if hasattr(sizes, "__index__") else list(sizes)
        layers: List[nn.Module] = []
        for size in hidden:
            layers += [nn.Linear(inputs, int(size)), _ACTIVATIONS[self.activation]()]
            inputs = int(size)
        network = nn.Sequential(*layers, nn.Linear(inputs, outputs))
        from .init import init_weights

        init_weights(network, "xavier_uniform", seed=seed + 1)
        return network

    def _optimizer(self, network: nn.Module) -> Any:
        if self.solver not in _SOLVERS:
            raise ValueError("solver is %r, expected adam or sgd" % (self.solver,))
        options: Any = {"lr": self.learning_rate_init, "weight_decay": self.alpha}
        if self.solver == "sgd":
            return SGD(network.parameters(), momentum=self.momentum, **options)
        return Adam(network.parameters(), **options)

    def _train(self, x: Any, y: Any, outputs: int, loss_fn: nn.Module) -> None:
        if self.max_iter < 1:
            raise ValueError("max_iter is %r, expected at least 1" % (self.max_iter,))
        seed, rows = self._seed(), len(x)
        self.n_features_in_ = x.shape[1]
        network = self._network(x.shape[1], outputs, seed)
        optimizer = self._optimizer(network)
        size = min(200, rows) if self.batch_size == "auto" else min(int(self.batch_size), rows)
        walk = NativeWalk(Tensor.from_numpy(x), y, size, self.shuffle, seed)
        self.loss_curve_: List[float] = []
        best, waited = float("inf"), 0
        for epoch in range(self.max_iter):
            total = 0.0
            for batch, target in walk.batches(epoch):
                optimizer.zero_grad()
                loss = loss_fn(network(batch), target)
                loss.backward()
                optimizer.step()
                total += float(loss) * len(batch)
            self.loss_curve_.append(total / rows)
            if self.verbose:
                print("Iteration %d, loss = %.8f" % (epoch + 1, self.loss_curve_[-1]))
            waited = 0 if self.loss_curve_[-1] < best - self.tol else waited + 1
            best = min(best, self.loss_curve_[-1])
            if waited >= self.n_iter_no_change:
                break
        self.n_iter_, self.loss_, self.n_outputs_ = epoch + 1, self.loss_curve_[-1], outputs
        self.network_ = network.eval()

    def _outputs(self, X: Any) -> Tensor:
        if not hasattr(self, "network_"):
            try:
                from sklearn.exceptions import NotFittedError
            except ImportError:
                NotFittedError = ValueError
            raise NotFittedError("This %s is not fitted yet" % type(self).__name__)
        with no_grad():
            return self.network_(Tensor.from_numpy(_checked(X, self.n_features_in_)))


class MLPClassifier(ClassifierMixin, _Perceptron):
    """A multi-layer perceptron for classes; arguments as scikit-learn's."""

    def fit(self, X: Any, y: Any) -> "MLPClassifier":
        """Trains on rows X and their labels y, of any kind; returns self."""
        numpy = numpy_module()
        x = _checked(X, None)
        y = _raveled(_targets(y, len(x)))
        if y.dtype.kind == "f" and (not numpy.isfinite(y).all() or (y != y.astype(int)).any()):
            raise ValueError("Unknown label type: continuous, NaN or infinity in y")
        self.classes_, codes = numpy.unique(y, return_inverse=True)
        labels = Tensor.from_list(codes.tolist(), "int64")
        self._train(x, labels, max(len(self.classes_), 1), nn.CrossEntropyLoss())
        return self

    def predict_proba(self, X: Any) -> Any:
        """Probabilities [N, classes], in the order of classes_."""
        return self._outputs(X).softmax(-1).numpy()

    def predict(self, X: Any) -> Any:
        """The likeliest class of each row."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]


class MLPRegressor(RegressorMixin, _Perceptron):
    """A multi-layer perceptron for numbers; arguments as scikit-learn's."""

    def _more_tags(self) -> Any:
        return {"multioutput": True}

    def fit(self, X: Any, y: Any) -> "MLPRegressor":
        """Trains on rows X and their numbers y, [N] or [N, outputs]; returns self."""
        numpy = numpy_module()
        x = _checked(X, None)
        y = _targets(y, len(x)).astype(numpy.float64)
        if y.ndim == 2 and y.shape[1] == 1:
            y = _raveled(y)
        if not numpy.isfinite(y).all():
            raise ValueError("y holds NaN or infinity")
        self._flat = y.ndim == 1
        columns = y.reshape(len(y), -1)
        targets = Tensor.from_numpy(numpy.ascontiguousarray(columns, dtype=numpy.float32))
        self._train(x, targets, columns.shape[1], nn.MSELoss())
        return self

    def predict(self, X: Any) -> Any:
        """The numbers of each row."""
        outputs = self._outputs(X).numpy().astype("float64")
        return outputs.ravel() if self._flat else outputs
