"""What `import pyneural as pn` offers, for type checkers; typing_test compares it with __all__."""

from typing import Any

from . import (
    anfis as anfis, autograd as autograd, checkpoint as checkpoint, config as config,
    conv as conv, core as core, dataset as dataset, errors as errors, estimators as estimators,
    fll as fll, functional as functional, fuzzy as fuzzy, metrics as metrics, model as model,
    model_data as model_data, nn as nn, optim as optim, pruning as pruning, quantize as quantize,
    schedulers as schedulers, tb_logger as tb_logger, training as training,
    transforms as transforms,
)
from .core import (
    NeuralDtype as NeuralDtype, clear_error as clear_error,
    get_error_message as get_error_message, get_last_error as get_last_error,
    get_num_threads as get_num_threads, get_simd_level as get_simd_level,
    get_simd_name as get_simd_name, init as init, manual_seed as manual_seed,
    set_num_threads as set_num_threads, shutdown as shutdown, version as version,
)
from .dtypes import (
    bfloat16 as bfloat16, bool_ as bool_, float32 as float32, float64 as float64, int32 as int32,
    int64 as int64, int8 as int8, uint8 as uint8,
)
from .errors import NeuralError as NeuralError, NeuralException as NeuralException
from .tensor import (
    Tensor as Tensor, arange as arange, as_tensor as as_tensor, cat as cat, empty as empty,
    eye as eye, from_dlpack as from_dlpack, from_numpy as from_numpy, full as full,
    full_like as full_like, linspace as linspace, ones as ones, ones_like as ones_like,
    rand as rand, randn as randn, stack as stack, tensor as tensor, zeros as zeros,
    zeros_like as zeros_like,
)
from .autograd import (
    Function as Function, clear_hooks as clear_hooks, enable_grad as enable_grad,
    inference_mode as inference_mode, is_grad_enabled as is_grad_enabled, no_grad as no_grad,
    register_hook as register_hook, remove_hook as remove_hook,
    set_grad_enabled as set_grad_enabled,
)
from .anfis import ANFIS as ANFIS
from .fll import FuzzyEngine as FuzzyEngine
from .pruning import (
    Pruner as Pruner, prune_cols as prune_cols, prune_magnitude as prune_magnitude,
    prune_rows as prune_rows,
)
from .quantize import (
    QuantParams as QuantParams, Quantizer as Quantizer, quantized_matmul as quantized_matmul,
)
from .nn import (
    BCELoss as BCELoss, BCEWithLogitsLoss as BCEWithLogitsLoss, BatchNorm1d as BatchNorm1d,
    BatchNorm2d as BatchNorm2d, Conv1d as Conv1d, Conv2d as Conv2d,
    ConvTranspose2d as ConvTranspose2d, CrossEntropyLoss as CrossEntropyLoss, Dropout as Dropout,
    Embedding as Embedding, Flatten as Flatten, GELU as GELU,
    LabelSmoothingCrossEntropy as LabelSmoothingCrossEntropy, LayerNorm as LayerNorm,
    Linear as Linear, MSELoss as MSELoss, Module as Module, Parameter as Parameter, ReLU as ReLU,
    Sequential as Sequential, Sigmoid as Sigmoid, Softmax as Softmax, Tanh as Tanh,
)
from .conv import Conv2D as Conv2D, MaxPool2D as MaxPool2D, calc_output_size as calc_output_size
from .optim import (
    Adagrad as Adagrad, Adam as Adam, AdamW as AdamW, Lion as Lion, RMSprop as RMSprop,
    SGD as SGD,
)
from .schedulers import (
    CosineAnnealingLR as CosineAnnealingLR, ExponentialLR as ExponentialLR, LRFinder as LRFinder,
    OneCycleLR as OneCycleLR, ReduceLROnPlateau as ReduceLROnPlateau, StepLR as StepLR,
    WarmupLR as WarmupLR,
)
from .dataset import (
    BatchSampler as BatchSampler, DataLoader as DataLoader, Dataset as Dataset,
    RandomSampler as RandomSampler, Sampler as Sampler, SequentialSampler as SequentialSampler,
    TensorDataset as TensorDataset, WeightedRandomSampler as WeightedRandomSampler,
)
from .config import Config as Config
from .model import Model as Model, load_model as load_model
from .model_data import ModelData as ModelData
from .metrics import (
    ConfusionMatrix as ConfusionMatrix, compute_accuracy as compute_accuracy,
    roc_auc_score as roc_auc_score, top_k_accuracy as top_k_accuracy,
)
from .training import (
    ConfigTrainer as ConfigTrainer, EarlyStopping as EarlyStopping, NaNDetector as NaNDetector,
    Trainer as Trainer, TrainerConfig as TrainerConfig, TrainingHistory as TrainingHistory,
)
from .checkpoint import load_checkpoint as load_checkpoint, save_checkpoint as save_checkpoint
from .transforms import (
    Compose as Compose, MinMaxScale as MinMaxScale, Normalize as Normalize,
    compute_stats as compute_stats,
)
from .fuzzy import (
    FuzzySystem as FuzzySystem, defuzz_bisector as defuzz_bisector,
    defuzz_centroid as defuzz_centroid, defuzz_mom as defuzz_mom, fuzzy_and as fuzzy_and,
    fuzzy_not as fuzzy_not, fuzzy_or as fuzzy_or, gaussian as gaussian,
    trapezoidal as trapezoidal, triangular as triangular,
)
from .tb_logger import SummaryWriter as SummaryWriter
from .estimators import MLPClassifier as MLPClassifier, MLPRegressor as MLPRegressor

weight_init: Any
__version__: str
