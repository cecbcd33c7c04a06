// Checkpoints of a small run: refused or resumed, and the trainer can be destroyed.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "tests/fuzz/fuzzing.h"
#include "train/checkpoint.h"
#include "train/trainer.h"

namespace {

// The run that tests/fuzz/make_corpus.py makes its checkpoints of, but for the path.
std::string config_text() {
    static const int fd = memfd_create("xor", 0);
    static const char rows[] = "0,0,0\n0,1,1\n1,0,1\n1,1,0\n";
    if (pwrite(fd, rows, sizeof rows - 1, 0) != sizeof rows - 1) {
        fuzzing::fail("no file in memory");
    }
    return "[model]\narchitecture = 2,4,1\nhidden_activation = tanh\n"
           "output_activation = sigmoid\n[loss]\nloss_function = bce\n"
           "[data]\nheader = false\ntrain_file = /proc/self/fd/" +
           std::to_string(fd) +
           "\n[performance]\nnum_threads = 1\n[training]\nepochs = 4\nbatch_size = 4\n"
           "optimizer = adam\n[options]\nrandom_seed = 1\n";
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const std::string text = config_text();
    const std::string file = fuzzing::safetensors_of(data, size);
    neural_config *config = nullptr;
    neural_trainer *trainer = nullptr;
    if (neural_config_parse(text.c_str(), "xor.ini", nullptr, 0, &config) ||
        neural_trainer_create(config, nullptr, nullptr, &trainer)) {
        fuzzing::fail(neural_last_error());
    }
    {
        const fuzzing::MemoryBound bound(size);
        fuzzing::check_status(neural_trainer_load_checkpoint(trainer, fuzzing::file_of(file)));
    }
    neural_trainer_destroy(trainer);
    neural_config_destroy(config);
    return 0;
}
