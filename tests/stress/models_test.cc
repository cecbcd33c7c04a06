// A thousand models are created, used and destroyed by eight threads at once. Each has the bits
// that it has alone, each refused one leaves its message with the thread that asked, and in the end
// the library holds what it held before.
#include "tests/model/models.h"
#include "tests/stress/threads.h"

namespace {

#ifdef __SANITIZE_THREAD__
constexpr int kModels = 200; // fifteen times as slow
#else
constexpr int kModels = 1000;
#endif

struct Kind {
    const char *config;
    std::vector<int64_t> rows; // dims of what it predicts
};

// Every kind of layer; one that is large enough for the workers of the library.
const std::vector<Kind> &Kinds() {
    static const std::vector<Kind> kinds = {
        {"[model]\narchitecture = 2,8,1\nhidden_activation = tanh\noutput_activation = sigmoid\n"
         "[loss]\nfunction = bce\n",
         {4, 2}},
        {"[model]\ninput = 1x8x8\nlayers = conv2d 8 3x3 pad=1 bias=false | batchnorm | relu | "
         "residual { conv2d 8 3x3 pad=1 | batchnorm } | maxpool2d 2 | flatten | linear 3\n",
         {5, 64}},
        {"[model]\ninput = 12\ndtype = f64\nlayers = linear 40 | layernorm | gelu | "
         "concat { linear 4 } { linear 3 | tanh } | dropout 0.5 | linear 2\n",
         {7, 12}},
        {"[model]\ninput = 9\nlayers = embedding 9 16 | flatten | relu | linear 3\n", {3, 9}},
        {"[model]\ninput = 300\nlayers = linear 400 | relu | linear 300 | silu | linear 10\n",
         {64, 300}},
    };
    return kinds;
}

struct Expected {
    std::string digest, prediction;
};

Tensor Rows(const Kind &kind, neural_dtype dtype) {
    Tensor rows = Normal(kind.rows, dtype, 3);
    if (std::string(kind.config).find("embedding") != std::string::npos) {
        EXPECT_EQ(neural_tensor_fill(rows.get(), 4), NEURAL_OK);
    }
    return rows;
}

// From the text of a config to a prediction, and everything gone again.
Expected Life(const Kind &kind) {
    const Model model = Build(kind.config);
    const Tensor rows = Rows(kind, neural_model_dtype(model.get()));
    const Tensor out = Predict(model.get(), rows.get());
    return {Digest(model.get()), Bits(out.get())};
}

std::vector<Expected> Alone() {
    std::vector<Expected> all;
    for (const Kind &kind : Kinds()) {
        all.push_back(Life(kind));
    }
    return all;
}

// The message names the size, which is the thread's own.
void RefuseOne(int thread) {
    const std::string size = std::to_string(2000000000 + thread);
    const std::string error = BuildError("[model]\ninput = 4\nlayers = linear " + size + "\n");
    EXPECT_NE(error.find(size), std::string::npos) << error;
}

void Churn(int threads) {
    const Workers workers(threads);
    const std::vector<Expected> alone = Alone();
    const int64_t held = HeldBytes(), nodes = neural_node_count();
    std::atomic<int> made(0), wrong(0);
    OnEightThreads([&](int t) {
        for (int i = t; i < kModels; i += kThreads) {
            const size_t kind = static_cast<size_t>(i / kThreads + t) % Kinds().size();
            const Expected now = Life(Kinds()[kind]);
            wrong += now.digest != alone[kind].digest || now.prediction != alone[kind].prediction;
            made++;
            if (i % 50 == t) {
                RefuseOne(t);
            }
        }
    });
    EXPECT_EQ(made, kModels);
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(HeldBytes(), held);
    EXPECT_EQ(neural_node_count(), nodes);
}

TEST(Models, AThousandByEightThreadsWhoDoAllThemselves) {
    Churn(1);
}

TEST(Models, AThousandByEightThreadsOverEightWorkers) {
    const int64_t before = neural_parallel_count();
    Churn(kThreads);
    EXPECT_GT(neural_parallel_count(), before);
}

// All alive at once, made by one thread and destroyed by another.
TEST(Models, AThousandAliveChangeHands) {
    const int64_t held = HeldBytes();
    std::vector<neural_model *> models(kModels);
    OnEightThreads([&](int t) {
        for (int i = t; i < kModels; i += kThreads) {
            models[static_cast<size_t>(i)] = Build(Kinds()[0].config).release();
        }
    });
    const std::string digest = Digest(models[0]);
    EXPECT_GT(neural_alloc_bytes(), held);
    OnEightThreads([&](int t) {
        for (int i = kThreads - 1 - t; i < kModels; i += kThreads) {
            EXPECT_EQ(Digest(models[static_cast<size_t>(i)]), digest);
            neural_model_destroy(models[static_cast<size_t>(i)]);
        }
    });
    EXPECT_EQ(HeldBytes(), held);
}

// One model of each kind serves eight threads; it is in training mode, as one of a fresh config is,
// and stays in it.
TEST(Models, OneServesEightThreads) {
    const Workers workers(kThreads);
    for (const Kind &kind : Kinds()) {
        const Model model = Build(kind.config);
        const Tensor rows = Rows(kind, neural_model_dtype(model.get()));
        const std::string want = Bits(Predict(model.get(), rows.get()).get());
        std::string before = Digest(model.get());
        std::atomic<int> wrong(0);
        OnEightThreads([&](int) {
            for (int i = 0; i < 200; i++) {
                wrong += Bits(Predict(model.get(), rows.get()).get()) != want;
            }
        });
        EXPECT_EQ(wrong, 0) << kind.config;
        EXPECT_EQ(Digest(model.get()), before) << kind.config;
        EXPECT_EQ(neural_layer_training(neural_model_network(model.get())), 1);
    }
}

} // namespace
