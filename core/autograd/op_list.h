/* The built-in ops as data, generated from op_list.inc. */
#ifndef CORE_AUTOGRAD_OP_LIST_H_
#define CORE_AUTOGRAD_OP_LIST_H_

#include "core/autograd/op_registry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Ids of the built-in ops: NEURAL_OP_ID_add, ... */
typedef enum neural_op_id {
#define NEURAL_OP(name, inputs, infer, forward, backward, flags) NEURAL_OP_ID_##name,
#include "core/autograd/op_list.inc"
#undef NEURAL_OP
    NEURAL_OP_ID_COUNT
} neural_op_id;

extern const neural_op neural_op_list[NEURAL_OP_ID_COUNT];

#ifdef __cplusplus
}
#endif

#endif /* CORE_AUTOGRAD_OP_LIST_H_ */
