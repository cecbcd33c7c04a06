#include "fuzzy/block.h"

#include <math.h>

#include "fuzzy/names.h"
#include "fuzzy/plan.h"
#include "fuzzy/rule.h"

void neural_fuzzy_block_free(fuzzy_block *block) {
    for (int64_t i = 0; i < block->count; i++) {
        neural_fuzzy_rule_free(&block->rules[i]);
    }
    neural_free(block->rules);
    neural_free((char *)block->given.name);
    neural_free((char *)block->given.description);
}

static neural_status check_block(const neural_fuzzy_block *b) {
    NEURAL_REQUIRE(neural_fuzzy_is_line(b->name) && neural_fuzzy_is_line(b->description),
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "rule block: name and description take one line each, no #");
    NEURAL_REQUIRE(!b->conjunction || neural_fuzzy_norm_is_t(b->conjunction),
                   NEURAL_ERR_INVALID_ARGUMENT, "rule block: the conjunction has to be a T-norm");
    NEURAL_REQUIRE(!b->disjunction || neural_fuzzy_norm_is_s(b->disjunction),
                   NEURAL_ERR_INVALID_ARGUMENT, "rule block: the disjunction has to be an S-norm");
    NEURAL_REQUIRE(!b->implication || neural_fuzzy_norm_is_t(b->implication),
                   NEURAL_ERR_INVALID_ARGUMENT, "rule block: the implication has to be a T-norm");
    NEURAL_REQUIRE((unsigned)b->activation <= NEURAL_FUZZY_THRESHOLD &&
                       (unsigned)b->comparison <= NEURAL_FUZZY_NOT_EQUAL,
                   NEURAL_ERR_INVALID_ARGUMENT, "rule block: activation %d of comparison %d",
                   (int)b->activation, (int)b->comparison);
    NEURAL_REQUIRE(b->rules >= 0 && !isnan(b->threshold), NEURAL_ERR_INVALID_ARGUMENT,
                   "rule block: %lld rules above %g", (long long)b->rules, b->threshold);
    return NEURAL_OK;
}

neural_status neural_fuzzy_system_add_block(neural_fuzzy_system *system,
                                            const neural_fuzzy_block *block) {
    char *name = NULL, *description = NULL;
    NEURAL_REQUIRE(system && block, NEURAL_ERR_NULL_POINTER,
                   "rule block: system and block must be given");
    NEURAL_TRY(check_block(block));
    NEURAL_TRY(neural_fuzzy_list_grow(&system->blocks, system->block_count, &system->block_capacity,
                                      sizeof *system->blocks));
    neural_status status = neural_fuzzy_copy_text(block->name, &name);
    status = status ? status : neural_fuzzy_copy_text(block->description, &description);
    if (status) {
        neural_free(name);
        return status;
    }
    fuzzy_block *added = &system->blocks[system->block_count++];
    *added = (fuzzy_block){.given = *block};
    added->given.name = name;
    added->given.description = description;
    added->given.rules = block->rules ? block->rules : 1;
    neural_fuzzy_plan_free(system);
    return NEURAL_OK;
}

neural_status neural_fuzzy_system_add_rule(neural_fuzzy_system *system, const char *rule) {
    NEURAL_REQUIRE(system && rule, NEURAL_ERR_NULL_POINTER,
                   "fuzzy rule: system and rule must be given");
    NEURAL_REQUIRE(system->block_count > 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "fuzzy rule: there is no rule block yet");
    fuzzy_block *block = &system->blocks[system->block_count - 1];
    NEURAL_TRY(neural_fuzzy_list_grow(&block->rules, block->count, &block->capacity,
                                      sizeof *block->rules));
    NEURAL_TRY(neural_fuzzy_rule_parse(system, rule, &block->rules[block->count]));
    block->count++;
    neural_fuzzy_plan_free(system);
    return NEURAL_OK;
}
