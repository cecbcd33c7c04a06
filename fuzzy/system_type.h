/* Inside of a fuzzy system: what was added, and the plan by which it is evaluated. */
#ifndef FUZZY_SYSTEM_TYPE_H_
#define FUZZY_SYSTEM_TYPE_H_

#include "core/base/memory.h"
#include "fuzzy/expression.h"
#include "fuzzy/system.h"

/* Rows that are evaluated together; every column of the plan has room for so many. */
enum { FUZZY_ROWS = 64 };

typedef struct fuzzy_term {
    neural_fuzzy_term given; /* name and params are owned, formula is the expression's */
    neural_fuzzy_expression *expression;
    int is_unbound;       /* the formula names something that is not there */
    int64_t line, column; /* of the parameters, in the text it was read from */
} fuzzy_term;

/* A conclusion about an output: its term and the block's implication. */
typedef struct fuzzy_conclusion {
    int64_t term;
    neural_fuzzy_norm implication;
    double *degrees; /* a column: 0 where the rule does not fire */
    int is_reached;  /* the rule has had its turn in these rows */
} fuzzy_conclusion;

/* How an output comes by its centroids: by general means, or by a kernel that clips or scales. */
typedef enum fuzzy_kernel { FUZZY_GENERAL, FUZZY_CLIPS, FUZZY_SCALES } fuzzy_kernel;

typedef struct fuzzy_variable {
    neural_fuzzy_variable given; /* name and description are owned */
    fuzzy_term *terms;
    int64_t term_count, term_capacity;
    /* plan; x of an input, value of an output */
    double *values;
    double *memberships;           /* input: a column per term */
    unsigned char *is_known;       /* input: the column is there */
    unsigned char *fired;          /* output: some rule has concluded about it */
    fuzzy_conclusion *conclusions; /* output: in the order of rules */
    int64_t conclusion_count;
    double *samples; /* sampled output: [terms, resolution] */
    double *grouped; /* sampled output: a column per term */
    double *table;   /* of the kernel: samples of all terms, then x, per sample */
    fuzzy_kernel kernel;
    int has_moving_terms; /* Linear or Function: not tabulated */
    double previous;      /* output: its last finite value */
} fuzzy_variable;

typedef struct fuzzy_variables {
    fuzzy_variable *items;
    int64_t count, capacity;
} fuzzy_variables;

typedef struct fuzzy_proposition {
    int is_output;
    int64_t variable;
    int64_t term; /* -1: any */
    int64_t hedge_begin, hedge_end;
    fuzzy_conclusion *conclusion; /* plan, of a conclusion; NULL when the output is disabled */
} fuzzy_proposition;

/* An antecedent in postfix order. */
typedef enum fuzzy_step_kind { FUZZY_IS, FUZZY_AND, FUZZY_OR } fuzzy_step_kind;
typedef struct fuzzy_step {
    fuzzy_step_kind kind;
    int64_t proposition;
} fuzzy_step;

typedef struct fuzzy_rule {
    char *text;
    double weight;
    fuzzy_step *steps;
    int64_t step_count;
    fuzzy_proposition *propositions; /* of the antecedent, then the conclusions */
    int64_t condition_count, proposition_count;
    unsigned char *hedges; /* in the order of the text */
} fuzzy_rule;

typedef struct fuzzy_block {
    neural_fuzzy_block given;
    fuzzy_rule *rules;
    int64_t count, capacity;
} fuzzy_block;

/* What the selection of rules sorts. */
typedef struct fuzzy_ranked {
    double degree;
    int64_t rule;
} fuzzy_ranked;

struct neural_fuzzy_system {
    char *name, *description;
    fuzzy_variables inputs, outputs;
    fuzzy_block *blocks;
    int64_t block_count, block_capacity;
    /* plan */
    neural_arena *arena; /* NULL: not prepared */
    int64_t rows_at_once;
    double *stack;           /* columns of an antecedent */
    const double **operands; /* columns that stand on the stack */
    double *degrees;         /* a column per rule of the largest block */
    fuzzy_ranked *ranked;
    double *formula_values;        /* x, inputs, outputs */
    double *set, *level, *clipped; /* of one row: aggregated samples, and scratch */
    double row_values[FUZZY_ROWS];
    struct fuzzy_lines *lines; /* scratch of the exact centroid */
};

#endif /* FUZZY_SYSTEM_TYPE_H_ */
