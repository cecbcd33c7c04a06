"""What libneural.so exports, for ctypes. tools/gen_signatures.py writes this file.

SIGNATURES has for each function its result type and its argument types, CALLBACKS those of the
function types, STRUCTS the fields of the structs. A pointer to an opaque object is a c_void_p,
text is a c_char_p; results go to POINTERs. Types are made when they are first asked for: making
them all would double the time of an import.
"""

import ctypes
from typing import Any, Dict, Tuple


class _Types(dict):
    """Names in the texts below: those of ctypes, and the structs and callbacks themselves."""

    def __missing__(self, name: str) -> Any:
        if name in STRUCTS:
            made: Any = type(name, (ctypes.Structure,), {})
            self[name] = made
            made._fields_ = [(field, self.of(text)) for field, text in STRUCTS[name]]
        elif name in CALLBACKS:
            made = ctypes.CFUNCTYPE(*self.of(CALLBACKS[name]))
        else:
            made = getattr(ctypes, name)
        self[name] = made
        return made

    def of(self, text: str) -> Any:
        return eval(text, {"__builtins__": {}}, self)


_types = _Types()


def types_of(function: str) -> Tuple[Any, Tuple[Any, ...]]:
    """Result type and argument types of an exported function; KeyError when there is none."""
    result, *arguments = _types.of(SIGNATURES[function])
    return result, tuple(arguments)


def __getattr__(name: str) -> Any:
    if name in STRUCTS or name in CALLBACKS:
        return _types[name]
    raise AttributeError("module %r has no attribute %r" % (__name__, name))

# Enumerators and numbers.
NEURAL_ACTIVATION_COUNT = 17
NEURAL_ACTIVATION_ELU = 9
NEURAL_ACTIVATION_GELU = 6
NEURAL_ACTIVATION_GELU_TANH = 7
NEURAL_ACTIVATION_HARDSIGMOID = 15
NEURAL_ACTIVATION_HARDSWISH = 12
NEURAL_ACTIVATION_HARDTANH = 14
NEURAL_ACTIVATION_LEAKY_RELU = 2
NEURAL_ACTIVATION_LOG_SOFTMAX = 16
NEURAL_ACTIVATION_MISH = 11
NEURAL_ACTIVATION_NONE = 0
NEURAL_ACTIVATION_RELU = 1
NEURAL_ACTIVATION_SELU = 10
NEURAL_ACTIVATION_SIGMOID = 3
NEURAL_ACTIVATION_SILU = 8
NEURAL_ACTIVATION_SOFTMAX = 5
NEURAL_ACTIVATION_SOFTPLUS = 13
NEURAL_ACTIVATION_TANH = 4
NEURAL_ALL_AXES = 127
NEURAL_ANFIS_GRADIENT = 1
NEURAL_ANFIS_GRID = 0
NEURAL_ANFIS_HYBRID = 0
NEURAL_ANFIS_K_MEANS = 2
NEURAL_ANFIS_SUBTRACTIVE = 1
NEURAL_AVERAGE_MACRO = 0
NEURAL_AVERAGE_MICRO = 1
NEURAL_AVERAGE_WEIGHTED = 2
NEURAL_CONCAT_MAX_BLOCKS = 8
NEURAL_DIGEST_TEXT = 65
NEURAL_DTYPE_BF16 = 7
NEURAL_DTYPE_BOOL = 6
NEURAL_DTYPE_COUNT = 8
NEURAL_DTYPE_F32 = 0
NEURAL_DTYPE_F64 = 1
NEURAL_DTYPE_I32 = 4
NEURAL_DTYPE_I64 = 5
NEURAL_DTYPE_I8 = 2
NEURAL_DTYPE_U8 = 3
NEURAL_ENCODING_ONEHOT = 0
NEURAL_ENCODING_ORDINAL = 1
NEURAL_EQUAL = 0
NEURAL_ERR_DATA = 20
NEURAL_ERR_DIM_MISMATCH = 13
NEURAL_ERR_DTYPE_MISMATCH = 5
NEURAL_ERR_FILE_NOT_FOUND = 6
NEURAL_ERR_FILE_READ = 7
NEURAL_ERR_FILE_WRITE = 8
NEURAL_ERR_GRAD_CHECK = 16
NEURAL_ERR_INF_DETECTED = 18
NEURAL_ERR_INTERNAL = 15
NEURAL_ERR_INTERRUPTED = 19
NEURAL_ERR_INVALID_ARGUMENT = 3
NEURAL_ERR_INVALID_CONFIG = 10
NEURAL_ERR_INVALID_DTYPE = 12
NEURAL_ERR_NAN_DETECTED = 17
NEURAL_ERR_NOT_IMPLEMENTED = 14
NEURAL_ERR_NULL_POINTER = 1
NEURAL_ERR_OUT_OF_MEMORY = 2
NEURAL_ERR_PARSE_ERROR = 9
NEURAL_ERR_SHAPE_MISMATCH = 4
NEURAL_ERR_TENSOR_TOO_LARGE = 11
NEURAL_FUZZY_ABOVE = 1
NEURAL_FUZZY_ALGEBRAIC_PRODUCT = 2
NEURAL_FUZZY_ALGEBRAIC_SUM = 9
NEURAL_FUZZY_ANY = 0
NEURAL_FUZZY_ARC = 13
NEURAL_FUZZY_AT_LEAST = 0
NEURAL_FUZZY_AT_MOST = 3
NEURAL_FUZZY_AUTOMATIC = 0
NEURAL_FUZZY_BELL = 5
NEURAL_FUZZY_BELOW = 2
NEURAL_FUZZY_BINARY = 14
NEURAL_FUZZY_BISECTOR = 2
NEURAL_FUZZY_BOUNDED_DIFFERENCE = 3
NEURAL_FUZZY_BOUNDED_SUM = 10
NEURAL_FUZZY_CENTROID = 1
NEURAL_FUZZY_CONCAVE = 15
NEURAL_FUZZY_CONSTANT = 20
NEURAL_FUZZY_COSINE = 6
NEURAL_FUZZY_DISCRETE = 3
NEURAL_FUZZY_DRASTIC_PRODUCT = 4
NEURAL_FUZZY_DRASTIC_SUM = 11
NEURAL_FUZZY_EINSTEIN_PRODUCT = 5
NEURAL_FUZZY_EINSTEIN_SUM = 12
NEURAL_FUZZY_EQUAL = 4
NEURAL_FUZZY_EXACT_CENTROID = 6
NEURAL_FUZZY_EXTREMELY = 1
NEURAL_FUZZY_FIRST = 1
NEURAL_FUZZY_FUNCTION = 22
NEURAL_FUZZY_GAUSSIAN = 7
NEURAL_FUZZY_GAUSSIAN_PRODUCT = 8
NEURAL_FUZZY_GENERAL = 0
NEURAL_FUZZY_HAMACHER_PRODUCT = 6
NEURAL_FUZZY_HAMACHER_SUM = 13
NEURAL_FUZZY_HIGHEST = 3
NEURAL_FUZZY_INVERSE = 3
NEURAL_FUZZY_LARGEST_OF_MAXIMUM = 4
NEURAL_FUZZY_LAST = 2
NEURAL_FUZZY_LINEAR = 21
NEURAL_FUZZY_LOWEST = 4
NEURAL_FUZZY_MAXIMUM = 8
NEURAL_FUZZY_MEAN_OF_MAXIMUM = 5
NEURAL_FUZZY_MINIMUM = 1
NEURAL_FUZZY_NILPOTENT_MAXIMUM = 14
NEURAL_FUZZY_NILPOTENT_MINIMUM = 7
NEURAL_FUZZY_NONE = 0
NEURAL_FUZZY_NORMALIZED_SUM = 15
NEURAL_FUZZY_NOT = 2
NEURAL_FUZZY_NOT_EQUAL = 5
NEURAL_FUZZY_NO_DEFUZZIFIER = 0
NEURAL_FUZZY_NO_RULE_FIRES = 1
NEURAL_FUZZY_OUTPUT_UNWRITTEN = 6
NEURAL_FUZZY_PI_SHAPE = 9
NEURAL_FUZZY_PROPORTIONAL = 5
NEURAL_FUZZY_RAMP = 16
NEURAL_FUZZY_RANGE_UNCOVERED = 2
NEURAL_FUZZY_RECTANGLE = 2
NEURAL_FUZZY_RULE_DID_NOT_FIRE = 5
NEURAL_FUZZY_RULE_NEVER_FIRES = 4
NEURAL_FUZZY_SELDOM = 3
NEURAL_FUZZY_SEMI_ELLIPSE = 4
NEURAL_FUZZY_SIGMOID = 17
NEURAL_FUZZY_SIGMOID_DIFFERENCE = 10
NEURAL_FUZZY_SIGMOID_PRODUCT = 11
NEURAL_FUZZY_SMALLEST_OF_MAXIMUM = 3
NEURAL_FUZZY_SOMEWHAT = 4
NEURAL_FUZZY_SPIKE = 12
NEURAL_FUZZY_S_SHAPE = 18
NEURAL_FUZZY_TAKAGI_SUGENO = 1
NEURAL_FUZZY_TERM_UNUSED = 3
NEURAL_FUZZY_THRESHOLD = 6
NEURAL_FUZZY_TRAPEZOID = 1
NEURAL_FUZZY_TRIANGLE = 0
NEURAL_FUZZY_TSUKAMOTO = 2
NEURAL_FUZZY_UNBOUNDED_SUM = 16
NEURAL_FUZZY_VERY = 5
NEURAL_FUZZY_WEIGHTED_AVERAGE = 7
NEURAL_FUZZY_WEIGHTED_SUM = 8
NEURAL_FUZZY_Z_SHAPE = 19
NEURAL_GEMM_ACTIVATION_GELU = 4
NEURAL_GEMM_ACTIVATION_LEAKY_RELU = 6
NEURAL_GEMM_ACTIVATION_NONE = 0
NEURAL_GEMM_ACTIVATION_RELU = 1
NEURAL_GEMM_ACTIVATION_SIGMOID = 2
NEURAL_GEMM_ACTIVATION_SILU = 5
NEURAL_GEMM_ACTIVATION_TANH = 3
NEURAL_GEMM_BIAS_NONE = 0
NEURAL_GEMM_BIAS_PER_COLUMN = 1
NEURAL_GEMM_BIAS_PER_ROW = 2
NEURAL_GREATER = 4
NEURAL_GREATER_EQUAL = 5
NEURAL_HPARAM_BOOL = 2
NEURAL_HPARAM_NUMBER = 0
NEURAL_HPARAM_TEXT = 1
NEURAL_INIT_COUNT = 9
NEURAL_INIT_DEFAULT = 0
NEURAL_INIT_KAIMING_NORMAL = 2
NEURAL_INIT_KAIMING_UNIFORM = 1
NEURAL_INIT_ONES = 6
NEURAL_INIT_ORTHOGONAL = 7
NEURAL_INIT_TRUNCATED_NORMAL = 8
NEURAL_INIT_XAVIER_NORMAL = 4
NEURAL_INIT_XAVIER_UNIFORM = 3
NEURAL_INIT_ZEROS = 5
NEURAL_ISA_AVX2 = 2
NEURAL_ISA_AVX512 = 3
NEURAL_ISA_C = 0
NEURAL_ISA_COUNT = 4
NEURAL_ISA_SSE2 = 1
NEURAL_LESS = 2
NEURAL_LESS_EQUAL = 3
NEURAL_LOG_DEBUG = 0
NEURAL_LOG_ERROR = 3
NEURAL_LOG_INFO = 1
NEURAL_LOG_WARNING = 2
NEURAL_LOSS_BCE = 2
NEURAL_LOSS_BCE_WITH_LOGITS = 3
NEURAL_LOSS_COUNT = 10
NEURAL_LOSS_CROSS_ENTROPY = 1
NEURAL_LOSS_FOCAL = 9
NEURAL_LOSS_HUBER = 5
NEURAL_LOSS_KL_DIV = 7
NEURAL_LOSS_L1 = 4
NEURAL_LOSS_MSE = 0
NEURAL_LOSS_NLL = 8
NEURAL_LOSS_SMOOTH_L1 = 6
NEURAL_LOSS_TARGET_CLASSES = 1
NEURAL_LOSS_TARGET_DISTRIBUTIONS = 3
NEURAL_LOSS_TARGET_PROBABILITIES = 2
NEURAL_LOSS_TARGET_VALUES = 0
NEURAL_LR_FIND_DIVERGED = 1
NEURAL_LR_FIND_DONE = 0
NEURAL_LR_FIND_NOT_FINITE = 2
NEURAL_MAMDANI_BISECTOR = 1
NEURAL_MAMDANI_CENTROID = 0
NEURAL_MAMDANI_GAUSSIAN = 2
NEURAL_MAMDANI_MEAN_OF_MAXIMUM = 2
NEURAL_MAMDANI_TRAPEZOIDAL = 1
NEURAL_MAMDANI_TRIANGULAR = 0
NEURAL_MAX_DIMS = 8
NEURAL_MAX_THREADS = 256
NEURAL_MISSING_DROP = 1
NEURAL_MISSING_ERROR = 0
NEURAL_MISSING_MEAN = 3
NEURAL_MISSING_MEDIAN = 4
NEURAL_MISSING_ZERO = 2
NEURAL_MODEL_DIGEST = 65
NEURAL_NORMALIZE_MINMAX = 2
NEURAL_NORMALIZE_NONE = 0
NEURAL_NORMALIZE_ZSCORE = 1
NEURAL_NOT_EQUAL = 1
NEURAL_OBSERVER_CHANNELS = 2
NEURAL_OBSERVER_ENTROPY = 4
NEURAL_OBSERVER_MINMAX = 0
NEURAL_OBSERVER_MOVING_AVERAGE = 1
NEURAL_OBSERVER_MSE = 5
NEURAL_OBSERVER_PERCENTILE = 3
NEURAL_OK = 0
NEURAL_OP_ACCUMULATES = 2
NEURAL_OP_MAX_INPUTS = 8
NEURAL_OP_MAX_SAVED = 2
NEURAL_OP_OPTIONAL_LAST = 4
NEURAL_OP_VARIADIC = 8
NEURAL_OP_VIEW = 1
NEURAL_PARAMETER_BUFFER = 4
NEURAL_PARAMETER_FROZEN = 2
NEURAL_PARAMETER_KEEPS_START = 8
NEURAL_PARAMETER_NAME_BYTES = 96
NEURAL_PARAMETER_NO_DECAY = 1
NEURAL_POOL_ADAPTIVE_AVG = 3
NEURAL_POOL_AVG = 2
NEURAL_POOL_MAX = 1
NEURAL_POOL_NONE = 0
NEURAL_PRUNE_2_OF_4 = 5
NEURAL_PRUNE_4_OF_8 = 6
NEURAL_PRUNE_BLOCKS = 1
NEURAL_PRUNE_CHANNELS = 4
NEURAL_PRUNE_COLUMNS = 3
NEURAL_PRUNE_L1 = 0
NEURAL_PRUNE_L2 = 1
NEURAL_PRUNE_METHODS = 7
NEURAL_PRUNE_RANDOM = 2
NEURAL_PRUNE_ROWS = 2
NEURAL_PRUNE_SCOPE_AUTO = -1
NEURAL_PRUNE_SCOPE_GLOBAL = 0
NEURAL_PRUNE_SCOPE_LAYER = 1
NEURAL_PRUNE_SCORES = 3
NEURAL_PRUNE_WEIGHTS = 0
NEURAL_QGEMM_F32 = 1
NEURAL_QGEMM_S32 = 0
NEURAL_QGEMM_S8 = 3
NEURAL_QGEMM_U8 = 2
NEURAL_QUANTIZE_SPEEDS = 2
NEURAL_QUANT_S8_AFFINE = 1
NEURAL_QUANT_S8_SYMMETRIC = 0
NEURAL_QUANT_U8_AFFINE = 2
NEURAL_QUIRK_BF16 = 2
NEURAL_QUIRK_VNNI = 1
NEURAL_REDUCE_BATCH_MEAN = 2
NEURAL_REDUCE_MEAN = 0
NEURAL_REDUCE_NONE = 3
NEURAL_REDUCE_SUM = 1
NEURAL_SAMPLING_BALANCED = 3
NEURAL_SAMPLING_RANDOM = 1
NEURAL_SAMPLING_SEQUENTIAL = 0
NEURAL_SAMPLING_WEIGHTED = 2
NEURAL_SCHEDULE_CONSTANT = 0
NEURAL_SCHEDULE_COSINE = 4
NEURAL_SCHEDULE_COSINE_RESTARTS = 5
NEURAL_SCHEDULE_EXPONENTIAL = 3
NEURAL_SCHEDULE_LINEAR = 6
NEURAL_SCHEDULE_MULTI_STEP = 2
NEURAL_SCHEDULE_ONE_CYCLE = 8
NEURAL_SCHEDULE_PLATEAU = 9
NEURAL_SCHEDULE_POLYNOMIAL = 7
NEURAL_SCHEDULE_STEP = 1
NEURAL_SHAPE_TEXT = 192
NEURAL_TARGET_CLASS = 1
NEURAL_TARGET_NONE = 0
NEURAL_TARGET_VALUE = 2
NEURAL_VERSION_MAJOR = 2
NEURAL_VERSION_MINOR = 0
NEURAL_VERSION_PATCH = 0
NEURAL_WHOLE_ADD = 0
NEURAL_WHOLE_AND = 7
NEURAL_WHOLE_FLOOR_DIV = 3
NEURAL_WHOLE_MAXIMUM = 6
NEURAL_WHOLE_MINIMUM = 5
NEURAL_WHOLE_MUL = 2
NEURAL_WHOLE_OR = 8
NEURAL_WHOLE_REMAINDER = 4
NEURAL_WHOLE_SUB = 1
NEURAL_WHOLE_XOR = 9

STRUCTS: Dict[str, Tuple[Tuple[str, str], ...]] = {
    "neural_adagrad_options": (
        ("lr", "c_double"),
        ("lr_decay", "c_double"),
        ("epsilon", "c_double"),
        ("weight_decay", "c_double"),
        ("initial_sum", "c_double"),
    ),
    "neural_adam_options": (
        ("lr", "c_double"),
        ("beta1", "c_double"),
        ("beta2", "c_double"),
        ("epsilon", "c_double"),
        ("weight_decay", "c_double"),
        ("decoupled", "c_int"),
        ("amsgrad", "c_int"),
    ),
    "neural_anfis_data": (
        ("x", "POINTER(c_double)"),
        ("y", "POINTER(c_double)"),
        ("rows", "c_int64"),
        ("inputs", "c_int64"),
        ("outputs", "c_int64"),
    ),
    "neural_anfis_fit_options": (
        ("method", "c_int"),
        ("epochs", "c_int64"),
        ("batch", "c_int64"),
        ("ridge", "c_double"),
        ("seed", "c_uint64"),
        ("report", "neural_anfis_report"),
        ("context", "c_void_p"),
    ),
    "neural_anfis_options": (
        ("partition", "c_int"),
        ("shape", "c_int"),
        ("order", "c_int"),
        ("terms", "POINTER(c_int64)"),
        ("radius", "c_double"),
        ("clusters", "c_int64"),
        ("seed", "c_uint64"),
        ("input_names", "POINTER(c_char_p)"),
        ("output_names", "POINTER(c_char_p)"),
    ),
    "neural_anfis_result": (
        ("epochs", "c_int64"),
        ("best_epoch", "c_int64"),
        ("train_rmse", "c_double"),
        ("validation_rmse", "c_double"),
        ("silent_rows", "c_int64"),
    ),
    "neural_batch_norm_options": (
        ("dims", "c_int"),
        ("eps", "c_double"),
        ("momentum", "c_double"),
        ("affine", "c_int"),
        ("track_running_stats", "c_int"),
    ),
    "neural_batches_options": (
        ("batch_size", "c_int64"),
        ("sampling", "c_int"),
        ("seed", "c_uint64"),
        ("prefetch", "c_int"),
        ("weights", "POINTER(c_double)"),
        ("class_weights", "POINTER(c_double)"),
    ),
    "neural_buckets": (
        ("min", "c_double"),
        ("max", "c_double"),
        ("sum", "c_double"),
        ("sum_squares", "c_double"),
        ("len", "c_double"),
        ("limit", "POINTER(c_double)"),
        ("count", "POINTER(c_double)"),
        ("buckets", "c_int64"),
    ),
    "neural_checkpoint_policy": (
        ("keep_last", "c_int64"),
        ("keep_best", "c_int64"),
    ),
    "neural_class_scores": (
        ("precision", "c_double"),
        ("recall", "c_double"),
        ("f1", "c_double"),
        ("support", "c_int64"),
    ),
    "neural_conv_layer_options": (
        ("in_channels", "c_int64"),
        ("out_channels", "c_int64"),
        ("kernel", "c_int64 * 2"),
        ("stride", "c_int64 * 2"),
        ("pad", "c_int64 * 4"),
        ("dilation", "c_int64 * 2"),
        ("groups", "c_int64"),
        ("output_padding", "c_int64 * 2"),
        ("bias", "c_int"),
    ),
    "neural_conv_options": (
        ("stride", "c_int64 * 2"),
        ("pad", "c_int64 * 4"),
        ("dilation", "c_int64 * 2"),
        ("groups", "c_int64"),
        ("relu", "c_int"),
    ),
    "neural_criterion": (
        ("loss", "c_int"),
        ("label_smoothing", "c_double"),
        ("huber_delta", "c_double"),
        ("smooth_l1_beta", "c_double"),
        ("focal_gamma", "c_double"),
        ("class_weights", "c_void_p"),
    ),
    "neural_data_options": (
        ("dtype", "c_int"),
        ("target", "c_int"),
        ("label_column", "c_char_p"),
        ("label_file", "c_char_p"),
        ("outputs", "c_int64"),
        ("classes", "c_int64"),
        ("class_names", "POINTER(c_char_p)"),
        ("separator", "c_char"),
        ("header", "c_int"),
        ("features", "c_int64"),
        ("probability", "c_int"),
        ("array", "c_char_p"),
        ("label_array", "c_char_p"),
        ("missing", "c_int"),
        ("na_values", "c_char_p"),
        ("categorical", "c_char_p"),
        ("cache", "c_char_p"),
        ("category_columns", "POINTER(c_ubyte)"),
    ),
    "neural_epoch_report": (
        ("epoch", "c_int64"),
        ("epochs", "c_int64"),
        ("batch", "c_int64"),
        ("batches", "c_int64"),
        ("samples", "c_int64"),
        ("seconds", "c_double"),
        ("learning_rate", "c_double"),
        ("train_loss", "c_double"),
        ("gradient_norm", "c_double"),
        ("train", "neural_score"),
        ("validation", "neural_score"),
        ("is_best", "c_int"),
    ),
    "neural_evaluation": (
        ("score", "neural_score"),
        ("confusion", "c_void_p"),
        ("roc_auc", "c_double"),
        ("pr_auc", "c_double"),
        ("log_loss", "c_double"),
        ("brier", "c_double"),
        ("calibration_error", "c_double"),
        ("top_k", "c_int64"),
        ("top_k_accuracy", "c_double"),
        ("values", "neural_regression_scores"),
    ),
    "neural_fuzzy_block": (
        ("name", "c_char_p"),
        ("description", "c_char_p"),
        ("is_disabled", "c_int"),
        ("conjunction", "c_int"),
        ("disjunction", "c_int"),
        ("implication", "c_int"),
        ("activation", "c_int"),
        ("rules", "c_int64"),
        ("threshold", "c_double"),
        ("comparison", "c_int"),
    ),
    "neural_fuzzy_finding": (
        ("flaw", "c_int"),
        ("text", "c_char_p"),
        ("variable", "c_char_p"),
        ("term", "c_char_p"),
        ("block", "c_int64"),
        ("rule", "c_int64"),
        ("minimum", "c_double"),
        ("maximum", "c_double"),
        ("share", "c_double"),
        ("point", "POINTER(c_double)"),
        ("lower", "POINTER(c_double)"),
        ("upper", "POINTER(c_double)"),
    ),
    "neural_fuzzy_grid": (
        ("x", "c_int64"),
        ("y", "c_int64"),
        ("columns", "c_int64"),
        ("rows", "c_int64"),
        ("fixed", "POINTER(c_double)"),
    ),
    "neural_fuzzy_term": (
        ("name", "c_char_p"),
        ("shape", "c_int"),
        ("params", "POINTER(c_double)"),
        ("count", "c_int64"),
        ("height", "c_double"),
        ("formula", "c_char_p"),
    ),
    "neural_fuzzy_variable": (
        ("name", "c_char_p"),
        ("description", "c_char_p"),
        ("minimum", "c_double"),
        ("maximum", "c_double"),
        ("is_disabled", "c_int"),
        ("locks_range", "c_int"),
        ("default_value", "c_double"),
        ("locks_previous", "c_int"),
        ("aggregation", "c_int"),
        ("defuzzifier", "c_int"),
        ("inference", "c_int"),
        ("resolution", "c_int64"),
    ),
    "neural_gemm_args": (
        ("trans_a", "c_int"),
        ("trans_b", "c_int"),
        ("m", "c_int64"),
        ("n", "c_int64"),
        ("k", "c_int64"),
        ("alpha", "c_double"),
        ("a", "c_void_p"),
        ("lda", "c_int64"),
        ("b", "c_void_p"),
        ("ldb", "c_int64"),
        ("beta", "c_double"),
        ("c", "c_void_p"),
        ("ldc", "c_int64"),
        ("bias_kind", "c_int"),
        ("bias", "c_void_p"),
        ("activation", "c_int"),
        ("slope", "c_double"),
        ("residual", "c_void_p"),
        ("ldr", "c_int64"),
    ),
    "neural_gemm_bf16_args": (
        ("trans_b", "c_int"),
        ("m", "c_int64"),
        ("n", "c_int64"),
        ("k", "c_int64"),
        ("a", "POINTER(c_uint16)"),
        ("lda", "c_int64"),
        ("b", "POINTER(c_uint16)"),
        ("ldb", "c_int64"),
        ("packed", "c_void_p"),
        ("has_bf16_result", "c_int"),
        ("c", "c_void_p"),
        ("ldc", "c_int64"),
    ),
    "neural_gemm_pointers": (
        ("a", "POINTER(c_void_p)"),
        ("b", "POINTER(c_void_p)"),
        ("c", "POINTER(c_void_p)"),
    ),
    "neural_gemm_strides": (
        ("a", "c_int64"),
        ("b", "c_int64"),
        ("c", "c_int64"),
    ),
    "neural_gradcheck_args": (
        ("epsilon", "c_double"),
        ("atol", "c_double"),
        ("rtol", "c_double"),
    ),
    "neural_graph_node": (
        ("name", "c_char_p"),
        ("op", "c_char_p"),
        ("inputs", "POINTER(c_char_p)"),
        ("input_count", "c_int64"),
        ("ndim", "c_int"),
        ("dims", "POINTER(c_int64)"),
        ("detail", "c_char_p"),
    ),
    "neural_history_row": (
        ("epoch", "c_double"),
        ("learning_rate", "c_double"),
        ("gradient_norm", "c_double"),
        ("train_loss", "c_double"),
        ("train_metric", "c_double"),
        ("val_loss", "c_double"),
        ("val_metric", "c_double"),
    ),
    "neural_hparam": (
        ("name", "c_char_p"),
        ("kind", "c_int"),
        ("number", "c_double"),
        ("text", "c_char_p"),
    ),
    "neural_lion_options": (
        ("lr", "c_double"),
        ("beta1", "c_double"),
        ("beta2", "c_double"),
        ("weight_decay", "c_double"),
    ),
    "neural_lr_curve": (
        ("point", "POINTER(neural_lr_point)"),
        ("count", "c_int64"),
        ("suggestion", "c_int64"),
        ("minimum", "c_int64"),
        ("end", "c_int"),
    ),
    "neural_lr_find_options": (
        ("start", "c_double"),
        ("end", "c_double"),
        ("steps", "c_int64"),
        ("smoothing", "c_double"),
        ("divergence", "c_double"),
    ),
    "neural_lr_point": (
        ("rate", "c_double"),
        ("loss", "c_double"),
        ("smoothed", "c_double"),
    ),
    "neural_model_facts": (
        ("epoch", "c_int64"),
        ("step", "c_int64"),
        ("loss", "c_double"),
        ("digest", "c_char * 65"),
    ),
    "neural_observer_options": (
        ("kind", "c_int"),
        ("scheme", "c_int"),
        ("averaging", "c_double"),
        ("percentile", "c_double"),
        ("axis", "c_int"),
        ("channels", "c_int64"),
    ),
    "neural_op": (
        ("name", "c_char_p"),
        ("inputs", "c_int"),
        ("infer", "neural_op_infer"),
        ("forward", "neural_op_forward"),
        ("backward", "neural_op_backward"),
        ("flags", "c_int"),
    ),
    "neural_op_attrs": (
        ("scalar", "c_double * 2"),
        ("integer", "c_int64 * 12"),
        ("shape", "neural_shape"),
        ("seed", "c_uint64"),
        ("step", "c_uint64"),
        ("context", "c_void_p"),
    ),
    "neural_op_call": (
        ("name", "c_char_p"),
        ("inputs", "c_int"),
        ("in", "c_void_p * 8"),
        ("out", "c_void_p"),
        ("attrs", "neural_op_attrs"),
        ("saved", "c_void_p * 2"),
        ("grad_out", "c_void_p"),
        ("grad_in", "c_void_p * 8"),
        ("accumulate", "c_uint8 * 8"),
    ),
    "neural_parameter": (
        ("name", "c_char * 96"),
        ("value", "c_void_p"),
        ("grad", "c_void_p"),
        ("mask", "c_void_p"),
        ("flags", "c_uint32"),
    ),
    "neural_parameters": (
        ("item", "POINTER(POINTER(neural_parameter))"),
        ("offset", "POINTER(c_int64)"),
        ("count", "c_int"),
        ("len", "c_int64"),
        ("values", "c_void_p"),
        ("grads", "c_void_p"),
        ("owns_items", "c_int"),
    ),
    "neural_pool_options": (
        ("window", "c_int64 * 2"),
        ("stride", "c_int64 * 2"),
        ("pad", "c_int64 * 2"),
        ("dilation", "c_int64 * 2"),
        ("ceil_mode", "c_int"),
        ("count_exclude_pad", "c_int"),
    ),
    "neural_prune_options": (
        ("sparsity", "c_double"),
        ("method", "c_int"),
        ("score", "c_int"),
        ("scope", "c_int"),
        ("seed", "c_uint64"),
        ("exclude", "c_char_p"),
    ),
    "neural_prune_part": (
        ("values", "c_void_p"),
        ("dtype", "c_int"),
        ("rows", "c_int64"),
        ("cols", "c_int64"),
        ("block_rows", "c_int64"),
        ("block_cols", "c_int64"),
        ("mask", "POINTER(c_uint8)"),
    ),
    "neural_prune_row": (
        ("name", "c_char * 96"),
        ("weights", "c_int64"),
        ("kept", "c_int64"),
        ("macs", "c_int64"),
        ("macs_kept", "c_int64"),
    ),
    "neural_qgemm_args": (
        ("m", "c_int64"),
        ("n", "c_int64"),
        ("k", "c_int64"),
        ("a_is_signed", "c_int"),
        ("a", "c_void_p"),
        ("lda", "c_int64"),
        ("a_zero_points", "POINTER(c_int32)"),
        ("a_zero_per_row", "c_int"),
        ("trans_b", "c_int"),
        ("b", "POINTER(c_int8)"),
        ("ldb", "c_int64"),
        ("packed", "c_void_p"),
        ("b_zero_points", "POINTER(c_int32)"),
        ("output", "c_int"),
        ("c", "c_void_p"),
        ("ldc", "c_int64"),
        ("scales", "POINTER(c_float)"),
        ("scale_per_column", "c_int"),
        ("row_scales", "POINTER(c_float)"),
        ("bias", "c_void_p"),
        ("c_zero_point", "c_int32"),
        ("relu", "c_int"),
    ),
    "neural_quant_params": (
        ("scale", "c_double"),
        ("zero_point", "c_int32"),
        ("min", "c_double"),
        ("max", "c_double"),
        ("scheme", "c_int"),
    ),
    "neural_quantize_layer": (
        ("name", "c_char * 96"),
        ("kind", "c_char_p"),
        ("is_8bit", "c_int"),
        ("snr", "c_double"),
        ("f32_seconds", "c_double"),
        ("int8_seconds", "c_double"),
        ("reason", "c_char_p"),
    ),
    "neural_quantize_options": (
        ("calibration", "c_int"),
        ("samples", "c_int64"),
        ("dynamic", "c_int"),
        ("max_drop", "c_double"),
        ("keep_slow", "c_int"),
    ),
    "neural_quantize_report": (
        ("before", "neural_score"),
        ("after", "neural_score"),
        ("speed", "neural_quantize_speed * 2"),
        ("layers", "POINTER(neural_quantize_layer)"),
        ("count", "c_int"),
    ),
    "neural_quantize_speed": (
        ("rows", "c_int64"),
        ("f32_seconds", "c_double"),
        ("int8_seconds", "c_double"),
    ),
    "neural_regression_scores": (
        ("mae", "c_double"),
        ("mse", "c_double"),
        ("rmse", "c_double"),
        ("r2", "c_double"),
    ),
    "neural_rmsprop_options": (
        ("lr", "c_double"),
        ("alpha", "c_double"),
        ("epsilon", "c_double"),
        ("weight_decay", "c_double"),
        ("momentum", "c_double"),
        ("centered", "c_int"),
    ),
    "neural_schedule_options": (
        ("kind", "c_int"),
        ("period", "c_int64"),
        ("gamma", "c_double"),
        ("milestones", "POINTER(c_int64)"),
        ("milestone_count", "c_int"),
        ("low", "c_double"),
        ("multiplier", "c_int64"),
        ("start", "c_double"),
        ("end", "c_double"),
        ("power", "c_double"),
        ("warmup", "c_double"),
        ("div_factor", "c_double"),
        ("final_div_factor", "c_double"),
        ("low_momentum", "c_double"),
        ("high_momentum", "c_double"),
        ("patience", "c_int64"),
        ("cooldown", "c_int64"),
        ("threshold", "c_double"),
        ("is_absolute", "c_int"),
        ("is_max", "c_int"),
    ),
    "neural_schedule_state": (
        ("best", "c_double"),
        ("scale", "c_double"),
        ("bad", "c_int64"),
        ("cooling", "c_int64"),
        ("observed", "c_int64"),
    ),
    "neural_score": (
        ("loss", "c_double"),
        ("metric", "c_double"),
        ("rows", "c_int64"),
        ("is_accuracy", "c_int"),
    ),
    "neural_sgd_options": (
        ("lr", "c_double"),
        ("momentum", "c_double"),
        ("dampening", "c_double"),
        ("weight_decay", "c_double"),
        ("nesterov", "c_int"),
    ),
    "neural_shape": (
        ("ndim", "c_int"),
        ("dim", "c_int64 * 8"),
    ),
    "neural_summary_options": (
        ("flush_seconds", "c_double"),
        ("filename_suffix", "c_char_p"),
        ("is_resumed", "c_int"),
        ("purge_step", "c_int64"),
    ),
    "neural_train_report": (
        ("train_loss", "c_double"),
        ("val_loss", "c_double"),
        ("val_metric", "c_double"),
        ("last_val_metric", "c_double"),
        ("test_loss", "c_double"),
        ("test_metric", "c_double"),
        ("has_validation", "c_int"),
        ("has_test", "c_int"),
        ("is_accuracy", "c_int"),
        ("epochs", "c_int64"),
        ("best_epoch", "c_int64"),
        ("steps", "c_int64"),
        ("samples", "c_int64"),
        ("seconds", "c_double"),
        ("samples_per_second", "c_double"),
        ("stopped_early", "c_int"),
        ("digest", "c_char * 65"),
    ),
}

CALLBACKS: Dict[str, str] = {
    "neural_anfis_report": "c_int, c_void_p, c_int64, c_double, c_double",
    "neural_function_backward": "c_int, c_void_p, c_void_p, POINTER(c_void_p), c_int",
    "neural_grad_function": "c_int, c_void_p, POINTER(c_void_p), c_int, POINTER(c_void_p)",
    "neural_grad_hook": "c_int, c_void_p, c_void_p",
    "neural_gradcheck_report": "None, c_void_p, c_char_p, c_int, c_double",
    "neural_log_function": "None, c_void_p, c_int, c_char_p",
    "neural_op_backward": "c_int, POINTER(neural_op_call)",
    "neural_op_forward": "c_int, POINTER(neural_op_call)",
    "neural_op_infer": "c_int, POINTER(neural_op_call), POINTER(neural_shape)",
    "neural_path_resolver": "c_int, c_void_p, c_char_p, c_char_p, c_int64",
    "neural_train_progress": "c_int, c_void_p, POINTER(neural_epoch_report)",
}

SIGNATURES: Dict[str, str] = {
    "neural_abs": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_activation_apply": "c_int, c_int, c_void_p, POINTER(c_void_p)",
    "neural_activation_create": "c_int, c_int, POINTER(c_void_p)",
    "neural_activation_create_with": "c_int, c_int, c_double, c_double, POINTER(c_void_p)",
    "neural_activation_name": "c_char_p, c_int",
    "neural_activation_parse": "c_int, c_char_p, POINTER(c_int)",
    "neural_adagrad_create": (
        "c_int, POINTER(neural_parameters), POINTER(neural_adagrad_options), "
        "POINTER(c_void_p)"
    ),
    "neural_adam_create": (
        "c_int, POINTER(neural_parameters), POINTER(neural_adam_options), "
        "POINTER(c_void_p)"
    ),
    "neural_adaptive_avg_pool2d": "c_int, c_void_p, c_int64, c_int64, POINTER(c_void_p)",
    "neural_adaptive_avg_pool2d_create": "c_int, c_int64, c_int64, POINTER(c_void_p)",
    "neural_add": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_affine": "c_int, c_void_p, c_double, c_double, POINTER(c_void_p)",
    "neural_alloc_bytes": "c_int64,",
    "neural_alloc_count": "c_int64,",
    "neural_alloc_fail_at": "None, c_int64",
    "neural_anfis_create": (
        "c_int, POINTER(neural_anfis_data), POINTER(neural_anfis_options), "
        "POINTER(c_void_p)"
    ),
    "neural_anfis_default": "neural_anfis_options,",
    "neural_anfis_destroy": "None, c_void_p",
    "neural_anfis_fit": (
        "c_int, c_void_p, POINTER(neural_anfis_data), POINTER(neural_anfis_data), "
        "c_void_p, POINTER(neural_anfis_fit_options), POINTER(neural_anfis_result)"
    ),
    "neural_anfis_fit_default": "neural_anfis_fit_options,",
    "neural_anfis_forward": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_anfis_from_system": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_anfis_inputs": "c_int64, c_void_p",
    "neural_anfis_outputs": "c_int64, c_void_p",
    "neural_anfis_parameters": "POINTER(neural_parameters), c_void_p",
    "neural_anfis_predict": "c_int, c_void_p, POINTER(c_double), c_int64, POINTER(c_double)",
    "neural_anfis_rules": "c_int64, c_void_p",
    "neural_anfis_solve": "c_int, c_void_p, POINTER(neural_anfis_data), c_double",
    "neural_anfis_terms": "c_int64, c_void_p",
    "neural_anfis_to_system": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_argmax": "c_int, c_void_p, c_void_p",
    "neural_avg_pool1d": "c_int, c_void_p, POINTER(neural_pool_options), POINTER(c_void_p)",
    "neural_avg_pool1d_create": "c_int, POINTER(neural_pool_options), POINTER(c_void_p)",
    "neural_avg_pool2d": "c_int, c_void_p, POINTER(neural_pool_options), POINTER(c_void_p)",
    "neural_avg_pool2d_create": "c_int, POINTER(neural_pool_options), POINTER(c_void_p)",
    "neural_backward": "c_int, c_void_p, c_void_p, c_int",
    "neural_batch_norm": (
        "c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_int, c_double, "
        "c_double, POINTER(c_void_p)"
    ),
    "neural_batch_norm_create": (
        "c_int, c_int64, POINTER(neural_batch_norm_options), c_int, POINTER(c_void_p)"
    ),
    "neural_batch_norm_relu": (
        "c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_int, c_double, "
        "c_double, POINTER(c_void_p)"
    ),
    "neural_batches_count": "c_int64, c_void_p",
    "neural_batches_create": (
        "c_int, c_void_p, POINTER(c_int64), c_int64, c_int64, c_int, c_uint64, "
        "POINTER(c_void_p)"
    ),
    "neural_batches_create_with": (
        "c_int, c_void_p, POINTER(c_int64), c_int64, POINTER(neural_batches_options), "
        "POINTER(c_void_p)"
    ),
    "neural_batches_destroy": "None, c_void_p",
    "neural_batches_next": "c_int, c_void_p, POINTER(c_void_p), POINTER(c_void_p)",
    "neural_batches_seek": "c_int, c_void_p, c_int64, c_int64",
    "neural_bce_loss": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_bce_loss_with": "c_int, c_void_p, c_void_p, c_int, POINTER(c_void_p)",
    "neural_bce_with_logits_loss": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_bce_with_logits_loss_with": "c_int, c_void_p, c_void_p, c_int, POINTER(c_void_p)",
    "neural_board_create": "c_int, c_void_p, c_char_p, POINTER(c_void_p)",
    "neural_board_destroy": "None, c_void_p",
    "neural_board_log": "c_int, c_void_p, POINTER(neural_epoch_report)",
    "neural_board_log_end": "c_int, c_void_p, POINTER(neural_train_report)",
    "neural_brier_score": "c_int, c_void_p, c_void_p, POINTER(c_double)",
    "neural_calibration_error": "c_int, c_void_p, c_void_p, c_int64, POINTER(c_double)",
    "neural_checkpoints_find": "c_int, c_char_p, c_char_p, c_int64",
    "neural_checkpoints_remove": "c_int, c_char_p",
    "neural_checkpoints_save": (
        "c_int, c_void_p, c_char_p, POINTER(neural_checkpoint_policy), "
        "POINTER(neural_score), c_int"
    ),
    "neural_clear_error": "None,",
    "neural_clip_grad_norm": "c_int, POINTER(neural_parameters), c_double, POINTER(c_double)",
    "neural_clip_grad_value": "c_int, POINTER(neural_parameters), c_double",
    "neural_column_stats": (
        "c_int, c_void_p, POINTER(c_int64), c_int64, POINTER(c_double), "
        "POINTER(c_double), POINTER(c_double), POINTER(c_double)"
    ),
    "neural_columns_apply": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_columns_destroy": "None, c_void_p",
    "neural_columns_features": "c_int64, c_void_p",
    "neural_columns_fit": (
        "c_int, c_void_p, POINTER(c_int64), c_int64, c_int, c_int, c_int, "
        "POINTER(c_void_p)"
    ),
    "neural_columns_is_scaled": "c_int, c_void_p, c_int64",
    "neural_columns_mask": "POINTER(c_ubyte), c_void_p",
    "neural_columns_read": "c_int, c_char_p, POINTER(c_void_p)",
    "neural_columns_sources": "c_int64, c_void_p",
    "neural_columns_write": "c_int, c_void_p, POINTER(c_char_p)",
    "neural_concat": "c_int, POINTER(c_void_p), c_int, c_int, POINTER(c_void_p)",
    "neural_concat_create": "c_int, POINTER(c_void_p), c_int, POINTER(c_void_p)",
    "neural_config_destroy": "None, c_void_p",
    "neural_config_get_float": "c_double, c_void_p, c_char_p, c_char_p, c_double",
    "neural_config_get_int": "c_int64, c_void_p, c_char_p, c_char_p, c_int64",
    "neural_config_get_string": "c_char_p, c_void_p, c_char_p, c_char_p, c_char_p",
    "neural_config_load": "c_int, c_char_p, POINTER(c_char_p), c_int, POINTER(c_void_p)",
    "neural_config_origins": "c_int, c_void_p, POINTER(c_char_p)",
    "neural_config_parse": "c_int, c_char_p, c_char_p, POINTER(c_char_p), c_int, POINTER(c_void_p)",
    "neural_config_reference": "c_int, POINTER(c_char_p)",
    "neural_config_resolved": "c_int, c_void_p, c_int, POINTER(c_char_p)",
    "neural_confusion_accuracy": "c_double, c_void_p",
    "neural_confusion_average": "c_int, c_void_p, c_int, POINTER(neural_class_scores)",
    "neural_confusion_balanced_accuracy": "c_double, c_void_p",
    "neural_confusion_class": "c_int, c_void_p, c_int64, POINTER(neural_class_scores)",
    "neural_confusion_classes": "c_int64, c_void_p",
    "neural_confusion_count": "c_int64, c_void_p, c_int64, c_int64",
    "neural_confusion_create": "c_int, c_int64, POINTER(c_void_p)",
    "neural_confusion_destroy": "None, c_void_p",
    "neural_confusion_mcc": "c_double, c_void_p",
    "neural_confusion_reset": "None, c_void_p",
    "neural_confusion_total": "c_int64, c_void_p",
    "neural_confusion_update": "c_int, c_void_p, c_void_p, c_void_p",
    "neural_conv1d": (
        "c_int, c_void_p, c_void_p, c_void_p, POINTER(neural_conv_options), "
        "POINTER(c_void_p)"
    ),
    "neural_conv1d_create": (
        "c_int, POINTER(neural_conv_layer_options), c_int, c_uint64, POINTER(c_void_p)"
    ),
    "neural_conv2d": (
        "c_int, c_void_p, c_void_p, c_void_p, POINTER(neural_conv_options), "
        "POINTER(c_void_p)"
    ),
    "neural_conv2d_create": (
        "c_int, POINTER(neural_conv_layer_options), c_int, c_uint64, POINTER(c_void_p)"
    ),
    "neural_conv_transpose2d": (
        "c_int, c_void_p, c_void_p, c_void_p, POINTER(neural_conv_options), "
        "POINTER(c_int64), POINTER(c_void_p)"
    ),
    "neural_conv_transpose2d_create": (
        "c_int, POINTER(neural_conv_layer_options), c_int, c_uint64, POINTER(c_void_p)"
    ),
    "neural_cores_available": "c_int,",
    "neural_count_correct": "c_int, c_void_p, c_void_p, POINTER(c_int64)",
    "neural_count_correct_binary": "c_int, c_void_p, c_void_p, c_double, POINTER(c_int64)",
    "neural_cpu_name": "c_char_p,",
    "neural_criterion_apply": (
        "c_int, POINTER(neural_criterion), c_void_p, c_void_p, POINTER(c_void_p)"
    ),
    "neural_criterion_default": "neural_criterion, c_int",
    "neural_criterion_weight": "c_int, POINTER(neural_criterion), c_void_p, POINTER(c_double)",
    "neural_cross_entropy_loss": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_cross_entropy_loss_with": (
        "c_int, c_void_p, c_void_p, c_void_p, c_double, c_int64, c_int, POINTER(c_void_p)"
    ),
    "neural_dataset_categories": "c_int64, c_void_p, c_int64",
    "neural_dataset_category_name": "c_char_p, c_void_p, c_int64, c_int64",
    "neural_dataset_class_name": "c_char_p, c_void_p, c_int64",
    "neural_dataset_classes": "c_int64, c_void_p",
    "neural_dataset_create": "c_int, c_void_p, c_void_p, c_int, c_int64, POINTER(c_void_p)",
    "neural_dataset_destroy": "None, c_void_p",
    "neural_dataset_digest": "None, c_void_p, c_char_p",
    "neural_dataset_feature_name": "c_char_p, c_void_p, c_int64",
    "neural_dataset_features": "c_int64, c_void_p",
    "neural_dataset_gather": "c_int, c_void_p, POINTER(c_int64), c_int64, c_void_p, c_void_p",
    "neural_dataset_is_mapped": "c_int, c_void_p",
    "neural_dataset_load": "c_int, c_char_p, POINTER(neural_data_options), POINTER(c_void_p)",
    "neural_dataset_outputs": "c_int64, c_void_p",
    "neural_dataset_rows": "c_int64, c_void_p",
    "neural_dataset_scale": "c_int, c_void_p, POINTER(c_double), POINTER(c_double)",
    "neural_dataset_split": (
        "c_int, c_void_p, c_double, c_uint64, POINTER(POINTER(c_int64)), "
        "POINTER(c_int64), POINTER(POINTER(c_int64)), POINTER(c_int64)"
    ),
    "neural_dataset_target_kind": "c_int, c_void_p",
    "neural_dataset_x": "c_void_p, c_void_p",
    "neural_dataset_y": "c_void_p, c_void_p",
    "neural_dequantize": "c_int, c_void_p, c_int64, POINTER(neural_quant_params), c_void_p, c_int",
    "neural_dequantize_tensor": (
        "c_int, c_void_p, POINTER(neural_quant_params), c_int64, c_int, c_int, "
        "POINTER(c_void_p)"
    ),
    "neural_div": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_dlpack_delete": "None, c_void_p",
    "neural_dropout": "c_int, c_void_p, c_double, c_uint64, c_uint64, POINTER(c_void_p)",
    "neural_dropout2d": "c_int, c_void_p, c_double, c_uint64, c_uint64, POINTER(c_void_p)",
    "neural_dropout2d_create": "c_int, c_double, c_uint64, POINTER(c_void_p)",
    "neural_dropout_create": "c_int, c_double, c_uint64, POINTER(c_void_p)",
    "neural_dtype_bytes": "c_int64, c_int",
    "neural_dtype_name": "c_char_p, c_int",
    "neural_elu": "c_int, c_void_p, c_double, POINTER(c_void_p)",
    "neural_ema_average": "c_void_p, c_void_p",
    "neural_ema_create": "c_int, POINTER(neural_parameters), c_double, POINTER(c_void_p)",
    "neural_ema_destroy": "None, c_void_p",
    "neural_ema_swap": "c_int, c_void_p",
    "neural_ema_update": "c_int, c_void_p",
    "neural_embedding": "c_int, c_void_p, c_void_p, c_int64, POINTER(c_void_p)",
    "neural_embedding_create": (
        "c_int, c_int64, c_int64, c_int64, c_int, c_uint64, POINTER(c_void_p)"
    ),
    "neural_error": "c_int, c_int, c_char_p",
    "neural_evaluation_clear": "None, POINTER(neural_evaluation)",
    "neural_exp": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_expand": "c_int, c_void_p, c_int, POINTER(c_int64), POINTER(c_void_p)",
    "neural_fake_quant": "c_int, c_void_p, c_double, c_double, POINTER(c_void_p)",
    "neural_fake_quant_channels": "c_int, c_void_p, c_int, POINTER(c_void_p)",
    "neural_file_writer_commit": "c_int, c_void_p",
    "neural_file_writer_create": "c_int, c_char_p, POINTER(c_void_p)",
    "neural_file_writer_destroy": "None, c_void_p",
    "neural_file_writer_write": "c_int, c_void_p, c_void_p, c_size_t",
    "neural_flatten_create": "c_int, POINTER(c_void_p)",
    "neural_focal_loss": "c_int, c_void_p, c_void_p, c_void_p, c_double, c_int, POINTER(c_void_p)",
    "neural_function_record": (
        "c_int, neural_function_backward, CFUNCTYPE(None, c_void_p), c_void_p, "
        "POINTER(c_void_p), c_int, c_void_p, POINTER(c_void_p)"
    ),
    "neural_fuzzy_and": "c_double, c_double, c_double",
    "neural_fuzzy_bisector": "c_double, POINTER(c_double), POINTER(c_double), c_int64",
    "neural_fuzzy_centroid": "c_double, POINTER(c_double), POINTER(c_double), c_int64",
    "neural_fuzzy_combine": "c_double, c_int, c_double, c_double",
    "neural_fuzzy_combine_all": (
        "None, c_int, POINTER(c_double), POINTER(c_double), POINTER(c_double), c_int64"
    ),
    "neural_fuzzy_defuzzifier_find": "c_int, c_char_p, POINTER(c_int)",
    "neural_fuzzy_defuzzifier_is_sampled": "c_int, c_int",
    "neural_fuzzy_defuzzifier_name": "c_char_p, c_int",
    "neural_fuzzy_defuzzify": "c_double, c_int, POINTER(c_double), c_int64, c_double, c_double",
    "neural_fuzzy_expression_bind": "c_int, c_void_p, POINTER(c_char_p), c_int64",
    "neural_fuzzy_expression_create": "c_int, c_char_p, POINTER(c_void_p)",
    "neural_fuzzy_expression_destroy": "None, c_void_p",
    "neural_fuzzy_expression_reads": "c_int, c_void_p, c_int64",
    "neural_fuzzy_expression_text": "c_char_p, c_void_p",
    "neural_fuzzy_expression_value": "c_double, c_void_p, POINTER(c_double)",
    "neural_fuzzy_flaw_name": "c_char_p, c_int",
    "neural_fuzzy_fll_load": "c_int, c_char_p, POINTER(c_void_p)",
    "neural_fuzzy_fll_parse": "c_int, c_char_p, c_char_p, c_int64, POINTER(c_void_p)",
    "neural_fuzzy_fll_save": "c_int, c_void_p, c_char_p",
    "neural_fuzzy_fll_text": "c_int64, c_void_p, c_char_p, c_int64",
    "neural_fuzzy_gaussian": "c_double, c_double, c_double, c_double",
    "neural_fuzzy_grid_middle": "c_double, c_void_p, c_int64",
    "neural_fuzzy_grid_value": "c_double, c_void_p, c_int64, c_int64, c_int64",
    "neural_fuzzy_hedge_apply": "c_double, c_int, c_double",
    "neural_fuzzy_hedge_find": "c_int, c_char_p",
    "neural_fuzzy_hedge_name": "c_char_p, c_int",
    "neural_fuzzy_mean_of_maximum": "c_double, POINTER(c_double), POINTER(c_double), c_int64",
    "neural_fuzzy_membership": "c_double, c_int, POINTER(c_double), c_int64, c_double, c_double",
    "neural_fuzzy_membership_all": (
        "None, c_int, POINTER(c_double), c_int64, c_double, POINTER(c_double), "
        "POINTER(c_double), c_int64"
    ),
    "neural_fuzzy_norm_find": "c_int, c_char_p, POINTER(c_int)",
    "neural_fuzzy_norm_is_s": "c_int, c_int",
    "neural_fuzzy_norm_is_t": "c_int, c_int",
    "neural_fuzzy_norm_name": "c_char_p, c_int",
    "neural_fuzzy_not": "c_double, c_double",
    "neural_fuzzy_or": "c_double, c_double, c_double",
    "neural_fuzzy_report_destroy": "None, c_void_p",
    "neural_fuzzy_report_finding": "POINTER(neural_fuzzy_finding), c_void_p, c_int64",
    "neural_fuzzy_report_findings": "c_int64, c_void_p",
    "neural_fuzzy_report_points": "c_int64, c_void_p",
    "neural_fuzzy_shape_check": "c_int, c_int, POINTER(c_double), c_int64, c_double",
    "neural_fuzzy_shape_find": "c_int, c_char_p, POINTER(c_int)",
    "neural_fuzzy_shape_is_linear": "c_int, c_int",
    "neural_fuzzy_shape_is_monotonic": "c_int, c_int",
    "neural_fuzzy_shape_name": "c_char_p, c_int",
    "neural_fuzzy_shape_params": "c_int, c_int",
    "neural_fuzzy_surface": "c_int, c_void_p, POINTER(neural_fuzzy_grid), POINTER(c_double)",
    "neural_fuzzy_system_add_block": "c_int, c_void_p, POINTER(neural_fuzzy_block)",
    "neural_fuzzy_system_add_input": "c_int, c_void_p, POINTER(neural_fuzzy_variable)",
    "neural_fuzzy_system_add_output": "c_int, c_void_p, POINTER(neural_fuzzy_variable)",
    "neural_fuzzy_system_add_rule": "c_int, c_void_p, c_char_p",
    "neural_fuzzy_system_add_term": "c_int, c_void_p, c_char_p, POINTER(neural_fuzzy_term)",
    "neural_fuzzy_system_check": "c_int, c_void_p, c_int64, POINTER(c_void_p)",
    "neural_fuzzy_system_create": "c_int, c_char_p, c_char_p, POINTER(c_void_p)",
    "neural_fuzzy_system_destroy": "None, c_void_p",
    "neural_fuzzy_system_evaluate": (
        "c_int, c_void_p, POINTER(c_double), c_int64, POINTER(c_double)"
    ),
    "neural_fuzzy_system_input": "POINTER(neural_fuzzy_variable), c_void_p, c_int64",
    "neural_fuzzy_system_inputs": "c_int64, c_void_p",
    "neural_fuzzy_system_output": "POINTER(neural_fuzzy_variable), c_void_p, c_int64",
    "neural_fuzzy_system_outputs": "c_int64, c_void_p",
    "neural_fuzzy_system_prepare": "c_int, c_void_p",
    "neural_fuzzy_system_reset": "None, c_void_p",
    "neural_fuzzy_system_rules": "c_int64, c_void_p",
    "neural_fuzzy_trapezoidal": "c_double, c_double, c_double, c_double, c_double, c_double",
    "neural_fuzzy_triangular": "c_double, c_double, c_double, c_double, c_double",
    "neural_fuzzy_tsukamoto": (
        "c_double, c_int, POINTER(c_double), c_int64, c_double, c_double, c_double, "
        "c_double"
    ),
    "neural_gelu": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_gelu_tanh": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_gemm_batch_f32": (
        "c_int, POINTER(neural_gemm_args), c_int64, POINTER(neural_gemm_strides)"
    ),
    "neural_gemm_batch_f64": (
        "c_int, POINTER(neural_gemm_args), c_int64, POINTER(neural_gemm_strides)"
    ),
    "neural_gemm_bf16": "c_int, POINTER(neural_gemm_bf16_args)",
    "neural_gemm_bf16_packed_create": "c_int, POINTER(neural_gemm_bf16_args), POINTER(c_void_p)",
    "neural_gemm_bf16_packed_destroy": "None, c_void_p",
    "neural_gemm_packed_bytes": "c_int64, c_void_p",
    "neural_gemm_packed_create_f32": "c_int, POINTER(neural_gemm_args), POINTER(c_void_p)",
    "neural_gemm_packed_create_f64": "c_int, POINTER(neural_gemm_args), POINTER(c_void_p)",
    "neural_gemm_packed_destroy": "None, c_void_p",
    "neural_gemm_packed_run": "c_int, c_void_p, POINTER(neural_gemm_args)",
    "neural_gemm_pointers_f32": (
        "c_int, POINTER(neural_gemm_args), c_int64, POINTER(neural_gemm_pointers)"
    ),
    "neural_gemm_pointers_f64": (
        "c_int, POINTER(neural_gemm_args), c_int64, POINTER(neural_gemm_pointers)"
    ),
    "neural_get_simd_extras": "c_char_p,",
    "neural_get_simd_level": "c_int,",
    "neural_get_simd_name": "c_char_p,",
    "neural_grad_enabled": "c_int,",
    "neural_gradcheck": (
        "c_int, neural_grad_function, c_void_p, POINTER(c_void_p), c_int, "
        "POINTER(neural_gradcheck_args), POINTER(c_double)"
    ),
    "neural_gradcheck_ops": "c_int, neural_gradcheck_report, c_void_p",
    "neural_group_norm": (
        "c_int, c_void_p, c_void_p, c_void_p, c_int64, c_double, POINTER(c_void_p)"
    ),
    "neural_group_norm_create": (
        "c_int, c_int64, c_int64, c_double, c_int, c_int, POINTER(c_void_p)"
    ),
    "neural_hardsigmoid": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_hardswish": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_hardtanh": "c_int, c_void_p, c_double, c_double, POINTER(c_void_p)",
    "neural_huber_loss": "c_int, c_void_p, c_void_p, c_double, c_int, POINTER(c_void_p)",
    "neural_init": "c_int,",
    "neural_init_layer": "c_int, c_void_p, c_int, c_int, c_uint64",
    "neural_init_name": "c_char_p, c_int",
    "neural_init_parse": "c_int, c_char_p, POINTER(c_int)",
    "neural_init_tensor": "c_int, c_void_p, c_int, c_uint64, c_uint64",
    "neural_kernel_slot_accuracy": "c_char_p, c_int",
    "neural_kernel_slot_count": "c_int,",
    "neural_kernel_slot_name": "c_char_p, c_int",
    "neural_kl_div_loss": "c_int, c_void_p, c_void_p, c_int, c_int, POINTER(c_void_p)",
    "neural_l1_loss": "c_int, c_void_p, c_void_p, c_int, POINTER(c_void_p)",
    "neural_last_error": "c_char_p,",
    "neural_last_error_code": "c_int,",
    "neural_layer_buffer_count": "c_int, c_void_p",
    "neural_layer_buffer_name": "c_char_p, c_void_p, c_int",
    "neural_layer_buffer_value": "c_void_p, c_void_p, c_int",
    "neural_layer_child": "c_void_p, c_void_p, c_int",
    "neural_layer_child_count": "c_int, c_void_p",
    "neural_layer_describe": "c_char_p, c_void_p, c_char_p, c_int64",
    "neural_layer_destroy": "None, c_void_p",
    "neural_layer_flatten": "c_int, c_void_p, POINTER(POINTER(neural_parameters))",
    "neural_layer_flatten_buffers": "c_int, c_void_p, POINTER(POINTER(neural_parameters))",
    "neural_layer_fold_batch_norm": "c_int, c_void_p, POINTER(neural_shape), POINTER(c_int)",
    "neural_layer_forward": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_layer_input_range": "c_int, c_void_p, POINTER(c_double), POINTER(c_double)",
    "neural_layer_is_side_by_side": "c_int, c_void_p",
    "neural_layer_make_quantization_aware": "c_int, c_void_p",
    "neural_layer_name": "c_char_p, c_void_p",
    "neural_layer_norm": "c_int, c_void_p, c_void_p, c_void_p, c_int, c_double, POINTER(c_void_p)",
    "neural_layer_norm_create": (
        "c_int, c_int, POINTER(c_int64), c_double, c_int, c_int, c_int, POINTER(c_void_p)"
    ),
    "neural_layer_output_shape": "c_int, c_void_p, POINTER(neural_shape), POINTER(neural_shape)",
    "neural_layer_parameter_count": "c_int, c_void_p",
    "neural_layer_set_step": "None, c_void_p, c_uint64",
    "neural_layer_set_training": "None, c_void_p, c_int",
    "neural_layer_training": "c_int, c_void_p",
    "neural_layer_weight": "c_void_p, c_void_p, c_int",
    "neural_layer_weight_name": "c_char_p, c_void_p, c_int",
    "neural_layer_weights_written": "None, c_void_p",
    "neural_leaky_relu": "c_int, c_void_p, c_double, POINTER(c_void_p)",
    "neural_linear": "c_int, c_void_p, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_linear_create": "c_int, c_int64, c_int64, c_int, c_int, c_uint64, POINTER(c_void_p)",
    "neural_linear_relu": "c_int, c_void_p, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_lion_create": (
        "c_int, POINTER(neural_parameters), POINTER(neural_lion_options), "
        "POINTER(c_void_p)"
    ),
    "neural_log": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_log_loss": "c_int, c_void_p, c_void_p, POINTER(c_double)",
    "neural_log_softmax": "c_int, c_void_p, c_int, POINTER(c_void_p)",
    "neural_loss_apply": "c_int, c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_loss_name": "c_char_p, c_int",
    "neural_loss_parse": "c_int, c_char_p, POINTER(c_int)",
    "neural_loss_target_of": "c_int, c_int",
    "neural_lr_curve_destroy": "None, POINTER(neural_lr_curve)",
    "neural_lr_find": "c_int, c_void_p, POINTER(neural_lr_find_options), POINTER(neural_lr_curve)",
    "neural_lr_find_default": "neural_lr_find_options,",
    "neural_lr_suggest": "c_int64, POINTER(neural_lr_point), c_int64, POINTER(c_int64)",
    "neural_mamdani_add_input_term": (
        "c_int, c_void_p, c_int64, c_int, POINTER(c_double), POINTER(c_int64)"
    ),
    "neural_mamdani_add_output_term": "c_int, c_void_p, c_int, POINTER(c_double), POINTER(c_int64)",
    "neural_mamdani_add_rule": (
        "c_int, c_void_p, POINTER(c_int64), POINTER(c_int64), c_int64, c_int64, c_double"
    ),
    "neural_mamdani_create": "c_int, c_int64, c_int64, c_int, POINTER(c_void_p)",
    "neural_mamdani_destroy": "None, c_void_p",
    "neural_mamdani_evaluate": "c_int, c_void_p, POINTER(c_double), c_int64, POINTER(c_double)",
    "neural_mamdani_get_method": "c_int, c_void_p",
    "neural_mamdani_inputs": "c_int64, c_void_p",
    "neural_mamdani_resolution": "c_int64, c_void_p",
    "neural_mamdani_rules": "c_int64, c_void_p",
    "neural_mamdani_set_input_range": "c_int, c_void_p, c_int64, c_double, c_double",
    "neural_mamdani_set_output_range": "c_int, c_void_p, c_double, c_double",
    "neural_mask_blocks": "c_int, POINTER(neural_prune_part), c_int, c_int, c_uint64, c_double",
    "neural_mask_count": "c_int64, POINTER(c_uint8), c_int64",
    "neural_mask_is_n_of_m": "c_int, POINTER(c_uint8), c_int64, c_int64, c_int64, c_int64",
    "neural_mask_n_of_m": (
        "c_int, c_void_p, c_int, c_int64, c_int64, c_int64, c_int64, POINTER(c_uint8)"
    ),
    "neural_matmul": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_max": "c_int, c_void_p, c_int, c_int, POINTER(c_void_p)",
    "neural_max_pool1d": "c_int, c_void_p, POINTER(neural_pool_options), POINTER(c_void_p)",
    "neural_max_pool1d_create": "c_int, POINTER(neural_pool_options), POINTER(c_void_p)",
    "neural_max_pool2d": "c_int, c_void_p, POINTER(neural_pool_options), POINTER(c_void_p)",
    "neural_max_pool2d_create": "c_int, POINTER(neural_pool_options), POINTER(c_void_p)",
    "neural_maximum": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_mean": "c_int, c_void_p, c_int, c_int, POINTER(c_void_p)",
    "neural_min": "c_int, c_void_p, c_int, c_int, POINTER(c_void_p)",
    "neural_minimum": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_mish": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_model_adapt_config": (
        "c_int, c_void_p, c_void_p, POINTER(c_char_p), c_int, POINTER(c_void_p)"
    ),
    "neural_model_class_name": "c_char_p, c_void_p, c_int64",
    "neural_model_create": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_model_criterion": "POINTER(neural_criterion), c_void_p",
    "neural_model_destroy": "None, c_void_p",
    "neural_model_digest": "c_int, c_void_p, c_char_p",
    "neural_model_dtype": "c_int, c_void_p",
    "neural_model_evaluate": "c_int, c_void_p, c_void_p, c_int64, POINTER(neural_evaluation)",
    "neural_model_feature_name": "c_char_p, c_void_p, c_int64",
    "neural_model_features": "c_int64, c_void_p",
    "neural_model_file_is_8bit": "c_int, c_char_p",
    "neural_model_fold_batch_norm": "c_int, c_void_p, POINTER(c_int), POINTER(c_void_p)",
    "neural_model_forward": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_model_is_8bit": "c_int, c_void_p",
    "neural_model_is_classifier": "c_int, c_void_p",
    "neural_model_load": "c_int, c_char_p, POINTER(c_void_p)",
    "neural_model_load_data": "c_int, c_void_p, c_void_p, c_char_p, c_char_p, POINTER(c_void_p)",
    "neural_model_load_rows": "c_int, c_void_p, c_void_p, c_char_p, c_char_p, POINTER(c_void_p)",
    "neural_model_loss": "c_int, c_void_p",
    "neural_model_mask": "c_void_p, c_void_p, c_char_p",
    "neural_model_network": "c_void_p, c_void_p",
    "neural_model_output_activation": "c_int, c_void_p",
    "neural_model_outputs": "c_int64, c_void_p",
    "neural_model_predict": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_model_prune": "c_int, c_void_p, POINTER(neural_prune_options)",
    "neural_model_prune_channels": (
        "c_int, c_void_p, POINTER(neural_prune_options), POINTER(c_void_p)"
    ),
    "neural_model_prune_rows": (
        "c_int, c_void_p, POINTER(POINTER(neural_prune_row)), POINTER(c_int)"
    ),
    "neural_model_remove_masks": "c_int, c_void_p",
    "neural_model_restore": "c_int, c_void_p, c_char_p",
    "neural_model_save": "c_int, c_void_p, POINTER(neural_model_facts), c_char_p",
    "neural_model_score": "c_int, c_void_p, c_void_p, c_int, c_int64, POINTER(neural_score)",
    "neural_model_set_mask": "c_int, c_void_p, c_char_p, c_void_p",
    "neural_model_summary": "c_int, c_void_p, POINTER(c_char_p)",
    "neural_model_weight_count": "c_int64, c_void_p",
    "neural_mse_loss": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_mse_loss_with": "c_int, c_void_p, c_void_p, c_int, POINTER(c_void_p)",
    "neural_mul": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_nearest_word": "c_char_p, c_char_p, POINTER(c_char_p), c_int",
    "neural_neg": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_nll_loss": "c_int, c_void_p, c_void_p, c_void_p, c_int64, c_int, POINTER(c_void_p)",
    "neural_node_count": "c_int64,",
    "neural_num_threads": "c_int,",
    "neural_observer_channels": "c_int64, c_void_p",
    "neural_observer_count": "c_int64, c_void_p",
    "neural_observer_create": "c_int, POINTER(neural_observer_options), POINTER(c_void_p)",
    "neural_observer_destroy": "None, c_void_p",
    "neural_observer_kind_name": "c_char_p, c_int",
    "neural_observer_kind_parse": "c_int, c_char_p, POINTER(c_int)",
    "neural_observer_merge": "c_int, c_void_p, c_void_p",
    "neural_observer_observe": "c_int, c_void_p, c_void_p",
    "neural_observer_observe_array": "c_int, c_void_p, c_void_p, c_int, c_int64",
    "neural_observer_params": "c_int, c_void_p, POINTER(neural_quant_params)",
    "neural_observer_reset": "None, c_void_p",
    "neural_op_apply": (
        "c_int, POINTER(neural_op), POINTER(c_void_p), POINTER(neural_op_attrs), "
        "POINTER(c_void_p)"
    ),
    "neural_op_find": "POINTER(neural_op), c_char_p",
    "neural_op_register": "c_int, POINTER(neural_op)",
    "neural_optimizer_destroy": "None, c_void_p",
    "neural_optimizer_lr": "c_double, c_void_p",
    "neural_optimizer_momentum": "c_double, c_void_p",
    "neural_optimizer_name": "c_char_p, c_void_p",
    "neural_optimizer_set_lr": "c_int, c_void_p, c_double",
    "neural_optimizer_set_momentum": "c_int, c_void_p, c_double",
    "neural_optimizer_set_scale": "c_int, c_void_p, c_int, c_double, c_double",
    "neural_optimizer_set_steps": "c_int, c_void_p, c_int64",
    "neural_optimizer_state": "c_void_p, c_void_p, c_int, POINTER(c_char_p)",
    "neural_optimizer_step": "c_int, c_void_p",
    "neural_optimizer_steps": "c_int64, c_void_p",
    "neural_optimizer_zero_grad": "c_int, c_void_p",
    "neural_parallel_count": "c_int64,",
    "neural_parameters_destroy": "None, POINTER(neural_parameters)",
    "neural_parameters_gather": (
        "c_int, POINTER(c_void_p), POINTER(c_char_p), c_int, "
        "POINTER(POINTER(neural_parameters))"
    ),
    "neural_parameters_zero_grad": "c_int, POINTER(neural_parameters)",
    "neural_permute": "c_int, c_void_p, POINTER(c_int), POINTER(c_void_p)",
    "neural_pool_trim": "None,",
    "neural_pr_auc": "c_int, c_void_p, c_void_p, POINTER(c_double)",
    "neural_pr_auc_ovr": "c_int, c_void_p, c_void_p, POINTER(c_double)",
    "neural_prune_apply_mask": "c_int, c_void_p, c_int, c_int64, POINTER(c_uint8)",
    "neural_prune_cols": (
        "c_int, c_void_p, c_int, c_int64, c_int64, c_double, POINTER(c_uint8), "
        "POINTER(c_int64)"
    ),
    "neural_prune_count_nonzero": "c_int, c_void_p, c_int, c_int64, POINTER(c_int64)",
    "neural_prune_cubic": "c_double, c_double, c_double, c_double, c_double, c_double",
    "neural_prune_magnitude": (
        "c_int, c_void_p, c_int, c_int64, c_double, POINTER(c_uint8), POINTER(c_int64)"
    ),
    "neural_prune_masks": (
        "c_int, POINTER(neural_prune_part), c_int, c_int, c_int, c_uint64, c_double"
    ),
    "neural_prune_method_name": "c_char_p, c_int",
    "neural_prune_method_parse": "c_int, c_char_p, POINTER(c_int)",
    "neural_prune_rows": (
        "c_int, c_void_p, c_int, c_int64, c_int64, c_double, POINTER(c_uint8), "
        "POINTER(c_int64)"
    ),
    "neural_prune_rows_free": "None, POINTER(neural_prune_row)",
    "neural_prune_score_name": "c_char_p, c_int",
    "neural_prune_score_parse": "c_int, c_char_p, POINTER(c_int)",
    "neural_prune_sparsity": "c_int, c_void_p, c_int, c_int64, POINTER(c_double)",
    "neural_prune_threshold": "c_int, c_void_p, c_int, c_int64, c_double, POINTER(c_double)",
    "neural_prune_top": (
        "c_int, c_void_p, c_int, c_int64, c_double, POINTER(c_uint8), POINTER(c_int64)"
    ),
    "neural_qgemm": "c_int, POINTER(neural_qgemm_args)",
    "neural_qgemm_pack": (
        "c_int, c_int, c_int64, c_int64, POINTER(c_int8), c_int64, POINTER(c_void_p)"
    ),
    "neural_qgemm_packed_bytes": "c_int64, c_void_p",
    "neural_qgemm_packed_destroy": "None, c_void_p",
    "neural_quant_calibrate_channels": (
        "c_int, c_void_p, c_int, c_int, POINTER(neural_quant_params)"
    ),
    "neural_quant_calibrate_minmax": (
        "c_int, c_void_p, c_int, c_int64, c_int, POINTER(neural_quant_params)"
    ),
    "neural_quant_calibrate_percentile": (
        "c_int, c_void_p, c_int, c_int64, c_double, c_int, POINTER(neural_quant_params)"
    ),
    "neural_quant_dtype": "c_int, c_int",
    "neural_quant_high": "c_int32, c_int",
    "neural_quant_low": "c_int32, c_int",
    "neural_quant_params_check": "c_int, POINTER(neural_quant_params)",
    "neural_quant_params_choose": "c_int, c_double, c_double, c_int, POINTER(neural_quant_params)",
    "neural_quantization_error": (
        "c_int, c_void_p, c_int, c_int64, POINTER(neural_quant_params), POINTER(c_double)"
    ),
    "neural_quantization_snr": (
        "c_int, c_void_p, c_int, c_int64, POINTER(neural_quant_params), POINTER(c_double)"
    ),
    "neural_quantize": "c_int, c_void_p, c_int, c_int64, POINTER(neural_quant_params), c_void_p",
    "neural_quantize_default": "neural_quantize_options,",
    "neural_quantize_model": (
        "c_int, c_void_p, c_void_p, c_void_p, POINTER(neural_quantize_options), "
        "POINTER(neural_quantize_report), POINTER(c_void_p)"
    ),
    "neural_quantize_report_clear": "None, POINTER(neural_quantize_report)",
    "neural_quantize_tensor": (
        "c_int, c_void_p, POINTER(neural_quant_params), c_int64, c_int, POINTER(c_void_p)"
    ),
    "neural_quantized_matmul": (
        "c_int, c_void_p, c_void_p, c_int64, c_int64, c_int64, "
        "POINTER(neural_quant_params), POINTER(neural_quant_params), c_void_p, c_int"
    ),
    "neural_regression": "c_int, c_void_p, c_void_p, POINTER(neural_regression_scores)",
    "neural_relu": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_reshape": "c_int, c_void_p, c_int, POINTER(c_int64), POINTER(c_void_p)",
    "neural_reshape_create": "c_int, c_int, POINTER(c_int64), POINTER(c_void_p)",
    "neural_residual_create": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_rms_norm": "c_int, c_void_p, c_void_p, c_int, c_double, POINTER(c_void_p)",
    "neural_rms_norm_create": (
        "c_int, c_int, POINTER(c_int64), c_double, c_int, c_int, POINTER(c_void_p)"
    ),
    "neural_rmsprop_create": (
        "c_int, POINTER(neural_parameters), POINTER(neural_rmsprop_options), "
        "POINTER(c_void_p)"
    ),
    "neural_roc_auc": "c_int, c_void_p, c_void_p, POINTER(c_double)",
    "neural_roc_auc_ovr": "c_int, c_void_p, c_void_p, POINTER(c_double)",
    "neural_run_log_add": "c_int, c_void_p, POINTER(neural_epoch_report)",
    "neural_run_log_close": "None, c_void_p",
    "neural_run_log_open": "c_int, c_void_p, c_char_p, c_char_p, c_int64, POINTER(c_void_p)",
    "neural_safetensors_close": "None, c_void_p",
    "neural_safetensors_count": "c_int, c_void_p",
    "neural_safetensors_name": "c_char_p, c_void_p, c_int",
    "neural_safetensors_open": "c_int, c_char_p, POINTER(c_void_p)",
    "neural_safetensors_text": "c_char_p, c_void_p, c_char_p",
    "neural_sampler_create": (
        "c_int, c_int, c_int64, c_uint64, POINTER(c_double), POINTER(c_int64), c_int64, "
        "POINTER(c_void_p)"
    ),
    "neural_sampler_destroy": "None, c_void_p",
    "neural_sampler_order": "c_int, c_void_p, c_int64, POINTER(c_int64)",
    "neural_schedule_chain": "c_int, POINTER(c_void_p), c_int, POINTER(c_void_p)",
    "neural_schedule_create": "c_int, POINTER(neural_schedule_options), POINTER(c_void_p)",
    "neural_schedule_destroy": "None, c_void_p",
    "neural_schedule_lr": "c_double, c_void_p, c_double, c_int64",
    "neural_schedule_momentum": "c_double, c_void_p, c_double, c_int64",
    "neural_schedule_observe": "None, c_void_p, c_double",
    "neural_schedule_restore": "None, c_void_p, POINTER(neural_schedule_state)",
    "neural_schedule_save": "None, c_void_p, POINTER(neural_schedule_state)",
    "neural_schedule_sequence": (
        "c_int, POINTER(c_void_p), POINTER(c_int64), c_int, POINTER(c_void_p)"
    ),
    "neural_seed": "c_uint64,",
    "neural_selu": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_sequential_add": "c_int, c_void_p, c_void_p",
    "neural_sequential_create": "c_int, POINTER(c_void_p)",
    "neural_set_grad_enabled": "c_int, c_int",
    "neural_set_log": "None, neural_log_function, c_void_p, c_int",
    "neural_set_num_threads": "c_int, c_int",
    "neural_set_seed": "None, c_uint64",
    "neural_sgd_create": (
        "c_int, POINTER(neural_parameters), POINTER(neural_sgd_options), "
        "POINTER(c_void_p)"
    ),
    "neural_shutdown": "None,",
    "neural_sigmoid": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_silu": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_slice": "c_int, c_void_p, c_int, c_int64, c_int64, c_int64, POINTER(c_void_p)",
    "neural_smooth_l1_loss": "c_int, c_void_p, c_void_p, c_double, c_int, POINTER(c_void_p)",
    "neural_softmax": "c_int, c_void_p, c_int, POINTER(c_void_p)",
    "neural_softplus": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_sqrt": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_square": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_stack": "c_int, POINTER(c_void_p), c_int, c_int, POINTER(c_void_p)",
    "neural_status_message": "c_char_p, c_int",
    "neural_sub": "c_int, c_void_p, c_void_p, POINTER(c_void_p)",
    "neural_sum": "c_int, c_void_p, c_int, c_int, POINTER(c_void_p)",
    "neural_sum_errors": "c_int, c_void_p, c_void_p, POINTER(c_double), POINTER(c_double)",
    "neural_summary_writer_add_graph": "c_int, c_void_p, POINTER(neural_graph_node), c_int64",
    "neural_summary_writer_add_histogram": "c_int, c_void_p, c_char_p, c_void_p, c_int64",
    "neural_summary_writer_add_histogram_raw": (
        "c_int, c_void_p, c_char_p, POINTER(neural_buckets), c_int64"
    ),
    "neural_summary_writer_add_histogram_stats": "c_int, c_void_p, c_char_p, c_void_p, c_int64",
    "neural_summary_writer_add_hparams": (
        "c_int, c_void_p, c_char_p, POINTER(neural_hparam), c_int64, POINTER(c_char_p), "
        "POINTER(c_double), c_int64, c_int64"
    ),
    "neural_summary_writer_add_image": (
        "c_int, c_void_p, c_char_p, POINTER(c_uint8), c_int64, c_int64, c_int64, c_int64"
    ),
    "neural_summary_writer_add_pr_curve": (
        "c_int, c_void_p, c_char_p, c_void_p, c_void_p, c_void_p, c_int64, c_int64"
    ),
    "neural_summary_writer_add_scalar": "c_int, c_void_p, c_char_p, c_double, c_int64",
    "neural_summary_writer_add_scalar_group": (
        "c_int, c_void_p, c_char_p, POINTER(c_char_p), POINTER(c_double), c_int64, "
        "c_int64"
    ),
    "neural_summary_writer_add_scalars": (
        "c_int, c_void_p, c_char_p, POINTER(c_char_p), POINTER(c_double), c_int64, "
        "c_int64"
    ),
    "neural_summary_writer_add_text": "c_int, c_void_p, c_char_p, c_char_p, c_int64",
    "neural_summary_writer_close": "c_int, c_void_p",
    "neural_summary_writer_create": (
        "c_int, c_char_p, POINTER(neural_summary_options), POINTER(c_void_p)"
    ),
    "neural_summary_writer_destroy": "None, c_void_p",
    "neural_summary_writer_dir": "c_char_p, c_void_p",
    "neural_summary_writer_flush": "c_int, c_void_p",
    "neural_summary_writer_path": "c_char_p, c_void_p",
    "neural_tanh": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_tensor_add_hook": "c_int, c_void_p, neural_grad_hook, c_void_p, POINTER(c_int64)",
    "neural_tensor_add_hook_owned": (
        "c_int, c_void_p, neural_grad_hook, CFUNCTYPE(None, c_void_p), c_void_p, "
        "POINTER(c_int64)"
    ),
    "neural_tensor_bytes": "c_int64, c_void_p",
    "neural_tensor_cast": "c_int, c_void_p, c_int, POINTER(c_void_p)",
    "neural_tensor_clone": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_tensor_compare": "c_int, c_void_p, c_void_p, c_int, POINTER(c_void_p)",
    "neural_tensor_contiguous": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_tensor_copy": "c_int, c_void_p, c_void_p",
    "neural_tensor_create": "c_int, c_int, POINTER(c_int64), c_int, POINTER(c_void_p)",
    "neural_tensor_data": "c_void_p, c_void_p",
    "neural_tensor_detach": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_tensor_dims": "POINTER(c_int64), c_void_p",
    "neural_tensor_dtype": "c_int, c_void_p",
    "neural_tensor_expand": "c_int, c_void_p, c_int, POINTER(c_int64), POINTER(c_void_p)",
    "neural_tensor_fill": "c_int, c_void_p, c_double",
    "neural_tensor_fill_normal": "c_int, c_void_p, c_uint64, c_double, c_double",
    "neural_tensor_fill_uniform": "c_int, c_void_p, c_uint64, c_double, c_double",
    "neural_tensor_find_nonfinite": "c_int, c_void_p, POINTER(c_int64)",
    "neural_tensor_from_data": (
        "c_int, c_void_p, c_int64, c_int, POINTER(c_int64), c_int, POINTER(c_void_p)"
    ),
    "neural_tensor_from_dlpack": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_tensor_full": "c_int, c_int, POINTER(c_int64), c_int, c_double, POINTER(c_void_p)",
    "neural_tensor_get": "c_int, c_void_p, POINTER(c_int64), POINTER(c_double)",
    "neural_tensor_grad": "c_void_p, c_void_p",
    "neural_tensor_is_contiguous": "c_int, c_void_p",
    "neural_tensor_is_leaf": "c_int, c_void_p",
    "neural_tensor_item": "c_int, c_void_p, POINTER(c_double)",
    "neural_tensor_len": "c_int64, c_void_p",
    "neural_tensor_ndim": "c_int, c_void_p",
    "neural_tensor_ones": "c_int, c_int, POINTER(c_int64), c_int, POINTER(c_void_p)",
    "neural_tensor_permute": "c_int, c_void_p, POINTER(c_int), POINTER(c_void_p)",
    "neural_tensor_producer_name": "c_char_p, c_void_p",
    "neural_tensor_release": "None, c_void_p",
    "neural_tensor_remove_hook": "c_int, c_void_p, c_int64",
    "neural_tensor_requires_grad": "c_int, c_void_p",
    "neural_tensor_retain": "c_void_p, c_void_p",
    "neural_tensor_retain_grad": "c_int, c_void_p",
    "neural_tensor_set": "c_int, c_void_p, POINTER(c_int64), c_double",
    "neural_tensor_set_grad": "c_int, c_void_p, c_void_p",
    "neural_tensor_set_requires_grad": "c_int, c_void_p, c_int",
    "neural_tensor_slice": "c_int, c_void_p, c_int, c_int64, c_int64, c_int64, POINTER(c_void_p)",
    "neural_tensor_strides": "POINTER(c_int64), c_void_p",
    "neural_tensor_to_dlpack": "c_int, c_void_p, POINTER(c_void_p)",
    "neural_tensor_view": "c_int, c_void_p, c_int, POINTER(c_int64), POINTER(c_void_p)",
    "neural_tensor_whole": "c_int, c_void_p, c_void_p, c_int, c_int, POINTER(c_void_p)",
    "neural_tensor_wrap": (
        "c_int, c_void_p, c_int, POINTER(c_int64), POINTER(c_int64), c_int, "
        "CFUNCTYPE(None, c_void_p), c_void_p, POINTER(c_void_p)"
    ),
    "neural_tensor_zeros": "c_int, c_int, POINTER(c_int64), c_int, POINTER(c_void_p)",
    "neural_text_free": "None, c_char_p",
    "neural_top_k_accuracy": "c_int, c_void_p, c_void_p, c_int64, POINTER(c_double)",
    "neural_train_watch": "c_int, c_void_p, POINTER(neural_epoch_report)",
    "neural_trainer_adopt": "c_int, c_void_p, c_void_p",
    "neural_trainer_create": "c_int, c_void_p, neural_path_resolver, c_void_p, POINTER(c_void_p)",
    "neural_trainer_destroy": "None, c_void_p",
    "neural_trainer_history": "POINTER(neural_history_row), c_void_p, POINTER(c_int64)",
    "neural_trainer_load_checkpoint": "c_int, c_void_p, c_char_p",
    "neural_trainer_model": "c_void_p, c_void_p",
    "neural_trainer_run": (
        "c_int, c_void_p, neural_train_progress, c_void_p, POINTER(neural_train_report)"
    ),
    "neural_trainer_save_checkpoint": "c_int, c_void_p, c_char_p",
    "neural_trainer_step": "c_int, c_void_p, c_void_p, c_void_p, POINTER(c_double)",
    "neural_trainer_test_rows": "c_int64, c_void_p",
    "neural_trainer_train_rows": "c_int64, c_void_p",
    "neural_trainer_validation_rows": "c_int64, c_void_p",
    "neural_transform_apply": "c_int, c_void_p, c_void_p",
    "neural_transform_create": (
        "c_int, c_int, POINTER(c_double), POINTER(c_double), c_int64, POINTER(c_void_p)"
    ),
    "neural_transform_destroy": "None, c_void_p",
    "neural_transform_features": "c_int64, c_void_p",
    "neural_transform_fit": "c_int, c_int, c_void_p, POINTER(c_int64), c_int64, POINTER(c_void_p)",
    "neural_transform_invert": "c_int, c_void_p, c_void_p",
    "neural_transform_kind": "c_int, c_void_p",
    "neural_transform_offset": "POINTER(c_double), c_void_p",
    "neural_transform_scale": "POINTER(c_double), c_void_p",
    "neural_transform_set_identity": "None, c_void_p, c_int64",
    "neural_transpose": "c_int, c_void_p, c_int, c_int, POINTER(c_void_p)",
    "neural_version": "c_char_p,",
}
