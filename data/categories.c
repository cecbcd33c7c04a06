#include "data/categories.h"

#include <string.h>

#include "core/base/memory.h"

enum { TEXT_BYTES = 256, FIRST_SLOTS = 64 };

/* Open addressing; a slot holds a code + 1, 0 = free. At most half of the slots, a power of 2, are
 * taken: a table of many columns with few categories stays small. */
struct neural_categories {
    neural_names *names;
    uint16_t *slot;
    uint32_t slots;
};

/* 32-bit FNV-1a. */
static uint32_t hash_of(const char *text) {
    uint32_t hash = 0x811C9DC5u;
    for (; *text; text++) {
        hash = (hash ^ (unsigned char)*text) * 0x01000193u;
    }
    return hash;
}

/* The slot of a text that is known, or the free one where it would go. */
static uint16_t *find(const neural_categories *categories, const char *text) {
    uint32_t at = hash_of(text) & (categories->slots - 1);
    while (categories->slot[at] &&
           strcmp(neural_names_get(categories->names, categories->slot[at] - 1), text) != 0) {
        at = (at + 1) & (categories->slots - 1);
    }
    return &categories->slot[at];
}

static neural_status make_slots(neural_categories *categories, uint32_t slots) {
    uint16_t *slot = neural_alloc_zeroed(slots * sizeof *slot);
    if (!slot) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    neural_free(categories->slot);
    categories->slot = slot;
    categories->slots = slots;
    const int64_t count = neural_names_count(categories->names);
    for (int64_t i = 0; i < count; i++) {
        *find(categories, neural_names_get(categories->names, i)) = (uint16_t)(i + 1);
    }
    return NEURAL_OK;
}

neural_status neural_categories_create(neural_categories **out) {
    neural_categories *categories = neural_alloc_zeroed(sizeof *categories);
    if (!categories) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    neural_status status = neural_names_create(&categories->names);
    if (!status) {
        status = make_slots(categories, FIRST_SLOTS);
    }
    if (status) {
        neural_categories_destroy(categories);
        return status;
    }
    *out = categories;
    return NEURAL_OK;
}

void neural_categories_destroy(neural_categories *categories) {
    if (categories) {
        neural_names_destroy(categories->names);
        neural_free(categories->slot);
        neural_free(categories);
    }
}

neural_names *neural_categories_take_names(neural_categories *categories) {
    neural_names *names = categories->names;
    categories->names = NULL;
    return names;
}

neural_status neural_categories_number(neural_categories *categories, const neural_csv *csv,
                                       const neural_csv_field *field, double *code) {
    char text[TEXT_BYTES];
    NEURAL_TRY(neural_csv_unquote(csv, field, text, sizeof text));
    if (!text[0]) {
        return neural_csv_fail(csv, field, "a category");
    }
    const uint16_t known = *find(categories, text);
    if (known) {
        *code = (double)(known - 1);
        return NEURAL_OK;
    }
    const int64_t count = neural_names_count(categories->names);
    if (count == NEURAL_MAX_CATEGORIES) {
        return neural_csv_fail(csv, field, "at most 16384 different categories");
    }
    if (2 * (count + 1) > categories->slots) {
        NEURAL_TRY(make_slots(categories, 2 * categories->slots));
    }
    NEURAL_TRY(neural_names_add(categories->names, text));
    *find(categories, text) = (uint16_t)(count + 1);
    *code = (double)count;
    return NEURAL_OK;
}
