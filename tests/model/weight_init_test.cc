// Every word of weight_init, from the config to the moments of the weights it starts with.
#include <cmath>

#include "core/tensor/parameter.h"
#include "tests/model/models.h"

namespace {

struct Word {
    const char *word;
    double (*scale)(double fan_in, double fan_out); // standard deviation before any cut
    double variance;                                // of the draws in units of scale^2
    double bound;                                   // largest draw in units of scale, 0 = none
};

const Word kWords[] = {
    {"default", [](double in, double) { return std::sqrt(1 / (3 * in)); }, 1, std::sqrt(3.0)},
    {"he", [](double in, double) { return std::sqrt(2 / in); }, 1, std::sqrt(3.0)},
    {"kaiming_uniform", [](double in, double) { return std::sqrt(2 / in); }, 1, std::sqrt(3.0)},
    {"he_normal", [](double in, double) { return std::sqrt(2 / in); }, 1, 0},
    {"kaiming_normal", [](double in, double) { return std::sqrt(2 / in); }, 1, 0},
    {"xavier", [](double in, double out) { return std::sqrt(2 / (in + out)); }, 1, std::sqrt(3.0)},
    {"glorot", [](double in, double out) { return std::sqrt(2 / (in + out)); }, 1, std::sqrt(3.0)},
    {"xavier_uniform", [](double in, double out) { return std::sqrt(2 / (in + out)); }, 1,
     std::sqrt(3.0)},
    {"xavier_normal", [](double in, double out) { return std::sqrt(2 / (in + out)); }, 1, 0},
    {"truncated_normal", [](double in, double) { return std::sqrt(2 / in); }, 0.7737, 2},
    {"orthogonal", [](double in, double out) { return std::sqrt(1 / std::fmax(in, out)); }, 1, 0},
    {"zeros", [](double, double) { return 0.0; }, 1, 0},
};

void Check(const Word &word, const std::string &net, size_t fan_in, size_t fan_out, size_t outs) {
    const Model model = Build("[model]\n" + net + "\n[initialization]\nweight_init = " + word.word +
                              "\nbias_init = zero\n[options]\nseed = 3\n");
    const neural_parameters *all = neural_model_parameters(model.get());
    const std::vector<double> w = Values(all->item[0]->value);
    ASSERT_EQ(w.size(), fan_in * outs);
    // Orthogonal rows have the length 1, whatever a convolution's fan_out is.
    const double of_out =
        static_cast<double>(std::string(word.word) == "orthogonal" ? outs : fan_out);
    const double scale = word.scale(static_cast<double>(fan_in), of_out);
    const double n = static_cast<double>(w.size());
    double sum = 0, square = 0, largest = 0;
    for (const double v : w) {
        sum += v;
        square += v * v;
        largest = std::fmax(largest, std::fabs(v));
    }
    EXPECT_NEAR(sum / n, 0, 5 * scale / std::sqrt(n));
    EXPECT_NEAR(square / n, word.variance * scale * scale, 0.05 * scale * scale);
    if (word.bound > 0) {
        EXPECT_LE(largest, word.bound * scale * (1 + 1e-6));
        EXPECT_GE(largest, 0.98 * word.bound * scale);
    }
    EXPECT_EQ(Values(all->item[1]->value), std::vector<double>(outs));
}

TEST(WeightInit, EveryWordOfTheConfig) {
    for (const Word &word : kWords) {
        SCOPED_TRACE(word.word);
        for (const char *dtype : {"f32", "f64"}) {
            const std::string type = "\ndtype = " + std::string(dtype);
            Check(word, "input = 120\nlayers = linear 90" + type, 120, 90, 90);
            Check(word,
                  "input = 12x6x6\nlayers = conv2d 80 3x5 pad=same | flatten | linear 2" + type,
                  12 * 15, 80 * 15, 80);
        }
    }
}

} // namespace
