#include "fuzzy/plan.h"

#include <string.h>

neural_status neural_fuzzy_plan_alloc(neural_arena *arena, int64_t count, size_t bytes, void *out) {
    int64_t total = 0;
    NEURAL_TRY(neural_size_mul(count, (int64_t)bytes, &total));
    void *memory = neural_arena_alloc(arena, (size_t)total);
    if (!memory) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    memset(memory, 0, (size_t)total);
    memcpy(out, &memory, sizeof memory);
    return NEURAL_OK;
}

neural_status neural_fuzzy_plan_columns(neural_arena *arena, int64_t count, double **out) {
    return neural_fuzzy_plan_alloc(arena, count, FUZZY_ROWS * sizeof(double), out);
}

void neural_fuzzy_plan_free(neural_fuzzy_system *system) {
    neural_arena_destroy(system->arena);
    system->arena = NULL;
}
