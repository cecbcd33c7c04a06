/* What the files of pruning share. */
#ifndef TRAIN_PRUNE_TYPE_H_
#define TRAIN_PRUNE_TYPE_H_

#include "core/tensor/parameter.h"

/* 1 for the weight of a Linear or convolution. */
int prune_is_weight(const neural_parameter *parameter);

/* 1 when the list of neural_prune_options.exclude names parameter i. */
int prune_is_excluded(const neural_parameters *all, int i, const char *exclude);

#endif /* TRAIN_PRUNE_TYPE_H_ */
