/* With one thread a steady training step computes and does nothing else: no allocation, no lock
 * that is contended, no clock, no file. In a child process every system call but exit is made
 * deadly. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "tests/train/toy_run.h"

namespace {

constexpr int kSteps = 100;

/* Stricter than SECCOMP_MODE_STRICT (no read, no write), and possible under another filter. */
bool ForbidSystemCalls() {
    sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    sock_fprog program = {sizeof filter / sizeof *filter, filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

enum Outcome { kDone = 0, kFailed = 1, kAllocated = 2, kNoSeccomp = 3 };

/* Never returns. */
void StepsWithoutSystemCalls(neural_trainer *trainer, neural_tensor *x, neural_tensor *y,
                             bool calls_one) {
    if (!ForbidSystemCalls()) {
        syscall(SYS_exit, kNoSeccomp);
    }
    const int64_t before = neural_alloc_count();
    neural_status status = NEURAL_OK;
    for (int i = 0; i < kSteps && !status; i++) {
        status = neural_trainer_step(trainer, x, y, nullptr);
    }
    if (calls_one) {
        syscall(SYS_getppid);
    }
    const int allocated = neural_alloc_count() == before ? kDone : kAllocated;
    syscall(SYS_exit, status ? kFailed : allocated);
}

/* The wait status of a child that goes on after this process has made the first step. */
int RunChild(const std::string &config, neural_dtype dtype, double x_value, bool calls_one) {
    ToyTrainer run(config);
    EXPECT_EQ(run.status(), NEURAL_OK) << neural_last_error();
    const int64_t x_dims[] = {32, 5}, y_dims[] = {32, 3};
    neural_tensor *x = nullptr, *y = nullptr;
    EXPECT_EQ(neural_tensor_full(2, x_dims, dtype, x_value, &x), NEURAL_OK);
    if (neural_model_is_classifier(neural_trainer_model(run.get()))) {
        EXPECT_EQ(neural_tensor_zeros(1, y_dims, NEURAL_DTYPE_I64, &y), NEURAL_OK);
    } else {
        EXPECT_EQ(neural_tensor_full(2, y_dims, dtype, 0.25, &y), NEURAL_OK);
    }
    EXPECT_EQ(neural_trainer_step(run.get(), x, y, nullptr), NEURAL_OK) << neural_last_error();
    const pid_t child = fork();
    if (child == 0) {
        StepsWithoutSystemCalls(run.get(), x, y, calls_one);
    }
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    neural_tensor_release(x);
    neural_tensor_release(y);
    return status;
}

/* A config whose optimizer and layers are the given ones. */
std::string Config(const std::string &optimizer, const std::string &layers,
                   const std::string &more) {
    std::string config = ToyConfig(Clusters("steady_step.csv", 64, 5, 3), "epochs = 1\n" + more);
    config.replace(config.find("type = adam"), 11, optimizer);
    return config.replace(config.find("5,16,3"), 6, layers);
}

/* Every normalization. */
const char kNorms[] = "input = 5\nlayers = linear 300 | batchnorm | relu | layernorm | linear 64 | "
                      "batchnorm momentum=none | groupnorm 4 | rmsnorm | linear 3\n";
/* Every kind of convolution and pool, in blocks. */
const char kImages[] =
    "input = 1x1x5\nlayers = conv2d 16 1x3 pad=0x1 bias=false | batchnorm | relu | residual { "
    "conv2d "
    "16 3x3 pad=1 | batchnorm } | conv2d 16 3x3 pad=1 groups=16 | dropout2d 0.1 | concat { "
    "maxpool2d 1x2 stride=1 } { avgpool2d 1x2 stride=1 } | conv_transpose2d 8 3x3 stride=2 | "
    "adaptive_avgpool 2x2 | relu | flatten | linear 3\n";
/* Of words, all of them word 1. */
const char kLookup[] = "input = 5\nlayers = embedding 9 16 | flatten | relu | linear 3\n";

/* The same with layers in the place of the architecture. */
std::string WithLayers(const std::string &layers, std::string config) {
    const std::string old = "architecture = 5,16,3\nhidden_activation = relu\n"
                            "output_activation = softmax\n";
    return config.replace(config.find(old), old.size(), layers);
}

/* The sanitizers call the system themselves. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

TEST(SteadyStep, MakesNoSystemCall) {
    if (kSanitized) {
        GTEST_SKIP() << "a sanitizer calls the system";
    }
    const std::string f64 = "[model]\ndtype = f64\n";
    const std::string aware = "quantize_aware = yes\n";
    const std::string regularised = "gradient_clip = 0.1\n[model]\ndropout = 0.3\n";
    for (const std::string &config :
         {Config("type = adam", "5,16,3", ""), Config("type = adam", "5,301,259,3", regularised),
          Config("type = adamw\nweight_decay = 0.1", "5,16,3", f64),
          Config("type = sgd\nmomentum = 0.9\nnesterov = true", "5,301,259,3", ""),
          Config("type = sgd", "5,3", f64), WithLayers(kNorms, Config("type = adam", "5,16,3", "")),
          WithLayers(kNorms, Config("type = adam", "5,16,3", f64)),
          WithLayers(kImages, Config("type = adam", "5,16,3", "")),
          WithLayers(kImages, Config("type = adam", "5,16,3", f64)),
          WithLayers(kImages, Config("type = adam", "5,16,3", aware)),
          WithLayers(kImages, Config("type = adam", "5,16,3", aware + f64)),
          WithLayers(kLookup, Config("type = adam", "5,16,3", ""))}) {
        const bool is_f64 = config.find(f64) != std::string::npos;
        const double x_value = config.find(kLookup) != std::string::npos ? 1 : 0.5;
        const int status =
            RunChild(config, is_f64 ? NEURAL_DTYPE_F64 : NEURAL_DTYPE_F32, x_value, false);
        if (WIFEXITED(status) && WEXITSTATUS(status) == kNoSeccomp) {
            GTEST_SKIP() << "this system has no seccomp filters";
        }
        EXPECT_TRUE(WIFEXITED(status)) << config << "killed by signal " << WTERMSIG(status);
        EXPECT_EQ(WEXITSTATUS(status), kDone) << config;
    }
}

/* Another end of the network and another loss. The targets of the file are not used here. */
std::string WithLoss(const std::string &dtype, const std::string &end, const std::string &loss) {
    std::string config = Config("type = adam", "5,16,3", "[model]\ndtype = " + dtype + "\n");
    config.replace(config.find("output_activation = softmax"), 27, "output_activation = " + end);
    config.replace(config.find("function = cross_entropy"), 24, "function = " + loss);
    std::string rows;
    for (int i = 0; i < 8; i++) {
        rows += "1,2,3,4,5,0.25,0.25,0.5\n";
    }
    WriteText(TestPath("steady_values.csv"), rows);
    const std::string file = TestPath("steady_step.csv");
    const bool classes = end == "softmax" || loss.find("nll") == 0;
    return classes ? config
                   : config.replace(config.find(file), file.size(), TestPath("steady_values.csv"));
}

TEST(SteadyStep, EveryLossMakesNoSystemCall) {
    if (kSanitized) {
        GTEST_SKIP() << "a sanitizer calls the system";
    }
    for (const auto &[end, loss] : std::vector<std::pair<std::string, std::string>>{
             {"none", "mse"},
             {"none", "l1"},
             {"none", "huber\nhuber_delta = 0.5"},
             {"none", "smooth_l1"},
             {"sigmoid", "bce"},
             {"log_softmax", "kl_div"},
             {"log_softmax", "nll\nclass_weights = 1,2,3"},
             {"softmax", "focal\nclass_weights = balanced"},
             {"softmax", "cross_entropy\nlabel_smoothing = 0.1\nclass_weights = balanced"}}) {
        for (const neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
            const std::string config = WithLoss(neural_dtype_name(dtype), end, loss);
            const int status = RunChild(config, dtype, 0.5, false);
            if (WIFEXITED(status) && WEXITSTATUS(status) == kNoSeccomp) {
                GTEST_SKIP() << "this system has no seccomp filters";
            }
            EXPECT_TRUE(WIFEXITED(status)) << config << "killed by signal " << WTERMSIG(status);
            EXPECT_EQ(WEXITSTATUS(status), kDone) << config;
        }
    }
}

/* The trap works: one call is one too many. */
TEST(SteadyStep, ASystemCallWouldBeSeen) {
    if (kSanitized) {
        GTEST_SKIP() << "a sanitizer calls the system";
    }
    const int status = RunChild(Config("type = adam", "5,16,3", ""), NEURAL_DTYPE_F32, 0.5, true);
    if (WIFEXITED(status) && WEXITSTATUS(status) == kNoSeccomp) {
        GTEST_SKIP() << "this system has no seccomp filters";
    }
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGSYS);
}

} // namespace
