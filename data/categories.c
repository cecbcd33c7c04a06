#include "data/categories.h"

#include <string.h>

#include "core/base/memory.h"

enum { TEXT_BYTES = 256, SLOTS = 1 << 15 /* twice NEURAL_MAX_CATEGORIES */ };

/* Open addressing; a slot holds a code + 1, 0 = free. */
struct neural_categories {
    neural_names *names;
    uint16_t slot[SLOTS];
};

neural_status neural_categories_create(neural_categories **out) {
    neural_categories *categories = neural_alloc_zeroed(sizeof *categories);
    if (!categories) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    const neural_status status = neural_names_create(&categories->names);
    if (status) {
        neural_free(categories);
        return status;
    }
    *out = categories;
    return NEURAL_OK;
}

void neural_categories_destroy(neural_categories *categories) {
    if (categories) {
        neural_names_destroy(categories->names);
        neural_free(categories);
    }
}

neural_names *neural_categories_take_names(neural_categories *categories) {
    neural_names *names = categories->names;
    categories->names = NULL;
    return names;
}

/* 32-bit FNV-1a. */
static uint32_t hash_of(const char *text) {
    uint32_t hash = 0x811C9DC5u;
    for (; *text; text++) {
        hash = (hash ^ (unsigned char)*text) * 0x01000193u;
    }
    return hash;
}

neural_status neural_categories_number(neural_categories *categories, const neural_csv *csv,
                                       const neural_csv_field *field, double *code) {
    char text[TEXT_BYTES];
    NEURAL_TRY(neural_csv_unquote(csv, field, text, sizeof text));
    if (!text[0]) {
        return neural_csv_fail(csv, field, "a category");
    }
    uint32_t at = hash_of(text) % SLOTS;
    for (; categories->slot[at]; at = (at + 1) % SLOTS) {
        const int64_t known = categories->slot[at] - 1;
        if (strcmp(neural_names_get(categories->names, known), text) == 0) {
            *code = (double)known;
            return NEURAL_OK;
        }
    }
    const int64_t count = neural_names_count(categories->names);
    if (count == NEURAL_MAX_CATEGORIES) {
        return neural_csv_fail(csv, field, "at most 16384 different categories");
    }
    NEURAL_TRY(neural_names_add(categories->names, text));
    categories->slot[at] = (uint16_t)(count + 1);
    *code = (double)count;
    return NEURAL_OK;
}
