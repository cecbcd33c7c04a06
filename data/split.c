/* Training and validation rows. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/random.h"
#include "data/dataset.h"

/* Rows sorted by class; all rows are class 0 where the targets are no classes. */
typedef struct classes {
    int64_t count;
    int64_t *begin; /* [count + 1] of each class in rows */
    int64_t *rows;  /* increasing within a class */
    int64_t *take;  /* rows of each class that go to validation */
    int64_t *order; /* classes by decreasing remainder */
    char *chosen;   /* per row number: in validation */
} classes;

static void release(classes *all) {
    neural_free(all->begin);
    neural_free(all->rows);
    neural_free(all->take);
    neural_free(all->order);
    neural_free(all->chosen);
}

/* Counting sort by class. */
static neural_status group(const neural_dataset *dataset, classes *all) {
    const int64_t rows = neural_dataset_rows(dataset);
    const int by_class = neural_dataset_target_kind(dataset) == NEURAL_TARGET_CLASS;
    const int64_t *label = by_class ? neural_tensor_data(neural_dataset_y(dataset)) : NULL;
    all->count = by_class ? neural_dataset_classes(dataset) : 1;
    const size_t bytes = (size_t)all->count * sizeof(int64_t);
    all->begin = neural_alloc_zeroed(bytes + 2 * sizeof(int64_t));
    all->rows = neural_alloc((size_t)rows * sizeof(int64_t));
    all->take = neural_alloc(bytes);
    all->order = neural_alloc(bytes);
    all->chosen = neural_alloc_zeroed((size_t)rows);
    if (!all->begin || !all->rows || !all->take || !all->order || !all->chosen) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t r = 0; r < rows; r++) {
        all->begin[(label ? label[r] : 0) + 2]++;
    }
    for (int64_t c = 2; c <= all->count; c++) {
        all->begin[c] += all->begin[c - 1];
    }
    for (int64_t r = 0; r < rows; r++) {
        all->rows[all->begin[(label ? label[r] : 0) + 1]++] = r;
    }
    return NEURAL_OK;
}

static int64_t size_of(const classes *all, int64_t c) {
    return all->begin[c + 1] - all->begin[c];
}

/* What is cut off class c's exact share of `wanted`, times rows. */
static int64_t remainder_of(const classes *all, int64_t c, int64_t wanted, int64_t rows) {
    return (int64_t)((__int128)wanted * size_of(all, c) % rows);
}

/* Sorts order by decreasing remainder, equal ones by class: sifting in a heap of the last. */
static void sift(const classes *all, const int64_t *key, int64_t root, int64_t len) {
    int64_t *order = all->order;
    for (int64_t child; (child = 2 * root + 1) < len; root = child) {
        const int64_t right = child + 1;
        if (right < len &&
            (key[order[right]] < key[order[child]] ||
             (key[order[right]] == key[order[child]] && order[right] > order[child]))) {
            child = right;
        }
        const int64_t up = order[root], down = order[child];
        if (key[up] < key[down] || (key[up] == key[down] && up > down)) {
            return;
        }
        order[root] = down;
        order[child] = up;
    }
}

static void sort_by_remainder(const classes *all, const int64_t *key) {
    for (int64_t c = 0; c < all->count; c++) {
        all->order[c] = c;
    }
    for (int64_t root = all->count / 2 - 1; root >= 0; root--) {
        sift(all, key, root, all->count);
    }
    for (int64_t len = all->count - 1; len > 0; len--) {
        const int64_t last = all->order[0];
        all->order[0] = all->order[len];
        all->order[len] = last;
        sift(all, key, 0, len);
    }
}

/* Largest remainders (Hamilton): each class its share rounded down, what is left over one each to
 * the largest remainders. */
static void apportion(classes *all, int64_t wanted, int64_t rows) {
    int64_t *key = all->take, left = wanted;
    for (int64_t c = 0; c < all->count; c++) {
        key[c] = remainder_of(all, c, wanted, rows);
    }
    sort_by_remainder(all, key);
    for (int64_t c = 0; c < all->count; c++) {
        all->take[c] = (int64_t)((__int128)wanted * size_of(all, c) / rows);
        left -= all->take[c];
    }
    for (int64_t i = 0; i < left; i++) {
        all->take[all->order[i]]++;
    }
}

/* Class c's rows in the order Philox(seed, SPLIT, step c); the first ones are taken. */
static void choose(classes *all, uint64_t seed) {
    for (int64_t c = 0; c < all->count; c++) {
        const neural_random stream = {seed, NEURAL_RANDOM_SPLIT, (uint64_t)c};
        int64_t *rows = all->rows + all->begin[c];
        neural_random_shuffle(&stream, rows, size_of(all, c));
        for (int64_t i = 0; i < all->take[c]; i++) {
            all->chosen[rows[i]] = 1;
        }
    }
}

static void list(const classes *all, int64_t rows, int64_t *train, int64_t *validation) {
    for (int64_t r = 0; r < rows; r++) {
        if (all->chosen[r]) {
            *validation++ = r;
        } else {
            *train++ = r;
        }
    }
}

neural_status neural_dataset_split(const neural_dataset *dataset, double fraction, uint64_t seed,
                                   int64_t **train, int64_t *train_rows, int64_t **validation,
                                   int64_t *validation_rows) {
    NEURAL_REQUIRE(dataset && train && train_rows && validation && validation_rows,
                   NEURAL_ERR_NULL_POINTER, "split: an argument is NULL");
    NEURAL_REQUIRE(fraction > 0.0 && fraction < 1.0, NEURAL_ERR_INVALID_ARGUMENT,
                   "split: the validation fraction has to be in (0, 1), not %g", fraction);
    const int64_t rows = neural_dataset_rows(dataset);
    NEURAL_REQUIRE(rows >= 2, NEURAL_ERR_INVALID_ARGUMENT,
                   "split: needs at least 2 rows, found %" PRId64, rows);
    int64_t wanted = (int64_t)llround(fraction * (double)rows);
    wanted = wanted < 1 ? 1 : wanted > rows - 1 ? rows - 1 : wanted;
    classes all = {0};
    int64_t *first = neural_alloc((size_t)(rows - wanted) * sizeof(int64_t));
    int64_t *second = neural_alloc((size_t)wanted * sizeof(int64_t));
    neural_status status = first && second ? group(dataset, &all) : NEURAL_ERR_OUT_OF_MEMORY;
    if (!status) {
        apportion(&all, wanted, rows);
        choose(&all, seed);
        list(&all, rows, first, second);
        *train = first;
        *train_rows = rows - wanted;
        *validation = second;
        *validation_rows = wanted;
        first = second = NULL;
    }
    neural_free(first);
    neural_free(second);
    release(&all);
    return status;
}
