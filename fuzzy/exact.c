#include "fuzzy/exact.h"

#include <math.h>

#include "fuzzy/plan.h"
#include "fuzzy/value.h"

/* A term as it takes part: its membership at the ends of the interval, and its degree. */
typedef struct part {
    const neural_fuzzy_term *term;
    neural_fuzzy_norm implication;
    double degree, begin, end;
} part;

struct fuzzy_lines {
    part *parts;
    double *corners, *crossings;
};

/* Conclusions of one term and one implication act as one under Maximum; so many can be apart. */
static int64_t most_parts(const fuzzy_variable *output) {
    const int64_t terms = 2 * output->term_count;
    const int is_maximum = output->given.aggregation == NEURAL_FUZZY_MAXIMUM;
    return is_maximum && terms < output->conclusion_count ? terms : output->conclusion_count;
}

static int64_t corners_of(const neural_fuzzy_term *t) {
    return t->shape == NEURAL_FUZZY_DISCRETE ? t->count / 2 : t->count;
}

neural_status neural_fuzzy_lines_create(neural_arena *arena, const fuzzy_variables *outputs,
                                        struct fuzzy_lines **out) {
    int64_t parts = 1, corners = 2, crossings = 0;
    for (int64_t i = 0; i < outputs->count; i++) {
        const fuzzy_variable *output = &outputs->items[i];
        int64_t own = 2, lines = 0;
        if (output->given.defuzzifier != NEURAL_FUZZY_EXACT_CENTROID) {
            continue;
        }
        for (int64_t t = 0; t < output->term_count; t++) {
            own += corners_of(&output->terms[t].given);
        }
        NEURAL_TRY(neural_size_mul(2 * most_parts(output), 2 * most_parts(output), &lines));
        parts = most_parts(output) > parts ? most_parts(output) : parts;
        corners = own > corners ? own : corners;
        crossings = lines > crossings ? lines : crossings;
    }
    NEURAL_TRY(neural_fuzzy_plan_alloc(arena, 1, sizeof **out, out));
    NEURAL_TRY(neural_fuzzy_plan_alloc(arena, parts, sizeof(part), &(*out)->parts));
    NEURAL_TRY(neural_fuzzy_plan_alloc(arena, corners, sizeof(double), &(*out)->corners));
    return neural_fuzzy_plan_alloc(arena, crossings + 2, sizeof(double), &(*out)->crossings);
}

static void sift_down(double *heap, int64_t count, int64_t at) {
    for (int64_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        child += child + 1 < count && heap[child + 1] > heap[child];
        if (heap[child] <= heap[at]) {
            return;
        }
        const double moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
        at = child;
    }
}

static void sort(double *values, int64_t count) {
    for (int64_t at = count / 2; at-- > 0;) {
        sift_down(values, count, at);
    }
    while (count-- > 1) {
        const double largest = values[0];
        values[0] = values[count];
        values[count] = largest;
        sift_down(values, count, 0);
    }
}

/* --- the parts of a row --- */

static part *find_part(struct fuzzy_lines *lines, int64_t count, const fuzzy_variable *output,
                       const fuzzy_conclusion *c) {
    const neural_fuzzy_term *term = &output->terms[c->term].given;
    for (int64_t i = 0; i < count && output->given.aggregation == NEURAL_FUZZY_MAXIMUM; i++) {
        if (lines->parts[i].term == term && lines->parts[i].implication == c->implication) {
            return &lines->parts[i];
        }
    }
    return NULL;
}

static int64_t collect(struct fuzzy_lines *lines, const fuzzy_variable *output, int64_t row) {
    int64_t count = 0;
    for (int64_t i = 0; i < output->conclusion_count; i++) {
        const fuzzy_conclusion *c = &output->conclusions[i];
        const double degree = c->degrees[row];
        if (degree == 0 || !c->is_reached) {
            continue;
        }
        part *same = find_part(lines, count, output, c);
        if (!same) {
            same = &lines->parts[count++];
            *same = (part){&output->terms[c->term].given, c->implication, 0, 0, 0};
        }
        same->degree = fmax(same->degree, degree);
    }
    return count;
}

/* Corners of all terms within the range, and its ends. */
static int64_t find_corners(struct fuzzy_lines *lines, const fuzzy_variable *output) {
    const double low = output->given.minimum, high = output->given.maximum;
    int64_t count = 2;
    lines->corners[0] = low;
    lines->corners[1] = high;
    for (int64_t t = 0; t < output->term_count; t++) {
        const neural_fuzzy_term *term = &output->terms[t].given;
        const int64_t stride = term->shape == NEURAL_FUZZY_DISCRETE ? 2 : 1;
        for (int64_t i = 0; i < corners_of(term); i++) {
            const double x = term->params[i * stride];
            if (x > low && x < high) {
                lines->corners[count++] = x;
            }
        }
    }
    sort(lines->corners, count);
    return count;
}

/* --- between two corners; t in 0 ... 1 is the place there --- */

static double line_at(const part *p, double t) {
    const double y = p->begin + (p->end - p->begin) * t;
    return p->implication == NEURAL_FUZZY_MINIMUM ? fmin(y, p->degree) : y;
}

static double set_at(const struct fuzzy_lines *lines, int64_t count, int is_maximum, double t) {
    double y = 0;
    for (int64_t i = 0; i < count; i++) {
        const double own = line_at(&lines->parts[i], t);
        y = is_maximum ? fmax(y, own) : y + own;
    }
    return y;
}

/* The line of each part from its values inside, since corners may be jumps. */
static void lay_lines(struct fuzzy_lines *lines, int64_t count, double begin, double end) {
    for (int64_t i = 0; i < count; i++) {
        part *p = &lines->parts[i];
        const neural_fuzzy_term *t = p->term;
        const double scale = p->implication == NEURAL_FUZZY_MINIMUM ? 1 : p->degree;
        const double width = end - begin;
        const double a =
            neural_fuzzy_membership(t->shape, t->params, t->count, t->height, begin + 0.25 * width);
        const double b =
            neural_fuzzy_membership(t->shape, t->params, t->count, t->height, begin + 0.75 * width);
        p->begin = scale * (a - (b - a) / 2);
        p->end = scale * (b + (b - a) / 2);
    }
}

static void add_crossing(struct fuzzy_lines *lines, int64_t *count, double begin, double end) {
    const double t = begin / (begin - end);
    if (t > 0 && t < 1) {
        lines->crossings[(*count)++] = t;
    }
}

/* Line number i: the part's own, or (from `count` on) the level that clips it. */
static double line_end(const struct fuzzy_lines *lines, int64_t count, int64_t i, int is_end) {
    const part *p = &lines->parts[i % count];
    return i >= count ? p->degree : is_end ? p->end : p->begin;
}

static int64_t find_crossings(struct fuzzy_lines *lines, int64_t count, int is_maximum) {
    int64_t found = 0;
    for (int64_t i = 0; i < 2 * count; i++) {
        for (int64_t j = i + 1; j < 2 * count; j++) {
            if (is_maximum || j == i + count) {
                add_crossing(lines, &found,
                             line_end(lines, count, i, 0) - line_end(lines, count, j, 0),
                             line_end(lines, count, i, 1) - line_end(lines, count, j, 1));
            }
        }
    }
    lines->crossings[found++] = 0;
    lines->crossings[found++] = 1;
    sort(lines->crossings, found);
    return found;
}

/* Area and moment about `origin` of the set between two corners. */
static void integrate(struct fuzzy_lines *lines, const fuzzy_variable *output, int64_t count,
                      double begin, double end, double origin, double sums[2]) {
    const int is_maximum = output->given.aggregation == NEURAL_FUZZY_MAXIMUM;
    lay_lines(lines, count, begin, end);
    const int64_t found = find_crossings(lines, count, is_maximum);
    double before = set_at(lines, count, is_maximum, 0);
    for (int64_t i = 1; i < found; i++) {
        const double t = lines->crossings[i - 1], width = (end - begin) * (lines->crossings[i] - t);
        const double y = set_at(lines, count, is_maximum, lines->crossings[i]);
        const double area = width * (before + y) / 2;
        sums[0] += area;
        sums[1] +=
            (begin + (end - begin) * t - origin) * area + width * width * (before + 2 * y) / 6;
        before = y;
    }
}

double neural_fuzzy_exact_centroid(const neural_fuzzy_system *system, const fuzzy_variable *output,
                                   int64_t row) {
    struct fuzzy_lines *lines = system->lines;
    const double origin = output->given.minimum;
    double sums[2] = {0, 0};
    const int64_t count = collect(lines, output, row);
    const int64_t corners = find_corners(lines, output);
    for (int64_t i = 1; i < corners && count > 0; i++) {
        if (lines->corners[i] > lines->corners[i - 1]) {
            integrate(lines, output, count, lines->corners[i - 1], lines->corners[i], origin, sums);
        }
    }
    return sums[0] == 0 ? NAN : origin + sums[1] / sums[0];
}
