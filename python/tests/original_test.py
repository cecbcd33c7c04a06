"""The original's public names, and the names, order and defaults of their arguments."""

import importlib
import inspect
import math
import tempfile
import unittest

import pyneural as pn

# name, then its arguments; what follows them is ours.
ARGUMENTS = """
Tensor ptr owns_data=True
Tensor.create shape dtype=0
Tensor.zeros shape dtype=0
Tensor.ones shape dtype=0
Tensor.from_numpy arr
Tensor.from_numpy_zero_copy arr
Tensor.from_list data dtype=0
nn.Linear in_features out_features bias=True
nn.Softmax dim=-1
nn.Dropout p=0.5
nn.BatchNorm1d num_features momentum=0.1 eps=1e-5
nn.BatchNorm1d.forward_f64 self in_ptr out_ptr batch
nn.BatchNorm1d.backward_f64 self grad_out grad_in grad_gamma grad_beta batch
nn.LayerNorm.forward_f64 self in_ptr out_ptr batch
nn.LayerNorm.backward_f64 self grad_out grad_in grad_gamma grad_beta batch
nn.Embedding num_embeddings embedding_dim
nn.Embedding.forward_f64 self idx_ptr n out_ptr
nn.Embedding.backward_f64 self grad_out_ptr grad_w_ptr indices_ptr=None seq_len=None
nn.LabelSmoothingCrossEntropy num_classes smoothing=0.1
nn.LabelSmoothingCrossEntropy.forward_f64 self logits_ptr targets_ptr
nn.LabelSmoothingCrossEntropy.backward_f64 self grad_ptr logits_ptr=None targets_ptr=None
    batch_size=None
Conv2D in_channels out_channels kernel_size stride=1 padding=0 bias=True
Conv2D.forward self data batch in_h in_w
Conv2D.backward self grad_output input_data=None shape=None
MaxPool2D kernel_size stride=None padding=0
MaxPool2D.forward self data batch channels in_h in_w
MaxPool2D.backward self grad_output mask=None shape=None
calc_output_size input_dim kernel_dim stride=1 padding=0
Dataset.from_csv data_path labels_path=None n_features=None dtype=0
DataLoader dataset batch_size=1 shuffle=False sampler=None batch_sampler=None num_workers=0
    drop_last=False prefetch_factor=2
RandomSampler data_source replacement=False num_samples=None
BatchSampler sampler batch_size drop_last=False
WeightedRandomSampler labels num_classes num_samples=None replacement=True seed=0
Config.get_int self section key default=0
Config.get_float self section key default=0.0
Config.get_string self section key default=''
ConfusionMatrix num_classes class_names=None
ConfusionMatrix.update self targets predictions
ConfusionMatrix.report self digits=4
ConfusionMatrix.matrix_str self normalize=False
compute_accuracy targets preds
top_k_accuracy targets scores k=5
roc_auc_score y_true y_score
StepLR initial_lr step_size gamma=0.1
ExponentialLR initial_lr gamma=0.99
CosineAnnealingLR initial_lr T_max eta_min=0.0
WarmupLR initial_lr warmup_epochs warmup_start_lr=0.0 after_scheduler=None
ReduceLROnPlateau initial_lr mode='min' factor=0.1 patience=10 threshold=1e-4 min_lr=0.0 cooldown=0
OneCycleLR max_lr total_steps pct_start=0.3 div_factor=25.0 final_div_factor=1e4
LRFinder start_lr=1e-7 end_lr=10.0 num_steps=100 smooth_factor=0.05 diverge_threshold=4.0
NaNDetector raise_on_detect=True
NaNDetector.check self t name='tensor'
EarlyStopping patience=10 min_delta=0.0 mode='min'
EarlyStopping.step self metric epoch=0
Trainer model optimizer loss_fn config=None scheduler=None callbacks=None
Trainer.fit self train_fn val_fn=None verbose=True
save_checkpoint filepath model epoch=0 best_loss=math.inf lr=0.0
load_checkpoint filepath model
weight_init.kaiming_uniform_ t mode='fan_in' nonlinearity='relu' seed=None
weight_init.xavier_uniform_ t gain=1.0 seed=None
weight_init.constant_ t v
weight_init.uniform_ t low=0 high=1 seed=None
weight_init.normal_ t mean=0 std=1 seed=None
weight_init.init_weights module strategy='kaiming_uniform' nonlinearity='relu' seed=None
compute_stats data num_features
Normalize mean=None std=None eps=1e-8
MinMaxScale min_val=None max_val=None eps=1e-8
Compose transforms
FuzzySystem n_inputs output_range=(0.0,1.0) resolution=200 defuzz_method='centroid'
FuzzySystem.set_input_range self i lo hi
FuzzySystem.evaluate self inputs
SummaryWriter logdir='runs'
SummaryWriter.add_scalar self tag value=None global_step=0
Pruner sparsity=0.5 method='magnitude'
prune_magnitude ptr n threshold mask=None
prune_rows ptr rows cols threshold row_mask=None
QuantParams scale=1.0 zero_point=0 min_val=0.0 max_val=0.0 symmetric=True
Quantizer symmetric=True percentile=0.0
quantized_matmul a_i8 b_i8 m k n params_a params_b
"""

NAMES = """
core: NeuralError NeuralDtype NeuralException _lib QuantParamsC _check_error
tensor: zeros ones tensor NeuralBufferInfo HAS_NUMPY
nn: Module Tanh
optim: Optimizer
training: grad_l2_norm
checkpoint: MAGIC VERSION
schedulers: _LRScheduler
weight_init: zeros_ ones_ kaiming_normal_ xavier_normal_
Tensor: shape ndim dtype numel nbytes data_ptr strides is_contiguous requires_grad grad_fn grad
    is_leaf fill copy numpy numpy_zero_copy tolist detach detach_ retain_grad
nn.BatchNorm1d: gamma_ptr beta_ptr running_mean_ptr running_var_ptr
nn.LayerNorm: gamma_ptr beta_ptr num_features
nn.Embedding: weight_ptr
Conv2D: weight_ptr bias_ptr weight_size output_shape
ConfusionMatrix: reset total accuracy precision recall f1_score support macro_precision
    macro_recall macro_f1 weighted_precision weighted_recall weighted_f1
OneCycleLR: get_lr step
FuzzySystem: add_input_mf add_output_mf add_rule
SummaryWriter: add_scalars add_histogram flush close logdir filepath
Pruner: prune mask reapply_mask get_sparsity count_nonzero
Quantizer: calibrate quantize dequantize error snr
"""


def lines_of(table):
    """The lines, those that are folded joined."""
    return table.strip().replace("\n    ", " ").splitlines()


def named(path):
    found = pn
    for name in path.split("."):
        found = getattr(found, name)
    return found


class OriginalTest(unittest.TestCase):
    def test_arguments(self):
        for line in lines_of(ARGUMENTS):
            name, *wanted = line.split()
            have = list(inspect.signature(named(name)).parameters.values())
            self.assertEqual([one.name for one in have[: len(wanted)]],
                             [one.split("=")[0] for one in wanted], name)
            for one, text in zip(have, wanted):
                if "=" in text:
                    default = eval(text.split("=", 1)[1], {"math": math})
                    self.assertEqual(one.default, default, (name, text))

    def test_names(self):
        for line in lines_of(NAMES):
            owner, names = line.split(": ")
            for name in names.split():
                self.assertTrue(hasattr(named(owner), name), (owner, name))
        self.assertIs(pn.weight_init, importlib.import_module("pyneural.init"))
        self.assertTrue(callable(pn.init))

    def test_names_of_both_worlds(self):
        self.assertEqual(pn.LayerNorm(num_features=4).normalized_shape, (4,))
        with self.assertRaises(TypeError):
            pn.LayerNorm()
        with tempfile.TemporaryDirectory() as directory:
            for word in ("logdir", "log_dir"):
                with pn.SummaryWriter(**{word: directory}) as writer:
                    writer.add_scalar("a", value=1.0, global_step=1)
                    writer.add_scalar("a", scalar_value=2.0)
                    self.assertEqual(writer.logdir, directory)
                    with self.assertRaises(TypeError):
                        writer.add_scalar("a")


if __name__ == "__main__":
    unittest.main()
