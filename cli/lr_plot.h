/* The learning-rate finder's curve as a picture. */
#ifndef CLI_LR_PLOT_H_
#define CLI_LR_PLOT_H_

#include "api/neural_api.h"

/* Writes an SVG picture: losses over a logarithmic axis of rates, their average, and the suggestion
 * marked. The curve has at least one point; title may hold any text. Complete or not at all. */
neural_status cli_lr_plot(const neural_lr_curve *curve, const char *title, const char *path);

/* NEURAL_OK when nothing is at path, or an SVG picture. */
neural_status cli_lr_plot_check(const char *path);

#endif /* CLI_LR_PLOT_H_ */
