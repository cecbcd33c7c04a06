/* The works of the tests: small runs with everything that touches memory and files. */
#ifndef TESTS_FAULT_RUN_H_
#define TESTS_FAULT_RUN_H_

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "model/config.h"
#include "model/model.h"
#include "model/safetensors.h"
#include "tests/fault/harness.h"
#include "train/trainer.h"
#include <gtest/gtest.h>

namespace fault {

struct Destroy {
    void operator()(neural_config *p) const { neural_config_destroy(p); }
    void operator()(neural_trainer *p) const { neural_trainer_destroy(p); }
    void operator()(neural_model *p) const { neural_model_destroy(p); }
    void operator()(neural_dataset *p) const { neural_dataset_destroy(p); }
    void operator()(neural_tensor *p) const { neural_tensor_release(p); }
};
template <typename T> using Owned = std::unique_ptr<T, Destroy>;

/* `call` gets the address of a raw pointer; what it makes is owned. */
template <typename T, typename Call> neural_status Make(Owned<T> *owned, Call call) {
    T *made = nullptr;
    const neural_status status = call(&made);
    owned->reset(made);
    EXPECT_TRUE(!status == (made != nullptr)) << "a result without success, or the reverse";
    return status;
}

#define FAULT_TRY(expression)                                                                      \
    do {                                                                                           \
        if (const neural_status fault_status = (expression)) {                                     \
            return Outcome(fault_status);                                                          \
        }                                                                                          \
    } while (0)

inline std::string Slurp(const std::string &path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/* A new directory for what all points of a test read. */
inline std::string SharedDir() {
    std::string pattern = testing::TempDir() + "/shared.XXXXXX";
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    return pattern;
}

/* Rows of three classes in five columns with names, one of them of words or not; some cells are
 * missing. */
inline void WriteRows(const std::string &path, int rows, bool has_words) {
    std::ofstream out(path);
    out << "a,b,c,d,e,label\n";
    for (int i = 0; i < rows; i++) {
        const int label = i % 3;
        for (int j = 0; j < 4; j++) {
            if (i % 7 != j || j == 0) {
                out << (label * 3 - j) % 5 + 0.01 * ((i * 37 + j * 11) % 50);
            }
            out << ',';
        }
        out << (has_words ? i % 2 ? "odd" : "even"
                : i % 2   ? "1"
                          : "0")
            << ',' << "abc"[label] << '\n';
    }
}

inline std::string ConfigText(const std::string &shared, int features, const std::string &more) {
    return "[model]\ninput = " + std::to_string(features) +
           "\nlayers = linear 8 | batchnorm | relu | dropout 0.1 | linear 3\n"
           "[loss]\nfunction = cross_entropy\n[optimizer]\ntype = adam\n"
           "[data]\ntrain_file = " +
           shared + "/train.csv\ntest_file = " + shared +
           "/test.csv\nlabel_column = label\nnormalize = zscore\nval_split = 0.25\n"
           "missing = mean\n[performance]\nnum_threads = 1\n"
           "[training]\nlearning_rate = 0.01\nbatch_size = 16\n" +
           more;
}

inline std::string IsWholeSafetensors(const std::string &content) {
    const std::string path = testing::TempDir() + "/judged.safetensors";
    std::ofstream(path, std::ios::binary) << content;
    neural_safetensors *file = nullptr;
    const neural_status status = neural_safetensors_open(path.c_str(), &file);
    neural_safetensors_close(file);
    return status ? neural_last_error() : "";
}

} // namespace fault

#endif // TESTS_FAULT_RUN_H_
