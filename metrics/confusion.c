#include "metrics/confusion.h"

#include <math.h>
#include <string.h>

#include "core/base/memory.h"
#include "metrics/metric_inputs.h"

/* The sums over rows and columns are kept beside the counts: every score needs them. */
struct neural_confusion {
    int64_t classes, total;
    int64_t *counts;    /* [target][predicted] */
    int64_t *of_class;  /* rows of each class */
    int64_t *predicted; /* rows predicted as each class */
};

static size_t count_bytes(int64_t classes) {
    return (size_t)(classes * (classes + 2)) * sizeof(int64_t);
}

neural_status neural_confusion_create(int64_t classes, neural_confusion **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "confusion_create: out must be given");
    NEURAL_REQUIRE(classes >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "confusion_create: %lld classes, expected at least 1", (long long)classes);
    int64_t bytes = 0;
    NEURAL_TRY(neural_size_mul(classes, classes + 2, &bytes));
    NEURAL_TRY(neural_size_mul(bytes, sizeof(int64_t), &bytes));
    neural_confusion *confusion = neural_alloc_zeroed(sizeof *confusion);
    int64_t *counts = neural_alloc_zeroed((size_t)bytes);
    if (!confusion || !counts) {
        neural_free(confusion);
        neural_free(counts);
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    *confusion = (neural_confusion){.classes = classes, .counts = counts};
    confusion->of_class = counts + classes * classes;
    confusion->predicted = confusion->of_class + classes;
    *out = confusion;
    return NEURAL_OK;
}

void neural_confusion_destroy(neural_confusion *confusion) {
    if (confusion) {
        neural_free(confusion->counts);
        neural_free(confusion);
    }
}

void neural_confusion_reset(neural_confusion *confusion) {
    if (confusion) {
        memset(confusion->counts, 0, count_bytes(confusion->classes));
        confusion->total = 0;
    }
}

neural_status neural_confusion_update(neural_confusion *confusion, const neural_tensor *targets,
                                      const neural_tensor *predictions) {
    NEURAL_REQUIRE(confusion, NEURAL_ERR_NULL_POINTER,
                   "confusion_update: the matrix must be given");
    NEURAL_TRY(metric_check_labels("targets", targets, confusion->classes));
    NEURAL_TRY(metric_check_labels("predictions", predictions, confusion->classes));
    NEURAL_REQUIRE(targets->len == predictions->len, NEURAL_ERR_SHAPE_MISMATCH,
                   "confusion_update: %lld targets and %lld predictions", (long long)targets->len,
                   (long long)predictions->len);
    const int64_t *target = metric_labels(targets);
    const int64_t *predicted = metric_labels(predictions);
    for (int64_t i = 0; i < targets->len; i++) {
        confusion->counts[target[i] * confusion->classes + predicted[i]]++;
        confusion->of_class[target[i]]++;
        confusion->predicted[predicted[i]]++;
    }
    confusion->total += targets->len;
    return NEURAL_OK;
}

int64_t neural_confusion_classes(const neural_confusion *confusion) {
    return confusion ? confusion->classes : 0;
}

int64_t neural_confusion_total(const neural_confusion *confusion) {
    return confusion ? confusion->total : 0;
}

static int is_class(const neural_confusion *confusion, int64_t c) {
    return confusion && c >= 0 && c < confusion->classes;
}

int64_t neural_confusion_count(const neural_confusion *confusion, int64_t target,
                               int64_t predicted) {
    return is_class(confusion, target) && is_class(confusion, predicted)
               ? confusion->counts[target * confusion->classes + predicted]
               : 0;
}

static int64_t hits(const neural_confusion *confusion) {
    int64_t sum = 0;
    for (int64_t c = 0; c < neural_confusion_classes(confusion); c++) {
        sum += confusion->counts[c * confusion->classes + c];
    }
    return sum;
}

static double quotient(double numerator, double denominator) {
    return denominator == 0 ? 0 : numerator / denominator;
}

double neural_confusion_accuracy(const neural_confusion *confusion) {
    return quotient((double)hits(confusion), (double)neural_confusion_total(confusion));
}

static neural_class_scores class_scores(const neural_confusion *confusion, int64_t c) {
    const double hit = (double)confusion->counts[c * confusion->classes + c];
    const double of_class = (double)confusion->of_class[c];
    const double predicted = (double)confusion->predicted[c];
    return (neural_class_scores){.precision = quotient(hit, predicted),
                                 .recall = quotient(hit, of_class),
                                 .f1 = quotient(2 * hit, predicted + of_class),
                                 .support = confusion->of_class[c]};
}

double neural_confusion_balanced_accuracy(const neural_confusion *confusion) {
    double sum = 0;
    int64_t seen = 0;
    for (int64_t c = 0; c < neural_confusion_classes(confusion); c++) {
        sum += class_scores(confusion, c).recall;
        seen += confusion->of_class[c] > 0;
    }
    return quotient(sum, (double)seen);
}

double neural_confusion_mcc(const neural_confusion *confusion) {
    const double n = (double)neural_confusion_total(confusion);
    double both = 0, predicted = 0, of_class = 0; /* sums of p t, p^2, t^2 */
    for (int64_t c = 0; c < neural_confusion_classes(confusion); c++) {
        const double p = (double)confusion->predicted[c];
        const double t = (double)confusion->of_class[c];
        both += p * t;
        predicted += p * p;
        of_class += t * t;
    }
    return quotient((double)hits(confusion) * n - both,
                    sqrt(n * n - predicted) * sqrt(n * n - of_class));
}

neural_status neural_confusion_class(const neural_confusion *confusion, int64_t c,
                                     neural_class_scores *out) {
    NEURAL_REQUIRE(confusion && out, NEURAL_ERR_NULL_POINTER,
                   "confusion_class: the matrix and out must be given");
    NEURAL_REQUIRE(is_class(confusion, c), NEURAL_ERR_INVALID_ARGUMENT,
                   "confusion_class: class %lld, expected 0 ... %lld", (long long)c,
                   (long long)confusion->classes - 1);
    *out = class_scores(confusion, c);
    return NEURAL_OK;
}

/* What class c counts in an average. */
static double weight_of(const neural_confusion *confusion, neural_average average, int64_t c) {
    if (average == NEURAL_AVERAGE_WEIGHTED) {
        return (double)confusion->of_class[c];
    }
    return confusion->of_class[c] + confusion->predicted[c] > 0;
}

neural_status neural_confusion_average(const neural_confusion *confusion, neural_average average,
                                       neural_class_scores *out) {
    NEURAL_REQUIRE(confusion && out, NEURAL_ERR_NULL_POINTER,
                   "confusion_average: the matrix and out must be given");
    neural_class_scores sum = {.support = confusion->total};
    if (average == NEURAL_AVERAGE_MICRO) {
        sum.precision = sum.recall = sum.f1 = neural_confusion_accuracy(confusion);
        *out = sum;
        return NEURAL_OK;
    }
    double weights = 0;
    for (int64_t c = 0; c < confusion->classes; c++) {
        const neural_class_scores scores = class_scores(confusion, c);
        const double weight = weight_of(confusion, average, c);
        sum.precision += weight * scores.precision;
        sum.recall += weight * scores.recall;
        sum.f1 += weight * scores.f1;
        weights += weight;
    }
    sum.precision = quotient(sum.precision, weights);
    sum.recall = quotient(sum.recall, weights);
    sum.f1 = quotient(sum.f1, weights);
    *out = sum;
    return NEURAL_OK;
}
