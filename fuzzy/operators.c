#include "fuzzy/operators.h"

#include <math.h>
#include <string.h>

#include "fuzzy/near.h"

#define UNARY(name, value)                                                                         \
    static double apply_##name(double a, double b) {                                               \
        (void)b;                                                                                   \
        return value;                                                                              \
    }
#define BINARY(name, value)                                                                        \
    static double apply_##name(double a, double b) {                                               \
        return value;                                                                              \
    }

static double apply_pi(double a, double b) {
    (void)a;
    (void)b;
    return M_PI;
}
UNARY(not, neural_is_near(a, 1) ? 0 : 1)
UNARY(minus, -a)
BINARY(power, pow(a, b))
BINARY(times, a *b)
BINARY(divide, a / b)
BINARY(modulo, fmod(a, b))
BINARY(plus, a + b)
BINARY(less, a - b)
BINARY(and, neural_is_near(a, 1) && neural_is_near(b, 1))
BINARY(or, neural_is_near(a, 1) || neural_is_near(b, 1))
UNARY(abs, fabs(a))
UNARY(acos, acos(a))
UNARY(asin, asin(a))
UNARY(atan, atan(a))
BINARY(atan2, atan2(a, b))
UNARY(ceil, ceil(a))
UNARY(cos, cos(a))
UNARY(cosh, cosh(a))
BINARY(eq, neural_is_near(a, b))
UNARY(exp, exp(a))
UNARY(floor, floor(a))
BINARY(ge, neural_is_near(a, b) || a > b)
BINARY(gt, neural_is_above(a, b))
BINARY(le, neural_is_near(a, b) || a < b)
UNARY(log, log(a))
UNARY(log10, log10(a))
UNARY(log1p, log1p(a))
BINARY(lt, neural_is_below(a, b))
BINARY(max, a > b || isnan(b) ? a : b)
BINARY(min, a < b || isnan(b) ? a : b)
BINARY(neq, !neural_is_near(a, b))
UNARY(round, round(a))
UNARY(sin, sin(a))
UNARY(sinh, sinh(a))
UNARY(sqrt, sqrt(a))
UNARY(tan, tan(a))
UNARY(tanh, tanh(a))

static const neural_fuzzy_operator operators[] = {
    {"!", 1, 100, 1, apply_not},     {"~", 1, 100, 1, apply_minus},
    {"^", 2, 90, 1, apply_power},    {"*", 2, 80, 0, apply_times},
    {"/", 2, 80, 0, apply_divide},   {"%", 2, 80, 0, apply_modulo},
    {"+", 2, 70, 0, apply_plus},     {"-", 2, 70, 0, apply_less},
    {"and", 2, 60, 0, apply_and},    {"or", 2, 50, 0, apply_or},
    {"abs", 1, 0, 0, apply_abs},     {"acos", 1, 0, 0, apply_acos},
    {"asin", 1, 0, 0, apply_asin},   {"atan", 1, 0, 0, apply_atan},
    {"atan2", 2, 0, 0, apply_atan2}, {"ceil", 1, 0, 0, apply_ceil},
    {"cos", 1, 0, 0, apply_cos},     {"cosh", 1, 0, 0, apply_cosh},
    {"eq", 2, 0, 0, apply_eq},       {"exp", 1, 0, 0, apply_exp},
    {"fabs", 1, 0, 0, apply_abs},    {"floor", 1, 0, 0, apply_floor},
    {"fmod", 2, 0, 0, apply_modulo}, {"ge", 2, 0, 0, apply_ge},
    {"gt", 2, 0, 0, apply_gt},       {"le", 2, 0, 0, apply_le},
    {"log", 1, 0, 0, apply_log},     {"log10", 1, 0, 0, apply_log10},
    {"log1p", 1, 0, 0, apply_log1p}, {"lt", 2, 0, 0, apply_lt},
    {"max", 2, 0, 0, apply_max},     {"min", 2, 0, 0, apply_min},
    {"neq", 2, 0, 0, apply_neq},     {"pi", 0, 0, 0, apply_pi},
    {"pow", 2, 0, 0, apply_power},   {"round", 1, 0, 0, apply_round},
    {"sin", 1, 0, 0, apply_sin},     {"sinh", 1, 0, 0, apply_sinh},
    {"sqrt", 1, 0, 0, apply_sqrt},   {"tan", 1, 0, 0, apply_tan},
    {"tanh", 1, 0, 0, apply_tanh},
};

const neural_fuzzy_operator neural_fuzzy_minus_sign = {"-", 1, 85, 1, apply_minus};

const neural_fuzzy_operator *neural_fuzzy_operator_find(const char *name, size_t len) {
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (strlen(operators[i].name) == len && memcmp(operators[i].name, name, len) == 0) {
            return &operators[i];
        }
    }
    return NULL;
}
