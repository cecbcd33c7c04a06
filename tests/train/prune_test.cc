#include "train/prune.h"

#include <algorithm>

#include "core/base/memory.h"
#include "pruning/mask.h"
#include "tests/train/toy_run.h"
#include "train/checkpoint.h"

namespace {

constexpr char kLayers[] = "[model]\ninput = 2x8x8\nlayers = conv2d 8 3x3 pad=1 | batchnorm | relu "
                           "| conv2d 16 3x3 | relu | flatten | linear 32 | relu | linear 4\n"
                           "[options]\nseed = 2\n";

struct Destroy {
    void operator()(neural_model *model) const { neural_model_destroy(model); }
};
using Model = std::unique_ptr<neural_model, Destroy>;

Model Build(const std::string &text = kLayers) {
    neural_config *config = nullptr;
    neural_model *model = nullptr;
    EXPECT_EQ(neural_config_parse(text.c_str(), "toy.ini", nullptr, 0, &config), NEURAL_OK)
        << neural_last_error();
    EXPECT_EQ(neural_model_create(config, &model), NEURAL_OK) << neural_last_error();
    neural_config_destroy(config);
    return Model(model);
}

neural_prune_options Options(double sparsity, neural_prune_method method = NEURAL_PRUNE_WEIGHTS) {
    return {sparsity, method, NEURAL_PRUNE_L2, NEURAL_PRUNE_SCOPE_AUTO, 7, nullptr};
}

const neural_parameter *Find(const neural_model *model, const std::string &name) {
    const neural_parameters *all = neural_model_parameters(model);
    for (int i = 0; i < all->count; i++) {
        if (name == all->item[i]->name) {
            return all->item[i];
        }
    }
    return nullptr;
}

int64_t Kept(const neural_model *model, const std::string &name) {
    const neural_parameter *p = Find(model, name);
    return p->mask ? neural_mask_count((const uint8_t *)neural_tensor_data(p->mask),
                                       neural_tensor_len(p->mask))
                   : -1;
}

// Values under a 0 of the mask are +0, to the bit.
void ExpectMasked(const neural_parameters *all) {
    for (int i = 0; i < all->count; i++) {
        const neural_parameter *p = all->item[i];
        for (int64_t k = 0; p->mask && k < neural_tensor_len(p->mask); k++) {
            uint32_t bits;
            memcpy(&bits, (const float *)neural_tensor_data(p->value) + k, sizeof bits);
            ASSERT_TRUE(((const uint8_t *)neural_tensor_data(p->mask))[k] || bits == 0)
                << p->name << " " << k;
        }
    }
}

TEST(Prune, GlobalLayerAndExcluded) {
    const int64_t first = 8 * 18, second = 16 * 72, third = 32 * 576, last = 4 * 32;
    Model model = Build();
    neural_prune_options o = Options(0.9);
    ASSERT_EQ(neural_model_prune(model.get(), &o), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(Kept(model.get(), "8.weight"), -1) << "the last layer";
    EXPECT_EQ(Kept(model.get(), "0.bias"), -1);
    EXPECT_EQ(Kept(model.get(), "1.weight"), -1) << "a batch norm";
    const int64_t all = first + second + third;
    EXPECT_EQ(Kept(model.get(), "0.weight") + Kept(model.get(), "3.weight") +
                  Kept(model.get(), "6.weight"),
              all - std::llround(0.9 * (double)all));
    ExpectMasked(neural_model_parameters(model.get()));

    model = Build();
    o.scope = NEURAL_PRUNE_SCOPE_LAYER;
    o.exclude = "first, 6.";
    ASSERT_EQ(neural_model_prune(model.get(), &o), NEURAL_OK);
    EXPECT_EQ(Kept(model.get(), "0.weight"), -1);
    EXPECT_EQ(Kept(model.get(), "6.weight"), -1);
    EXPECT_EQ(Kept(model.get(), "3.weight"), second - std::llround(0.9 * (double)second));
    EXPECT_EQ(Kept(model.get(), "8.weight"), last - std::llround(0.9 * (double)last));
}

TEST(Prune, MethodsAndTheirUnits) {
    Model model = Build();
    neural_prune_options o = Options(0.5, NEURAL_PRUNE_CHANNELS);
    ASSERT_EQ(neural_model_prune(model.get(), &o), NEURAL_OK);
    const auto *mask =
        (const uint8_t *)neural_tensor_data(neural_model_mask(model.get(), "3.weight"));
    EXPECT_EQ(Kept(model.get(), "3.weight"), 16 * 72 / 2);
    for (int64_t out = 0; out < 16; out++) {
        for (int64_t k = 0; k < 72; k++) {
            EXPECT_EQ(mask[out * 72 + k], mask[k / 9 * 9]) << "whole kernels of input channels";
        }
    }
    model = Build();
    o = Options(0, NEURAL_PRUNE_4_OF_8);
    ASSERT_EQ(neural_model_prune(model.get(), &o), NEURAL_OK);
    mask = (const uint8_t *)neural_tensor_data(neural_model_mask(model.get(), "6.weight"));
    EXPECT_TRUE(neural_mask_is_n_of_m(mask, 32, 576, 4, 8));
    EXPECT_EQ(Kept(model.get(), "6.weight"), 32 * 576 / 2);
}

TEST(Prune, CustomMasksAndRemoval) {
    const Model model = Build();
    const int64_t dims[] = {4, 32};
    neural_tensor *mask = nullptr;
    ASSERT_EQ(neural_tensor_ones(2, dims, NEURAL_DTYPE_U8, &mask), NEURAL_OK);
    ((uint8_t *)neural_tensor_data(mask))[5] = 0;
    EXPECT_EQ(neural_model_set_mask(model.get(), "9.weight", mask), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_model_set_mask(model.get(), "6.weight", mask), NEURAL_ERR_SHAPE_MISMATCH);
    ASSERT_EQ(neural_model_set_mask(model.get(), "8.weight", mask), NEURAL_OK);
    EXPECT_EQ(neural_model_mask(model.get(), "8.weight"), mask);
    neural_tensor_release(mask);
    EXPECT_EQ(((const float *)neural_tensor_data(Find(model.get(), "8.weight")->value))[5], 0);
    ASSERT_EQ(neural_model_remove_masks(model.get()), NEURAL_OK);
    EXPECT_EQ(neural_model_mask(model.get(), "8.weight"), nullptr);
    EXPECT_EQ(((const float *)neural_tensor_data(Find(model.get(), "8.weight")->value))[5], 0);
    EXPECT_EQ(neural_model_mask(model.get(), "nothing"), nullptr);
}

TEST(Prune, MasksAreInTheFile) {
    const Model model = Build();
    const neural_prune_options o = Options(0.8, NEURAL_PRUNE_BLOCKS);
    ASSERT_EQ(neural_model_prune(model.get(), &o), NEURAL_OK);
    const std::string path = TestPath("masked.safetensors");
    ASSERT_EQ(neural_model_save(model.get(), nullptr, path.c_str()), NEURAL_OK);
    neural_model *loaded = nullptr;
    ASSERT_EQ(neural_model_load(path.c_str(), &loaded), NEURAL_OK) << neural_last_error();
    const Model again(loaded);
    for (const char *name : {"0.weight", "3.weight", "6.weight"}) {
        const neural_parameter *a = Find(model.get(), name), *b = Find(loaded, name);
        ASSERT_NE(b->mask, nullptr);
        EXPECT_EQ(memcmp(neural_tensor_data(a->mask), neural_tensor_data(b->mask),
                         (size_t)neural_tensor_len(a->mask)),
                  0);
        EXPECT_EQ(memcmp(neural_tensor_data(a->value), neural_tensor_data(b->value),
                         (size_t)neural_tensor_bytes(a->value)),
                  0);
    }
}

TEST(Prune, ChannelsHalveTheLayers) {
    for (const neural_prune_scope scope : {NEURAL_PRUNE_SCOPE_LAYER, NEURAL_PRUNE_SCOPE_GLOBAL}) {
        const Model model = Build();
        neural_prune_options o = Options(0.5);
        o.scope = scope;
        neural_model *out = nullptr;
        ASSERT_EQ(neural_model_prune_channels(model.get(), &o, &out), NEURAL_OK)
            << neural_last_error();
        const Model smaller(out);
        const int64_t a = neural_tensor_dims(Find(out, "0.weight")->value)[0];
        const int64_t b = neural_tensor_dims(Find(out, "3.weight")->value)[0];
        const int64_t c = neural_tensor_dims(Find(out, "6.weight")->value)[0];
        EXPECT_EQ(a + b + c, 28);
        EXPECT_TRUE(scope == NEURAL_PRUNE_SCOPE_GLOBAL || (a == 4 && b == 8 && c == 16));
        EXPECT_EQ(neural_tensor_dims(Find(out, "6.weight")->value)[1], b * 36);
        EXPECT_EQ(neural_tensor_len(Find(out, "1.weight")->value), a);
    }
}

// Those of the smallest norm go: filter i is i + 1 everywhere, but number 5 is 0.
TEST(Prune, ChannelsGoByTheirNorm) {
    for (const neural_prune_score score : {NEURAL_PRUNE_L1, NEURAL_PRUNE_L2}) {
        const Model model = Build();
        auto *w = (float *)neural_tensor_data(Find(model.get(), "0.weight")->value);
        for (int64_t i = 0; i < 8 * 18; i++) {
            w[i] = i / 18 == 5 ? 0 : (float)(i / 18 + 1) * (i % 2 ? 1.0f : -1.0f);
        }
        neural_prune_options o = Options(0.375);
        o.score = score;
        o.exclude = "3., 6.";
        neural_model *out = nullptr;
        ASSERT_EQ(neural_model_prune_channels(model.get(), &o, &out), NEURAL_OK);
        const Model smaller(out);
        const auto *kept = (const float *)neural_tensor_data(Find(out, "0.weight")->value);
        ASSERT_EQ(neural_tensor_dims(Find(out, "0.weight")->value)[0], 5);
        EXPECT_EQ(neural_tensor_dims(Find(out, "3.weight")->value)[0], 16);
        const float want[] = {3, 4, 5, 7, 8};
        for (int64_t i = 0; i < 5; i++) {
            EXPECT_EQ(kept[i * 18 + 1], want[i]);
        }
    }
}

// Chance follows the seed; what is not a number is never small enough to go.
TEST(Prune, ChannelsAtRandomAndNotANumber) {
    const Model model = Build();
    neural_prune_options o = Options(0.5);
    o.score = NEURAL_PRUNE_RANDOM;
    std::vector<std::vector<float>> first;
    for (const uint64_t seed : {7, 7, 8}) {
        o.seed = seed;
        neural_model *out = nullptr;
        ASSERT_EQ(neural_model_prune_channels(model.get(), &o, &out), NEURAL_OK);
        const Model smaller(out);
        const neural_tensor *w = Find(out, "3.weight")->value;
        ASSERT_EQ(neural_tensor_dims(w)[0], 8);
        const auto *data = (const float *)neural_tensor_data((neural_tensor *)w);
        first.emplace_back(data, data + neural_tensor_len(w));
    }
    EXPECT_EQ(first[0], first[1]);
    EXPECT_NE(first[0], first[2]);
    auto *filter = (float *)neural_tensor_data(Find(model.get(), "3.weight")->value) + 5 * 72;
    std::fill(filter, filter + 72, NAN);
    for (const neural_prune_scope scope : {NEURAL_PRUNE_SCOPE_LAYER, NEURAL_PRUNE_SCOPE_GLOBAL}) {
        o = Options(0.9);
        o.scope = scope;
        neural_model *out = nullptr;
        ASSERT_EQ(neural_model_prune_channels(model.get(), &o, &out), NEURAL_OK);
        const Model smaller(out);
        const neural_tensor *w = Find(out, "3.weight")->value;
        const auto *data = (const float *)neural_tensor_data((neural_tensor *)w);
        EXPECT_TRUE(
            std::any_of(data, data + neural_tensor_len(w), [](float x) { return std::isnan(x); }));
    }
}

TEST(Prune, EveryLayerKeepsAChannel) {
    for (const neural_prune_scope scope : {NEURAL_PRUNE_SCOPE_LAYER, NEURAL_PRUNE_SCOPE_GLOBAL}) {
        const Model model = Build();
        neural_prune_options o = Options(1);
        o.scope = scope;
        neural_model *out = nullptr;
        ASSERT_EQ(neural_model_prune_channels(model.get(), &o, &out), NEURAL_OK)
            << neural_last_error();
        const Model smaller(out);
        for (const char *name : {"0.weight", "3.weight", "6.weight"}) {
            EXPECT_EQ(neural_tensor_dims(Find(out, name)->value)[0], 1);
        }
    }
}

TEST(Prune, RowsTellWeightsAndMultiplications) {
    const Model model = Build();
    const neural_prune_options o = Options(0.75);
    ASSERT_EQ(neural_model_prune(model.get(), &o), NEURAL_OK);
    neural_prune_row *rows = nullptr;
    int count = 0;
    ASSERT_EQ(neural_model_prune_rows(model.get(), &rows, &count), NEURAL_OK);
    ASSERT_EQ(count, 4);
    EXPECT_STREQ(rows[1].name, "3.weight");
    EXPECT_EQ(rows[0].macs, 8 * 18 * 64);
    EXPECT_EQ(rows[1].macs, 16 * 72 * 36);
    EXPECT_EQ(rows[1].kept, Kept(model.get(), "3.weight"));
    EXPECT_EQ(rows[1].macs_kept, rows[1].kept * 36);
    EXPECT_EQ(rows[2].macs, 32 * 576);
    EXPECT_EQ(rows[3].kept, 4 * 32);
    neural_prune_rows_free(rows);
}

TEST(Prune, RefusesAndFailsCleanly) {
    const Model model = Build();
    neural_prune_options o = Options(1.5);
    neural_model *out = nullptr;
    EXPECT_EQ(neural_model_prune(model.get(), &o), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_model_prune_channels(model.get(), &o, &out), NEURAL_ERR_INVALID_ARGUMENT);
    o = Options(0.5);
    o.exclude = "0., 3., 6., 8.";
    EXPECT_EQ(neural_model_prune(model.get(), &o), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_model_prune(nullptr, &o), NEURAL_ERR_NULL_POINTER);
    o.exclude = nullptr;
    for (int64_t failing = 1;; failing++) {
        ASSERT_LT(failing, 2000);
        neural_alloc_fail_at(failing);
        const neural_status status = neural_model_prune_channels(model.get(), &o, &out);
        neural_alloc_fail_at(0);
        if (status == NEURAL_OK) {
            break;
        }
        ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY);
    }
    neural_model_destroy(out);
    for (int64_t failing = 1; failing < 8; failing++) {
        neural_alloc_fail_at(failing);
        const neural_status status = neural_model_prune(model.get(), &o);
        neural_alloc_fail_at(0);
        if (status == NEURAL_OK) {
            break;
        }
        ASSERT_EQ(Kept(model.get(), "6.weight"), -1);
    }
}

/* --- while training --- */

TEST(PruneSchedule, IsTheCubic) {
    EXPECT_EQ(neural_prune_cubic(0.1, 0.9, 10, 30, 0), 0.1);
    EXPECT_EQ(neural_prune_cubic(0.1, 0.9, 10, 30, 10), 0.1);
    EXPECT_EQ(neural_prune_cubic(0.1, 0.9, 10, 30, 30), 0.9);
    EXPECT_EQ(neural_prune_cubic(0.1, 0.9, 10, 30, 99), 0.9);
    EXPECT_NEAR(neural_prune_cubic(0.1, 0.9, 10, 30, 20), 0.9 - 0.8 / 8, 1e-15);
    EXPECT_EQ(neural_prune_cubic(0, 0.5, 7, 7, 7), 0.5);
    double before = -1;
    for (int t = 0; t < 40; t++) {
        const double s = neural_prune_cubic(0, 0.97, 3, 33, t);
        EXPECT_GE(s, before);
        before = s;
    }
}

std::string Pruned(const std::string &data, const std::string &more = "",
                   const std::string &range = "begin = 0.5\nend = 3\n") {
    return ToyConfig(data, "epochs = 6\nbatch_size = 16\ngradient_clip = 1\n" + more +
                               "[data]\nval_split = 0.2\n[pruning]\nsparsity = 0.8\nevery = 4\n"
                               "exclude = none\n" +
                               range);
}

struct Seen {
    neural_trainer *trainer;
    std::vector<int64_t> kept;
};

int CountKept(void *context, const neural_epoch_report *) {
    Seen *seen = (Seen *)context;
    const neural_parameters *all = neural_model_parameters(neural_trainer_model(seen->trainer));
    ExpectMasked(all);
    int64_t kept = 0;
    for (int i = 0; i < all->count; i++) {
        if (neural_tensor_ndim(all->item[i]->value) > 1) {
            kept += all->item[i]->mask
                        ? neural_mask_count((const uint8_t *)neural_tensor_data(all->item[i]->mask),
                                            neural_tensor_len(all->item[i]->mask))
                        : neural_tensor_len(all->item[i]->value);
        }
    }
    seen->kept.push_back(kept);
    return 0;
}

TEST(PruneSchedule, PrunesMoreAndMoreAndNothingRevives) {
    for (const char *more : {"", "ema_decay = 0.9\n", "accumulate = 2\n"}) {
        ToyTrainer trainer(Pruned(Clusters("pruned.csv", 123, 5, 3), more));
        ASSERT_EQ(trainer.status(), NEURAL_OK) << neural_last_error();
        Seen seen = {trainer.get(), {}};
        const neural_train_report report = trainer.Run(CountKept, &seen);
        ASSERT_EQ(trainer.status(), NEURAL_OK) << neural_last_error();
        const int64_t weights = 5 * 16 + 16 * 3;
        EXPECT_EQ(seen.kept.front(), weights);
        EXPECT_EQ(seen.kept.back(), weights - std::llround(0.8 * (double)weights));
        EXPECT_TRUE(std::is_sorted(seen.kept.rbegin(), seen.kept.rend()));
        EXPECT_GT(std::unique(seen.kept.begin(), seen.kept.end()) - seen.kept.begin(), 2);
        EXPECT_GT(report.best_epoch, 3) << "only what is pruned can be the best";
        ExpectMasked(neural_model_parameters(neural_trainer_model(trainer.get())));
    }
}

int StopAt(void *context, const neural_epoch_report *) {
    return --*(int *)context == 0;
}

TEST(PruneSchedule, ResumedRunsHaveTheBitsOfAnUninterruptedOne) {
    const std::string data = Clusters("prune_resume.csv", 123, 5, 3);
    const std::string path = TestPath("prune_resume.safetensors");
    ToyTrainer whole(Pruned(data, "ema_decay = 0.9\n"));
    const neural_train_report expected = whole.Run();
    ASSERT_EQ(whole.status(), NEURAL_OK) << neural_last_error();
    for (int stop = 1; stop < 42; stop += 3) { /* 7 batches in each of 6 epochs */
        ToyTrainer first(Pruned(data, "ema_decay = 0.9\n"));
        int left = stop;
        first.Run(StopAt, &left);
        ASSERT_EQ(first.status(), NEURAL_ERR_INTERRUPTED);
        ASSERT_EQ(neural_trainer_save_checkpoint(first.get(), path.c_str()), NEURAL_OK)
            << neural_last_error();
        ToyTrainer second(Pruned(data, "ema_decay = 0.9\n"));
        ASSERT_EQ(neural_trainer_load_checkpoint(second.get(), path.c_str()), NEURAL_OK)
            << neural_last_error();
        const neural_train_report report = second.Run();
        ASSERT_EQ(second.status(), NEURAL_OK) << neural_last_error();
        EXPECT_EQ(second.Bits(), whole.Bits()) << "stopped after " << stop;
        EXPECT_EQ(report.val_loss, expected.val_loss);
    }
}

TEST(PruneSchedule, RefusesRangesThatCannotBe) {
    const std::string data = Clusters("prune_bad.csv", 40, 5, 3);
    for (const char *bad : {"end = 7\n", "begin = 4\n", "initial = 0.85\n"}) {
        const ToyTrainer trainer(Pruned(data, "", bad));
        EXPECT_EQ(trainer.status(), NEURAL_ERR_INVALID_CONFIG) << bad;
    }
}

/* --- a trainer that starts from a pruned model --- */

TEST(PruneAdopt, TrainsOnAndKeepsTheMasks) {
    const std::string data = Clusters("adopt.csv", 123, 5, 3);
    const std::string config = ToyConfig(data, "epochs = 3\nbatch_size = 16\n");
    ToyTrainer first(config), second(config);
    first.Run();
    neural_model *model = neural_trainer_model(first.get());
    const neural_prune_options o = Options(0.5);
    ASSERT_EQ(neural_model_prune(model, &o), NEURAL_OK);
    ASSERT_EQ(neural_trainer_adopt(second.get(), model), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(second.Bits(), first.Bits());
    second.Run();
    ASSERT_EQ(second.status(), NEURAL_OK);
    EXPECT_NE(second.Bits(), first.Bits());
    EXPECT_EQ(Kept(neural_trainer_model(second.get()), "0.weight"), 40);
    ExpectMasked(neural_model_parameters(neural_trainer_model(second.get())));
    const Model other = Build();
    EXPECT_EQ(neural_trainer_adopt(second.get(), other.get()), NEURAL_ERR_SHAPE_MISMATCH);
}

} // namespace
