#include "metrics/ranking.h"

#include <stdlib.h>

#include "core/base/memory.h"
#include "metrics/metric_inputs.h"

/* A row of a two-class problem. */
typedef struct ranked_row {
    double score;
    int64_t positive; /* 1 or 0 */
} ranked_row;

/* Rows in decreasing order of their scores. */
typedef struct ranked_rows {
    ranked_row *rows;
    int64_t len, positives;
} ranked_rows;

typedef neural_status (*area_of_ranking)(const ranked_rows *ranking, double *out);

static int by_falling_score(const void *lhs, const void *rhs) {
    const double a = ((const ranked_row *)lhs)->score;
    const double b = ((const ranked_row *)rhs)->score;
    return (a < b) - (a > b);
}

static neural_status ranking_create(int64_t len, ranked_rows *out) {
    int64_t bytes = 0;
    NEURAL_TRY(neural_size_mul(len, sizeof(ranked_row), &bytes));
    *out = (ranked_rows){.rows = neural_alloc((size_t)bytes), .len = len};
    return out->rows ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
}

static void ranking_sort(ranked_rows *ranking) {
    ranking->positives = 0;
    for (int64_t i = 0; i < ranking->len; i++) {
        ranking->positives += ranking->rows[i].positive;
    }
    qsort(ranking->rows, (size_t)ranking->len, sizeof *ranking->rows, by_falling_score);
}

/* Counts the rows from `first` on that share its score; returns the row behind them. */
static int64_t take_ties(const ranked_rows *ranking, int64_t first, int64_t *positives) {
    int64_t end = first;
    *positives = 0;
    while (end < ranking->len && ranking->rows[end].score == ranking->rows[first].score) {
        *positives += ranking->rows[end++].positive;
    }
    return end;
}

/* Mann-Whitney's U over its largest value; twice U is a whole number. */
static neural_status roc_area(const ranked_rows *ranking, double *out) {
    const int64_t negatives = ranking->len - ranking->positives;
    NEURAL_REQUIRE(ranking->positives > 0 && negatives > 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "roc_auc: %lld positive and %lld negative rows, needs both",
                   (long long)ranking->positives, (long long)negatives);
    double twice = 0;
    int64_t positives_above = 0, tied = 0;
    for (int64_t first = 0, end; first < ranking->len; first = end) {
        end = take_ties(ranking, first, &tied);
        const double negatives_here = (double)(end - first - tied);
        twice += negatives_here * (double)(2 * positives_above + tied);
        positives_above += tied;
    }
    *out = twice / 2 / (double)ranking->positives / (double)negatives;
    return NEURAL_OK;
}

static neural_status pr_area(const ranked_rows *ranking, double *out) {
    NEURAL_REQUIRE(ranking->positives > 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "pr_auc: none of the %lld rows is positive", (long long)ranking->len);
    double sum = 0;
    int64_t positives = 0, tied = 0;
    for (int64_t first = 0, end; first < ranking->len; first = end) {
        end = take_ties(ranking, first, &tied);
        positives += tied;
        sum += (double)tied * (double)positives / (double)end;
    }
    *out = sum / (double)ranking->positives;
    return NEURAL_OK;
}

/* Of scores [B] against targets above 0.5. */
static neural_status binary_area(const char *metric, const neural_tensor *scores,
                                 const neural_tensor *targets, area_of_ranking area, double *out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "%s: out must be given", metric);
    NEURAL_TRY(metric_check_pair(scores, targets));
    NEURAL_TRY(metric_check_some(metric, scores->len));
    NEURAL_TRY(metric_check_no_nan("scores", scores));
    NEURAL_TRY(metric_check_no_nan("targets", targets));
    ranked_rows ranking;
    NEURAL_TRY(ranking_create(scores->len, &ranking));
    for (int64_t i = 0; i < ranking.len; i++) {
        ranking.rows[i] = (ranked_row){metric_at(scores, i), metric_at(targets, i) > 0.5};
    }
    ranking_sort(&ranking);
    const neural_status status = area(&ranking, out);
    neural_free(ranking.rows);
    return status;
}

/* The mean over the classes of scores [B, C], each against the rest. */
static neural_status mean_over_classes(ranked_rows *ranking, const neural_tensor *scores,
                                       const int64_t *label, area_of_ranking area, double *out) {
    const int64_t classes = scores->shape.dim[1];
    double sum = 0;
    for (int64_t c = 0; c < classes; c++) {
        double value = 0;
        for (int64_t i = 0; i < ranking->len; i++) {
            ranking->rows[i] = (ranked_row){metric_at(scores, i * classes + c), label[i] == c};
        }
        ranking_sort(ranking);
        if (area(ranking, &value)) {
            return neural_error_prefix("class %lld of %lld", (long long)c, (long long)classes);
        }
        sum += value;
    }
    *out = sum / (double)classes;
    return NEURAL_OK;
}

static neural_status class_area(const char *metric, const neural_tensor *scores,
                                const neural_tensor *labels, area_of_ranking area, double *out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "%s: out must be given", metric);
    NEURAL_TRY(metric_check_rows(scores, labels));
    NEURAL_TRY(metric_check_some(metric, scores->len));
    NEURAL_TRY(metric_check_labels("labels", labels, scores->shape.dim[1]));
    NEURAL_TRY(metric_check_no_nan("scores", scores));
    ranked_rows ranking;
    NEURAL_TRY(ranking_create(labels->len, &ranking));
    const neural_status status =
        mean_over_classes(&ranking, scores, metric_labels(labels), area, out);
    neural_free(ranking.rows);
    return status;
}

neural_status neural_roc_auc(const neural_tensor *scores, const neural_tensor *targets,
                             double *out) {
    return binary_area("roc_auc", scores, targets, roc_area, out);
}

neural_status neural_roc_auc_ovr(const neural_tensor *scores, const neural_tensor *labels,
                                 double *out) {
    return class_area("roc_auc_ovr", scores, labels, roc_area, out);
}

neural_status neural_pr_auc(const neural_tensor *scores, const neural_tensor *targets,
                            double *out) {
    return binary_area("pr_auc", scores, targets, pr_area, out);
}

neural_status neural_pr_auc_ovr(const neural_tensor *scores, const neural_tensor *labels,
                                double *out) {
    return class_area("pr_auc_ovr", scores, labels, pr_area, out);
}

/* How many scores of a row come before that of class c. */
static int64_t rank_of(const neural_tensor *scores, int64_t row, int64_t c) {
    const int64_t classes = scores->shape.dim[1];
    const double own = metric_at(scores, row * classes + c);
    int64_t before = 0;
    for (int64_t i = 0; i < classes; i++) {
        const double other = metric_at(scores, row * classes + i);
        before += other > own || (other == own && i < c);
    }
    return before;
}

neural_status neural_top_k_accuracy(const neural_tensor *scores, const neural_tensor *labels,
                                    int64_t k, double *out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "top_k_accuracy: out must be given");
    NEURAL_REQUIRE(k >= 1, NEURAL_ERR_INVALID_ARGUMENT, "top_k_accuracy: k is %lld, expected >= 1",
                   (long long)k);
    NEURAL_TRY(metric_check_rows(scores, labels));
    NEURAL_TRY(metric_check_some("top_k_accuracy", labels->len));
    NEURAL_TRY(metric_check_labels("labels", labels, scores->shape.dim[1]));
    NEURAL_TRY(metric_check_no_nan("scores", scores));
    int64_t correct = 0;
    for (int64_t row = 0; row < labels->len; row++) {
        correct += rank_of(scores, row, metric_labels(labels)[row]) < k;
    }
    *out = (double)correct / (double)labels->len;
    return NEURAL_OK;
}
