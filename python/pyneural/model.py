"""Models of config files: loaded, asked, scored, pruned, quantized, saved; what `neural train`
writes."""

import os
from ctypes import byref, c_char_p, c_void_p, create_string_buffer
from typing import TYPE_CHECKING, Any, List, NamedTuple, Optional, Sequence

from . import _signatures
from ._handle import borrow, call
from ._library import check, int64, lib, quick, real
from .config import Config
from .model_data import ModelData, config_of, data_of, path_overrides
from .module import numbers_from
from .tensor import Tensor

if TYPE_CHECKING:
    from .quantize import Quantization
    from .training import TrainingHistory

_ROWS_AT_ONCE = 1024


class Score(NamedTuple):
    """Loss and metric over rows: the accuracy where is_accuracy is set, else the mean squared
    error."""

    loss: float
    metric: float
    rows: int
    is_accuracy: bool

    @classmethod
    def _of(cls, score: Any) -> "Score":
        return cls(score.loss, score.metric, score.rows, bool(score.is_accuracy))


class WeightCost(NamedTuple):
    """A weight with more than one dimension: its numbers, and the multiplications of one row."""

    name: str
    weights: int
    kept: int
    macs: int
    macs_kept: int


class Model:
    """A network with its input contract, scaling and class names; `Model.load(path)`."""

    _address: Optional[int] = None
    _owner: Any = None

    #: What quantize() measured, on the model that it made.
    quantization: Optional["Quantization"] = None

    def __init__(self) -> None:
        raise TypeError("Model.load(path) reads a model; ConfigTrainer(config).model is one")

    @classmethod
    def _of(cls, ptr: Optional[int], owner: Any = None) -> "Model":
        """The model at an address, which `owner` keeps alive, or which becomes this object's."""
        made = object.__new__(cls)
        made._address, made._owner = ptr, owner
        return made

    @classmethod
    def load(cls, path: Any) -> "Model":
        """A model file, quantized ones too."""
        made = c_void_p()
        check(lib.neural_model_load(os.fsencode(path), byref(made)))
        return cls._of(made.value)

    def __del__(self, destroy: Any = quick.neural_model_destroy) -> None:
        if self._address and self._owner is None:
            destroy(self._address)

    # --- facts ---

    @property
    def features(self) -> int:
        """Numbers in a row of inputs."""
        return lib.neural_model_features(self._address)

    @property
    def outputs(self) -> int:
        """Numbers in a row of predictions."""
        return lib.neural_model_outputs(self._address)

    @property
    def dtype(self) -> int:
        """The element type of the weights, of an 8-bit model that of its inputs."""
        return lib.neural_model_dtype(self._address)

    @property
    def is_classifier(self) -> bool:
        """Whether the outputs are scores of classes."""
        return bool(lib.neural_model_is_classifier(self._address))

    @property
    def is_8bit(self) -> bool:
        """Whether the network computes in 8 bits: it predicts, is scored and saved, not trained."""
        return bool(lib.neural_model_is_8bit(self._address))

    def class_name(self, c: int) -> Optional[str]:
        """The name of a class, None when it has none."""
        name = lib.neural_model_class_name(self._address, int64(c, "c"))
        return None if name is None else name.decode()

    def state_dict(self) -> Any:
        """Names to tensors on the model's storage: parameters, then buffers."""
        network = lib.neural_model_network(self._address)
        found = {}
        for kind, value in (("weight", "weight"), ("buffer", "buffer_value")):
            count = "parameter_count" if kind == "weight" else "buffer_count"
            for i in range(getattr(lib, "neural_layer_" + count)(network)):
                name = getattr(lib, "neural_layer_%s_name" % kind)(network, i).decode()
                found[name] = borrow(getattr(lib, "neural_layer_" + value)(network, i)).detach()
        return found

    def digest(self) -> str:
        """SHA-256 over names and bytes of all parameters and statistics: equal weights, equal
        digest. Not of 8-bit models."""
        text = create_string_buffer(_signatures.NEURAL_MODEL_DIGEST)
        check(lib.neural_model_digest(self._address, text))
        return text.value.decode()

    def summary(self) -> str:
        """The table of layers."""
        text = c_char_p()
        check(lib.neural_model_summary(self._address, byref(text)))
        try:
            return (text.value or b"").decode()
        finally:
            lib.neural_text_free(text)

    # --- use ---

    def predict(self, rows: Any) -> Tensor:
        """Predictions [N, outputs] for raw rows [N, features]: probabilities for classes."""
        given = numbers_from(rows)
        return call(lib.neural_model_predict, self._address, given)

    def load_data(self, config: Any, which: str = "test") -> ModelData:
        """The "train" or "test" data that a config names, as this model reads them."""
        return ModelData.load(self, config, which)

    def evaluate(self, x: Any, y: Any = None) -> Score:
        """Loss and metric on raw rows.

        Args:
            x: rows [N, features]; or, without y, a ModelData or a TensorDataset of both.
            y: classes [N] of a classifier, else values [N] or [N, outputs].
        """
        data = data_of(self, x if y is None else (x, y), True, "evaluate")
        score = _signatures.neural_score()
        call_score = lib.neural_model_score
        check(call_score(self._address, data._address, 1, _ROWS_AT_ONCE, byref(score)))
        return Score._of(score)

    def save(
        self,
        path: Any,
        epoch: Optional[int] = None,
        step: Optional[int] = None,
        loss: Optional[float] = None,
    ) -> None:
        """Writes a model file; what is given besides the path goes into its metadata."""
        facts = None
        if (epoch, step, loss) != (None, None, None):
            facts = _signatures.neural_model_facts()
            facts.epoch, facts.step = int64(epoch or 0, "epoch"), int64(step or 0, "step")
            facts.loss = real(loss or 0.0, "loss")
        where = None if facts is None else byref(facts)
        check(lib.neural_model_save(self._address, where, os.fsencode(path)))

    def fold_batch_norm(self) -> "Model":
        """A copy for faster predictions, batch norms folded into the layers before them; it is
        neither trained nor saved."""
        made = c_void_p()
        check(lib.neural_model_fold_batch_norm(self._address, None, byref(made)))
        return Model._of(made.value)

    # --- smaller ones: pruning.py and quantize.py do it ---

    def prune(self, sparsity: float = 0.5, method: str = "weights", **options: Any) -> "Model":
        """Masks weights here and zeroes what they prune; returns self. See
        pruning.prune_model()."""
        from .pruning import prune_model

        return prune_model(self, sparsity, method, **options)

    def prune_channels(self, sparsity: float = 0.5, **options: Any) -> "Model":
        """A smaller model without the weakest channels. See pruning.prune_channels()."""
        from .pruning import prune_channels

        return prune_channels(self, sparsity, **options)

    def mask(self, name: str) -> Optional[Tensor]:
        """The mask of a weight such as "0.weight", u8 of its shape with 1 = kept; None without."""
        address = lib.neural_model_mask(self._address, str(name).encode())
        return borrow(address).copy() if address else None

    def set_mask(self, name: str, mask: Any) -> None:
        """Sets the mask of one weight and zeroes what it prunes; None takes it away."""
        kept = None if mask is None else numbers_from(mask).detach().to("uint8").contiguous()
        check(lib.neural_model_set_mask(self._address, str(name).encode(), kept))

    def remove_masks(self) -> None:
        """Takes all masks away: zeros remain, but training may change them."""
        check(lib.neural_model_remove_masks(self._address))

    def weight_costs(self) -> List[WeightCost]:
        """What each weight of a layer costs, and what of it is left by its mask."""
        from .pruning import weight_costs

        return weight_costs(self)

    @property
    def sparsity(self) -> float:
        """The share of those weights that is pruned."""
        rows = self.weight_costs()
        total = sum(row.weights for row in rows)
        return 1 - sum(row.kept for row in rows) / total if total else 0.0

    def quantize(self, calibration: Any, judge: Any = None, **options: Any) -> "Model":
        """An 8-bit copy. See quantize.quantize_model()."""
        from .quantize import quantize_model

        return quantize_model(self, calibration, judge, **options)

    def finetune(
        self, config: Any, epochs: int, overrides: Sequence[str] = (), verbose: bool = False
    ) -> "TrainingHistory":
        """Trains on with a config's data and optimizer; masks stay. The model is then that of the
        best epoch, as after `neural prune --finetune`.

        Args:
            config: a Config or its path; its network need not be this one's.
            overrides: such as "training.learning_rate=0.0001".
        """
        from .training import ConfigTrainer

        trainer = ConfigTrainer(self._tuning(config_of(config), epochs, overrides))
        check(lib.neural_trainer_adopt(trainer._address, self._address))
        history = trainer.fit(verbose=verbose)
        self.__del__()
        self._address, self._owner = lib.neural_trainer_model(trainer._address), trainer
        return history

    def _tuning(self, config: Config, epochs: int, overrides: Sequence[str]) -> Config:
        """The config with this model's network, its files' places, and no pruning of its own."""
        changes = path_overrides(config)
        changes += ["pruning.%s=0" % key for key in ("initial", "begin", "end", "sparsity")]
        changes += ["training.epochs=%d" % int64(epochs, "epochs"), *overrides]
        words = (c_char_p * len(changes))(*(os.fsencode(change) for change in changes))
        made = c_void_p()
        arguments = self._address, config._address, words, len(words)
        check(lib.neural_model_adapt_config(*arguments, byref(made)))
        tuning = Config()
        tuning._address = made.value
        return tuning

    def __repr__(self) -> str:
        return "Model(features=%d, outputs=%d)" % (self.features, self.outputs)


def load_model(path: Any) -> Model:
    """Model.load."""
    return Model.load(path)
