#include "cli/progress.h"

#include <stdio.h>
#include <string.h>

#include "cli/number.h"

static const double redraw_seconds = 0.1;
enum { SMALLEST_BAR = 8, LARGEST_BAR = 40, BAR_LINE = 512 };

cli_progress cli_progress_begin(cli_report *report, int64_t print_every) {
    return (cli_progress){.report = report, .print_every = print_every, .drawn = -1};
}

const char *cli_metric_text(const char *prefix, double metric, int is_accuracy,
                            char out[CLI_METRIC_TEXT]) {
    char number[CLI_NUMBER_TEXT];
    if (is_accuracy) {
        snprintf(out, CLI_METRIC_TEXT, "%saccuracy %.2f %%", prefix, 100 * metric);
    } else {
        snprintf(out, CLI_METRIC_TEXT, "%smse %s", prefix, cli_loss_text(metric, number));
    }
    return out;
}

/* --- the bar --- */

/* Samples per second since the first step seen; 0 = not known yet. */
static double rate(const cli_progress *progress, const neural_epoch_report *now) {
    const double seconds = now->seconds - progress->first_seconds;
    return seconds > 0 ? (double)(now->samples - progress->first_samples) / seconds : 0;
}

/* Seconds to the end of all epochs, at the pace so far. */
static double remaining(const cli_progress *progress, const neural_epoch_report *now) {
    const double seconds = now->seconds - progress->first_seconds;
    const int64_t left = (now->epochs - now->epoch) * now->batches + now->batches - now->batch;
    return progress->steps > 1 ? seconds / (double)(progress->steps - 1) * (double)left : 1e9;
}

static void fill_bar(char *out, int width, double part) {
    const int inside = width - 2;
    const int done = (int)(part * inside + 0.5);
    out[0] = '[';
    for (int i = 0; i < inside; i++) {
        out[1 + i] = i < done ? '=' : i == done ? '>' : ' ';
    }
    out[inside + 1] = ']';
    out[inside + 2] = '\0';
}

static void draw(const cli_progress *progress, const neural_epoch_report *now) {
    char left[64], right[160], bar[LARGEST_BAR + 1] = "", line[BAR_LINE];
    char samples[CLI_NUMBER_TEXT], eta[CLI_NUMBER_TEXT], loss[CLI_NUMBER_TEXT];
    const double epochs = (double)(now->epoch - 1) + (double)now->batch / (double)now->batches;
    const double part = epochs / (double)now->epochs;
    const int columns = cli_report_width(progress->report) - 1;
    snprintf(left, sizeof left, "epoch %lld/%lld ", (long long)now->epoch, (long long)now->epochs);
    snprintf(right, sizeof right, " %3.0f %%  %s samples/s  loss %s  ETA %s", 100 * part,
             cli_count_text((int64_t)rate(progress, now), samples),
             cli_loss_text(now->train_loss, loss), cli_clock_text(remaining(progress, now), eta));
    int width = columns - (int)strlen(left) - (int)strlen(right);
    width = width < LARGEST_BAR ? width : LARGEST_BAR;
    if (width >= SMALLEST_BAR) {
        fill_bar(bar, width, part);
    }
    snprintf(line, sizeof line, "%s%s%s", left, bar, right);
    if (columns > 0 && columns < BAR_LINE) {
        line[columns] = '\0';
    }
    cli_report_bar(progress->report, line);
}

/* --- the lines --- */

static void print_epoch(const cli_progress *progress, const neural_epoch_report *now) {
    char digits[CLI_NUMBER_TEXT], train[CLI_METRIC_TEXT], validation[CLI_METRIC_TEXT];
    char val_part[160] = "", norm[64] = "", lr[CLI_NUMBER_TEXT], loss[CLI_NUMBER_TEXT];
    const int wide =
        snprintf(digits, sizeof digits, "%lld", (long long)now->epochs); /* aligns the lines */
    if (now->validation.rows > 0) {
        snprintf(val_part, sizeof val_part, "  val_loss %s  %s",
                 cli_loss_text(now->validation.loss, loss),
                 cli_metric_text("val_", now->validation.metric, now->validation.is_accuracy,
                                 validation));
    }
    snprintf(lr, sizeof lr, "%.6g", now->learning_rate);
    if (progress->shows_gradient_norm) {
        snprintf(norm, sizeof norm, "  grad_norm %.4g", now->gradient_norm);
    }
    cli_report_line(progress->report, "epoch %*lld/%lld  loss %s  %s%s  lr %s%s  %.1f s", wide,
                    (long long)now->epoch, (long long)now->epochs,
                    cli_loss_text(now->train.loss, loss),
                    cli_metric_text("", now->train.metric, now->train.is_accuracy, train), val_part,
                    lr, norm, now->seconds - progress->epoch_start);
}

void cli_progress_update(cli_progress *progress, const neural_epoch_report *now) {
    const int is_epoch = now->batch == now->batches;
    if (progress->steps++ == 0) {
        progress->first_seconds = now->seconds;
        progress->first_samples = now->samples;
    }
    if (is_epoch && (now->epoch % progress->print_every == 0 || now->epoch == now->epochs)) {
        print_epoch(progress, now);
    }
    if (is_epoch) {
        progress->epoch_start = now->seconds;
    }
    if (progress->report->is_terminal && now->epoch + is_epoch <= now->epochs &&
        (progress->drawn < 0 || now->seconds - progress->drawn >= redraw_seconds)) {
        draw(progress, now);
        progress->drawn = now->seconds;
    }
}
