/* From formats to what the kernels read. Only for the files of qops. */
#ifndef CORE_TENSOR_QFORMAT_H_
#define CORE_TENSOR_QFORMAT_H_

#include "core/asm/quant_kernel.h"
#include "core/tensor/qops.h"

static inline neural_quant_source neural_qsource_of(const neural_qformat *format, float scale) {
    const int32_t flip = format->is_signed ? 128 : 0;
    return (neural_quant_source){
        .flip = flip, .zero_point = format->zero_point + flip, .scale = scale};
}

static inline neural_quant_target neural_qtarget_of(const neural_qformat *format, float scale,
                                                    int relu) {
    const int32_t lowest = format->is_signed ? -128 : 0, zero = format->zero_point;
    return (neural_quant_target){.low = relu ? 0 : (float)(lowest - zero),
                                 .high = (float)(lowest + 255 - zero),
                                 .zero_point = zero,
                                 .scale = scale};
}

#endif /* CORE_TENSOR_QFORMAT_H_ */
