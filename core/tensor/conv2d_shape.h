/* The sizes of a convolution, checked. */
#ifndef CORE_TENSOR_CONV2D_SHAPE_H_
#define CORE_TENSOR_CONV2D_SHAPE_H_

#include "core/tensor/conv2d_job.h"

/* Of a call that neural_conv2d_infer has accepted. */
void neural_conv_geometry_of(const neural_op_call *call, neural_conv_geometry *out);

#endif /* CORE_TENSOR_CONV2D_SHAPE_H_ */
