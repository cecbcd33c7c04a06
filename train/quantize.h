/* Post-training quantization of whole models: calibration on data, conversion to 8 bits, and what
 * that costs and gains. */
#ifndef TRAIN_QUANTIZE_H_
#define TRAIN_QUANTIZE_H_

#include "data/dataset.h"
#include "model/model.h"
#include "quant/observer.h"
#include "train/trainer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_quantize_options {
    neural_observer_kind calibration; /* MINMAX, MOVING_AVERAGE, PERCENTILE, ENTROPY or MSE */
    int64_t samples; /* rows that are looked at, spread evenly over the data; at least 1 */
    int dynamic;     /* weights alone in 8 bits, rows of Linear quantized as they come */
    double max_drop; /* how far the accuracy may fall (0.003: 0.3 points), or the mean squared error
                        rise in parts of itself; >= 0 */
    int keep_slow;   /* layers that measure slower in 8 bits stay in 8 bits nevertheless */
} neural_quantize_options;

/* MINMAX, 1024 samples, static, 0.003, slow layers stay in f32. */
NEURAL_API neural_quantize_options neural_quantize_default(void);

/* A Linear, Conv2d or Embedding. */
typedef struct neural_quantize_layer {
    char name[NEURAL_PARAMETER_NAME_BYTES]; /* "3", "0.shortcut.0" */
    const char *kind;                       /* "Linear" */
    int is_8bit;
    double snr; /* dB, of its result on its own: 10 log10(mean y^2 / mean (y - y8)^2) */
    double f32_seconds, int8_seconds; /* of up to 64 rows; the least of seven samples in turns */
    const char *reason;               /* why it stays in f32; "" in 8 bits */
} neural_quantize_layer;

/* Predictions of so many rows, transform included; times likewise. */
typedef struct neural_quantize_speed {
    int64_t rows;
    double f32_seconds, int8_seconds;
} neural_quantize_speed;

enum { NEURAL_QUANTIZE_SPEEDS = 2 }; /* 1 row, 64 rows */

typedef struct neural_quantize_report {
    neural_score before, after;                          /* on the data to judge by */
    neural_quantize_speed speed[NEURAL_QUANTIZE_SPEEDS]; /* against f32 with batch norms folded */
    neural_quantize_layer *layers;
    int count;
} neural_quantize_report;

NEURAL_API void neural_quantize_report_clear(neural_quantize_report *report);

/* An 8-bit copy of an f32 model. `calibration` needs no targets; `judge` has them; both hold raw
 * rows, as neural_model_predict wants them. Batch norms are folded first. Where the accuracy falls
 * further than allowed, the layer with the smallest SNR goes back to f32, and so on until it does
 * not. NEURAL_ERR_INVALID_ARGUMENT for a model that is f64, folded or in 8 bits already, and for
 * options out of range. */
NEURAL_API neural_status neural_quantize_model(const neural_model *model,
                                               const neural_dataset *calibration,
                                               const neural_dataset *judge,
                                               const neural_quantize_options *options,
                                               neural_quantize_report *report, neural_model **out);

#ifdef __cplusplus
}
#endif

#endif /* TRAIN_QUANTIZE_H_ */
