#include "cli/eval_report.h"

#include <math.h>
#include <string.h>

#include "cli/json.h"
#include "cli/number.h"
#include "cli/progress.h"

enum {
    CLASS_COLUMN = 28,   /* longest class name that is shown whole */
    MATRIX_CLASSES = 20, /* a wider matrix is no longer readable */
    COUNT_COLUMN = 8
};

typedef struct figure {
    const char *key, *name;
    double value;
} figure;

/* --- names --- */

/* Of class c; a binary model without names calls them 0 and 1. */
static const char *class_name(const neural_model *model, int64_t c, char out[CLI_NUMBER_TEXT]) {
    const char *name = neural_model_class_name(model, c);
    snprintf(out, CLI_NUMBER_TEXT, "%lld", (long long)c);
    return name ? name : out;
}

static int name_width(const neural_model *model, const neural_confusion *confusion) {
    char text[CLI_NUMBER_TEXT];
    size_t width = strlen("weighted avg");
    for (int64_t c = 0; c < neural_confusion_classes(confusion); c++) {
        const size_t len = strlen(class_name(model, c, text));
        width = len > width ? len : width;
    }
    return width < CLASS_COLUMN ? (int)width : CLASS_COLUMN;
}

/* --- text --- */

static void print_scores(FILE *out, int width, const char *name,
                         const neural_class_scores *scores) {
    fprintf(out, "%*.*s  %9.4f  %9.4f  %9.4f  %9lld\n", width, width, name, scores->precision,
            scores->recall, scores->f1, (long long)scores->support);
}

static void print_averages(FILE *out, int width, const neural_confusion *confusion) {
    neural_class_scores scores;
    fprintf(out, "%*s  %9s  %9s  %9.4f  %9lld\n", width, "accuracy", "", "",
            neural_confusion_accuracy(confusion), (long long)neural_confusion_total(confusion));
    if (!neural_confusion_average(confusion, NEURAL_AVERAGE_MACRO, &scores)) {
        print_scores(out, width, "macro avg", &scores);
    }
    if (!neural_confusion_average(confusion, NEURAL_AVERAGE_WEIGHTED, &scores)) {
        print_scores(out, width, "weighted avg", &scores);
    }
}

static void print_classes(FILE *out, const neural_model *model, const neural_confusion *confusion) {
    const int width = name_width(model, confusion);
    char text[CLI_NUMBER_TEXT];
    fprintf(out, "\n%*s  %9s  %9s  %9s  %9s\n", width, "", "precision", "recall", "f1-score",
            "support");
    for (int64_t c = 0; c < neural_confusion_classes(confusion); c++) {
        neural_class_scores scores;
        if (!neural_confusion_class(confusion, c, &scores)) {
            print_scores(out, width, class_name(model, c, text), &scores);
        }
    }
    fputc('\n', out);
    print_averages(out, width, confusion);
}

static void print_matrix(FILE *out, const neural_model *model, const neural_confusion *confusion) {
    const int64_t classes = neural_confusion_classes(confusion);
    const int width = name_width(model, confusion);
    char text[CLI_NUMBER_TEXT];
    if (classes > MATRIX_CLASSES) {
        return;
    }
    fprintf(out, "\nconfusion matrix (rows = true, columns = predicted)\n");
    for (int64_t target = 0; target < classes; target++) {
        fprintf(out, "%*.*s ", width, width, class_name(model, target, text));
        for (int64_t guess = 0; guess < classes; guess++) {
            fprintf(out, " %*lld", COUNT_COLUMN,
                    (long long)neural_confusion_count(confusion, target, guess));
        }
        fputc('\n', out);
    }
}

static void print_figure(FILE *out, const figure *f) {
    if (isnan(f->value)) {
        fprintf(out, "%-18s  -\n", f->name);
    } else {
        fprintf(out, "%-18s  %.6g\n", f->name, f->value);
    }
}

/* --- figures that are one number --- */

enum { MAX_FIGURES = 8 };

static int class_figures(const neural_evaluation *e, figure out[MAX_FIGURES]) {
    int count = 0;
    out[count++] = (figure){"balanced_accuracy", "balanced accuracy",
                            neural_confusion_balanced_accuracy(e->confusion)};
    out[count++] = (figure){"mcc", "MCC", neural_confusion_mcc(e->confusion)};
    if (e->top_k) {
        out[count++] = e->top_k == 5
                           ? (figure){"top_5_accuracy", "top-5 accuracy", e->top_k_accuracy}
                           : (figure){"top_2_accuracy", "top-2 accuracy", e->top_k_accuracy};
    }
    out[count++] = (figure){"roc_auc", "ROC-AUC", e->roc_auc};
    out[count++] = (figure){"pr_auc", "PR-AUC", e->pr_auc};
    out[count++] = (figure){"log_loss", "log-loss", e->log_loss};
    out[count++] = (figure){"brier", "Brier score", e->brier};
    out[count++] = (figure){"calibration_error", "calibration error", e->calibration_error};
    return count;
}

static int value_figures(const neural_evaluation *e, figure out[MAX_FIGURES]) {
    out[0] = (figure){"mae", "MAE", e->values.mae};
    out[1] = (figure){"rmse", "RMSE", e->values.rmse};
    out[2] = (figure){"r2", "R2", e->values.r2};
    return 3;
}

static int figures_of(const neural_evaluation *e, figure out[MAX_FIGURES]) {
    return e->confusion ? class_figures(e, out) : value_figures(e, out);
}

void cli_print_evaluation(FILE *out, const neural_model *model,
                          const neural_evaluation *evaluation) {
    const neural_score *score = &evaluation->score;
    char metric[CLI_METRIC_TEXT], rows[CLI_NUMBER_TEXT], loss[CLI_NUMBER_TEXT];
    figure figures[MAX_FIGURES];
    fprintf(out, "%s rows  loss %s  %s\n", cli_count_text(score->rows, rows),
            cli_loss_text(score->loss, loss),
            cli_metric_text("", score->metric, score->is_accuracy, metric));
    if (evaluation->confusion) {
        print_classes(out, model, evaluation->confusion);
    }
    fputc('\n', out);
    const int count = figures_of(evaluation, figures);
    for (int i = 0; i < count; i++) {
        print_figure(out, &figures[i]);
    }
    if (evaluation->confusion) {
        print_matrix(out, model, evaluation->confusion);
    }
}

/* --- JSON --- */

static json_t *scores_json(const neural_class_scores *scores) {
    json_t *json = json_object();
    cli_json_number(json, "precision", scores->precision);
    cli_json_number(json, "recall", scores->recall);
    cli_json_number(json, "f1", scores->f1);
    cli_json_integer(json, "support", scores->support);
    return json;
}

static void add_averages(json_t *json, const neural_confusion *confusion) {
    const char *keys[] = {"macro", "micro", "weighted"};
    for (int average = 0; average < 3; average++) {
        neural_class_scores scores;
        if (!neural_confusion_average(confusion, (neural_average)average, &scores)) {
            json_object_set_new(json, keys[average], scores_json(&scores));
        }
    }
}

static void add_classes(json_t *json, const neural_model *model,
                        const neural_confusion *confusion) {
    const int64_t classes = neural_confusion_classes(confusion);
    json_t *list = json_array();
    json_t *matrix = json_array();
    char text[CLI_NUMBER_TEXT];
    for (int64_t c = 0; c < classes; c++) {
        neural_class_scores scores = {0};
        json_t *row = json_array();
        neural_confusion_class(confusion, c, &scores);
        json_t *one = scores_json(&scores);
        cli_json_text(one, "name", class_name(model, c, text));
        json_array_append_new(list, one);
        for (int64_t guess = 0; guess < classes; guess++) {
            json_array_append_new(row, json_integer(neural_confusion_count(confusion, c, guess)));
        }
        json_array_append_new(matrix, row);
    }
    json_object_set_new(json, "classes", list);
    json_object_set_new(json, "confusion_matrix", matrix);
}

void cli_print_evaluation_json(const neural_model *model, const neural_evaluation *evaluation,
                               const char *model_path) {
    const neural_score *score = &evaluation->score;
    figure figures[MAX_FIGURES];
    json_t *json = json_object();
    cli_json_number(json, "loss", score->loss);
    cli_json_number(json, score->is_accuracy ? "accuracy" : "mse", score->metric);
    cli_json_integer(json, "rows", score->rows);
    const int count = figures_of(evaluation, figures);
    for (int i = 0; i < count; i++) {
        cli_json_number(json, figures[i].key, figures[i].value);
    }
    if (evaluation->confusion) {
        add_averages(json, evaluation->confusion);
        add_classes(json, model, evaluation->confusion);
    }
    cli_json_text(json, "model", model_path);
    cli_json_print(json);
}
