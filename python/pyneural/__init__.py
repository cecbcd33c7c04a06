"""Neural Assembly from Python: tensors, gradients and training at the speed of libneural.so.

`import pyneural as pn` loads the library; NumPy is only needed for exchange with NumPy. Whatever
is not used costs nothing: submodules are imported when one of their names is asked for.
"""

from importlib import import_module
from typing import Any, Dict, List

from . import core, errors
from .core import (
    NeuralDtype,
    clear_error,
    get_error_message,
    get_last_error,
    get_num_threads,
    get_simd_level,
    get_simd_name,
    init,
    manual_seed,
    set_num_threads,
    shutdown,
    version,
)
from .dtypes import bfloat16, bool_, float32, float64, int8, int32, int64, uint8
from .errors import NeuralError, NeuralException

__version__ = "2.0.0"

# Which submodule has which name. One line per submodule.
_NAMES_OF: Dict[str, str] = {
    "tensor": "Tensor arange as_tensor cat empty eye from_dlpack from_numpy full full_like "
    "linspace ones ones_like rand randn stack zeros zeros_like",
    "autograd": "Function clear_hooks enable_grad inference_mode is_grad_enabled no_grad "
    "register_hook remove_hook set_grad_enabled",
    "anfis": "ANFIS",
    "fll": "FuzzyEngine",
    "pruning": "Pruner prune_cols prune_magnitude prune_rows",
    "quantize": "QuantParams Quantizer quantized_matmul",
    "nn": "BCELoss BCEWithLogitsLoss BatchNorm1d BatchNorm2d Conv1d Conv2d ConvTranspose2d "
    "CrossEntropyLoss Dropout Embedding Flatten GELU LabelSmoothingCrossEntropy LayerNorm Linear "
    "MSELoss Module Parameter ReLU Sequential Sigmoid Softmax Tanh",
    "conv": "Conv2D MaxPool2D calc_output_size",
    "optim": "Adagrad Adam AdamW Lion RMSprop SGD",
    "schedulers": "CosineAnnealingLR ExponentialLR LRFinder OneCycleLR ReduceLROnPlateau StepLR "
    "WarmupLR",
    "dataset": "BatchSampler DataLoader Dataset RandomSampler Sampler SequentialSampler "
    "TensorDataset WeightedRandomSampler",
    "config": "Config",
    "model": "Model load_model",
    "model_data": "ModelData",
    "metrics": "ConfusionMatrix compute_accuracy roc_auc_score top_k_accuracy",
    "training": "ConfigTrainer EarlyStopping NaNDetector Trainer TrainerConfig TrainingHistory",
    "checkpoint": "load_checkpoint save_checkpoint",
    "transforms": "Compose MinMaxScale Normalize compute_stats",
    "fuzzy": "FuzzySystem defuzz_bisector defuzz_centroid defuzz_mom fuzzy_and fuzzy_not fuzzy_or "
    "gaussian trapezoidal triangular",
    "tb_logger": "SummaryWriter",
    "estimators": "MLPClassifier MLPRegressor",
}

_MODULE_OF = {name: module for module, names in _NAMES_OF.items() for name in names.split()}
_SUBMODULES = ("functional",) + tuple(_NAMES_OF)

__all__ = [
    "NeuralDtype",
    "NeuralError",
    "NeuralException",
    "bfloat16",
    "bool_",
    "clear_error",
    "core",
    "errors",
    "float32",
    "float64",
    "get_error_message",
    "get_last_error",
    "get_num_threads",
    "get_simd_level",
    "get_simd_name",
    "init",
    "int32",
    "int64",
    "int8",
    "manual_seed",
    "set_num_threads",
    "shutdown",
    "uint8",
    "version",
    "weight_init",
] + sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if name == "weight_init":  # pn.init stays the function
        value = import_module(".init", __name__)
        globals()["init"] = core.init
    elif module is not None:
        value = getattr(import_module("." + module, __name__), name)
    elif name in _SUBMODULES:
        return import_module("." + name, __name__)
    else:
        raise AttributeError("module 'pyneural' has no attribute %r" % name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted(set(globals()) | set(__all__) | set(_SUBMODULES))


try:
    init()
except NeuralException:
    pass  # every function starts what it needs
