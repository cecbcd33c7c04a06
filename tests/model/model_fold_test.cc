// Copies of models with their batch norms folded: predictions, what they keep and what they refuse.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/base/allocations.h"
#include "core/base/memory.h"
#include "tests/model/models.h"

namespace {

Model Fold(const neural_model *model, int folds) {
    int folded = -1;
    neural_model *out = nullptr;
    EXPECT_EQ(neural_model_fold_batch_norm(model, &folded, &out), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(folded, folds);
    return Model(out, neural_model_destroy);
}

/* Every kind of place, with statistics as after some steps: five batches are run in training. */
Model Trained(const std::string &dtype) {
    Model model = Build("[model]\ninput = 2x6x6\ndtype = " + dtype +
                        "\nlayers = { conv2d 8 3x3 pad=1 bias=false | batchnorm | relu |\n"
                        " residual { conv2d 8 3x3 pad=1 | batchnorm | relu | conv2d 8 3x3 pad=1 | "
                        "batchnorm affine=false } { conv2d 8 1x1 | batchnorm } | relu |\n"
                        " concat { conv2d 4 3x3 | batchnorm momentum=none | relu } { batchnorm | "
                        "conv2d 2 3x3 | relu } |\n"
                        " flatten | dropout 0.5 | linear 12 | batchnorm | relu | linear 3 }\n");
    const neural_dtype kind = dtype == "f32" ? NEURAL_DTYPE_F32 : NEURAL_DTYPE_F64;
    for (uint64_t step = 0; step < 5; step++) {
        neural_tensor *y = nullptr;
        EXPECT_EQ(neural_model_forward(model.get(), Normal({32, 72}, kind, step).get(), &y),
                  NEURAL_OK)
            << neural_last_error();
        neural_tensor_release(y);
    }
    return model;
}

void ExpectClose(const std::vector<double> &found, const std::vector<double> &want, double bound) {
    ASSERT_EQ(found.size(), want.size());
    for (size_t i = 0; i < want.size(); i++) {
        ASSERT_NEAR(found[i], want[i], bound * (1 + std::fabs(want[i]))) << i;
    }
}

TEST(ModelFold, PredictsTheSame) {
    for (const std::string dtype : {"f32", "f64"}) {
        const Model model = Trained(dtype);
        const Tensor x = Normal({17, 72}, NEURAL_DTYPE_F32, 77);
        const std::vector<double> want = Values(Predict(model.get(), x.get()).get());
        const Model folded = Fold(model.get(), 6);
        ExpectClose(Values(Predict(folded.get(), x.get()).get()), want,
                    dtype == "f32" ? 1e-5 : 1e-13);
        /* the model itself is as before, bit by bit */
        EXPECT_EQ(Values(Predict(model.get(), x.get()).get()), want);
        EXPECT_EQ(neural_model_outputs(folded.get()), 3);
        EXPECT_EQ(neural_model_buffers(model.get())->count, 7 * 3);
        EXPECT_EQ(neural_model_buffers(folded.get())->count, 3); /* the one first in its block */
    }
}

TEST(ModelFold, KeepsTransformAndNames) {
    const Model model = Build("[model]\ninput = 2\nlayers = linear 4 | batchnorm | linear 2\n");
    const double offset[] = {5, 6}, scale[] = {2, 4};
    neural_transform *transform = nullptr;
    ASSERT_EQ(neural_transform_create(NEURAL_NORMALIZE_ZSCORE, offset, scale, 2, &transform),
              NEURAL_OK);
    ASSERT_EQ(neural_model_set_transform(model.get(), transform), NEURAL_OK);
    const char *const classes[] = {"cat", "dog"}, *const columns[] = {"height", "weight"};
    ASSERT_EQ(neural_model_set_class_names(model.get(), classes, 2), NEURAL_OK);
    ASSERT_EQ(neural_model_set_feature_names(model.get(), columns, 2), NEURAL_OK);
    const Model folded = Fold(model.get(), 1);
    EXPECT_STREQ(neural_model_class_name(folded.get(), 1), "dog");
    EXPECT_STREQ(neural_model_feature_name(folded.get(), 0), "height");
    const Tensor x = Normal({9, 2}, NEURAL_DTYPE_F32, 3);
    ExpectClose(Values(Predict(folded.get(), x.get()).get()),
                Values(Predict(model.get(), x.get()).get()), 1e-6);
    char *summary = nullptr;
    ASSERT_EQ(neural_model_summary(folded.get(), &summary), NEURAL_OK);
    EXPECT_NE(std::string(summary).find("Identity()"), std::string::npos);
    neural_text_free(summary);
}

TEST(ModelFold, WithoutBatchNormItIsACopy) {
    const Model model = Build("[model]\ninput = 2\nlayers = linear 4 | relu | linear 2\n");
    const Model folded = Fold(model.get(), 0);
    const Tensor x = Normal({9, 2}, NEURAL_DTYPE_F32, 3);
    EXPECT_EQ(Values(Predict(folded.get(), x.get()).get()),
              Values(Predict(model.get(), x.get()).get()));
}

TEST(ModelFold, FoldedCopiesAreNeitherSavedNorRestored) {
    const std::string path = testing::TempDir() + "/folded.safetensors";
    const Model model = Trained("f32");
    const Model folded = Fold(model.get(), 6);
    const neural_model_facts facts = {};
    neural_model *again = nullptr;
    EXPECT_EQ(neural_model_save(folded.get(), &facts, path.c_str()), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "model_save: its batch norms are folded, expected the model "
                                      "as trained");
    EXPECT_NE(access(path.c_str(), F_OK), 0);
    EXPECT_EQ(neural_model_restore(folded.get(), path.c_str()), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_model_fold_batch_norm(folded.get(), nullptr, &again),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_model_fold_batch_norm(nullptr, nullptr, &again), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(again, nullptr);
}

TEST(ModelFold, EveryFailedAllocationIsReported) {
    const Model model =
        Build("[model]\ninput = 2\nlayers = linear 4 bias=false | batchnorm | linear 2\n");
    for (int64_t n = 1; n < 10000; n++) {
        neural_model *out = nullptr;
        neural_alloc_fail_at(n);
        const neural_status status = neural_model_fold_batch_norm(model.get(), nullptr, &out);
        neural_alloc_fail_at(0);
        if (!status) {
            EXPECT_GT(n, 20);
            neural_model_destroy(out);
            return;
        }
        ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY) << n << neural_last_error();
        ASSERT_EQ(out, nullptr);
    }
    FAIL() << "it never succeeded";
}

} // namespace
