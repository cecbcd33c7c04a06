#include "data/names.h"

#include <string.h>

#include "core/base/memory.h"

struct neural_names {
    int64_t count, room;
    size_t *begin; /* of each text in bytes */
    char *bytes;
    size_t bytes_used, bytes_room;
};

enum { FIRST_ROOM = 16, FIRST_BYTES = 256 };

neural_status neural_names_create(neural_names **out) {
    neural_names *names = neural_alloc_zeroed(sizeof(*names));
    if (!names) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    *out = names;
    return NEURAL_OK;
}

void neural_names_destroy(neural_names *names) {
    if (names) {
        neural_free(names->begin);
        neural_free(names->bytes);
        neural_free(names);
    }
}

static neural_status make_room(neural_names *names, size_t bytes) {
    if (names->count == names->room) {
        const int64_t room = names->room ? names->room * 2 : FIRST_ROOM;
        size_t *begin = neural_realloc(names->begin, (size_t)names->count * sizeof(*begin),
                                       (size_t)room * sizeof(*begin));
        if (!begin) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
        names->begin = begin;
        names->room = room;
    }
    if (bytes > names->bytes_room - names->bytes_used) {
        const size_t room = names->bytes_room * 2 + bytes + FIRST_BYTES;
        char *grown = neural_realloc(names->bytes, names->bytes_used, room);
        if (!grown) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
        names->bytes = grown;
        names->bytes_room = room;
    }
    return NEURAL_OK;
}

neural_status neural_names_add(neural_names *names, const char *text) {
    const size_t bytes = strlen(text) + 1;
    NEURAL_TRY(make_room(names, bytes));
    memcpy(names->bytes + names->bytes_used, text, bytes);
    names->begin[names->count++] = names->bytes_used;
    names->bytes_used += bytes;
    return NEURAL_OK;
}

int64_t neural_names_count(const neural_names *names) {
    return names ? names->count : 0;
}

const char *neural_names_get(const neural_names *names, int64_t index) {
    const int inside = index >= 0 && index < neural_names_count(names);
    return inside ? names->bytes + names->begin[index] : NULL;
}

int64_t neural_names_search(const neural_names *names, const int32_t *order, int64_t count,
                            const char *text, int *found) {
    int64_t low = 0, high = count;
    *found = 0;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const int sign = strcmp(neural_names_get(names, order[middle]), text);
        if (sign == 0) {
            *found = 1;
            return middle;
        }
        low = sign < 0 ? middle + 1 : low;
        high = sign > 0 ? middle : high;
    }
    return low;
}
