/* Networks of convolutions, batch norms, blocks and lookups are trained from configs: they learn,
 * they resume to the same bits, running statistics included, and threads change nothing. */
#include "core/autograd/ops.h"
#include "core/autograd/tape.h"
#include "core/base/threads.h"
#include "layers/embedding.h"
#include "layers/linear.h"
#include "optim/optimizer.h"
#include "tests/train/toy_run.h"
#include "train/checkpoint.h"

namespace {

/* One pattern per class on 2 x 7 x 6 pixels in noise: rows, columns, diagonals, labels last. */
std::string Stripes(const std::string &name, int rows) {
    std::mt19937 random(3);
    std::normal_distribution<double> normal;
    std::string text;
    for (int i = 0; i < rows; i++) {
        const int label = i % 3, phase = (int)(random() % 3);
        for (int pixel = 0; pixel < 2 * 7 * 6; pixel++) {
            const int row = pixel / 6 % 7, col = pixel % 6;
            const int along = label == 0 ? row : label == 1 ? col : row + col;
            const double lit = (along + phase) % 3 == 0;
            text += std::to_string(2 * lit + 0.4 * normal(random)) + ",";
        }
        text += std::to_string(label) + "\n";
    }
    WriteText(TestPath(name), text);
    return TestPath(name);
}

/* Six words of a language of 20; the class is which of the words 1, 2 and 3 occurs, 0 fills up. */
std::string Sentences(const std::string &name, int rows) {
    std::mt19937 random(4);
    std::string text;
    for (int i = 0; i < rows; i++) {
        const int label = i % 3, at = (int)(random() % 6), len = at + 1 + (int)(random() % 6);
        for (int t = 0; t < 6; t++) {
            const int other = t < len ? 4 + (int)(random() % 16) : 0;
            text += std::to_string(t == at ? 1 + label : other) + ",";
        }
        text += std::to_string(label) + "\n";
    }
    WriteText(TestPath(name), text);
    return TestPath(name);
}

const char kBlocks[] =
    "layers = {\n"
    "  conv2d 6 3x3 pad=same bias=false | batchnorm | relu |\n"
    "  residual { conv2d 6 3x3 pad=1 bias=false | batchnorm | relu |\n"
    "             conv2d 6 3x3 pad=1 bias=false | batchnorm } | relu | maxpool2d 2x2 |\n"
    "  residual { conv2d 8 3x3 pad=1 stride=2 | batchnorm } { conv2d 8 1x1 stride=2 | batchnorm } "
    "|\n"
    "  concat { conv2d 4 1x1 | batchnorm momentum=none | relu }\n"
    "         { conv2d 3 3x3 pad=1 | batchnorm | relu | dropout2d 0.1 } |\n"
    "  flatten | linear 3 }\n";

std::string Config(const std::string &data, const std::string &input, const std::string &layers,
                   const std::string &more = "") {
    return "[model]\ninput = " + input + "\n" + layers + more +
           "\n[loss]\nfunction = cross_entropy\n[optimizer]\ntype = adam\n[data]\ntrain_file = " +
           data + "\nval_split = 0.2\n[performance]\nnum_threads = 1\n" +
           "[training]\nepochs = 4\nbatch_size = 16\nlearning_rate = 0.01\n[options]\nseed = 2\n";
}

std::string ImageConfig(const std::string &data, const std::string &more = "") {
    return Config(data, "2x7x6", kBlocks, more);
}

std::string SentenceConfig(const std::string &data, const std::string &layers) {
    std::string config = Config(data, "6", "layers = " + layers);
    return config.replace(config.find("epochs = 4"), 10, "epochs = 25");
}

const char kFlat[] = "embedding 20 5 padding=0 | flatten | linear 16 | relu | linear 3";
const char kMean[] =
    "embedding 20 8 padding=0 | reshape 1x6x8 | avgpool2d 6x1 | flatten | linear 3";

int StopAt(void *context, const neural_epoch_report *) {
    return --*(int *)context == 0;
}

std::vector<double> ValuesOf(const neural_tensor *tensor) {
    std::vector<double> out((size_t)neural_tensor_len(tensor));
    for (int64_t i = 0; i < neural_tensor_len(tensor); i++) {
        out[(size_t)i] = neural_tensor_dtype(tensor) == NEURAL_DTYPE_F32
                             ? ((const float *)neural_tensor_data(tensor))[i]
                             : ((const double *)neural_tensor_data(tensor))[i];
    }
    return out;
}

/* Stopped after so many batches, saved, loaded into a new trainer, run to the end. */
void CheckResumes(const std::string &config, const std::vector<int> &stops) {
    const std::string path = TestPath("images.safetensors");
    ToyTrainer whole(config);
    ASSERT_EQ(whole.status(), NEURAL_OK) << neural_last_error();
    whole.Run();
    ASSERT_EQ(whole.status(), NEURAL_OK) << neural_last_error();
    for (const int stop : stops) {
        ToyTrainer first(config), second(config);
        int left = stop;
        first.Run(StopAt, &left);
        ASSERT_EQ(first.status(), NEURAL_ERR_INTERRUPTED);
        ASSERT_EQ(neural_trainer_save_checkpoint(first.get(), path.c_str()), NEURAL_OK);
        EXPECT_NE(second.BufferBits(), first.BufferBits());
        ASSERT_EQ(neural_trainer_load_checkpoint(second.get(), path.c_str()), NEURAL_OK)
            << neural_last_error();
        EXPECT_EQ(second.BufferBits(), first.BufferBits());
        second.Run();
        ASSERT_EQ(second.status(), NEURAL_OK) << neural_last_error();
        EXPECT_EQ(second.Bits(), whole.Bits()) << "stopped after " << stop;
        EXPECT_EQ(second.BufferBits(), whole.BufferBits()) << "stopped after " << stop;
    }
}

TEST(TrainerImages, BlocksOfConvolutionsLearn) {
    const std::string data = Stripes("stripes.csv", 240);
    for (const char *dtype : {"f32", "f64"}) {
        const std::string config = ImageConfig(data, std::string("dtype = ") + dtype);
        ToyTrainer run(config), untrained(config);
        ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
        const neural_train_report report = run.Run();
        ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
        EXPECT_GE(report.val_metric, 0.95);
        const neural_parameters *before =
            neural_model_parameters(neural_trainer_model(untrained.get()));
        const neural_parameters *after = neural_model_parameters(neural_trainer_model(run.get()));
        ASSERT_EQ(after->count, 27);
        for (int i = 0; i < after->count; i++) {
            EXPECT_NE(ValuesOf(after->item[i]->value), ValuesOf(before->item[i]->value))
                << after->item[i]->name << " was not trained";
        }
    }
}

TEST(TrainerImages, BlocksResumeToTheSameBits) {
    const std::string data = Stripes("stripes_resume.csv", 120);
    CheckResumes(ImageConfig(data), {1, 5, 6, 7, 17, 23});
    CheckResumes(ImageConfig(data, "dtype = f64"), {8});
}

TEST(TrainerImages, ThreadsChangeNothing) {
    const std::string config = ImageConfig(Stripes("stripes_threads.csv", 120));
    std::vector<std::vector<char>> bits;
    for (int threads = 1; threads <= 3; threads++) {
        std::string with = config;
        with.replace(with.find("num_threads = 1"), 15, "num_threads = " + std::to_string(threads));
        ToyTrainer run(with);
        ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
        run.Run();
        ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
        bits.push_back(run.Bits());
        bits.push_back(run.BufferBits());
    }
    EXPECT_EQ(neural_set_num_threads(1), NEURAL_OK);
    for (int i = 2; i < 6; i++) {
        EXPECT_EQ(bits[(size_t)i], bits[(size_t)i % 2]) << i / 2 + 1 << " threads";
    }
}

/* 96 training rows in batches of 5, 19 and 95 leave one row over; of 4 none. */
TEST(TrainerImages, ALastBatchOfOneRowIsRefusedBeforeTraining) {
    const std::string data = Stripes("stripes_rest.csv", 120);
    const struct {
        const char *batch, *layers;
        bool refused;
    } cases[] = {
        {"5", "flatten | linear 4 | batchnorm | linear 3", true},
        {"19", "flatten | linear 4 | batchnorm | linear 3", true},
        {"1", "flatten | linear 4 | batchnorm | linear 3", true},
        {"4", "flatten | linear 4 | batchnorm | linear 3", false},
        {"5", "conv2d 4 3x3 | batchnorm | flatten | linear 3", false},
    };
    for (const auto &c : cases) {
        std::string config = Config(data, "2x7x6", std::string("layers = ") + c.layers);
        config.replace(config.find("batch_size = 16"), 15, std::string("batch_size = ") + c.batch);
        ToyTrainer run(config.replace(config.find("epochs = 4"), 10, "epochs = 1"));
        EXPECT_EQ(run.status(), c.refused ? NEURAL_ERR_INVALID_CONFIG : NEURAL_OK) << c.batch;
        if (c.refused) {
            EXPECT_EQ(
                neural_last_error(),
                "batch_size is " + std::string(c.batch) +
                    " and leaves one of 96 training rows on its own: layer 3 (batchnorm) takes "
                    "statistics over the batch, expected at least 2 values per channel");
        } else {
            run.Run();
            EXPECT_EQ(run.status(), NEURAL_OK) << neural_last_error();
        }
    }
}

TEST(TrainerImages, LookupsLearn) {
    const std::string data = Sentences("sentences.csv", 300);
    for (const char *layers : {kFlat, kMean}) {
        ToyTrainer run(SentenceConfig(data, layers));
        ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
        const neural_train_report report = run.Run();
        ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
        EXPECT_GE(report.val_metric, 0.9) << layers;
        const neural_parameters *all = neural_model_parameters(neural_trainer_model(run.get()));
        const std::vector<double> table = ValuesOf(all->item[0]->value);
        for (size_t i = 0; i < table.size() / 20; i++) {
            EXPECT_EQ(table[i], 0) << "the row of the filling word was trained";
        }
    }
}

TEST(TrainerImages, WordsOutsideTheTableAreRefused) {
    const std::string data = TestPath("far.csv");
    WriteText(data, "1,2,3,4,5,6,0\n1,2,3,4,20,6,1\n1,2,3,4,5,6,2\n");
    std::string config = SentenceConfig(data, kFlat);
    ToyTrainer run(config.replace(config.find("val_split = 0.2"), 15, "shuffle = false"));
    ASSERT_EQ(run.status(), NEURAL_OK) << neural_last_error();
    run.Run();
    EXPECT_NE(run.status(), NEURAL_OK);
    const std::string text = neural_last_error();
    EXPECT_NE(text.find("20"), std::string::npos) << text;
    EXPECT_NE(text.find("[1, 4]"), std::string::npos) << text;
}

/* --- through the C interface: embedding, mean over the words, linear --- */

struct Words {
    neural_layer *embedding = nullptr, *linear = nullptr;
};

neural_status Loss(const Words &net, neural_tensor *x, neural_tensor *y, neural_tensor **out) {
    neural_tensor *vectors = nullptr, *mean = nullptr, *logits = nullptr;
    neural_status status = neural_layer_forward(net.embedding, x, &vectors);
    if (!status) status = neural_mean(vectors, 1, 0, &mean);
    if (!status) status = neural_layer_forward(net.linear, mean, &logits);
    if (!status) status = neural_cross_entropy_loss(logits, y, out);
    neural_tensor_release(logits);
    neural_tensor_release(mean);
    neural_tensor_release(vectors);
    return status;
}

TEST(TrainerImages, LookupsLearnThroughC) {
    constexpr int64_t kRows = 90, kWords = 6;
    std::mt19937 random(8);
    std::vector<int64_t> words, labels;
    for (int64_t i = 0; i < kRows; i++) {
        labels.push_back(i % 3);
        for (int64_t t = 0; t < kWords; t++) {
            words.push_back(t == i % kWords ? i % 3 : 3 + (int64_t)(random() % 17));
        }
    }
    const int64_t x_dims[] = {kRows, kWords}, y_dims[] = {kRows};
    neural_tensor *x = nullptr, *y = nullptr, *loss = nullptr;
    ASSERT_EQ(
        neural_tensor_from_data(words.data(), kRows * kWords * 8, 2, x_dims, NEURAL_DTYPE_I64, &x),
        NEURAL_OK);
    ASSERT_EQ(neural_tensor_from_data(labels.data(), kRows * 8, 1, y_dims, NEURAL_DTYPE_I64, &y),
              NEURAL_OK);
    Words net;
    ASSERT_EQ(neural_embedding_create(20, 8, -1, NEURAL_DTYPE_F32, 1, &net.embedding), NEURAL_OK);
    ASSERT_EQ(neural_linear_create(8, 3, 1, NEURAL_DTYPE_F32, 2, &net.linear), NEURAL_OK);
    neural_parameter *const items[] = {neural_layer_parameter(net.embedding, 0),
                                       neural_layer_parameter(net.linear, 0),
                                       neural_layer_parameter(net.linear, 1)};
    neural_parameters *parameters = nullptr;
    neural_optimizer *adam = nullptr;
    const neural_adam_options options = {.lr = 0.05, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
    ASSERT_EQ(neural_parameters_create(items, 3, &parameters), NEURAL_OK);
    ASSERT_EQ(neural_adam_create(parameters, &options, &adam), NEURAL_OK);
    double first = 0, last = 0;
    for (int step = 0; step < 150; step++) {
        ASSERT_EQ(neural_optimizer_zero_grad(adam), NEURAL_OK);
        ASSERT_EQ(Loss(net, x, y, &loss), NEURAL_OK) << neural_last_error();
        ASSERT_EQ(neural_backward(loss, nullptr, 0), NEURAL_OK) << neural_last_error();
        ASSERT_EQ(neural_optimizer_step(adam), NEURAL_OK);
        ASSERT_EQ(neural_tensor_item(loss, step ? &last : &first), NEURAL_OK);
        neural_tensor_release(loss);
    }
    EXPECT_GT(first, 0.9);
    EXPECT_LT(last, 0.1);
    neural_optimizer_destroy(adam);
    neural_parameters_destroy(parameters);
    neural_layer_destroy(net.embedding);
    neural_layer_destroy(net.linear);
    neural_tensor_release(x);
    neural_tensor_release(y);
}

} // namespace
