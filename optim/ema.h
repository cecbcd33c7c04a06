/* Exponential moving average of the weights (Polyak & Juditsky 1992). */
#ifndef OPTIM_EMA_H_
#define OPTIM_EMA_H_

#include "core/tensor/parameter.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_ema neural_ema;

/* Starts at the weights as they are; decay in [0, 1) (0.999 is usual). The parameters must outlive
 * it. */
NEURAL_API neural_status neural_ema_create(neural_parameters *parameters, double decay,
                                           neural_ema **out);
NEURAL_API void neural_ema_destroy(neural_ema *ema); /* accepts NULL */

/* average = decay average + (1 - decay) weights: once per step. No allocation. */
NEURAL_API neural_status neural_ema_update(neural_ema *ema);

/* Exchanges the weights and their average: once to evaluate or save the average, again to train on.
 */
NEURAL_API neural_status neural_ema_swap(neural_ema *ema);

/* The average as one flat vector, for checkpoints. Borrowed. */
NEURAL_API neural_tensor *neural_ema_average(const neural_ema *ema);

#ifdef __cplusplus
}
#endif

#endif /* OPTIM_EMA_H_ */
