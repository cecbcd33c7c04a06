/* Neural Assembly: the public interface, one header per noun.
 *
 * Every function marked NEURAL_API in these headers is exported from libneural.so and no other. The
 * library never prints, exits or installs signal handlers; every failure is a neural_status with a
 * text in neural_last_error(). */
#ifndef API_NEURAL_API_H_
#define API_NEURAL_API_H_

#include "api/lifecycle.h"
#include "core/asm/cpu.h"
#include "core/asm/kernel_slots.h"
#include "core/autograd/block_ops.h"
#include "core/autograd/conv_ops.h"
#include "core/autograd/gradcheck.h"
#include "core/autograd/op_registry.h"
#include "core/autograd/ops.h"
#include "core/autograd/tape.h"
#include "core/base/allocations.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/seed.h"
#include "core/base/status.h"
#include "core/base/suggest.h"
#include "core/base/thread_count.h"
#include "core/tensor/dtype.h"
#include "core/tensor/gemm_batch.h"
#include "core/tensor/gemm_bf16.h"
#include "core/tensor/gemm_prepacked.h"
#include "core/tensor/op.h"
#include "core/tensor/qgemm.h"
#include "core/tensor/tensor.h"
#include "data/batches.h"
#include "data/dataset.h"
#include "data/transform.h"
#include "layers/activation.h"
#include "layers/concat.h"
#include "layers/dropout.h"
#include "layers/init.h"
#include "layers/layer.h"
#include "layers/linear.h"
#include "layers/loss.h"
#include "layers/residual.h"
#include "layers/sequential.h"
#include "metrics/metrics.h"
#include "model/config.h"
#include "model/model.h"
#include "model/safetensors.h"
#include "optim/clip.h"
#include "optim/optimizer.h"
#include "train/checkpoint.h"
#include "train/trainer.h"

#endif /* API_NEURAL_API_H_ */
