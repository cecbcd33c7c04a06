/* A packed convolution. Only for the files of qconv2d. */
#ifndef CORE_TENSOR_QCONV2D_JOB_H_
#define CORE_TENSOR_QCONV2D_JOB_H_

#include "core/tensor/qconv2d.h"

struct neural_qconv2d {
    neural_qconv2d_options of; /* its pointers: copies */
    int64_t bytes;
    int64_t group_channels, group_filters;
    int64_t depth; /* bytes of a window as it is laid out: KH * KW * channels, whole quads */
    neural_qgemm_packed **groups;
};

#endif /* CORE_TENSOR_QCONV2D_JOB_H_ */
