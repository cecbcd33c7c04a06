#include "train/checkpoint.h"

#include <unistd.h>

#include "core/base/memory.h"
#include "tests/train/toy_run.h"

namespace {

std::string Config(const std::string &data) {
    return ToyConfig(data, "epochs = 4\nbatch_size = 16\nlr_step_size = 1\nlr_gamma = 0.7\n"
                           "gradient_clip = 1\n[model]\ndropout = 0.2\n[data]\nval_split = 0.2\n"
                           "normalize = zscore\n");
}

int StopAt(void *context, const neural_epoch_report *) {
    return --*(int *)context == 0;
}

TEST(Checkpoint, ResumedRunsHaveTheBitsOfAnUninterruptedOne) {
    const std::string data = Clusters("resume.csv", 123, 5, 3);
    const std::string path = TestPath("resume.safetensors");
    ToyTrainer whole(Config(data));
    const neural_train_report expected = whole.Run();
    ASSERT_EQ(whole.status(), NEURAL_OK) << neural_last_error();
    for (int stop = 1; stop < 28; stop++) { /* 7 batches in each of 4 epochs */
        ToyTrainer first(Config(data));
        int left = stop;
        first.Run(StopAt, &left);
        ASSERT_EQ(first.status(), NEURAL_ERR_INTERRUPTED);
        ASSERT_EQ(neural_trainer_save_checkpoint(first.get(), path.c_str()), NEURAL_OK)
            << neural_last_error();
        ToyTrainer second(Config(data));
        ASSERT_EQ(neural_trainer_load_checkpoint(second.get(), path.c_str()), NEURAL_OK)
            << neural_last_error();
        const neural_train_report report = second.Run();
        ASSERT_EQ(second.status(), NEURAL_OK) << neural_last_error();
        EXPECT_EQ(second.Bits(), whole.Bits()) << "stopped after " << stop;
        EXPECT_EQ(report.best_epoch, expected.best_epoch);
        EXPECT_EQ(report.val_loss, expected.val_loss);
        EXPECT_EQ(report.steps, expected.steps);
    }
}

TEST(Checkpoint, OtherDataOrConfigIsRefused) {
    const std::string path = TestPath("origin.safetensors");
    const std::string data = Clusters("origin.csv", 60, 5, 3);
    ToyTrainer first(Config(data));
    ASSERT_EQ(neural_trainer_save_checkpoint(first.get(), path.c_str()), NEURAL_OK);
    ToyTrainer other_data(Config(Clusters("origin2.csv", 63, 5, 3)));
    EXPECT_EQ(neural_trainer_load_checkpoint(other_data.get(), path.c_str()), NEURAL_ERR_DATA);
    EXPECT_NE(std::string(neural_last_error()).find("digest"), std::string::npos);
    ToyTrainer other_seed(Config(data) + "[options]\nrandom_seed = 9\n");
    EXPECT_EQ(neural_trainer_load_checkpoint(other_seed.get(), path.c_str()),
              NEURAL_ERR_INVALID_CONFIG);
    std::string wider = Config(data);
    wider.replace(wider.find("5,16,3"), 6, "5,17,3");
    ToyTrainer other_model(wider);
    EXPECT_EQ(neural_trainer_load_checkpoint(other_model.get(), path.c_str()),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(neural_trainer_load_checkpoint(first.get(), TestPath("absent").c_str()),
              NEURAL_ERR_FILE_NOT_FOUND);
}

TEST(Checkpoint, TruncatedFilesAreRefused) {
    const std::string path = TestPath("whole.safetensors"), cut = TestPath("cut.safetensors");
    ToyTrainer run(Config(Clusters("cut.csv", 60, 5, 3)));
    ASSERT_EQ(neural_trainer_save_checkpoint(run.get(), path.c_str()), NEURAL_OK);
    std::ifstream in(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    ASSERT_GT(bytes.size(), 1000u);
    for (size_t len = 0; len < bytes.size(); len += 1 + len / 50) {
        std::ofstream(cut, std::ios::binary).write(bytes.data(), (std::streamsize)len);
        ASSERT_NE(neural_trainer_load_checkpoint(run.get(), cut.c_str()), NEURAL_OK) << len;
    }
}

} // namespace
